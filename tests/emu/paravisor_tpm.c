/* SPDX-License-Identifier: MIT */
/* The TPM's wire, by hand: TPM 2.0 Part 3; numbers from Part 2. */
#include "paravisor.h"

#include "crypto.h"
#include "deadline.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ST_NO_SESSIONS 0x8001
#define ST_SESSIONS 0x8002
#define RH_OWNER 0x40000001u
#define RH_PW 0x40000009u
#define RH_ENDORSEMENT 0x4000000Bu
#define RH_PLATFORM 0x4000000Cu
#define CC_EVICT 0x120u
#define CC_NV_UNDEFINE 0x122u
#define CC_NV_DEFINE 0x12au
#define CC_CREATE_PRIMARY 0x131u
#define CC_NV_WRITE 0x137u
#define CC_NV_READ 0x14eu
#define CC_FLUSH 0x165u
#define CC_NV_READ_PUBLIC 0x169u
#define CC_READ_PUBLIC 0x173u
#define HEADER 10
#define RC_NV_RANGE 0x146u
#define RC_AUTH_CONTEXT 0x145u
#define SWTPM_NV_MAX 2048	/* swtpm's largest index; the report is larger, so we answer for it */
#define READ_MAX 1024

bool read_full(int fd, void *out, size_t len)
{
	for (size_t got = 0; got < len;) {
		ssize_t n = read(fd, (char *)out + got, len - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

bool write_full(int fd, const void *data, size_t len)
{
	for (size_t put = 0; put < len;) {
		ssize_t n = write(fd, (const char *)data + put, len - put);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		put += (size_t)n;
	}
	return true;
}

static uint32_t be32_at(const uint8_t *p)
{
	struct cursor c = CURSOR(p, 4);

	return cursor_be32(&c);
}

size_t wire_read(int fd, uint8_t out[WIRE_MAX])
{
	uint32_t len;

	if (!read_full(fd, out, HEADER))
		return 0;
	len = be32_at(out + 2);
	if (len < HEADER || len > WIRE_MAX || !read_full(fd, out + HEADER, len - HEADER))
		return 0;
	return len;
}

size_t tpm_exchange(struct paravisor *p, const uint8_t *command, size_t len, uint8_t out[WIRE_MAX])
{
	size_t n = write_full(p->tpm, command, len) ? wire_read(p->tpm, out) : 0;

	if (n == 0)
		die("swtpm is gone");
	return n;
}

/* Tag, length (filled in by finish) and code. */
static struct buf begin(uint16_t tag, uint32_t code)
{
	struct buf b = BUF_INIT(WIRE_MAX);

	buf_put_be16(&b, tag);
	buf_put_be32(&b, 0);
	buf_put_be32(&b, code);
	return b;
}

static void finish(struct buf *b)
{
	if (b->failed)
		die("out of memory");
	for (int i = 0; i < 4; i++)
		b->data[2 + i] = (uint8_t)(b->len >> (24 - 8 * i));
}

static void put_password(struct buf *b)
{
	buf_put_be32(b, 9);
	buf_put_be32(b, RH_PW);
	buf_put_be16(b, 0);
	buf_put_u8(b, 0);
	buf_put_be16(b, 0);
}

static void put_2b(struct buf *b, const struct buf *inner)
{
	buf_put_be16(b, (uint16_t)inner->len);
	buf_put(b, inner->data, inner->len);
}

/* Returns the response code; the answer is in out. */
static uint32_t send(struct paravisor *p, struct buf *b, uint8_t out[WIRE_MAX])
{
	finish(b);
	(void)tpm_exchange(p, b->data, b->len, out);
	return be32_at(out + 6);
}

static void must(struct paravisor *p, struct buf *b, uint8_t out[WIRE_MAX], const char *what)
{
	uint32_t rc = send(p, b, out);

	if (rc != 0)
		die("%s: 0x%x", what, rc);
}

/* Part 2, 12.2.4; salt makes another key of the same seed. */
static void put_key_public(struct buf *b, uint32_t attributes, bool ek, uint8_t salt)
{
	static const uint8_t policy_a[] = {	/* TCG EK Credential Profile, B.3.3 */
		0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc,
		0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,
		0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa};

	buf_put_be16(b, 0x0001);		/* RSA */
	buf_put_be16(b, 0x000b);		/* SHA-256 */
	buf_put_be32(b, attributes);
	buf_put_be16(b, ek ? sizeof(policy_a) : 0);
	buf_put(b, policy_a, ek ? sizeof(policy_a) : 0);
	if (ek) {
		buf_put_be16(b, 0x0006);	/* AES-128-CFB */
		buf_put_be16(b, 128);
		buf_put_be16(b, 0x0043);
		buf_put_be16(b, 0x0010);
	} else {
		buf_put_be16(b, 0x0010);
		buf_put_be16(b, 0x0014);	/* RSASSA, SHA-256 */
		buf_put_be16(b, 0x000b);
	}
	buf_put_be16(b, 2048);
	buf_put_be32(b, 0);
	buf_put_be16(b, salt ? 1 : 0);
	buf_put(b, &salt, salt ? 1 : 0);
}

/* A primary of the endorsement hierarchy; its transient handle. */
static uint32_t create_primary(struct paravisor *p, uint32_t attributes, bool ek, uint8_t salt)
{
	_cleanup_buf_ struct buf b = begin(ST_SESSIONS, CC_CREATE_PRIMARY);
	_cleanup_buf_ struct buf area = BUF_INIT(1024);
	uint8_t out[WIRE_MAX];

	put_key_public(&area, attributes, ek, salt);
	buf_put_be32(&b, RH_ENDORSEMENT);
	put_password(&b);
	buf_put_be16(&b, 4);
	buf_put_be32(&b, 0);
	put_2b(&b, &area);
	buf_put_be16(&b, 0);
	buf_put_be32(&b, 0);
	must(p, &b, out, "CreatePrimary");
	return be32_at(out + HEADER);
}

static void flush(struct paravisor *p, uint32_t handle)
{
	_cleanup_buf_ struct buf b = begin(ST_NO_SESSIONS, CC_FLUSH);
	uint8_t out[WIRE_MAX];

	buf_put_be32(&b, handle);
	must(p, &b, out, "FlushContext");
}

/* Makes `handle` persistent, or removes what is there when they are the same. */
static uint32_t evict(struct paravisor *p, uint32_t handle, uint32_t persistent)
{
	_cleanup_buf_ struct buf b = begin(ST_SESSIONS, CC_EVICT);
	uint8_t out[WIRE_MAX];

	buf_put_be32(&b, RH_OWNER);
	buf_put_be32(&b, handle);
	put_password(&b);
	buf_put_be32(&b, persistent);
	return send(p, &b, out);
}

/* The modulus is the last field of the public area: everything before has a known size. */
static void read_modulus(struct paravisor *p, uint32_t handle, uint8_t ret[MODULUS_SIZE])
{
	_cleanup_buf_ struct buf b = begin(ST_NO_SESSIONS, CC_READ_PUBLIC);
	uint8_t out[WIRE_MAX];
	struct cursor c;
	size_t len;
	const uint8_t *n;

	buf_put_be32(&b, handle);
	must(p, &b, out, "ReadPublic");
	c = CURSOR(out + HEADER, WIRE_MAX - HEADER);
	len = cursor_be16(&c);
	if (len < MODULUS_SIZE || !cursor_take(&c, len - MODULUS_SIZE))
		die("ReadPublic: %zu bytes", len);
	n = cursor_take(&c, MODULUS_SIZE);
	memcpy(ret, n, MODULUS_SIZE);
}

static void make_persistent(struct paravisor *p, uint32_t made, uint32_t persistent)
{
	uint32_t rc;

	(void)evict(p, persistent, persistent);
	rc = evict(p, made, persistent);
	if (rc != 0)
		die("EvictControl: 0x%x", rc);
	flush(p, made);
}

static void put_nv_public(struct buf *b, uint32_t index, uint32_t attributes, uint16_t size)
{
	buf_put_be32(b, index);
	buf_put_be16(b, 0x000b);
	buf_put_be32(b, attributes);
	buf_put_be16(b, 0);
	buf_put_be16(b, size);
}

static void define(struct paravisor *p, uint32_t hierarchy, uint32_t index, uint32_t attributes,
		   uint16_t size)
{
	_cleanup_buf_ struct buf undefine = begin(ST_SESSIONS, CC_NV_UNDEFINE);
	_cleanup_buf_ struct buf b = begin(ST_SESSIONS, CC_NV_DEFINE);
	_cleanup_buf_ struct buf area = BUF_INIT(64);
	uint8_t out[WIRE_MAX];

	buf_put_be32(&undefine, hierarchy);
	buf_put_be32(&undefine, index);
	put_password(&undefine);
	(void)send(p, &undefine, out);
	if (size == 0)
		return;
	buf_put_be32(&b, hierarchy);
	put_password(&b);
	buf_put_be16(&b, 0);
	put_nv_public(&area, index, attributes, size);
	put_2b(&b, &area);
	must(p, &b, out, "NV_DefineSpace");
}

/* One byte is enough: an index that was never written gives nothing. */
static void write_once(struct paravisor *p, uint32_t index)
{
	_cleanup_buf_ struct buf b = begin(ST_SESSIONS, CC_NV_WRITE);
	uint8_t out[WIRE_MAX];

	buf_put_be32(&b, index);
	buf_put_be32(&b, index);
	put_password(&b);
	buf_put_be16(&b, 1);
	buf_put_u8(&b, 0);
	buf_put_be16(&b, 0);
	must(p, &b, out, "NV_Write");
}

void tpm_prepare(struct paravisor *p)
{
	const struct knobs *k = &p->knobs;
	uint32_t key;

	key = create_primary(p, 0x000300b2, true, 0);
	read_modulus(p, key, p->ek);
	flush(p, key);
	key = create_primary(p, k->ak_attributes, false, 0);
	make_persistent(p, key, AK_HANDLE);
	read_modulus(p, AK_HANDLE, p->ak);
	if (k->ak == AK_OTHER) {
		key = create_primary(p, AK_ATTRIBUTES, false, 1);
		read_modulus(p, key, p->ak);
		flush(p, key);
	}
	define(p, RH_PLATFORM, NV_REPORT, NV_REPORT_ATTRIBUTES & ~0x20000000u,
	       k->tee == TEE_NONE ? 0 : SWTPM_NV_MAX);
	if (k->tee != TEE_NONE)
		write_once(p, NV_REPORT);
	if (k->user_data_attributes)
		define(p, RH_OWNER, NV_USER_DATA, k->user_data_attributes,
		       (uint16_t)k->user_data_size);
}

void tpm_user_data(struct paravisor *p, uint8_t ret[USER_DATA_SIZE])
{
	_cleanup_buf_ struct buf b = begin(ST_SESSIONS, CC_NV_READ);
	uint8_t out[WIRE_MAX];

	/* as OpenHCL: with the owner's authorization */
	buf_put_be32(&b, RH_OWNER);
	buf_put_be32(&b, NV_USER_DATA);
	put_password(&b);
	buf_put_be16(&b, USER_DATA_SIZE);
	buf_put_be16(&b, 0);
	memset(ret, 0, USER_DATA_SIZE);
	if (send(p, &b, out) == 0)
		memcpy(ret, out + HEADER + 4 + 2, USER_DATA_SIZE);
}

static size_t refuse(uint8_t out[WIRE_MAX], uint32_t rc)
{
	_cleanup_buf_ struct buf b = begin(ST_NO_SESSIONS, rc);

	finish(&b);
	memcpy(out, b.data, b.len);
	return b.len;
}

/* The index as Azure defines it, its size and so its name ours. */
static size_t serve_public(uint8_t out[WIRE_MAX])
{
	_cleanup_buf_ struct buf b = begin(ST_NO_SESSIONS, 0);
	_cleanup_buf_ struct buf area = BUF_INIT(64);
	uint8_t name[SHA256_SIZE];

	put_nv_public(&area, NV_REPORT, NV_REPORT_ATTRIBUTES, REPORT_SIZE);
	if (crypto_sha256(area.data, area.len, name, NULL) < 0)
		die("SHA-256");
	put_2b(&b, &area);
	buf_put_be16(&b, 2 + SHA256_SIZE);
	buf_put_be16(&b, 0x000b);
	buf_put(&b, name, sizeof(name));
	finish(&b);
	memcpy(out, b.data, b.len);
	return b.len;
}

/* Anew at offset 0, but not more often than the period; what is too old is given without a word. */
static void refresh(struct paravisor *p)
{
	if (p->made && now_ms() - p->made_ms < p->knobs.period_ms)
		return;
	if (p->made && p->knobs.stale > 0) {
		if (p->knobs.stale != UINT32_MAX)
			p->knobs.stale--;
		p->made_ms = now_ms();
		return;
	}
	report_make(p);
	p->made = true;
	p->made_ms = now_ms();
}

/* NV_Read of the report. swtpm judges the authorization, by reading one byte of its own index. */
static size_t serve_read(struct paravisor *p, const uint8_t *command, size_t len,
			 uint8_t out[WIRE_MAX])
{
	uint8_t probe[WIRE_MAX];
	_cleanup_buf_ struct buf b = begin(ST_SESSIONS, 0);
	struct cursor c = CURSOR(command + len - 4, 4);
	uint16_t size = cursor_be16(&c), offset = cursor_be16(&c);

	if (len != HEADER + 8 + 4 + 9 + 4 || be32_at(command + HEADER + 12) != RH_PW)
		return refuse(out, RC_AUTH_CONTEXT);	/* the guest uses an empty password */
	memcpy(probe, command, len);
	memcpy(probe + len - 4, (uint8_t[4]){0, 1, 0, 0}, 4);
	len = tpm_exchange(p, probe, len, out);
	if (be32_at(out + 6) != 0)
		return len;
	if (size > READ_MAX || offset > REPORT_SIZE || size > REPORT_SIZE - offset)
		return refuse(out, RC_NV_RANGE);
	if (offset == 0)
		refresh(p);
	buf_put_be32(&b, 2u + size);
	buf_put_be16(&b, size);
	buf_put(&b, p->report + offset, size);
	buf_put_be16(&b, 0);		/* the password's session: no nonce, continued, no HMAC */
	buf_put_u8(&b, 1);
	buf_put_be16(&b, 0);
	finish(&b);
	memcpy(out, b.data, b.len);
	return b.len;
}

size_t tpm_serve(struct paravisor *p, const uint8_t *command, size_t len, uint8_t out[WIRE_MAX])
{
	uint32_t code = be32_at(command + 6);

	if (p->knobs.tee != TEE_NONE && len >= HEADER + 4) {
		if (code == CC_NV_READ_PUBLIC && be32_at(command + HEADER) == NV_REPORT)
			return serve_public(out);
		if (code == CC_NV_READ && len >= HEADER + 16 &&
		    be32_at(command + HEADER + 4) == NV_REPORT)
			return serve_read(p, command, len, out);
	}
	return tpm_exchange(p, command, len, out);
}
