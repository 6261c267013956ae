/* SPDX-License-Identifier: MIT */
/*
 * Tables as Linux 6.1 wrote them for cryptsetup 2.6.1, and what a hostile setup would leave
 * instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "luks_table.h"

#define UUID "3c6a1f2e-97f5-4d0a-8a5e-0b0f7c3f1d11"
#define KEYRING ":64:logon:cryptsetup:" UUID "-d0"
#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define GOOD "aes-xts-plain64 " KEYRING " 0 254:16 32768"

static struct luks_table_expect expect(void)
{
	return (struct luks_table_expect){
		.mapping = "root", .uuid = UUID, .cipher = "aes-xts-plain64", .key_size = 64,
		.sector_size = 512, .offset = 16777216, .device_size = 67108864,
		.device_major = 254, .device_minor = 16,
	};
}

static struct luks_table_live live(const char *params)
{
	return (struct luks_table_live){
		.name = "root", .uuid = "CRYPT-LUKS2-3c6a1f2e97f54d0a8a5e0b0f7c3f1d11-root",
		.target_count = 1, .length_sectors = 98304, .type = "crypt", .params = params,
	};
}

static int judge(const struct luks_table_expect *e, const char *params, struct err *err)
{
	struct luks_table_live l = live(params);

	*err = (struct err){0};
	return luks_table_judge(e, &l, err);
}

static void refused(const char *params, const char *because)
{
	struct luks_table_expect e = expect();
	struct err err;

	assert_int_equal(judge(&e, params, &err), -E_READBACK);
	if (!strstr(err.msg, because))
		fail_msg("'%s' gave '%s', not '%s'", params, err.msg, because);
}

static void test_good(void **state)
{
	struct luks_table_expect e = expect();
	struct err err;

	(void)state;
	assert_int_equal(judge(&e, GOOD, &err), 0);
	assert_int_equal(judge(&e, GOOD " 0", &err), 0);
	assert_int_equal(judge(&e, GOOD " 1 sector_size:512", &err), 0);
	assert_int_equal(judge(&e, "aes-xts-plain64 " HEX64 HEX64 " 0 254:16 32768", &err), 0);
	assert_int_equal(judge(&e, "aes-xts-plain64 :64:logon:cryptsetup:" UUID
			       "-d31 0 254:16 32768", &err), 0);
	e.discards = true;
	assert_int_equal(judge(&e, GOOD " 1 allow_discards", &err), 0);
	e.sector_size = 4096;
	assert_int_equal(judge(&e, GOOD " 2 allow_discards sector_size:4096", &err), 0);
	assert_int_equal(judge(&e, GOOD " 2 sector_size:4096 allow_discards", &err), 0);
}

static void test_words(void **state)
{
	(void)state;
	refused("", "not a dm-crypt table");
	refused(" ", "not a dm-crypt table");
	refused("aes-xts-plain64", "not a dm-crypt table");
	refused("aes-xts-plain64 " KEYRING " 0 254:16", "not a dm-crypt table");
	refused(GOOD " ", "not a dm-crypt table");
	refused("aes-xts-plain64  " KEYRING " 0 254:16 32768", "not a dm-crypt table");
	refused("cipher_null-ecb - 0 254:16 32768", "cipher is 'cipher_null-ecb'");
	refused("aes-xts-plain " KEYRING " 0 254:16 32768", "cipher");
	refused("aes-xts-plain64x " KEYRING " 0 254:16 32768", "cipher");
	refused("capi:xts(aes)-plain64 " KEYRING " 0 254:16 32768", "cipher");
	refused("aes-xts-plain64 " KEYRING " 1 254:16 32768", "IV offset");
	refused("aes-xts-plain64 " KEYRING " 00 254:16 32768", "IV offset");
	refused("aes-xts-plain64 " KEYRING " -0 254:16 32768", "IV offset");
	refused("aes-xts-plain64 " KEYRING " 0 254:17 32768", "device is");
	refused("aes-xts-plain64 " KEYRING " 0 254:160 32768", "device is");
	refused("aes-xts-plain64 " KEYRING " 0 /dev/vdb 32768", "device is");
	refused("aes-xts-plain64 " KEYRING " 0 254:16 0", "starts at sector '0'");
	refused("aes-xts-plain64 " KEYRING " 0 254:16 32769", "starts at sector");
	refused("aes-xts-plain64 " KEYRING " 0 254:16 0x8000", "starts at sector");
}

static void test_key(void **state)
{
	struct luks_table_expect e = expect();
	struct err err;

	(void)state;
	refused("aes-xts-plain64 - 0 254:16 32768", "key");
	refused("aes-xts-plain64 " HEX64 " 0 254:16 32768", "key");
	refused("aes-xts-plain64 " HEX64 HEX64 "00 0 254:16 32768", "key");
	refused("aes-xts-plain64 :32:logon:cryptsetup:" UUID "-d0 0 254:16 32768", "key");
	refused("aes-xts-plain64 :64:user:cryptsetup:" UUID "-d0 0 254:16 32768", "key");
	refused("aes-xts-plain64 :64:logon:other:" UUID "-d0 0 254:16 32768", "key");
	refused("aes-xts-plain64 :64:logon:cryptsetup:" UUID "-d 0 254:16 32768", "key");
	refused("aes-xts-plain64 :64:logon:cryptsetup:" UUID "-d00 0 254:16 32768", "key");
	refused("aes-xts-plain64 :64:logon:cryptsetup:" UUID "-d0x 0 254:16 32768", "key");
	refused("aes-xts-plain64 :64:logon:cryptsetup:4c6a1f2e-97f5-4d0a-8a5e-0b0f7c3f1d11-d0 "
		"0 254:16 32768", "key");
	/* a key is in no message, wherever it stands in a table that is refused */
	assert_int_equal(judge(&e, "aes-xts-plain64 " HEX64 " 0 254:16 32768", &err), -E_READBACK);
	assert_null(strstr(err.msg, "00112233"));
}

