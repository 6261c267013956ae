/* SPDX-License-Identifier: MIT */
/* Fake boot images: a good one of each family, then one thing wrong at a time. */
#include "image_check.h"

#include "file.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char config_text[] =
	"[boot]\nprofile = uki\nisolation = none\nrecovery = off\n"
	"[volume root]\nrole = os\ndevice = PARTLABEL=root\nmapping = my-root\nid = " ID
	"\nsources = tpm2\n";

static char top[] = "/tmp/cvmcrypt-image-XXXXXX";
static char image[64];

static void put(const char *path, const char *text)
{
	char full[PATH_MAX * 2];
	FILE *f;

	(void)snprintf(full, sizeof(full), "%s%s", image, path);
	for (char *p = full + strlen(top) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		(void)mkdir(full, 0755);
		*p = '/';
	}
	f = fopen(full, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(full, strstr(path, ".conf") ? 0644 : 0755), 0);
}

static void delete(const char *path)
{
	char full[PATH_MAX * 2];

	(void)snprintf(full, sizeof(full), "%s%s", image, path);
	assert_int_equal(unlink(full), 0);
}

static void mask(const char *path)
{
	char full[PATH_MAX * 2];

	put(path, "");
	delete(path);
	(void)snprintf(full, sizeof(full), "%s%s", image, path);
	assert_int_equal(symlink("/dev/null", full), 0);
}

static void shell(const char *before, const char *folder, const char *after)
{
	char command[PATH_MAX];

	(void)snprintf(command, sizeof(command), "%s %s %s", before, folder, after);
	assert_int_equal(system(command), 0);
}

/* The program is a small ELF file that needs libone.so.1 and libtwo.so; so are those. */
static void put_common(void)
{
	(void)snprintf(image, sizeof(image), "%s/image", top);
	shell("rm -rf", image, "");
	put("/usr/sbin/dmsetup", "");
	put("/usr/lib/x", "");
	put("/usr/bin/sh", "");
	put("/usr/bin/kmod", "");
	put("/lib64/ld.so", "");
	shell("cd", image,
	      "&& ln -s usr/lib lib && ln -s usr/sbin sbin && ln -s usr/bin bin && "
	      "ln -s /bin/kmod usr/sbin/modprobe && "
	      "for f in usr/sbin/cvmcrypt lib/libone.so.1 lib64/libtwo.so lib/libgcc_s.so.1; do "
	      "install -m 755 \"$OLDPWD/tests/fuzz/corpus/elf_needed/program\" $f; done");
	put("/etc/cvmcrypt/cvmcrypt.conf", config_text);
	put("/lib/udev/rules.d/55-dm.rules", "");
	put("/lib/modules/6.1/modules.builtin",
	    "kernel/crypto/aes_generic.ko\nkernel/drivers/char/tpm/tpm_crb.ko\n");
	put("/lib/modules/6.1/modules.dep",
	    "kernel/drivers/md/dm-crypt.ko: kernel/drivers/md/dm-mod.ko\n"
	    "kernel/drivers/md/dm-mod.ko:\nkernel/crypto/xts.ko.xz:\nkernel/drivers/block/"
	    "virtio_blk.ko:\n"
	    "kernel/fs/ext4/ext4.ko: kernel/lib/crc16.ko kernel/fs/jbd2/jbd2.ko");
	put("/lib/modules/6.1/kernel/drivers/md/dm-crypt.ko", "");
	put("/lib/modules/6.1/kernel/drivers/md/dm-mod.ko", "");
	put("/lib/modules/6.1/kernel/crypto/xts.ko.xz", "");
	put("/lib/modules/6.1/kernel/drivers/block/virtio_blk.ko", "");
	put("/lib/modules/6.1/kernel/fs/ext4/ext4.ko", "");
	put("/lib/modules/6.1/kernel/fs/jbd2/jbd2.ko", "");
	put("/lib/modules/6.1/kernel/lib/crc16.ko", "");
}

static const char *const scripts[] = {"init-top", "local-top", "init-bottom", "panic"};

