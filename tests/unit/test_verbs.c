/* SPDX-License-Identifier: MIT */
/* What the verbs for volumes say of a wrong call: which option, which file, and what to give instead. */
#include "verbs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "verify_cli.h"

static const char *config_dir(void)
{
	static char path[80];

	(void)snprintf(path, sizeof(path), "%s/etc", cli_dir);
	if (mkdir(path, 0700) == 0)
		(void)cli_text("etc/cvmcrypt.conf", "[boot]\nprofile = uki\nisolation = none\n[volume root]\n"
			       "role = os\ndevice = /nowhere\nmapping = root\nsources = tpm2\n");
	return path;
}

#define WORDS_MAX 12

static void call(int (*verb)(int, char **, struct err *), int code, const char *says, const char *const words[])
{
	char *argv[WORDS_MAX] = {0}, *kept[WORDS_MAX];
	struct err e = {0};
	int argc = 0;

	for (; words[argc]; argc++)
		argv[argc] = strdup(words[argc]);
	memcpy(kept, argv, sizeof(kept));
	assert_int_equal(verb(argc, argv, &e), -code);
	if (!strstr(e.msg, says))
		fail_msg("'%s' instead of '%s'", e.msg, says);
	for (int i = 0; i < argc; i++)
		free(kept[i]);
}

#define CALL(verb, code, says, ...) call(verb, code, says, (const char *const[]){__VA_ARGS__, NULL})

static void json_and_a_key_do_not_share_standard_output(void **state _unused_)
{
	CALL(cmd_enroll, E_USAGE, "--json and --recovery-out - exclude each other", "enroll", "--json",
	     "--recovery-out", "-", "--config", config_dir());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_and_a_key_do_not_share_standard_output),
	};

	return cmocka_run_group_tests(tests, cli_setup, cli_teardown);
}
