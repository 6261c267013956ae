/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SUFFIX ".conf"

/* Who may write a file decides what is opened: the configuration is root's, or the caller's own. */
static int check_owner(int fd, const char *path, mode_t kind, struct err *reterr)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(reterr, E_CONFIG_READ, errno, "'%s'", path);
	if ((st.st_mode & S_IFMT) != kind)
		return err_set(reterr, E_CONFIG_READ, "'%s' is no regular file or folder", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return err_set(reterr, E_CONFIG_READ,
			       "'%s' belongs to user %u, not to root or the caller", path,
			       (unsigned)st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(reterr, E_CONFIG_READ, "'%s' has mode %04o: others may write to it",
			       path, (unsigned)(st.st_mode & 07777));
	return 0;
}

/* A dangling link is no absent file: somebody meant something to be there. */
static bool is_absent(const char *path, int open_errno)
{
	struct stat st;

	return open_errno == ENOENT && lstat(path, &st) < 0 && errno == ENOENT;
}

/* *ret_fd is -1 when there is nothing at path. O_NONBLOCK: a FIFO must not hang the boot. */
static int open_checked(const char *path, mode_t kind, int *ret_fd, struct err *reterr)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
						    (kind == S_IFDIR ? O_DIRECTORY : 0));
	int r;

	*ret_fd = -1;
	if (fd < 0 && is_absent(path, errno))
		return 0;
	if (fd < 0)
		return err_errno(reterr, E_CONFIG_READ, errno, "opening '%s'", path);
	r = check_owner(fd, path, kind, reterr);
	if (r == 0)
		*ret_fd = TAKE_FD(fd);
	return r;
}

static int load_file(struct config *c, const char *path, struct err *reterr)
{
	_cleanup_buf_ struct buf text = BUF_INIT(0);
	_cleanup_close_ int fd = -1;
	struct err cause = {0};
	int r = open_checked(path, S_IFREG, &fd, reterr);

	if (r < 0 || fd < 0)
		return r;
	r = file_read_fd(fd, path, CONFIG_TEXT_MAX, &text, &cause);
	if (r < 0)
		return err_set(reterr, E_CONFIG_READ, "%s", cause.msg);
	return config_parse(c, path, (const char *)text.data, text.len, reterr);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_conf(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return d->d_name[0] != '.' && len > strlen(SUFFIX) &&
	       strcmp(d->d_name + len - strlen(SUFFIX), SUFFIX) == 0;
}

static void free_names(struct dirent **names, int count)
{
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static int join(char out[CONFIG_PATH_MAX], const char *dir, const char *name, struct err *reterr)
{
	if ((size_t)snprintf(out, CONFIG_PATH_MAX, "%s/%s", dir, name) >= CONFIG_PATH_MAX)
		return err_set(reterr, E_CONFIG_READ, "the path '%s/%s' is longer than %d bytes",
			       dir, name, CONFIG_PATH_MAX - 1);
	return 0;
}

static int load_folder(struct config *c, const char *dir, struct err *reterr)
{
	_cleanup_close_ int fd = -1;
	struct dirent **names = NULL;
	char path[CONFIG_PATH_MAX];
	int count, r = open_checked(dir, S_IFDIR, &fd, reterr);

	if (r < 0 || fd < 0)
		return r;
	count = scandirat(fd, ".", &names, is_conf, by_name);
	if (count < 0)
		return err_errno(reterr, E_CONFIG_READ, errno, "listing '%s'", dir);
	if (count > CONFIG_FILES_MAX)
		r = err_set(reterr, E_CONFIG_READ, "'%s' has more than %d files", dir,
			    CONFIG_FILES_MAX);
	for (int i = 0; r == 0 && i < count; i++) {
		r = join(path, dir, names[i]->d_name, reterr);
		if (r == 0)
			r = load_file(c, path, reterr);
	}
	free_names(names, count);
	return r;
}

int config_load(struct config *ret, const char *dir, struct err *reterr)
{
	_cleanup_close_ int fd = -1;
	char path[CONFIG_PATH_MAX];
	int r;

	config_init(ret);
	r = open_checked(dir, S_IFDIR, &fd, reterr);
	if (r < 0 || fd < 0)
		return r;
	r = join(path, dir, "cvmcrypt.conf", reterr);
	if (r == 0)
		r = load_file(ret, path, reterr);
	if (r == 0)
		r = join(path, dir, "cvmcrypt.conf.d", reterr);
	if (r == 0)
		r = load_folder(ret, path, reterr);
	return r < 0 ? r : config_finish(ret, reterr);
}
