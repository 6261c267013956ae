/* SPDX-License-Identifier: MIT */
/* The verbs for volumes as a person or a script calls them, on an image file and without a TPM. */
#include "file.h"
#include "json.h"
#include "lifecycle.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#define ENROLL "enroll --pending root --config etc --device image --approve-key approve.pem "

static char program[PATH_MAX], dir[64];

static int shell(const char *command)
{
	char line[2 * PATH_MAX];
	int status;

	(void)snprintf(line, sizeof(line), "cd %s && %s", dir, command);
	status = system(line);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Runs "cvmcrypt ARGUMENTS" by the shell, in the folder; the exit status. */
static int cvmcrypt(const char *arguments)
{
	char command[PATH_MAX + 512];

	assert_true((size_t)snprintf(command, sizeof(command), "'%s' %s >out 2>err", program, arguments) <
		    sizeof(command));
	return shell(command);
}

static const char *text_of(const char *name)
{
	static char text[4096];
	_cleanup_buf_ struct buf bytes = BUF_INIT(0);
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(file_read(path, sizeof(text) - 1, &bytes, NULL), 0);
	memcpy(text, bytes.data, bytes.len);
	text[bytes.len] = '\0';
	return text;
}

static void has(const char *name, const char *wanted)
{
	const char *text = text_of(name);

	if (!strstr(text, wanted))
		fail_msg("'%s' is not in %s: %s", wanted, name, text);
}

static void out_is_json(void)
{
	const char *text = text_of("out");
	struct json j;

	assert_int_equal(json_parse(&j, "out", E_INTERNAL, (const uint8_t *)text, strlen(text), NULL), 0);
	json_done(&j);
}

static int set_config(const char *sources)
{
	char path[128], text[512];

	(void)snprintf(path, sizeof(path), "%s/etc/cvmcrypt.conf", dir);
	(void)snprintf(text, sizeof(text), "[boot]\nprofile = uki\nisolation = none\nrecovery = console\n"
		       "[volume root]\nrole = os\nmapping = root\ndevice = /nowhere\nsources = %s\n", sources);
	return file_replace(path, text, strlen(text), 0600, NULL);
}

static int setup(void **state _unused_)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/volume-cli-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(shell("mkdir -m 700 etc && printf right >key && printf wrong >wrong &&"
			       "openssl genrsa -out vm.key 2048 2>err && openssl rsa -in vm.key -pubout -out vm.pem "
			       "2>err && truncate -s 20M clean && cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 "
			       "--pbkdf-force-iterations 1000 clean key"), 0);
	return 0;
}

static int teardown(void **state _unused_)
{
	return shell("rm -rf \"$PWD\"");
}

static void fresh(const char *sources)
{
	assert_int_equal(set_config(sources), 0);
	assert_int_equal(shell("rm -f recovery && cp clean image"), 0);
}

static void test_dry_run(void **state _unused_)
{
	fresh("tpm2");
	assert_int_equal(cvmcrypt(ENROLL "--dry-run --json"), 0);
	out_is_json();
	assert_string_equal(text_of("out"), "{\"volume\":\"root\",\"state\":\"new\",\"dry_run\":true}\n");
	assert_int_equal(cvmcrypt(ENROLL "--dry-run --key-file wrong"), 0);
	has("out", "was not tried");
	assert_int_equal(shell("cmp clean image"), 0);
}

static void test_wrong_key(void **state _unused_)
{
	fresh("tpm2");
	assert_int_equal(cvmcrypt(ENROLL "--key-file wrong --recovery-out recovery"), 5);
	has("err", "E707 no keyslot of 'image' opens with 'wrong'\n");
	assert_int_equal(cvmcrypt(ENROLL "--key-file key --recovery-to wrong"), 2);
	has("err", "E101 'wrong' holds no RSA public key");
	assert_int_equal(cvmcrypt("enroll --pending root --config etc --device image --approve-key wrong "
				  "--key-file key --recovery-out recovery"), 2);
	has("err", "E101 'wrong' holds no unencrypted private key");
}

/* A script takes the key from standard output: nothing else may be in it. */
static void test_key_alone_on_stdout(void **state _unused_)
{
	fresh("tpm2");
	assert_int_equal(cvmcrypt(ENROLL "--key-file key --recovery-out -"), 0);
	assert_int_equal(strlen(text_of("out")), 48);
	has("err", "root: enrolled: keyslot 1");
	assert_int_equal(shell("cp out recovery"), 0);
	assert_int_equal(cvmcrypt("recovery test root --device image --recovery-key-file recovery"), 0);
	assert_int_equal(cvmcrypt("recovery replace root --device image --recovery-key-file recovery "
				  "--recovery-out -"), 0);
	assert_int_equal(strlen(text_of("out")), 48);
}

static void enroll_plain(void)
{
	fresh("tpm2");
	assert_int_equal(cvmcrypt(ENROLL "--key-file key --recovery-out recovery"), 0);
}

