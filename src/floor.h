/* SPDX-License-Identifier: MIT */
/*
 * The time floor. The clock is the host's: it can say 1970 or 2100. The boot image carries the time
 * at which it was built, in a file that is measured with it, and no certificate is judged at an
 * earlier time. A clock that runs ahead cannot be told from a right one: what it breaks is a
 * refusal, never an acceptance.
 */
#ifndef CVMCRYPT_FLOOR_H
#define CVMCRYPT_FLOOR_H

#include "err.h"

#define FLOOR_FILE "built-at"	/* below the configuration folder: seconds since 1970, a line feed */

/* The build time of this boot image; 0 where there is none, as on a running system. */
int64_t floor_seconds(const char *config_dir);
/* The clock, or the floor where the clock is before it. */
int64_t floor_now(int64_t floor);

#endif
