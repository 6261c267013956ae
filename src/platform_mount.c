/* SPDX-License-Identifier: MIT */
#include "platform_internal.h"

#include "codec.h"
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#define MOUNTINFO_MAX (1u << 20)
#define STACK_DEPTH_MAX 16

/* The parts of a line of /proc/self/mountinfo that matter here; see proc(5). */
struct mount_line {
	unsigned dev_major, dev_minor;
	char point[PATH_MAX], fstype[32];
};

static bool parse_device(const char *text, unsigned *dev_major, unsigned *dev_minor)
{
	const char *colon = strchr(text, ':');
	char first[16];
	uint64_t a, b;

	if (!colon || (size_t)(colon - text) >= sizeof(first))
		return false;
	memcpy(first, text, (size_t)(colon - text));
	first[colon - text] = '\0';
	if (!decimal_u64(first, UINT32_MAX, &a) || !decimal_u64(colon + 1, UINT32_MAX, &b))
		return false;
	*dev_major = (unsigned)a;
	*dev_minor = (unsigned)b;
	return true;
}

/* Blanks and backslashes stand as \ooo. */
static bool unescape(const char *in, char out[PATH_MAX])
{
	size_t at = 0;

	for (; *in; in++) {
		if (at + 1 >= PATH_MAX)
			return false;
		if (in[0] == '\\' && in[1] >= '0' && in[1] <= '3' && in[2] >= '0' && in[2] <= '7' &&
		    in[3] >= '0' && in[3] <= '7') {
			out[at++] = (char)((in[1] - '0') << 6 | (in[2] - '0') << 3 | (in[3] - '0'));
			in += 3;
		} else {
			out[at++] = *in;
		}
	}
	out[at] = '\0';
	return true;
}

/* 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue */
static bool parse_line(char *line, struct mount_line *ret)
{
	char *field[5], *save = NULL, *word;

	for (size_t i = 0; i < ARRAY_SIZE(field); i++) {
		field[i] = strtok_r(i == 0 ? line : NULL, " ", &save);
		if (!field[i])
			return false;
	}
	do {
		word = strtok_r(NULL, " ", &save);
	} while (word && strcmp(word, "-") != 0);
	word = word ? strtok_r(NULL, " ", &save) : NULL;
	if (!word || strlen(word) >= sizeof(ret->fstype))
		return false;
	memcpy(ret->fstype, word, strlen(word) + 1);
	return parse_device(field[2], &ret->dev_major, &ret->dev_minor) &&
	       unescape(field[4], ret->point);
}

static int read_mounts(struct buf *text, struct err *reterr)
{
	char path[PATH_MAX];
	int r;

	platform_under_root("/proc/self/mountinfo", path);
	r = file_read(path, MOUNTINFO_MAX, text, reterr);
	if (r == 0 && memchr(text->data, '\0', text->len))
		r = err_set(reterr, E_IO, "'%s' has a NUL byte", path);
	return r;
}

/* 1: *ret is the next line's, 0: there is none. *save is NULL at first; the text is cut into lines. */
static int next_mount(struct buf *text, char **save, enum err_code code, struct mount_line *ret,
		      struct err *reterr)
{
	char *line = strtok_r(*save ? NULL : (char *)text->data, "\n", save);

	if (!line)
		return 0;
	if (!parse_line(line, ret))
		return err_set(reterr, code, "a line of mountinfo makes no sense");
	return 1;
}

/* Without a trailing slash; "/" becomes "". */
static size_t folder_length(const char *dir)
{
	size_t len = strlen(dir);

	while (len > 0 && dir[len - 1] == '/')
		len--;
	return len;
}

