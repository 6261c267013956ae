/* SPDX-License-Identifier: MIT */
#include "cmdline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NEEDED "systemd.import_credentials=no systemd.gpt_auto=0 rd.systemd.gpt_auto=0"
#define GOOD "root=/dev/mapper/root " NEEDED

static int judge(const char *line, bool stack)
{
	struct err e = {0};
	int r = cmdline_judge(line, "root", stack, NULL, NULL, &e);

	if (r < 0) {
		assert_int_equal(e.code, -r);
		assert_non_null(strstr(e.msg, "kernel command line"));
	}
	return r;
}

/* The good line with one more parameter. */
static int judge_with(const char *parameter)
{
	char line[512];

	(void)snprintf(line, sizeof(line), GOOD " ro %s quiet\n", parameter);
	return judge(line, true);
}

static void test_good(void **state)
{
	static const char *const allowed[] = {
		"console=ttyS0,115200n8", "earlycon", "earlyprintk=ttyS0", "rd.shell=0",
		"rd.shell=no",
		"rd.luks=0", "luks=no", "systemd.debug_shell=0", "init=/sbin/init", "rdinit=/init",
		"noresume", "nokaslr", "panic=-1", "rd.emergency=poweroff", "rd.retry=20",
		"boot=local",
		"systemd.mask=ssh.service", "rd.systemd.mask=foo.service",
		"module_blacklist=floppy,nouveau",
		"mem_encrypt=on", "dyndbg=\"file drivers/md/dm-crypt.c +p\"", "breakfast=1", "3",
		"ssl",
		"debug", "BOOT_IMAGE=/boot/vmlinuz", "rootflags=subvol=@", "rootfstype=ext4",
		"mount.usr=/dev/mapper/usr", "acpi_osi=Linux", "tsc_early_khz=1", "x=1",
	};

	(void)state;
	assert_int_equal(judge(GOOD, false), 0);
	assert_int_equal(judge(GOOD "\n", false), 0);
	assert_int_equal(judge("\"root=/dev/mapper/root\" root=/dev/mapper/root " NEEDED, false),
			 0);
	assert_int_equal(judge("root=/dev/mapper/root systemd.import-credentials=False "
			       "systemd.gpt-auto=off rd.systemd.gpt_auto=N", false), 0);
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		if (judge_with(allowed[i]) != 0)
			fail_msg("'%s' is refused", allowed[i]);
	}
}

static void test_forbidden(void **state)
{
	static const char *const refused[] = {
		"rd.break", "rd.break=pre-mount", "rd.shell", "rd.shell=1", "rd.shell=",
		"rd.debug", "break",
		"break=premount", "rd.systemd.break=pre-udev", "systemd.break=pre-switch-root",
		"rd.systemd.debug_shell", "systemd.debug_shell", "systemd.debug-shell=1",
		"rd.systemd.debug-shell=ttyS0", "init=/bin/sh", "init=", "rdinit=/bin/sh", "single",
		"emergency", "rescue", "1", "s", "S", "-b", "-s", "rd.emergency", "rd.rescue",
		"systemd.unit=rescue.target", "rd.systemd.unit=emergency.target", "systemd.wants=x",
		"systemd.run=/bin/x", "systemd.run_success_action=none", "systemd.crash_shell",
		"systemd.confirm_spawn=yes", "resume=/dev/vda2", "resume_offset=1",
		"cryptdevice=/dev/vda:x",
		"cryptopts=source=/dev/vda", "rd.luks", "rd.luks=1", "rd.luks.uuid=x",
		"rd.luks.name=x=root",
		"luks.uuid=x", "luks", "rd_LUKS_UUID=x", "kgdboc=ttyS0", "kgdbwait", "ekgdboc=kbd",
		"efivar_ssdt=x", "acpi_rsdp=0x1", "acpi=off", "module_blacklist=floppy,dm_crypt",
		"module_blacklist=dm-crypt", "modprobe.blacklist=aesni_intel",
		"modprobe.blacklist=tpm_crb",
		"rd.driver.blacklist=dm-crypt", "mem_encrypt=off", "mem_encrypt", "tsc=unstable",
		"systemd.import_credentials=yes", "systemd.import-credentials",
		"systemd.gpt_auto=1",
		"rd.systemd.gpt-auto", "systemd.set_credential=a:b",
		"systemd.set_credential_binary=a:b",
		"systemd.mask=cvmcrypt-commit.service", "rd.systemd.mask=cvmcrypt-unlock.service",
		"rd.systemd.mask=emergency.service", "systemd.setenv=LD_PRELOAD=x", "LD_PRELOAD=/x",
		"OPENSSL_CONF=/x", "SYSTEMD_SULOGIN_FORCE=1", "GLIBC_TUNABLES=x",
		"initrd=\"evil.img\"",
		"initrdmem=1,2", "dm-mod.create=x", "dm_mod.create=x", "roothash=00", "boot=nfs",
		"boot",
		"nfsroot=1.2.3.4:/x", "rootfallback=LABEL=x", "mount.usr=LABEL=usr",
		"mount.usr=/dev/mapper/../vda2",
		"sysrq_always_enabled", "--", "-- single", "rd.cmdline=ask", "initcall_blacklist=x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		if (judge_with(refused[i]) != -E_CMDLINE_FORBIDDEN)
			fail_msg("'%s' is not refused", refused[i]);
	}
}

