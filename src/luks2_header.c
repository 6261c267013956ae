/* SPDX-License-Identifier: MIT */
#include "luks2_header.h"

#include "crypto.h"
#include "luks2_json.h"

#include <stdio.h>
#include <string.h>

/* LUKS2 On-Disk Format Specification 1.1.1, section 2.1: the binary header, big endian. */
enum {
	AT_MAGIC = 0,
	AT_VERSION = 6,
	AT_HDR_SIZE = 8,
	AT_SEQID = 16,
	AT_LABEL = 24,
	AT_CSUM_ALG = 72,
	AT_SALT = 104,
	AT_UUID = 168,
	AT_SUBSYSTEM = 208,
	AT_HDR_OFFSET = 256,
	AT_PADDING = 264,
	AT_CSUM = 448,
	AT_PADDING_4096 = 512,
};
#define MAGIC_SIZE 6
#define CSUM_ALG_SIZE 32
#define SUBSYSTEM_SIZE 48
#define CSUM_SIZE 64

static const uint8_t magic[2][MAGIC_SIZE] = {
	{'L', 'U', 'K', 'S', 0xba, 0xbe},
	{'S', 'K', 'U', 'L', 0xba, 0xbe},
};

void luks2_header_done(struct luks2_header *h)
{
	for (size_t i = 0; i < h->token_count; i++)
		free(h->token[i].text);
	h->token_count = 0;
	free(h->area);
	h->area = NULL;
}

static uint64_t be64_at(const uint8_t *bin, size_t at)
{
	struct cursor c = CURSOR(bin + at, 8);

	return cursor_be64(&c);
}

static void put_be64_at(uint8_t *bin, size_t at, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		bin[at + (size_t)i] = (uint8_t)(v >> (56 - 8 * i));
}

/* A text field: NUL-terminated, nothing behind the NUL. */
static bool clean_text(const uint8_t *p, size_t size)
{
	size_t len = strnlen((const char *)p, size);

	return len < size && bytes_zero(p + len, size - len);
}

/* The sizes that libcryptsetup looks for; the specification has them in table 1. */
static bool legal_hdr_size(uint64_t size)
{
	return size >= LUKS2_HDR_SIZE_MIN && size <= LUKS2_HDR_SIZE_MAX && !(size & (size - 1));
}

int luks2_header_size(const uint8_t bin[LUKS2_BIN_HDR_SIZE], bool secondary, uint64_t *ret,
		      struct err *reterr)
{
	uint16_t version = (uint16_t)(bin[AT_VERSION] << 8 | bin[AT_VERSION + 1]);
	uint64_t size, offset;

	if (memcmp(bin + AT_MAGIC, magic[secondary], MAGIC_SIZE) != 0)
		return err_set(reterr, E_HEADER_MALFORMED, "no LUKS2 magic");
	if (version != 2)
		return err_set(reterr, E_HEADER_MALFORMED, "LUKS version is %u, only 2 is read",
			       version);
	size = be64_at(bin, AT_HDR_SIZE);
	if (!legal_hdr_size(size))
		return err_set(reterr, E_HEADER_MALFORMED, "header size is %llu, not a power of two "
			       "from %d to %d", (unsigned long long)size, LUKS2_HDR_SIZE_MIN,
			       LUKS2_HDR_SIZE_MAX);
	offset = be64_at(bin, AT_HDR_OFFSET);
	if (offset != (secondary ? size : 0))
		return err_set(reterr, E_HEADER_MALFORMED, "header offset is %llu, not %llu",
			       (unsigned long long)offset,
			       (unsigned long long)(secondary ? size : 0));
	*ret = size;
	return 0;
}

/* The checksum is over the copy with the checksum's own field zeroed. */
static int checksum(uint8_t *area, uint64_t hdr_size, uint8_t out[SHA256_SIZE], struct err *reterr)
{
	uint8_t kept[CSUM_SIZE];
	int r;

	memcpy(kept, area + AT_CSUM, CSUM_SIZE);
	memset(area + AT_CSUM, 0, CSUM_SIZE);
	r = crypto_sha256(area, hdr_size, out, reterr);
	memcpy(area + AT_CSUM, kept, CSUM_SIZE);
	return r;
}

