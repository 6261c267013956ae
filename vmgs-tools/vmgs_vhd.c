/* SPDX-License-Identifier: MIT */
#include "vmgs_vhd.h"

#include "buf.h"

#include <string.h>

#define COOKIE "conectix"
#define COOKIE_BYTES 8
#define CHECKSUM_AT 64
#define GUID_AT 68
#define FORMAT_VERSION 0x00010000u
#define CREATOR_VERSION 0x000a0000u
#define TYPE_FIXED 2

struct footer {
	uint32_t version, type, checksum;
	uint64_t data_offset, current_size;
};

static uint32_t checksum_of(const uint8_t footer[VHD_FOOTER_BYTES])
{
	uint32_t sum = 0;

	for (size_t i = 0; i < VHD_FOOTER_BYTES; i++)
		if (i < CHECKSUM_AT || i >= CHECKSUM_AT + 4)
			sum += footer[i];
	return ~sum;
}

static void read_footer(const uint8_t bytes[VHD_FOOTER_BYTES], struct footer *ret)
{
	struct cursor c = CURSOR(bytes, VHD_FOOTER_BYTES);

	(void)cursor_take(&c, 12);	/* cookie, features */
	ret->version = cursor_be32(&c);
	ret->data_offset = cursor_be64(&c);
	(void)cursor_take(&c, 24);	/* timestamp to original size */
	ret->current_size = cursor_be64(&c);
	(void)cursor_be32(&c);		/* geometry */
	ret->type = cursor_be32(&c);
	ret->checksum = cursor_be32(&c);
}

int vhd_footer_parse(const uint8_t footer[VHD_FOOTER_BYTES], uint64_t file_bytes,
		     enum vhd_kind *ret_kind, uint64_t *ret_disk_bytes, struct err *reterr)
{
	struct footer f;

	read_footer(footer, &f);
	if (memcmp(footer, COOKIE, COOKIE_BYTES) != 0) {
		/* without its cookie it would pass for the end of a raw disk */
		if (f.version == FORMAT_VERSION && f.data_offset == UINT64_MAX && f.type == TYPE_FIXED)
			return err_set(reterr, E_VMGS_CONTAINER, "invalid VHD footer cookie");
		*ret_kind = VHD_NONE;
		return 0;
	}
	if (f.checksum != checksum_of(footer))
		return err_set(reterr, E_VMGS_CONTAINER, "invalid VHD footer checksum");
	if (f.version != FORMAT_VERSION)
		return err_set(reterr, E_VMGS_CONTAINER, "invalid VHD footer version 0x%08x", f.version);
	if (f.type != TYPE_FIXED)
		return err_set(reterr, E_VMGS_CONTAINER, "VHD of type %u; only fixed ones (2) are known",
			       f.type);
	if (file_bytes < VHD_FOOTER_BYTES || f.current_size > file_bytes - VHD_FOOTER_BYTES ||
	    f.current_size % 512 != 0)
		return err_set(reterr, E_VMGS_CONTAINER,
			       "VHD footer claims a disk of %llu bytes in a file of %llu",
			       (unsigned long long)f.current_size, (unsigned long long)file_bytes);
	*ret_kind = VHD_FIXED;
	*ret_disk_bytes = f.current_size;
	return 0;
}

void vhd_footer_format(uint64_t disk_bytes, const uint8_t guid[VHD_GUID_BYTES],
		       uint8_t ret[VHD_FOOTER_BYTES])
{
	_cleanup_buf_ struct buf b = BUF_INIT(VHD_FOOTER_BYTES);
	uint32_t sum;

	memset(ret, 0, VHD_FOOTER_BYTES);
	buf_put(&b, COOKIE, COOKIE_BYTES);
	buf_put_be32(&b, 2);		/* features: the reserved bit that is always set */
	buf_put_be32(&b, FORMAT_VERSION);
	buf_put_be64(&b, UINT64_MAX);	/* data offset: none */
	buf_put_be32(&b, 0);		/* timestamp */
	buf_put_be32(&b, 0);		/* creator application */
	buf_put_be32(&b, CREATOR_VERSION);
	buf_put_be32(&b, 0);		/* creator host OS */
	buf_put_be64(&b, disk_bytes);	/* original size */
	buf_put_be64(&b, disk_bytes);	/* current size */
	buf_put_be32(&b, 0);		/* geometry */
	buf_put_be32(&b, TYPE_FIXED);
	if (!b.failed)
		memcpy(ret, b.data, b.len);
	memcpy(ret + GUID_AT, guid, VHD_GUID_BYTES);
	/* RFC 4122, 4.4; the third group is stored little-endian */
	ret[GUID_AT + 7] = (ret[GUID_AT + 7] & 0x0f) | 0x40;
	ret[GUID_AT + 8] = (ret[GUID_AT + 8] & 0x3f) | 0x80;
	sum = checksum_of(ret);
	for (int i = 0; i < 4; i++)
		ret[CHECKSUM_AT + i] = (uint8_t)(sum >> (8 * (3 - i)));
}