/* The kernel, systemd and the boot scripts split quoted text differently. */
static void test_quotes(void **state)
{
	static const char *const refused[] = {
		"\"rd.break\"", "rd.shell=\"1\"", "\"init=/bin/sh\"", "init=\"/bin/sh\"",
		"x=\"a rd.break b\"", "\"x rd.break y\"", "r\"d.break\"", "x=a\"b\"c", "x=\"open",
		"'rd.break'", "x=\\040", "x=\x01", "x=\xc2\xa0rd.break", "x=\"\"\"\"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		if (judge_with(refused[i]) != -E_CMDLINE_FORBIDDEN)
			fail_msg("'%s' is not refused", refused[i]);
	}
	/* only the kernel sees it: the boot scripts would not */
	assert_int_equal(judge("\"root=/dev/mapper/root\" " NEEDED, false), -E_CMDLINE_ROOT);
	assert_int_equal(judge("root=\"/dev/mapper/root\" " NEEDED, false), -E_CMDLINE_ROOT);
	/* hidden in quotes it does not count */
	assert_int_equal(judge("root=/dev/mapper/root x=\"" NEEDED "\"", false),
			 -E_CMDLINE_REQUIRED);
}

static void test_root(void **state)
{
	(void)state;
	assert_int_equal(judge(NEEDED, true), -E_CMDLINE_ROOT);
	assert_int_equal(judge("root " NEEDED, true), -E_CMDLINE_ROOT);
	assert_int_equal(judge("root=UUID=1234 " NEEDED, true), -E_CMDLINE_ROOT);
	assert_int_equal(judge("root=LABEL=root " NEEDED, true), -E_CMDLINE_ROOT);
	assert_int_equal(judge("root=PARTUUID=1-2 " NEEDED, true), -E_CMDLINE_ROOT);
	assert_int_equal(judge("root=/dev/vda2 " NEEDED, true), -E_CMDLINE_ROOT);
	assert_int_equal(judge("root=/dev/disk/by-label/x " NEEDED, true), -E_CMDLINE_ROOT);
	assert_int_equal(judge("root=/dev/disk/x " NEEDED, true), -E_CMDLINE_ROOT);
	assert_int_equal(judge("root=/dev/mapper/../vda2 " NEEDED, true), -E_CMDLINE_ROOT);
	assert_int_equal(judge("root=/dev/nfs " NEEDED, true), -E_CMDLINE_ROOT);
	assert_int_equal(judge("root=/dev/mapper/vg-root " NEEDED, false), -E_CMDLINE_ROOT);
	assert_int_equal(judge("root=/dev/mapper/roots " NEEDED, false), -E_CMDLINE_ROOT);
	assert_int_equal(judge("root=/dev/mapper/vg-root " NEEDED, true), 0);
	assert_int_equal(judge("root=/dev/vg/root " NEEDED, true), 0);
	/* every mention counts, whichever a reader takes */
	assert_int_equal(judge("root=/dev/vda2 " GOOD, true), -E_CMDLINE_ROOT);
	assert_int_equal(judge(GOOD " root=/dev/vda2", true), -E_CMDLINE_ROOT);
	assert_int_equal(cmdline_judge(NEEDED, NULL, false, NULL, NULL, NULL), 0);
}