static int check_checksum(struct luks2_header *h, struct err *reterr)
{
	static const char alg[CSUM_ALG_SIZE] = "sha256";
	uint8_t digest[SHA256_SIZE];
	int r;

	if (memcmp(h->area + AT_CSUM_ALG, alg, CSUM_ALG_SIZE) != 0)
		return err_set(reterr, E_HEADER_MALFORMED, "checksum algorithm is '%.31s', not 'sha256'",
			       (const char *)h->area + AT_CSUM_ALG);
	r = checksum(h->area, h->hdr_size, digest, reterr);
	if (r < 0)
		return r;
	if (memcmp(h->area + AT_CSUM, digest, SHA256_SIZE) != 0)
		return err_set(reterr, E_HEADER_CHECKSUM, "checksum is wrong");
	return 0;
}

/* 8-4-4-4-12 hex digits: libcryptsetup makes the device-mapper UUID from it. */
static bool clean_uuid(const uint8_t *p)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		bool hex = (p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'f') ||
			   (p[i] >= 'A' && p[i] <= 'F');

		if (form[i] == '-' ? p[i] != '-' : !hex)
			return false;
	}
	return bytes_zero(p + sizeof(form) - 1, LUKS2_UUID_SIZE - (sizeof(form) - 1));
}

static int check_fields(struct luks2_header *h, struct err *reterr)
{
	const uint8_t *bin = h->area;

	if (!clean_uuid(bin + AT_UUID))
		return err_set(reterr, E_HEADER_MALFORMED, "UUID field holds no UUID");
	if (!clean_text(bin + AT_LABEL, LUKS2_LABEL_SIZE) ||
	    !clean_text(bin + AT_SUBSYSTEM, SUBSYSTEM_SIZE))
		return err_set(reterr, E_HEADER_MALFORMED, "label or subsystem is not terminated");
	if (!bytes_zero(bin + AT_PADDING, AT_CSUM - AT_PADDING) ||
	    !bytes_zero(bin + AT_CSUM + SHA256_SIZE, CSUM_SIZE - SHA256_SIZE) ||
	    !bytes_zero(bin + AT_PADDING_4096, LUKS2_BIN_HDR_SIZE - AT_PADDING_4096))
		return err_set(reterr, E_HEADER_MALFORMED, "padding of the binary header is not zero");
	memcpy(h->uuid, bin + AT_UUID, LUKS2_UUID_SIZE);
	memcpy(h->label, bin + AT_LABEL, LUKS2_LABEL_SIZE);
	h->subsystem_set = bin[AT_SUBSYSTEM] != 0;
	h->seqid = be64_at(bin, AT_SEQID);
	return 0;
}

/* One copy, judged without a look at the other. */
static int parse_copy(struct luks2_header *h, const uint8_t *data, size_t len, bool secondary,
		      struct err *reterr)
{
	const char *text;
	size_t room, text_len;
	int r;

	if (!data || len < LUKS2_BIN_HDR_SIZE)
		return err_set(reterr, E_HEADER_MALFORMED, "not found");
	r = luks2_header_size(data, secondary, &h->hdr_size, reterr);
	if (r < 0)
		return r;
	if (len < h->hdr_size)
		return err_set(reterr, E_HEADER_MALFORMED, "cut off after %zu of %llu bytes", len,
			       (unsigned long long)h->hdr_size);
	h->area = malloc(h->hdr_size);
	if (!h->area)
		return err_set(reterr, E_NOMEM, "no memory for the LUKS2 header");
	memcpy(h->area, data, h->hdr_size);
	r = check_checksum(h, reterr);
	if (r < 0)
		return r;
	r = check_fields(h, reterr);
	if (r < 0)
		return r;
	text = (const char *)h->area + LUKS2_BIN_HDR_SIZE;
	room = h->hdr_size - LUKS2_BIN_HDR_SIZE;
	text_len = strnlen(text, room);
	if (text_len == room || !bytes_zero((const uint8_t *)text + text_len, room - text_len))
		return err_set(reterr, E_HEADER_MALFORMED,
			       "metadata does not end with NUL, or something follows it");
	return luks2_json_decode(h, text, text_len, reterr);
}

/* Both are good: which one counts, and what to say of the other. */
static int choose(const struct luks2_header c[2], char reason[2][LUKS2_REASON_MAX])
{
	int used = c[1].seqid > c[0].seqid ? 1 : 0;

	if (c[0].seqid != c[1].seqid)
		(void)snprintf(reason[!used], LUKS2_REASON_MAX, "older: seqid %llu of %llu",
			       (unsigned long long)c[!used].seqid,
			       (unsigned long long)c[used].seqid);
	else if (c[0].hdr_size != c[1].hdr_size ||
		 memcmp(c[0].area + LUKS2_BIN_HDR_SIZE, c[1].area + LUKS2_BIN_HDR_SIZE,
			c[0].hdr_size - LUKS2_BIN_HDR_SIZE) != 0)
		(void)snprintf(reason[1], LUKS2_REASON_MAX,
			       "metadata differs from the primary's at the same seqid");
	return used;
}

