/* SPDX-License-Identifier: MIT */
#include "pubkey.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <ctype.h>
#include <string.h>

#define KEY_FILE_MAX 16384
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192	/* bounds the work that a hostile key can ask for */
#define EC_SIZE_MAX 48

#define _cleanup_bn_ _cleanup_(bn_freep)
#define _cleanup_pctx_ _cleanup_(pctx_freep)

struct pubkey {
	EVP_PKEY *pkey;
	unsigned bits;		/* RSA: of the modulus; EC: of the field */
	bool rsa;
};

static const struct {
	size_t size;
	const char *name;
} curves[] = {
	{32, SN_X9_62_prime256v1},
	{48, SN_secp384r1},
};

static void bn_freep(BIGNUM **n)
{
	BN_free(*n);
}

static void pctx_freep(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

static int failed(struct err *reterr, const char *what)
{
	ERR_clear_error();
	return err_set(reterr, E_CRYPTO, "%s", what);
}

void pubkey_freep(struct pubkey **k)
{
	if (*k)
		EVP_PKEY_free((*k)->pkey);
	free(*k);
	*k = NULL;
}

static int check_rsa(struct pubkey *k, const char *name, struct err *reterr)
{
	_cleanup_bn_ BIGNUM *n = NULL;
	_cleanup_bn_ BIGNUM *e = NULL;

	if (EVP_PKEY_get_bn_param(k->pkey, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
	    EVP_PKEY_get_bn_param(k->pkey, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
		return failed(reterr, "reading an RSA key");
	k->rsa = true;
	k->bits = (unsigned)BN_num_bits(n);
	if (k->bits < RSA_BITS_MIN || k->bits > RSA_BITS_MAX || !BN_is_odd(n))
		return err_set(reterr, E_CERT_MALFORMED, "%s: RSA modulus of %u bits", name, k->bits);
	if (!BN_is_odd(e) || BN_is_one(e) || BN_num_bits(e) > 64)
		return err_set(reterr, E_CERT_MALFORMED, "%s: RSA exponent is not usable", name);
	return 0;
}

static int check_ec(struct pubkey *k, const char *name, struct err *reterr)
{
	_cleanup_pctx_ EVP_PKEY_CTX *ctx = NULL;
	char group[32] = "";
	int explicit_params = 0;

	(void)EVP_PKEY_get_group_name(k->pkey, group, sizeof(group), NULL);
	for (size_t i = 0; i < ARRAY_SIZE(curves); i++)
		if (strcmp(group, curves[i].name) == 0)
			k->bits = (unsigned)(8 * curves[i].size);
	/* a curve spelled out is a known trap (CVE-2020-0601), even when it equals a named one */
	(void)EVP_PKEY_get_int_param(k->pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
				     &explicit_params);
	if (k->bits == 0 || explicit_params)
		return err_set(reterr, E_CERT_MALFORMED, "%s: EC key is not on P-256 or P-384", name);
	ctx = EVP_PKEY_CTX_new(k->pkey, NULL);
	if (!ctx)
		return failed(reterr, "checking an EC key");
	if (EVP_PKEY_public_check_quick(ctx) != 1) {
		ERR_clear_error();
		return err_set(reterr, E_CERT_MALFORMED, "%s: EC point is not on the curve", name);
	}
	return 0;
}

/* Takes pkey, whatever the outcome. */
static int wrap(struct pubkey **ret, const char *name, EVP_PKEY *pkey, struct err *reterr)
{
	_cleanup_pubkey_ struct pubkey *k = calloc(1, sizeof(*k));
	int r;

	if (!k) {
		EVP_PKEY_free(pkey);
		return err_set(reterr, E_NOMEM, "%s", name);
	}
	k->pkey = pkey;
	if (EVP_PKEY_is_a(pkey, "RSA"))
		r = check_rsa(k, name, reterr);
	else if (EVP_PKEY_is_a(pkey, "EC"))
		r = check_ec(k, name, reterr);
	else
		r = err_set(reterr, E_CERT_MALFORMED, "%s: key is neither RSA nor EC", name);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(k);
	return 0;
}

static EVP_PKEY *read_pem(const uint8_t *bytes, size_t len)
{
	BIO *bio = BIO_new_mem_buf(bytes, (int)len);
	EVP_PKEY *pkey = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
	char rest;

	while (pkey && BIO_read(bio, &rest, 1) == 1) {
		if (isspace((unsigned char)rest))
			continue;
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	BIO_free(bio);
	return pkey;
}

static EVP_PKEY *read_der(const uint8_t *bytes, size_t len)
{
	const uint8_t *p = bytes;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)len);

	if (pkey && p != bytes + len) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	return pkey;
}

int pubkey_read(struct pubkey **ret, const char *name, const void *bytes, size_t len,
		struct err *reterr)
{
	static const char begin[] = "-----BEGIN PUBLIC KEY-----";
	const uint8_t *p = bytes;
	EVP_PKEY *pkey = NULL;

	if (len > KEY_FILE_MAX)
		return err_set(reterr, E_CERT_MALFORMED, "%s: too large for a public key", name);
	while (len > 0 && isspace(*p)) {
		p++;
		len--;
	}
	if (len >= sizeof(begin) - 1 && memcmp(p, begin, sizeof(begin) - 1) == 0)
		pkey = read_pem(p, len);
	else if (len > 0)
		pkey = read_der(p, len);
	ERR_clear_error();
	if (!pkey)
		return err_set(reterr, E_CERT_MALFORMED, "%s: not a public key in PEM or DER", name);
	return wrap(ret, name, pkey, reterr);
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *bld)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	ERR_clear_error();
	return pkey;
}

int pubkey_rsa(struct pubkey **ret, const uint8_t *n, size_t n_len, uint64_t e, struct err *reterr)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	_cleanup_bn_ BIGNUM *bn = NULL;
	EVP_PKEY *pkey = NULL;

	if (n_len > 0 && n_len <= RSA_BITS_MAX / 8 + 1)
		bn = BN_bin2bn(n, (int)n_len, NULL);
	if (bld && bn && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn) == 1 &&
	    OSSL_PARAM_BLD_push_uint64(bld, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		pkey = from_params("RSA", bld);
	OSSL_PARAM_BLD_free(bld);
	if (!pkey)
		return err_set(reterr, E_CERT_MALFORMED, "not an RSA key");
	return wrap(ret, "RSA key", pkey, reterr);
}

int pubkey_ec(struct pubkey **ret, const uint8_t *x, const uint8_t *y, size_t size,
	      struct err *reterr)
{
	uint8_t point[1 + 2 * EC_SIZE_MAX] = {POINT_CONVERSION_UNCOMPRESSED};
	OSSL_PARAM_BLD *bld = NULL;
	const char *curve = NULL;
	EVP_PKEY *pkey = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(curves); i++)
		if (curves[i].size == size)
			curve = curves[i].name;
	if (!curve)
		return err_set(reterr, E_CERT_MALFORMED, "EC key is not on P-256 or P-384");
	memcpy(point + 1, x, size);
	memcpy(point + 1 + size, y, size);
	bld = OSSL_PARAM_BLD_new();
	if (bld &&
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * size) == 1)
		pkey = from_params("EC", bld);
	OSSL_PARAM_BLD_free(bld);
	if (!pkey)
		return err_set(reterr, E_CERT_MALFORMED, "EC point is not on the curve");
	return wrap(ret, "EC key", pkey, reterr);
}

