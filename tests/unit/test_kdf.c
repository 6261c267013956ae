/* SPDX-License-Identifier: MIT */
#include "codec.h"
#include "file.h"
#include "kdf.h"
#include "record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

_Static_assert(KDF_ID_SIZE == RECORD_ID_SIZE, "the salt is the record's id");

static enum kdf_purpose purpose_of(const char *name)
{
	for (int i = 0; i < KDF_PURPOSE_MAX; i++)
		if (strcmp(kdf_info((enum kdf_purpose)i) + strlen("cvmcrypt/1 "), name) == 0)
			return (enum kdf_purpose)i;
	fail_msg("purpose '%s'", name);
	return KDF_PURPOSE_MAX;
}

/* Derives with the function that is meant for the purpose; hex text of the result. */
static void derive(const struct secret *s, const uint8_t *id, enum kdf_purpose purpose,
		   char out[KDF_PASSPHRASE_SIZE + 1])
{
	_cleanup_secret_ struct secret key = SECRET_INIT;
	uint8_t commitment[SHA256_SIZE];
	struct err e = {0};

	switch (purpose) {
	case KDF_LUKS_PASSPHRASE:
		assert_int_equal(kdf_luks_passphrase(s, id, &key, &e), 0);
		assert_int_equal(key.len, KDF_PASSPHRASE_SIZE);
		memcpy(out, key.bytes, KDF_PASSPHRASE_SIZE);
		out[KDF_PASSPHRASE_SIZE] = '\0';
		return;
	case KDF_COMMITMENT:
		assert_int_equal(kdf_commitment(s, id, commitment, &e), 0);
		hex_encode(out, commitment, sizeof(commitment));
		return;
	default:
		assert_int_equal(kdf_key(s, id, purpose, &key, &e), 0);
		assert_int_equal(key.len, KDF_KEY_SIZE);
		hex_encode(out, key.bytes, key.len);
	}
}

static void check_line(char *line)
{
	const char *input = strsep(&line, " "), *id_text = strsep(&line, " ");
	const char *name = strsep(&line, " ");
	_cleanup_secret_ struct secret s = SECRET_INIT;
	uint8_t id[KDF_ID_SIZE], bytes[64];
	char value[KDF_PASSPHRASE_SIZE + 1];
	struct err e = {0};

	assert_non_null(line);
	assert_true(hex_decode(id, sizeof(id), id_text));
	assert_true(hex_decode(bytes, strlen(input) / 2, input));
	assert_int_equal(secret_absorb(&s, bytes, strlen(input) / 2, &e), 0);
	derive(&s, id, purpose_of(name), value);
	assert_string_equal(value, line);
}

static void test_known_answers(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT(0);
	struct err e = {0};
	char *rest, *line;
	size_t count = 0;

	(void)state;
	assert_int_equal(file_read("tests/vectors/kdf/derived.txt", 65536, &b, &e), 0);
	rest = (char *)b.data;
	while ((line = strsep(&rest, "\n")) != NULL && *line) {
		check_line(line);
		count++;
	}
	assert_int_equal(count, 4 * KDF_PURPOSE_MAX);
}

static void test_purposes(void **state)
{
	static const enum kdf_purpose none[] = {KDF_LUKS_PASSPHRASE, KDF_COMMITMENT,
						KDF_PURPOSE_MAX, (enum kdf_purpose) - 1};
	_cleanup_secret_ struct secret s = SECRET_INIT;
	uint8_t id[KDF_ID_SIZE] = {0};
	struct err e = {0};

	(void)state;
	assert_int_equal(secret_alloc(&s, 32, &e), 0);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		_cleanup_secret_ struct secret key = SECRET_INIT;

		assert_int_equal(kdf_key(&s, id, none[i], &key, &e), -E_INTERNAL);
		assert_null(key.bytes);
	}
	for (int i = 0; i < KDF_PURPOSE_MAX; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(kdf_info((enum kdf_purpose)i),
						kdf_info((enum kdf_purpose)k));
	assert_null(kdf_info(KDF_PURPOSE_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answers),
		cmocka_unit_test(test_purposes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
