/* SPDX-License-Identifier: MIT */
/*
 * The first byte says what the rest is, and the harness makes the checksum right so that the fuzzer
 * gets behind it: 'j' the JSON area, put into both copies of a good binary header; 'b' 512 bytes of
 * binary header and the JSON area of the primary; 'r' both copies as they are.
 */
#include "crypto.h"
#include "luks2_header.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COPY 16384
#define BIN 512
#define AT_CSUM 448
#define DEVICE_SIZE (32ULL << 20)

static uint8_t image[2 * COPY];

static void refresh(uint8_t *copy)
{
	uint8_t digest[SHA256_SIZE];

	memset(copy + AT_CSUM, 0, 64);
	if (crypto_sha256(copy, COPY, digest, NULL) < 0)
		abort();
	memcpy(copy + AT_CSUM, digest, sizeof(digest));
}

static void binary_header(uint8_t *copy, bool secondary)
{
	memcpy(copy, secondary ? "SKUL\xba\xbe\0\2" : "LUKS\xba\xbe\0\2", 8);
	copy[14] = COPY >> 8;
	copy[23] = 3;
	memcpy(copy + 72, "sha256", 6);
	memcpy(copy + 168, "11111111-2222-4333-8444-555555555501", 36);
	copy[262] = secondary ? COPY >> 8 : 0;
}

static size_t build(const uint8_t *data, size_t size)
{
	size_t room = COPY - LUKS2_BIN_HDR_SIZE;
	char kind = (char)data[0];

	data++;
	size--;
	memset(image, 0, sizeof(image));
	if (kind == 'r') {
		memcpy(image, data, size < sizeof(image) ? size : sizeof(image));
		return size < sizeof(image) ? size : sizeof(image);
	}
	if (kind == 'b') {
		memcpy(image, data, size < BIN ? size : BIN);
		data += size < BIN ? size : BIN;
		size -= size < BIN ? size : BIN;
		memcpy(image + LUKS2_BIN_HDR_SIZE, data, size < room ? size : room);
		refresh(image);
		return COPY;
	}
	for (int i = 0; i < 2; i++) {
		uint8_t *copy = image + i * COPY;

		binary_header(copy, i);
		memcpy(copy + LUKS2_BIN_HDR_SIZE, data, size < room ? size : room);
		refresh(copy);
	}
	return sizeof(image);
}

static void check(const struct luks2_header *h)
{
	_cleanup_luks2_header_ struct luks2_header again = {0};
	_cleanup_free_ uint8_t *both = malloc(2 * h->hdr_size);
	struct err e;

	for (int slot = -1; slot < 33; slot++) {
		const struct luks2_keyslot *k = luks2_header_keyslot(h, slot);

		if (luks2_header_policy(h, slot, DEVICE_SIZE, &e) < 0)
			continue;
		if (strcmp(h->segment.cipher, "aes-xts-plain64") != 0 || h->segment.iv_tweak ||
		    h->segment.offset < 2 * h->hdr_size || h->segment.offset >= DEVICE_SIZE ||
		    h->flag_count || h->requirement_count || h->segment.integrity)
			abort();
		if (slot >= 0 && (!k || !k->plain || k->area_offset < 2 * h->hdr_size ||
				  k->area_offset + k->area_size > h->segment.offset))
			abort();
	}
	/* what was accepted is accepted again when it stands in both places */
	if (!both || luks2_header_compose(h, both, &e) < 0)
		abort();
	if (luks2_header_parse(&again, both, h->hdr_size, both + h->hdr_size, h->hdr_size, &e) < 0)
		abort();
	if (again.copy[0] != LUKS2_COPY_GOOD || again.copy[1] != LUKS2_COPY_GOOD ||
	    again.copy_reason[1][0] || again.seqid != h->seqid ||
	    again.token_count != h->token_count || again.keyslot_count != h->keyslot_count)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_luks2_header_ struct luks2_header h = {0};
	size_t len, first;
	uint64_t n;
	struct err e;

	if (size == 0)
		return 0;
	len = build(data, size);
	first = len < COPY ? len : COPY;
	if (first >= LUKS2_BIN_HDR_SIZE)
		(void)luks2_header_size(image, false, &n, &e);
	if (luks2_header_parse(&h, image, first, image + first, len - first, &e) == 0)
		check(&h);
	else if (e.code != E_HEADER_MALFORMED && e.code != E_HEADER_CHECKSUM)
		abort();
	return 0;
}
