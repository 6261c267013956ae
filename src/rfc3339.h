/* SPDX-License-Identifier: MIT */
/*
 * Times as text, RFC 3339: "2026-11-21T08:30:00Z", "2026-11-21T09:30:00.5+01:00". In memory they are
 * seconds since 1970 in UTC, without leap seconds.
 */
#ifndef CVMCRYPT_RFC3339_H
#define CVMCRYPT_RFC3339_H

#include "base.h"

/*
 * Strict: the whole text, date and time and offset, each digit. Fractions are cut off. "T" and "Z" in
 * either case. Second 60 is a leap second and counts as 59.
 */
bool rfc3339_parse(const char *text, int64_t *ret);

#define RFC3339_SIZE 48
/* In UTC, with "Z"; years 0000 to 9999, others are shown as the nearest of these. */
void rfc3339_format(int64_t at, char out[RFC3339_SIZE]);

#endif