static void put_initramfs_tools(void)
{
	char path[PATH_MAX], order[PATH_MAX];

	put_common();
	put("/scripts/functions", "");
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		(void)snprintf(path, sizeof(path), "/scripts/%s/cvmcrypt", scripts[i]);
		put(path, "#!/bin/sh\n");
		(void)snprintf(order, sizeof(order), "%.100s \"$@\"\n", path);
		(void)snprintf(path, sizeof(path), "/scripts/%s/ORDER", scripts[i]);
		put(path, order);
	}
	put("/conf/conf.d/cvmcrypt", "ROOT=/dev/mapper/my-root\n");
	put("/bin/sleep", "");
	put("/sbin/poweroff", "");
	put("/bin/run-init", "");
}

static const char fail_unit[] =
	"[Service]\nType=oneshot\nExecStart=/usr/sbin/cvmcrypt close --fail\n";

static void put_dracut(void)
{
	put_common();
	put("/lib/systemd/systemd", "");
	put("/lib/systemd/system/emergency.service",
	    "[Service]\nExecStart=/bin/dracut-emergency\n");
	put("/lib/systemd/system/cvmcrypt-unlock.service",
	    "[Service]\nExecStart=/usr/sbin/cvmcrypt unlock\n");
	put("/lib/systemd/system/cvmcrypt-handoff.service",
	    "[Service]\nExecStart=/usr/sbin/cvmcrypt handoff --root /sysroot\n");
	put("/lib/systemd/system/cvmcrypt-fail.service", fail_unit);
	put("/etc/systemd/system/emergency.service", fail_unit);
	put("/etc/systemd/system/rescue.service", fail_unit);
	put("/etc/systemd/system/dracut-emergency.service", fail_unit);
	put("/etc/systemd/system/initrd-root-device.target.requires/cvmcrypt-unlock.service", "");
	put("/etc/systemd/system/initrd.target.requires/cvmcrypt-unlock.service", "");
	put("/etc/systemd/system/initrd-switch-root.service.requires/cvmcrypt-handoff.service", "");
	put("/lib/systemd/system-generators/systemd-gpt-auto-generator", "");
	mask("/etc/systemd/system-generators/systemd-gpt-auto-generator");
	put("/lib/systemd/system/debug-shell.service", "");
	mask("/etc/systemd/system/debug-shell.service");
}

static int tree(char message[ERR_MSG_MAX])
{
	const struct image_report none = {0};
	struct err e = {0};
	int r = image_check_tree(image, &none, &e);

	(void)snprintf(message, ERR_MSG_MAX, "%s", e.msg);
	return r;
}

static void expect_good(void)
{
	char message[ERR_MSG_MAX];

	if (tree(message) != 0)
		fail_msg("the good tree is refused: %s", message);
}

static void expect(enum err_code code, const char *text)
{
	char message[ERR_MSG_MAX];

	assert_int_equal(tree(message), -(int)code);
	if (!strstr(message, text))
		fail_msg("'%s' does not name '%s'", message, text);
}

