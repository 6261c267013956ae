/* SPDX-License-Identifier: MIT */
/*
 * VM guest state, version 3.0: headers, file table, extended file table. Pure: bytes in, struct out and
 * back. All integers on disk are little-endian; offsets and sizes are in blocks of 4096 bytes unless a
 * name says bytes. Everything read is hostile. Failures: E_VMGS_HEADER, E_VMGS_TABLE.
 */
#ifndef VMGS_FORMAT_H
#define VMGS_FORMAT_H

#include "base.h"
#include "err.h"

#define VMGS_BLOCK_BYTES 4096
#define VMGS_SECTOR_BYTES 512		/* of a VHD, and of what is written */
#define VMGS_HEADER_BYTES 168
#define VMGS_HEADERS_AREA_BYTES 8192
#define VMGS_FIRST_BLOCK 2		/* blocks 0 and 1 belong to the headers */
#define VMGS_FILES 64
#define VMGS_ENTRY_BYTES 64
#define VMGS_ID_TABLE 0
#define VMGS_ID_EXTENDED 63
#define VMGS_KEY_BYTES 32
#define VMGS_NONCE_BYTES 12
#define VMGS_TAG_BYTES 16
#define VMGS_SLOTS 2
#define VMGS_DISK_BYTES_MIN 16384
#define VMGS_DISK_BYTES_MAX (UINT64_C(1) << 32)

enum { VMGS_ALGORITHM_NONE = 0, VMGS_ALGORITHM_AES_GCM = 1 };
enum { VMGS_ATTRIBUTE_ENCRYPTED = 1, VMGS_ATTRIBUTE_AUTHENTICATED = 2, VMGS_ATTRIBUTES_BOTH = 3 };
enum { VMGS_MARKER_REPROVISIONED = 1 };

/* The metadata key, encrypted with a root key. Empty: the encrypted key is all zero. */
struct vmgs_slot {
	uint8_t nonce[VMGS_NONCE_BYTES];	/* 4 random bytes, then a counter, little-endian */
	uint32_t reserved;
	uint8_t tag[VMGS_TAG_BYTES];
	uint8_t wrapped[VMGS_KEY_BYTES];
};

struct vmgs_header {
	uint64_t signature;
	uint32_t version, checksum, sequence, header_size;
	uint32_t table_offset, table_size;
	uint16_t algorithm, markers;
	struct vmgs_slot slot[VMGS_SLOTS];
	uint32_t reserved;
};

/* In the order in which they are looked for. */
enum vmgs_header_state {
	VMGS_HEADER_VALID, VMGS_HEADER_BLANK, VMGS_HEADER_SIGNATURE, VMGS_HEADER_VERSION,
	VMGS_HEADER_SIZE, VMGS_HEADER_TABLE_OFFSET, VMGS_HEADER_TABLE_SIZE, VMGS_HEADER_ALGORITHM,
	VMGS_HEADER_CHECKSUM,
};

/* An entry of the file table. blocks 0: not allocated. */
struct vmgs_entry {
	uint32_t offset, blocks;
	uint64_t bytes;			/* of contents, at most blocks * 4096 */
	uint8_t nonce[VMGS_NONCE_BYTES], tag[VMGS_TAG_BYTES];
	uint32_t attributes;		/* a copy; old writers leave it 0 for encrypted files */
	bool reserved_set;		/* reserved bytes that are not zero */
};

uint32_t vmgs_crc32(const void *data, size_t len);
bool vmgs_all_zero(const void *data, size_t len);

/* *ret is filled whatever the state is: it is shown. */
enum vmgs_header_state vmgs_header_parse(const uint8_t bytes[VMGS_HEADER_BYTES],
					 struct vmgs_header *ret);
/* "Invalid header checksum" ... */
const char *vmgs_header_text(enum vmgs_header_state state);
/* With a fresh checksum; signature, version and sizes are this version's. */
void vmgs_header_format(const struct vmgs_header *h, uint8_t ret[VMGS_HEADER_BYTES]);
/* Which of the two is active: 0 or 1. The one with the next sequence number; the only valid one. */
int vmgs_header_choose(const enum vmgs_header_state state[2], const struct vmgs_header header[2],
		       int *ret_active, struct err *reterr);
bool vmgs_slot_empty(const struct vmgs_slot *slot);
/* The counter in the nonce: how often the slot was written. */
uint64_t vmgs_slot_counter(const struct vmgs_slot *slot);

/*
 * Checks the place of every entry against capacity, in 64 bits, and that entry 0 is the table itself.
 * Overlaps are found by vmgs_table_overlap().
 */
int vmgs_table_parse(const uint8_t block[VMGS_BLOCK_BYTES], uint32_t capacity, uint32_t table_offset,
		     struct vmgs_entry ret[VMGS_FILES], struct err *reterr);
void vmgs_table_format(const struct vmgs_entry entry[VMGS_FILES], uint8_t ret[VMGS_BLOCK_BYTES]);
/* True: *ret_a and *ret_b are two files that share blocks. */
bool vmgs_table_overlap(const struct vmgs_entry entry[VMGS_FILES], int *ret_a, int *ret_b);
/* A nonce or a tag: the reliable sign that what is stored is ciphertext. */
bool vmgs_entry_sealed(const struct vmgs_entry *e);
/* Blocks for so many bytes: at least one. */
uint64_t vmgs_blocks(uint64_t bytes);

/* Place of an entry's key in the extended table; its attributes stand before it. */
#define VMGS_EXTENDED_KEY(id) ((size_t)(id) * VMGS_ENTRY_BYTES + 4)
uint32_t vmgs_extended_attributes(const uint8_t *table, int id);
void vmgs_extended_set_attributes(uint8_t *table, int id, uint32_t attributes);

/* "BIOS_NVRAM"; NULL for a number without a name. */
const char *vmgs_file_name(int id);
/* A name, as above, or a number from 0 to 63; -1 if it is neither. */
int vmgs_file_id(const char *text);
/* The name, or the number as text, in out. */
const char *vmgs_file_text(int id, char out[32]);
/* Files that firmware and paravisor read before they have the key: never encrypted. */
bool vmgs_file_read_locked(int id);
/* Files that they keep encrypted when the store is. */
bool vmgs_file_secret(int id);

#endif
