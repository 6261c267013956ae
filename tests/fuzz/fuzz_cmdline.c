/* SPDX-License-Identifier: MIT */
#include "cmdline.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	char line[8192], value[64];

	if (size >= sizeof(line))
		return 0;
	memcpy(line, data, size);
	line[size] = '\0';
	if (cmdline_judge(line, "root", size & 1, NULL, NULL, &e) == 0 && !strstr(line, "/dev/mapper/root") &&
	    !(size & 1))
		abort();
	(void)cmdline_value(line, "root", value, sizeof(value));
	return 0;
}
