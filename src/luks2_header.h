/* SPDX-License-Identifier: MIT */
/*
 * The LUKS2 header (LUKS2 On-Disk Format Specification 1.1.1), read strictly from bytes: both
 * copies are judged alone, the newest good one is decoded. Pure: no I/O. luks2_header_policy()
 * refuses what cvmcrypt does not allow (a header is unauthenticated and libcryptsetup obeys it).
 */
#ifndef CVMCRYPT_LUKS2_HEADER_H
#define CVMCRYPT_LUKS2_HEADER_H

#include "buf.h"
#include "err.h"
#include "json.h"

#define LUKS2_BIN_HDR_SIZE 4096
#define LUKS2_HDR_SIZE_MIN 16384	/* one copy: binary header and JSON area */
#define LUKS2_HDR_SIZE_MAX 4194304
#define LUKS2_CIPHER_MAX 32
#define LUKS2_KEYSLOTS_MAX 32
#define LUKS2_TOKENS_MAX 32
#define LUKS2_UUID_SIZE 40		/* as on disk, NUL-padded */
#define LUKS2_LABEL_SIZE 48
#define LUKS2_WORD_SIZE 48
#define LUKS2_KEYSLOTS_SIZE_MAX 134217728	/* what libcryptsetup allows */
#define LUKS2_TYPE_MAX 64
#define LUKS2_REASON_MAX 144

struct luks2_keyslot {
	int id;
	char type[LUKS2_TYPE_MAX];	/* a longer one is cut */
	uint32_t key_size;		/* bytes of the volume key that it holds */
	uint64_t area_offset, area_size;	/* bytes from the start of the device */
	char area_cipher[LUKS2_CIPHER_MAX];
	uint32_t area_key_size;
	uint32_t af_stripes;
	char af_hash[16];
	char kdf[16];			/* pbkdf2, argon2i, argon2id */
	char kdf_hash[16];		/* pbkdf2 only */
	uint32_t kdf_iterations, kdf_memory, kdf_cpus;	/* as the kdf uses them, else 0 */
	uint8_t kdf_salt[64];
	size_t kdf_salt_len;
	bool plain;			/* type luks2, af luks1, area raw: what cvmcrypt can use; else only
					   id, type and, where it is told, the area's place are set */
	char reason[LUKS2_REASON_MAX];	/* why it is not plain */
};

struct luks2_segment {
	char type[LUKS2_TYPE_MAX];	/* empty: there is no segment 0; the rest is set for "crypt" */
	uint64_t offset;		/* bytes */
	bool dynamic;			/* size "dynamic" */
	uint64_t size;
	uint64_t iv_tweak;
	char cipher[LUKS2_CIPHER_MAX];	/* the header's "encryption" */
	uint32_t sector_size;
	bool integrity;
	size_t flag_count;		/* of the segment: it is part of a re-encryption */
};

struct luks2_digest {			/* the one that covers segment 0 */
	char type[LUKS2_TYPE_MAX];	/* the rest is set for "pbkdf2" */
	char hash[16];
	uint32_t iterations;
	uint8_t salt[64];
	size_t salt_len;
	uint8_t digest[64];
	size_t digest_len;
	uint32_t keyslots;		/* bit mask */
};

struct luks2_token {
	int id;
	char type[LUKS2_TYPE_MAX];	/* a longer one is cut */
	uint32_t keyslots;		/* bit mask */
	char *text;			/* the token object's JSON, compact; owned */
};

enum luks2_copy { LUKS2_COPY_GOOD, LUKS2_COPY_BAD };

struct luks2_header {
	char uuid[LUKS2_UUID_SIZE];
	uint64_t hdr_size;		/* of one copy */
	uint64_t seqid;
	uint64_t json_size, keyslots_size;
	enum luks2_copy copy[2];	/* what was found of primary and secondary */
	char copy_reason[2][LUKS2_REASON_MAX];	/* why a copy is bad, or good and not used */
	int used;			/* 0 or 1: the copy that was decoded */
	size_t segment_count;
	struct luks2_segment segment;	/* number 0 */
	size_t digest_count;		/* digests that cover segment 0 */
	struct luks2_digest digest;
	uint32_t other_keyslots;	/* bit mask: keyslots of digests that don't cover segment 0 */
	size_t keyslot_count;
	struct luks2_keyslot keyslot[LUKS2_KEYSLOTS_MAX];
	size_t token_count;
	struct luks2_token token[LUKS2_TOKENS_MAX];
	size_t flag_count, requirement_count;
	char first_flag[LUKS2_WORD_SIZE], first_requirement[LUKS2_WORD_SIZE];
	bool reencrypt_keyslot;		/* a keyslot of type reencrypt is there */
	char label[LUKS2_LABEL_SIZE];	/* NUL-terminated, anything the host likes */
	bool subsystem_set;
	uint8_t *area;			/* the used copy, hdr_size bytes, owned */
};

#define _cleanup_luks2_header_ _cleanup_(luks2_header_done)
void luks2_header_done(struct luks2_header *h);

/*
 * How many bytes of a copy its binary header claims, so that a reader knows how much to read.
 * E_HEADER_MALFORMED if the 4096 bytes are no binary header, of the primary or of the secondary.
 */
int luks2_header_size(const uint8_t bin[LUKS2_BIN_HDR_SIZE], bool secondary, uint64_t *ret,
		      struct err *reterr);
/*
 * Either copy may be NULL (not read); lengths are of what was read. E_HEADER_MALFORMED,
 * E_HEADER_CHECKSUM.
 */
int luks2_header_parse(struct luks2_header *ret, const uint8_t *primary, size_t primary_len,
		       const uint8_t *secondary, size_t secondary_len, struct err *reterr);

/*
 * What a header must look like before a secret is asked for; our_keyslot < 0: all but the keyslot.
 * E_HEADER_REFUSED, E_FOREIGN_TOKEN.
 */
int luks2_header_policy(const struct luks2_header *h, int our_keyslot, uint64_t device_size,
			struct err *reterr);
/* May a passphrase be tried on this keyslot? The same list as for ours. E_HEADER_REFUSED. */
int luks2_header_keyslot_policy(const struct luks2_header *h, int id, struct err *reterr);
const struct luks2_keyslot *luks2_header_keyslot(const struct luks2_header *h, int id);
/* The only token of that type; NULL if none. More than one: E_HEADER_REFUSED. */
int luks2_header_token(const struct luks2_header *h, const char *type,
		       const struct luks2_token **ret, struct err *reterr);

/*
 * The used copy, made into both copies (magic, offset and checksum of each set right): out has
 * 2 * hdr_size bytes. This is what libcryptsetup gets, never the disk.
 */
int luks2_header_compose(const struct luks2_header *h, uint8_t *out, struct err *reterr);

#endif
