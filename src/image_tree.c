/* SPDX-License-Identifier: MIT */
#include "image_tree.h"

#include "file.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

void tree_finding(struct image_tree *t, enum err_code code, const char *fmt, ...)
{
	char message[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	if (t->report->on_finding)
		t->report->on_finding(t->report->context, code, message);
	if (t->first == 0)
		t->first = err_set(t->reterr, code, "%s", message);
}

int tree_open(const struct image_tree *t, const char *path, int flags)
{
	struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = RESOLVE_IN_ROOT};

	return (int)syscall(SYS_openat2, t->fd, path, &how, sizeof(how));
}

bool tree_exists(const struct image_tree *t, const char *path)
{
	_cleanup_close_ int fd = tree_open(t, path, O_PATH);

	return fd >= 0;
}

bool tree_is_executable(const struct image_tree *t, const char *path)
{
	_cleanup_close_ int fd = tree_open(t, path, O_PATH);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

bool tree_is_masked(const struct image_tree *t, const char *path)
{
	_cleanup_close_ int fd = tree_open(t, path, O_PATH | O_NOFOLLOW);
	char target[16] = "";

	return fd >= 0 && readlinkat(fd, "", target, sizeof(target) - 1) > 0 &&
	       strcmp(target, "/dev/null") == 0;
}

bool tree_read(const struct image_tree *t, const char *path, size_t max, struct buf *ret)
{
	_cleanup_close_ int fd = tree_open(t, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       file_read_fd(fd, path, max, ret, NULL) == 0;
}

void tree_list(const struct image_tree *t, const char *folder,
	       bool (*visit)(void *context, const char *name), void *context)
{
	int fd = tree_open(t, folder, O_RDONLY | O_DIRECTORY);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!d) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	while ((entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    !visit(context, entry->d_name))
			break;
	(void)closedir(d);
}

struct match {
	const char *pattern;
	char *out;
	size_t out_size;
	bool found;
};

static bool match_entry(void *context, const char *name)
{
	struct match *m = context;

	if (fnmatch(m->pattern, name, FNM_PERIOD) != 0)
		return true;
	m->found = true;
	(void)snprintf(m->out, m->out_size, "%s", name);
	return false;
}

bool tree_match(const struct image_tree *t, const char *folder, const char *pattern, char *out,
		size_t out_size)
{
	struct match m = {.pattern = pattern, .out = out, .out_size = out_size};

	tree_list(t, folder, match_entry, &m);
	return m.found;
}
