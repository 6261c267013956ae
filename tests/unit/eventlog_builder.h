/* SPDX-License-Identifier: MIT */
/* Builds small event logs for tests, and reads the recorded ones. */
#ifndef CVMCRYPT_TEST_EVENTLOG_BUILDER_H
#define CVMCRYPT_TEST_EVENTLOG_BUILDER_H

#include "buf.h"
#include "eventlog.h"
#include "file.h"

#include <string.h>

#define VECTORS "tests/vectors/eventlog/"

static void put_le16(struct buf *b, uint16_t v)
{
	buf_put_u8(b, (uint8_t)v);
	buf_put_u8(b, (uint8_t)(v >> 8));
}

static void put_le64(struct buf *b, uint64_t v)
{
	buf_put_le32(b, (uint32_t)v);
	buf_put_le32(b, (uint32_t)(v >> 32));
}

/* The Spec ID event of a crypto-agile log with these banks. */
static _unused_ void build_start(struct buf *b, uint32_t pcr, const uint16_t *alg, size_t count)
{
	static const uint8_t zero[20];

	*b = BUF_INIT(EVENTLOG_SIZE_MAX + 4096);
	buf_put_le32(b, pcr);
	buf_put_le32(b, EV_NO_ACTION);
	buf_put(b, zero, 20);
	buf_put_le32(b, (uint32_t)(16 + 8 + 4 + 4 * count + 1));
	buf_put(b, "Spec ID Event03", 16);
	buf_put(b, "\0\0\0\0\0\2\0\2", 8);
	buf_put_le32(b, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		put_le16(b, alg[i]);
		put_le16(b, (uint16_t)hash_size(alg[i]));
	}
	buf_put_u8(b, 0);
}

static _unused_ void build_start_sha256(struct buf *b)
{
	build_start(b, 0, (const uint16_t[]){HASH_SHA256}, 1);
}

/* An event whose SHA-256 digest is that of `measured`. */
static _unused_ void build_measured(struct buf *b, uint32_t pcr, uint32_t type,
				    const void *measured, size_t measured_len, const void *data,
				    size_t len)
{
	uint8_t digest[SHA256_SIZE];

	if (crypto_sha256(measured, measured_len, digest, NULL) < 0)
		abort();
	buf_put_le32(b, pcr);
	buf_put_le32(b, type);
	buf_put_le32(b, 1);
	put_le16(b, HASH_SHA256);
	buf_put(b, digest, sizeof(digest));
	buf_put_le32(b, (uint32_t)len);
	buf_put(b, data, len);
}

static _unused_ void build_event(struct buf *b, uint32_t pcr, uint32_t type, const void *data,
				 size_t len)
{
	build_measured(b, pcr, type, data, len, data, len);
}

static _unused_ void build_separator(struct buf *b, uint32_t pcr)
{
	build_event(b, pcr, EV_SEPARATOR, "\0\0\0\0", 4);
}

static void put_utf16(struct buf *b, const char *s)
{
	for (; *s; s++)
		put_le16(b, (uint8_t)*s);
}

/* UEFI_VARIABLE_DATA, measured as it stands. */
static _unused_ void build_variable(struct buf *b, uint32_t type, const char *name,
				    const void *data, size_t len)
{
	static const uint8_t guid[16] = {0x61, 0xdf, 0xe4, 0x8b};
	_cleanup_buf_ struct buf v = BUF_INIT(65536);

	buf_put(&v, guid, sizeof(guid));
	put_le64(&v, strlen(name));
	put_le64(&v, len);
	put_utf16(&v, name);
	buf_put(&v, data, len);
	build_event(b, 7, type, v.data, v.len);
}

/* An EV_IPL event as systemd-stub logs it: a description in UTF-16 of what is measured. */
static _unused_ void build_ipl(struct buf *b, uint32_t pcr, const char *description,
			       const void *measured, size_t len)
{
	_cleanup_buf_ struct buf text = BUF_INIT(65536);

	put_utf16(&text, description);
	put_le16(&text, 0);
	build_measured(b, pcr, EV_IPL, measured, len, text.data, text.len);
}

/* The two events of one section of a UKI: its name, then its contents. */
static _unused_ void build_section(struct buf *b, const char *name, const char *contents)
{
	build_ipl(b, 11, name, name, strlen(name) + 1);
	build_ipl(b, 11, name, contents, strlen(contents));
}

static _unused_ void read_vector(const char *name, struct buf *ret)
{
	char path[256] = VECTORS;

	*ret = (struct buf){0};
	(void)strncat(path, name, sizeof(path) - sizeof(VECTORS));
	if (file_read(path, EVENTLOG_SIZE_MAX, ret, NULL) < 0)
		abort();
}

#endif
