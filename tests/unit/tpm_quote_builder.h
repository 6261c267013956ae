/* SPDX-License-Identifier: MIT */
/* Makes quotes, signatures and public areas as a TPM would, with OpenSSL keys. Behind cmocka.h. */
#ifndef CVMCRYPT_TEST_TPM_QUOTE_BUILDER_H
#define CVMCRYPT_TEST_TPM_QUOTE_BUILDER_H

#include "buf.h"
#include "tpm_quote.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#define ATTRIBUTES_AK 0x00050472u

struct maker {
	EVP_PKEY *pkey;
	enum sig_scheme scheme;
	uint16_t hash;
	struct buf attest;
	struct buf signature;	/* RSA, or ECDSA in DER */
};

static const EVP_MD *md(uint16_t hash)
{
	return hash == HASH_SHA1 ? EVP_sha1() : hash == HASH_SHA384 ? EVP_sha384() :
	       hash == HASH_SHA512 ? EVP_sha512() : EVP_sha256();
}

static inline void put_sized(struct buf *b, const void *data, size_t len)
{
	buf_put_be16(b, (uint16_t)len);
	buf_put(b, data, len);
}

/* selections: hash, size, bitmap, ... as they stand in a TPML_PCR_SELECTION */
static inline void make_attest(struct buf *b, const char *nonce, const void *selections,
			       size_t selections_len, uint32_t count, const uint8_t *digest,
			       size_t digest_len)
{
	*b = BUF_INIT(4096);
	buf_put_be32(b, 0xff544347);
	buf_put_be16(b, 0x8018);
	put_sized(b, "\0\x0bname", 6);
	put_sized(b, nonce, strlen(nonce));
	buf_put_be64(b, 12345);
	buf_put_be32(b, 1);
	buf_put_be32(b, 2);
	buf_put_u8(b, 1);
	buf_put_be64(b, 0x2020031200120003);
	buf_put_be32(b, count);
	buf_put(b, selections, selections_len);
	put_sized(b, digest, digest_len);
	assert_false(b->failed);
}

static inline void make_key(struct maker *m)
{
	if (m->scheme == SIG_ECDSA)
		m->pkey = EVP_EC_gen(m->hash == HASH_SHA384 ? "P-384" : "P-256");
	else
		m->pkey = EVP_RSA_gen(2048);
	assert_non_null(m->pkey);
}

static inline void sign(struct maker *m)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key = NULL;
	uint8_t out[512];
	size_t len = sizeof(out);

	assert_int_equal(EVP_DigestSignInit(ctx, &key, md(m->hash), NULL, m->pkey), 1);
	if (m->scheme == SIG_RSAPSS) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(key, RSA_PSS_SALTLEN_DIGEST), 1);
	}
	assert_int_equal(EVP_DigestSign(ctx, out, &len, m->attest.data, m->attest.len), 1);
	EVP_MD_CTX_free(ctx);
	buf_done(&m->signature);
	m->signature = BUF_INIT(512);
	buf_put(&m->signature, out, len);
}

static inline void put_number(struct buf *b, const BIGNUM *n, bool sized, int size)
{
	uint8_t out[64];

	assert_int_equal(BN_bn2binpad(n, out, size), size);
	if (sized)
		put_sized(b, out, (size_t)size);
	else
		buf_put(b, out, (size_t)size);
}

/* TPMT_SIGNATURE, or raw with tpmt false (ECDSA: r || s). */
static inline void wrap_signature(const struct maker *m, bool tpmt, struct buf *b)
{
	static const uint16_t alg[] = {0x14, 0x16, 0x18};
	const uint8_t *p = m->signature.data;
	int size = m->hash == HASH_SHA384 ? 48 : 32;
	ECDSA_SIG *sig;

	*b = BUF_INIT(1024);
	if (tpmt) {
		buf_put_be16(b, alg[m->scheme]);
		buf_put_be16(b, m->hash);
	}
	if (m->scheme != SIG_ECDSA) {
		if (tpmt)
			buf_put_be16(b, (uint16_t)m->signature.len);
		buf_put(b, m->signature.data, m->signature.len);
		return;
	}
	sig = d2i_ECDSA_SIG(NULL, &p, (long)m->signature.len);
	assert_non_null(sig);
	put_number(b, ECDSA_SIG_get0_r(sig), tpmt, size);
	put_number(b, ECDSA_SIG_get0_s(sig), tpmt, size);
	ECDSA_SIG_free(sig);
}

static inline struct pubkey *public_key(const struct maker *m)
{
	struct pubkey *key = NULL;
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(m->pkey, &der);
	struct err e = {0};

	assert_true(len > 0);
	if (pubkey_read(&key, "key", der, (size_t)len, &e) < 0)
		fail_msg("%s", e.msg);
	OPENSSL_free(der);
	return key;
}

/* TPMT_PUBLIC of the key with the maker's scheme. */
static inline void make_public(const struct maker *m, uint32_t attributes, struct buf *b)
{
	bool rsa = m->scheme != SIG_ECDSA;
	uint8_t point[2 * 66 + 1];
	size_t len, size = m->hash == HASH_SHA384 ? 48 : 32;
	BIGNUM *n = NULL;

	*b = BUF_INIT(1024);
	buf_put_be16(b, rsa ? 0x0001 : 0x0023);
	buf_put_be16(b, HASH_SHA256);
	buf_put_be32(b, attributes);
	buf_put_be16(b, 0);
	buf_put_be16(b, 0x0010);
	buf_put_be16(b, m->scheme == SIG_RSASSA ? 0x14 : rsa ? 0x16 : 0x18);
	buf_put_be16(b, m->hash);
	if (rsa) {
		uint8_t modulus[256];

		buf_put_be16(b, 2048);
		buf_put_be32(b, 0);
		assert_int_equal(EVP_PKEY_get_bn_param(m->pkey, "n", &n), 1);
		assert_int_equal(BN_bn2binpad(n, modulus, 256), 256);
		BN_free(n);
		put_sized(b, modulus, 256);
		return;
	}
	assert_int_equal(EVP_PKEY_get_octet_string_param(m->pkey, "encoded-pub-key", point,
							 sizeof(point), &len), 1);
	assert_int_equal(len, 2 * size + 1);
	buf_put_be16(b, size == 48 ? 4 : 3);
	buf_put_be16(b, 0x0010);
	put_sized(b, point + 1, size);
	put_sized(b, point + 1 + size, size);
}

static inline void maker_done(struct maker *m)
{
	EVP_PKEY_free(m->pkey);
	buf_done(&m->attest);
	buf_done(&m->signature);
}

#define _cleanup_maker_ _cleanup_(maker_done)

#endif
