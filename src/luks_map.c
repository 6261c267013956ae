/* SPDX-License-Identifier: MIT */
/*
 * Activation from memory. libcryptsetup gets the header that was judged, as a sealed memory file,
 * and the data device by the descriptor that the header was read from: neither can change in
 * between (threat T2).
 */
#include "luks.h"
#include "luks_internal.h"
#include "luks_table.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <libcryptsetup.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define KEYSLOTS_MAX_BYTES (128U << 20)	/* LUKS2_MAX_KEYSLOTS_SIZE */
#define COPY_BYTES (1U << 20)
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U	/* Linux 6.3; older kernels say EINVAL */
#endif

static int memory_file(struct err *reterr)
{
	int fd = memfd_create("luks-header", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("luks-header", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? err_errno(reterr, E_IO, errno, "memory file for the header") : fd;
}

/* Both copies as libcryptsetup gets them; with a proven key, under a digest that costs nothing. */
static int compose(const struct luks2_header *h, const struct secret *proven, uint8_t *both,
		   struct err *reterr)
{
	_cleanup_free_ uint8_t *area = NULL;
	struct luks2_header changed = *h;

	if (!proven)
		return luks2_header_compose(h, both, reterr);
	area = malloc(h->hdr_size);
	if (!area)
		return err_set(reterr, E_NOMEM, "copy of the header");
	memcpy(area, h->area, h->hdr_size);
	if (!luks_cheapen_digest(h, proven, area))
		return luks2_header_compose(h, both, reterr);
	changed.area = area;
	return luks2_header_compose(&changed, both, reterr);
}

/* A keyslot of the digest, that can be read. */
static bool bears_key(const struct luks2_header *h, const struct luks2_keyslot *k)
{
	return k->plain && k->id >= 0 && k->id <= 31 && (h->digest.keyslots & (1U << k->id));
}

/* The areas of the digest's keyslots, as they are on the device now. */
static int copy_areas(int fd, const struct luks2_header *h, const struct luks_device *d, struct err *reterr)
{
	uint64_t begin = 2 * h->hdr_size, end = begin + h->keyslots_size;
	_cleanup_free_ uint8_t *part = malloc(COPY_BYTES);

	if (!part)
		return err_set(reterr, E_NOMEM, "copy of the keyslots");
	for (size_t i = 0; i < h->keyslot_count; i++) {
		const struct luks2_keyslot *k = &h->keyslot[i];

		if (!bears_key(h, k))
			continue;
		if (k->area_offset < begin || k->area_offset > end || k->area_size > end - k->area_offset)
			return err_set(reterr, E_HEADER_REFUSED, "keyslot %d lies outside its area", k->id);
		for (uint64_t at = 0; at < k->area_size; at += COPY_BYTES) {
			size_t len = k->area_size - at < COPY_BYTES ? (size_t)(k->area_size - at) : COPY_BYTES;
			off_t where = (off_t)(k->area_offset + at);
			int r = file_pread(d->fd, d->path, part, len, where, reterr);

			if (r == 0)
				r = file_pwrite(fd, "memory file", part, len, where, reterr);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/*
 * As large as header and keyslots area, or libcryptsetup refuses it; but sparse: no keyslot is
 * used, unless `areas` names the device that has them.
 */
static int header_file(const struct luks2_header *h, const struct secret *proven,
		       const struct luks_device *areas, struct err *reterr)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ uint8_t *both = NULL;
	uint64_t both_size = 2 * h->hdr_size;
	int r;

	if (h->hdr_size < LUKS2_HDR_SIZE_MIN || h->hdr_size > LUKS2_HDR_SIZE_MAX ||
	    h->keyslots_size > KEYSLOTS_MAX_BYTES)
		return err_set(reterr, E_HEADER_REFUSED, "header of %llu, keyslots of %llu bytes",
			       (unsigned long long)h->hdr_size,
			       (unsigned long long)h->keyslots_size);
	both = malloc(both_size);
	if (!both)
		return err_set(reterr, E_NOMEM, "copy of the header");
	r = compose(h, proven, both, reterr);
	if (r < 0)
		return r;
	fd = memory_file(reterr);
	if (fd < 0)
		return fd;
	r = file_pwrite(fd, "memory file", both, both_size, 0, reterr);
	if (r < 0)
		return r;
	r = areas ? copy_areas(fd, h, areas, reterr) : 0;
	if (r < 0)
		return r;
	if (ftruncate(fd, (off_t)(both_size + h->keyslots_size)) < 0 ||
	    fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return err_errno(reterr, E_IO, errno, "sealing the header in memory");
	return TAKE_FD(fd);
}

uint32_t luks_volume_key_size(const struct luks2_header *h)
{
	uint32_t size = 0;

	for (size_t i = 0; i < h->keyslot_count; i++) {
		const struct luks2_keyslot *k = &h->keyslot[i];

		if (!bears_key(h, k))
			continue;
		if (size != 0 && size != k->key_size)
			return 0;
		size = k->key_size;
	}
	return size;
}

static int check_request(const struct luks_map_request *q, const struct secret *volume_key,
			 struct err *reterr)
{
	if (!luks_mapping_name_ok(q->mapping))
		return err_set(reterr, E_CONFIG_VALUE, "'%.64s' is no name for a mapping",
			       q->mapping);
	if (q->device->rdev == 0)
		return err_set(reterr, E_DEVICE_KIND,
			       "'%s' is a file: attach it to a loop device first",
			       q->device->path);
	if (volume_key->len != luks_volume_key_size(q->header))
		return err_set(reterr, E_KEYTEST, "volume key of %zu bytes, the header's has %u",
			       volume_key->len, luks_volume_key_size(q->header));
	return 0;
}

static int activate_failed(struct err *reterr, int r, const struct luks_note *note,
			   const char *mapping)
{
	switch (r) {
	case -EPERM:
		return luks_fail(reterr, E_KEYTEST, r, note, mapping);
	case -EEXIST:
	case -EBUSY:
		return luks_fail(reterr, E_MAPPING_EXISTS, r, note, mapping);
	default:
		return luks_fail(reterr, E_ACTIVATE, r, note, mapping);
	}
}

static int load_memory(struct crypt_device **ret, int fd, const struct luks_device *data,
		       struct luks_note *note, struct err *reterr)
{
	char header_path[32], device_path[32];
	int r;

	(void)snprintf(header_path, sizeof(header_path), "/proc/self/fd/%d", fd);
	(void)snprintf(device_path, sizeof(device_path), "/proc/self/fd/%d", data->fd);
	luks_library_init();
	r = crypt_init_data_device(ret, header_path, device_path);
	if (r < 0)
		return luks_fail(reterr, E_ACTIVATE, r, NULL, "taking the header");
	luks_attach_note(*ret, note);
	r = crypt_load(*ret, CRYPT_LUKS2, NULL);
	return r < 0 ? luks_fail(reterr, E_ACTIVATE, r, note, "loading the header") : 0;
}

int luks_passphrase_key(const struct luks_device *d, const struct luks2_header *h,
			const struct secret *passphrase, struct secret *ret, struct err *reterr)
{
	_cleanup_crypt_ struct crypt_device *cd = NULL;
	_cleanup_secret_ struct secret key = SECRET_INIT;
	_cleanup_close_ int fd = header_file(h, NULL, d, reterr);
	struct luks_note note;
	size_t len;
	int r;

	if (fd < 0)
		return fd;
	r = load_memory(&cd, fd, d, &note, reterr);
	if (r == 0)
		r = secret_alloc(&key, luks_volume_key_size(h), reterr);
	if (r < 0)
		return r;
	len = key.len;
	r = crypt_volume_key_get(cd, CRYPT_ANY_SLOT, (char *)key.bytes, &len, (const char *)passphrase->bytes,
				 passphrase->len);
	if (r == -EPERM || r == -ENOENT)
		return err_native(reterr, E_PASSPHRASE, ERR_CRYPTSETUP, r,
				  "no keyslot of '%s' opens with what was given", d->path);
	if (r < 0 || len != key.len)
		return luks_fail(reterr, E_IO, r < 0 ? r : -EINVAL, &note, d->path);
	secret_take(ret, &key);
	return 0;
}

static int activate(const struct luks_map_request *q, const struct secret *volume_key, bool proven,
		    struct err *reterr)
{
	/* flags stored in the header are the disk's wish, not ours */
	uint32_t flags = CRYPT_ACTIVATE_IGNORE_PERSISTENT |
			 (q->discards ? CRYPT_ACTIVATE_ALLOW_DISCARDS : 0);
	_cleanup_crypt_ struct crypt_device *cd = NULL;
	_cleanup_close_ int fd = -1;
	struct luks_note note;
	int r;

	r = check_request(q, volume_key, reterr);
	if (r < 0)
		return r;
	fd = header_file(q->header, proven ? volume_key : NULL, NULL, reterr);
	if (fd < 0)
		return fd;
	r = load_memory(&cd, fd, q->device, &note, reterr);
	if (r < 0)
		return r;
	r = crypt_activate_by_volume_key(cd, q->mapping, (const char *)volume_key->bytes,
					 volume_key->len, flags);
	return r < 0 ? activate_failed(reterr, r, &note, q->mapping) : 0;
}

int luks_activate(const struct luks_map_request *q, const struct secret *volume_key,
		  struct err *reterr)
{
	return activate(q, volume_key, false, reterr);
}

int luks_activate_proven(const struct luks_map_request *q, const struct secret *volume_key,
			 struct err *reterr)
{
	return activate(q, volume_key, true, reterr);
}
