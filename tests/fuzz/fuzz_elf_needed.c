/* SPDX-License-Identifier: MIT */
#include "elf_needed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_needed n;

	(void)elf_needed_parse(&n, data, size, NULL);
	return 0;
}
