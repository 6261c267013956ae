/* SPDX-License-Identifier: MIT */
#include "luks.h"
#include "luks_internal.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <libcryptsetup.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static int open_failed(struct err *reterr, int errnum, const char *path)
{
	bool absent = errnum == ENOENT || errnum == ENXIO || errnum == ENODEV ||
		      errnum == ENOMEDIUM || errnum == ENOTDIR;

	return err_errno(reterr, absent ? E_DEVICE_ABSENT : E_IO, errnum, "opening '%s'", path);
}

static const char *kind_of(mode_t mode)
{
	return S_ISDIR(mode) ? "folder" : S_ISCHR(mode) ? "character device" : S_ISFIFO(mode) ? "pipe" : "socket";
}

/*
 * O_PATH first: opening a FIFO, a terminal or a watchdog has effects, and the name could come to
 * mean something else between a stat and an open.
 */
static int open_checked(const char *path, int flags, struct stat *ret_st, struct err *reterr)
{
	_cleanup_close_ int handle = open(path, O_PATH | O_CLOEXEC);
	char link[32];
	int fd;

	if (handle < 0)
		return open_failed(reterr, errno, path);
	if (fstat(handle, ret_st) < 0)
		return err_errno(reterr, E_IO, errno, "looking at '%s'", path);
	if (!S_ISBLK(ret_st->st_mode) && !S_ISREG(ret_st->st_mode))
		return err_set(reterr, E_DEVICE_KIND, "'%s' is a %s; a block device or image file is needed",
			       path, kind_of(ret_st->st_mode));
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", handle);
	fd = open(link, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? open_failed(reterr, errno, path) : fd;
}

int luks_device_open(struct luks_device *ret, const char *path, bool writable, struct err *reterr)
{
	_cleanup_luks_device_ struct luks_device d = LUKS_DEVICE_INIT;
	struct stat st;

	if ((size_t)snprintf(d.path, sizeof(d.path), "%s", path) >= sizeof(d.path))
		return err_set(reterr, E_DEVICE_KIND, "name of %zu bytes is too long",
			       strlen(path));
	d.fd = open_checked(path, writable ? O_RDWR : O_RDONLY, &st, reterr);
	if (d.fd < 0)
		return d.fd;
	d.size = (uint64_t)st.st_size;
	if (S_ISBLK(st.st_mode)) {
		d.rdev = st.st_rdev;
		if (ioctl(d.fd, BLKGETSIZE64, &d.size) < 0)
			return err_errno(reterr, E_IO, errno, "size of '%s'", path);
	}
	*ret = d;
	d.fd = -1;
	return 0;
}

void luks_device_done(struct luks_device *d)
{
	if (d->fd >= 0)
		(void)close(d->fd);
	*d = LUKS_DEVICE_INIT;
}

static void on_message(int level, const char *text, void *user)
{
	struct luks_note *note = user;
	int len = (int)strcspn(text, "\n");

	log_debug("libcryptsetup: %.*s", len, text);
	if (note && level == CRYPT_LOG_ERROR)
		(void)snprintf(note->last, sizeof(note->last), "%.*s", len, text);
}

void luks_library_init(void)
{
	crypt_token_external_disable();
	crypt_set_log_callback(NULL, on_message, NULL);
}

void luks_attach_note(struct crypt_device *cd, struct luks_note *note)
{
	*note = (struct luks_note){0};
	crypt_set_log_callback(cd, on_message, note);
}

int luks_fail(struct err *reterr, enum err_code code, int r, const struct luks_note *note,
	      const char *context)
{
	return err_native(reterr, code, ERR_CRYPTSETUP, r, "%s: %s", context,
			  note && note->last[0] ? note->last : strerror(-r));
}

void luks_crypt_freep(struct crypt_device **cd)
{
	crypt_free(*cd);
	*cd = NULL;
}
