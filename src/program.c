/* SPDX-License-Identifier: MIT */
#include "program.h"

#include "secret.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define OPTION_COLUMNS 25

static void print_verb_help(const struct program *p, const struct verb *v)
{
	printf("usage: %s %s%s%s%s\n\n%c%s.\n", p->name, v->name, v->options[0].name ? " [OPTION...]" : "",
	       *v->arguments ? " " : "", v->arguments, v->summary[0] & ~0x20, v->summary + 1);
	for (const struct verb_option *o = v->options; o->name; o++) {
		const char *argument = o->argument ? o->argument : "";
		int used = (int)(strlen(o->name) + strlen(argument)) + (o->argument ? 1 : 0);

		if (o == v->options)
			printf("\n");
		printf("  --%s%s%s%*s %s\n", o->name, o->argument ? " " : "", argument,
		       used < OPTION_COLUMNS ? OPTION_COLUMNS - used : 0, "", o->help);
	}
	printf("\nSee %s.\n", p->manual);
}

static void print_help(const struct program *p)
{
	size_t columns = 0;

	for (const struct verb *v = p->verbs; v->name; v++)
		if (strlen(v->name) > columns)
			columns = strlen(v->name);
	printf("usage: %s VERB [OPTION...] %s\n\n", p->name, p->arguments);
	for (const struct verb *v = p->verbs; v->name; v++)
		printf("  %-*s  %s\n", (int)columns, v->name, v->summary);
	printf("\n'%s VERB --help' explains one. %s", p->name, p->notes);
}

/* For completion: "verb" lines and "verb --option[=]" lines. */
static void print_words(const struct program *p)
{
	for (const struct verb *v = p->verbs; v->name; v++) {
		printf("%s\n", v->name);
		for (const struct verb_option *o = v->options; o->name; o++)
			printf("%s --%s%s\n", v->name, o->name, o->argument ? "=" : "");
	}
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int run_verb(const struct program *p, const struct verb *v, int argc, char **argv,
		    struct err *reterr)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (is_help(argv[i])) {
			print_verb_help(p, v);
			return 0;
		}
	return v->run(argc, argv, reterr);
}

static int run(const struct program *p, int argc, char **argv, struct err *reterr)
{
	const char *word = argc > 1 ? argv[1] : "";
	bool help = argc < 2 || is_help(word) || strcmp(word, "help") == 0;
	bool version = strcmp(word, "--version") == 0, words = strcmp(word, "--words") == 0;
	bool errors = strcmp(word, "--errors") == 0 && p->print_errors;

	for (const struct verb *v = p->verbs; v->name; v++)
		if (strcmp(word, v->name) == 0)
			return run_verb(p, v, argc - 1, argv + 1, reterr);
	if (!help && !version && !words && !errors)
		return err_set(reterr, E_USAGE, "no verb '%s'", word);
	if (argc > 2)
		return err_set(reterr, E_USAGE, "'%s' stands alone; '%s VERB --help' explains a verb", word, p->name);
	if (help)
		print_help(p);
	else if (version)
		printf("%s %s\n", p->name, CVMCRYPT_VERSION);
	else if (words)
		print_words(p);
	else
		p->print_errors();
	return argc < 2 ? err_exit_status(E_USAGE) : 0;
}

int program_run(const struct program *p, int argc, char **argv)
{
	struct err e = {0};
	int r;

	(void)umask(0077);
	r = secret_heap_init(&e);
	if (r == 0)
		r = run(p, argc, argv, &e);
	/* such as a full disk behind it */
	if ((fflush(stdout) != 0 || ferror(stdout)) && r >= 0)
		r = err_set(&e, E_IO, "writing standard output");
	return r < 0 ? p->report(r, &e) : r;
}
