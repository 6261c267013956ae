/* SPDX-License-Identifier: MIT */
/*
 * The recovery key: 160 random bits as eight groups of five characters of Crockford's base32 alphabet
 * (0-9 A-Z without I L O U), joined by '-'; the fifth character of a group checks the other four and the
 * group's position, so a mistyped or swapped group is named. Typed text may use lower case, spaces or no separators, and
 * O, I, L for 0, 1, 1.
 */
#ifndef CVMCRYPT_RECOVERY_KEY_H
#define CVMCRYPT_RECOVERY_KEY_H

#include "err.h"
#include "secret.h"

#define RECOVERY_KEY_GROUPS 8
#define RECOVERY_KEY_TEXT 47		/* characters of the canonical form, without NUL */

/* The canonical text, as a secret of RECOVERY_KEY_TEXT bytes (no NUL): also the keyslot's passphrase. */
int recovery_key_generate(struct secret *ret_text, struct err *reterr);
/* What a person typed, to canonical text. E_RECOVERY_TYPO names the group; the typed text is never in a message. */
int recovery_key_parse(const char *typed, size_t len, struct secret *ret_text, struct err *reterr);

#endif
