/* SPDX-License-Identifier: MIT */
/*
 * The RSA-2048 key pair of a guest secret key, and what wraps it to a TPM's storage key: RSA-OAEP with
 * SHA-256 and a label, AES-128-CFB (TPM 2.0 Library Part 1, 23.3 and B.10.3).
 */
#ifndef VMGS_CRYPTO_RSA_H
#define VMGS_CRYPTO_RSA_H

#include "buf.h"
#include "secret.h"

#define VMGS_RSA_BYTES 256
#define VMGS_RSA_EXPONENT 65537
#define VMGS_CFB_KEY_BYTES 16

struct vmgs_rsa {
	uint8_t modulus[VMGS_RSA_BYTES];	/* big-endian */
	struct secret prime;			/* one of the two: 128 bytes */
};

#define VMGS_RSA_INIT ((struct vmgs_rsa){0})
#define _cleanup_vmgs_rsa_ _cleanup_(vmgs_rsa_clear)

void vmgs_rsa_clear(struct vmgs_rsa *k);
int vmgs_rsa_generate(struct vmgs_rsa *ret, struct err *reterr);
/* An unencrypted private key in PEM, of 2048 bits with exponent 65537. E_USAGE. */
int vmgs_rsa_read(const void *pem, size_t len, struct vmgs_rsa *ret, struct err *reterr);
/* SubjectPublicKeyInfo in PEM, of any size of modulus. */
int vmgs_rsa_public_pem(const uint8_t *modulus, size_t len, uint32_t exponent, struct buf *ret,
			struct err *reterr);
/* label: its NUL is part of it. out has len bytes. */
int vmgs_rsa_oaep(const uint8_t *modulus, size_t len, uint32_t exponent, const char *label,
		  const struct secret *in, uint8_t *out, struct err *reterr);
/* Whole blocks are not needed; the initial vector is zero. out has in's length. */
int vmgs_aes_cfb(const uint8_t key[VMGS_CFB_KEY_BYTES], const struct secret *in, uint8_t *out,
		 struct err *reterr);

#endif
