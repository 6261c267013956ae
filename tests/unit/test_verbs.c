/* SPDX-License-Identifier: MIT */
/* What the verbs for volumes say of a wrong call: which option, which file, and what to give instead. */
#include "ask.h"
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

static void check_ignores_no_option(void **state _unused_)
{
	const char *etc = config_dir();

	CALL(cmd_check, E_USAGE, "--cmdline needs --image", "check", "--config", etc, "--cmdline", "/x");
	CALL(cmd_check, E_USAGE, "--tcti goes without --image", "check", "--image", "--tcti", "/dev/tpm0",
	     "--config", etc);
	CALL(cmd_check, E_USAGE, "--tcti goes without --image", "check", "--image-tree", etc, "--tcti",
	     "/dev/tpm0");
}

static void a_config_that_is_named_must_be_there(void **state _unused_)
{
	const char *empty = cli_dir;

	CALL(cmd_status, E_CONFIG_READ, "'/nonexist' does not exist", "status", "--config", "/nonexist");
	CALL(cmd_check, E_CONFIG_READ, "'/nonexist' does not exist", "check", "--config", "/nonexist");
	CALL(cmd_reseal, E_CONFIG_MISSING, empty, "reseal", "--config", empty);
}

static void json_and_a_key_do_not_share_standard_output(void **state _unused_)
{
	CALL(cmd_enroll, E_USAGE, "--json and --recovery-out - exclude each other", "enroll", "--json",
	     "--recovery-out", "-", "--config", config_dir());
}

static void says_what_is_no_device(void **state _unused_)
{
	CALL(cmd_open, E_DEVICE_KIND, "is a folder; a block device", "open", "--recovery", cli_dir);
	CALL(cmd_open, E_DEVICE_KIND, "'/dev/null' is a character device", "open", "--recovery", "/dev/null");
}

static int means(const char *from, const char *file, const char *input, struct err *ret)
{
	_cleanup_secret_ struct secret s = SECRET_INIT;
	FILE *in = freopen(input, "r", stdin);

	assert_non_null(in);
	return ask_means(from, file, "root", &s, ret);
}

static void names_what_to_give_instead_of_a_passphrase(void **state _unused_)
{
	const char *line = cli_text("line", "a passphrase\n");
	struct err e = {0};

	assert_int_equal(means("passphrase", NULL, line, &e), 0);
	assert_int_equal(means(NULL, line, "/dev/null", &e), 0);
	assert_int_equal(means(NULL, NULL, "/dev/null", &e), -E_USAGE);
	assert_non_null(strstr(e.msg, "no passphrase on standard input: give --key-file FILE"));
	assert_int_equal(means(NULL, "-", "/dev/null", &e), -E_USAGE);
	assert_string_equal(e.msg, "standard input is empty");
	assert_int_equal(means("passphrase", line, line, &e), -E_USAGE);
	assert_non_null(strstr(e.msg, "--key-file belongs to --from key-file"));
	assert_int_equal(means("key-file", NULL, line, &e), -E_USAGE);
	assert_int_equal(means_refused("old.key", "root", &e), -E_PASSPHRASE);
	assert_string_equal(e.msg, "no keyslot of 'root' opens with 'old.key'");
	assert_int_equal(means_refused(NULL, "root", &e), -E_PASSPHRASE);
	assert_string_equal(e.msg, "no keyslot of 'root' opens with the passphrase given");
}

static void a_key_that_is_there_is_named_with_its_option(void **state _unused_)
{
	const char *old = cli_text("old", "a key\n");
	struct recovery_sink sink;
	struct err e = {0};

	assert_int_equal(recovery_sink_init(&sink, old, NULL, &e), -E_USAGE);
	assert_int_equal(strncmp(e.msg, "--recovery-out: '", 17), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_ignores_no_option),
		cmocka_unit_test(a_config_that_is_named_must_be_there),
		cmocka_unit_test(json_and_a_key_do_not_share_standard_output),
		cmocka_unit_test(says_what_is_no_device),
		cmocka_unit_test(names_what_to_give_instead_of_a_passphrase),
		cmocka_unit_test(a_key_that_is_there_is_named_with_its_option),
	};

	return cmocka_run_group_tests(tests, cli_setup, cli_teardown);
}
