/* SPDX-License-Identifier: MIT */
/*
 * GUEST_SECRET_KEY, file 13: an RSA key that the paravisor imports into the vTPM under its storage key
 * 0x81000001 and keeps at 0x81000004. The blob is TPM2B_PUBLIC, TPM2B_PRIVATE, TPM2B_ENCRYPTED_SECRET
 * (TPM 2.0 Library Part 2, 12.2.5, 12.3.7, 11.4.33), big-endian, then zeros up to 2048 bytes at most.
 *
 * Plain: no outer wrapper, the prime stands in the file; the file's encryption is all that protects it.
 * Wrapped (Part 1, 23.3.2.3): only the TPM with this storage key can import it. Bound: userWithAuth is
 * clear and the policy is PolicyPCR, so that the key works in the predicted boot only, before PCR 15 is
 * closed. Unbound: an empty password. Failures: E_VMGS_GUEST_KEY, E_USAGE for a storage key, E_CRYPTO.
 */
#ifndef VMGS_GUEST_KEY_H
#define VMGS_GUEST_KEY_H

#include "crypto.h"
#include "vmgs_crypto_rsa.h"

#define GUEST_KEY_FILE_ID 13
#define GUEST_KEY_BYTES_MAX 2048
#define GUEST_KEY_PART_MAX 1024		/* of each of the three */
#define TPM_NAME_BYTES 34

/* TPMA_OBJECT, Part 2, 8.3.2 */
#define TPM_OBJECT_FIXED_TPM (1u << 1)
#define TPM_OBJECT_FIXED_PARENT (1u << 4)
#define TPM_OBJECT_USER_WITH_AUTH (1u << 6)
#define TPM_OBJECT_ADMIN_WITH_POLICY (1u << 7)
#define TPM_OBJECT_NO_DA (1u << 10)
#define TPM_OBJECT_RESTRICTED (1u << 16)
#define TPM_OBJECT_DECRYPT (1u << 17)

struct guest_key {
	uint32_t attributes;
	uint16_t bits;
	uint32_t exponent;
	const uint8_t *modulus;		/* borrowed; bits / 8 bytes */
	const uint8_t *policy;		/* borrowed; SHA256_SIZE bytes, or NULL */
	uint8_t name[TPM_NAME_BYTES];
	bool wrapped;
	bool bound;			/* only a policy opens it */
};

/* Strict; pad: zeros may follow. */
int guest_key_parse(const void *blob, size_t len, struct guest_key *ret, struct err *reterr);

/* A TPM's RSA storage key. */
struct guest_key_parent {
	uint8_t modulus[512];
	size_t modulus_len;
	uint32_t exponent;
};

/* TPM2B_PUBLIC, as tpm2_readpublic writes it, or PEM; AES-128-CFB and SHA-256, as the TCG's template. */
int guest_key_parent_read(const void *bytes, size_t len, const char *name,
			  struct guest_key_parent *ret, struct err *reterr);

/* policy NULL: unbound. parent NULL: plain. */
int guest_key_format(const struct vmgs_rsa *key, const uint8_t policy[SHA256_SIZE],
		     const struct guest_key_parent *parent, struct buf *ret, struct err *reterr);

#endif
