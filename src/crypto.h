/* SPDX-License-Identifier: MIT */
/*
 * Cryptography, on OpenSSL 3. secret_heap_init() keeps the library from reading its configuration
 * file: what is done does not depend on files that the initramfs may lack.
 */
#ifndef CVMCRYPT_CRYPTO_H
#define CVMCRYPT_CRYPTO_H

#include "buf.h"
#include "err.h"
#include "secret.h"

#define SHA256_SIZE 32
#define DIGEST_MAX 64

/* TPM algorithm identifiers (TCG Algorithm Registry, table 3): the names of banks and digests. */
enum hash_alg { HASH_SHA1 = 0x0004, HASH_SHA256 = 0x000b, HASH_SHA384 = 0x000c,
		HASH_SHA512 = 0x000d, HASH_SM3 = 0x0012 };

/*
 * The library that this function belongs to works in OpenSSL's default library context from now on,
 * instead of making many: each new one costs as much as several signatures. A library that is not
 * found goes on as it was.
 */
void crypto_share_context(void (*function)(void));

/* 0 for an algorithm that is not known. */
size_t hash_size(uint16_t alg);
/* "sha256" ...; NULL for an algorithm that is not known. */
const char *hash_name(uint16_t alg);
/* 0 for a name that is not known. */
uint16_t hash_by_name(const char *name);

int crypto_random(void *out, size_t len, struct err *reterr);
int crypto_secret_random(struct secret *ret, size_t len, struct err *reterr);
int crypto_hash(uint16_t alg, const void *data, size_t len, uint8_t *out, struct err *reterr);
int crypto_sha256(const void *data, size_t len, uint8_t out[SHA256_SIZE], struct err *reterr);
/* out = H(old || data digest), what a PCR does; out may be old. */
int crypto_extend(uint16_t alg, const uint8_t *old, const uint8_t *digest, uint8_t *out,
		  struct err *reterr);
int crypto_hmac_sha256(const struct secret *key, const void *data, size_t len,
		       uint8_t out[SHA256_SIZE], struct err *reterr);
bool crypto_equal(const void *a, const void *b, size_t len);

/* HKDF-SHA256 (RFC 5869) with info as given (no NUL). */
int crypto_hkdf(const struct secret *ikm, const void *salt, size_t salt_len, const char *info,
		size_t out_len, struct secret *ret, struct err *reterr);
/* The same for a value that is not secret. */
int crypto_hkdf_public(const struct secret *ikm, const void *salt, size_t salt_len,
		       const char *info, uint8_t *out, size_t out_len, struct err *reterr);
/* Lower-case hex of a secret, as a secret (no NUL). */
int crypto_secret_hex(const struct secret *in, struct secret *ret, struct err *reterr);

/* AES-256-KWP (RFC 5649). Wrapped length: input rounded up to 8, plus 8. */
#define KWP_SIZE(n) (((n) + 7) / 8 * 8 + 8)
int crypto_wrap(const struct secret *kek, const struct secret *key, uint8_t *out, size_t out_max,
		size_t *ret_len, struct err *reterr);
/* E_UNWRAP when the integrity value is wrong. */
int crypto_unwrap(const struct secret *kek, const uint8_t *wrapped, size_t len, struct secret *ret,
		  struct err *reterr);

/* An EC P-256 key pair: the approving key. */
struct ec_key;
#define _cleanup_ec_key_ _cleanup_(ec_key_freep)
void ec_key_freep(struct ec_key **k);
int ec_key_generate(struct ec_key **ret, struct err *reterr);
int ec_key_load_pem(const char *path, struct ec_key **ret, struct err *reterr);
/* New file, mode 0600, PKCS#8 PEM, atomically. */
int ec_key_save_pem(const struct ec_key *k, const char *path, struct err *reterr);
/* Affine coordinates, 32 bytes each, big endian. */
int ec_key_public(const struct ec_key *k, uint8_t x[32], uint8_t y[32], struct err *reterr);
/* ECDSA over a SHA-256 digest; sig = r || s, 32 bytes each. */
int ec_key_sign(const struct ec_key *k, const uint8_t digest[SHA256_SIZE], uint8_t sig[64],
		struct err *reterr);

/* Is sig this key's over the digest? */
bool ec_key_verify(const struct ec_key *k, const uint8_t digest[SHA256_SIZE], const uint8_t sig[64]);

/*
 * RSA-OAEP (SHA-256, MGF1-SHA-256) to a public key in a PEM file, for recovery key escrow and guest
 * secret keys. label: NULL, or a string that counts with its NUL, as a TPM demands.
 */
struct oaep_text {
	uint8_t bytes[512];
	size_t len;			/* that of the modulus */
	uint8_t modulus_digest[SHA256_SIZE];
};
int crypto_rsa_oaep_encrypt(const char *pubkey_path, const char *label, const struct secret *in,
			    struct oaep_text *ret, struct err *reterr);

#endif
