/* SPDX-License-Identifier: MIT */
/*
 * The recovery key kept for somebody: the LUKS2 token of type "cvmcrypt-escrow" holds the key's
 * canonical text encrypted to a public key (RSA-OAEP, SHA-256, MGF1 with SHA-256). A token of its
 * own, because it is large and no boot reads it; nothing vouches for it. docs/record.md has the
 * format.
 */
#ifndef CVMCRYPT_ESCROW_H
#define CVMCRYPT_ESCROW_H

#include "buf.h"
#include "err.h"

#define ESCROW_TYPE "cvmcrypt-escrow"
#define ESCROW_VERSION 1
#define ESCROW_SIZE_MAX 512	/* RSA with 4096 bits */
#define ESCROW_TEXT_MAX 1024

struct escrow {
	uint8_t encrypted[ESCROW_SIZE_MAX];
	size_t len;
};

/* E_RECORD_MALFORMED, E_RECORD_TOO_NEW. */
int escrow_parse(struct escrow *ret, const char *text, size_t len, struct err *reterr);
/* The token's JSON in an empty buffer, with a NUL beyond ret->len. */
int escrow_format(const uint8_t *encrypted, size_t len, struct buf *ret, struct err *reterr);

#endif
