/* SPDX-License-Identifier: MIT */
/*
 * Guest state files. The first byte chooses what the rest is: a whole file, of which the checksums of
 * headers and footer are made right so that what is behind them is reached; or one of the contents.
 */
#include "vmgs_guest_key.h"
#include "vmgs_nvram.h"
#include "vmgs_protector.h"
#include "vmgs_verify.h"
#include "vmgs_vhd.h"

#include "file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DISK_BYTES (32 * VMGS_BLOCK_BYTES)

static void put_le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* A bit of the first byte each: keep this header's checksum as it is. */
static void repair(uint8_t *disk, uint8_t keep)
{
	for (int i = 0; i < 2; i++) {
		uint8_t *header = disk + (size_t)i * VMGS_SECTOR_BYTES;

		if (keep & 1 << i)
			continue;
		put_le32(header + 12, 0);
		put_le32(header + 12, vmgs_crc32(header, VMGS_HEADER_BYTES));
	}
}

static void use(struct vmgs_store *s, bool change)
{
	static const uint8_t contents[600];
	_cleanup_free_ struct vmgs_findings *f = calloc(1, sizeof(*f));
	struct err e = {0};

	vmgs_verify_structure(s, f);
	vmgs_verify_contents(s, f);
	(void)vmgs_findings_verdict(f);
	if (!change)
		return;
	if (vmgs_store_write(s, 20, contents, sizeof(contents), s->unlocked, &e) == 0) {
		_cleanup_buf_ struct buf back = BUF_INIT(0);

		if (vmgs_store_read(s, 20, &back, &e) < 0 || back.len != sizeof(contents) ||
		    memcmp(back.data, contents, back.len) != 0)
			abort();
		/* what we wrote is valid by the rules */
		if (vmgs_store_delete(s, 20, &e) < 0 && vmgs_findings_verdict(f) == 0)
			abort();
	}
	(void)vmgs_store_wipe_free(s, &e);
}

static void whole_file(const uint8_t *data, size_t size, uint8_t mode)
{
	static uint8_t disk[DISK_BYTES + VHD_FOOTER_BYTES];
	const uint8_t guid[VHD_GUID_BYTES] = {0};
	_cleanup_close_ int fd = memfd_create("vmgs", MFD_CLOEXEC);
	struct err e = {0};
	char path[64];

	if (fd < 0)
		return;
	memset(disk, 0, sizeof(disk));
	memcpy(disk, data, size < sizeof(disk) ? size : sizeof(disk));
	repair(disk, mode >> 2 & 3);
	if (!(mode & 0x10))
		vhd_footer_format(DISK_BYTES, guid, disk + DISK_BYTES);
	if (write(fd, disk, sizeof(disk)) != (ssize_t)sizeof(disk))
		return;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (int keyed = 0; keyed < 2; keyed++) {
		_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
		_cleanup_secret_ struct secret root = SECRET_INIT;

		if (vmgs_store_open(&s, path, true, 0, &e) < 0) {
			_cleanup_free_ struct vmgs_findings *f = calloc(1, sizeof(*f));

			vmgs_verify_structure(&s, f);
			return;
		}
		if (keyed) {	/* the seeds' key: 0, 1, 2, ... */
			if (secret_alloc(&root, VMGS_KEY_BYTES, NULL) < 0)
				abort();
			for (size_t i = 0; i < root.len; i++)
				root.bytes[i] = (uint8_t)i;
			if (vmgs_store_unlock(&s, &root, &e) < 0)
				return;
		}
		use(&s, mode & 0x20);
	}
}

static void variables(const uint8_t *data, size_t size)
{
	struct cursor c = CURSOR(data, size);
	struct nvram_variable v;
	struct err e = {0};

	while (c.left > 0 && nvram_next(&c, &v, &e) == 0) {
		_cleanup_buf_ struct buf name = BUF_INIT(3 * NVRAM_NAME_BYTES_MAX);

		nvram_name(&v, &name);
		if (name.failed)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct guest_key_parent parent;
	struct key_protector protector;
	struct guest_key k;
	struct err e = {0};

	if (size < 1)
		return 0;
	switch (data[0] & 3) {
	case 0:
		whole_file(data + 1, size - 1, data[0]);
		break;
	case 1:
		variables(data + 1, size - 1);
		break;
	case 2:
		(void)key_protector_parse(data + 1, size - 1, &protector, &e);
		break;
	default:
		if (guest_key_parse(data + 1, size - 1, &k, &e) == 0 && k.bits / 8 > GUEST_KEY_PART_MAX)
			abort();
		if (size > 1 && data[1] != '-')
			(void)guest_key_parent_read(data + 1, size - 1, "key", &parent, &e);
	}
	return 0;
}
