/* SPDX-License-Identifier: MIT */
/*
 * What verbs ask a person for, and hand to a person: passphrases, key files, recovery keys. Terminals
 * only; the boot's prompt is platform_ask_console().
 */
#ifndef CVMCRYPT_ASK_H
#define CVMCRYPT_ASK_H

#include "enroll.h"
#include "err.h"
#include "secret.h"

/* --from passphrase (terminal without echo, or one line of standard input) or key-file (whole file, "-": standard input). */
int ask_means(const char *from, const char *key_file, const char *volume, struct secret *ret,
	      struct err *reterr);
/* E_PASSPHRASE, with what ask_means() got in words. */
int means_refused(const char *key_file, const char *device, struct err *reterr);
/* A recovery key from a file ("-": standard input), or typed at the terminal when file is NULL. */
int ask_recovery_key(const char *file, const char *volume, struct secret *ret_text,
		     struct err *reterr);

/*
 * Chooses how new recovery keys reach their owner: out (a new file, a folder that gets a file a volume,
 * or "-"), to (public key file: kept encrypted in the header), else the terminal. E_NO_TERMINAL when there
 * is none: before anything is changed.
 */
int recovery_sink_init(struct recovery_sink *sink, const char *out, const char *to,
		       struct err *reterr);

#endif
