/* SPDX-License-Identifier: MIT */
#include "err.h"
#include "log.h"
#include "secret.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct verb_option no_options[] = {{NULL, NULL, NULL}};

static const struct verb_option close_options[] = {
	{"fail", NULL, "remove the mappings and end the boot as on-refused says"},
	{NULL, NULL, NULL}};

static const struct verb_option handoff_options[] = {
	{"root", "DIR", "where the real root is mounted"},
	{NULL, NULL, NULL}};

static const struct verb verbs[] = {
	{"unlock", cmd_unlock, "", "open the volumes of this boot (boot path)", no_options, true},
	{"close", cmd_close, "", "close PCR 15, so that no key is given in this boot any more", close_options, true},
	{"handoff", cmd_handoff, "--root DIR", "prove that the root about to be entered is ours", handoff_options, true},
	{"commit", cmd_commit, "", "store what this boot proved (real root)", commit_options, false},
	{"enroll", cmd_enroll, "[VOLUME...]", "tie volumes to this machine's boot", enroll_options, false},
	{"reseal", cmd_reseal, "[VOLUME...]", "approve this boot's PCR values", reseal_options, false},
	{"unenroll", cmd_unenroll, "VOLUME", "remove what enroll added", unenroll_options, false},
	{"recovery", cmd_recovery, "test|replace|export VOLUME", "look after the recovery key", recovery_options, false},
	{"open", cmd_open, "DEVICE", "open a volume with its recovery key, on any machine", open_options, false},
	{"status", cmd_status, "[VOLUME...]", "show what is", status_options, false},
	{"check", cmd_check, "", "say whether the next boot will work, and why not", check_options, false},
	{"verify", cmd_verify, "TYPE FILE", "verify evidence offline, on any machine", verify_options, false},
	{"attest", cmd_attest, "", "collect this machine's evidence and judge it", attest_options, false},
	{"inspect", cmd_inspect, "TYPE FILE", "decode a file or device", inspect_options, false},
};

const struct verb *verb_table(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(verbs);
	return verbs;
}

static void print_verb_help(const struct verb *v)
{
	printf("usage: cvmcrypt %s%s%s%s\n\n%c%s.\n", v->name, v->options[0].name ? " [OPTION...]" : "",
	       *v->arguments ? " " : "", v->arguments, v->summary[0] & ~0x20, v->summary + 1);
	for (const struct verb_option *o = v->options; o->name; o++) {
		if (o == v->options)
			printf("\n");
		printf("  --%s%s%-*s %s\n", o->name, o->argument ? " " : "",
		       22 - (int)strlen(o->name) - (o->argument ? 1 : 0),
		       o->argument ? o->argument : "", o->help);
	}
	printf("\nSee cvmcrypt(8).\n");
}

static void print_help(void)
{
	printf("usage: cvmcrypt VERB [OPTION...] [ARGUMENT...]\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		printf("  %-9s %s\n", verbs[i].name, verbs[i].summary);
	printf("\n'cvmcrypt VERB --help' explains one. Exit status: 0 done, 1 internal error, 2 usage or\n"
	       "configuration, 3 refused, 4 transient, 5 volume rejected the secret, 6 platform lacks\n"
	       "something. Failures have codes (E507): cvmcrypt-errors(7).\n");
}

/* For completion: "verb" lines and "verb --option[=]" lines, from the one table. */
static void print_words(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		printf("%s\n", verbs[i].name);
		for (const struct verb_option *o = verbs[i].options; o->name; o++)
			printf("%s --%s%s\n", verbs[i].name, o->name, o->argument ? "=" : "");
	}
}

/* For the generated manual page: number, symbol, exit status, retryable, text, hint; tab separated. */
static void print_errors(void)
{
	size_t count;
	const struct err_info *table = err_table(&count);

	for (size_t i = 0; i < count; i++)
		printf("E%03d\t%s\t%d\t%d\t%s\t%s\n", table[i].code, table[i].symbol,
		       table[i].exit_status, table[i].retryable, table[i].text, table[i].hint);
}

static int report(int r, const struct err *e)
{
	const struct err_info *info = err_info(r);

	log_error("E%03d %s", -r, e->msg[0] ? e->msg : info ? info->text : "unknown error");
	if (info)
		log_notice("     %s", info->hint);
	return err_exit_status(r);
}

int main(int argc, char **argv)
{
	struct err e = {0};
	int r;

	(void)umask(0077);
	r = secret_heap_init(&e);
	if (r < 0)
		return report(r, &e);
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		print_help();
		return argc < 2 ? err_exit_status(E_USAGE) : 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("cvmcrypt %s\n", CVMCRYPT_VERSION);
		return 0;
	}
	if (strcmp(argv[1], "--words") == 0 || strcmp(argv[1], "--errors") == 0) {
		if (argv[1][2] == 'w')
			print_words();
		else
			print_errors();
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		if (argc > 2 && strcmp(argv[2], "--help") == 0) {
			print_verb_help(&verbs[i]);
			return 0;
		}
		r = verbs[i].run(argc - 1, argv + 1, &e);
		return r < 0 ? report(r, &e) : r;
	}
	(void)err_set(&e, E_USAGE, "no verb '%s'", argv[1]);
	return report(-E_USAGE, &e);
}
