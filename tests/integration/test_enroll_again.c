/* SPDX-License-Identifier: MIT */
/*
 * 'enroll' on a volume that is enrolled: it approves the running boot, and nothing else by accident.
 * On a machine whose firmware gives no event log.
 */
#include "deadline.h"
#include "file.h"
#include "lifecycle.h"
#include "swtpm.h"
#include "volume.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* State lies where the program knows it: a name that no machine has. */
#define VOLUME "enroll-again-test"

static struct swtpm tpm_server;
static char dir[] = "/tmp/cvmcrypt-again-XXXXXX", program[PATH_MAX];
static bool have;

static int shell(const char *fmt, ...) _printf_(1, 2);
static int shell(const char *fmt, ...)
{
	char words[1024], command[2048];
	va_list ap;
	int status;

	va_start(ap, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	(void)snprintf(command, sizeof(command), "cd %s && { %s; } >out 2>err", dir, words);
	status = system(command);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* name: "out" or "err" */
static bool said(const char *name, const char *text)
{
	_cleanup_buf_ struct buf all = BUF_INIT(0);
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(file_read(path, 1 << 16, &all, NULL), 0);
	return all.len > 0 && memmem(all.data, all.len, text, strlen(text));
}

/* The software TPM serves one client at a time, and needs a moment between two. */
static int enroll(const char *options)
{
	int status = -1;

	for (int i = 0; i < 10; i++) {
		status = shell("'%s' enroll " VOLUME " --config . --approve-key approve.pem --tcti %s %s", program,
			       tpm_server.conf, options);
		if (status != 6 || !said("err", "E201"))
			break;
		sleep_until(deadline_in(100));
	}
	return status;
}

static size_t approvals(void)
{
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	char image[128];

	(void)snprintf(image, sizeof(image), "%s/image", dir);
	assert_int_equal(volume_load(&v, image, false, NULL), 0);
	return v.record.approval_count;
}

static int make(void **state _unused_)
{
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 32);

	assert_true(n > 0);
	program[n] = '\0';
	for (int i = 0; i < 2; i++)
		*strrchr(program, '/') = '\0';
	memcpy(program + strlen(program), "/cvmcrypt", sizeof("/cvmcrypt"));
	assert_non_null(mkdtemp(dir));
	have = swtpm_available() && geteuid() == 0;
	if (!have)
		return 0;
	assert_true(swtpm_start(&tpm_server, "sha256"));
	assert_int_equal(state_forget(VOLUME, NULL), 0);
	assert_int_equal(shell("printf old > old.key; truncate -s 20M image;"
			       "cryptsetup luksFormat -q --type luks2 --sector-size 512 --pbkdf pbkdf2 "
			       "--pbkdf-force-iterations 1000 --key-file old.key image;"
			       "printf '[boot]\\nprofile = uki\\nisolation = none\\n[volume " VOLUME "]\\nrole = os\\n"
			       "mapping = root\\nsources = tpm2\\ndevice = %s/image\\n' > cvmcrypt.conf", dir), 0);
	return 0;
}

static int end(void **state _unused_)
{
	if (have) {
		swtpm_stop(&tpm_server);
		(void)state_forget(VOLUME, NULL);
	}
	return shell("rm -rf %s", dir) == 0 || access(dir, F_OK) < 0 ? 0 : -1;
}

/* The image that is to boot has not booted: approving another one now would refuse it later. */
static void the_observed_boot_is_waited_for(void **state _unused_)
{
	if (!have)
		skip();
	assert_int_equal(enroll("--pending --from key-file --key-file old.key --recovery-out first.rk"), 0);
	assert_int_equal(enroll("--pending --from key-file --key-file old.key --recovery-out second.rk "
				"--accept-unexplained"), 3);
	assert_true(said("err", "E816") && said("err", "--pending"));
	assert_int_not_equal(shell("test -e second.rk"), 0);
	assert_int_equal(enroll("--recovery-out second.rk --accept-unexplained --accept-changes"), 3);
	assert_true(said("err", "E816") && said("err", "--recovery-out"));
	assert_int_equal(enroll(""), 6);
	assert_true(said("err", "E204"));
	assert_int_equal(enroll("--accept-unexplained"), 3);
	assert_true(said("err", "E816") && said("err", "waits for its observed boot"));
	assert_int_equal(approvals(), 0);
}

static void values_without_a_log_are_known_again(void **state _unused_)
{
	if (!have)
		skip();
	assert_int_equal(enroll("--accept-unexplained --accept-changes"), 0);
	assert_true(said("out", "are approved (approval 1)"));
	assert_int_equal(approvals(), 1);
	assert_int_equal(enroll("--accept-unexplained"), 0);
	assert_true(said("out", "are approved already"));
	assert_int_equal(approvals(), 1);
}

/* Another machine's disk has the same name: what this one keeps about its own must stay. */
static void another_machines_disk_leaves_the_state(void **state _unused_)
{
	struct approval_state mine = {.id = {1}, .numbered = true, .highest = 7, .written = true}, kept;

	if (!have)
		skip();
	assert_int_equal(state_store(VOLUME, &mine, NULL), 0);
	assert_int_equal(enroll("--device image --accept-unexplained --accept-changes"), 2);
	assert_true(said("err", "another volume"));
	assert_int_equal(state_load(VOLUME, NULL, &kept, NULL), 0);
	assert_memory_equal(kept.id, mine.id, sizeof(mine.id));
	assert_int_equal(kept.highest, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_observed_boot_is_waited_for),
		cmocka_unit_test(values_without_a_log_are_known_again),
		cmocka_unit_test(another_machines_disk_leaves_the_state),
	};

	return cmocka_run_group_tests(tests, make, end);
}
