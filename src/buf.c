/* SPDX-License-Identifier: MIT */
#include "buf.h"

#include <string.h>

bool bytes_zero(const void *p, size_t len)
{
	const uint8_t *bytes = p;

	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

void buf_done(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->cap);
	free(b->data);
	b->data = NULL;
	b->len = b->cap = 0;
}

/* realloc() would leave a copy of the old bytes behind. */
static bool grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : 64;
	uint8_t *data;

	while (cap < need)
		cap *= 2;
	data = malloc(cap);
	if (!data)
		return false;
	if (b->len)
		memcpy(data, b->data, b->len);
	if (b->data)
		explicit_bzero(b->data, b->cap);
	free(b->data);
	b->data = data;
	b->cap = cap;
	return true;
}

void buf_put(struct buf *b, const void *data, size_t len)
{
	if (b->failed || len > b->max - b->len) {
		b->failed = true;
		return;
	}
	if (b->len + len > b->cap && !grow(b, b->len + len)) {
		b->failed = true;
		return;
	}
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void put_be(struct buf *b, uint64_t v, size_t width)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < width; i++)
		bytes[i] = (uint8_t)(v >> (8 * (width - 1 - i)));
	buf_put(b, bytes, width);
}

void buf_put_u8(struct buf *b, uint8_t v)
{
	put_be(b, v, 1);
}

void buf_put_be16(struct buf *b, uint16_t v)
{
	put_be(b, v, 2);
}

void buf_put_be32(struct buf *b, uint32_t v)
{
	put_be(b, v, 4);
}

void buf_put_be64(struct buf *b, uint64_t v)
{
	put_be(b, v, 8);
}

void buf_put_le32(struct buf *b, uint32_t v)
{
	put_be(b, __builtin_bswap32(v), 4);
}

void buf_put_lv(struct buf *b, const void *data, size_t len)
{
	if (len > UINT32_MAX) {
		b->failed = true;
		return;
	}
	buf_put_be32(b, (uint32_t)len);
	buf_put(b, data, len);
}

void buf_put_lv_str(struct buf *b, const char *s)
{
	buf_put_lv(b, s, strlen(s));
}

const uint8_t *cursor_take(struct cursor *c, size_t len)
{
	const uint8_t *p = c->p;

	if (c->failed || len > c->left) {
		c->failed = true;
		return NULL;
	}
	c->p += len;
	c->left -= len;
	return p;
}

static uint64_t take_be(struct cursor *c, size_t width)
{
	const uint8_t *p = cursor_take(c, width);
	uint64_t v = 0;

	for (size_t i = 0; p && i < width; i++)
		v = v << 8 | p[i];
	return v;
}

static uint64_t take_le(struct cursor *c, size_t width)
{
	const uint8_t *p = cursor_take(c, width);
	uint64_t v = 0;

	for (size_t i = width; p && i > 0; i--)
		v = v << 8 | p[i - 1];
	return v;
}

uint8_t cursor_u8(struct cursor *c)
{
	return (uint8_t)take_be(c, 1);
}

uint16_t cursor_le16(struct cursor *c)
{
	return (uint16_t)take_le(c, 2);
}

uint32_t cursor_le32(struct cursor *c)
{
	return (uint32_t)take_le(c, 4);
}

uint64_t cursor_le64(struct cursor *c)
{
	return take_le(c, 8);
}

uint16_t cursor_be16(struct cursor *c)
{
	return (uint16_t)take_be(c, 2);
}

uint32_t cursor_be32(struct cursor *c)
{
	return (uint32_t)take_be(c, 4);
}

uint64_t cursor_be64(struct cursor *c)
{
	return take_be(c, 8);
}
