/* SPDX-License-Identifier: MIT */
#include "vmgs_store.h"

#include "file.h"
#include "vmgs_vhd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define GPT_AT 512
#define GPT_SIGNATURE "EFI PART"
#define SECTOR_4K 4096

void vmgs_store_close(struct vmgs_store *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	secret_clear(&s->root);
	secret_clear(&s->metadata);
	secret_clear(&s->extended);
	*s = VMGS_STORE_INIT;
}

bool vmgs_store_sealed(const struct vmgs_store *s)
{
	return s->active >= 0 && s->header[s->active].algorithm != VMGS_ALGORITHM_NONE;
}

/* flock for our own kind, an open file description's lock for those who use fcntl(2), as QEMU does. */
static int lock(const struct vmgs_store *s, struct err *reterr)
{
	struct flock whole = {.l_type = s->writable ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};
	struct stat opened, named;

	if (flock(s->fd, (s->writable ? LOCK_EX : LOCK_SH) | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return err_set(reterr, E_VMGS_BUSY, "'%s' is locked by another program", s->name);
		return err_errno(reterr, E_IO, errno, "locking '%s'", s->name);
	}
	if (fcntl(s->fd, F_OFD_SETLK, &whole) < 0) {
		if (errno == EAGAIN || errno == EACCES)
			return err_set(reterr, E_VMGS_BUSY, "'%s' is locked by another program", s->name);
		return err_errno(reterr, E_IO, errno, "locking '%s'", s->name);
	}
	/* somebody may have put another file in its place before the lock was had */
	if (fstat(s->fd, &opened) < 0 || stat(s->name, &named) < 0 || opened.st_ino != named.st_ino ||
	    opened.st_dev != named.st_dev)
		return err_set(reterr, E_VMGS_BUSY, "'%s' was replaced by another program", s->name);
	return 0;
}

static int open_and_lock(struct vmgs_store *s, struct err *reterr)
{
	struct stat st;
	off_t end;

	s->fd = open(s->name, (s->writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (s->fd < 0)
		return err_errno(reterr, E_IO, errno, "opening '%s'", s->name);
	if (fstat(s->fd, &st) < 0)
		return err_errno(reterr, E_IO, errno, "looking at '%s'", s->name);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(reterr, E_IO, "'%s' is neither a file nor a block device", s->name);
	end = lseek(s->fd, 0, SEEK_END);
	if (end < 0)
		return err_errno(reterr, E_IO, errno, "measuring '%s'", s->name);
	s->file_bytes = (uint64_t)end;
	return lock(s, reterr);
}

static int find_disk(struct vmgs_store *s, struct err *reterr)
{
	uint8_t footer[VHD_FOOTER_BYTES];
	enum vhd_kind kind;
	int r;

	if (s->file_bytes == 0)
		return err_set(reterr, E_VMGS_EMPTY, "'%s' has zero size", s->name);
	if (s->file_bytes % VHD_FOOTER_BYTES != 0 || s->file_bytes < VMGS_HEADERS_AREA_BYTES)
		return err_set(reterr, E_VMGS_CONTAINER,
			       "'%s' has %llu bytes: too small, or no multiple of 512", s->name,
			       (unsigned long long)s->file_bytes);
	r = file_pread(s->fd, s->name, footer, sizeof(footer),
		       (off_t)(s->file_bytes - sizeof(footer)), reterr);
	if (r == 0)
		r = vhd_footer_parse(footer, s->file_bytes, &kind, &s->disk_bytes, reterr);
	if (r < 0)
		return r;
	s->container = kind == VHD_FIXED ? VMGS_VHD : VMGS_RAW;
	if (kind == VHD_NONE)
		s->disk_bytes = s->file_bytes;
	if (s->disk_bytes < VMGS_DISK_BYTES_MIN || s->disk_bytes > VMGS_DISK_BYTES_MAX)
		return err_set(reterr, E_VMGS_CONTAINER,
			       "a disk of %llu bytes; from 16384 bytes to 4 GiB are possible",
			       (unsigned long long)s->disk_bytes);
	s->capacity = (uint32_t)(s->disk_bytes / VMGS_BLOCK_BYTES);
	return 0;
}

/* A raw image of a disk with 4096-byte sectors has its second header there, be it a torn one. */
static uint32_t find_sector(const struct vmgs_store *s, const uint8_t *area)
{
	struct vmgs_header h;
	enum vmgs_header_state near = vmgs_header_parse(area + VMGS_SECTOR_BYTES, &h);
	enum vmgs_header_state far = vmgs_header_parse(area + SECTOR_4K, &h);

	if (s->container == VMGS_RAW && near != VMGS_HEADER_VALID &&
	    (far == VMGS_HEADER_VALID || (near == VMGS_HEADER_BLANK && far != VMGS_HEADER_BLANK)))
		return SECTOR_4K;
	return VMGS_SECTOR_BYTES;
}

static int read_headers(struct vmgs_store *s, uint32_t sector_bytes, struct err *reterr)
{
	uint8_t area[VMGS_HEADERS_AREA_BYTES];
	int r = file_pread(s->fd, s->name, area, sizeof(area), 0, reterr);

	if (r < 0)
		return r;
	if (memcmp(area + GPT_AT, GPT_SIGNATURE, strlen(GPT_SIGNATURE)) == 0)
		return err_set(reterr, E_VMGS_VERSION_1, "'%s' has the format of version 1 (GPT)",
			       s->name);
	if (s->container == VMGS_VHD && sector_bytes == SECTOR_4K)
		return err_set(reterr, E_USAGE, "a VHD has sectors of 512 bytes");
	s->sector_bytes = sector_bytes ? sector_bytes : find_sector(s, area);
	for (int i = 0; i < 2; i++)
		s->state[i] = vmgs_header_parse(area + (size_t)i * s->sector_bytes, &s->header[i]);
	if (s->state[0] == VMGS_HEADER_BLANK && s->state[1] == VMGS_HEADER_BLANK)
		return err_set(reterr, E_VMGS_EMPTY, "'%s' is blank: both headers are zero", s->name);
	s->active = -1;
	return vmgs_header_choose(s->state, s->header, &s->active, reterr);
}

static int read_table(const struct vmgs_store *s, const struct vmgs_header *h,
		      struct vmgs_entry ret[VMGS_FILES], struct err *reterr)
{
	uint8_t block[VMGS_BLOCK_BYTES];
	int r;

	if (h->table_offset >= s->capacity)
		return err_set(reterr, E_VMGS_TABLE, "the file table would be at block %u of %u",
			       h->table_offset, s->capacity);
	r = file_pread(s->fd, s->name, block, sizeof(block),
		       (off_t)h->table_offset * VMGS_BLOCK_BYTES, reterr);
	return r < 0 ? r : vmgs_table_parse(block, s->capacity, h->table_offset, ret, reterr);
}

int vmgs_store_open(struct vmgs_store *s, const char *path, bool write, uint32_t sector_bytes,
		    struct err *reterr)
{
	int r;

	s->writable = write;
	s->random = vmgs_random_default();
	if ((size_t)snprintf(s->name, sizeof(s->name), "%s", path) >= sizeof(s->name))
		return err_set(reterr, E_IO, "the path is too long");
	r = open_and_lock(s, reterr);
	if (r == 0)
		r = find_disk(s, reterr);
	if (r == 0)
		r = read_headers(s, sector_bytes, reterr);
	if (r == 0)
		r = read_table(s, &s->header[s->active], s->entry, reterr);
	s->table_read = r == 0;
	return r;
}

bool vmgs_store_previous(const struct vmgs_store *s, struct vmgs_entry ret[VMGS_FILES])
{
	return s->active >= 0 && s->state[!s->active] == VMGS_HEADER_VALID &&
	       read_table(s, &s->header[!s->active], ret, NULL) == 0;
}

bool vmgs_store_has(const struct vmgs_store *s, int id)
{
	return id >= 0 && id < VMGS_FILES && s->entry[id].blocks > 0;
}

int vmgs_store_read_blocks(const struct vmgs_store *s, const struct vmgs_entry *e, void *out,
			   size_t len, struct err *reterr)
{
	return file_pread(s->fd, s->name, out, len, (off_t)e->offset * VMGS_BLOCK_BYTES, reterr);
}

/* The extended table at an entry's place, decrypted by a metadata key. */
static int open_extended(const struct vmgs_store *s, const struct vmgs_entry *e,
			 const struct secret *metadata, struct secret *ret, struct err *reterr)
{
	_cleanup_secret_ struct secret table = SECRET_INIT;
	int r;

	if (e->blocks != 1 || e->bytes != VMGS_BLOCK_BYTES)
		return err_set(reterr, E_VMGS_TABLE, "there is no extended file table of one block");
	r = secret_alloc(&table, VMGS_BLOCK_BYTES, reterr);
	if (r == 0)
		r = vmgs_store_read_blocks(s, e, table.bytes, table.len, reterr);
	if (r < 0)
		return r;
	if (vmgs_all_zero(table.bytes, table.len))
		return err_set(reterr, E_VMGS_TABLE, "the encrypted extended file table is all zeros");
	r = vmgs_unseal(metadata, e->nonce, e->tag, table.bytes, table.len, table.bytes, reterr);
	if (r < 0)
		return r == -E_VMGS_DATA ? err_set(reterr, E_VMGS_TABLE,
						   "the extended file table does not decrypt") : r;
	secret_take(ret, &table);
	return 0;
}

bool vmgs_store_zero_key(const struct vmgs_store *s, const struct vmgs_entry *extended)
{
	_cleanup_secret_ struct secret zero = SECRET_INIT, table = SECRET_INIT;

	return secret_alloc(&zero, VMGS_KEY_BYTES, NULL) == 0 &&
	       open_extended(s, extended, &zero, &table, NULL) == 0;
}

static int unwrap_slot(const struct vmgs_slot *slot, const struct secret *root, struct secret *ret,
		       struct err *reterr)
{
	_cleanup_secret_ struct secret key = SECRET_INIT;
	int r;

	if (vmgs_slot_empty(slot))
		return err_set(reterr, E_VMGS_KEY, "the slot is empty");
	r = secret_alloc(&key, VMGS_KEY_BYTES, reterr);
	if (r == 0)
		r = vmgs_unseal(root, slot->nonce, slot->tag, slot->wrapped, sizeof(slot->wrapped),
				key.bytes, reterr);
	if (r == 0)
		secret_take(ret, &key);
	return r;
}

/*
 * The slot opens, but not the table. With two keys a writer renews only the slot of the one that it was
 * given: this key then still leads to the metadata key of an older table.
 */
static int table_and_slot_differ(const struct vmgs_store *s, int slot, struct err *reterr)
{
	const struct vmgs_header *now = &s->header[s->active], *before = &s->header[!s->active];

	if (s->state[!s->active] == VMGS_HEADER_VALID && !vmgs_slot_empty(&now->slot[!slot]) &&
	    !vmgs_slot_empty(&before->slot[!slot]) &&
	    memcmp(&now->slot[slot], &before->slot[slot], sizeof(now->slot[slot])) == 0 &&
	    memcmp(&now->slot[!slot], &before->slot[!slot], sizeof(now->slot[!slot])) != 0)
		return err_set(reterr, E_VMGS_KEY,
			       "the key opens slot %d, but only to an older table: "
			       "the store was changed with the key of slot %d since", slot, !slot);
	return err_set(reterr, E_VMGS_TABLE,
		       "the key opens slot %d, but the extended file table does not decrypt", slot);
}

/* What the table says of files that are not there, or not encrypted, counts for nothing. */
static void drop_stale(struct vmgs_store *s)
{
	for (int id = 0; id < VMGS_FILES; id++) {
		uint8_t *at = s->extended.bytes + (size_t)id * VMGS_ENTRY_BYTES;
		bool own = id == VMGS_ID_TABLE || id == VMGS_ID_EXTENDED;

		if (!own && s->entry[id].blocks > 0) {
			if (!(vmgs_extended_attributes(s->extended.bytes, id) & VMGS_ATTRIBUTE_ENCRYPTED))
				continue;
			if (vmgs_entry_sealed(&s->entry[id]))
				continue;
			s->stale |= UINT64_C(1) << id;
		}
		explicit_bzero(at, VMGS_ENTRY_BYTES);
	}
}

int vmgs_store_unlock(struct vmgs_store *s, struct secret *root, struct err *reterr)
{
	int r, opened = -1;

	if (!vmgs_store_sealed(s))
		return err_set(reterr, E_VMGS_PLAIN, "'%s' is not encrypted, so no key opens it", s->name);
	for (int i = 0; i < VMGS_SLOTS; i++) {
		_cleanup_secret_ struct secret metadata = SECRET_INIT, extended = SECRET_INIT;

		if (unwrap_slot(&s->header[s->active].slot[i], root, &metadata, NULL) < 0)
			continue;
		opened = i;
		r = open_extended(s, &s->entry[VMGS_ID_EXTENDED], &metadata, &extended, reterr);
		if (r == -E_NOMEM || r == -E_IO)
			return r;
		if (r < 0)
			continue;
		secret_take(&s->metadata, &metadata);
		secret_take(&s->extended, &extended);
		secret_take(&s->root, root);
		s->slot = i;
		s->unlocked = true;
		drop_stale(s);
		return 0;
	}
	if (opened >= 0)
		return table_and_slot_differ(s, opened, reterr);
	return err_set(reterr, E_VMGS_KEY, "the key opens no key slot of '%s'", s->name);
}

/* Locked, a nonce or tag tells: the table's copy of the attributes is missing in old files. */
bool vmgs_store_encrypted(const struct vmgs_store *s, int id)
{
	if (!vmgs_store_has(s, id))
		return false;
	if (s->unlocked && id != VMGS_ID_EXTENDED)
		return vmgs_extended_attributes(s->extended.bytes, id) & VMGS_ATTRIBUTE_ENCRYPTED;
	return vmgs_entry_sealed(&s->entry[id]);
}

/* In place. */
static int decrypt_file(const struct vmgs_store *s, int id, uint8_t *data, size_t len,
			struct err *reterr)
{
	const struct vmgs_entry *e = &s->entry[id];
	_cleanup_secret_ struct secret key = SECRET_INIT;
	char name[32];
	int r;

	(void)vmgs_file_text(id, name);
	/* other tools write an empty encrypted file and then cannot read it; here the tag decides */
	if (len > 0 && vmgs_all_zero(data, len))
		return err_set(reterr, E_VMGS_DATA, "%s: the encrypted data is all zeros", name);
	r = secret_alloc(&key, VMGS_KEY_BYTES, reterr);
	if (r < 0)
		return r;
	memcpy(key.bytes, s->extended.bytes + VMGS_EXTENDED_KEY(id), key.len);
	r = vmgs_unseal(&key, e->nonce, e->tag, data, len, data, reterr);
	return r < 0 ? err_wrap(reterr, r, "%s does not decrypt", name) : 0;
}

static int check_readable(const struct vmgs_store *s, int id, struct err *reterr)
{
	char name[32];

	if (id <= VMGS_ID_TABLE || id >= VMGS_ID_EXTENDED)
		return err_set(reterr, E_USAGE, "the tables are no files; ids go from 1 to 62");
	(void)vmgs_file_text(id, name);
	if (!vmgs_store_has(s, id))
		return err_set(reterr, E_VMGS_FILE_ABSENT, "there is no file %s", name);
	if (s->entry[id].bytes > VMGS_FILE_BYTES_MAX)
		return err_set(reterr, E_VMGS_DATA, "%s has %llu bytes; more than 1 GiB is not read", name,
			       (unsigned long long)s->entry[id].bytes);
	if (vmgs_store_sealed(s) && !s->unlocked && vmgs_store_encrypted(s, id))
		return err_set(reterr, E_VMGS_LOCKED, "%s is encrypted", name);
	/* ciphertext whose key is not to be had, not contents */
	if (!vmgs_store_encrypted(s, id) || !s->unlocked)
		if (vmgs_entry_sealed(&s->entry[id]))
			return err_set(reterr, E_VMGS_DATA,
				       "%s is encrypted, and the extended file table has no key for it",
				       name);
	return 0;
}

int vmgs_store_read(const struct vmgs_store *s, int id, struct buf *ret, struct err *reterr)
{
	_cleanup_buf_ struct buf data = BUF_INIT(0);
	int r = check_readable(s, id, reterr);

	if (r < 0)
		return r;
	data.len = (size_t)s->entry[id].bytes;
	data.max = data.cap = data.len + 1;
	data.data = malloc(data.cap);
	if (!data.data)
		return err_set(reterr, E_NOMEM, "a file of %zu bytes", data.len);
	data.data[data.len] = 0;
	r = vmgs_store_read_blocks(s, &s->entry[id], data.data, data.len, reterr);
	if (r == 0 && vmgs_store_encrypted(s, id))
		r = decrypt_file(s, id, data.data, data.len, reterr);
	if (r < 0)
		return r;
	buf_done(ret);
	*ret = data;
	data = BUF_INIT(0);
	return 0;
}
