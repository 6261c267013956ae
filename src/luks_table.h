/* SPDX-License-Identifier: MIT */
/*
 * What the kernel says about a mapping, judged against what was asked for: the last check before
 * anything on the volume is read (threat T1: libcryptsetup obeys a header that nobody signed).
 * Pure, no I/O; text as the kernel's dm-crypt writes it (admin-guide/device-mapper/dm-crypt).
 * Strict: what is not known is refused. Sizes are in bytes unless a name says sectors, which are
 * of 512 bytes.
 */
#ifndef CVMCRYPT_LUKS_TABLE_H
#define CVMCRYPT_LUKS_TABLE_H

#include "err.h"

#define LUKS_SECTOR_BYTES 512
#define LUKS_DM_UUID_MAX 129		/* DM_UUID_LEN of linux/dm-ioctl.h, NUL included */
#define LUKS_MAPPING_NAME_MAX 64	/* NUL included */

struct luks_table_expect {
	const char *mapping;
	const char *uuid;		/* the header's, with dashes */
	const char *cipher;
	uint32_t key_size;
	uint32_t sector_size;
	uint64_t offset;
	uint64_t device_size;
	uint32_t device_major, device_minor;
	bool discards;
};

struct luks_table_live {
	const char *name;
	const char *uuid;		/* device-mapper's */
	bool suspended, read_only, inactive_table;
	size_t target_count;
	uint64_t start_sectors, length_sectors;
	const char *type;
	const char *params;		/* may hold a key: never part of a message */
};

/* 0 if the mapping is exactly what was asked for, else E_READBACK. */
int luks_table_judge(const struct luks_table_expect *expect, const struct luks_table_live *live,
		     struct err *reterr);

/*
 * A name that is the same for us, device-mapper, udev and a path: [A-Za-z0-9._-], no leading dot
 * or dash.
 */
bool luks_mapping_name_ok(const char *name);

#endif
