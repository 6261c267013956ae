/* SPDX-License-Identifier: MIT */
/*
 * The kernel modules in the image. Names and dependencies are modules.dep's; while the image is
 * being made it has none yet, and the build system's own for that kernel counts. See
 * modules.dep(5).
 */
#include "image_tree.h"

#include "file.h"
#include "ini.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define MODULES_TEXT_MAX (8u << 20)

struct kernel {
	struct image_tree *tree;
	const char *version;
	struct buf dep, builtin;
};

/* One of each row must be there or built in. */
static const struct {
	const char *what;
	const char *any[6];
} needed[] = {
	{"device-mapper", {"dm_mod"}},
	{"encrypted volumes", {"dm_crypt"}},
	{"the cipher mode", {"xts"}},
	{"the cipher", {"aes_generic", "aesni_intel", "aes_arm64", "aes_ce_blk"}},
	{"the TPM", {"tpm_crb", "tpm_tis"}},
	{"the disk", {"virtio_blk", "virtio_scsi", "nvme", "hv_storvsc", "xen_blkfront"}},
	{"the root file system", {"ext4", "xfs", "btrfs"}},
};

/* The entry's module name, "kernel/drivers/md/dm-mod.ko.xz" as dm_mod. */
static bool entry_is(const char *entry, size_t len, const char *module)
{
	const char *start = entry, *end;
	size_t n = strlen(module);

	for (const char *p = entry; p < entry + len; p++)
		if (*p == '/')
			start = p + 1;
	end = memmem(start, len - (size_t)(start - entry), ".ko", 3);
	if (!end || (size_t)(end - start) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((start[i] == '-' ? '_' : start[i]) != module[i])
			return false;
	return true;
}

/* The line of the list whose first entry is the module; NULL if none. */
static const char *find_line(const struct buf *list, const char *module, size_t *ret_len)
{
	const char *p = (const char *)list->data, *end = p + list->len;

	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((newline ? newline : end) - p);
		const char *colon = memchr(p, ':', len);

		if (entry_is(p, colon ? (size_t)(colon - p) : len, module)) {
			*ret_len = len;
			return p;
		}
		p += len + 1;
	}
	return NULL;
}

/* "path: dependency dependency": the files, in this image. */
static bool files_exist(const struct kernel *k, const char *line, size_t len,
			char missing[PATH_MAX])
{
	for (size_t at = 0; at < len;) {
		size_t n = strcspn(line + at, ": \n");
		char path[PATH_MAX];

		if (n > len - at)
			n = len - at;
		if (n > 0) {
			(void)snprintf(path, sizeof(path), "/lib/modules/%s/%.*s", k->version,
				       (int)n, line + at);
			if (!tree_exists(k->tree, path)) {
				(void)snprintf(missing, PATH_MAX, "%.*s", (int)n, line + at);
				return false;
			}
		}
		at += n + 1;
	}
	return true;
}

/* Built in, or a file with all that it needs; otherwise missing has the first that is not there. */
static bool is_there(const struct kernel *k, const char *module, char missing[PATH_MAX])
{
	const char *line;
	size_t len;

	if (find_line(&k->builtin, module, &len))
		return true;
	line = find_line(&k->dep, module, &len);
	return line && files_exist(k, line, len, missing);
}

static void tell_missing(const struct kernel *k, const char *module, const char *missing,
			 const char *what)
{
	if (*missing)
		tree_finding(k->tree, E_IMAGE_MODULE,
			     "boot image lacks '%.160s' of kernel %s, for %s", missing, k->version,
			     what);
	else
		tree_finding(k->tree, E_IMAGE_MODULE,
			     "boot image lacks the module '%s' of kernel %s, for %s", module,
			     k->version, what);
}

static void check_row(const struct kernel *k, size_t row)
{
	char missing[PATH_MAX] = "";

	for (size_t i = 0; i < ARRAY_SIZE(needed[row].any) && needed[row].any[i]; i++)
		if (is_there(k, needed[row].any[i], missing))
			return;
	tell_missing(k, needed[row].any[0], missing, needed[row].what);
}

/* One of the configured drivers. */
static void check_network(const struct kernel *k)
{
	const char *rest = k->tree->drivers;
	char missing[PATH_MAX] = "", driver[64], first[64] = "";

	while (ini_word(&rest, driver, sizeof(driver))) {
		if (is_there(k, driver, missing))
			return;
		if (!*first)
			memcpy(first, driver, sizeof(first));
	}
	if (*first)
		tell_missing(k, first, missing, "the network");
}

static bool read_list(const struct kernel *k, const char *name, struct buf *ret)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "/lib/modules/%s/%s", k->version, name);
	return tree_read(k->tree, path, MODULES_TEXT_MAX, ret) ||
	       file_read(path, MODULES_TEXT_MAX, ret, NULL) == 0;
}

static bool check_kernel(void *context, const char *version)
{
	_cleanup_buf_ struct buf dep = {0}, builtin = {0};
	struct image_tree *t = context;
	struct kernel k = {.tree = t, .version = version};

	if (strlen(version) > 200)
		return true;
	if (!read_list(&k, "modules.dep", &dep)) {
		tree_finding(t, E_IMAGE_MODULE, "boot image lacks 'modules.dep' of kernel %s",
			     version);
		return true;
	}
	(void)read_list(&k, "modules.builtin", &builtin);
	k.dep = dep;
	k.builtin = builtin;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		check_row(&k, i);
	check_network(&k);
	return true;
}

static bool count_entry(void *context, const char *name)
{
	(void)name;
	++*(size_t *)context;
	return true;
}

void image_check_modules(struct image_tree *t)
{
	size_t kernels = 0;

	tree_list(t, "/lib/modules", count_entry, &kernels);
	if (kernels == 0)
		tree_finding(t, E_IMAGE_MODULE,
			     "boot image has no kernel modules, '/lib/modules' is empty");
	tree_list(t, "/lib/modules", check_kernel, t);
}
