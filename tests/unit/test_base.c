/* SPDX-License-Identifier: MIT */
#include "buf.h"
#include "codec.h"
#include "deadline.h"
#include "err.h"
#include "file.h"
#include "secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

static void test_err_table(void **state)
{
	size_t count;
	const struct err_info *table = err_table(&count);

	(void)state;
	assert_true(count > 50);
	for (size_t i = 0; i < count; i++) {
		assert_in_range(table[i].code, 101, 999);
		assert_in_range(table[i].exit_status, 1, 12);
		assert_true(strlen(table[i].text) > 0 && strlen(table[i].hint) > 0);
		if (i > 0)
			assert_true(table[i].code > table[i - 1].code);
	}
	assert_int_equal(err_exit_status(-E_PCR_MISMATCH), 3);
	assert_int_equal(err_exit_status(0), 0);
	assert_int_equal(err_exit_status(-999), 1);
	assert_true(err_retryable(-E_DEVICE_ABSENT));
	assert_false(err_retryable(-E_MAC));
}

static void test_err_message(void **state)
{
	char longer[2 * ERR_MSG_MAX];
	struct err e = {0};

	(void)state;
	assert_int_equal(err_set(&e, E_IO, "a%cb\x1b[31m\x9b", '\n'), -E_IO);
	assert_string_equal(e.msg, "a?b?[31m?");
	assert_int_equal(err_wrap(&e, -E_IO, "while %s", "reading"), -E_IO);
	assert_string_equal(e.msg, "while reading: a?b?[31m?");
	assert_int_equal(err_errno(&e, E_IO, 2, "opening 'x'"), -E_IO);
	assert_string_equal(e.msg, "opening 'x': No such file or directory");
	assert_int_equal(err_wrap(&e, -E_IO, "'%s'", "x"), -E_IO);
	assert_string_equal(e.msg, "opening 'x': No such file or directory");
	assert_int_equal(err_wrap(&e, -E_IO, "%s", "x"), -E_IO);
	assert_string_equal(e.msg, "x: opening 'x': No such file or directory");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(err_set(&e, E_IO, "%s", longer), -E_IO);
	assert_int_equal(strlen(e.msg), ERR_MSG_MAX - 1);
	assert_int_equal(err_wrap(&e, -E_IO, "%s", longer), -E_IO);
	assert_true(strlen(e.msg) < ERR_MSG_MAX);
	assert_int_equal(err_set(NULL, E_IO, "nobody listens"), -E_IO);
}

static void test_buf_limits(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT(8);

	(void)state;
	buf_put_be32(&b, 0x01020304);
	buf_put_le32(&b, 0x01020304);
	assert_memory_equal(b.data, "\1\2\3\4\4\3\2\1", 8);
	assert_false(b.failed);
	buf_put_u8(&b, 1);
	assert_true(b.failed);
	assert_int_equal(b.len, 8);
}