bool pubkey_is_rsa(const struct pubkey *k)
{
	return k->rsa;
}

unsigned pubkey_bits(const struct pubkey *k)
{
	return k->bits;
}

int pubkey_modulus(const struct pubkey *k, uint8_t *out, size_t max, size_t *ret_len,
		   struct err *reterr)
{
	_cleanup_bn_ BIGNUM *n = NULL;

	if (!k->rsa)
		return err_set(reterr, E_CERT_MALFORMED, "an EC key has no modulus");
	if (EVP_PKEY_get_bn_param(k->pkey, OSSL_PKEY_PARAM_RSA_N, &n) != 1)
		return failed(reterr, "reading an RSA key");
	if ((size_t)BN_num_bytes(n) > max)
		return err_set(reterr, E_CERT_MALFORMED, "RSA modulus of %u bits", k->bits);
	*ret_len = (size_t)BN_bn2bin(n, out);
	return 0;
}

bool pubkey_equal(const struct pubkey *a, const struct pubkey *b)
{
	bool equal = EVP_PKEY_eq(a->pkey, b->pkey) == 1;

	ERR_clear_error();
	return equal;
}

/* r || s, big endian, to the DER that OpenSSL wants; malloc'ed by OpenSSL. */
static int ecdsa_der(const uint8_t *sig, size_t size, uint8_t **ret)
{
	BIGNUM *r = BN_bin2bn(sig, (int)size, NULL), *s = BN_bin2bn(sig + size, (int)size, NULL);
	ECDSA_SIG *parsed = ECDSA_SIG_new();
	int len = -1;

	if (parsed && r && s && ECDSA_SIG_set0(parsed, r, s) == 1) {
		r = s = NULL;	/* parsed owns them */
		len = i2d_ECDSA_SIG(parsed, ret);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(parsed);
	return len;
}

/* 1 good, 0 bad, -1 it could not be tried. salt: of RSAPSS. */
static int try_verify(const struct pubkey *k, const char *md, int salt, const void *data, size_t len,
		      const uint8_t *sig, size_t sig_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	int r = -1;

	if (ctx &&
	    EVP_DigestVerifyInit_ex(ctx, &pctx, md, NULL, NULL, k->pkey, NULL) == 1 &&
	    (salt == 0 || (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
			   EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) == 1)))
		r = EVP_DigestVerify(ctx, sig, sig_len, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return r;
}

static int verify_rsa(const struct pubkey *k, enum sig_scheme scheme, const char *md,
		      const struct cursor *data, const struct cursor *sig)
{
	int r;

	if (scheme == SIG_RSASSA)
		return try_verify(k, md, 0, data->p, data->left, sig->p, sig->left);
	r = try_verify(k, md, RSA_PSS_SALTLEN_DIGEST, data->p, data->left, sig->p, sig->left);
	if (r != 0)
		return r;
	return try_verify(k, md, RSA_PSS_SALTLEN_MAX, data->p, data->left, sig->p, sig->left);
}

static int verify_ec(const struct pubkey *k, const char *md, const struct cursor *data,
		     const struct cursor *sig)
{
	uint8_t *der = NULL;
	int der_len = ecdsa_der(sig->p, sig->left / 2, &der);
	int r = -1;

	if (der_len > 0)
		r = try_verify(k, md, 0, data->p, data->left, der, (size_t)der_len);
	OPENSSL_free(der);
	return r;
}

int pubkey_verify(const struct pubkey *k, enum sig_scheme scheme, uint16_t hash, const void *data,
		  size_t len, const uint8_t *sig, size_t sig_len, struct err *reterr)
{
	struct cursor d = CURSOR(data, len), s = CURSOR(sig, sig_len);
	size_t want = k->rsa ? (k->bits + 7) / 8 : 2 * (k->bits / 8);
	const char *md = hash_name(hash);
	int r;

	if (!md)
		return err_set(reterr, E_SIGNATURE, "hash 0x%04x of the signature is not known", hash);
	if (k->rsa != (scheme != SIG_ECDSA))
		return err_set(reterr, E_SIGNATURE, "the signature's scheme is not one of this key");
	if (sig_len != want)
		return err_set(reterr, E_SIGNATURE, "signature of %zu bytes, the key makes %zu", sig_len,
			       want);
	r = k->rsa ? verify_rsa(k, scheme, md, &d, &s) : verify_ec(k, md, &d, &s);
	if (r < 0)
		return failed(reterr, "verifying a signature");
	return r ? 0 : err_set(reterr, E_SIGNATURE, "signature does not verify");
}