/* btrfs mounts bear an anonymous device number: the file system says by ioctl which one it is. */
static int btrfs_uuid(const char *dir, char *out, size_t out_size, struct err *reterr)
{
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct btrfs_ioctl_fs_info_args info = {0};
	const uint8_t *u = info.fsid;

	if (fd < 0 || ioctl(fd, BTRFS_IOC_FS_INFO, &info) < 0)
		return err_errno(reterr, E_HANDOFF_MOUNT, errno, "asking btrfs at '%s'", dir);
	(void)snprintf(out, out_size,
		       "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0],
		       u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12],
		       u[13], u[14], u[15]);
	return 0;
}

static int source_of(const struct mount_line *m, char *out, size_t out_size, struct err *reterr)
{
	if (strcmp(m->fstype, "btrfs") == 0)
		return btrfs_uuid(m->point, out, out_size, reterr);
	(void)snprintf(out, out_size, "%u:%u", m->dev_major, m->dev_minor);
	return 0;
}

int platform_mount_source(const char *dir, char *out, size_t out_size, char *fstype,
			  size_t fstype_size, struct err *reterr)
{
	_cleanup_buf_ struct buf text = {0};
	struct mount_line m, found;
	size_t len = folder_length(dir);
	char *save = NULL;
	bool any = false;
	int r = read_mounts(&text, reterr);

	if (r < 0)
		return r;
	while ((r = next_mount(&text, &save, E_HANDOFF_MOUNT, &m, reterr)) > 0) {
		/* the last one lies on top */
		if (folder_length(m.point) == len && strncmp(m.point, dir, len) == 0) {
			found = m;
			any = true;
		}
	}
	if (r < 0)
		return r;
	if (!any)
		return err_set(reterr, E_HANDOFF_MOUNT, "nothing is mounted at '%s'", dir);
	(void)snprintf(fstype, fstype_size, "%s", found.fstype);
	return source_of(&found, out, out_size, reterr);
}

static bool is_ours(uint64_t rdev, const uint64_t *ours, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ours[i] == rdev)
			return true;
	return false;
}

/* What a file system may stand on. */
struct stack {
	const uint64_t *ours;
	size_t count;
	bool luks;		/* any LUKS mapping, whoever opened it */
	unsigned depth;
};

/* libcryptsetup names its mappings in device-mapper: "CRYPT-LUKS2-...", other kinds otherwise. */
static bool is_luks(unsigned dev_major, unsigned dev_minor)
{
	static const char prefix[] = "CRYPT-LUKS";
	_cleanup_buf_ struct buf uuid = {0};
	char path[PATH_MAX], name[64];

	(void)snprintf(name, sizeof(name), "/sys/dev/block/%u:%u/dm/uuid", dev_major, dev_minor);
	platform_under_root(name, path);
	return file_read(path, 256, &uuid, NULL) == 0 && uuid.len >= sizeof(prefix) &&
	       memcmp(uuid.data, prefix, sizeof(prefix) - 1) == 0;
}

static int check_device(struct stack *s, const char *numbers, struct err *reterr);

/*
 * Every link in the folder leads to a block device; each must stand on ours. None at all: not ours.
 */
static int check_members(struct stack *s, const char *folder, const char *name, struct err *reterr)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	size_t members = 0;
	int r = 0;

	while (r == 0 && d && (entry = readdir(d))) {
		_cleanup_buf_ struct buf numbers = {0};
		char path[PATH_MAX];

		if (entry->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s/%s/dev", folder, entry->d_name) >=
		    sizeof(path))
			r = err_set(reterr, E_HANDOFF_MOUNT, "path '%s' is too long", folder);
		else
			r = file_read(path, 64, &numbers, reterr);
		if (r < 0)
			break;
		numbers.data[strcspn((char *)numbers.data, "\n")] = '\0';
		members++;
		r = check_device(s, (char *)numbers.data, reterr);
	}
	if (d)
		(void)closedir(d);
	if (r == 0 && members == 0)
		r = err_set(reterr, E_HANDOFF_MOUNT,
			    "'%s' does not stand on a volume that cvmcrypt opened", name);
	return r;
}

