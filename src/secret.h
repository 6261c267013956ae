/* SPDX-License-Identifier: MIT */
/*
 * The only container for key material: OpenSSL's secure heap (guard pages, mlock, DONTDUMP, wiped on
 * free). A secret is moved, never copied, and has no printer. Only crypto, tpm and luks adapters look
 * at the bytes.
 */
#ifndef CVMCRYPT_SECRET_H
#define CVMCRYPT_SECRET_H

#include "err.h"

#define SECRET_MAX 4096

struct secret {
	uint8_t *bytes;
	size_t len;
};

#define SECRET_INIT ((struct secret){0})
#define _cleanup_secret_ _cleanup_(secret_clear)

/* Once, first thing in main: secure heap, no core dump, not dumpable, OpenSSL without configuration. */
int secret_heap_init(struct err *reterr);

/* len zero bytes, owned by s (which must be empty). */
int secret_alloc(struct secret *s, size_t len, struct err *reterr);
/* Copies in a foreign buffer and wipes the source, whatever the outcome. */
int secret_absorb(struct secret *s, void *source, size_t len, struct err *reterr);
/* Moves src to dst (which is cleared first). */
void secret_take(struct secret *dst, struct secret *src);
/* Wipes and frees it, and wipes the stack below, where libraries leave copies. */
void secret_clear(struct secret *s);
/* Constant time in the contents. */
bool secret_equal(const struct secret *a, const struct secret *b);

#endif
