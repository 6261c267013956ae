/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "pubkey.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

static const uint8_t message[] = "what was signed";

/* Keys are made once: RSA takes its time. */
static EVP_PKEY *rsa, *p256, *p384, *p521, *rsa1024, *ed25519;

static int make_keys(void **state)
{
	(void)state;
	rsa = EVP_RSA_gen(2048);
	rsa1024 = EVP_RSA_gen(1024);
	p256 = EVP_EC_gen("P-256");
	p384 = EVP_EC_gen("P-384");
	p521 = EVP_EC_gen("P-521");
	ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return rsa && rsa1024 && p256 && p384 && p521 && ed25519 ? 0 : -1;
}

static int free_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(rsa1024);
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(p521);
	EVP_PKEY_free(ed25519);
	return 0;
}

static struct pubkey *public_half(EVP_PKEY *key)
{
	struct pubkey *k = NULL;
	uint8_t *der = NULL;
	struct err e = {0};
	int len = i2d_PUBKEY(key, &der);

	assert_true(len > 0);
	if (pubkey_read(&k, "key", der, (size_t)len, &e) < 0)
		fail_msg("%s", e.msg);
	OPENSSL_free(der);
	return k;
}

static int read_key(EVP_PKEY *key)
{
	_cleanup_pubkey_ struct pubkey *k = NULL;
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der), r;

	assert_true(len > 0);
	r = pubkey_read(&k, "key", der, (size_t)len, NULL);
	OPENSSL_free(der);
	return r;
}

/* Signature as OpenSSL makes it; ECDSA turned into r || s. salt: of RSAPSS, 0 for the others. */
static size_t sign(EVP_PKEY *key, const char *md, int salt, uint8_t *sig, size_t max)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	size_t len = max, size = (size_t)EVP_PKEY_get_bits(key) / 8;

	assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, md, NULL, NULL, key, NULL), 1);
	if (salt) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt), 1);
	}
	assert_int_equal(EVP_DigestSign(ctx, sig, &len, message, sizeof(message)), 1);
	EVP_MD_CTX_free(ctx);
	if (EVP_PKEY_is_a(key, "EC")) {
		const uint8_t *p = sig;
		ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &p, (long)len);

		assert_non_null(parsed);
		assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(parsed), sig, (int)size), size);
		assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(parsed), sig + size, (int)size), size);
		ECDSA_SIG_free(parsed);
		len = 2 * size;
	}
	return len;
}