static int check_device(struct stack *s, const char *numbers, struct err *reterr)
{
	char path[PATH_MAX], folder[64];
	unsigned dev_major, dev_minor;
	int r;

	if (!parse_device(numbers, &dev_major, &dev_minor))
		return err_set(reterr, E_HANDOFF_MOUNT, "'%s' is no device number", numbers);
	if (is_ours(makedev(dev_major, dev_minor), s->ours, s->count) ||
	    (s->luks && is_luks(dev_major, dev_minor)))
		return 0;
	if (s->depth >= STACK_DEPTH_MAX)
		return err_set(reterr, E_HANDOFF_MOUNT, "too many devices stand on each other");
	(void)snprintf(folder, sizeof(folder), "/sys/dev/block/%u:%u/slaves", dev_major, dev_minor);
	platform_under_root(folder, path);
	s->depth++;
	r = check_members(s, path, numbers, reterr);
	s->depth--;
	return r;
}

static int check_backing(struct stack *s, const char *source, const char *fstype,
			 struct err *reterr)
{
	char path[PATH_MAX], folder[96];

	if (strcmp(fstype, "btrfs") != 0)
		return check_device(s, source, reterr);
	if (strlen(source) != 36 || source[strspn(source, "0123456789abcdef-")])
		return err_set(reterr, E_HANDOFF_MOUNT, "'%s' is no file system UUID", source);
	(void)snprintf(folder, sizeof(folder), "/sys/fs/btrfs/%s/devices", source);
	platform_under_root(folder, path);
	return check_members(s, path, source, reterr);
}

int platform_backing_all_ours(const char *source, const char *fstype, const uint64_t *ours,
			      size_t count, struct err *reterr)
{
	struct stack s = {.ours = ours, .count = count};

	return check_backing(&s, source, fstype, reterr);
}

/* The kernel's own file systems: what they show does not come from a disk or a network. */
static bool is_kernel_fs(const char *fstype)
{
	static const char *const names[] = {
		"proc", "sysfs", "devtmpfs", "devpts", "tmpfs", "ramfs", "securityfs", "cgroup2",
		"cgroup", "efivarfs", "pstore", "bpf", "debugfs", "tracefs", "configfs", "mqueue",
		"hugetlbfs", "autofs", "selinuxfs", "fusectl",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(fstype, names[i]) == 0)
			return true;
	return false;
}

int platform_mounts_all_ours(const char *dir, const uint64_t *ours, size_t count,
			     struct err *reterr)
{
	_cleanup_buf_ struct buf text = {0};
	char source[256], fstype[32], *save = NULL;
	size_t len = folder_length(dir);
	struct mount_line m;
	int r = platform_mount_source(dir, source, sizeof(source), fstype, sizeof(fstype), reterr);

	if (r == 0)
		r = platform_backing_all_ours(source, fstype, ours, count, reterr);
	if (r == 0)
		r = read_mounts(&text, reterr);
	if (r < 0)
		return r;
	while ((r = next_mount(&text, &save, E_HANDOFF_MOUNT, &m, reterr)) > 0) {
		if (strncmp(m.point, dir, len) != 0 || m.point[len] != '/' ||
		    is_kernel_fs(m.fstype))
			continue;
		r = source_of(&m, source, sizeof(source), reterr);
		if (r == 0)
			r = platform_backing_all_ours(source, m.fstype, ours, count, reterr);
		if (r < 0)
			return err_wrap(reterr, r, "%s", m.point);
	}
	return r;
}

/* The path, or the nearest folder above it that is there; links resolved, the root taken off. */
static int existing_part(const char *path, char out[PATH_MAX], struct err *reterr)
{
	char full[PATH_MAX], real[PATH_MAX], root[PATH_MAX];
	char *slash;

	platform_under_root("", root);
	platform_under_root(path, full);
	while (!realpath(full, real)) {
		slash = strrchr(full, '/');
		if (errno != ENOENT || !slash || !slash[1])
			return err_errno(reterr, E_IO, errno, "looking at '%s'", path);
		slash[slash == full] = '\0';
	}
	if (strncmp(real, root, strlen(root)) != 0)
		return err_set(reterr, E_IO, "'%s' leads out of '%s'", path, root);
	(void)snprintf(out, PATH_MAX, "%s", real + strlen(root));
	return 0;
}

