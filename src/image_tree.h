/* SPDX-License-Identifier: MIT */
/*
 * An unpacked boot image as a folder: looking into it the way the booted image would, so an
 * absolute link counts from the folder. Shared by the files of image_check.
 */
#ifndef CVMCRYPT_IMAGE_TREE_H
#define CVMCRYPT_IMAGE_TREE_H

#include "image_check.h"

#include "buf.h"
#include "config.h"

struct image_tree {
	const char *dir;
	int fd;
	const struct image_report *report;
	struct err *reterr;
	int first;		/* code of the first finding, negative; 0: none */
	char drivers[sizeof(((struct network_config *)0)->drivers)];	/* of the network; "" */
};

/* A finding: told to the report, and kept if it is the first. */
void tree_finding(struct image_tree *t, enum err_code code, const char *fmt, ...) _printf_(3, 4);

/* O_PATH descriptor of what the path leads to, -1 if nothing. */
int tree_open(const struct image_tree *t, const char *path, int flags);
bool tree_exists(const struct image_tree *t, const char *path);
bool tree_is_executable(const struct image_tree *t, const char *path);
/* A link to /dev/null, as systemd masks units and generators. */
bool tree_is_masked(const struct image_tree *t, const char *path);
/* A regular file's text; false if it is not there or too large. */
bool tree_read(const struct image_tree *t, const char *path, size_t max, struct buf *ret);
/* Calls visit with each name in the folder, "." and ".." left out, until it returns false. */
void tree_list(const struct image_tree *t, const char *folder,
	       bool (*visit)(void *context, const char *name), void *context);
/* Is there an entry in the folder that matches the pattern of fnmatch(3)? Its name goes to out. */
bool tree_match(const struct image_tree *t, const char *folder, const char *pattern, char *out,
		size_t out_size);

/* The program is there, and with it every library that it is loaded with. */
void tree_check_program(struct image_tree *t, const char *program);

/* The parts of image_check_tree(). */
void image_check_program(struct image_tree *t);
void image_check_evidence(struct image_tree *t, const struct config *config);
void image_check_modules(struct image_tree *t);
void image_check_openers(struct image_tree *t);
void image_check_initramfs_tools(struct image_tree *t);
void image_check_systemd(struct image_tree *t);

#endif
