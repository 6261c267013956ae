/* SPDX-License-Identifier: MIT */
#include "vmgs_nvram.h"

#include "codec.h"

#include <stdio.h>
#include <string.h>

#define FIXED_BYTES 48	/* type to the sizes of name and data */

int nvram_next(struct cursor *c, struct nvram_variable *ret, struct err *reterr)
{
	struct nvram_variable v;
	uint32_t type, length;
	const uint8_t *time, *vendor;

	type = cursor_le32(c);
	length = cursor_le32(c);
	v.attributes = cursor_le32(c);
	time = cursor_take(c, sizeof(v.time));
	vendor = cursor_take(c, sizeof(v.vendor));
	v.name_bytes = cursor_le16(c);
	v.data_bytes = cursor_le16(c);
	if (c->failed)
		return err_set(reterr, E_VMGS_CONTENT, "the variables end within one");
	memcpy(v.time, time, sizeof(v.time));
	memcpy(v.vendor, vendor, sizeof(v.vendor));
	if (type != 0)
		return err_set(reterr, E_VMGS_CONTENT, "an entry of type %u; only variables (0) are known",
			       type);
	if (length != FIXED_BYTES + v.name_bytes + v.data_bytes)
		return err_set(reterr, E_VMGS_CONTENT, "a variable of %u bytes with %zu of name, %zu of data",
			       length, v.name_bytes, v.data_bytes);
	if (v.name_bytes > NVRAM_NAME_BYTES_MAX || v.data_bytes > NVRAM_DATA_BYTES_MAX ||
	    v.name_bytes < 2 || v.name_bytes % 2 != 0)
		return err_set(reterr, E_VMGS_CONTENT, "a variable with %zu bytes of name, %zu of data",
			       v.name_bytes, v.data_bytes);
	v.name = cursor_take(c, v.name_bytes);
	v.data = cursor_take(c, v.data_bytes);
	if (c->failed)
		return err_set(reterr, E_VMGS_CONTENT, "the variables end within one");
	if (v.name[v.name_bytes - 2] != 0 || v.name[v.name_bytes - 1] != 0)
		return err_set(reterr, E_VMGS_CONTENT, "a variable's name has no end");
	*ret = v;
	return 0;
}

static void put_utf8(struct buf *b, uint32_t point)
{
	if (point < 0x80) {
		buf_put_u8(b, (uint8_t)point);
		return;
	}
	if (point < 0x800) {
		buf_put_u8(b, (uint8_t)(0xc0 | point >> 6));
	} else {
		if (point < 0x10000) {
			buf_put_u8(b, (uint8_t)(0xe0 | point >> 12));
		} else {
			buf_put_u8(b, (uint8_t)(0xf0 | point >> 18));
			buf_put_u8(b, (uint8_t)(0x80 | (point >> 12 & 0x3f)));
		}
		buf_put_u8(b, (uint8_t)(0x80 | (point >> 6 & 0x3f)));
	}
	buf_put_u8(b, (uint8_t)(0x80 | (point & 0x3f)));
}

void nvram_name(const struct nvram_variable *v, struct buf *ret)
{
	struct cursor c = CURSOR(v->name, v->name_bytes - 2);

	while (c.left > 0) {
		uint32_t unit = cursor_le16(&c);
		struct cursor ahead = c;
		uint32_t low = c.left > 0 ? cursor_le16(&ahead) : 0;

		if (unit >= 0xd800 && unit < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			c = ahead;
			put_utf8(ret, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
		} else if (unit == 0 || (unit >= 0xd800 && unit < 0xe000)) {
			put_utf8(ret, 0xfffd);
		} else {
			put_utf8(ret, unit);
		}
	}
}

void nvram_guid(const uint8_t guid[16], char ret[NVRAM_GUID_TEXT])
{
	static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	size_t at = 0;

	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			ret[at++] = '-';
		hex_encode(ret + at, &guid[order[i]], 1);
		at += 2;
	}
}

/* EFI_TIME: year, month, day, hour, minute, second, pad, nanosecond, zone, daylight, pad */
void nvram_time(const uint8_t time[16], char ret[NVRAM_TIME_TEXT])
{
	(void)snprintf(ret, NVRAM_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", time[0] | time[1] << 8,
		       time[2], time[3], time[4], time[5], time[6]);
}
