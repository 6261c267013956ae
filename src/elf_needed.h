/* SPDX-License-Identifier: MIT */
/*
 * What an ELF64 program or library needs to be loaded: its DT_NEEDED names and its interpreter.
 * Pure: bytes in, struct out. Clauses: System V ABI, "Program Header" and "Dynamic Section".
 */
#ifndef CVMCRYPT_ELF_NEEDED_H
#define CVMCRYPT_ELF_NEEDED_H

#include "err.h"

#define ELF_NEEDED_MAX 64
#define ELF_NAME_MAX 128

struct elf_needed {
	char name[ELF_NEEDED_MAX][ELF_NAME_MAX];
	size_t count;
	char interpreter[ELF_NAME_MAX];	/* empty for a library */
};

/* E_IMAGE_FILE: not a little-endian ELF64 file, or malformed. */
int elf_needed_parse(struct elf_needed *ret, const uint8_t *data, size_t len, struct err *reterr);

#endif
