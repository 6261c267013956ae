/* SPDX-License-Identifier: MIT */
/*
 * Near misses: which known word somebody may have meant. Only for messages, never for decisions.
 */
#ifndef CVMCRYPT_SPELL_H
#define CVMCRYPT_SPELL_H

#include "base.h"

/*
 * Whether `known` is at most two edits (insert, delete, replace) from `typed`, and more alike than
 * different. Words above 31 characters are never near.
 */
bool spell_near(const char *typed, const char *known);

#endif
