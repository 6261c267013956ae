/* SPDX-License-Identifier: MIT */
/*
 * Files: capped reading, full positional reads, atomic replacing. Names are kept for messages.
 */
#ifndef CVMCRYPT_FILE_H
#define CVMCRYPT_FILE_H

#include "buf.h"
#include "err.h"

#include <limits.h>
#include <sys/types.h>

/* The whole file into *ret (NUL-terminated beyond ret->len); E_IO on failure or when above max. */
int file_read(const char *path, size_t max, struct buf *ret, struct err *reterr);
int file_read_fd(int fd, const char *name, size_t max, struct buf *ret, struct err *reterr);
/* Exactly len bytes at offset, or a failure. */
int file_pread(int fd, const char *name, void *out, size_t len, off_t offset, struct err *reterr);
int file_pwrite(int fd, const char *name, const void *data, size_t len, off_t offset,
		struct err *reterr);
/* Writes path.tmp with exactly this mode, syncs, renames over path and syncs the folder. */
int file_replace(const char *path, const void *data, size_t len, mode_t mode, struct err *reterr);
/*
 * The same in two steps, for what must be sure to be there before something else changes: the first gives
 * the name of what it wrote, the second renames it, and removes it where that fails.
 */
int file_prepare(const char *path, const void *data, size_t len, mode_t mode,
		 char ret_tmp[PATH_MAX], struct err *reterr);
int file_finish(const char *tmp, const char *path, struct err *reterr);
/* Makes a rename to path last, where the file system can; what was written is synced by its writer. */
void file_sync_folder(const char *path);
bool file_exists(const char *path);

#endif
