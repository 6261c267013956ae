/* SPDX-License-Identifier: MIT */
/*
 * The paravisor's part for a guest secret key: makes an RSA key, imports it under the SRK as a plain
 * duplicate and leaves it at 0x81000004.
 */
#ifndef CVMCRYPT_TEST_GUEST_KEY_H
#define CVMCRYPT_TEST_GUEST_KEY_H

#include "tpm.h"

#include <tss2/tss2_tpm2_types.h>

/* TPM2_Import under the SRK (made if there is none), TPM2_Load, TPM2_EvictControl to 0x81000004. */
int guest_key_import(struct tpm *t, const TPM2B_PUBLIC *public, const TPM2B_PRIVATE *duplicate,
		     const TPM2B_ENCRYPTED_SECRET *seed, struct err *reterr);

/*
 * policy: the digest of PolicyPCR that the key is bound to, or NULL for a key that anybody may use.
 * pem_path gets the public half.
 */
int guest_key_provision(struct tpm *t, const uint8_t *policy, const char *pem_path,
			struct err *reterr);

#endif