/* Each file that a boot needs, by the name under which its absence is told. */
static void test_missing(void **state)
{
	static const struct {
		const char *path;
		enum err_code code;
		bool dracut;
	} rows[] = {
		{"/usr/sbin/cvmcrypt", E_IMAGE_FILE, false},
		{"/lib/libone.so.1", E_IMAGE_FILE, false},
		{"/lib64/libtwo.so", E_IMAGE_FILE, true},
		{"/lib/libgcc_s.so.1", E_IMAGE_FILE, true},
		{"/lib64/ld.so", E_IMAGE_FILE, false},
		{"/etc/cvmcrypt/cvmcrypt.conf", E_IMAGE_FILE, true},
		{"/usr/sbin/dmsetup", E_IMAGE_FILE, true},
		{"/lib/modules/6.1/kernel/drivers/md/dm-crypt.ko", E_IMAGE_MODULE, false},
		{"/lib/modules/6.1/kernel/crypto/xts.ko.xz", E_IMAGE_MODULE, true},
		{"/lib/modules/6.1/kernel/lib/crc16.ko", E_IMAGE_MODULE, false},
		{"/lib/modules/6.1/modules.dep", E_IMAGE_MODULE, false},
		{"/scripts/init-top/cvmcrypt", E_IMAGE_FILE, false},
		{"/scripts/local-top/cvmcrypt", E_IMAGE_FILE, false},
		{"/scripts/init-bottom/cvmcrypt", E_IMAGE_SHELL, false},
		{"/scripts/panic/cvmcrypt", E_IMAGE_SHELL, false},
		{"/conf/conf.d/cvmcrypt", E_IMAGE_FILE, false},
		{"/bin/sleep", E_IMAGE_FILE, false},
		{"/lib/systemd/system/cvmcrypt-unlock.service", E_IMAGE_FILE, true},
		{"/lib/systemd/system/cvmcrypt-fail.service", E_IMAGE_SHELL, true},
		{"/etc/systemd/system/dracut-emergency.service", E_IMAGE_SHELL, true},
		{"/etc/systemd/system/initrd.target.requires/cvmcrypt-unlock.service", E_IMAGE_FILE,
		 true},
		{"/etc/systemd/system/initrd-switch-root.service.requires/cvmcrypt-handoff.service",
		 E_IMAGE_FILE, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *name = strrchr(rows[i].path, '/') + 1;

		if (rows[i].dracut)
			put_dracut();
		else
			put_initramfs_tools();
		expect_good();
		delete(rows[i].path);
		expect(rows[i].code, name);
	}
	put_initramfs_tools();
	delete("/lib/udev/rules.d/55-dm.rules");
	expect(E_IMAGE_FILE, "-dm.rules");
}

/* Each thing that must not be there. */
static void test_present(void **state)
{
	static const struct {
		const char *path, *text;
		enum err_code code;
		bool dracut;
	} rows[] = {
		{"/scripts/local-top/cryptroot", "", E_IMAGE_OPENER, false},
		{"/scripts/local-block/cryptroot", "", E_IMAGE_OPENER, false},
		{"/scripts/local-top/clevis", "", E_IMAGE_OPENER, false},
		{"/cryptroot/crypttab", "# none\n\nroot /dev/vda2 none luks\n", E_IMAGE_OPENER,
		 false},
		{"/etc/crypttab", "root UUID=x none\n", E_IMAGE_OPENER, true},
		{"/sbin/cryptsetup", "", E_IMAGE_OPENER, true},
		{"/usr/bin/clevis-luks-askpass", "", E_IMAGE_OPENER, true},
		{"/lib/systemd/systemd-cryptsetup", "", E_IMAGE_OPENER, true},
		{"/lib/systemd/system-generators/systemd-cryptsetup-generator", "", E_IMAGE_OPENER,
		 true},
		{"/lib/dracut/hooks/cmdline/30-parse-crypt.sh", "", E_IMAGE_OPENER, true},
		{"/etc/cmdline.d/90crypt.conf", "rd.luks.uuid=luks-1", E_CMDLINE_FORBIDDEN, true},
		{"/scripts/local-premount/resume", "", E_IMAGE_INPUT, false},
		{"/bin/resume", "", E_IMAGE_INPUT, false},
		{"/lib/systemd/systemd-hibernate-resume", "", E_IMAGE_INPUT, true},
		{"/lib/systemd/system-generators/systemd-hibernate-resume-generator", "",
		 E_IMAGE_INPUT, true},
		{"/lib/systemd/system-generators/systemd-debug-generator", "", E_IMAGE_SHELL, true},
		{"/lib/systemd/system/serial-getty@.service", "", E_IMAGE_SHELL, true},
		{"/etc/systemd/system/emergency.service", "[Service]\nExecStart=/bin/sh\n",
		 E_IMAGE_SHELL, true},
		{"/etc/systemd/system/rescue.service",
		 "[Service]\nExecStart=/usr/sbin/cvmcrypt close --fail\nExecStopPost=/bin/sh\n",
		 E_IMAGE_SHELL, true},
		{"/etc/systemd/system/emergency.service.d/x.conf", "", E_IMAGE_SHELL, true},
		{"/sbin/dropbear", "", E_IMAGE_SHELL, false},
		{"/scripts/panic/ORDER", "/scripts/panic/other \"$@\"\n", E_IMAGE_SHELL, false},
		{"/etc/cvmcrypt/cvmcrypt.conf", "[boot]\nnonsense = 1\n", E_CONFIG_KEY, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].dracut)
			put_dracut();
		else
			put_initramfs_tools();
		expect_good();
		put(rows[i].path, rows[i].text);
		expect(rows[i].code, strrchr(rows[i].path, '/') + 1);
	}
	put_dracut();
	put("/etc/crypttab", "# nothing\n\n");
	put("/etc/cmdline.d/00-btrfs.conf", "rd.driver.pre=btrfs\n");
	expect_good();
	delete("/etc/systemd/system-generators/systemd-gpt-auto-generator");
	expect(E_IMAGE_INPUT, "gpt-auto");
	put("/etc/systemd/system-generators/systemd-gpt-auto-generator", "");
	expect(E_IMAGE_INPUT, "gpt-auto");
	put_dracut();
	delete("/etc/systemd/system/debug-shell.service");
	expect(E_IMAGE_SHELL, "debug-shell");
}

