/* SPDX-License-Identifier: MIT */
#include "crypto.h"

#include "codec.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

static const struct {
	uint16_t alg;
	uint16_t size;
	const char *name, *openssl;
} hashes[] = {
	{HASH_SHA1, 20, "sha1", "SHA1"},
	{HASH_SHA256, 32, "sha256", "SHA256"},
	{HASH_SHA384, 48, "sha384", "SHA384"},
	{HASH_SHA512, 64, "sha512", "SHA512"},
	{HASH_SM3, 32, "sm3", "SM3"},
};

size_t hash_size(uint16_t alg)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++)
		if (hashes[i].alg == alg)
			return hashes[i].size;
	return 0;
}

const char *hash_name(uint16_t alg)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++)
		if (hashes[i].alg == alg)
			return hashes[i].name;
	return NULL;
}

uint16_t hash_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++)
		if (strcmp(hashes[i].name, name) == 0)
			return hashes[i].alg;
	return 0;
}

static int openssl_failed(struct err *reterr, const char *what)
{
	unsigned long code = ERR_get_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return err_set(reterr, E_CRYPTO, "%s: %s", what, reason ? reason : "no reason given");
}

int crypto_random(void *out, size_t len, struct err *reterr)
{
	if (len > INT32_MAX || RAND_priv_bytes(out, (int)len) != 1)
		return openssl_failed(reterr, "random bytes");
	return 0;
}

int crypto_secret_random(struct secret *ret, size_t len, struct err *reterr)
{
	int r = secret_alloc(ret, len, reterr);

	return r < 0 ? r : crypto_random(ret->bytes, len, reterr);
}

static const char *openssl_name(uint16_t alg)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++)
		if (hashes[i].alg == alg)
			return hashes[i].openssl;
	return NULL;
}

int crypto_hash(uint16_t alg, const void *data, size_t len, uint8_t *out, struct err *reterr)
{
	const char *name = openssl_name(alg);

	if (!name)
		return err_set(reterr, E_INTERNAL, "hash algorithm 0x%04x", alg);
	if (EVP_Q_digest(NULL, name, NULL, data, len, out, NULL) != 1)
		return openssl_failed(reterr, name);
	return 0;
}

int crypto_sha256(const void *data, size_t len, uint8_t out[SHA256_SIZE], struct err *reterr)
{
	return crypto_hash(HASH_SHA256, data, len, out, reterr);
}

int crypto_extend(uint16_t alg, const uint8_t *old, const uint8_t *digest, uint8_t *out,
		  struct err *reterr)
{
	uint8_t both[2 * DIGEST_MAX];
	size_t size = hash_size(alg);

	memcpy(both, old, size);
	memcpy(both + size, digest, size);
	return crypto_hash(alg, both, 2 * size, out, reterr);
}

int crypto_hmac_sha256(const struct secret *key, const void *data, size_t len,
		       uint8_t out[SHA256_SIZE], struct err *reterr)
{
	size_t out_len = 0;

	if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key->bytes, key->len, data, len, out,
		       SHA256_SIZE, &out_len) || out_len != SHA256_SIZE)
		return openssl_failed(reterr, "HMAC");
	return 0;
}

bool crypto_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

int crypto_hkdf_public(const struct secret *ikm, const void *salt, size_t salt_len,
		       const char *info, uint8_t *out, size_t out_len, struct err *reterr)
{
	char digest[] = "SHA256";
	uint8_t salt_copy[64];
	char info_copy[64];
	size_t info_len = strlen(info);
	OSSL_PARAM params[5];
	EVP_KDF *kdf;
	EVP_KDF_CTX *ctx;
	int ok;

	if (salt_len > sizeof(salt_copy) || info_len > sizeof(info_copy))
		return err_set(reterr, E_INTERNAL, "HKDF input too long");
	/* OSSL_PARAM has no const */
	memcpy(salt_copy, salt, salt_len);
	memcpy(info_copy, info, info_len);
	params[0] = OSSL_PARAM_construct_utf8_string("digest", digest, 0);
	params[1] = OSSL_PARAM_construct_octet_string("key", ikm->bytes, ikm->len);
	params[2] = OSSL_PARAM_construct_octet_string("salt", salt_copy, salt_len);
	params[3] = OSSL_PARAM_construct_octet_string("info", info_copy, info_len);
	params[4] = OSSL_PARAM_construct_end();

	kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	ok = ctx && EVP_KDF_derive(ctx, out, out_len, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok ? 0 : openssl_failed(reterr, "HKDF");
}

int crypto_hkdf(const struct secret *ikm, const void *salt, size_t salt_len, const char *info,
		size_t out_len, struct secret *ret, struct err *reterr)
{
	int r = secret_alloc(ret, out_len, reterr);

	if (r == 0)
		r = crypto_hkdf_public(ikm, salt, salt_len, info, ret->bytes, out_len, reterr);
	return r;
}

int crypto_secret_hex(const struct secret *in, struct secret *ret, struct err *reterr)
{
	_cleanup_secret_ struct secret text = SECRET_INIT;
	int r;

	r = secret_alloc(&text, HEX_SIZE(in->len), reterr);
	if (r < 0)
		return r;
	hex_encode((char *)text.bytes, in->bytes, in->len);
	r = secret_alloc(ret, text.len - 1, reterr);
	if (r == 0)
		memcpy(ret->bytes, text.bytes, ret->len);
	return r;
}

/* One direction of AES-256-KWP; in_len and the result's length differ by the integrity block. */
static int kwp(bool encrypt, const struct secret *kek, const uint8_t *in, size_t in_len,
	       uint8_t *out, size_t *ret_len)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "id-aes256-wrap-pad", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, tail = 0;
	bool ok = false;

	if (cipher && ctx && kek->len == 32) {
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
		ok = EVP_CipherInit_ex2(ctx, cipher, kek->bytes, NULL, encrypt, NULL) == 1 &&
		     EVP_CipherUpdate(ctx, out, &n, in, (int)in_len) == 1 &&
		     EVP_CipherFinal_ex(ctx, out + n, &tail) == 1;
	}
	*ret_len = (size_t)(n + tail);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return ok ? 0 : -1;
}

int crypto_wrap(const struct secret *kek, const struct secret *key, uint8_t *out, size_t out_max,
		size_t *ret_len, struct err *reterr)
{
	if (KWP_SIZE(key->len) > out_max)
		return err_set(reterr, E_INTERNAL, "wrapping %zu bytes into %zu", key->len, out_max);
	if (kwp(true, kek, key->bytes, key->len, out, ret_len) < 0)
		return openssl_failed(reterr, "AES key wrap");
	return 0;
}

int crypto_unwrap(const struct secret *kek, const uint8_t *wrapped, size_t len, struct secret *ret,
		  struct err *reterr)
{
	_cleanup_secret_ struct secret room = SECRET_INIT;
	size_t out_len = 0;
	int r;

	if (len < 16 || len % 8 || len > SECRET_MAX)
		return err_set(reterr, E_UNWRAP, "wrapped key of %zu bytes", len);
	r = secret_alloc(&room, len, reterr);
	if (r < 0)
		return r;
	if (kwp(false, kek, wrapped, len, room.bytes, &out_len) < 0 || out_len == 0 || out_len > len) {
		ERR_clear_error();
		return err_set(reterr, E_UNWRAP, "the integrity value of the wrapped key is wrong");
	}
	r = secret_alloc(ret, out_len, reterr);
	if (r == 0)
		memcpy(ret->bytes, room.bytes, out_len);
	return r;
}
