/* SPDX-License-Identifier: MIT */
/*
 * A guest state file: opened, locked against other users, read and changed. Every change puts new blocks
 * beside the old ones, syncs, and then writes the inactive header and syncs again: a cut at any point
 * leaves the old or the new contents. Nothing here prints.
 *
 * Failures: E_VMGS_CONTAINER, _EMPTY, _VERSION_1, _HEADER, _TABLE (what cannot be opened), _KEY, _LOCKED,
 * _PLAIN (the key and the store do not fit), _FILE_ABSENT, _DATA, _SPACE, _BUSY, E_IO.
 */
#ifndef VMGS_STORE_H
#define VMGS_STORE_H

#include "buf.h"
#include "vmgs_alloc.h"
#include "vmgs_crypto.h"
#include "vmgs_format.h"

#include <limits.h>

#define VMGS_FILE_BYTES_MAX ((uint64_t)1 << 30)	/* of one file, as it is held in memory */

enum vmgs_container { VMGS_VHD, VMGS_RAW };

struct vmgs_store {
	int fd;
	char name[PATH_MAX];
	bool writable;
	enum vmgs_container container;
	uint64_t file_bytes, disk_bytes;
	uint32_t sector_bytes;		/* where the second header stands */
	uint32_t capacity;		/* blocks */
	struct vmgs_header header[2];
	enum vmgs_header_state state[2];
	int active;			/* header; -1: none was chosen, -2: none was read */
	struct vmgs_entry entry[VMGS_FILES];
	bool table_read;
	/* when unlocked */
	bool unlocked;
	int slot;			/* that the root key opens */
	struct secret root, metadata;
	struct secret extended;		/* the extended table's 4096 bytes */
	uint64_t stale;			/* ids that it calls encrypted and that are not */
	struct vmgs_random random;
};

#define VMGS_STORE_INIT ((struct vmgs_store){.fd = -1, .active = -2})
#define _cleanup_vmgs_store_ _cleanup_(vmgs_store_close)

/*
 * sector_bytes: 512 or 4096, 0 to find out (a VHD has 512). After a failure what was read so far, the
 * headers for instance, can be looked at.
 */
int vmgs_store_open(struct vmgs_store *s, const char *path, bool write, uint32_t sector_bytes,
		    struct err *reterr);
void vmgs_store_close(struct vmgs_store *s);
/* Is the store encrypted? */
bool vmgs_store_sealed(const struct vmgs_store *s);
/* Moves the key in. E_VMGS_PLAIN, E_VMGS_KEY; E_VMGS_TABLE when key and slot fit but not the table. */
int vmgs_store_unlock(struct vmgs_store *s, struct secret *root, struct err *reterr);
/* The key that needs no secret: true when an all-zero metadata key opens the extended table. */
bool vmgs_store_zero_key(const struct vmgs_store *s, const struct vmgs_entry *extended);

bool vmgs_store_has(const struct vmgs_store *s, int id);
/* Are this file's contents stored as ciphertext? */
bool vmgs_store_encrypted(const struct vmgs_store *s, int id);
int vmgs_store_read(const struct vmgs_store *s, int id, struct buf *ret, struct err *reterr);
/* The bytes at an entry's place. */
int vmgs_store_read_blocks(const struct vmgs_store *s, const struct vmgs_entry *e, void *out,
			   size_t len, struct err *reterr);
/* The table of the header that is not active; false when there is none that can be read. */
bool vmgs_store_previous(const struct vmgs_store *s, struct vmgs_entry ret[VMGS_FILES]);

/* Changes, one commit each. encrypt needs an unlocked store. */
int vmgs_store_write(struct vmgs_store *s, int id, const void *data, size_t len, bool encrypt,
		     struct err *reterr);
int vmgs_store_delete(struct vmgs_store *s, int id, struct err *reterr);
int vmgs_store_move(struct vmgs_store *s, int from, int to, struct err *reterr);
/* The first key of a plain store; files that are in it stay as they are. Moves the key in. */
int vmgs_store_encrypt(struct vmgs_store *s, struct secret *root, struct err *reterr);
/* The new root key in the other slot, all others gone. Files and tables stay. Moves the key in. */
int vmgs_store_rekey(struct vmgs_store *s, struct secret *root, struct err *reterr);
/* New tables under a new metadata key. */
int vmgs_store_refresh(struct vmgs_store *s, struct err *reterr);

/*
 * Encrypts every encrypted file anew, a commit each, then rekeys, writes the tables twice so that
 * neither header knows an old key, and zeroes what no file covers.
 */
int vmgs_store_rewrite(struct vmgs_store *s, struct secret *root, struct err *reterr);
/* Encrypts secret files that were there before the first key, and removes what is left of them. */
int vmgs_store_encrypt_files(struct vmgs_store *s, struct err *reterr);
int vmgs_store_wipe_free(struct vmgs_store *s, struct err *reterr);

/* The whole file to path.bak, atomically; the mode is kept. */
int vmgs_store_backup(const struct vmgs_store *s, struct err *reterr);

struct vmgs_create {
	uint64_t disk_bytes;
	enum vmgs_container container;
	uint32_t sector_bytes;		/* 512, or 4096 for a raw disk */
	bool replace;			/* what is there */
	const struct vmgs_random *random;
};

/* An empty store; root (may be NULL) is moved in and becomes its first key. */
int vmgs_store_create(const char *path, const struct vmgs_create *how, struct secret *root,
		      struct err *reterr);
/* The same disk in another container, as a new file at path. */
int vmgs_store_convert(const struct vmgs_store *s, enum vmgs_container to, const char *path,
		       bool replace, struct err *reterr);

#endif
