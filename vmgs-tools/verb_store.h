/* SPDX-License-Identifier: MIT */
/*
 * What the verbs share: opening the store that the command line names, its key, inputs and outputs. "-"
 * is standard input or output. Messages for people go to standard error.
 */
#ifndef VMGS_VERB_STORE_H
#define VMGS_VERB_STORE_H

#include "vmgs_store.h"

#include <limits.h>

#define VERB_OPTIONS_MAX 12

/* Help of options that many verbs have. */
#define VERB_OPTION_KEY {"key-file", "FILE", "the root key: 32 bytes; - is standard input"}
#define VERB_OPTION_SECTOR {"sector-size", "512|4096", "of a raw disk; else found out"}
#define VERB_OPTION_JSON {"json", NULL, "print the result as JSON"}
#define VERB_OPTION_NO_BACKUP {"no-backup", NULL, "don't copy the file to FILE.bak first"}
#define VERB_OPTION_ID {"id", "ID", "the file: a name or a number from 1 to 62"}

/* The arguments, which must be exactly these many. */
int verb_arguments(int count, int wanted, const char *usage, struct err *reterr);
/* At most one option may read standard input. */
int verb_one_stdin(const char *a, const char *b, struct err *reterr);
/* Exactly 32 bytes. */
int verb_key(const char *path, struct secret *ret, struct err *reterr);
int verb_id(const char *text, int *ret, struct err *reterr);
/* Bytes; K, M or G may follow. */
int verb_size(const char *text, uint64_t *ret, struct err *reterr);
int verb_sector(const char *text, uint32_t *ret, struct err *reterr);
int verb_container(const char *text, enum vmgs_container *ret, struct err *reterr);

struct verb_open {
	const char *path, *key_file, *sector;	/* the latter two may be NULL */
	bool write;
};

/* Opens, and with a key unlocks. */
int verb_open(struct vmgs_store *s, const struct verb_open *how, struct err *reterr);
/* The backup, unless the option (not NULL) forbids it. */
int verb_backup(const struct vmgs_store *s, const char *no_backup, struct err *reterr);

/* What is to be written must not take the place of the store that is open. output may be NULL. */
int verb_not_itself(const struct vmgs_store *s, const char *output, struct err *reterr);

int verb_input(const char *path, size_t max, struct buf *ret, struct err *reterr);
/* New files get mode 0600 and appear complete. */
int verb_output(const char *path, const void *data, size_t len, struct err *reterr);

/*
 * The same in two steps, around a change that the output belongs to. After the first a file stands complete
 * beside its place, and what is not a file is open; the second puts or writes it there. Left after the first,
 * nothing stays. data must live as long.
 */
struct verb_pending {
	const char *path;
	const void *data;
	size_t len;
	char tmp[PATH_MAX];	/* "": not a file */
	int fd;			/* -1: standard output, or a file */
};

#define VERB_PENDING_INIT {.fd = -1}
#define _cleanup_verb_pending_ _cleanup_(verb_pending_done)
void verb_pending_done(struct verb_pending *p);
int verb_output_prepare(struct verb_pending *p, const char *path, const void *data, size_t len,
			struct err *reterr);
int verb_output_finish(struct verb_pending *p, struct err *reterr);

struct cJSON;
/* Prints and frees the tree; ok is what the json_add_* functions left. */
int verb_print_json(struct cJSON *root, bool ok, struct err *reterr);
/* What --json (json not NULL) prints of a failure: {"code":"E857","error":..}. Returns r. */
int verb_json_failure(const char *json, int r, const struct err *e);
void verb_warn(const char *fmt, ...) _printf_(1, 2);

#endif
