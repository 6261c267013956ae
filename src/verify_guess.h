/* SPDX-License-Identifier: MIT */
/*
 * What kind of evidence a file is by its first bytes, for the hint of a failure. Nothing is parsed by it.
 */
#ifndef CVMCRYPT_VERIFY_GUESS_H
#define CVMCRYPT_VERIFY_GUESS_H

#include "base.h"

/* A type of 'inspect', or NULL where the bytes say nothing. */
const char *verify_guess(const uint8_t *bytes, size_t len);
/* Of a file or block device; others cannot be read twice, and give NULL. */
const char *verify_guess_file(const char *path);

#endif
