/* SPDX-License-Identifier: MIT */
/*
 * AES-256-GCM without additional data, the only cipher of the format, and where random bytes come from:
 * tests give a stream of their own to get the same file twice, the program has none but the library's.
 */
#ifndef VMGS_CRYPTO_H
#define VMGS_CRYPTO_H

#include "secret.h"
#include "vmgs_format.h"

struct vmgs_random {
	int (*fill)(void *context, void *out, size_t len, struct err *reterr);
	void *context;
};

/* The cryptographic library's generator. */
struct vmgs_random vmgs_random_default(void);
/* A fresh key, never all zero. */
int vmgs_random_key(const struct vmgs_random *random, struct secret *ret, struct err *reterr);
/* 4 random bytes, then the counter. */
int vmgs_random_nonce(const struct vmgs_random *random, uint64_t counter,
		      uint8_t ret[VMGS_NONCE_BYTES], struct err *reterr);

/* out has len bytes and may be in. */
int vmgs_seal(const struct secret *key, const uint8_t nonce[VMGS_NONCE_BYTES], const void *in,
	      size_t len, void *out, uint8_t ret_tag[VMGS_TAG_BYTES], struct err *reterr);
/* E_VMGS_DATA when the tag is wrong; out is then wiped. out may be in. */
int vmgs_unseal(const struct secret *key, const uint8_t nonce[VMGS_NONCE_BYTES],
		const uint8_t tag[VMGS_TAG_BYTES], const void *in, size_t len, void *out,
		struct err *reterr);

#endif
