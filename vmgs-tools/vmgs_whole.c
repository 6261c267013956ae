/* SPDX-License-Identifier: MIT */
/* Whole files: made, copied aside, put into another container. A file appears complete or not at all. */
#include "vmgs_store.h"

#include "file.h"
#include "vmgs_vhd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define COPY_BYTES 65536
#define TMP_SUFFIX ".XXXXXX.tmp"
#define TMP_SUFFIX_KEPT 4	/* ".tmp" */
#define FRESH_TABLE_BLOCK 2
#define FRESH_EXTENDED_BLOCK 3

/* A file beside path, that takes its place when it is complete. */
struct fresh {
	int fd;
	char tmp[PATH_MAX];
	const char *path;
};

#define _cleanup_fresh_ _cleanup_(fresh_drop)

static void fresh_drop(struct fresh *f)
{
	if (f->fd < 0)
		return;
	(void)close(f->fd);
	(void)unlink(f->tmp);
	f->fd = -1;
}

/* With a name of its own: two programs that make the same file must not write into one. Mode 0600. */
static int fresh_open(struct fresh *f, const char *path, struct err *reterr)
{
	struct stat st;

	f->path = path;
	/* a rename would put a file in the place of a device's node */
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return err_set(reterr, E_USAGE, "'%s' is not a file that can be replaced", path);
	if ((size_t)snprintf(f->tmp, sizeof(f->tmp), "%s" TMP_SUFFIX, path) >= sizeof(f->tmp))
		return err_set(reterr, E_IO, "the path is too long");
	f->fd = mkostemps(f->tmp, TMP_SUFFIX_KEPT, O_CLOEXEC);
	return f->fd < 0 ? err_errno(reterr, E_IO, errno, "creating '%s'", f->tmp) : 0;
}

/* Owner and mode of the file that it is a copy of: who could not read that one must not read this one. */
static int fresh_take_access(const struct fresh *f, const struct vmgs_store *s, struct err *reterr)
{
	struct stat st;
	mode_t mode;

	if (fstat(s->fd, &st) < 0)
		return err_errno(reterr, E_IO, errno, "looking at '%s'", s->name);
	mode = S_ISREG(st.st_mode) ? st.st_mode & 0777 : 0600;
	if (fchown(f->fd, st.st_uid, st.st_gid) < 0 && fchown(f->fd, (uid_t)-1, st.st_gid) < 0)
		mode &= ~(mode_t)S_IRWXG;	/* for another group */
	return fchmod(f->fd, mode) < 0
		? err_errno(reterr, E_IO, errno, "setting the mode of '%s'", f->tmp) : 0;
}

static int fresh_finish(struct fresh *f, bool replace, struct err *reterr)
{
	int r;

	if (fsync(f->fd) < 0)
		return err_errno(reterr, E_IO, errno, "syncing '%s'", f->tmp);
	r = replace ? rename(f->tmp, f->path)
		    : renameat2(AT_FDCWD, f->tmp, AT_FDCWD, f->path, RENAME_NOREPLACE);
	/* file systems without RENAME_NOREPLACE */
	if (r < 0 && errno == EINVAL && !replace)
		r = link(f->tmp, f->path) < 0 ? -1 : unlink(f->tmp);
	if (r < 0 && errno == EEXIST)
		return err_set(reterr, E_VMGS_FILE_EXISTS, "'%s' exists already", f->path);
	if (r < 0)
		return err_errno(reterr, E_IO, errno, "renaming '%s' to '%s'", f->tmp, f->path);
	(void)close(f->fd);
	f->fd = -1;
	file_sync_folder(f->path);
	return 0;
}

/* Bytes that are zero become holes. */
static int copy_bytes(const struct vmgs_store *s, const struct fresh *f, uint64_t len,
		      struct err *reterr)
{
	_cleanup_free_ uint8_t *data = malloc(COPY_BYTES);

	if (!data)
		return err_set(reterr, E_NOMEM, "copying");
	if (ftruncate(f->fd, (off_t)len) < 0)
		return err_errno(reterr, E_IO, errno, "making '%s' %llu bytes long", f->tmp,
				 (unsigned long long)len);
	for (uint64_t at = 0; at < len;) {
		size_t part = len - at < COPY_BYTES ? (size_t)(len - at) : COPY_BYTES;
		int r = file_pread(s->fd, s->name, data, part, (off_t)at, reterr);

		if (r == 0 && !vmgs_all_zero(data, part))
			r = file_pwrite(f->fd, f->tmp, data, part, (off_t)at, reterr);
		if (r < 0)
			return r;
		at += part;
	}
	return 0;
}

