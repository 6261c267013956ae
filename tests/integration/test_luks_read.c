/* SPDX-License-Identifier: MIT */
/*
 * What is taken for a device, and one reading of headers of image files that stock cryptsetup made:
 * which copy is used, what is refused, and that nothing is taken from the disk a second time.
 */
#include "child.h"
#include "file.h"
#include "luks.h"
#include "luks_image.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define OLD "the old passphrase"

static char folder[] = "/tmp/test_luks_read.XXXXXX";
static char image[64], key_file[64];

static int each_image(void **state)
{
	(void)state;
	return luks_image_format(image, key_file) ? 0 : -1;
}

static void text_secret(struct secret *s, const char *text)
{
	assert_int_equal(secret_alloc(s, strlen(text), NULL), 0);
	memcpy(s->bytes, text, strlen(text));
}

static void expect_ok(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("E%d %s", -r, err->msg);
}

static void overwrite(off_t at, const char *text)
{
	_cleanup_close_ int fd = open(image, O_RDWR | O_CLOEXEC);

	expect_ok(file_pwrite(fd, image, text, strlen(text), at, NULL), &(struct err){0});
}

/* --- devices --- */

static int try_open(const char *path)
{
	_cleanup_luks_device_ struct luks_device d = LUKS_DEVICE_INIT;
	struct err err = {0};

	return luks_device_open(&d, path, false, &err);
}

static void test_device_kinds(void **state)
{
	_cleanup_luks_device_ struct luks_device d = LUKS_DEVICE_INIT;
	char path[96], longer[400];
	struct err err;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/fifo", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(try_open(path), -E_DEVICE_KIND);
	assert_int_equal(try_open(folder), -E_DEVICE_KIND);
	assert_int_equal(try_open("/dev/null"), -E_DEVICE_KIND);
	assert_int_equal(try_open("/dev/tty"), -E_DEVICE_KIND);
	(void)snprintf(path, sizeof(path), "%s/absent", folder);
	assert_int_equal(try_open(path), -E_DEVICE_ABSENT);
	assert_int_equal(symlink(path, strcat(strcpy(longer, folder), "/dangling")), 0);
	assert_int_equal(try_open(longer), -E_DEVICE_ABSENT);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = 0;
	assert_int_equal(try_open(longer), -E_DEVICE_KIND);
	expect_ok(luks_device_open(&d, image, true, &err), &err);
	assert_int_equal(d.size, LUKS_IMAGE_SIZE);
	assert_int_equal(d.rdev, 0);
	assert_int_equal(fcntl(d.fd, F_GETFD), FD_CLOEXEC);
}

/* --- reading --- */

static int read_image(struct luks2_header *h)
{
	_cleanup_luks_device_ struct luks_device d = LUKS_DEVICE_INIT;
	struct err err = {0};
	int r = luks_device_open(&d, image, false, &err);

	if (r == 0)
		r = luks_read_header(&d, h, &err);
	if (r < 0)
		assert_int_equal(err.code, -r);
	return r;
}

/* Bytes that this process has asked the kernel for so far, this look included. */
static long long bytes_read(void)
{
	_cleanup_buf_ struct buf text = BUF_INIT(0);
	struct err err;

	expect_ok(file_read("/proc/self/io", 4096, &text, &err), &err);
	return atoll((const char *)text.data + strlen("rchar: "));
}

static void test_read_once(void **state)
{
	_cleanup_luks2_header_ struct luks2_header h = {0};
	long long look, before, after;

	(void)state;
	assert_int_equal(read_image(&h), 0);	/* OpenSSL reads files on its first use */
	luks2_header_done(&h);
	before = bytes_read();
	look = bytes_read() - before;
	before = bytes_read();
	assert_int_equal(read_image(&h), 0);
	after = bytes_read();
	assert_in_range(after - before - look, 32768 - 8, 32768 + 8);
	assert_int_equal(h.hdr_size, 16384);
	assert_int_equal(h.used, 0);
	assert_int_equal(h.copy[0], LUKS2_COPY_GOOD);
	assert_int_equal(h.copy[1], LUKS2_COPY_GOOD);
}

static void expect_secondary(void)
{
	_cleanup_luks2_header_ struct luks2_header h = {0};

	assert_int_equal(read_image(&h), 0);
	assert_int_equal(h.used, 1);
	assert_int_equal(h.copy[0], LUKS2_COPY_BAD);
	assert_int_equal(h.copy[1], LUKS2_COPY_GOOD);
	assert_true(h.keyslot_count == 1 && h.segment.offset == 16777216);
}

