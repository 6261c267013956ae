/* SPDX-License-Identifier: MIT */
/*
 * The container: a fixed VHD is the disk, then a footer of 512 bytes (big-endian). Pure. What has no
 * footer is a raw disk. Failure: E_VMGS_CONTAINER.
 */
#ifndef VMGS_VHD_H
#define VMGS_VHD_H

#include "base.h"
#include "err.h"

#define VHD_FOOTER_BYTES 512
#define VHD_GUID_BYTES 16

enum vhd_kind { VHD_NONE, VHD_FIXED };

/*
 * Looks at the last 512 bytes of a file of file_bytes. VHD_FIXED sets *ret_disk_bytes; VHD_NONE: these
 * bytes are no footer. One that is damaged, or claims more than the file has, is a failure.
 */
int vhd_footer_parse(const uint8_t footer[VHD_FOOTER_BYTES], uint64_t file_bytes,
		     enum vhd_kind *ret_kind, uint64_t *ret_disk_bytes, struct err *reterr);
/* guid: 16 random bytes, made into a GUID of version 4 here. */
void vhd_footer_format(uint64_t disk_bytes, const uint8_t guid[VHD_GUID_BYTES],
		       uint8_t ret[VHD_FOOTER_BYTES]);

#endif