static void test_cursor(void **state)
{
	static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	struct cursor c = CURSOR(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(cursor_le16(&c), 0x0201);
	assert_int_equal(cursor_be16(&c), 0x0304);
	assert_int_equal(cursor_be32(&c), 0x05060708);
	assert_false(c.failed);
	assert_int_equal(cursor_le64(&c), 0);
	assert_true(c.failed);
	/* what failed stays failed: the byte that is left is not given */
	assert_int_equal(cursor_u8(&c), 0);
	assert_null(cursor_take(&c, 0));
}

static void test_hex(void **state)
{
	char text[HEX_SIZE(256)];
	uint8_t all[256], back[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	hex_encode(text, all, sizeof(all));
	assert_memory_equal(text, "000102030405060708090a0b0c0d0e0f10", 34);
	assert_true(hex_decode(back, sizeof(back), text));
	assert_memory_equal(all, back, sizeof(all));
	assert_true(hex_decode(back, 2, "aBCd"));
	assert_false(hex_decode(back, 2, "abc"));
	assert_false(hex_decode(back, 2, "abcde"));
	assert_false(hex_decode(back, 2, "ab g"));
	assert_false(hex_decode(back, 1, "0x"));
}

/* RFC 4648 section 10 */
static void test_base64(void **state)
{
	static const char *const pairs[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
					       {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="},
					       {"foobar", "Zm9vYmFy"}};
	static const char *const bad[] = {"Zg=", "Zg", "Zh==", "Zm9=", "Z===", "====", "Zm 9", "Zm9v\n",
					  "Zg==Zg==", "Zm-_", "="};
	uint8_t out[16];
	char text[16];
	size_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		base64_encode(text, pairs[i][0], strlen(pairs[i][0]));
		assert_string_equal(text, pairs[i][1]);
		assert_true(base64_decode(out, sizeof(out), &len, pairs[i][1]));
		assert_int_equal(len, strlen(pairs[i][0]));
		assert_memory_equal(out, pairs[i][0], len);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(base64_decode(out, sizeof(out), &len, bad[i]));
	assert_false(base64_decode(out, 5, &len, "Zm9vYmFy"));
}

static void test_base64url(void **state)
{
	static const uint8_t bytes[] = {0xfb, 0xff, 0xbf, 0xfe};
	static const char *const good[] = {"-_-__g", "-_-__g=="};
	static const char *const bad[] = {"-_-__g=", "+/+//g", "-_-__h", "-_-__", "-_-__===", "-_-__g==\n",
					  " -_-__g", "=", "==", "-_=_"};
	uint8_t out[8];
	char text[16];
	size_t len;

	(void)state;
	base64url_encode(text, bytes, sizeof(bytes));
	assert_string_equal(text, "-_-__g");
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(base64url_decode(out, 4, &len, good[i], strlen(good[i])));
		assert_int_equal(len, sizeof(bytes));
		assert_memory_equal(out, bytes, len);
		assert_false(base64url_decode(out, 3, &len, good[i], strlen(good[i])));
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(base64url_decode(out, sizeof(out), &len, bad[i], strlen(bad[i])));
	assert_true(base64url_decode(out, 0, &len, "", 0));
	assert_int_equal(len, 0);
	assert_false(base64url_decode(out, sizeof(out), &len, "Zg\0=", 4));
}

static void test_decimal(void **state)
{
	uint64_t v = 0;

	(void)state;
	assert_true(decimal_u64("18446744073709551615", UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
	assert_true(decimal_u64("0", 0, &v));
	assert_false(decimal_u64("18446744073709551616", UINT64_MAX, &v));
	assert_false(decimal_u64("", 9, &v));
	assert_false(decimal_u64("01", 9, &v));
	assert_false(decimal_u64("-1", 9, &v));
	assert_false(decimal_u64("1 ", 9, &v));
	assert_false(decimal_u64("10", 9, &v));
}

static void test_secret(void **state)
{
	_cleanup_secret_ struct secret a = SECRET_INIT, b = SECRET_INIT;
	char source[] = "source";

	(void)state;
	assert_int_equal(secret_absorb(&a, source, 6, NULL), 0);
	assert_memory_equal(source, "\0\0\0\0\0\0", 6);
	assert_memory_equal(a.bytes, "source", 6);
	secret_take(&b, &a);
	assert_null(a.bytes);
	assert_int_equal(b.len, 6);
	assert_false(secret_equal(&a, &b));
	assert_true(secret_equal(&b, &b));
	assert_true(secret_alloc(&a, 0, NULL) < 0);
	assert_true(secret_alloc(&a, SECRET_MAX + 1, NULL) < 0);
}

static void test_file(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT(0), c = BUF_INIT(0);
	char dir[] = "/tmp/cvmcrypt-file.XXXXXX", path[64];
	struct err e = {0};
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/f", dir);
	assert_int_equal(file_replace(path, "one", 3, 0600, NULL), 0);
	assert_int_equal(file_replace(path, "three", 5, 0644, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(file_read(path, 5, &b, NULL), 0);
	assert_int_equal(b.len, 5);
	assert_string_equal((char *)b.data, "three");
	assert_int_equal(file_read(path, 4, &c, &e), -E_IO);
	assert_non_null(strstr(e.msg, "larger than 4"));
	(void)unlink(path);
	(void)rmdir(dir);
}

static void test_deadline(void **state)
{
	struct deadline d = deadline_in(20);

	(void)state;
	assert_in_range(deadline_left_ms(d), 1, 20);
	sleep_until(d);
	assert_int_equal(deadline_left_ms(d), 0);
	assert_int_equal(deadline_left_ms(deadline_in(-5)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_err_table), cmocka_unit_test(test_err_message),
		cmocka_unit_test(test_buf_limits), cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_hex), cmocka_unit_test(test_base64),
		cmocka_unit_test(test_base64url),
		cmocka_unit_test(test_decimal), cmocka_unit_test(test_secret),
		cmocka_unit_test(test_file), cmocka_unit_test(test_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