static void test_read_secondary(void **state)
{
	(void)state;
	overwrite(8192, "garbage in the JSON area");
	expect_secondary();
	overwrite(0, "no LUKS magic");
	expect_secondary();
}

static void test_read_secondary_far(void **state)
{
	struct luks2_header h = {0};

	(void)state;
	assert_int_equal(CHILD_RUN(LUKS_FORMAT, "--luks2-metadata-size", "2m", image, key_file), 0);
	assert_int_equal(read_image(&h), 0);
	assert_int_equal(h.hdr_size, 2 << 20);
	luks2_header_done(&h);
	overwrite(0, "no LUKS magic");
	expect_secondary();
}

/* A primary that claims another legal size must not hide the secondary. */
static void test_read_wrong_size(void **state)
{
	_cleanup_close_ int fd = open(image, O_RDWR | O_CLOEXEC);
	const uint8_t size_4m[8] = {0, 0, 0, 0, 0, 0x40, 0, 0};

	(void)state;
	assert_int_equal(pwrite(fd, size_4m, sizeof(size_4m), 8), 8);
	expect_secondary();
}

static void test_read_refused(void **state)
{
	struct luks2_header h = {0};
	int r;

	(void)state;
	overwrite(8192, "garbage");
	overwrite(16384 + 8192, "garbage");
	r = read_image(&h);
	assert_true(r == -E_HEADER_CHECKSUM || r == -E_HEADER_MALFORMED);
	assert_true(luks_image_clear(image, LUKS_IMAGE_SIZE));
	assert_int_equal(read_image(&h), -E_HEADER_MALFORMED);
	assert_true(luks_image_clear(image, 0));
	assert_int_equal(read_image(&h), -E_IO);
	assert_true(luks_image_clear(image, 4097));
	assert_true(read_image(&h) < 0);
}

/* Every length: an answer, no crash, nothing beyond the end is needed when a copy is whole. */
static void test_read_truncated(void **state)
{
	static const off_t cut[] = {1, 511, 4095, 4096, 8192, 16383, 16384, 20480, 32767, 32768};

	(void)state;
	for (size_t i = ARRAY_SIZE(cut); i-- > 0;) {
		_cleanup_luks2_header_ struct luks2_header h = {0};

		assert_int_equal(truncate(image, cut[i]), 0);
		assert_int_equal(read_image(&h) == 0, cut[i] >= 16384);
	}
}

/*
 * The header was judged, then the host serves another volume, which the same passphrase opens: its key is
 * not taken, and the judged one's key gets no keyslot in the other.
 */
static void test_another_after_judging(void **state)
{
	_cleanup_luks_device_ struct luks_device d = LUKS_DEVICE_INIT;
	_cleanup_luks2_header_ struct luks2_header h = {0};
	_cleanup_luks_store_ struct luks_store *store = NULL;
	_cleanup_secret_ struct secret passphrase = SECRET_INIT, key = SECRET_INIT, none = SECRET_INIT;
	struct err err = {0};
	int slot;

	(void)state;
	text_secret(&passphrase, OLD);
	expect_ok(luks_device_open(&d, image, false, &err), &err);
	expect_ok(luks_read_header(&d, &h, &err), &err);
	expect_ok(luks_passphrase_key(&d, &h, &passphrase, &key, &err), &err);
	assert_true(luks_image_format(image, key_file));
	assert_int_equal(luks_passphrase_key(&d, &h, &passphrase, &none, &err), -E_PASSPHRASE);
	assert_null(none.bytes);
	expect_ok(luks_store_open(&store, image, &err), &err);
	assert_int_equal(luks_store_add_keyslot(store, &key, &passphrase, &slot, &err), -E_KEYTEST);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(image, sizeof(image), "%s/image", folder);
	(void)snprintf(key_file, sizeof(key_file), "%s/key", folder);
	return file_replace(key_file, OLD, strlen(OLD), 0600, NULL);
}

static int remove_folder(void **state)
{
	(void)state;
	return CHILD_RUN("rm", "-r", folder);
}

#define WITH_IMAGE(f) cmocka_unit_test_setup(f, each_image)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_IMAGE(test_device_kinds), WITH_IMAGE(test_read_once),
		WITH_IMAGE(test_read_secondary), WITH_IMAGE(test_read_secondary_far),
		WITH_IMAGE(test_read_wrong_size), WITH_IMAGE(test_read_refused),
		WITH_IMAGE(test_read_truncated), WITH_IMAGE(test_another_after_judging),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