static void test_not_a_tree(void **state)
{
	const struct image_report none = {0};
	struct err e;

	(void)state;
	put_common();
	assert_int_equal(image_check_tree(image, &none, &e), -E_USAGE);
	assert_int_equal(image_check_tree("/nonexistent", &none, &e), -E_USAGE);
}

struct facts {
	char text[2048];
	int findings;
};

static void on_fact(void *context, const char *key, const char *value)
{
	struct facts *f = context;
	size_t len = strlen(f->text);

	(void)snprintf(f->text + len, sizeof(f->text) - len, "%s=%s\n", key, value);
}

static void on_finding(void *context, int code, const char *message)
{
	(void)code;
	assert_true(*message);
	((struct facts *)context)->findings++;
}

static int config(const char *text, const char *cmdline, struct facts *f)
{
	const struct image_report report = {on_fact, on_finding, f};
	char line[PATH_MAX * 2], dir[PATH_MAX * 2];

	*f = (struct facts){0};
	shell("rm -rf", image, "");
	put("/c/x", "");
	put("/line.conf", cmdline ? cmdline : "");
	if (text)
		put("/c/cvmcrypt.conf", text);
	(void)snprintf(dir, sizeof(dir), "%s/c", image);
	(void)snprintf(line, sizeof(line), "%s/line.conf", image);
	return image_check_config(dir, cmdline ? line : NULL, &report, NULL);
}

static void test_config(void **state)
{
	static const char good[] = "root=/dev/mapper/my-root systemd.import_credentials=no "
				   "systemd.gpt_auto=0 rd.systemd.gpt_auto=0 ro\n";
	struct facts f;

	(void)state;
	(void)snprintf(image, sizeof(image), "%s/image", top);
	assert_int_equal(config(NULL, NULL, &f), 0);
	assert_string_equal(f.text, "configured=no\n");
	assert_int_equal(config(config_text, good, &f), 0);
	assert_non_null(strstr(f.text, "configured=yes\n"));
	assert_non_null(strstr(f.text, "\nmapping=my-root\n"));
	assert_non_null(strstr(f.text, "\nroot=/dev/mapper/my-root\n"));
	assert_non_null(strstr(f.text, "\ndevice-unit=dev-mapper-my\\x2droot.device\n"));
	assert_non_null(strstr(f.text, "\nmodules=dm_mod dm_crypt xts"));
	assert_int_equal(config(config_text, NULL, &f), 0);
	assert_int_equal(config(config_text, "ro rd.break\n", &f), -E_CMDLINE_FORBIDDEN);
	assert_int_equal(f.findings, 5);
	assert_int_equal(config("[boot]\nisolation = none\nx = 1\n", NULL, &f), -E_CONFIG_KEY);
	assert_int_equal(config("[boot]\nisolation = none\n[volume root]\nrole = os\n"
				"device = PARTLABEL=root\nmapping = root\nsources = tpm2\n",
				NULL, &f),
			 -E_CONFIG_MISSING);
}

#define VOLUME_TEXT \
	"[volume root]\nrole = os\ndevice = PARTLABEL=root\nmapping = my-root\nid = " ID "\n"
#define EVIDENCE "[boot]\nisolation = snp-or-tdx\n" VOLUME_TEXT

