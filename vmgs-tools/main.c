/* SPDX-License-Identifier: MIT */
#include "secret.h"
#include "vmgs_verbs.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct vmgs_verb verbs[] = {
	{"create", vmgs_cmd_create, "FILE", "make an empty guest state file", vmgs_create_options},
	{"info", vmgs_cmd_info, "FILE", "show container, headers, key slots", vmgs_info_options},
	{"list", vmgs_cmd_list, "FILE", "list the files in it", vmgs_list_options},
	{"verify", vmgs_cmd_verify, "FILE", "check everything that can be checked", vmgs_verify_options},
	{"read", vmgs_cmd_read, "FILE", "read a file out of it", vmgs_read_options},
	{"write", vmgs_cmd_write, "FILE", "write a file into it", vmgs_write_options},
	{"delete", vmgs_cmd_delete, "FILE", "delete a file in it", vmgs_delete_options},
	{"move", vmgs_cmd_move, "FILE", "give a file in it another id", vmgs_move_options},
	{"encrypt", vmgs_cmd_encrypt, "FILE", "give it its first key", vmgs_encrypt_options},
	{"rekey", vmgs_cmd_rekey, "FILE", "change the key", vmgs_rekey_options},
	{"convert", vmgs_cmd_convert, "FILE", "change between VHD and raw disk", vmgs_convert_options},
	{"nvram", vmgs_cmd_nvram, "list FILE", "list the UEFI variables", vmgs_nvram_options},
	{"key-protector", vmgs_cmd_key_protector, "show FILE", "show how the root key is wrapped",
	 vmgs_key_protector_options},
	{"guest-secret-key", vmgs_cmd_guest_secret_key, "generate|import|export-public FILE",
	 "make the key that the guest finds in its vTPM", vmgs_guest_secret_key_options},
};

static void print_verb_help(const struct vmgs_verb *v)
{
	printf("usage: vmgs %s%s %s\n\n%c%s.\n", v->name, v->options[0].name ? " [OPTION...]" : "",
	       v->arguments, v->summary[0] & ~0x20, v->summary + 1);
	for (const struct verb_option *o = v->options; o->name; o++) {
		const char *argument = o->argument ? o->argument : "";
		int used = (int)(strlen(o->name) + strlen(argument)) + (o->argument ? 1 : 0);

		if (o == v->options)
			printf("\n");
		printf("  --%s%s%s%*s %s\n", o->name, o->argument ? " " : "", argument,
		       used < 25 ? 25 - used : 0, "", o->help);
	}
	printf("\nSee vmgs(1).\n");
}

static void print_help(void)
{
	printf("usage: vmgs VERB [OPTION...] FILE\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		printf("  %-16s %s\n", verbs[i].name, verbs[i].summary);
	printf("\n'vmgs VERB --help' explains one. Exit status: 0 done, 1 failed, 2 usage, 10 not encrypted\n"
	       "or nothing to do, 11 corrupt, 12 wrong key. Failures have codes (E857): vmgs(1).\n");
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

static int report(int r, const struct err *e)
{
	const struct err_info *info = err_info(r);

	fprintf(stderr, "vmgs: E%03d %s\n", -r, e->msg[0] ? e->msg : info ? info->text : "unknown error");
	if (info)
		fprintf(stderr, "vmgs:      %s\n",
			r == -E_USAGE ? "see 'vmgs --help' and vmgs(1)" : info->hint);
	return vmgs_exit_status(r);
}

static int run_verb(const struct vmgs_verb *v, int argc, char **argv, struct err *e)
{
	int r;

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0) {
			print_verb_help(v);
			return 0;
		}
	r = v->run(argc, argv, e);
	/* what could not be printed was not done: a full disk behind standard output */
	if (fflush(stdout) != 0 && r == 0)
		r = err_set(e, E_IO, "writing standard output");
	return r;
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
		printf("vmgs %s\n", CVMCRYPT_VERSION);
		return 0;
	}
	if (strcmp(argv[1], "--words") == 0) {
		print_words();
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0) {
			r = run_verb(&verbs[i], argc - 1, argv + 1, &e);
			return r < 0 ? report(r, &e) : r;
		}
	(void)err_set(&e, E_USAGE, "no verb '%s'", argv[1]);
	return report(-E_USAGE, &e);
}
