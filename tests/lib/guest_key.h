/* SPDX-License-Identifier: MIT */
/*
 * The paravisor's part for a guest secret key: makes an RSA key, imports it under the SRK as a plain
 * duplicate and leaves it at 0x81000004.
 */
#ifndef CVMCRYPT_TEST_GUEST_KEY_H
#define CVMCRYPT_TEST_GUEST_KEY_H

#include "tpm.h"

/*
 * policy: the digest of PolicyPCR that the key is bound to, or NULL for a key that anybody may use.
 * An SRK is made if there is none. pem_path gets the public half.
 */
int guest_key_provision(struct tpm *t, const uint8_t *policy, const char *pem_path,
			struct err *reterr);

#endif
