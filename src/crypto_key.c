/* SPDX-License-Identifier: MIT */
#include "crypto.h"

#include "file.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#define PEM_SIZE_MAX 16384

struct ec_key {
	EVP_PKEY *pkey;
};

static int failed(struct err *reterr, const char *what)
{
	unsigned long code = ERR_get_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return err_set(reterr, E_CRYPTO, "%s: %s", what, reason ? reason : "no reason given");
}

void ec_key_freep(struct ec_key **k)
{
	if (*k)
		EVP_PKEY_free((*k)->pkey);
	free(*k);
	*k = NULL;
}

/* Takes pkey, whatever the outcome. */
static int wrap_pkey(EVP_PKEY *pkey, struct ec_key **ret, struct err *reterr)
{
	char group[32] = "";
	struct ec_key *k;

	if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1 ||
	    strcmp(group, "prime256v1") != 0) {
		EVP_PKEY_free(pkey);
		return err_set(reterr, E_USAGE, "the approving key is not an EC key on P-256");
	}
	k = malloc(sizeof(*k));
	if (!k) {
		EVP_PKEY_free(pkey);
		return err_set(reterr, E_NOMEM, "approving key");
	}
	k->pkey = pkey;
	*ret = k;
	return 0;
}

int ec_key_generate(struct ec_key **ret, struct err *reterr)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");

	if (!pkey)
		return failed(reterr, "generating an EC key");
	return wrap_pkey(pkey, ret, reterr);
}

int ec_key_load_pem(const char *path, struct ec_key **ret, struct err *reterr)
{
	_cleanup_buf_ struct buf text = BUF_INIT(0);
	EVP_PKEY *pkey;
	BIO *bio;
	int r;

	r = file_read(path, PEM_SIZE_MAX, &text, reterr);
	if (r < 0)
		return r;
	bio = BIO_new_mem_buf(text.data, (int)text.len);
	/* an encrypted key must fail, not ask at the terminal: an empty pass phrase is given */
	pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)(uintptr_t) "") : NULL;
	BIO_free(bio);
	if (!pkey) {
		ERR_clear_error();
		return err_set(reterr, E_USAGE, "'%s' holds no unencrypted private key in PEM", path);
	}
	r = wrap_pkey(pkey, ret, reterr);
	return r < 0 ? err_wrap(reterr, r, "'%s'", path) : 0;
}

int ec_key_save_pem(const struct ec_key *k, const char *path, struct err *reterr)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *text = NULL;
	long len;
	int r;

	if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, k->pkey, NULL, NULL, 0, NULL, NULL) != 1) {
		BIO_free(bio);
		return failed(reterr, "writing the approving key");
	}
	len = BIO_get_mem_data(bio, &text);
	r = file_replace(path, text, (size_t)len, 0600, reterr);
	BIO_free(bio);
	return r;
}

int ec_key_public(const struct ec_key *k, uint8_t x[32], uint8_t y[32], struct err *reterr)
{
	BIGNUM *bx = NULL, *by = NULL;
	int ok = EVP_PKEY_get_bn_param(k->pkey, OSSL_PKEY_PARAM_EC_PUB_X, &bx) == 1 &&
		 EVP_PKEY_get_bn_param(k->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &by) == 1 &&
		 BN_bn2binpad(bx, x, 32) == 32 && BN_bn2binpad(by, y, 32) == 32;

	BN_free(bx);
	BN_free(by);
	return ok ? 0 : failed(reterr, "reading the approving key's public half");
}

int ec_key_sign(const struct ec_key *k, const uint8_t digest[SHA256_SIZE], uint8_t sig[64],
		struct err *reterr)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->pkey, NULL);
	uint8_t der[80];
	size_t der_len = sizeof(der);
	const uint8_t *p = der;
	ECDSA_SIG *parsed = NULL;
	bool ok;

	ok = ctx && EVP_PKEY_sign_init(ctx) == 1 &&
	     EVP_PKEY_sign(ctx, der, &der_len, digest, SHA256_SIZE) == 1;
	if (ok)
		parsed = d2i_ECDSA_SIG(NULL, &p, (long)der_len);
	ok = parsed && BN_bn2binpad(ECDSA_SIG_get0_r(parsed), sig, 32) == 32 &&
	     BN_bn2binpad(ECDSA_SIG_get0_s(parsed), sig + 32, 32) == 32;
	ECDSA_SIG_free(parsed);
	EVP_PKEY_CTX_free(ctx);
	return ok ? 0 : failed(reterr, "signing an approval");
}