/* The copy is bad, as opposed to: it could not be judged. */
static bool judged_bad(int r)
{
	return r == -E_HEADER_MALFORMED || r == -E_HEADER_CHECKSUM;
}

static int no_good_copy(const int r[2], char reason[2][LUKS2_REASON_MAX], struct err *reterr)
{
	enum err_code code = r[0] == -E_HEADER_CHECKSUM || r[1] == -E_HEADER_CHECKSUM ?
			     E_HEADER_CHECKSUM : E_HEADER_MALFORMED;

	if (strcmp(reason[0], reason[1]) == 0)
		return err_set(reterr, code, "both copies: %s", reason[0]);
	return err_set(reterr, code, "primary: %s; secondary: %s", reason[0], reason[1]);
}

static int parse_both(struct luks2_header c[2], const struct cursor data[2],
		      struct luks2_header *ret, struct err *reterr)
{
	char reason[2][LUKS2_REASON_MAX] = {"", ""};
	int r[2], used;

	for (int i = 0; i < 2; i++) {
		struct err e = {0};

		r[i] = parse_copy(&c[i], data[i].p, data[i].left, i == 1, &e);
		if (r[i] < 0 && !judged_bad(r[i]))
			return err_set(reterr, (enum err_code)e.code, "%s", e.msg);
		if (r[i] < 0)
			(void)snprintf(reason[i], LUKS2_REASON_MAX, "%.*s", LUKS2_REASON_MAX - 1,
				       e.msg);
	}
	if (r[0] < 0 && r[1] < 0)
		return no_good_copy(r, reason, reterr);
	used = r[0] < 0 ? 1 : r[1] < 0 ? 0 : choose(c, reason);
	*ret = c[used];
	c[used] = (struct luks2_header){0};
	ret->used = used;
	for (int i = 0; i < 2; i++) {
		ret->copy[i] = r[i] < 0 ? LUKS2_COPY_BAD : LUKS2_COPY_GOOD;
		memcpy(ret->copy_reason[i], reason[i], LUKS2_REASON_MAX);
	}
	return 0;
}

int luks2_header_parse(struct luks2_header *ret, const uint8_t *primary, size_t primary_len,
		       const uint8_t *secondary, size_t secondary_len, struct err *reterr)
{
	const struct cursor data[2] = {CURSOR(primary, primary_len),
				       CURSOR(secondary, secondary_len)};
	_cleanup_free_ struct luks2_header *c = calloc(2, sizeof(*c));
	int r;

	if (!c)
		return err_set(reterr, E_NOMEM, "no memory for the LUKS2 header");
	r = parse_both(c, data, ret, reterr);
	luks2_header_done(&c[0]);
	luks2_header_done(&c[1]);
	return r;
}

const struct luks2_keyslot *luks2_header_keyslot(const struct luks2_header *h, int id)
{
	for (size_t i = 0; i < h->keyslot_count; i++)
		if (h->keyslot[i].id == id)
			return &h->keyslot[i];
	return NULL;
}

int luks2_header_token(const struct luks2_header *h, const char *type,
		       const struct luks2_token **ret, struct err *reterr)
{
	const struct luks2_token *found = NULL;

	for (size_t i = 0; i < h->token_count; i++) {
		if (strcmp(h->token[i].type, type) != 0)
			continue;
		if (found)
			return err_set(reterr, E_HEADER_REFUSED,
				       "tokens %d and %d are both of type '%s', one is allowed",
				       found->id, h->token[i].id, type);
		found = &h->token[i];
	}
	*ret = found;
	return 0;
}

int luks2_header_compose(const struct luks2_header *h, uint8_t *out, struct err *reterr)
{
	for (int i = 0; i < 2; i++) {
		uint8_t *copy = out + (size_t)i * h->hdr_size, digest[SHA256_SIZE];
		int r;

		memcpy(copy, h->area, h->hdr_size);
		memcpy(copy + AT_MAGIC, magic[i], MAGIC_SIZE);
		put_be64_at(copy, AT_HDR_OFFSET, i ? h->hdr_size : 0);
		r = checksum(copy, h->hdr_size, digest, reterr);
		if (r < 0)
			return r;
		memcpy(copy + AT_CSUM, digest, sizeof(digest));
	}
	return 0;
}
