/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define ID_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID_B "ff23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ROOT "[volume root]\nrole = os\ndevice = PARTLABEL=root\n"
#define DATA "[volume data]\nrole = data\ndevice = /dev/vdb\n"

/* A folder of its own for each test. */
static int make_folder(void **state)
{
	static char dir[64];

	(void)snprintf(dir, sizeof(dir), "/tmp/cvmcrypt-test.XXXXXX");
	*state = mkdtemp(dir);
	return *state ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", (char *)*state);
	return system(command);
}

static const char *path_in(const char *dir, const char *name)
{
	static char path[64][128];
	static unsigned next;
	char *p = path[next++ % 64];

	(void)snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

static void put(const char *dir, const char *name, const char *text)
{
	struct err e = {0};

	if (file_replace(path_in(dir, name), text, strlen(text), 0644, &e) < 0)
		fail_msg("%s", e.msg);
}

static void assert_text(const char *dir, const char *name, const char *text)
{
	_cleanup_buf_ struct buf b = BUF_INIT(0);
	struct err e = {0};

	assert_int_equal(file_read(path_in(dir, name), 65536, &b, &e), 0);
	assert_string_equal((char *)b.data, text);
}

static void test_load(void **state)
{
	const char *dir = *state;
	struct err e = {0};
	struct config c;

	assert_int_equal(config_load(&c, path_in(dir, "absent"), &e), 0);
	assert_int_equal(c.volume_count, 0);
	assert_int_equal(config_load(&c, dir, &e), 0);
	assert_int_equal(c.volume_count, 0);
	assert_int_equal(c.refused_delay_ms, 600000);

	put(dir, "cvmcrypt.conf", "[boot]\nprofile = grub\n");
	assert_int_equal(mkdir(path_in(dir, "cvmcrypt.conf.d"), 0755), 0);
	put(dir, "cvmcrypt.conf.d/20-b.conf", DATA);
	put(dir, "cvmcrypt.conf.d/10-a.conf", ROOT);
	put(dir, "cvmcrypt.conf.d/.hidden.conf", "nonsense\n");
	put(dir, "cvmcrypt.conf.d/10-a.conf.bak", "nonsense\n");
	put(dir, "cvmcrypt.conf.d/.conf", "nonsense\n");
	if (config_load(&c, dir, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(c.profile, PROFILE_GRUB);
	assert_int_equal(c.volume_count, 2);
	assert_string_equal(c.volume[0].name, "root");
	assert_string_equal(c.volume[0].file, path_in(dir, "cvmcrypt.conf.d/10-a.conf"));
	assert_string_equal(c.volume[1].name, "data");

	put(dir, "cvmcrypt.conf.d/30-c.conf", "[boot]\n");
	assert_int_equal(config_load(&c, dir, &e), -E_CONFIG_DUPLICATE);
	assert_non_null(strstr(e.msg, "30-c.conf:1: section [boot] stands already at"));
}

static void test_load_refused(void **state)
{
	const char *dir = *state, *conf = path_in(dir, "cvmcrypt.conf");
	struct err e = {0};
	struct config c;

	put(dir, "cvmcrypt.conf", ROOT);
	assert_int_equal(chmod(conf, 0664), 0);
	assert_int_equal(config_load(&c, dir, &e), -E_CONFIG_READ);
	assert_non_null(strstr(e.msg, "has mode 0664: others may write"));
	assert_int_equal(chmod(conf, 0646), 0);
	assert_int_equal(config_load(&c, dir, &e), -E_CONFIG_READ);
	assert_int_equal(chmod(conf, 0600), 0);
	assert_int_equal(config_load(&c, dir, &e), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(conf, 65534, 0), 0);
		assert_int_equal(config_load(&c, dir, &e), -E_CONFIG_READ);
		assert_non_null(strstr(e.msg, "belongs to user 65534"));
	}
	assert_int_equal(unlink(conf), 0);

	/* something is there, but it is no file: never the same as nothing */
	assert_int_equal(mkdir(conf, 0755), 0);
	assert_int_equal(config_load(&c, dir, &e), -E_CONFIG_READ);
	assert_int_equal(rmdir(conf), 0);
	assert_int_equal(mkfifo(conf, 0644), 0);
	assert_int_equal(config_load(&c, dir, &e), -E_CONFIG_READ);
	assert_int_equal(unlink(conf), 0);
	assert_int_equal(symlink("nowhere", conf), 0);
	assert_int_equal(config_load(&c, dir, &e), -E_CONFIG_READ);
	assert_int_equal(unlink(conf), 0);

	put(dir, "cvmcrypt.conf.d", "");
	assert_int_equal(config_load(&c, dir, &e), -E_CONFIG_READ);
	assert_int_equal(unlink(path_in(dir, "cvmcrypt.conf.d")), 0);
	assert_int_equal(mkdir(path_in(dir, "cvmcrypt.conf.d"), 0755), 0);
	assert_int_equal(chmod(path_in(dir, "cvmcrypt.conf.d"), 0777), 0);
	assert_int_equal(config_load(&c, dir, &e), -E_CONFIG_READ);
	assert_int_equal(chmod(path_in(dir, "cvmcrypt.conf.d"), 0755), 0);
	assert_int_equal(chmod(dir, 0770), 0);
	assert_int_equal(config_load(&c, dir, &e), -E_CONFIG_READ);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(config_load(&c, dir, &e), 0);
}

static void test_load_too_much(void **state)
{
	const char *dir = *state;
	struct err e = {0};
	struct config c;
	char name[64];

	assert_int_equal(mkdir(path_in(dir, "cvmcrypt.conf.d"), 0755), 0);
	for (int i = 0; i <= CONFIG_FILES_MAX; i++) {
		assert_int_equal(config_load(&c, dir, &e), 0);
		(void)snprintf(name, sizeof(name), "cvmcrypt.conf.d/%02d.conf", i);
		put(dir, name, "# nothing\n");
	}
	assert_int_equal(config_load(&c, dir, &e), -E_CONFIG_READ);
	assert_non_null(strstr(e.msg, "more than 64 files"));
}

static void test_write_id(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{ROOT, "[volume root]\nid = " ID_A "\nrole = os\ndevice = PARTLABEL=root\n"},
		{"# x \n" ROOT "  id  =measured   \n# end", "# x \n" ROOT "id = " ID_A "\n# end"},
		{ROOT "id = " ID_B, ROOT "id = " ID_A},
		{DATA "id = " ID_B "\n\n" ROOT "id = measured\n",
		 DATA "id = " ID_B "\n\n" ROOT "id = " ID_A "\n"},
		{ROOT DATA "id = " ID_B "\n",
		 "[volume root]\nid = " ID_A "\nrole = os\ndevice = PARTLABEL=root\n" DATA
		 "id = " ID_B "\n"},
	};
	const char *dir = *state, *conf = path_in(dir, "cvmcrypt.conf");
	struct err e = {0};
	struct config c;
	struct stat st;
	uint8_t id[32];

	for (size_t i = 0; i < 32; i++)
		id[i] = (uint8_t[]){0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}[i % 8];
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put(dir, "cvmcrypt.conf", cases[i].before);
		assert_int_equal(config_load(&c, dir, &e), 0);
		if (config_write_id(config_os_volume(&c), id, &e) < 0)
			fail_msg("%s", e.msg);
		assert_text(dir, "cvmcrypt.conf", cases[i].after);
		assert_int_equal(config_load(&c, dir, &e), 0);
		assert_memory_equal(config_os_volume(&c)->id, id, 32);
		assert_int_equal(access(path_in(dir, "cvmcrypt.conf.tmp"), F_OK), -1);
	}

	/* mode and link stay, whatever the umask */
	assert_int_equal(rename(conf, path_in(dir, "real")), 0);
	assert_int_equal(symlink("real", conf), 0);
	assert_int_equal(chmod(path_in(dir, "real"), 0604), 0);
	id[0] = 0xee;
	(void)umask(077);
	assert_int_equal(config_write_id(config_os_volume(&c), id, &e), 0);
	(void)umask(022);
	assert_int_equal(lstat(conf, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(conf, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0604);
	assert_int_equal(config_load(&c, dir, &e), 0);
	assert_int_equal(config_os_volume(&c)->id[0], 0xee);

	/* the file has changed since */
	put(dir, "real", DATA);
	assert_int_equal(config_write_id(config_os_volume(&c), id, &e), -E_CONFIG_READ);
	assert_text(dir, "real", DATA);
	put(dir, "real", ROOT "bad line\n");
	assert_int_equal(config_write_id(config_os_volume(&c), id, &e), -E_CONFIG_SYNTAX);
	assert_int_equal(unlink(conf), 0);
	assert_int_equal(config_write_id(config_os_volume(&c), id, &e), -E_CONFIG_READ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_load, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_load_refused, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_load_too_much, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_write_id, make_folder, remove_folder),
	};

	(void)umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
