/* SPDX-License-Identifier: MIT */
/*
 * Whoever serves the disk may answer differently the second time (threat T2), so no block is read
 * twice: what has been read stands in `image`, whatever it turns out to be.
 */
#include "luks.h"

#include "file.h"

#include <string.h>

#define BLOCK LUKS2_BIN_HDR_SIZE
#define IMAGE_BYTES (2 * (uint64_t)LUKS2_HDR_SIZE_MAX)

struct reader {
	const struct luks_device *device;
	uint8_t *image;		/* IMAGE_BYTES; pages that are not read are never touched */
	bool have[IMAGE_BYTES / BLOCK];
};

/* Offset and length are whole blocks within the image. */
static int ensure(struct reader *rd, uint64_t offset, uint64_t len, struct err *reterr)
{
	uint64_t block = offset / BLOCK, end = (offset + len) / BLOCK;

	while (block < end) {
		uint64_t first = block;
		int r;

		while (block < end && !rd->have[block])
			rd->have[block++] = true;
		if (block == first) {
			block++;
			continue;
		}
		r = file_pread(rd->device->fd, rd->device->path, rd->image + first * BLOCK,
			       (block - first) * BLOCK, (off_t)(first * BLOCK), reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

/* One whole copy at offset, if there is one. */
static int read_copy(struct reader *rd, uint64_t offset, uint64_t *ret_size, struct err *reterr)
{
	uint64_t size;
	int r = ensure(rd, offset, BLOCK, reterr);

	if (r == 0)
		r = luks2_header_size(rd->image + offset, offset != 0, &size, reterr);
	if (r < 0)
		return r;
	if (size < LUKS2_HDR_SIZE_MIN || size > LUKS2_HDR_SIZE_MAX || size % BLOCK ||
	    (offset != 0 && size != offset))
		return err_set(reterr, E_HEADER_MALFORMED, "header of %llu bytes at %llu",
			       (unsigned long long)size, (unsigned long long)offset);
	r = ensure(rd, offset, size, reterr);
	if (r == 0)
		*ret_size = size;
	return r;
}

static bool is_bad_header(int r)
{
	return r == -E_HEADER_MALFORMED || r == -E_HEADER_CHECKSUM;
}

/*
 * The primary is no use: look where a secondary may stand, nearest first, as libcryptsetup does.
 * The primary is handed in again, so that what is said of it stays.
 */
static int read_secondary(struct reader *rd, uint64_t primary_len, int primary_r,
			  struct luks2_header *ret, struct err *reterr)
{
	uint64_t size;
	int r;

	for (uint64_t at = LUKS2_HDR_SIZE_MIN; at <= LUKS2_HDR_SIZE_MAX; at *= 2) {
		if (at + BLOCK > rd->device->size || read_copy(rd, at, &size, NULL) < 0)
			continue;
		r = luks2_header_parse(ret, rd->image, primary_len, rd->image + at, size, reterr);
		if (r == 0 || !is_bad_header(r))
			return r;
		primary_r = r;
	}
	return primary_r;
}

int luks_read_header(const struct luks_device *d, struct luks2_header *ret, struct err *reterr)
{
	_cleanup_free_ struct reader *rd = calloc(1, sizeof(*rd));
	_cleanup_free_ uint8_t *image = calloc(1, IMAGE_BYTES);
	uint64_t size = 0, second = 0;
	int r;

	if (!rd || !image)
		return err_set(reterr, E_NOMEM, "header of '%s'", d->path);
	rd->device = d;
	rd->image = image;
	r = read_copy(rd, 0, &size, reterr);
	if (r == 0) {
		/* what is no copy is judged by its first block, so that its flaw has a name */
		if (is_bad_header(read_copy(rd, size, &second, NULL)))
			second = BLOCK;
		r = luks2_header_parse(ret, image, size, image + size, second, reterr);
	}
	if (is_bad_header(r) || r == -E_IO)
		r = read_secondary(rd, size ? size : r == -E_IO ? 0 : BLOCK, r, ret, reterr);
	return r < 0 ? err_wrap(reterr, r, "'%s'", d->path) : 0;
}