static void test_options(void **state)
{
	struct luks_table_expect e = expect();
	struct err err;

	(void)state;
	refused(GOOD " 1", "counted");
	refused(GOOD " 2 sector_size:512", "counted");
	refused(GOOD " 0 sector_size:512", "counted");
	refused(GOOD " x", "counted");
	refused(GOOD " 1 allow_discards", "'allow_discards' was not asked for");
	refused(GOOD " 1 sector_size:4096", "'sector_size:4096' was not asked for");
	refused(GOOD " 1 iv_large_sectors", "not asked for");
	refused(GOOD " 1 integrity:28:aead", "not asked for");
	refused(GOOD " 1 no_read_workqueue", "not asked for");
	refused(GOOD " 2 sector_size:512 sector_size:512", "not asked for");
	refused(GOOD " 11 1 2 3 4 5 6 7 8 9 10 11", "not a dm-crypt table");
	e.discards = true;
	assert_int_equal(judge(&e, GOOD, &err), -E_READBACK);
	assert_int_equal(judge(&e, GOOD " 2 allow_discards allow_discards", &err), -E_READBACK);
	e.discards = false;
	e.sector_size = 4096;
	assert_int_equal(judge(&e, GOOD, &err), -E_READBACK);
	assert_int_equal(judge(&e, GOOD " 1 sector_size:512", &err), -E_READBACK);
	assert_int_equal(judge(&e, GOOD " 2 sector_size:4096 iv_large_sectors", &err), -E_READBACK);
}

static void refused_live(const struct luks_table_live *l, const char *because)
{
	struct luks_table_expect e = expect();
	struct err err = {0};

	assert_int_equal(luks_table_judge(&e, l, &err), -E_READBACK);
	if (!strstr(err.msg, because))
		fail_msg("'%s' instead of '%s'", err.msg, because);
}

static void test_shape(void **state)
{
	struct luks_table_live l;

	(void)state;
#define WRONG(member, value, because) do { \
		l = live(GOOD); \
		l.member = value; \
		refused_live(&l, because); \
	} while (0)
	WRONG(name, "other", "another name");
	WRONG(uuid, "CRYPT-LUKS2-3c6a1f2e97f54d0a8a5e0b0f7c3f1d11-roo", "UUID");
	WRONG(uuid, "CRYPT-LUKS2-3c6a1f2e97f54d0a8a5e0b0f7c3f1d12-root", "UUID");
	WRONG(uuid, "CRYPT-LUKS1-3c6a1f2e97f54d0a8a5e0b0f7c3f1d11-root", "UUID");
	WRONG(uuid, "CRYPT-LUKS2-" UUID "-root", "UUID");
	WRONG(uuid, "", "UUID");
	WRONG(suspended, true, "suspended");
	WRONG(read_only, true, "read-only");
	WRONG(inactive_table, true, "another table");
	WRONG(target_count, 0, "0 targets");
	WRONG(target_count, 2, "2 targets");
	WRONG(type, "linear", "'linear'");
	WRONG(type, "", "''");
	WRONG(start_sectors, 8, "from 8");
	WRONG(length_sectors, 98303, "98303");
	WRONG(length_sectors, 98305, "98305");
#undef WRONG
}

static void test_request(void **state)
{
	struct luks_table_expect e;
	struct err err;

	(void)state;
	e = expect();
	e.key_size = 0;
	assert_int_equal(judge(&e, "aes-xts-plain64  0 254:16 32768", &err), -E_READBACK);
	e = expect();
	e.offset = e.device_size;
	assert_int_equal(judge(&e, GOOD, &err), -E_READBACK);
	e = expect();
	e.offset++;
	assert_int_equal(judge(&e, GOOD, &err), -E_READBACK);
	e = expect();
	e.uuid = "";
	assert_int_equal(judge(&e, GOOD, &err), -E_READBACK);
	e = expect();
	e.uuid = "0123456789012345678901234567890123456789012345678901234567890123456789";
	assert_int_equal(judge(&e, GOOD, &err), -E_READBACK);
}

static void test_names(void **state)
{
	char text[LUKS_MAPPING_NAME_MAX + 1];

	(void)state;
	assert_true(luks_mapping_name_ok("root"));
	assert_true(luks_mapping_name_ok("data-1_x.y"));
	assert_false(luks_mapping_name_ok(""));
	assert_false(luks_mapping_name_ok("."));
	assert_false(luks_mapping_name_ok(".."));
	assert_false(luks_mapping_name_ok("-root"));
	assert_false(luks_mapping_name_ok("a/b"));
	assert_false(luks_mapping_name_ok("a b"));
	assert_false(luks_mapping_name_ok("a\\x2f"));
	memset(text, 'a', sizeof(text));
	text[LUKS_MAPPING_NAME_MAX] = 0;
	assert_false(luks_mapping_name_ok(text));
	text[LUKS_MAPPING_NAME_MAX - 1] = 0;
	assert_true(luks_mapping_name_ok(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_words),
		cmocka_unit_test(test_key), cmocka_unit_test(test_options),
		cmocka_unit_test(test_shape), cmocka_unit_test(test_request),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
