/* SPDX-License-Identifier: MIT */
#include "vmgs_guest_key.h"

#include "pubkey.h"
#include "vmgs_format.h"

#include <string.h>

/* Part 2, 6.3 */
#define ALG_RSA 0x0001
#define ALG_AES 0x0006
#define ALG_SHA256 0x000b
#define ALG_NULL 0x0010
#define ALG_RSAES 0x0015
#define ALG_RSASSA 0x0014
#define ALG_OAEP 0x0017
#define ALG_CFB 0x0043

#define SEED_BYTES SHA256_SIZE
#define PRIME_BYTES (VMGS_RSA_BYTES / 2)
#define SENSITIVE_BYTES (2 + 2 + 2 + 2 + 2 + PRIME_BYTES)	/* with its size */

/* A sized part of the blob. */
static int take_part(struct cursor *c, const char *what, struct cursor *ret, struct err *reterr)
{
	uint16_t size = cursor_be16(c);
	const uint8_t *p = cursor_take(c, size);

	if (c->failed || size > GUEST_KEY_PART_MAX)
		return err_set(reterr, E_VMGS_GUEST_KEY, "%s is cut off or larger than %d bytes", what,
			       GUEST_KEY_PART_MAX);
	*ret = CURSOR(p, size);
	return 0;
}

/* TPMT_PUBLIC of an RSA key; symmetric and scheme are returned for the caller to judge. */
struct public_area {
	uint16_t name_alg, symmetric, symmetric_bits, symmetric_mode, scheme, bits, modulus_len;
	uint32_t attributes, exponent;
	const uint8_t *policy, *modulus;
	uint16_t policy_len;
};

static int parse_public(struct cursor c, struct public_area *ret, struct err *reterr)
{
	if (cursor_be16(&c) != ALG_RSA)
		return err_set(reterr, E_VMGS_GUEST_KEY, "the public area is not of an RSA key");
	ret->name_alg = cursor_be16(&c);
	ret->attributes = cursor_be32(&c);
	ret->policy_len = cursor_be16(&c);
	ret->policy = cursor_take(&c, ret->policy_len);
	ret->symmetric = cursor_be16(&c);
	ret->symmetric_bits = ret->symmetric_mode = 0;
	if (ret->symmetric != ALG_NULL) {
		ret->symmetric_bits = cursor_be16(&c);
		ret->symmetric_mode = cursor_be16(&c);
	}
	ret->scheme = cursor_be16(&c);
	if (ret->scheme == ALG_OAEP || ret->scheme == ALG_RSASSA)
		(void)cursor_be16(&c);
	else if (ret->scheme != ALG_NULL && ret->scheme != ALG_RSAES)
		return err_set(reterr, E_VMGS_GUEST_KEY, "scheme 0x%04x of the RSA key is not known",
			       ret->scheme);
	ret->bits = cursor_be16(&c);
	ret->exponent = cursor_be32(&c);
	ret->modulus_len = cursor_be16(&c);
	ret->modulus = cursor_take(&c, ret->modulus_len);
	if (c.failed || c.left > 0)
		return err_set(reterr, E_VMGS_GUEST_KEY, "the public area is cut off, or something follows");
	if (ret->bits % 8 != 0 || ret->bits < 1024 || ret->bits > 4096 ||
	    ret->modulus_len != ret->bits / 8 || !(ret->modulus[0] & 0x80) ||
	    !(ret->modulus[ret->modulus_len - 1] & 1))
		return err_set(reterr, E_VMGS_GUEST_KEY, "an RSA key of %u bits with a modulus of %u bytes",
			       ret->bits, ret->modulus_len);
	if (ret->exponent == 0)	/* Part 2, 12.2.3.5: the default */
		ret->exponent = VMGS_RSA_EXPONENT;
	return 0;
}

static int name_of(const void *public_area, size_t len, uint8_t ret[TPM_NAME_BYTES], struct err *reterr)
{
	ret[0] = ALG_SHA256 >> 8;
	ret[1] = ALG_SHA256 & 0xff;
	return crypto_sha256(public_area, len, ret + 2, reterr);
}

static int judge(const struct public_area *p, struct guest_key *k, struct err *reterr)
{
	if (p->name_alg != ALG_SHA256 || (p->policy_len != 0 && p->policy_len != SHA256_SIZE))
		return err_set(reterr, E_VMGS_GUEST_KEY, "name algorithm or policy is not of SHA-256");
	if (p->symmetric != ALG_NULL || !(p->attributes & TPM_OBJECT_DECRYPT) ||
	    (p->attributes & (TPM_OBJECT_RESTRICTED | TPM_OBJECT_FIXED_TPM | TPM_OBJECT_FIXED_PARENT)))
		return err_set(reterr, E_VMGS_GUEST_KEY,
			       "attributes 0x%08x are not of a key that is imported and decrypts",
			       p->attributes);
	k->attributes = p->attributes;
	k->bits = p->bits;
	k->exponent = p->exponent;
	k->modulus = p->modulus;
	k->policy = p->policy_len ? p->policy : NULL;
	k->bound = k->policy && !(p->attributes & TPM_OBJECT_USER_WITH_AUTH);
	return 0;
}

