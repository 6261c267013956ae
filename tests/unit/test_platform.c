/* SPDX-License-Identifier: MIT */
#include "platform.h"

#include "file.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include <cmocka.h>

static char top[] = "/tmp/cvmcrypt-platform-XXXXXX";

static const char *at(const char *path)
{
	static char out[4][PATH_MAX];
	static unsigned next;
	char *p = out[next++ % 4];

	(void)snprintf(p, PATH_MAX, "%s%s", top, path);
	return p;
}

/* The file and every folder on the way to it. */
static void put(const char *path, const char *text)
{
	char full[PATH_MAX];
	FILE *f;

	(void)snprintf(full, sizeof(full), "%s", at(path));
	for (char *p = full + strlen(top) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		(void)mkdir(full, 0755);
		*p = '/';
	}
	f = fopen(full, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(top));
	platform_set_root(top);
	return 0;
}

static int teardown(void **state)
{
	char command[PATH_MAX + 16];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

static void test_files(void **state)
{
	_cleanup_buf_ struct buf log = {0}, none = {0};
	char line[PLATFORM_CMDLINE_MAX], big[PLATFORM_CMDLINE_MAX + 1];
	struct err e;

	(void)state;
	assert_int_equal(platform_event_log(&none, &e), -E_EVENTLOG_ABSENT);
	put("/sys/kernel/security/tpm0/binary_bios_measurements", "");
	assert_int_equal(platform_event_log(&none, &e), -E_EVENTLOG_ABSENT);
	put("/sys/kernel/security/tpm0/binary_bios_measurements", "abc");
	assert_int_equal(platform_event_log(&log, &e), 0);
	assert_int_equal(log.len, 3);
	put("/proc/cmdline", "root=/dev/mapper/root quiet\n");
	assert_int_equal(platform_cmdline(line, &e), 0);
	assert_string_equal(line, "root=/dev/mapper/root quiet");
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	put("/proc/cmdline", big);
	assert_int_equal(platform_cmdline(line, &e), -E_IO);
	assert_false(platform_is_initramfs());
	put("/etc/initrd-release", "");
	assert_true(platform_is_initramfs());
}

static void device_is(const char *device, const char *path)
{
	char out[PATH_MAX];
	struct err e;

	assert_int_equal(platform_device_path(device, out, sizeof(out), &e), 0);
	assert_string_equal(out, at(path));
}

static void test_device_path(void **state)
{
	static const char *const bad[] = {
		"", "root", "PARTLABEL=", "LABEL=..", "UUID=.", "label=x"};
	char out[64], full[PATH_MAX];
	struct err e;

	(void)state;
	device_is("PARTLABEL=root", "/dev/disk/by-partlabel/root");
	device_is("PARTLABEL=EFI System/1", "/dev/disk/by-partlabel/EFI\\x20System\\x2f1");
	device_is("LABEL=a\\b'\"$%", "/dev/disk/by-label/a\\x5cb\\x27\\x22\\x24\\x25");
	device_is("LABEL=#+-.:=@_09azAZ", "/dev/disk/by-label/#+-.:=@_09azAZ");
	device_is("LABEL=W\xc3\xbcrfel\xe2\x82\xac",
		  "/dev/disk/by-label/W\xc3\xbcrfel\xe2\x82\xac");
	device_is("LABEL=\xc3", "/dev/disk/by-label/\\xc3");
	device_is("LABEL=\xc0\x80", "/dev/disk/by-label/\\xc0\\x80");
	device_is("LABEL=\xff", "/dev/disk/by-label/\\xff");
	device_is("PARTUUID=AB-CD", "/dev/disk/by-partuuid/ab-cd");
	device_is("UUID=ABCD-1234", "/dev/disk/by-uuid/ABCD-1234");
	device_is("/dev/vda2", "/dev/vda2");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(platform_device_path(bad[i], full, sizeof(full), &e),
				 -E_CONFIG_VALUE);
	assert_int_equal(platform_device_path("PARTLABEL=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
					      out, sizeof(out), &e),
			 -E_CONFIG_VALUE);
}

static void *make_later(void *path)
{
	sleep_until(deadline_in(50));
	put("/dev/disk/by-partlabel/other", "");
	sleep_until(deadline_in(50));
	put(path, "");
	return NULL;
}

static void test_wait(void **state)
{
	static char late[] = "/dev/disk/by-partlabel/late";
	int64_t start = now_ms();
	pthread_t thread;

	(void)state;
	assert_false(platform_wait_path(at("/dev/disk/by-x/y"), deadline_in(30)));
	assert_in_range(now_ms() - start, 29, 5000);
	assert_false(platform_wait_path("relative", deadline_in(0)));
	put("/dev/there", "");
	assert_true(platform_wait_path(at("/dev/there"), deadline_in(0)));
	assert_int_equal(pthread_create(&thread, NULL, make_later, late), 0);
	assert_true(platform_wait_path(at(late), deadline_in(20000)));
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_in_range(now_ms() - start, 100, 15000);
}

static const char mounts[] =
	"1 1 0:2 / / rw - rootfs rootfs rw\n"
	"20 1 0:20 / /proc rw,nosuid - proc proc rw\n"
	"30 1 254:0 / /sysroot rw,relatime shared:1 master:2 - ext4 /dev/mapper/root rw\n"
	"31 30 0:20 / /sysroot/proc rw - proc proc rw\n"
	"32 30 254:5 / /sysroot/var\\040lib rw - ext4 /dev/mapper/vg-var rw\n"
	"40 1 8:1 / /planted rw - ext4 /dev/sda1 rw\n"
	"41 1 254:0 / /twice rw - ext4 /dev/mapper/root rw\n"
	"42 41 8:1 / /twice rw - ext4 /dev/sda1 rw\n"
	"50 1 254:0 / /net rw - ext4 /dev/mapper/root rw\n"
	"51 50 0:60 / /net/home rw - nfs4 server:/home rw\n";

static int source_is(const char *dir, const char *source, const char *fstype)
{
	char out[64] = "", type[32] = "";
	struct err e;
	int r = platform_mount_source(dir, out, sizeof(out), type, sizeof(type), &e);

	if (r == 0) {
		assert_string_equal(out, source);
		assert_string_equal(type, fstype);
	}
	return r;
}

static void test_mounts(void **state)
{
	const uint64_t ours[] = {makedev(254, 0), makedev(254, 1)};
	struct err e;

	(void)state;
	put("/proc/self/mountinfo", mounts);
	/* LVM: 254:5 stands on 254:0; 254:6 on 254:0 and a plain disk */
	put("/sys/dev/block/254:5/slaves/dm-0/dev", "254:0\n");
	put("/sys/dev/block/254:6/slaves/dm-0/dev", "254:0\n");
	put("/sys/dev/block/254:6/slaves/sda1/dev", "8:1\n");
	assert_int_equal(source_is("/sysroot", "254:0", "ext4"), 0);
	assert_int_equal(source_is("/sysroot/", "254:0", "ext4"), 0);
	assert_int_equal(source_is("/sysroot/var lib", "254:5", "ext4"), 0);
	assert_int_equal(source_is("/twice", "8:1", "ext4"), 0);
	assert_int_equal(source_is("/", "0:2", "rootfs"), 0);
	assert_int_equal(source_is("/nothing", "", ""), -E_HANDOFF_MOUNT);
	assert_int_equal(platform_mounts_all_ours("/sysroot", ours, 2, &e), 0);
	assert_int_equal(platform_mounts_all_ours("/sysroot", ours + 1, 1, &e), -E_HANDOFF_MOUNT);
	assert_int_equal(platform_mounts_all_ours("/planted", ours, 2, &e), -E_HANDOFF_MOUNT);
	assert_int_equal(platform_mounts_all_ours("/twice", ours, 2, &e), -E_HANDOFF_MOUNT);
	assert_int_equal(platform_mounts_all_ours("/net", ours, 2, &e), -E_HANDOFF_MOUNT);
	assert_int_equal(platform_mounts_all_ours("/nothing", ours, 2, &e), -E_HANDOFF_MOUNT);
	assert_int_equal(platform_mounts_all_ours("/sysroot", NULL, 0, &e), -E_HANDOFF_MOUNT);
	put("/proc/self/mountinfo", "1 1 254:0 / /sysroot rw ext4 x\n");
	assert_int_equal(source_is("/sysroot", "", ""), -E_HANDOFF_MOUNT);
	put("/proc/self/mountinfo", "30 1 0:0 / /sysroot rw - overlay overlay rw\n");
	assert_int_equal(platform_mounts_all_ours("/sysroot", ours, 2, &e), -E_HANDOFF_MOUNT);
}

static void test_path_encrypted(void **state)
{
	static const struct {
		const char *path;
		int result;
	} cases[] = {
		{"/secret/approve.pem", 0},
		{"/secret/not/yet/there", 0},
		{"/planted/state", -E_NOT_ENCRYPTED},
		{"/other/vg", 0},
		{"/other/mirror", -E_NOT_ENCRYPTED},	/* one half is plain */
		{"/other/verity", -E_NOT_ENCRYPTED},	/* of cryptsetup too, and readable */
		{"/other/planted", -E_NOT_ENCRYPTED},	/* a link */
		{"/other/memory/x", 0},
		{"/other/net/x", -E_NOT_ENCRYPTED},
		{"/other/covered/x", -E_NOT_ENCRYPTED},	/* a plain disk mounted over it */
		{"/secretly", -E_NOT_ENCRYPTED},	/* on "/", not on "/secret" */
	};
	static const char *const there[] = {
		"/secret/x", "/secretly", "/planted/state/x", "/other/vg/x", "/other/mirror/x",
		"/other/verity/x", "/other/memory/x", "/other/net/x", "/other/covered/x",
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(there); i++)
		put(there[i], "");
	assert_int_equal(symlink("../planted", at("/other/planted")), 0);
	put("/sys/dev/block/254:20/dm/uuid", "CRYPT-LUKS2-0123-root\n");
	put("/sys/dev/block/254:21/dm/uuid", "LVM-abc\n");
	put("/sys/dev/block/254:21/slaves/dm-0/dev", "254:20\n");
	put("/sys/dev/block/254:22/slaves/dm-0/dev", "254:20\n");
	put("/sys/dev/block/254:22/slaves/sda/dev", "8:1\n");
	put("/sys/dev/block/254:23/dm/uuid", "CRYPT-VERITY-0123-usr\n");
	put("/sys/dev/block/254:23/slaves/sda/dev", "8:1\n");
	put("/proc/self/mountinfo",
	    "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	    "2 1 254:20 / /secret rw - ext4 /dev/mapper/root rw\n"
	    "3 1 8:1 / /planted rw - ext4 /dev/sda1 rw\n"
	    "4 1 254:20 / /other rw - ext4 /dev/mapper/root rw\n"
	    "5 4 254:21 / /other/vg rw - ext4 /dev/mapper/vg rw\n"
	    "6 4 254:22 / /other/mirror rw - xfs /dev/md0 rw\n"
	    "7 4 254:23 / /other/verity rw - ext4 /dev/mapper/usr rw\n"
	    "8 4 0:40 / /other/memory rw - tmpfs tmpfs rw\n"
	    "9 4 0:41 / /other/net rw - nfs4 server:/ rw\n"
	    "10 4 254:20 / /other/covered rw - ext4 /dev/mapper/root rw\n"
	    "11 10 8:1 / /other/covered rw - ext4 /dev/sda1 rw\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (platform_path_encrypted(cases[i].path, &e) != cases[i].result)
			fail_msg("%s", cases[i].path);
	assert_int_equal(platform_path_encrypted("/planted/state", &e), -E_NOT_ENCRYPTED);
	assert_non_null(strstr(e.msg, "'/planted'"));
}

static void test_backing(void **state)
{
	static const char uuid[] = "01234567-89ab-cdef-0123-456789abcdef";
	const uint64_t ours[] = {makedev(254, 0), makedev(254, 1)};
	char loop[64];
	struct err e;

	(void)state;
	assert_int_equal(platform_backing_all_ours("254:6", "ext4", ours, 2, &e), -E_HANDOFF_MOUNT);
	assert_int_equal(platform_backing_all_ours("254:7", "ext4", ours, 2, &e), -E_HANDOFF_MOUNT);
	assert_int_equal(platform_backing_all_ours("254", "ext4", ours, 2, &e), -E_HANDOFF_MOUNT);
	assert_int_equal(platform_backing_all_ours("254:0x", "ext4", ours, 2, &e),
			 -E_HANDOFF_MOUNT);
	for (unsigned i = 0; i < 40; i++) {
		(void)snprintf(loop, sizeof(loop), "/sys/dev/block/253:%u/slaves/x/dev", i);
		put(loop, i < 10 ? "254:0\n" : "253:11\n");
	}
	assert_int_equal(platform_backing_all_ours("253:1", "ext4", ours, 2, &e), 0);
	assert_int_equal(platform_backing_all_ours("253:11", "ext4", ours, 2, &e),
			 -E_HANDOFF_MOUNT);
	/* btrfs: every member */
	assert_int_equal(platform_backing_all_ours(uuid, "btrfs", ours, 2, &e), -E_HANDOFF_MOUNT);
	put("/sys/fs/btrfs/01234567-89ab-cdef-0123-456789abcdef/devices/dm-0/dev", "254:0\n");
	put("/sys/fs/btrfs/01234567-89ab-cdef-0123-456789abcdef/devices/dm-1/dev", "254:1\n");
	assert_int_equal(platform_backing_all_ours(uuid, "btrfs", ours, 2, &e), 0);
	put("/sys/fs/btrfs/01234567-89ab-cdef-0123-456789abcdef/devices/sda1/dev", "8:1\n");
	assert_int_equal(platform_backing_all_ours(uuid, "btrfs", ours, 2, &e), -E_HANDOFF_MOUNT);
	assert_int_equal(platform_backing_all_ours("../../..", "btrfs", ours, 2, &e),
			 -E_HANDOFF_MOUNT);
}

static void test_init(void **state)
{
	struct err e;

	(void)state;
	put("/new/etc/os-release", "");
	assert_int_equal(platform_check_init(at("/new"), &e), -E_HANDOFF_MOUNT);
	assert_int_equal(platform_check_init(at("/missing"), &e), -E_HANDOFF_MOUNT);
	put("/new/usr/lib/systemd/systemd", "");
	assert_int_equal(mkdir(at("/new/sbin"), 0755), 0);
	/* absolute, as many systems have it: it counts below the new root, not here */
	assert_int_equal(symlink("/usr/lib/systemd/systemd", at("/new/sbin/init")), 0);
	assert_int_equal(platform_check_init(at("/new"), &e), -E_HANDOFF_MOUNT);
	assert_int_equal(chmod(at("/new/usr/lib/systemd/systemd"), 0755), 0);
	assert_int_equal(platform_check_init(at("/new"), &e), 0);
	assert_int_equal(unlink(at("/new/usr/lib/systemd/systemd")), 0);
	assert_int_equal(platform_check_init(at("/new"), &e), -E_HANDOFF_MOUNT);
}

struct typist {
	int fd;
	const char *text;
};

static void *type_later(void *context)
{
	struct typist *t = context;
	struct termios now;

	do {
		sleep_until(deadline_in(5));
		assert_int_equal(tcgetattr(t->fd, &now), 0);
	} while (now.c_lflag & ECHO);
	sleep_until(deadline_in(20));
	assert_int_equal(write(t->fd, t->text, strlen(t->text)), strlen(t->text));
	return NULL;
}

static int ask(const char *text, char *out, size_t size)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY), r;
	struct typist t = {.fd = fd, .text = text};
	struct termios before, after;
	char shown[256] = "";
	size_t len = 0;
	struct err e = {0};
	pthread_t thread;

	assert_true(fd >= 0);
	assert_int_equal(grantpt(fd), 0);
	assert_int_equal(unlockpt(fd), 0);
	(void)unlink(at("/dev/console"));
	put("/dev/x", "");
	assert_int_equal(symlink(ptsname(fd), at("/dev/console")), 0);
	assert_int_equal(tcgetattr(fd, &before), 0);
	if (text)
		assert_int_equal(pthread_create(&thread, NULL, type_later, &t), 0);
	r = platform_ask_console("key: ", out, size, deadline_in(text ? 10000 : 30), &e);
	if (text)
		assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(tcgetattr(fd, &after), 0);
	assert_int_equal(before.c_lflag, after.c_lflag);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	for (ssize_t n; (n = read(fd, shown + len, sizeof(shown) - 1 - len)) > 0;)
		len += (size_t)n;
	assert_string_equal(shown, "\rkey: \r\n");
	assert_int_equal(close(fd), 0);
	return r;
}

