/* SPDX-License-Identifier: MIT */
/*
 * The cvmcrypt record: the LUKS2 token of type "cvmcrypt" that ties a volume to its secret S and
 * holds the ways to get S. Bytes in, struct out; docs/record.md has the format and the MAC input.
 *
 * Under the MAC: everything but "mac" and "ok" (the approvals). An approval vouches for itself: it
 * is signed by the key that the sealed object's policy names, and the revocation counter in the TPM
 * says whether it still counts; so one can be added without S.
 */
#ifndef CVMCRYPT_RECORD_H
#define CVMCRYPT_RECORD_H

#include "buf.h"
#include "crypto.h"
#include "err.h"
#include "luks2_header.h"

#define RECORD_TYPE "cvmcrypt"
#define RECORD_EVENTS_TYPE "cvmcrypt-events"
#define RECORD_VERSION 1
#define RECORD_TEXT_MAX 2048		/* bytes of JSON text: two must fit a default header */
#define RECORD_ID_SIZE 16
#define RECORD_APPROVALS_MAX 4
#define RECORD_WAYS_MAX 4		/* one of each type */
#define RECORD_PCRS_MAX 8		/* in a mask */
#define RECORD_PCR_SHORT 6		/* bytes kept of a PCR value, to pick an approval */
#define RECORD_S_WRAPPED 40		/* S, 32 bytes, under AES-256-KWP */

enum way_type { WAY_TPM2 = 1, WAY_RECOVERY, WAY_PARENT, WAY_GUEST_KEY };

/*
 * S sealed under PolicyAuthorize(approver); TPM structures as marshalled by tpm2-tss. Before the
 * first sealing (enrolled without a TPM) srk_name is zero and both areas are empty.
 */
struct way_tpm2 {
	uint32_t srk_handle;
	uint8_t srk_name[34];		/* nameAlg sha256 || digest */
	uint8_t approver_x[32], approver_y[32];	/* P-256 key that signs approvals */
	uint32_t counter_index;		/* NV counter of PolicyNV */
	uint32_t pcr_mask;
	uint8_t public_area[128];	/* TPM2B_PUBLIC */
	size_t public_len;
	uint8_t private_area[256];	/* TPM2B_PRIVATE */
	size_t private_len;
};

/* S under AES-256-KWP with the key that kdf.h derives from the recovery key. */
struct way_recovery {
	int keyslot;			/* its own keyslot, for stock cryptsetup; -1: none */
	uint8_t wrapped[RECORD_S_WRAPPED];
};

/* S under AES-256-KWP with the parent's child-wrap key. */
struct way_parent {
	uint8_t parent_id[RECORD_ID_SIZE];
	uint8_t wrapped[RECORD_S_WRAPPED];
};

/*
 * S under RSA-OAEP (SHA-256, label RECORD_GUEST_LABEL with its NUL) with the key that the vTPM has at
 * TPM_GUEST_KEY_HANDLE when it is first switched on: how an image opens before it was ever booted.
 */
#define RECORD_GUEST_LABEL "cvmcrypt/1 guest-secret-key"
struct way_guest_key {
	uint8_t key[SHA256_SIZE];	/* SHA-256 of the modulus */
	uint8_t wrapped[384];
	size_t wrapped_len;		/* that of the modulus: 256 or 384 */
};

struct way {
	enum way_type type;
	union {
		struct way_tpm2 tpm2;
		struct way_recovery recovery;
		struct way_parent parent;
		struct way_guest_key guest_key;
	};
};

/* "These PCR values may have S while the revocation counter is at most `number`." */
struct approval {
	uint64_t number;
	uint8_t signature[64];		/* ECDSA P-256 r || s; tpm_policy.h: of what */
	uint8_t pcr_short[RECORD_PCRS_MAX][RECORD_PCR_SHORT];	/* of pcr_mask, ascending; rest 0 */
	bool proven;			/* a boot went through it; advisory, commit acts on it */
	bool unexplained;		/* accepted without an event log that explains the values */
};

struct record {
	int keyslot;			/* our keyslot, from "keyslots" */
	uint32_t version, min_version;
	uint8_t id[RECORD_ID_SIZE];
	uint64_t generation;
	/* the geometry enrolled; must equal the header's and the dm table's */
	char cipher[LUKS2_CIPHER_MAX];
	uint32_t key_size;		/* bytes */
	uint32_t sector_size;
	uint64_t offset;		/* bytes */
	struct way ways[RECORD_WAYS_MAX];
	size_t way_count;
	uint8_t volume_key[80];		/* AES-256-KWP of the volume key under "volume-key-wrap" */
	size_t volume_key_len;
	uint8_t mac[SHA256_SIZE];
	struct approval approvals[RECORD_APPROVALS_MAX];
	size_t approval_count;
};

/*
 * text: the token's JSON. E_RECORD_MALFORMED; E_RECORD_TOO_NEW if its "min" is above
 * RECORD_VERSION. Of a newer record with a "min" that we meet, what this version does not define is
 * ignored: the MAC covers what version "min" defines.
 */
int record_parse(struct record *ret, const char *text, size_t len, struct err *reterr);
/*
 * The token's JSON in an empty buffer, at most RECORD_TEXT_MAX bytes (E_NO_SPACE) and a NUL beyond
 * ret->len; it has been read back. E_RECORD_TOO_NEW for a record of another version than ours:
 * what we do not know would be lost.
 */
int record_format(const struct record *r, struct buf *ret, struct err *reterr);
const struct way *record_way(const struct record *r, enum way_type type);
/* As the record's text, the config's sources and messages have it. */
const char *record_way_name(enum way_type type);
/*
 * The documented byte string over header and record that the MAC covers, appended to ret. A header
 * with what the string has no place for (flags, requirements, integrity, more than one segment or
 * digest) is E_HEADER_REFUSED.
 */
int record_mac_input(const struct record *r, const struct luks2_header *h, struct buf *ret,
		     struct err *reterr);

#endif