int guest_key_parse(const void *blob, size_t len, struct guest_key *ret, struct err *reterr)
{
	struct cursor c = CURSOR(blob, len), public, private, seed;
	struct public_area area;
	int r;

	if (len > GUEST_KEY_BYTES_MAX)
		return err_set(reterr, E_VMGS_GUEST_KEY, "%zu bytes; at most %d are imported", len,
			       GUEST_KEY_BYTES_MAX);
	r = take_part(&c, "the public area", &public, reterr);
	if (r == 0)
		r = take_part(&c, "the private area", &private, reterr);
	if (r == 0)
		r = take_part(&c, "the wrapped seed", &seed, reterr);
	if (r == 0)
		r = parse_public(public, &area, reterr);
	if (r == 0)
		r = judge(&area, ret, reterr);
	if (r == 0)
		r = name_of(public.p, public.left, ret->name, reterr);
	if (r < 0)
		return r;
	if (private.left == 0)
		return err_set(reterr, E_VMGS_GUEST_KEY, "there is no private area");
	if (!vmgs_all_zero(c.p, c.left))
		return err_set(reterr, E_VMGS_GUEST_KEY, "something follows the three parts");
	ret->wrapped = seed.left > 0;
	return 0;
}

int guest_key_parent_read(const void *bytes, size_t len, const char *name,
			  struct guest_key_parent *ret, struct err *reterr)
{
	_cleanup_pubkey_ struct pubkey *pem = NULL;
	struct cursor c = CURSOR(bytes, len), part;
	struct public_area p;

	if (len > 0 && ((const uint8_t *)bytes)[0] == '-') {
		int r = pubkey_read(&pem, name, bytes, len, reterr);

		ret->exponent = VMGS_RSA_EXPONENT;
		return r < 0 ? r : pubkey_modulus(pem, ret->modulus, sizeof(ret->modulus),
						  &ret->modulus_len, reterr);
	}
	if (take_part(&c, "it", &part, NULL) < 0 || c.left > 0 || parse_public(part, &p, NULL) < 0)
		return err_set(reterr, E_USAGE, "'%s' is neither PEM nor the TPM2B_PUBLIC of an RSA key",
			       name);
	if (!(p.attributes & TPM_OBJECT_RESTRICTED) || !(p.attributes & TPM_OBJECT_DECRYPT) ||
	    p.name_alg != ALG_SHA256 || p.symmetric != ALG_AES ||
	    p.symmetric_bits != 8 * VMGS_CFB_KEY_BYTES || p.symmetric_mode != ALG_CFB ||
	    p.modulus_len > sizeof(ret->modulus))
		return err_set(reterr, E_USAGE,
			       "'%s' is not a storage key with SHA-256 and AES-128-CFB", name);
	memcpy(ret->modulus, p.modulus, p.modulus_len);
	ret->modulus_len = p.modulus_len;
	ret->exponent = p.exponent;
	return 0;
}

static void put_public(struct buf *b, const struct vmgs_rsa *key, const uint8_t *policy)
{
	buf_put_be16(b, ALG_RSA);
	buf_put_be16(b, ALG_SHA256);
	buf_put_be32(b, TPM_OBJECT_DECRYPT |
		     (policy ? TPM_OBJECT_ADMIN_WITH_POLICY | TPM_OBJECT_NO_DA
			     : TPM_OBJECT_USER_WITH_AUTH));
	buf_put_be16(b, policy ? SHA256_SIZE : 0);
	buf_put(b, policy, policy ? SHA256_SIZE : 0);
	buf_put_be16(b, ALG_NULL);	/* symmetric */
	buf_put_be16(b, ALG_NULL);	/* scheme: named by who decrypts */
	buf_put_be16(b, 8 * VMGS_RSA_BYTES);
	buf_put_be32(b, 0);		/* exponent: 65537 */
	buf_put_be16(b, VMGS_RSA_BYTES);
	buf_put(b, key->modulus, VMGS_RSA_BYTES);
}

