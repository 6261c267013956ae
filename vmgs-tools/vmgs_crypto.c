/* SPDX-License-Identifier: MIT */
#include "vmgs_crypto.h"

#include "crypto.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)1 << 20)	/* the library counts in int */

static int default_fill(void *context _unused_, void *out, size_t len, struct err *reterr)
{
	return crypto_random(out, len, reterr);
}

struct vmgs_random vmgs_random_default(void)
{
	return (struct vmgs_random){.fill = default_fill};
}

int vmgs_random_key(const struct vmgs_random *random, struct secret *ret, struct err *reterr)
{
	_cleanup_secret_ struct secret key = SECRET_INIT;
	int r = secret_alloc(&key, VMGS_KEY_BYTES, reterr);

	if (r == 0)
		r = random->fill(random->context, key.bytes, key.len, reterr);
	if (r < 0)
		return r;
	/* a writer that once forgot to draw made stores that anyone can read */
	if (vmgs_all_zero(key.bytes, key.len))
		return err_set(reterr, E_CRYPTO, "the random source gave zeros for a key");
	secret_take(ret, &key);
	return 0;
}

int vmgs_random_nonce(const struct vmgs_random *random, uint64_t counter,
		      uint8_t ret[VMGS_NONCE_BYTES], struct err *reterr)
{
	for (size_t i = 0; i < 8; i++)
		ret[4 + i] = (uint8_t)(counter >> (8 * i));
	return random->fill(random->context, ret, 4, reterr);
}

static bool gcm(EVP_CIPHER_CTX *ctx, const uint8_t *in, size_t len, uint8_t *out)
{
	int n;

	for (size_t at = 0; at < len; at += (size_t)n) {
		size_t part = len - at < CHUNK_BYTES ? len - at : CHUNK_BYTES;

		if (EVP_CipherUpdate(ctx, out + at, &n, in + at, (int)part) != 1 || n != (int)part)
			return false;
	}
	return true;
}

int vmgs_seal(const struct secret *key, const uint8_t nonce[VMGS_NONCE_BYTES], const void *in,
	      size_t len, void *out, uint8_t ret_tag[VMGS_TAG_BYTES], struct err *reterr)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t none[VMGS_TAG_BYTES];
	int n;
	bool ok = ctx && key->len == VMGS_KEY_BYTES &&
		  EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), key->bytes, nonce, 1, NULL) == 1 &&
		  gcm(ctx, in, len, out) && EVP_CipherFinal_ex(ctx, none, &n) == 1 &&
		  EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, VMGS_TAG_BYTES, ret_tag) == 1;

	EVP_CIPHER_CTX_free(ctx);
	if (ok)
		return 0;
	ERR_clear_error();
	return err_set(reterr, E_CRYPTO, "AES-256-GCM encryption failed");
}

int vmgs_unseal(const struct secret *key, const uint8_t nonce[VMGS_NONCE_BYTES],
		const uint8_t tag[VMGS_TAG_BYTES], const void *in, size_t len, void *out,
		struct err *reterr)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t none[VMGS_TAG_BYTES], tag_copy[VMGS_TAG_BYTES];
	int n;
	bool ok;

	memcpy(tag_copy, tag, sizeof(tag_copy));	/* the library's parameter has no const */
	ok = ctx && key->len == VMGS_KEY_BYTES &&
	     EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), key->bytes, nonce, 0, NULL) == 1 &&
	     gcm(ctx, in, len, out) &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, VMGS_TAG_BYTES, tag_copy) == 1 &&
	     EVP_CipherFinal_ex(ctx, none, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (ok)
		return 0;
	ERR_clear_error();
	OPENSSL_cleanse(out, len);
	return err_set(reterr, E_VMGS_DATA, "AES-256-GCM: the tag is wrong");
}
