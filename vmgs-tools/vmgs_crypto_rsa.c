/* SPDX-License-Identifier: MIT */
#include "vmgs_crypto_rsa.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

static void pkey_freep(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

static void bio_freep(BIO **b)
{
	(void)BIO_free(*b);
}

static void bn_freep(BIGNUM **n)
{
	BN_clear_free(*n);
}

static void pctx_freep(EVP_PKEY_CTX **c)
{
	EVP_PKEY_CTX_free(*c);
}

#define _cleanup_pkey_ _cleanup_(pkey_freep)
#define _cleanup_bio_ _cleanup_(bio_freep)
#define _cleanup_bn_ _cleanup_(bn_freep)
#define _cleanup_pctx_ _cleanup_(pctx_freep)

static int failed(struct err *reterr, const char *what)
{
	ERR_clear_error();
	return err_set(reterr, E_CRYPTO, "%s failed", what);
}

void vmgs_rsa_clear(struct vmgs_rsa *k)
{
	secret_clear(&k->prime);
}

/* The parts that go into the blob. */
static int take_key(EVP_PKEY *pkey, struct vmgs_rsa *ret, struct err *reterr)
{
	_cleanup_bn_ BIGNUM *n = NULL, *e = NULL, *p = BN_secure_new();
	_cleanup_secret_ struct secret prime = SECRET_INIT;
	int r;

	if (!EVP_PKEY_is_a(pkey, "RSA") || EVP_PKEY_get_bits(pkey) != 8 * VMGS_RSA_BYTES ||
	    !EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) ||
	    !EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) ||
	    !BN_is_word(e, VMGS_RSA_EXPONENT)) {
		ERR_clear_error();
		return err_set(reterr, E_USAGE, "not an RSA key of 2048 bits with exponent 65537");
	}
	if (!p || !EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_FACTOR1, &p) ||
	    BN_num_bytes(p) != VMGS_RSA_BYTES / 2 ||
	    BN_bn2binpad(n, ret->modulus, VMGS_RSA_BYTES) != VMGS_RSA_BYTES) {
		ERR_clear_error();
		return err_set(reterr, E_USAGE, "the RSA key has not two primes of 1024 bits");
	}
	r = secret_alloc(&prime, VMGS_RSA_BYTES / 2, reterr);
	if (r < 0)
		return r;
	if (BN_bn2binpad(p, prime.bytes, VMGS_RSA_BYTES / 2) != VMGS_RSA_BYTES / 2)
		return failed(reterr, "reading the RSA key");
	secret_take(&ret->prime, &prime);
	return 0;
}

int vmgs_rsa_generate(struct vmgs_rsa *ret, struct err *reterr)
{
	_cleanup_pkey_ EVP_PKEY *pkey = EVP_RSA_gen(8 * VMGS_RSA_BYTES);

	return pkey ? take_key(pkey, ret, reterr) : failed(reterr, "generating an RSA key");
}

int vmgs_rsa_read(const void *pem, size_t len, struct vmgs_rsa *ret, struct err *reterr)
{
	_cleanup_bio_ BIO *bio = BIO_new_mem_buf(pem, (int)len);
	/* an encrypted key must fail, not ask at the terminal: an empty pass phrase is given */
	_cleanup_pkey_ EVP_PKEY *pkey =
		bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)(uintptr_t) "") : NULL;

	if (pkey)
		return take_key(pkey, ret, reterr);
	ERR_clear_error();
	return err_set(reterr, E_USAGE, "no unencrypted private key in PEM");
}

static EVP_PKEY *public_key(const uint8_t *modulus, size_t len, uint32_t exponent)
{
	_cleanup_pctx_ EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	_cleanup_bn_ BIGNUM *n = BN_bin2bn(modulus, (int)len, NULL), *e = BN_new();
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (build && n && e && BN_set_word(e, exponent) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		params = OSSL_PARAM_BLD_to_param(build);
	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

int vmgs_rsa_public_pem(const uint8_t *modulus, size_t len, uint32_t exponent, struct buf *ret,
			struct err *reterr)
{
	_cleanup_pkey_ EVP_PKEY *pkey = public_key(modulus, len, exponent);
	_cleanup_bio_ BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long n;

	if (!pkey || !bio || PEM_write_bio_PUBKEY(bio, pkey) != 1)
		return failed(reterr, "writing a public key");
	n = BIO_get_mem_data(bio, &text);
	buf_put(ret, text, (size_t)n);
	return ret->failed ? err_set(reterr, E_NOMEM, "public key") : 0;
}

int vmgs_rsa_oaep(const uint8_t *modulus, size_t len, uint32_t exponent, const char *label,
		  const struct secret *in, uint8_t *out, struct err *reterr)
{
	_cleanup_pkey_ EVP_PKEY *pkey = public_key(modulus, len, exponent);
	_cleanup_pctx_ EVP_PKEY_CTX *ctx = pkey ? EVP_PKEY_CTX_new(pkey, NULL) : NULL;
	int label_len = (int)strlen(label) + 1;
	void *copy = OPENSSL_memdup(label, (size_t)label_len);
	size_t out_len = len;

	if (!ctx || !copy || EVP_PKEY_encrypt_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) != 1 ||
	    EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, copy, label_len) != 1) {
		OPENSSL_free(copy);
		return failed(reterr, "preparing RSA-OAEP");
	}
	/* the context owns the label now */
	if (EVP_PKEY_encrypt(ctx, out, &out_len, in->bytes, in->len) != 1 || out_len != len)
		return failed(reterr, "RSA-OAEP");
	return 0;
}

int vmgs_aes_cfb(const uint8_t key[VMGS_CFB_KEY_BYTES], const struct secret *in, uint8_t *out,
		 struct err *reterr)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const uint8_t iv[16] = {0};
	int n = 0;
	bool ok = ctx && EVP_EncryptInit_ex2(ctx, EVP_aes_128_cfb128(), key, iv, NULL) == 1 &&
		  EVP_EncryptUpdate(ctx, out, &n, in->bytes, (int)in->len) == 1 && n == (int)in->len;

	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : failed(reterr, "AES-CFB");
}