/* What evidence needs is asked for when it is demanded, and only then. */
static void test_evidence_facts(void **state)
{
	struct facts f;

	(void)state;
	assert_int_equal(config(config_text, NULL, &f), 0);
	assert_non_null(strstr(f.text, "\nnetwork=no\n"));
	assert_non_null(strstr(f.text, "\nbuilt-at=no\n"));
	assert_null(strstr(f.text, "fetcher="));
	assert_null(strstr(f.text, "virtio_net"));
	assert_int_equal(config(EVIDENCE, NULL, &f), 0);
	assert_non_null(strstr(f.text, "\nnetwork=yes\n"));
	assert_non_null(strstr(f.text, "\nbuilt-at=/etc/cvmcrypt/built-at\n"));
	assert_non_null(strstr(f.text, "\nfetcher=" CVMCRYPT_LIBEXECDIR "/cvmcrypt-fetch\n"));
	assert_non_null(strstr(f.text, "\ndhcp-event=" CVMCRYPT_LIBEXECDIR "/dhcp-event\n"));
	assert_non_null(strstr(f.text, "\nroots=/"));
	assert_non_null(strstr(f.text, " nvme af_packet hv_netvsc virtio_net gve ena\n"));
	assert_int_equal(config(EVIDENCE "[network]\namd-kds = off\n", NULL, &f), 0);
	assert_non_null(strstr(f.text, "\nnetwork=yes\n"));
	assert_null(strstr(f.text, "roots="));
	assert_int_equal(config(EVIDENCE "[network]\nroots = /etc/x.pem\n", NULL, &f), 0);
	assert_non_null(strstr(f.text, "\nroots=/etc/x.pem\n"));
	assert_int_equal(config(EVIDENCE "[network]\namd-kds = off\nmetadata = off\n", NULL, &f), 0);
	assert_non_null(strstr(f.text, "\nnetwork=no\n"));
	assert_non_null(strstr(f.text, "\nbuilt-at=/etc"));
}

static void put_evidence(bool dracut)
{
	if (dracut)
		put_dracut();
	else
		put_initramfs_tools();
	put(CVMCRYPT_LIBEXECDIR "/x", "");
	shell("cd", image,
	      "&& for f in ." CVMCRYPT_LIBEXECDIR "/cvmcrypt-fetch bin/busybox; do "
	      "install -m 755 \"$OLDPWD/tests/fuzz/corpus/elf_needed/program\" $f; done");
	put(CVMCRYPT_LIBEXECDIR "/dhcp-event", "#!/bin/sh\n");
	put("/etc/ssl/certs/ca-certificates.crt", "");
	put("/etc/cvmcrypt/built-at", "1700000000\n");
	put("/etc/cvmcrypt/cvmcrypt.conf", EVIDENCE);
	put("/lib/modules/6.1/modules.builtin",
	    "kernel/crypto/aes_generic.ko\nkernel/drivers/char/tpm/tpm_crb.ko\n"
	    "kernel/drivers/net/virtio_net.ko\n");
}

static void test_evidence_missing(void **state)
{
	static const char *const files[] = {
		CVMCRYPT_LIBEXECDIR "/cvmcrypt-fetch", CVMCRYPT_LIBEXECDIR "/dhcp-event",
		"/usr/bin/busybox", "/etc/ssl/certs/ca-certificates.crt", "/etc/cvmcrypt/built-at",
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(files); i++) {
		put_evidence(i % 2 == 0);
		expect_good();
		delete(files[i / 2]);
		expect(E_IMAGE_FILE, strrchr(files[i / 2], '/') + 1);
	}
	put_evidence(true);
	put("/etc/cvmcrypt/built-at", "yesterday\n");
	expect(E_IMAGE_FILE, "built-at");
	put_evidence(true);
	put("/lib/modules/6.1/modules.builtin",
	    "kernel/crypto/aes_generic.ko\nkernel/drivers/char/tpm/tpm_crb.ko\n");
	expect(E_IMAGE_MODULE, "'hv_netvsc' of kernel 6.1, for the network");
	put_evidence(false);
	put("/etc/cvmcrypt/cvmcrypt.conf", EVIDENCE "[network]\nroots = /etc/cvmcrypt/roots.pem\n");
	expect(E_IMAGE_FILE, "/etc/cvmcrypt/roots.pem");
	/* without a service there is nothing to fetch, but still a time */
	put_evidence(false);
	put("/etc/cvmcrypt/cvmcrypt.conf", EVIDENCE "[network]\nmetadata = off\namd-kds = off\n");
	delete(CVMCRYPT_LIBEXECDIR "/cvmcrypt-fetch");
	expect_good();
	delete("/etc/cvmcrypt/built-at");
	expect(E_IMAGE_FILE, "built-at");
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(top) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	shell("rm -rf", top, "");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_missing), cmocka_unit_test(test_present),
		cmocka_unit_test(test_not_a_tree), cmocka_unit_test(test_config),
		cmocka_unit_test(test_evidence_facts), cmocka_unit_test(test_evidence_missing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