static void test_signatures(void **state)
{
	const struct {
		EVP_PKEY *key;
		enum sig_scheme scheme;
		uint16_t hash;
		const char *md;
		int salt, want;
	} cases[] = {
		{rsa, SIG_RSASSA, HASH_SHA256, "SHA256", 0, 0},
		{rsa, SIG_RSASSA, HASH_SHA384, "SHA384", 0, 0},
		{rsa, SIG_RSASSA, HASH_SHA512, "SHA512", 0, 0},
		{rsa, SIG_RSASSA, HASH_SHA256, "SHA384", 0, -E_SIGNATURE},
		{rsa, SIG_RSASSA, HASH_SHA256, "SHA256", RSA_PSS_SALTLEN_DIGEST, -E_SIGNATURE},
		{rsa, SIG_RSAPSS, HASH_SHA256, "SHA256", RSA_PSS_SALTLEN_DIGEST, 0},
		{rsa, SIG_RSAPSS, HASH_SHA384, "SHA384", RSA_PSS_SALTLEN_MAX, 0},
		{rsa, SIG_RSAPSS, HASH_SHA256, "SHA256", 20, -E_SIGNATURE},
		{rsa, SIG_RSAPSS, HASH_SHA256, "SHA256", 0, -E_SIGNATURE},
		{rsa, SIG_ECDSA, HASH_SHA256, "SHA256", 0, -E_SIGNATURE},
		{rsa, SIG_RSASSA, 0x1234, "SHA256", 0, -E_SIGNATURE},
		{p256, SIG_ECDSA, HASH_SHA256, "SHA256", 0, 0},
		{p384, SIG_ECDSA, HASH_SHA384, "SHA384", 0, 0},
		{p384, SIG_ECDSA, HASH_SHA256, "SHA384", 0, -E_SIGNATURE},
		{p384, SIG_RSASSA, HASH_SHA384, "SHA384", 0, -E_SIGNATURE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_pubkey_ struct pubkey *k = public_half(cases[i].key);
		uint8_t sig[256];
		struct err e = {0};
		size_t len = sign(cases[i].key, cases[i].md, cases[i].salt, sig, sizeof(sig));
		int r = pubkey_verify(k, cases[i].scheme, cases[i].hash, message, sizeof(message), sig,
				      len, &e);

		if (r != cases[i].want)
			fail_msg("case %zu: %d, wanted %d: %s", i, r, cases[i].want, e.msg);
	}
}

static void altered(EVP_PKEY *key, enum sig_scheme scheme, uint16_t hash, int salt)
{
	_cleanup_pubkey_ struct pubkey *k = public_half(key);
	uint8_t sig[257], zero[256] = {0}, other[sizeof(message)];
	size_t len = sign(key, hash_name(hash), salt, sig, sizeof(sig));

	sig[len] = 0;
	for (size_t i = 0; i < 8 * len; i += 5) {
		sig[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(pubkey_verify(k, scheme, hash, message, sizeof(message), sig, len, NULL),
				 -E_SIGNATURE);
		sig[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	memcpy(other, message, sizeof(other));
	other[3] ^= 1;
	assert_int_equal(pubkey_verify(k, scheme, hash, message, sizeof(message), sig, len, NULL), 0);
	assert_int_equal(pubkey_verify(k, scheme, hash, other, sizeof(other), sig, len, NULL),
			 -E_SIGNATURE);
	assert_int_equal(pubkey_verify(k, scheme, hash, message, sizeof(message), sig, len - 1, NULL),
			 -E_SIGNATURE);
	assert_int_equal(pubkey_verify(k, scheme, hash, message, sizeof(message), sig, len + 1, NULL),
			 -E_SIGNATURE);
	assert_int_equal(pubkey_verify(k, scheme, hash, message, sizeof(message), sig, 0, NULL),
			 -E_SIGNATURE);
	assert_int_equal(pubkey_verify(k, scheme, hash, message, sizeof(message), zero, len, NULL),
			 -E_SIGNATURE);
}

static void test_altered(void **state)
{
	(void)state;
	altered(rsa, SIG_RSASSA, HASH_SHA256, 0);
	altered(rsa, SIG_RSAPSS, HASH_SHA256, RSA_PSS_SALTLEN_DIGEST);
	altered(p256, SIG_ECDSA, HASH_SHA256, 0);
	altered(p384, SIG_ECDSA, HASH_SHA384, 0);
}

/* r = n + small: congruent, so a verifier that forgets the range takes it. */
static void test_ecdsa_range(void **state)
{
	_cleanup_pubkey_ struct pubkey *k = public_half(p256);
	uint8_t sig[64];

	(void)state;
	memset(sig, 0xff, sizeof(sig));
	assert_int_equal(pubkey_verify(k, SIG_ECDSA, HASH_SHA256, message, sizeof(message), sig, 64, NULL),
			 -E_SIGNATURE);
}

static void test_kinds_of_key(void **state)
{
	(void)state;
	assert_int_equal(read_key(rsa), 0);
	assert_int_equal(read_key(p256), 0);
	assert_int_equal(read_key(p384), 0);
	assert_int_equal(read_key(rsa1024), -E_CERT_MALFORMED);
	assert_int_equal(read_key(p521), -E_CERT_MALFORMED);
	assert_int_equal(read_key(ed25519), -E_CERT_MALFORMED);
}

/* The same curve, spelled out instead of named. */
static void test_explicit_curve(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	(void)state;
	assert_int_equal(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING,
							OSSL_PKEY_EC_ENCODING_EXPLICIT), 1);
	assert_int_equal(read_key(key), -E_CERT_MALFORMED);
	EVP_PKEY_free(key);
}

static void test_pem(void **state)
{
	_cleanup_pubkey_ struct pubkey *want = public_half(p256);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text, copy[1024];
	size_t len;

	(void)state;
	assert_int_equal(PEM_write_bio_PUBKEY(bio, p256), 1);
	len = (size_t)BIO_get_mem_data(bio, &text);
	assert_true(len + 3 < sizeof(copy));
	(void)snprintf(copy, sizeof(copy), "\n%.*s \n", (int)len, text);
	for (size_t cut = 0; cut <= len + 2; cut++) {
		_cleanup_pubkey_ struct pubkey *k = NULL;
		int r = pubkey_read(&k, "pem", copy, cut, NULL);

		/* whole but for the white space behind it */
		assert_int_equal(r, cut >= len ? 0 : -E_CERT_MALFORMED);
		assert_true(r < 0 || pubkey_equal(k, want));
	}
	copy[len + 1] = 'x';
	assert_int_equal(pubkey_read(&(struct pubkey *){NULL}, "pem", copy, len + 2, NULL),
			 -E_CERT_MALFORMED);
	BIO_free(bio);
}

static void test_der_tail(void **state)
{
	_cleanup_pubkey_ struct pubkey *k = NULL;
	uint8_t der[1024], *p = der;
	int len = i2d_PUBKEY(rsa, NULL);

	(void)state;
	assert_true(len > 0 && (size_t)len < sizeof(der));
	assert_int_equal(i2d_PUBKEY(rsa, &p), len);
	der[len] = 0;
	assert_int_equal(pubkey_read(&k, "der", der, (size_t)len + 1, NULL), -E_CERT_MALFORMED);
	assert_int_equal(pubkey_read(&k, "der", der, (size_t)len - 1, NULL), -E_CERT_MALFORMED);
	assert_int_equal(pubkey_read(&k, "der", der, 0, NULL), -E_CERT_MALFORMED);
	assert_int_equal(pubkey_read(&k, "der", der, (size_t)len, NULL), 0);
}

static void test_rsa_from_numbers(void **state)
{
	_cleanup_pubkey_ struct pubkey *want = public_half(rsa);
	_cleanup_pubkey_ struct pubkey *k = NULL;
	_cleanup_pubkey_ struct pubkey *padded = NULL;
	uint8_t n[258] = {0};
	size_t len;

	(void)state;
	assert_int_equal(pubkey_modulus(want, n + 1, 256, &len, NULL), 0);
	assert_int_equal(len, 256);
	assert_int_equal(pubkey_modulus(want, n + 1, 255, &len, NULL), -E_CERT_MALFORMED);
	assert_int_equal(pubkey_rsa(&k, n + 1, 256, 65537, NULL), 0);
	assert_true(pubkey_equal(k, want));
	assert_true(pubkey_is_rsa(k));
	assert_int_equal(pubkey_bits(k), 2048);
	assert_int_equal(pubkey_rsa(&padded, n, 257, 65537, NULL), 0);
	assert_true(pubkey_equal(padded, want));
	for (uint64_t e = 0; e < 3; e++)
		assert_int_equal(pubkey_rsa(&(struct pubkey *){NULL}, n + 1, 256, e, NULL),
				 -E_CERT_MALFORMED);
	assert_int_equal(pubkey_rsa(&(struct pubkey *){NULL}, n + 1, 256, 65536, NULL),
			 -E_CERT_MALFORMED);
	assert_int_equal(pubkey_rsa(&(struct pubkey *){NULL}, n + 1, 128, 65537, NULL),
			 -E_CERT_MALFORMED);
	n[256] &= 0xfe;
	assert_int_equal(pubkey_rsa(&(struct pubkey *){NULL}, n + 1, 256, 65537, NULL),
			 -E_CERT_MALFORMED);
}

static void test_ec_from_numbers(void **state)
{
	_cleanup_pubkey_ struct pubkey *want = public_half(p384);
	_cleanup_pubkey_ struct pubkey *k = NULL;
	uint8_t x[48], y[48];
	BIGNUM *bx = NULL, *by = NULL;

	(void)state;
	assert_int_equal(EVP_PKEY_get_bn_param(p384, OSSL_PKEY_PARAM_EC_PUB_X, &bx), 1);
	assert_int_equal(EVP_PKEY_get_bn_param(p384, OSSL_PKEY_PARAM_EC_PUB_Y, &by), 1);
	assert_int_equal(BN_bn2binpad(bx, x, 48), 48);
	assert_int_equal(BN_bn2binpad(by, y, 48), 48);
	BN_free(bx);
	BN_free(by);
	assert_int_equal(pubkey_ec(&k, x, y, 48, NULL), 0);
	assert_true(pubkey_equal(k, want));
	assert_false(pubkey_is_rsa(k));
	assert_int_equal(pubkey_bits(k), 384);
	assert_int_equal(pubkey_ec(&(struct pubkey *){NULL}, x, y, 47, NULL), -E_CERT_MALFORMED);
	y[47] ^= 1;
	assert_int_equal(pubkey_ec(&(struct pubkey *){NULL}, x, y, 48, NULL), -E_CERT_MALFORMED);
	memset(x, 0, sizeof(x));
	memset(y, 0, sizeof(y));
	assert_int_equal(pubkey_ec(&(struct pubkey *){NULL}, x, y, 48, NULL), -E_CERT_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_altered),
		cmocka_unit_test(test_ecdsa_range),
		cmocka_unit_test(test_kinds_of_key),
		cmocka_unit_test(test_explicit_curve),
		cmocka_unit_test(test_pem),
		cmocka_unit_test(test_der_tail),
		cmocka_unit_test(test_rsa_from_numbers),
		cmocka_unit_test(test_ec_from_numbers),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
