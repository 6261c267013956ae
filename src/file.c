/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int file_read_fd(int fd, const char *name, size_t max, struct buf *ret, struct err *reterr)
{
	uint8_t chunk[4096];
	ssize_t n;

	ret->max = max + 1;	/* the NUL */
	for (;;) {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(reterr, E_IO, errno, "reading '%s'", name);
		if (n == 0)
			break;
		if ((size_t)n > max - ret->len)
			return err_set(reterr, E_IO, "'%s' is larger than %zu bytes", name, max);
		buf_put(ret, chunk, (size_t)n);
	}
	explicit_bzero(chunk, sizeof(chunk));
	buf_put_u8(ret, 0);
	if (ret->failed)
		return err_set(reterr, E_NOMEM, "reading '%s'", name);
	ret->len--;
	return 0;
}

int file_read(const char *path, size_t max, struct buf *ret, struct err *reterr)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return err_errno(reterr, E_IO, errno, "opening '%s'", path);
	return file_read_fd(fd, path, max, ret, reterr);
}

int file_pread(int fd, const char *name, void *out, size_t len, off_t offset, struct err *reterr)
{
	uint8_t *p = out;

	while (len > 0) {
		ssize_t n = pread(fd, p, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(reterr, E_IO, errno, "reading '%s' at %lld", name,
					 (long long)offset);
		if (n == 0)
			return err_set(reterr, E_IO, "'%s' ends at %lld", name, (long long)offset);
		p += n;
		len -= (size_t)n;
		offset += n;
	}
	return 0;
}

int file_pwrite(int fd, const char *name, const void *data, size_t len, off_t offset,
		struct err *reterr)
{
	const uint8_t *p = data;

	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_errno(reterr, E_IO, n < 0 ? errno : ENOSPC, "writing '%s' at %lld",
					 name, (long long)offset);
		p += n;
		len -= (size_t)n;
		offset += n;
	}
	return 0;
}

void file_sync_folder(const char *path)
{
	char copy[PATH_MAX];
	int fd;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	(void)close(fd);
}

int file_prepare(const char *path, const void *data, size_t len, mode_t mode,
		 char ret_tmp[PATH_MAX], struct err *reterr)
{
	_cleanup_close_ int fd = -1;
	char tmp[PATH_MAX];
	int r;

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.tmp", path) >= sizeof(tmp))
		return err_set(reterr, E_IO, "path '%s' is too long", path);
	(void)unlink(tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return err_errno(reterr, E_IO, errno, "creating '%s'", tmp);
	r = file_pwrite(fd, tmp, data, len, 0, reterr);
	/* the umask has no say: a file that is replaced keeps the mode that the caller names */
	if (r == 0 && fchmod(fd, mode) < 0)
		r = err_errno(reterr, E_IO, errno, "setting the mode of '%s'", tmp);
	if (r == 0 && fsync(fd) < 0)
		r = err_errno(reterr, E_IO, errno, "syncing '%s'", tmp);
	if (r < 0) {
		(void)unlink(tmp);
		return r;
	}
	memcpy(ret_tmp, tmp, sizeof(tmp));
	return 0;
}

int file_finish(const char *tmp, const char *path, struct err *reterr)
{
	if (rename(tmp, path) < 0) {
		int r = err_errno(reterr, E_IO, errno, "renaming '%s' to '%s'", tmp, path);

		(void)unlink(tmp);
		return r;
	}
	file_sync_folder(path);
	return 0;
}

int file_replace(const char *path, const void *data, size_t len, mode_t mode, struct err *reterr)
{
	char tmp[PATH_MAX];
	int r = file_prepare(path, data, len, mode, tmp, reterr);

	return r < 0 ? r : file_finish(tmp, path, reterr);
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}