static void test_required(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(judge("root=/dev/mapper/root", false), -E_CMDLINE_REQUIRED);
	assert_int_equal(
		judge("root=/dev/mapper/root systemd.gpt_auto=0 rd.systemd.gpt_auto=0", false),
		-E_CMDLINE_REQUIRED);
	assert_int_equal(
		judge("root=/dev/mapper/root systemd.import_credentials=no systemd.gpt_auto=0",
		      false),
		-E_CMDLINE_REQUIRED);
	/* spelt as the manual has it */
	assert_int_equal(cmdline_judge("root=/dev/mapper/root systemd.import_credentials=no systemd.gpt_auto=0",
				       "root", false, NULL, NULL, &e), -E_CMDLINE_REQUIRED);
	assert_non_null(strstr(e.msg, "'rd.systemd.gpt_auto=0' is missing"));
	assert_int_equal(judge(GOOD " systemd.gpt_auto=1 systemd.gpt_auto=0", false),
			 -E_CMDLINE_FORBIDDEN);
	assert_int_equal(judge("", false), -E_CMDLINE_ROOT);
}

static void test_length(void **state)
{
	char line[8192] = GOOD " x=";
	size_t at = strlen(line);

	(void)state;
	memset(line + at, 'a', 400);
	assert_int_equal(judge(line, false), 0);
	memset(line + at, 'a', 600);
	assert_int_equal(judge(line, false), -E_CMDLINE_FORBIDDEN);
	for (size_t i = at; i < 3000; i += 2)
		memcpy(line + i, "b ", 3);
	assert_int_equal(judge(line, false), -E_CMDLINE_FORBIDDEN);
}

static void count(void *context, int code, const char *message)
{
	assert_true(code > 0);
	assert_true(strlen(message) > 10);
	++*(int *)context;
}

static void test_findings(void **state)
{
	struct err e = {0};
	int n = 0;

	(void)state;
	assert_int_equal(
		cmdline_judge("rd.break root=/dev/vda2 single", "root", false, count, &n, &e),
		-E_CMDLINE_FORBIDDEN);
	assert_int_equal(n, 6);
	assert_string_equal(
		e.msg,
		"kernel command line: 'rd.break' can open a shell before the root is entered");
}

static void test_value(void **state)
{
	char out[32];

	(void)state;
	assert_true(cmdline_value("a=1 root=/dev/x b=\"q r\" a=2", "a", out, sizeof(out)));
	assert_string_equal(out, "2");
	assert_true(cmdline_value("a=1 b=\"q r\"", "b", out, sizeof(out)));
	assert_string_equal(out, "q r");
	assert_true(cmdline_value("a-b=", "a_b", out, sizeof(out)));
	assert_string_equal(out, "");
	assert_false(cmdline_value("a ab=1", "a", out, sizeof(out)));
	assert_false(cmdline_value("a=123456", "a", out, 4));
	assert_false(cmdline_value("", "a", out, sizeof(out)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	 cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_quotes),	 cmocka_unit_test(test_root),
		cmocka_unit_test(test_required), cmocka_unit_test(test_length),
		cmocka_unit_test(test_findings), cmocka_unit_test(test_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