int vmgs_store_backup(const struct vmgs_store *s, struct err *reterr)
{
	_cleanup_fresh_ struct fresh f = {.fd = -1};
	char path[PATH_MAX];
	struct stat st;
	int r;

	if (fstat(s->fd, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(reterr, E_USAGE, "a device has no place for a backup; give --no-backup");
	if ((size_t)snprintf(path, sizeof(path), "%s.bak", s->name) >= sizeof(path))
		return err_set(reterr, E_IO, "the path is too long");
	r = fresh_open(&f, path, reterr);
	if (r == 0)
		r = fresh_take_access(&f, s, reterr);
	if (r == 0)
		r = copy_bytes(s, &f, s->file_bytes, reterr);
	return r < 0 ? r : fresh_finish(&f, true, reterr);
}

static int write_footer(const struct fresh *f, uint64_t disk_bytes, const struct vmgs_random *random,
			struct err *reterr)
{
	uint8_t guid[VHD_GUID_BYTES], footer[VHD_FOOTER_BYTES];
	int r = random->fill(random->context, guid, sizeof(guid), reterr);

	if (r < 0)
		return r;
	vhd_footer_format(disk_bytes, guid, footer);
	return file_pwrite(f->fd, f->tmp, footer, sizeof(footer), (off_t)disk_bytes, reterr);
}

int vmgs_store_convert(const struct vmgs_store *s, enum vmgs_container to, const char *path,
		       bool replace, struct err *reterr)
{
	_cleanup_fresh_ struct fresh f = {.fd = -1};
	int r;

	if (to == s->container)
		return err_set(reterr, E_VMGS_NOTHING, "'%s' is %s already", s->name,
			       to == VMGS_VHD ? "a VHD" : "raw");
	if (to == VMGS_VHD && s->sector_bytes != VMGS_SECTOR_BYTES)
		return err_set(reterr, E_VMGS_CONTAINER,
			       "its second header is at byte %u, and a VHD has sectors of 512 bytes",
			       s->sector_bytes);
	r = fresh_open(&f, path, reterr);
	if (r == 0)
		r = fresh_take_access(&f, s, reterr);
	if (r == 0)
		r = copy_bytes(s, &f, s->disk_bytes, reterr);
	if (r == 0 && to == VMGS_VHD)
		r = write_footer(&f, s->disk_bytes, &s->random, reterr);
	return r < 0 ? r : fresh_finish(&f, replace, reterr);
}

static int check_create(const char *path, const struct vmgs_create *how, struct err *reterr)
{
	if (how->disk_bytes % VMGS_SECTOR_BYTES != 0 || how->disk_bytes < VMGS_DISK_BYTES_MIN ||
	    how->disk_bytes > VMGS_DISK_BYTES_MAX ||
	    (how->container == VMGS_VHD && how->disk_bytes > VMGS_DISK_BYTES_MAX - VHD_FOOTER_BYTES))
		return err_set(reterr, E_USAGE,
			       "a size of %llu bytes: it must be a multiple of 512, at least %u, below 4 GiB",
			       (unsigned long long)how->disk_bytes, VMGS_DISK_BYTES_MIN);
	if (!how->replace && file_exists(path))
		return err_set(reterr, E_VMGS_FILE_EXISTS, "'%s' exists already", path);
	return 0;
}

/* The empty store: its extended table, its table, then the header that makes it one. */
static int format(const struct fresh *f, struct err *reterr)
{
	struct vmgs_entry entry[VMGS_FILES] = {0};
	struct vmgs_header header = {.sequence = 1, .table_offset = FRESH_TABLE_BLOCK};
	uint8_t table[VMGS_BLOCK_BYTES], sector[VMGS_SECTOR_BYTES] = {0};
	int r;

	entry[VMGS_ID_TABLE] = (struct vmgs_entry){
		.offset = FRESH_TABLE_BLOCK, .blocks = 1, .bytes = VMGS_BLOCK_BYTES};
	entry[VMGS_ID_EXTENDED] = (struct vmgs_entry){
		.offset = FRESH_EXTENDED_BLOCK, .blocks = 1, .bytes = VMGS_BLOCK_BYTES};
	vmgs_table_format(entry, table);
	vmgs_header_format(&header, sector);
	r = file_pwrite(f->fd, f->tmp, table, sizeof(table),
			(off_t)FRESH_TABLE_BLOCK * VMGS_BLOCK_BYTES, reterr);
	return r < 0 ? r : file_pwrite(f->fd, f->tmp, sector, sizeof(sector), 0, reterr);
}

int vmgs_store_create(const char *path, const struct vmgs_create *how, struct secret *root,
		      struct err *reterr)
{
	_cleanup_fresh_ struct fresh f = {.fd = -1};
	int r = check_create(path, how, reterr);

	if (r == 0)
		r = fresh_open(&f, path, reterr);
	if (r == 0 && ftruncate(f.fd, (off_t)how->disk_bytes) < 0)
		r = err_errno(reterr, E_IO, errno, "making '%s' %llu bytes long", f.tmp,
			      (unsigned long long)how->disk_bytes);
	if (r == 0 && how->container == VMGS_VHD)
		r = write_footer(&f, how->disk_bytes, how->random, reterr);
	if (r == 0)
		r = format(&f, reterr);
	/* a second header at byte 4096 is what tells that it belongs there */
	if (r == 0 && (root || how->sector_bytes > VMGS_SECTOR_BYTES)) {
		_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;

		r = vmgs_store_open(&s, f.tmp, true, how->sector_bytes, reterr);
		s.random = *how->random;
		if (r == 0)
			r = root ? vmgs_store_encrypt(&s, root, reterr)
				 : vmgs_store_refresh(&s, reterr);
	}
	return r < 0 ? r : fresh_finish(&f, how->replace, reterr);
}
