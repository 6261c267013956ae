/* SPDX-License-Identifier: MIT */
#include "codec.h"
#include "crypto.h"

#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void from_hex(struct secret *s, const char *hex)
{
	uint8_t bytes[128];
	size_t len = strlen(hex) / 2;

	assert_true(hex_decode(bytes, len, hex));
	assert_int_equal(secret_absorb(s, bytes, len, NULL), 0);
}

static void same(const void *bytes, size_t len, const char *hex)
{
	char text[HEX_SIZE(128)];

	hex_encode(text, bytes, len);
	assert_string_equal(text, hex);
}

static void test_hash(void **state)
{
	uint8_t out[DIGEST_MAX];

	(void)state;
	assert_int_equal(crypto_sha256("abc", 3, out, NULL), 0);
	same(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(crypto_hash(HASH_SHA1, "abc", 3, out, NULL), 0);
	same(out, 20, "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_int_equal(hash_size(HASH_SHA384), 48);
	assert_int_equal(hash_size(0x1234), 0);
	assert_string_equal(hash_name(HASH_SM3), "sm3");
	assert_int_equal(hash_by_name("sha512"), HASH_SHA512);
	assert_int_equal(hash_by_name("md5"), 0);
	assert_int_equal(crypto_hash(0x1234, "abc", 3, out, NULL), -E_INTERNAL);
}

/* RFC 5869, A.1 (42 bytes there; a prefix of the output is a shorter output) */
static void test_hkdf(void **state)
{
	_cleanup_secret_ struct secret ikm = SECRET_INIT, out = SECRET_INIT;
	uint8_t salt[13];

	(void)state;
	from_hex(&ikm, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
	assert_true(hex_decode(salt, 13, "000102030405060708090a0b0c"));
	assert_int_equal(crypto_hkdf(&ikm, salt, 13, "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9", 42, &out,
				     NULL), 0);
	same(out.bytes, out.len, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf340072"
				 "08d5b887185865");
}

/* RFC 4231, test case 2 */
static void test_hmac(void **state)
{
	_cleanup_secret_ struct secret key = SECRET_INIT;
	uint8_t out[SHA256_SIZE];

	(void)state;
	from_hex(&key, "4a656665");
	assert_int_equal(crypto_hmac_sha256(&key, "what do ya want for nothing?", 28, out, NULL), 0);
	same(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* AES-256-KWP: made with an independent implementation (python3 cryptography 38, aes_key_wrap_with_padding) */
static void test_kwp(void **state)
{
	_cleanup_secret_ struct secret kek = SECRET_INIT, key = SECRET_INIT;
	uint8_t out[80];
	size_t len;

	(void)state;
	from_hex(&kek, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	from_hex(&key, "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f");
	assert_int_equal(crypto_wrap(&kek, &key, out, sizeof(out), &len, NULL), 0);
	same(out, len, "4a8029243027353b0694cf1bd8fc745bb0ce8a739b19b1960b12426d4c39cfed"
		       "a926d103ab34e9f6");
	for (size_t i = 0; i < len * 8; i++) {
		_cleanup_secret_ struct secret back = SECRET_INIT;

		out[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(crypto_unwrap(&kek, out, len, &back, NULL), -E_UNWRAP);
		out[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	secret_clear(&kek);
	from_hex(&kek, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	{
		_cleanup_secret_ struct secret back = SECRET_INIT;

		assert_int_equal(crypto_unwrap(&kek, out, len, &back, NULL), 0);
		assert_true(secret_equal(&back, &key));
	}
	for (size_t cut = 0; cut < len; cut++) {
		_cleanup_secret_ struct secret back = SECRET_INIT;

		assert_int_equal(crypto_unwrap(&kek, out, cut, &back, NULL), -E_UNWRAP);
	}
}

static void test_extend(void **state)
{
	uint8_t pcr[32] = {0}, digest[32], expected[64] = {0};

	(void)state;
	assert_int_equal(crypto_sha256("abc", 3, digest, NULL), 0);
	memcpy(expected + 32, digest, 32);
	assert_int_equal(crypto_extend(HASH_SHA256, pcr, digest, pcr, NULL), 0);
	assert_int_equal(crypto_sha256(expected, 64, digest, NULL), 0);
	assert_memory_equal(pcr, digest, 32);
}

static void test_ec_key(void **state)
{
	_cleanup_ec_key_ struct ec_key *made = NULL, *loaded = NULL;
	uint8_t x[32], y[32], x2[32], y2[32], sig[64];
	char path[] = "/tmp/cvmcrypt-key.XXXXXX";
	struct err e = {0};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(ec_key_load_pem(path, &loaded, &e), -E_USAGE);
	assert_int_equal(ec_key_generate(&made, NULL), 0);
	assert_int_equal(ec_key_save_pem(made, path, NULL), 0);
	assert_int_equal(ec_key_load_pem(path, &loaded, &e), 0);
	assert_int_equal(ec_key_public(made, x, y, NULL), 0);
	assert_int_equal(ec_key_public(loaded, x2, y2, NULL), 0);
	assert_memory_equal(x, x2, 32);
	assert_memory_equal(y, y2, 32);
	assert_int_equal(ec_key_sign(loaded, x, sig, NULL), 0);
	assert_true(ec_key_verify(made, x, sig));
	assert_false(ec_key_verify(made, y, sig));
	sig[40] ^= 1;
	assert_false(ec_key_verify(made, x, sig));
	memset(sig, 0, sizeof(sig));
	assert_false(ec_key_verify(made, x, sig));
	(void)unlink(path);
}

/* Who is named works in the default context; everybody else gets new ones. */
static void test_shared_context(void **state)
{
	OSSL_LIB_CTX *first = OSSL_LIB_CTX_new(), *second;
	(void)state;

	crypto_share_context((void (*)(void))strtoul);
	second = OSSL_LIB_CTX_new();
	assert_non_null(first);
	assert_non_null(second);
	assert_ptr_not_equal(first, second);
	assert_ptr_not_equal(first, OSSL_LIB_CTX_get0_global_default());
	assert_ptr_not_equal(second, OSSL_LIB_CTX_get0_global_default());
	OSSL_LIB_CTX_free(first);
	OSSL_LIB_CTX_free(second);

	crypto_share_context((void (*)(void))test_hash);
	first = OSSL_LIB_CTX_new();
	assert_ptr_equal(first, OSSL_LIB_CTX_get0_global_default());
	OSSL_LIB_CTX_free(first);
	test_hash(state);
	crypto_share_context(NULL);
	second = OSSL_LIB_CTX_new();
	assert_ptr_not_equal(first, second);
	OSSL_LIB_CTX_free(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash), cmocka_unit_test(test_hkdf), cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_kwp), cmocka_unit_test(test_extend), cmocka_unit_test(test_ec_key),
		cmocka_unit_test(test_shared_context),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
