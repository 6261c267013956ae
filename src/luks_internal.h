/* SPDX-License-Identifier: MIT */
/*
 * Shared by luks_*.c only: how libcryptsetup is kept quiet and what it last complained about, and
 * what is derived from a header in more than one place.
 */
#ifndef CVMCRYPT_LUKS_INTERNAL_H
#define CVMCRYPT_LUKS_INTERNAL_H

#include "err.h"
#include "luks2_header.h"
#include "secret.h"

struct crypt_device;

/* The last error line of libcryptsetup, which often says more than its errno. */
struct luks_note {
	char last[160];
};

/*
 * Once before a crypt_device is made: no external tokens (they are dlopen'ed), messages to
 * log_debug.
 */
void luks_library_init(void);
void luks_attach_note(struct crypt_device *cd, struct luks_note *note);
/* "context: what the library said, or errno in words"; r is libcryptsetup's negative errno. */
int luks_fail(struct err *reterr, enum err_code code, int r, const struct luks_note *note,
	      const char *context);

void luks_crypt_freep(struct crypt_device **cd);
#define _cleanup_crypt_ _cleanup_(luks_crypt_freep)

/*
 * Bytes of the volume key: what the keyslots of segment 0's digest hold. 0 when there is none that
 * can be read, or when two disagree.
 */
uint32_t luks_volume_key_size(const struct luks2_header *h);

/*
 * Gives `area` (a copy of h->area) a digest of the volume key that costs nothing to check. false:
 * left as it was.
 */
bool luks_cheapen_digest(const struct luks2_header *h, const struct secret *key, uint8_t *area);

#endif