static void test_console(void **state)
{
	char out[16];

	(void)state;
	assert_int_equal(ask("abc-DEF\r", out, sizeof(out)), 0);
	assert_string_equal(out, "abc-DEF");
	assert_int_equal(ask("abx\x7f" "c\n", out, sizeof(out)), 0);
	assert_string_equal(out, "abc");
	assert_int_equal(ask("\x04", out, sizeof(out)), 0);
	assert_string_equal(out, "");
	assert_int_equal(ask("0123456789abcdefghij\n", out, sizeof(out)), 0);
	assert_string_equal(out, "0123456789abcde");
	assert_int_equal(ask(NULL, out, sizeof(out)), -E_IO);
	assert_int_equal(unlink(at("/dev/console")), 0);
	assert_int_equal(platform_ask_console("x", out, sizeof(out), deadline_in(10), NULL), -E_IO);
}

static void test_mapping(void **state)
{
	char out[PATH_MAX], sysfs[96];
	struct stat st;
	struct err e;

	(void)state;
	assert_int_equal(platform_mapping_device("root", out, sizeof(out), &e), -E_IO);
	put("/dev/mapper/y", "");
	/* any device node will do: only its number counts */
	assert_int_equal(symlink("/dev/null", at("/dev/mapper/root")), 0);
	assert_int_equal(stat("/dev/null", &st), 0);
	(void)snprintf(sysfs, sizeof(sysfs), "/sys/dev/block/%u:%u/slaves/cciss!c0d0p1/dev",
		       major(st.st_rdev), minor(st.st_rdev));
	put(sysfs, "8:1\n");
	assert_int_equal(platform_mapping_device("root", out, sizeof(out), &e), 0);
	assert_string_equal(out, at("/dev/cciss/c0d0p1"));
	(void)snprintf(sysfs, sizeof(sysfs), "/sys/dev/block/%u:%u/slaves/sdb/dev",
		       major(st.st_rdev), minor(st.st_rdev));
	put(sysfs, "8:2\n");
	assert_int_equal(platform_mapping_device("root", out, sizeof(out), &e), -E_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),	cmocka_unit_test(test_device_path),
		cmocka_unit_test(test_wait),	cmocka_unit_test(test_mounts), cmocka_unit_test(test_path_encrypted),
		cmocka_unit_test(test_backing), cmocka_unit_test(test_init),
		cmocka_unit_test(test_console), cmocka_unit_test(test_mapping),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
