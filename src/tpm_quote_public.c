/* SPDX-License-Identifier: MIT */
#include "tpm_quote.h"

#include <string.h>

/* TCG Algorithm Registry */
#define ALG_RSA 0x0001
#define ALG_NULL 0x0010
#define ALG_RSAES 0x0015
#define ALG_ECDAA 0x001a
#define ALG_ECC 0x0023
#define CURVE_P256 0x0003
#define CURVE_P384 0x0004
#define RSA_EXPONENT 65537	/* what 0 stands for */
#define EC_SIZE_MAX 48

/* TPMA_OBJECT, Part 2, 8.3: the bits that have a meaning */
#define ATTRIBUTES_KNOWN 0x000f0cf6u

static int malformed(const char *what, struct err *reterr)
{
	return err_set(reterr, E_QUOTE_MALFORMED, "public area: %s", what);
}

static const uint8_t *take_sized(struct cursor *c, size_t *ret_len)
{
	*ret_len = cursor_be16(c);
	return cursor_take(c, *ret_len);
}

void tpm_public_done(struct tpm_public *p)
{
	pubkey_freep(&p->key);
	p->key = NULL;
}

/* TPMT_SYM_DEF_OBJECT and the scheme: both kinds of key begin so (Part 2, 12.2.3.5, .6). */
static void take_schemes(struct tpm_public *p, struct cursor *c)
{
	p->symmetric = cursor_be16(c) != ALG_NULL;
	if (p->symmetric) {
		(void)cursor_be16(c);	/* bits */
		(void)cursor_be16(c);	/* mode */
	}
	p->scheme = cursor_be16(c);
	if (p->scheme != ALG_NULL && p->scheme != ALG_RSAES)
		p->scheme_hash = cursor_be16(c);
	if (p->scheme == ALG_ECDAA)
		(void)cursor_be16(c);	/* count */
}

static int take_rsa(struct tpm_public *p, struct cursor *c, struct err *reterr)
{
	uint16_t bits = cursor_be16(c);
	uint32_t exponent = cursor_be32(c);
	size_t len;
	const uint8_t *n = take_sized(c, &len);

	if (c->failed)
		return malformed("it ends too early", reterr);
	if (len == 0 || 8 * len != bits || !(n[0] & 0x80))
		return malformed("modulus is not of the size that is named", reterr);
	return pubkey_rsa(&p->key, n, len, exponent ? exponent : RSA_EXPONENT, reterr);
}

/* A coordinate, which some TPMs write without its leading zeros. */
static bool take_coordinate(struct cursor *c, uint8_t out[EC_SIZE_MAX], size_t size)
{
	size_t len;
	const uint8_t *p = take_sized(c, &len);

	if (!p || len == 0 || len > size)
		return false;
	memset(out, 0, size - len);
	memcpy(out + size - len, p, len);
	return true;
}

static int take_ecc(struct tpm_public *p, struct cursor *c, struct err *reterr)
{
	uint16_t curve = cursor_be16(c);
	size_t size = curve == CURVE_P384 ? 48 : 32;
	uint8_t x[EC_SIZE_MAX], y[EC_SIZE_MAX];

	if (cursor_be16(c) != ALG_NULL)		/* key derivation */
		(void)cursor_be16(c);
	if (curve != CURVE_P256 && curve != CURVE_P384)
		return malformed("curve is neither P-256 nor P-384", reterr);
	if (!take_coordinate(c, x, size) || !take_coordinate(c, y, size))
		return malformed("a coordinate is not of the curve's size", reterr);
	return pubkey_ec(&p->key, x, y, size, reterr);
}

/* TPMT_PUBLIC, Part 2, 12.2.4 */
static int take_public(struct tpm_public *p, struct cursor *c, struct err *reterr)
{
	uint16_t type = cursor_be16(c);
	int r;

	p->name_alg = cursor_be16(c);
	p->attributes = cursor_be32(c);
	(void)take_sized(c, &p->policy_len);
	take_schemes(p, c);
	if (type != ALG_RSA && type != ALG_ECC)
		return malformed("type is neither RSA nor ECC", reterr);
	if (c->failed)
		return malformed("it ends too early", reterr);
	if (hash_size(p->name_alg) == 0 && p->name_alg != ALG_NULL)
		return malformed("hash of the name is not known", reterr);
	if (p->attributes & ~ATTRIBUTES_KNOWN)
		return malformed("an attribute has no meaning", reterr);
	if (p->policy_len != 0 && p->policy_len != hash_size(p->name_alg))
		return malformed("policy is not of the size of its hash", reterr);
	r = type == ALG_RSA ? take_rsa(p, c, reterr) : take_ecc(p, c, reterr);
	if (r == 0 && c->left > 0)
		r = malformed("something follows it", reterr);
	return r;
}

/* Part 1, 16: a name is the hash of the public area behind the hash's identifier. */
static int make_name(struct tpm_public *p, const uint8_t *area, size_t len, struct err *reterr)
{
	if (p->name_alg == ALG_NULL)
		return 0;
	p->name[0] = (uint8_t)(p->name_alg >> 8);
	p->name[1] = (uint8_t)p->name_alg;
	p->name_len = 2 + hash_size(p->name_alg);
	return crypto_hash(p->name_alg, area, len, p->name + 2, reterr);
}

int tpm_public_parse(struct tpm_public *ret, const uint8_t *bytes, size_t len, struct err *reterr)
{
	_cleanup_tpm_public_ struct tpm_public p = {0};
	struct cursor c = CURSOR(bytes, len);
	const uint8_t *area;
	size_t area_len;
	int r;

	if (len > TPM_QUOTE_SIZE_MAX)
		return malformed("it is too large", reterr);
	if (len > 2 && (size_t)(bytes[0] << 8 | bytes[1]) == len - 2)
		(void)cursor_be16(&c);
	area = c.p;
	area_len = c.left;
	r = take_public(&p, &c, reterr);
	if (r == 0)
		r = make_name(&p, area, area_len, reterr);
	if (r < 0)
		return r;
	*ret = p;
	p.key = NULL;
	return 0;
}
