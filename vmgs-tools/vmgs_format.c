/* SPDX-License-Identifier: MIT */
#include "vmgs_format.h"

#include "buf.h"
#include "codec.h"

#include <stdio.h>
#include <string.h>

#define SIGNATURE UINT64_C(0x5354525453455547)	/* "GUESTRTS" */
#define VERSION_3_0 0x00030000u
#define CHECKSUM_AT 12

/* IEEE 802.3: reflected, polynomial edb88320 */
uint32_t vmgs_crc32(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t crc = UINT32_MAX;

	while (len-- > 0) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

bool vmgs_all_zero(const void *data, size_t len)
{
	const uint8_t *p = data;

	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

static void put_le(uint8_t *out, uint64_t v, size_t width)
{
	for (size_t i = 0; i < width; i++)
		out[i] = (uint8_t)(v >> (8 * i));
}

static void take(struct cursor *c, void *out, size_t len)
{
	const uint8_t *p = cursor_take(c, len);

	if (p)
		memcpy(out, p, len);
}

static void take_slot(struct cursor *c, struct vmgs_slot *slot)
{
	take(c, slot->nonce, sizeof(slot->nonce));
	slot->reserved = cursor_le32(c);
	take(c, slot->tag, sizeof(slot->tag));
	take(c, slot->wrapped, sizeof(slot->wrapped));
}

static enum vmgs_header_state judge(const struct vmgs_header *h, const uint8_t *bytes)
{
	uint8_t copy[VMGS_HEADER_BYTES];

	if (vmgs_all_zero(bytes, VMGS_HEADER_BYTES))
		return VMGS_HEADER_BLANK;
	if (h->signature != SIGNATURE)
		return VMGS_HEADER_SIGNATURE;
	if (h->version != VERSION_3_0)
		return VMGS_HEADER_VERSION;
	if (h->header_size != VMGS_HEADER_BYTES)
		return VMGS_HEADER_SIZE;
	if (h->table_offset < VMGS_FIRST_BLOCK)
		return VMGS_HEADER_TABLE_OFFSET;
	if (h->table_size != 1)
		return VMGS_HEADER_TABLE_SIZE;
	if (h->algorithm > VMGS_ALGORITHM_AES_GCM)
		return VMGS_HEADER_ALGORITHM;
	memcpy(copy, bytes, sizeof(copy));
	memset(copy + CHECKSUM_AT, 0, 4);
	return vmgs_crc32(copy, sizeof(copy)) == h->checksum ? VMGS_HEADER_VALID
							     : VMGS_HEADER_CHECKSUM;
}

enum vmgs_header_state vmgs_header_parse(const uint8_t bytes[VMGS_HEADER_BYTES],
					 struct vmgs_header *ret)
{
	struct cursor c = CURSOR(bytes, VMGS_HEADER_BYTES);

	ret->signature = cursor_le64(&c);
	ret->version = cursor_le32(&c);
	ret->checksum = cursor_le32(&c);
	ret->sequence = cursor_le32(&c);
	ret->header_size = cursor_le32(&c);
	ret->table_offset = cursor_le32(&c);
	ret->table_size = cursor_le32(&c);
	ret->algorithm = cursor_le16(&c);
	ret->markers = cursor_le16(&c);
	for (int i = 0; i < VMGS_SLOTS; i++)
		take_slot(&c, &ret->slot[i]);
	ret->reserved = cursor_le32(&c);
	return judge(ret, bytes);
}

const char *vmgs_header_text(enum vmgs_header_state state)
{
	switch (state) {
	case VMGS_HEADER_VALID:
		return "valid";
	case VMGS_HEADER_BLANK:
		return "blank";
	case VMGS_HEADER_SIGNATURE:
		return "invalid header signature";
	case VMGS_HEADER_VERSION:
		return "invalid header version";
	case VMGS_HEADER_SIZE:
		return "invalid header size";
	case VMGS_HEADER_TABLE_OFFSET:
		return "invalid file table offset";
	case VMGS_HEADER_TABLE_SIZE:
		return "invalid file table size";
	case VMGS_HEADER_ALGORITHM:
		return "invalid encryption algorithm";
	case VMGS_HEADER_CHECKSUM:
		return "invalid header checksum";
	}
	return "unknown";
}

void vmgs_header_format(const struct vmgs_header *h, uint8_t ret[VMGS_HEADER_BYTES])
{
	uint8_t *p = ret;

	memset(ret, 0, VMGS_HEADER_BYTES);
	put_le(p, SIGNATURE, 8);
	put_le(p + 8, VERSION_3_0, 4);
	put_le(p + 16, h->sequence, 4);
	put_le(p + 20, VMGS_HEADER_BYTES, 4);
	put_le(p + 24, h->table_offset, 4);
	put_le(p + 28, 1, 4);
	put_le(p + 32, h->algorithm, 2);
	put_le(p + 34, h->markers, 2);
	p += 36;
	for (int i = 0; i < VMGS_SLOTS; i++) {
		const struct vmgs_slot *slot = &h->slot[i];

		memcpy(p, slot->nonce, VMGS_NONCE_BYTES);
		put_le(p + 12, slot->reserved, 4);
		memcpy(p + 16, slot->tag, VMGS_TAG_BYTES);
		memcpy(p + 32, slot->wrapped, VMGS_KEY_BYTES);
		p += 64;
	}
	put_le(ret + CHECKSUM_AT, vmgs_crc32(ret, VMGS_HEADER_BYTES), 4);
}

int vmgs_header_choose(const enum vmgs_header_state state[2], const struct vmgs_header header[2],
		       int *ret_active, struct err *reterr)
{
	bool first = state[0] == VMGS_HEADER_VALID, second = state[1] == VMGS_HEADER_VALID;

	if (!first && !second)
		return err_set(reterr, E_VMGS_HEADER, "no valid header: the first: %s; the second: %s",
			       vmgs_header_text(state[0]), vmgs_header_text(state[1]));
	if (first && second) {
		/* modulo 2^32: 0 follows ffffffff */
		if (header[0].sequence == header[1].sequence + 1)
			second = false;
		else if (header[1].sequence != header[0].sequence + 1)
			return err_set(reterr, E_VMGS_HEADER,
				       "invalid header sequence numbers: %u and %u do not follow one another",
				       header[0].sequence, header[1].sequence);
	}
	*ret_active = second ? 1 : 0;
	return 0;
}

bool vmgs_slot_empty(const struct vmgs_slot *slot)
{
	return vmgs_all_zero(slot->wrapped, sizeof(slot->wrapped));
}

uint64_t vmgs_slot_counter(const struct vmgs_slot *slot)
{
	struct cursor c = CURSOR(slot->nonce + 4, 8);

	return cursor_le64(&c);
}

static int check_entry(const struct vmgs_entry *e, int id, uint32_t capacity, struct err *reterr)
{
	char name[32];

	if (e->blocks == 0)
		return 0;
	(void)vmgs_file_text(id, name);
	if (e->offset < VMGS_FIRST_BLOCK || e->offset >= capacity)
		return err_set(reterr, E_VMGS_TABLE, "invalid file offset: %s begins at block %u of %u",
			       name, e->offset, capacity);
	if ((uint64_t)e->offset + e->blocks > capacity)
		return err_set(reterr, E_VMGS_TABLE,
			       "invalid file allocation: %s has %u blocks from block %u, and there are %u",
			       name, e->blocks, e->offset, capacity);
	if (e->bytes > (uint64_t)e->blocks * VMGS_BLOCK_BYTES)
		return err_set(reterr, E_VMGS_TABLE,
			       "invalid file size: %s has %llu bytes in %u blocks", name,
			       (unsigned long long)e->bytes, e->blocks);
	return 0;
}

int vmgs_table_parse(const uint8_t block[VMGS_BLOCK_BYTES], uint32_t capacity, uint32_t table_offset,
		     struct vmgs_entry ret[VMGS_FILES], struct err *reterr)
{
	struct cursor c = CURSOR(block, VMGS_BLOCK_BYTES);

	for (int id = 0; id < VMGS_FILES; id++) {
		struct vmgs_entry *e = &ret[id];
		const uint8_t *reserved;
		int r;

		e->offset = cursor_le32(&c);
		e->blocks = cursor_le32(&c);
		e->bytes = cursor_le64(&c);
		take(&c, e->nonce, sizeof(e->nonce));
		take(&c, e->tag, sizeof(e->tag));
		e->attributes = cursor_le32(&c);
		reserved = cursor_take(&c, 16);
		e->reserved_set = reserved && !vmgs_all_zero(reserved, 16);
		r = check_entry(e, id, capacity, reterr);
		if (r < 0)
			return r;
	}
	if (ret[VMGS_ID_TABLE].blocks != 1 || ret[VMGS_ID_TABLE].offset != table_offset)
		return err_set(reterr, E_VMGS_TABLE,
			       "block %u is no file table: its first entry does not name itself",
			       table_offset);
	return 0;
}

void vmgs_table_format(const struct vmgs_entry entry[VMGS_FILES], uint8_t ret[VMGS_BLOCK_BYTES])
{
	memset(ret, 0, VMGS_BLOCK_BYTES);
	for (int id = 0; id < VMGS_FILES; id++) {
		const struct vmgs_entry *e = &entry[id];
		uint8_t *p = ret + (size_t)id * VMGS_ENTRY_BYTES;

		if (e->blocks == 0)
			continue;
		put_le(p, e->offset, 4);
		put_le(p + 4, e->blocks, 4);
		put_le(p + 8, e->bytes, 8);
		memcpy(p + 16, e->nonce, VMGS_NONCE_BYTES);
		memcpy(p + 28, e->tag, VMGS_TAG_BYTES);
		put_le(p + 44, e->attributes, 4);
	}
}

bool vmgs_table_overlap(const struct vmgs_entry entry[VMGS_FILES], int *ret_a, int *ret_b)
{
	for (int a = 0; a < VMGS_FILES; a++)
		for (int b = a + 1; b < VMGS_FILES; b++) {
			uint64_t a_end = (uint64_t)entry[a].offset + entry[a].blocks;
			uint64_t b_end = (uint64_t)entry[b].offset + entry[b].blocks;

			if (entry[a].blocks == 0 || entry[b].blocks == 0 ||
			    entry[a].offset >= b_end || entry[b].offset >= a_end)
				continue;
			*ret_a = a;
			*ret_b = b;
			return true;
		}
	return false;
}

bool vmgs_entry_sealed(const struct vmgs_entry *e)
{
	return !vmgs_all_zero(e->nonce, sizeof(e->nonce)) || !vmgs_all_zero(e->tag, sizeof(e->tag));
}

uint64_t vmgs_blocks(uint64_t bytes)
{
	return bytes == 0 ? 1 : (bytes - 1) / VMGS_BLOCK_BYTES + 1;
}

uint32_t vmgs_extended_attributes(const uint8_t *table, int id)
{
	struct cursor c = CURSOR(table + (size_t)id * VMGS_ENTRY_BYTES, 4);

	return cursor_le32(&c);
}

void vmgs_extended_set_attributes(uint8_t *table, int id, uint32_t attributes)
{
	put_le(table + (size_t)id * VMGS_ENTRY_BYTES, attributes, 4);
}

static const struct {
	uint8_t id;
	bool read_locked, secret;
	const char *name;
} names[] = {
	{VMGS_ID_TABLE, true, false, "FILE_TABLE"},
	{1, false, true, "BIOS_NVRAM"},
	{2, false, true, "TPM_PPI"},
	{3, false, true, "TPM_NVRAM"},
	{4, true, false, "RTC_SKEW"},
	{5, true, false, "ATTEST"},
	{6, true, false, "KEY_PROTECTOR"},
	{7, true, false, "VM_UNIQUE_ID"},
	{8, true, false, "GUEST_FIRMWARE"},
	{9, true, false, "CUSTOM_UEFI"},
	{10, true, false, "GUEST_WATCHDOG"},
	{11, true, false, "HW_KEY_PROTECTOR"},
	{13, false, true, "GUEST_SECRET_KEY"},
	{14, true, false, "HIBERNATION_TOKEN"},
	{15, false, true, "PLATFORM_SEED"},
	{16, true, false, "PROVENANCE_DOC"},
	{17, false, true, "TPM_NVRAM_BACKUP"},
	{18, true, false, "PROVISIONING_MARKER"},
	{VMGS_ID_EXTENDED, false, false, "EXTENDED_FILE_TABLE"},
};

static int find_name(int id)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].id == id)
			return (int)i;
	return -1;
}

const char *vmgs_file_name(int id)
{
	int i = find_name(id);

	return i < 0 ? NULL : names[i].name;
}

int vmgs_file_id(const char *text)
{
	uint64_t number;

	if (decimal_u64(text, VMGS_FILES - 1, &number))
		return (int)number;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasecmp(names[i].name, text) == 0)
			return names[i].id;
	return -1;
}

const char *vmgs_file_text(int id, char out[32])
{
	const char *name = vmgs_file_name(id);

	if (name)
		(void)snprintf(out, 32, "%s", name);
	else
		(void)snprintf(out, 32, "%d", id);
	return out;
}

bool vmgs_file_read_locked(int id)
{
	int i = find_name(id);

	return i >= 0 && names[i].read_locked;
}

bool vmgs_file_secret(int id)
{
	int i = find_name(id);

	return i >= 0 && names[i].secret;
}
