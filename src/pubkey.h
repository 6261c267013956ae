/* SPDX-License-Identifier: MIT */
/*
 * Public keys from outside, and signatures made with them. Verification only. RSA keys below 2048
 * or above 8192 bits, exponents other than odd ones from 3 to 2^64-1, and curves other than the named
 * P-256 and P-384 are refused (E_CERT_MALFORMED).
 */
#ifndef CVMCRYPT_PUBKEY_H
#define CVMCRYPT_PUBKEY_H

#include "crypto.h"
#include "err.h"

enum sig_scheme { SIG_RSASSA, SIG_RSAPSS, SIG_ECDSA };

struct pubkey;
#define _cleanup_pubkey_ _cleanup_(pubkey_freep)
void pubkey_freep(struct pubkey **k);

/* SubjectPublicKeyInfo in PEM or DER; nothing may follow. */
int pubkey_read(struct pubkey **ret, const char *name, const void *bytes, size_t len,
		struct err *reterr);
/* Modulus and exponent, big endian. */
int pubkey_rsa(struct pubkey **ret, const uint8_t *n, size_t n_len, uint64_t e, struct err *reterr);
/* Affine coordinates, big endian, size bytes each: 32 for P-256, 48 for P-384; must be on the curve. */
int pubkey_ec(struct pubkey **ret, const uint8_t *x, const uint8_t *y, size_t size,
	      struct err *reterr);

bool pubkey_is_rsa(const struct pubkey *k);
/* RSA: bits of the modulus. EC: bits of the field. */
unsigned pubkey_bits(const struct pubkey *k);
/* The modulus, big endian, without leading zeros. E_CERT_MALFORMED for an EC key. */
int pubkey_modulus(const struct pubkey *k, uint8_t *out, size_t max, size_t *ret_len,
		   struct err *reterr);
bool pubkey_equal(const struct pubkey *a, const struct pubkey *b);

/*
 * Is sig this key's over H(data)? RSASSA is PKCS #1 v1.5; RSAPSS uses MGF1 with the same hash, and
 * takes a salt of the hash's length or the longest that fits, as TPMs make. ECDSA: r || s, each as
 * long as the field, big endian. E_SIGNATURE, E_CRYPTO.
 */
int pubkey_verify(const struct pubkey *k, enum sig_scheme scheme, uint16_t hash, const void *data,
		  size_t len, const uint8_t *sig, size_t sig_len, struct err *reterr);

#endif
