/* SPDX-License-Identifier: MIT */
/* What 'enroll' refuses before it looks at a volume. */
#include "file.h"
#include "platform.h"
#include "verbs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char top[] = "/tmp/cvmcrypt-enroll-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	assert_int_equal(file_replace(path, text, strlen(text), 0600, NULL), 0);
}

static int setup(void **state _unused_)
{
	static const char *const folders[] = {"proc", "proc/self", "var", "sys", "sys/dev", "sys/dev/block",
					      "sys/dev/block/254:0", "sys/dev/block/254:0/dm"};
	char path[128];

	assert_non_null(mkdtemp(top));
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", top, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	put("cvmcrypt.conf", "[boot]\nprofile = uki\nisolation = none\n[volume root]\nrole = os\n"
	    "device = /nowhere\nmapping = root\nsources = tpm2\n[volume data]\nrole = data\n"
	    "device = /elsewhere\nmapping = data\nsources = parent\n");
	put("sys/dev/block/254:0/dm/uuid", "CRYPT-LUKS2-0123-root\n");
	platform_set_root(top);
	return 0;
}

static int teardown(void **state _unused_)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

static int enroll(const char *volume, bool with_key)
{
	char verb[] = "enroll", option[] = "--config", key[] = "--approve-key", file[] = "/nowhere/key", name[8];
	char out[] = "--recovery-out", dash[] = "-", from[] = "--from", kind[] = "key-file";
	char *argv[] = {verb, option, top, out, dash, from, kind, name, key, file, NULL};
	struct err e = {0};

	(void)snprintf(name, sizeof(name), "%s", volume);
	return cmd_enroll(with_key ? 10 : 8, argv, &e);
}

static void refuses_an_approving_key_that_the_host_can_read(void **state _unused_)
{
	put("proc/self/mountinfo", "1 0 254:0 / / rw - ext4 /dev/mapper/root rw\n"
	    "2 1 8:2 / /var rw - ext4 /dev/sda2 rw\n");
	assert_int_equal(enroll("root", false), -E_NOT_ENCRYPTED);
	/* what comes next fails: the device is not there */
	assert_int_not_equal(enroll("root", true), -E_NOT_ENCRYPTED);
	assert_int_not_equal(enroll("data", false), -E_NOT_ENCRYPTED);
	put("proc/self/mountinfo", "1 0 254:0 / / rw - ext4 /dev/mapper/root rw\n");
	assert_int_not_equal(enroll("root", false), -E_NOT_ENCRYPTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_an_approving_key_that_the_host_can_read),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
