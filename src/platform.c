/* SPDX-License-Identifier: MIT */
#include "platform_internal.h"

#include "file.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define SECURITYFS "/sys/kernel/security"
#define EVENT_LOG SECURITYFS "/tpm0/binary_bios_measurements"
#define EVENT_LOG_MAX (4u << 20)	/* bytes; real ones have some ten thousand */

static char root_folder[PATH_MAX];

void platform_set_root(const char *root)
{
	size_t len = strlen(root);

	while (len > 0 && root[len - 1] == '/')
		len--;
	if (len >= sizeof(root_folder))
		len = 0;
	memcpy(root_folder, root, len);
	root_folder[len] = '\0';
}

bool platform_is_real(void)
{
	return !root_folder[0];
}

void platform_under_root(const char *path, char out[PATH_MAX])
{
	if (snprintf(out, PATH_MAX, "%s%s", root_folder, path) >= PATH_MAX)
		out[0] = '\0';
}

int platform_event_log(struct buf *ret, struct err *reterr)
{
	char path[PATH_MAX];
	int r;

	platform_under_root(EVENT_LOG, path);
	/* the boot scripts of initramfs-tools do not mount it */
	if (platform_is_real() && !file_exists(path))
		(void)mount("securityfs", SECURITYFS, "securityfs",
			    MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	if (!file_exists(path))
		return err_set(reterr, E_EVENTLOG_ABSENT, "there is no '%s'", EVENT_LOG);
	r = file_read(path, EVENT_LOG_MAX, ret, reterr);
	if (r < 0)
		return r;
	if (ret->len == 0)
		return err_set(reterr, E_EVENTLOG_ABSENT, "'%s' is empty", EVENT_LOG);
	return 0;
}

int platform_cmdline(char out[PLATFORM_CMDLINE_MAX], struct err *reterr)
{
	_cleanup_buf_ struct buf text = {0};
	char path[PATH_MAX];
	int r;

	platform_under_root("/proc/cmdline", path);
	r = file_read(path, PLATFORM_CMDLINE_MAX - 1, &text, reterr);
	if (r < 0)
		return r;
	if (memchr(text.data, '\0', text.len))
		return err_set(reterr, E_CMDLINE_FORBIDDEN, "kernel command line has a NUL byte");
	while (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--;
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
	return 0;
}

bool platform_is_initramfs(void)
{
	char path[PATH_MAX];
	struct statfs fs;

	platform_under_root("/etc/initrd-release", path);
	if (file_exists(path))
		return true;
	return platform_is_real() && statfs("/", &fs) == 0 &&
	       (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

/* Bytes of the UTF-8 sequence at s that is longer than one byte; 0: none, or not a valid one. */
static size_t utf8_sequence(const unsigned char *s)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = s[0] >= 0xf0 && s[0] < 0xf8 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc0 ? 2 : 0;
	uint32_t c;

	if (len == 0 || s[0] >= 0xf8)
		return 0;
	c = s[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return len;
}

/* As udev names links after labels: everything unusual becomes \xHH. */
static bool udev_encode(const char *value, bool lower, char *out, size_t out_size)
{
	const unsigned char *s = (const unsigned char *)value;
	size_t at = 0;

	while (*s) {
		size_t n = utf8_sequence(s);

		if (at + 5 > out_size)
			return false;
		if (n == 0 && strchr("#+-.:=@_0123456789"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", *s))
			n = 1;
		if (n == 0) {
			at += (size_t)snprintf(out + at, out_size - at, "\\x%02x", *s++);
			continue;
		}
		memcpy(out + at, s, n);
		if (lower && *s >= 'A' && *s <= 'Z')
			out[at] = (char)(*s - 'A' + 'a');
		at += n;
		s += n;
	}
	out[at] = '\0';
	return true;
}

int platform_device_path(const char *device, char *out, size_t out_size, struct err *reterr)
{
	static const struct {
		const char *tag, *folder;
		bool lower;
	} tags[] = {
		{"PARTLABEL=", "by-partlabel", false}, {"PARTUUID=", "by-partuuid", true},
		{"UUID=", "by-uuid", false},	       {"LABEL=", "by-label", false},
	};
	char encoded[512], path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s", device);
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		const char *value = device + strlen(tags[i].tag);

		if (strncmp(device, tags[i].tag, strlen(tags[i].tag)) != 0)
			continue;
		if (!*value || strcmp(value, ".") == 0 || strcmp(value, "..") == 0 ||
		    !udev_encode(value, tags[i].lower, encoded, sizeof(encoded)))
			return err_set(reterr, E_CONFIG_VALUE, "'%s' cannot name a device", device);
		(void)snprintf(path, sizeof(path), "/dev/disk/%s/%s", tags[i].folder, encoded);
	}
	if (path[0] != '/')
		return err_set(
			reterr, E_CONFIG_VALUE,
			"'%s' is neither a full path nor PARTLABEL=, PARTUUID=, UUID= or LABEL=",
			device);
	if ((size_t)snprintf(out, out_size, "%s%s", root_folder, path) >= out_size)
		return err_set(reterr, E_CONFIG_VALUE, "'%s' is too long", device);
	return 0;
}

/*
 * Watches the deepest folder on the way to path that exists: there the next step appears.
 */
static void watch_towards(int fd, const char *path)
{
	char folder[PATH_MAX];

	if ((size_t)snprintf(folder, sizeof(folder), "%s", path) >= sizeof(folder))
		return;
	for (;;) {
		char *slash = strrchr(folder, '/');

		if (!slash)
			return;
		slash[slash == folder] = '\0';
		if (inotify_add_watch(fd, folder,
				      IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF |
					      IN_MOVE_SELF | IN_ONLYDIR) >= 0 ||
		    slash == folder)
			return;
	}
}

bool platform_wait_path(const char *path, struct deadline deadline)
{
	_cleanup_close_ int fd = -1;

	while (!file_exists(path)) {
		struct pollfd p = {.events = POLLIN};
		char events[4096];
		int left;

		/* a new descriptor forgets folders that are not on the way any more */
		if (fd >= 0)
			(void)close(TAKE_FD(fd));
		fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
		if (fd < 0)
			return false;
		watch_towards(fd, path);
		/* what came between the first look and the watch makes no event */
		if (file_exists(path))
			break;
		left = deadline_left_ms(deadline);
		if (left == 0)
			return false;
		p.fd = fd;
		if (poll(&p, 1, left) > 0 && read(fd, events, sizeof(events)) < 0 &&
		    errno != EAGAIN)
			return false;
	}
	return true;
}
