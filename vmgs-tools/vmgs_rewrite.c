/* SPDX-License-Identifier: MIT */
/*
 * Retiring keys that others may know. A new root key alone does not do it: the metadata key stays, and
 * so do the files' keys. Every step here is a change of its own, so a cut leaves the same contents.
 */
#include "vmgs_store.h"

#include "file.h"

#include <errno.h>
#include <string.h>

#define WIPE_BYTES 65536

static int add_entries(struct vmgs_runs *runs, const struct vmgs_entry entry[VMGS_FILES],
		       struct err *reterr)
{
	int r = 0;

	for (int id = 0; r == 0 && id < VMGS_FILES; id++)
		if (entry[id].blocks > 0)
			r = vmgs_runs_add(runs, entry[id].offset, entry[id].blocks, reterr);
	return r;
}

static int wipe(const struct vmgs_store *s, uint64_t at, uint64_t end, struct err *reterr)
{
	_cleanup_free_ uint8_t *data = malloc(WIPE_BYTES);

	if (!data)
		return err_set(reterr, E_NOMEM, "wiping");
	while (at < end) {
		size_t len = end - at < WIPE_BYTES ? (size_t)(end - at) : WIPE_BYTES;
		int r = file_pread(s->fd, s->name, data, len, (off_t)at, reterr);

		if (r == 0 && !vmgs_all_zero(data, len)) {	/* holes stay holes */
			memset(data, 0, len);
			r = file_pwrite(s->fd, s->name, data, len, (off_t)at, reterr);
		}
		if (r < 0)
			return r;
		at += len;
	}
	return 0;
}

/* Behind a file's last sector, in its last block, stands what was there before it. */
static int wipe_behind(const struct vmgs_store *s, const struct vmgs_entry entry[VMGS_FILES],
		       struct err *reterr)
{
	int r = 0;

	for (int id = 0; r == 0 && id < VMGS_FILES; id++) {
		const struct vmgs_entry *e = &entry[id];
		uint64_t at = (uint64_t)e->offset * VMGS_BLOCK_BYTES;
		uint64_t used = (e->bytes + VMGS_SECTOR_BYTES - 1) / VMGS_SECTOR_BYTES * VMGS_SECTOR_BYTES;

		r = wipe(s, at + used, at + (uint64_t)e->blocks * VMGS_BLOCK_BYTES, reterr);
	}
	return r;
}

/*
 * The blocks of the other header's state are kept: should the active header be damaged, what it leads to
 * is an older state, not an empty one.
 */
int vmgs_store_wipe_free(struct vmgs_store *s, struct err *reterr)
{
	struct vmgs_runs runs = {.capacity = s->capacity};
	struct vmgs_entry previous[VMGS_FILES];
	uint32_t at = VMGS_FIRST_BLOCK;
	struct vmgs_run gap;
	int r = add_entries(&runs, s->entry, reterr);

	if (r == 0)
		r = wipe_behind(s, s->entry, reterr);
	if (r == 0 && vmgs_store_previous(s, previous)) {
		r = add_entries(&runs, previous, reterr);
		if (r == 0)
			r = wipe_behind(s, previous, reterr);
	}
	while (r == 0 && vmgs_runs_gap(&runs, at, &gap)) {
		r = wipe(s, (uint64_t)gap.offset * VMGS_BLOCK_BYTES,
			 ((uint64_t)gap.offset + gap.blocks) * VMGS_BLOCK_BYTES, reterr);
		at = gap.offset + gap.blocks;
	}
	if (r == 0)	/* the part of a block at the end */
		r = wipe(s, (uint64_t)s->capacity * VMGS_BLOCK_BYTES, s->disk_bytes, reterr);
	if (r == 0 && fsync(s->fd) < 0)
		r = err_errno(reterr, E_IO, errno, "syncing '%s'", s->name);
	return r;
}

/* Reads a file and writes it again, encrypted. */
static int encrypt_again(struct vmgs_store *s, int id, struct err *reterr)
{
	_cleanup_buf_ struct buf data = BUF_INIT(0);
	char name[32];
	int r = vmgs_store_read(s, id, &data, reterr);

	if (r == 0)	/* an empty one stays plain: other programs cannot read it otherwise */
		r = vmgs_store_write(s, id, data.data, data.len, data.len > 0, reterr);
	return r < 0 ? err_wrap(reterr, r, "encrypting %s anew", vmgs_file_text(id, name)) : 0;
}

/* Twice: what stood before a change is still known to the header that is not active. */
static int forget(struct vmgs_store *s, struct err *reterr)
{
	int r = 0;

	for (int i = 0; r == 0 && i < 2; i++)
		r = vmgs_store_refresh(s, reterr);
	return r < 0 ? r : vmgs_store_wipe_free(s, reterr);
}

int vmgs_store_encrypt_files(struct vmgs_store *s, struct err *reterr)
{
	int r = 0;

	for (int id = 1; r == 0 && id < VMGS_ID_EXTENDED; id++)
		if (vmgs_store_has(s, id) && vmgs_file_secret(id) && !vmgs_store_encrypted(s, id))
			r = encrypt_again(s, id, reterr);
	return r < 0 ? r : forget(s, reterr);
}

int vmgs_store_rewrite(struct vmgs_store *s, struct secret *root, struct err *reterr)
{
	int r = 0;

	for (int id = 1; r == 0 && id < VMGS_ID_EXTENDED; id++)
		if (vmgs_store_encrypted(s, id))
			r = encrypt_again(s, id, reterr);
	if (r == 0)
		r = vmgs_store_rekey(s, root, reterr);
	return r < 0 ? r : forget(s, reterr);
}
