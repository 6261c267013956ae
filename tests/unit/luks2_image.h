/* SPDX-License-Identifier: MIT */
/* Header vectors to be spoilt: one image of both copies, edits with the checksums made right. */
#ifndef TESTS_LUKS2_IMAGE_H
#define TESTS_LUKS2_IMAGE_H

#include "crypto.h"
#include "file.h"
#include "luks2_header.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define VECTORS "tests/vectors/luks2/"
#define DEVICE_SIZE (32ULL * 1024 * 1024)
#define COPY 16384
#define AT_SEQID 16
#define AT_UUID 168
#define AT_CSUM 448

/* The two copies of a header of the default size, to be spoilt. */
struct image {
	uint8_t bytes[2 * COPY];
};

static inline void load(struct image *img, const char *name)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1 << 20);
	struct err e = {0};

	if (file_read(name, 1 << 20, &b, &e) < 0)
		fail_msg("%s: %s", name, e.msg);
	assert_int_equal(b.len, sizeof(img->bytes));
	memcpy(img->bytes, b.data, b.len);
}

static inline void refresh(uint8_t *copy, size_t size)
{
	uint8_t digest[SHA256_SIZE];

	memset(copy + AT_CSUM, 0, 64);
	assert_int_equal(crypto_sha256(copy, size, digest, NULL), 0);
	memcpy(copy + AT_CSUM, digest, sizeof(digest));
}

static inline char *json_of(struct image *img, int copy)
{
	return (char *)img->bytes + copy * COPY + LUKS2_BIN_HDR_SIZE;
}

/* Replaces the first `old` of one copy's JSON and refreshes its checksum. */
static inline void edit_copy(struct image *img, int copy, const char *old, const char *new)
{
	char *json = json_of(img, copy), *at = strstr(json, old);
	size_t old_len = strlen(old), new_len = strlen(new), rest;

	if (!at)
		fail_msg("'%s' is not in the vector", old);
	rest = strlen(at + old_len) + 1;
	assert_true(strlen(json) + new_len < COPY - LUKS2_BIN_HDR_SIZE);
	memmove(at + new_len, at + old_len, rest);
	memcpy(at, new, new_len);
	if (new_len < old_len)
		memset(at + new_len + rest, 0, old_len - new_len);
	refresh(img->bytes + copy * COPY, COPY);
}

static inline void edit(struct image *img, const char *old, const char *new)
{
	edit_copy(img, 0, old, new);
	edit_copy(img, 1, old, new);
}

static inline void set_seqid(struct image *img, int copy, uint8_t seqid)
{
	memset(img->bytes + copy * COPY + AT_SEQID, 0, 8);
	img->bytes[copy * COPY + AT_SEQID + 7] = seqid;
	refresh(img->bytes + copy * COPY, COPY);
}

static inline int parse(struct luks2_header *h, const struct image *img, struct err *e)
{
	return luks2_header_parse(h, img->bytes, COPY, img->bytes + COPY, COPY, e);
}

#endif
