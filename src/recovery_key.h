/* SPDX-License-Identifier: MIT */
/*
 * The recovery key: 160 random bits as eight groups of five characters of Crockford's base32
 * alphabet (0-9 A-Z without I L O U), joined by '-'. Typed text may use lower case, blanks, tabs,
 * line ends, '-' anywhere or not at all, and O, I, L for 0, 1, 1.
 *
 * The fifth character of a group checks the other four and the group's place. With a character's
 * number in the alphabet read as an element of GF(32) = GF(2)[x]/(x^5 + x^2 + 1), bit i standing
 * for x^i, the characters c1 ... c5 of group g = 1 ... 8 satisfy
 *
 *	x c1 + x^2 c2 + x^3 c3 + x^4 c4 + c5 = g
 *
 * The five weights differ and none is 0: one wrong character in a group, or two of its characters
 * exchanged (adjacent or not), always break it. g differs for each place: groups that changed
 * places always break it, and so does a group typed twice. Other wrong groups pass once in 32.
 */
#ifndef CVMCRYPT_RECOVERY_KEY_H
#define CVMCRYPT_RECOVERY_KEY_H

#include "err.h"
#include "secret.h"

#define RECOVERY_KEY_GROUPS 8
#define RECOVERY_KEY_TEXT 47		/* characters of the canonical form, without NUL */

/*
 * The canonical text, as a secret of RECOVERY_KEY_TEXT bytes (no NUL): also the keyslot's
 * passphrase, and what the key that wraps S is derived from.
 */
int recovery_key_generate(struct secret *ret_text, struct err *reterr);
/*
 * What a person typed, to canonical text. E_RECOVERY_TYPO names the first wrong group; the typed
 * text is never in a message.
 */
int recovery_key_parse(const char *typed, size_t len, struct secret *ret_text, struct err *reterr);

#endif
