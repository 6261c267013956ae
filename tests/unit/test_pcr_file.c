/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "pcr_file.h"
#include "vector.h"

#define H20 "0102030405060708090a0b0c0d0e0f1011121314"
#define H32 H20 "151617181920212223242526"
#define H48 H32 "00000000000000000000000000000000"

static struct pcr_values values;

static int parse(const char *text, struct err *e)
{
	*e = (struct err){0};
	return pcr_file_parse(&values, "pcrs", (const uint8_t *)text, strlen(text), e);
}

static void test_json(void **state)
{
	const struct pcr_bank *b;
	struct err e;

	(void)state;
	assert_int_equal(parse("{\"sha256\":{\"0\":\"" H32 "\",\"31\":\"" H32 "\"},"
			       "\"sha1\":{\"7\":\"" H20 "\"},\"sha384\":{}}", &e), 0);
	assert_int_equal(values.count, 2);
	b = pcr_values_bank(&values, HASH_SHA256);
	assert_non_null(b);
	assert_int_equal(b->mask, 0x80000001u);
	assert_memory_equal(b->value[31], "\1\2\3\4", 4);
	b = pcr_values_bank(&values, HASH_SHA1);
	assert_int_equal(b->mask, 0x80);
	assert_null(pcr_values_bank(&values, HASH_SHA384));

	assert_int_equal(parse("{\"bank\":\"sm3\",\"pcrs\":{\"3\":\"" H32 "\"}}\n", &e), 0);
	assert_non_null(pcr_values_bank(&values, HASH_SM3));
	assert_int_equal(parse("{\"bank\":\"?\",\"pcrs\":{\"3\":\"" H48 "\"}}", &e), 0);
	assert_non_null(pcr_values_bank(&values, HASH_SHA384));
	assert_int_equal(parse("{\"pcrs\":{\"3\":\"" H20 "\"}}", &e), 0);
	assert_non_null(pcr_values_bank(&values, HASH_SHA1));
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"", "[]", "{}", "1", "{\"sha256\":{}}", "{\"md5\":{\"0\":\"" H20 "\"}}",
		"{\"sha256\":[]}", "{\"sha256\":{\"0\":\"" H20 "\"}}", "{\"sha256\":{\"0\":1}}",
		"{\"sha256\":{\"32\":\"" H32 "\"}}", "{\"sha256\":{\"00\":\"" H32 "\"}}",
		"{\"sha256\":{\"-1\":\"" H32 "\"}}", "{\"sha256\":{\"\":\"" H32 "\"}}",
		"{\"sha256\":{\"0\":\"" H32 "\",\"0\":\"" H32 "\"}}",
		"{\"sha256\":{\"0\":\"" H32 "\"},\"sha256\":{}}",
		"{\"bank\":\"sha256\"}", "{\"bank\":\"md5\",\"pcrs\":{\"0\":\"" H32 "\"}}",
		"{\"bank\":1,\"pcrs\":{\"0\":\"" H32 "\"}}", "{\"bank\":\"sha256\",\"pcrs\":[]}",
		"{\"bank\":\"sha1\",\"pcrs\":{\"0\":\"" H32 "\"}}",
		"{\"bank\":\"sha256\",\"pcrs\":{\"0\":\"" H32 "\"},\"more\":1}",
		"{\"bank\":\"?\",\"pcrs\":{}}", "{\"bank\":\"?\",\"pcrs\":{\"0\":\"00\"}}",
		"{\"pcrs\":{\"0\":\"" H32 "\",\"1\":\"" H20 "\"}}",
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (parse(bad[i], &e) != -E_PCRS_MALFORMED)
			fail_msg("taken: %s", bad[i]);
}

static void test_binary(void **state)
{
	_cleanup_buf_ struct buf b = vector("tpm-quote", "az-tl-01.pcrs.bin");
	_cleanup_buf_ struct buf k = vector("tpm-quote", "keylime-01.pcrs.bin");
	struct err e;

	(void)state;
	assert_int_equal(pcr_file_parse(&values, "k", k.data, k.len, &e), 0);
	assert_int_equal(pcr_values_bank(&values, HASH_SHA256)->mask, 0x418000);
	assert_int_equal(pcr_file_parse(&values, "b", b.data, b.len, &e), 0);
	assert_int_equal(values.count, 1);
	assert_int_equal(pcr_values_bank(&values, HASH_SHA256)->mask, 0xff);
	assert_memory_equal(pcr_values_bank(&values, HASH_SHA256)->value[0], "\x88\x49\x31\x9b", 4);
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(pcr_file_parse(&values, "b", b.data, len, &e), -E_PCRS_MALFORMED);
}

/* A changed count, size or selection leaves values over, or too few. */
static void test_binary_refused(void **state)
{
	static const struct { size_t at; uint8_t value; } bad[] = {
		{0, 0}, {0, 2}, {0, 17}, {4, 0x0c}, {5, 1}, {6, 0}, {6, 5}, {7, 0xfe}, {8, 1},
		{10, 1}, {132, 0}, {132, 2}, {135, 1}, {136, 0}, {136, 7}, {136, 9}, {140, 31},
		{141, 1}};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_buf_ struct buf b = vector("tpm-quote", "az-tl-01.pcrs.bin");

		b.data[bad[i].at] = bad[i].value;
		if (pcr_file_parse(&values, "b", b.data, b.len, &e) != -E_PCRS_MALFORMED)
			fail_msg("taken: byte %zu = %u", bad[i].at, bad[i].value);
	}
}

static void test_file(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(pcr_file_read(&values, "tests/vectors/tpm-quote/coco-tpm-01.pcrs.json", &e),
			 0);
	assert_int_equal(pcr_values_bank(&values, HASH_SHA256)->mask, 0xffffff);
	assert_int_equal(pcr_file_read(&values, "tests/vectors/tpm-quote/absent", &e), -E_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_binary),
		cmocka_unit_test(test_binary_refused),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