/* The mount that holds the path: the deepest, of those the one on top. */
static int mount_of(const char *path, struct mount_line *ret, struct err *reterr)
{
	_cleanup_buf_ struct buf text = {0};
	struct mount_line m;
	char *save = NULL;
	size_t longest = 0, len;
	bool any = false;
	int r = read_mounts(&text, reterr);

	if (r < 0)
		return r;
	while ((r = next_mount(&text, &save, E_IO, &m, reterr)) > 0) {
		len = folder_length(m.point);
		if (len < longest || strncmp(m.point, path, len) != 0 ||
		    (path[len] != '/' && path[len] != '\0'))
			continue;
		*ret = m;
		longest = len;
		any = true;
	}
	return r < 0 || any ? r : err_set(reterr, E_IO, "nothing is mounted at '%s'", path);
}

int platform_path_encrypted(const char *path, struct err *reterr)
{
	struct stack s = {.luks = true};
	char real[PATH_MAX], source[256];
	struct mount_line m = {0};
	struct err why = {0};
	int r = existing_part(path, real, reterr);

	if (r == 0)
		r = mount_of(real, &m, reterr);
	if (r < 0 || strcmp(m.fstype, "tmpfs") == 0 || strcmp(m.fstype, "ramfs") == 0)
		return r;
	if (source_of(&m, source, sizeof(source), &why) == 0 &&
	    check_backing(&s, source, m.fstype, &why) == 0)
		return 0;
	return err_set(reterr, E_NOT_ENCRYPTED, "'%s' lies on '%s' (%s), which is not on an encrypted volume",
		       path, m.point, m.fstype);
}

int platform_mapping_device(const char *mapping, char *out, size_t out_size, struct err *reterr)
{
	char path[PATH_MAX], name[PATH_MAX];
	struct dirent *entry;
	char found[256] = "";
	struct stat st;
	size_t count = 0;
	DIR *d;

	(void)snprintf(name, sizeof(name), "/dev/mapper/%s", mapping);
	platform_under_root(name, path);
	if (stat(path, &st) < 0)
		return err_errno(reterr, E_IO, errno, "looking at '%s'", path);
	(void)snprintf(name, sizeof(name), "/sys/dev/block/%u:%u/slaves", major(st.st_rdev),
		       minor(st.st_rdev));
	platform_under_root(name, path);
	d = opendir(path);
	while (d && (entry = readdir(d)))
		if (entry->d_name[0] != '.' && ++count)
			(void)snprintf(found, sizeof(found), "%s", entry->d_name);
	if (d)
		(void)closedir(d);
	if (count != 1)
		return err_set(reterr, E_IO, "mapping '%s' stands on %zu devices", mapping, count);
	/* a name with a slash stands with '!' in sysfs */
	for (char *c = found; *c; c++)
		if (*c == '!')
			*c = '/';
	(void)snprintf(name, sizeof(name), "/dev/%s", found);
	platform_under_root(name, path);
	if ((size_t)snprintf(out, out_size, "%s", path) >= out_size)
		return err_set(reterr, E_IO, "path '%s' is too long", path);
	return 0;
}

int platform_check_init(const char *dir, struct err *reterr)
{
	_cleanup_close_ int root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};

	/*
	 * the one that is started (init= is forbidden): with any other, initramfs-tools goes on to
	 * /bin/sh
	 */
	_cleanup_close_ int fd =
		root < 0 ? -1 : (int)syscall(SYS_openat2, root, "sbin/init", &how, sizeof(how));
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111))
		return 0;
	return err_set(reterr, E_HANDOFF_MOUNT,
		       "'%s' has no /sbin/init: a shell would start in its place", dir);
}
