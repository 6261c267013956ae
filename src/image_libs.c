/* SPDX-License-Identifier: MIT */
/*
 * The program in the image, its configuration, and everything that it needs to be loaded and to
 * work.
 */
#include "image_tree.h"

#include "config.h"
#include "elf_needed.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define BINARY_MAX (32u << 20)
#define LIBRARIES_MAX 96

struct closure {
	struct image_tree *tree;
	char name[LIBRARIES_MAX][ELF_NAME_MAX];
	size_t count;
};

/* Where the dynamic loaders of the common distributions look. */
static bool find_library(const struct image_tree *t, const char *name, char out[PATH_MAX])
{
	static const char *const folders[] = {
		"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu",
		"/usr/lib/aarch64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib",
	};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		(void)snprintf(out, PATH_MAX, "%s/%s", folders[i], name);
		if (tree_exists(t, out))
			return true;
	}
	return false;
}

static bool is_known(const struct closure *c, const char *name)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->name[i], name) == 0)
			return true;
	return false;
}

/* Adds what the file needs. */
static void add_needed(struct closure *c, const char *path)
{
	_cleanup_buf_ struct buf text = {0};
	struct elf_needed needed;
	struct err e = {0};

	if (!tree_read(c->tree, path, BINARY_MAX, &text)) {
		tree_finding(c->tree, E_IMAGE_FILE, "boot image: '%s' cannot be read", path);
		return;
	}
	if (elf_needed_parse(&needed, text.data, text.len, &e) < 0) {
		tree_finding(c->tree, E_IMAGE_FILE, "boot image: '%s': %s", path, e.msg);
		return;
	}
	if (*needed.interpreter && !tree_exists(c->tree, needed.interpreter))
		tree_finding(c->tree, E_IMAGE_FILE, "boot image lacks '%s', which loads '%s'",
			     needed.interpreter, path);
	for (size_t i = 0; i < needed.count; i++) {
		if (is_known(c, needed.name[i]) || c->count >= LIBRARIES_MAX)
			continue;
		(void)snprintf(c->name[c->count++], ELF_NAME_MAX, "%s", needed.name[i]);
	}
}

void tree_check_program(struct image_tree *t, const char *program)
{
	/*
	 * pthread_cancel, which argon2 uses, loads libgcc_s by dlopen: nothing names it as needed
	 */
	struct closure c = {.tree = t, .name = {"libgcc_s.so.1"}, .count = 1};
	char path[PATH_MAX];

	if (!tree_is_executable(t, program)) {
		tree_finding(t, E_IMAGE_FILE, "boot image lacks '%s'", program);
		return;
	}
	add_needed(&c, program);
	for (size_t i = 0; i < c.count; i++) {
		if (find_library(t, c.name[i], path))
			add_needed(&c, path);
		else
			tree_finding(t, E_IMAGE_FILE, "boot image lacks the library '%s' of '%s'",
				     c.name[i], program);
	}
}

static void check_config(struct image_tree *t)
{
	struct config config;
	struct err e = {0};
	char dir[PATH_MAX];
	int r;

	if ((size_t)snprintf(dir, sizeof(dir), "%s%s", t->dir, CONFIG_DIR) >= sizeof(dir))
		return;
	r = config_load(&config, dir, &e);
	if (r == 0 && config.volume_count == 0) {
		tree_finding(t, E_IMAGE_FILE,
			     "boot image lacks the configuration, '%s/cvmcrypt.conf'", CONFIG_DIR);
		return;
	}
	if (r == 0)
		r = config_check_image(&config, &e);
	if (r < 0)
		tree_finding(t, (enum err_code)-r, "%s", e.msg);
	else
		image_check_evidence(t, &config);
}

void image_check_program(struct image_tree *t)
{
	static const char *const tools[] = {"/sbin/modprobe", "/sbin/dmsetup"};
	char name[256];

	/* the boot scripts and units name it both ways; the folders are one on merged systems */
	tree_check_program(t, tree_is_executable(t, "/usr/sbin/cvmcrypt") ? "/usr/sbin/cvmcrypt" :
									    "/sbin/cvmcrypt");
	check_config(t);
	/*
	 * modprobe loads dm-crypt's ciphers for the kernel; udev's rules end a device-mapper change
	 */
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
		if (!tree_is_executable(t, tools[i]))
			tree_finding(t, E_IMAGE_FILE, "boot image lacks '%s'", tools[i]);
	if (!tree_match(t, "/lib/udev/rules.d", "[0-9]*-dm.rules", name, sizeof(name)) &&
	    !tree_match(t, "/etc/udev/rules.d", "[0-9]*-dm.rules", name, sizeof(name)))
		tree_finding(t, E_IMAGE_FILE,
			     "boot image lacks udev's rules for device-mapper, "
			     "'/lib/udev/rules.d/*-dm.rules'");
}
