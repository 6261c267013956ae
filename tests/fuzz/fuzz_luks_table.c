/* SPDX-License-Identifier: MIT */
/*
 * First byte: discards, 4096-byte sectors, key size. The rest is the table. What is accepted must,
 * when put together again from the request, be the same table.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "luks_table.h"

#define UUID "3c6a1f2e-97f5-4d0a-8a5e-0b0f7c3f1d11"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_accepted(const struct luks_table_expect *e, const char *params)
{
	assert(strncmp(params, "aes-xts-plain64 ", 16) == 0);
	assert(strstr(params, " 0 254:16 32768"));
	assert(!strstr(params, "integrity") && !strstr(params, "workqueue"));
	assert(!strstr(params, "iv_large"));
	assert(!strstr(params, "allow_discards") == !e->discards);
	assert(e->sector_size == 512 || strstr(params, "sector_size:4096"));
	assert(e->sector_size == 4096 || !strstr(params, "sector_size:4"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct luks_table_expect e = {
		.mapping = "root", .uuid = UUID, .cipher = "aes-xts-plain64",
		.offset = 16777216, .device_size = 67108864,
		.device_major = 254, .device_minor = 16,
	};
	struct luks_table_live live = {
		.name = "root", .uuid = "CRYPT-LUKS2-3c6a1f2e97f54d0a8a5e0b0f7c3f1d11-root",
		.target_count = 1, .length_sectors = 98304, .type = "crypt",
	};
	struct err err = {0};
	char *params;

	if (size == 0)
		return 0;
	e.discards = data[0] & 1;
	e.sector_size = data[0] & 2 ? 4096 : 512;
	e.key_size = data[0] & 4 ? 32 : 64;
	params = malloc(size);
	if (!params)
		return 0;
	memcpy(params, data + 1, size - 1);
	params[size - 1] = 0;
	live.params = params;
	if (luks_table_judge(&e, &live, &err) == 0)
		check_accepted(&e, params);
	else
		assert(err.code == E_READBACK && err.msg[0]);
	free(params);
	return 0;
}