static void test_unenroll_key(void **state _unused_)
{
	enroll_plain();
	assert_int_equal(cvmcrypt("unenroll root --config etc --device image --key-file wrong"), 3);
	has("err", "E813 what was given opens no keyslot");
	has("err", "check what was given");
	assert_int_equal(cvmcrypt("unenroll root --config etc --device image --key-file recovery"), 3);
	has("err", "E813 this is the recovery key, which goes, too");
	assert_int_equal(cvmcrypt("unenroll root --config etc --device image --key-file key --tcti x"), 2);
	assert_int_equal(cvmcrypt("unenroll root --config etc --device image --key-file key"), 0);
}

/* After the removal nothing could be called again: so what revokes is looked for first. */
static void test_unenroll_without_tpm(void **state _unused_)
{
	static const struct approval_state given = {.numbered = true, .highest = 7};

	if (geteuid() != 0 || file_exists(STATE_DIR "/volumecli.state"))
		skip();
	enroll_plain();
	assert_int_equal(shell("sed -i \"s,volume root,volume volumecli,; s,/nowhere,$PWD/image,; "
			       "s,^isolation,tpm = /dev/no-such-tpm\\n&,\" etc/cvmcrypt.conf"), 0);
	assert_int_equal(state_store("volumecli", &given, NULL), 0);
	assert_int_equal(cvmcrypt("unenroll volumecli --config etc --key-file key"), 6);
	has("err", "E201 nothing is removed, as its approvals cannot be revoked");
	assert_int_equal(cvmcrypt("unenroll volumecli --config etc --key-file key --tcti nonsense"), 2);
	assert_int_equal(cvmcrypt("open --recovery --test image --recovery-key-file recovery"), 0);
	assert_int_equal(cvmcrypt("unenroll volumecli --config etc --key-file key --force"), 0);
	has("err", "its approvals are not revoked");
	assert_int_equal(cvmcrypt("open --recovery --test image --recovery-key-file recovery"), 3);
	assert_int_equal(state_forget("volumecli", NULL), 0);
}

static void test_recovery_messages(void **state _unused_)
{
	enroll_plain();
	assert_int_equal(cvmcrypt("recovery export root --device image"), 3);
	has("err", "E703 no recovery key is kept in this header; 'cvmcrypt recovery replace root --recovery-to");
	assert_int_equal(shell("echo 1234567 >old"), 0);
	assert_int_equal(cvmcrypt("recovery test root --device image --recovery-key-file old"), 5);
	has("err", "E701 7 characters, and a recovery key has 40");
	has("err", "eight groups of five characters");
	assert_int_equal(cvmcrypt("open image --recovery --test --recovery-key-file recovery --id "
				  "$(printf %064d 0)"), 3);
	has("err", "E808 this is not the volume that --id names");
}

/* One failure is one message; of two, both are told. */
static void test_status_tells_once(void **state _unused_)
{
	fresh("tpm2");
	assert_int_equal(cvmcrypt("status --config etc"), 4);
	assert_string_equal(text_of("out"), "");
	has("err", "E202 root: opening '/nowhere'");
	assert_int_equal(shell("sed -n 's,root,other,;s,nowhere,elsewhere,;s,os,data,;s,tpm2,parent,;/^.volume/,$p' "
			       "etc/cvmcrypt.conf >more && cat more >>etc/cvmcrypt.conf && sed -i "
			       "'s,mapping = root,mapping = r,' etc/cvmcrypt.conf"), 0);
	assert_int_equal(cvmcrypt("status --config etc"), 4);
	has("err", "E202 root: opening '/nowhere'");
	has("err", "E202 other: opening '/elsewhere'");
}

static void lacks(const char *name, const char *unwanted)
{
	if (strstr(text_of(name), unwanted))
		fail_msg("'%s' is in %s", unwanted, name);
}

static void test_next_step(void **state _unused_)
{
	fresh("tpm2");
	assert_int_equal(cvmcrypt(ENROLL "--key-file key --recovery-out recovery"), 0);
	has("out", "no TPM is used here: the first boot seals");
	has("out", "boot it once with the recovery key");
	fresh("guest-secret-key");
	assert_int_equal(cvmcrypt(ENROLL "--key-file key --recovery-out recovery --guest-secret-key vm.pem"), 0);
	has("out", "opens\n      the volume from its first boot");
	lacks("out", "with the recovery key");
	lacks("out", "no TPM");
}

int main(int argc _unused_, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dry_run),
		cmocka_unit_test(test_wrong_key),
		cmocka_unit_test(test_key_alone_on_stdout),
		cmocka_unit_test(test_next_step),
		cmocka_unit_test(test_status_tells_once),
		cmocka_unit_test(test_recovery_messages),
		cmocka_unit_test(test_unenroll_key),
		cmocka_unit_test(test_unenroll_without_tpm),
	};
	char self[PATH_MAX], *slash;

	/* build/integration/test_volume_cli -> build/cvmcrypt */
	if (!realpath(argv[0], self))
		return 1;
	for (int i = 0; i < 2; i++) {
		slash = strrchr(self, '/');
		if (!slash)
			return 1;
		*slash = '\0';
	}
	if ((size_t)snprintf(program, sizeof(program), "%s/cvmcrypt", self) >= sizeof(program))
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
