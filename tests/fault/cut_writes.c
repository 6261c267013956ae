/* SPDX-License-Identifier: MIT */
/*
 * LD_PRELOAD: ends the process at the Nth thing that it does to a file, as a kill or a power cut
 * would. See README.md. Test-only: reads the environment, which cvmcrypt itself never does.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned long count;

static void note(const char *op, const char *path, long long offset, size_t len)
{
	const char *log = getenv("CUT_LOG");
	char line[PATH_MAX + 128];
	int fd, n;
	ssize_t written;

	if (!log)
		return;
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	n = snprintf(line, sizeof(line), "%lu %s %s %lld %zu\n", count, op, path, offset, len);
	written = syscall(SYS_write, fd, line, (size_t)n);
	(void)written;
	(void)close(fd);
}

static bool path_counts(const char *path)
{
	const char *pattern = getenv("CUT_PATH");

	return pattern && fnmatch(pattern, path, 0) == 0;
}

static bool fd_path(int fd, char path[PATH_MAX])
{
	char link[32];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, PATH_MAX - 1);
	if (n < 0)
		return false;
	path[n] = 0;
	return true;
}

/* True: this is the operation to be cut. */
static bool cut_here(const char *op, const char *path, long long offset, size_t len)
{
	const char *at = getenv("CUT_AT");
	int saved = errno;

	count++;
	note(op, path, offset, len);
	errno = saved;
	return at && strtoul(at, NULL, 10) == count;
}

static _Noreturn void cut(void)
{
	(void)syscall(SYS_kill, getpid(), 9);
	_exit(137);
}

static bool fd_cut_here(const char *op, int fd, long long offset, size_t len)
{
	char path[PATH_MAX];

	return fd_path(fd, path) && path_counts(path) && cut_here(op, path, offset, len);
}

/* CUT_TEAR=1: half of the write reaches the file; 2: all of it, but nothing after it. */
static size_t torn(size_t len)
{
	const char *tear = getenv("CUT_TEAR");

	return !tear ? 0 : tear[0] == '1' ? len / 2 : tear[0] == '2' ? len : 0;
}

static ssize_t real_pwrite(int fd, const void *data, size_t len, off_t offset)
{
	return syscall(SYS_pwrite64, fd, data, len, offset);
}

/* O_DIRECT would refuse half a block; the file position stays as a cut write leaves it. */
static _Noreturn void cut_write(int fd, const void *data, size_t len, off_t offset)
{
	size_t part = torn(len);
	int flags = fcntl(fd, F_GETFL);
	ssize_t n = 0;

	if (part > 0 && flags >= 0 && (flags & O_DIRECT))
		(void)fcntl(fd, F_SETFL, flags & ~O_DIRECT);
	if (part > 0)
		n = real_pwrite(fd, data, part, offset);
	(void)n;
	cut();
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset);
ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
	if (fd_cut_here("pwrite", fd, offset, len))
		cut_write(fd, data, len, offset);
	return real_pwrite(fd, data, len, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset);
ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset)
{
	return pwrite(fd, data, len, offset);
}

ssize_t write(int fd, const void *data, size_t len);
ssize_t write(int fd, const void *data, size_t len)
{
	off_t at = lseek(fd, 0, SEEK_CUR);

	if (at >= 0 && fd_cut_here("write", fd, at, len))
		cut_write(fd, data, len, at);
	return syscall(SYS_write, fd, data, len);
}

int ftruncate(int fd, off_t length);
int ftruncate(int fd, off_t length)
{
	if (fd_cut_here("ftruncate", fd, length, 0))
		cut();
	return (int)syscall(SYS_ftruncate, fd, length);
}

int ftruncate64(int fd, off64_t length);
int ftruncate64(int fd, off64_t length)
{
	return ftruncate(fd, length);
}

int fsync(int fd);
int fsync(int fd)
{
	if (fd_cut_here("fsync", fd, 0, 0))
		cut();
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd);
int fdatasync(int fd)
{
	if (fd_cut_here("fdatasync", fd, 0, 0))
		cut();
	return (int)syscall(SYS_fdatasync, fd);
}

int rename(const char *from, const char *to);
int rename(const char *from, const char *to)
{
	if (path_counts(to) && cut_here("rename", to, 0, 0))
		cut();
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path);
int unlink(const char *path)
{
	if (path_counts(path) && cut_here("unlink", path, 0, 0))
		cut();
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}
