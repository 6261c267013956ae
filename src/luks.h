/* SPDX-License-Identifier: MIT */
/*
 * LUKS2 volumes. luks_read_header() reads the header once from one descriptor; everything at boot is
 * done from that memory. The writing half (enrolment, commit) works on the device through
 * libcryptsetup. libcryptsetup and libdevmapper appear only in luks*.c.
 */
#ifndef CVMCRYPT_LUKS_H
#define CVMCRYPT_LUKS_H

#include "err.h"
#include "luks2_header.h"
#include "secret.h"

/* A block device or image file, opened once. */
struct luks_device {
	int fd;
	char path[256];
	uint64_t size;			/* bytes */
	uint64_t rdev;			/* of a block device, else 0 */
};

#define LUKS_DEVICE_INIT ((struct luks_device){.fd = -1})
#define _cleanup_luks_device_ _cleanup_(luks_device_done)
int luks_device_open(struct luks_device *ret, const char *path, bool writable, struct err *reterr);
void luks_device_done(struct luks_device *d);

/* luks_read.c: one pass over the JSON areas; both copies judged. */
int luks_read_header(const struct luks_device *d, struct luks2_header *ret, struct err *reterr);

/* luks_map.c: opening from memory, and what the kernel says about it. */
/*
 * Volume key by any keyslot of the header's digest that the passphrase opens. The header is the one that
 * was judged, and each keyslot's area is read once: what libcryptsetup works on cannot be another.
 * E_PASSPHRASE.
 */
int luks_passphrase_key(const struct luks_device *d, const struct luks2_header *h,
			const struct secret *passphrase, struct secret *ret, struct err *reterr);
struct luks_map_request {
	const struct luks_device *device;
	const struct luks2_header *header;
	const char *mapping;
	bool discards;
};
/* Activates by volume key from a sealed memory copy of the header. E_KEYTEST, E_ACTIVATE, E_MAPPING_EXISTS. */
int luks_activate(const struct luks_map_request *q, const struct secret *volume_key,
		  struct err *reterr);
/*
 * The same for a volume key that is known to be the header's: it came out of a record whose MAC has been
 * checked over this header. Spares the header's slow digest (0.1 s, and more under emulation); a wrong
 * key would make a mapping of garbage.
 */
int luks_activate_proven(const struct luks_map_request *q, const struct secret *volume_key,
			 struct err *reterr);
/* Compares the live dm table with header, device and request. E_READBACK. */
int luks_readback(const struct luks_map_request *q, struct err *reterr);
/* Removes a mapping; absent is fine. */
int luks_deactivate(const char *mapping, struct err *reterr);
/* dev_t of the mapping's node; E_HANDOFF_MOUNT if there is none or it is no crypt target. */
int luks_mapping_rdev(const char *mapping, uint64_t *ret, struct err *reterr);

/* luks_write.c: keyslots and tokens on the device, through libcryptsetup. */
struct luks_store;
#define _cleanup_luks_store_ _cleanup_(luks_store_freep)
void luks_store_freep(struct luks_store **s);
int luks_store_open(struct luks_store **ret, const char *path, struct err *reterr);
/* Adds a keyslot (PBKDF2, `iterations`) for the volume key; *ret_slot its number. E_NO_SPACE. */
int luks_store_add_keyslot(struct luks_store *s, const struct secret *volume_key,
			   const struct secret *passphrase, int *ret_slot, struct err *reterr);
/* Proves that the slot opens with the passphrase. E_KEYTEST. */
int luks_store_test_keyslot(struct luks_store *s, int slot, const struct secret *passphrase,
			    struct err *reterr);
int luks_store_remove_keyslot(struct luks_store *s, int slot, struct err *reterr);
/* Writes token JSON; token < 0 picks a free one. *ret_token its number. E_NO_SPACE, E_HEADER_WRITE. */
int luks_store_put_token(struct luks_store *s, int token, const char *json, int *ret_token,
			 struct err *reterr);
int luks_store_remove_token(struct luks_store *s, int token, struct err *reterr);

#endif