bool ec_key_verify(const struct ec_key *k, const uint8_t digest[SHA256_SIZE], const uint8_t sig[64])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->pkey, NULL);
	ECDSA_SIG *parsed = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig, 32, NULL), *s = BN_bin2bn(sig + 32, 32, NULL);
	uint8_t *der = NULL;
	int der_len = 0;
	bool ok = false;

	if (parsed && r && s && ECDSA_SIG_set0(parsed, r, s) == 1) {
		r = s = NULL;	/* parsed owns them */
		der_len = i2d_ECDSA_SIG(parsed, &der);
	}
	if (ctx && der_len > 0)
		ok = EVP_PKEY_verify_init(ctx) == 1 &&
		     EVP_PKEY_verify(ctx, der, (size_t)der_len, digest, SHA256_SIZE) == 1;
	ERR_clear_error();
	OPENSSL_free(der);
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(parsed);
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static int read_rsa_pem(const char *path, EVP_PKEY **ret, struct err *reterr)
{
	_cleanup_buf_ struct buf text = BUF_INIT(0);
	EVP_PKEY *pkey;
	BIO *bio;
	int r;

	r = file_read(path, PEM_SIZE_MAX, &text, reterr);
	if (r < 0)
		return r;
	bio = BIO_new_mem_buf(text.data, (int)text.len);
	pkey = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	if (!pkey || !EVP_PKEY_is_a(pkey, "RSA") || EVP_PKEY_get_bits(pkey) < 2048 ||
	    EVP_PKEY_get_bits(pkey) > 4096) {
		EVP_PKEY_free(pkey);
		ERR_clear_error();
		return err_set(reterr, E_USAGE,
			       "'%s' holds no RSA public key of 2048 to 4096 bits in PEM", path);
	}
	*ret = pkey;
	return 0;
}

static bool digest_modulus(EVP_PKEY *pkey, uint8_t out[SHA256_SIZE])
{
	uint8_t bytes[512];
	BIGNUM *n = NULL;
	int len = -1;

	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
	    BN_num_bytes(n) <= (int)sizeof(bytes))
		len = BN_bn2bin(n, bytes);
	BN_free(n);
	return len > 0 && crypto_sha256(bytes, (size_t)len, out, NULL) == 0;
}

/* The context takes the copy of the label over. */
static bool set_label(EVP_PKEY_CTX *ctx, const char *label)
{
	char *copy;

	if (!label)
		return true;
	copy = OPENSSL_memdup(label, strlen(label) + 1);
	if (copy && EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, copy, (int)strlen(label) + 1) == 1)
		return true;
	OPENSSL_free(copy);
	return false;
}

int crypto_rsa_oaep_encrypt(const char *pubkey_path, const char *label, const struct secret *in,
			    struct oaep_text *ret, struct err *reterr)
{
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *pkey = NULL;
	bool ok;
	int r = read_rsa_pem(pubkey_path, &pkey, reterr);

	if (r < 0)
		return r;
	ret->len = sizeof(ret->bytes);
	ctx = EVP_PKEY_CTX_new(pkey, NULL);
	ok = ctx && digest_modulus(pkey, ret->modulus_digest) &&
	     EVP_PKEY_encrypt_init(ctx) == 1 &&
	     EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	     EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1 &&
	     EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1 && set_label(ctx, label) &&
	     EVP_PKEY_encrypt(ctx, ret->bytes, &ret->len, in->bytes, in->len) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return ok ? 0 : failed(reterr, "encrypting to an RSA key");
}