/* TPM2B_SENSITIVE: no password, no seed, the prime. */
static int put_sensitive(const struct vmgs_rsa *key, struct secret *ret, struct err *reterr)
{
	static const uint8_t start[] = {0, SENSITIVE_BYTES - 2, 0, ALG_RSA, 0, 0, 0, 0, 0, PRIME_BYTES};
	int r = secret_alloc(ret, SENSITIVE_BYTES, reterr);

	if (r < 0)
		return r;
	memcpy(ret->bytes, start, sizeof(start));
	memcpy(ret->bytes + sizeof(start), key->prime.bytes, PRIME_BYTES);
	return 0;
}

/* Part 1, 11.4.10.2: KDFa, where one block of SHA-256 is enough. */
static int kdfa(const struct secret *seed, const char *label, const uint8_t *context, size_t context_len,
		uint32_t bits, struct secret *ret, struct err *reterr)
{
	_cleanup_buf_ struct buf b = BUF_INIT(128);
	int r;

	buf_put_be32(&b, 1);
	buf_put(&b, label, strlen(label) + 1);
	buf_put(&b, context, context_len);
	buf_put_be32(&b, bits);
	if (b.failed)
		return err_set(reterr, E_NOMEM, "key derivation");
	r = secret_alloc(ret, SHA256_SIZE, reterr);
	return r < 0 ? r : crypto_hmac_sha256(seed, b.data, b.len, ret->bytes, reterr);
}

/* The outer wrapper: encrypted under the seed, and an HMAC over that and the object's name. */
static int put_wrapped(const struct secret *sensitive, const struct secret *seed,
		       const uint8_t name[TPM_NAME_BYTES], struct buf *ret, struct err *reterr)
{
	_cleanup_secret_ struct secret storage = SECRET_INIT, integrity = SECRET_INIT;
	uint8_t input[SENSITIVE_BYTES + TPM_NAME_BYTES], mac[SHA256_SIZE];
	int r = kdfa(seed, "STORAGE", name, TPM_NAME_BYTES, 8 * VMGS_CFB_KEY_BYTES, &storage, reterr);

	if (r == 0)
		r = kdfa(seed, "INTEGRITY", NULL, 0, 8 * SHA256_SIZE, &integrity, reterr);
	if (r == 0)
		r = vmgs_aes_cfb(storage.bytes, sensitive, input, reterr);
	if (r < 0)
		return r;
	memcpy(input + SENSITIVE_BYTES, name, TPM_NAME_BYTES);
	r = crypto_hmac_sha256(&integrity, input, sizeof(input), mac, reterr);
	buf_put_be16(ret, 2 + sizeof(mac) + SENSITIVE_BYTES);
	buf_put_be16(ret, sizeof(mac));
	buf_put(ret, mac, sizeof(mac));
	buf_put(ret, input, SENSITIVE_BYTES);
	return r;
}

static int put_private(const struct vmgs_rsa *key, const uint8_t name[TPM_NAME_BYTES],
		       const struct guest_key_parent *parent, struct buf *ret, struct err *reterr)
{
	_cleanup_secret_ struct secret sensitive = SECRET_INIT, seed = SECRET_INIT;
	uint8_t encrypted[512];
	int r = put_sensitive(key, &sensitive, reterr);

	if (r < 0)
		return r;
	if (!parent) {
		buf_put_be16(ret, SENSITIVE_BYTES);
		buf_put(ret, sensitive.bytes, sensitive.len);
		buf_put_be16(ret, 0);
		return 0;
	}
	r = crypto_secret_random(&seed, SEED_BYTES, reterr);
	if (r == 0)
		r = put_wrapped(&sensitive, &seed, name, ret, reterr);
	if (r == 0)
		r = vmgs_rsa_oaep(parent->modulus, parent->modulus_len, parent->exponent, "DUPLICATE",
				  &seed, encrypted, reterr);
	buf_put_be16(ret, (uint16_t)parent->modulus_len);
	buf_put(ret, encrypted, parent->modulus_len);
	return r;
}

int guest_key_format(const struct vmgs_rsa *key, const uint8_t policy[SHA256_SIZE],
		     const struct guest_key_parent *parent, struct buf *ret, struct err *reterr)
{
	_cleanup_buf_ struct buf area = BUF_INIT(GUEST_KEY_PART_MAX);
	uint8_t name[TPM_NAME_BYTES];
	int r;

	put_public(&area, key, policy);
	if (area.failed)
		return err_set(reterr, E_NOMEM, "public area");
	r = name_of(area.data, area.len, name, reterr);
	if (r < 0)
		return r;
	buf_put_be16(ret, (uint16_t)area.len);
	buf_put(ret, area.data, area.len);
	r = put_private(key, name, parent, ret, reterr);
	if (r == 0 && ret->failed)
		r = err_set(reterr, E_NOMEM, "guest secret key");
	return r;
}
