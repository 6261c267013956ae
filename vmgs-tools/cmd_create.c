/* SPDX-License-Identifier: MIT */
#include "verb_store.h"
#include "vmgs_verbs.h"

#include <stdio.h>

#define DISK_BYTES_DEFAULT 0x400000
#define DISK_BYTES_ONE_FILE (6 * VMGS_BLOCK_BYTES)	/* tables twice, headers, one block */

enum { SIZE, KEY, CONTAINER, SECTOR, FORCE, NO_BACKUP };

const struct verb_option vmgs_create_options[] = {
	[SIZE] = {"size", "BYTES", "of the disk (4M); a multiple of 512, K, M, G may follow"},
	[KEY] = {"key-file", "FILE", "encrypt it with this root key: 32 bytes; - is standard input"},
	[CONTAINER] = {"container", "vhd|raw", "with the footer of a fixed VHD (the default), or without"},
	[SECTOR] = {"sector-size", "512|4096", "of a raw disk (512)"},
	[FORCE] = {"force", NULL, "replace a file that exists"},
	[NO_BACKUP] = {"no-backup", NULL, "don't keep a file that is replaced as FILE.bak"},
	{NULL, NULL, NULL}};

static int read_options(const char *const *v, struct vmgs_create *how, struct err *reterr)
{
	int r = 0;

	if (v[SIZE])
		r = verb_size(v[SIZE], &how->disk_bytes, reterr);
	if (r == 0 && v[CONTAINER])
		r = verb_container(v[CONTAINER], &how->container, reterr);
	if (r == 0)
		r = verb_sector(v[SECTOR], &how->sector_bytes, reterr);
	if (r == 0 && how->container == VMGS_VHD && how->sector_bytes == 4096)
		r = err_set(reterr, E_USAGE, "a VHD has sectors of 512 bytes");
	return r;
}

/* What is there is copied aside, and locked until it is replaced: it need not be a store. */
static int keep_old(struct vmgs_store *old, const char *path, const char *no_backup, struct err *reterr)
{
	struct err e = {0};
	int r = vmgs_store_open(old, path, true, 0, &e);

	if (r == -E_VMGS_BUSY || r == -E_IO) {
		*reterr = e;
		return r;
	}
	return verb_backup(old, no_backup, reterr);
}

int vmgs_cmd_create(int argc, char **argv, struct err *reterr)
{
	const struct vmgs_random random = vmgs_random_default();
	struct vmgs_create how = {.disk_bytes = DISK_BYTES_DEFAULT, .random = &random};
	_cleanup_vmgs_store_ struct vmgs_store old = VMGS_STORE_INIT;
	_cleanup_secret_ struct secret key = SECRET_INIT;
	const char *v[VERB_OPTIONS_MAX], *path;
	char real[PATH_MAX];
	int count, r;

	r = verb_parse(vmgs_create_options, argc, argv, v, &count, reterr);
	if (r == 0)
		r = verb_arguments(count, 1, "create FILE", reterr);
	if (r == 0)
		r = read_options(v, &how, reterr);
	if (r == 0 && v[KEY])
		r = verb_key(v[KEY], &key, reterr);
	how.replace = v[FORCE] != NULL;
	/* the file that a link names is replaced, not the link */
	path = r == 0 && how.replace ? realpath(argv[1], real) : NULL;
	if (r == 0 && path)
		r = keep_old(&old, path, v[NO_BACKUP], reterr);
	if (r == 0)
		r = vmgs_store_create(path ? path : argv[1], &how, v[KEY] ? &key : NULL, reterr);
	if (r == 0 && how.disk_bytes < DISK_BYTES_ONE_FILE)
		verb_warn("%llu bytes have no room for a file", (unsigned long long)how.disk_bytes);
	return r;
}
