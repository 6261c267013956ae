/* SPDX-License-Identifier: MIT */
/*
 * Is this configuration fit for a boot image, and is this unpacked boot image safe and complete?
 * Run when the image is built: `cvmcrypt check --image` and `--image-tree`. Every finding has its
 * code; the functions return the first one's.
 */
#ifndef CVMCRYPT_IMAGE_CHECK_H
#define CVMCRYPT_IMAGE_CHECK_H

#include "err.h"

struct image_report {
	/* either may be NULL; message is one line */
	void (*on_fact)(void *context, const char *key, const char *value);
	void (*on_finding)(void *context, int code, const char *message);
	void *context;
};

/*
 * The configuration below config_dir and, unless NULL, the text of the kernel command line in
 * cmdline_file. Facts for the hooks: configured (yes or no), and when yes mapping, root (the device
 * that root= must name), device-unit (systemd's name of it), modules (blank-separated), built-at
 * (the file to write the build time to, or no), network (yes or no), and when yes the files to copy:
 * fetcher, dhcp-event and, if there is https, roots.
 */
int image_check_config(const char *config_dir, const char *cmdline_file,
		       const struct image_report *report, struct err *reterr);

/* The unpacked initramfs at dir, of initramfs-tools or of dracut with systemd. */
int image_check_tree(const char *dir, const struct image_report *report, struct err *reterr);

#endif
