/* SPDX-License-Identifier: MIT */
/* What the files of the platform module share. */
#ifndef CVMCRYPT_PLATFORM_INTERNAL_H
#define CVMCRYPT_PLATFORM_INTERNAL_H

#include "platform.h"

#include <limits.h>

/* The path under the root folder. Too long: an empty string, which no call opens. */
void platform_under_root(const char *path, char out[PATH_MAX]);
/* The root folder is the machine's own: system calls about it mean something. */
bool platform_is_real(void);

#endif
