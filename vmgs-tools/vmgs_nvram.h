/* SPDX-License-Identifier: MIT */
/*
 * UEFI variables as BIOS_NVRAM holds them: packed one after another, nothing between and no count. Pure.
 * Failure: E_VMGS_CONTENT.
 */
#ifndef VMGS_NVRAM_H
#define VMGS_NVRAM_H

#include "buf.h"
#include "err.h"

#define NVRAM_BYTES_MAX 131072
#define NVRAM_NAME_BYTES_MAX 2048
#define NVRAM_DATA_BYTES_MAX 32768
#define NVRAM_GUID_TEXT 37
#define NVRAM_TIME_TEXT 32

struct nvram_variable {
	uint32_t attributes;
	uint8_t time[16], vendor[16];
	const uint8_t *name;	/* UTF-16LE with its NUL; borrowed */
	size_t name_bytes;
	const uint8_t *data;	/* borrowed */
	size_t data_bytes;
};

/* The next variable; the cursor has some bytes left. */
int nvram_next(struct cursor *c, struct nvram_variable *ret, struct err *reterr);
/* The name as UTF-8, without NUL; unpaired surrogates become U+FFFD. */
void nvram_name(const struct nvram_variable *v, struct buf *ret);
void nvram_guid(const uint8_t guid[16], char ret[NVRAM_GUID_TEXT]);
/* "2022-02-17T04:54:13Z" */
void nvram_time(const uint8_t time[16], char ret[NVRAM_TIME_TEXT]);

#endif
