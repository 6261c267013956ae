/* SPDX-License-Identifier: MIT */
/*
 * Bytes: a growing buffer with a hard maximum, and a bounds-checked read cursor. Bytes that come
 * from outside are only ever read through a cursor. All sizes are in bytes.
 */
#ifndef CVMCRYPT_BUF_H
#define CVMCRYPT_BUF_H

#include "base.h"

struct buf {
	uint8_t *data;
	size_t len, cap, max;
	bool failed;	/* a put did not fit or memory ran out; sticky, checked once at the end */
};

/* No byte of p is other than zero: padding, reserved fields. */
bool bytes_zero(const void *p, size_t len);

#define BUF_INIT(maximum) ((struct buf){.max = (maximum)})
#define _cleanup_buf_ _cleanup_(buf_done)

/* Wipes, then frees: a buffer may have held anything. */
void buf_done(struct buf *b);
void buf_put(struct buf *b, const void *data, size_t len);
void buf_put_u8(struct buf *b, uint8_t v);
void buf_put_be16(struct buf *b, uint16_t v);
void buf_put_be32(struct buf *b, uint32_t v);
void buf_put_be64(struct buf *b, uint64_t v);
void buf_put_le32(struct buf *b, uint32_t v);
/* be32 length, then the bytes: the unambiguous form used in MAC input. */
void buf_put_lv(struct buf *b, const void *data, size_t len);
void buf_put_lv_str(struct buf *b, const char *s);

/* A cursor borrows; it never frees. After a failed read every further one fails as well. */
struct cursor {
	const uint8_t *p;
	size_t left;
	bool failed;
};

#define CURSOR(data, size) ((struct cursor){.p = (const uint8_t *)(data), .left = (size)})

/* len bytes, or NULL (and the cursor is failed). */
const uint8_t *cursor_take(struct cursor *c, size_t len);
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_le16(struct cursor *c);
uint32_t cursor_le32(struct cursor *c);
uint64_t cursor_le64(struct cursor *c);
uint16_t cursor_be16(struct cursor *c);
uint32_t cursor_be32(struct cursor *c);
uint64_t cursor_be64(struct cursor *c);

#endif
