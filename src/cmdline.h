/* SPDX-License-Identifier: MIT */
/*
 * The kernel command line as policy: what must be on it, what must not. One judgement for the hooks
 * (the line that will be signed) and for unlock (the line of this boot). Pure.
 */
#ifndef CVMCRYPT_CMDLINE_H
#define CVMCRYPT_CMDLINE_H

#include "err.h"

/*
 * mapping: of the os volume, NULL if none is configured. Lists every finding to on_finding (may be
 * NULL); returns the first one's code: E_CMDLINE_ROOT, E_CMDLINE_REQUIRED, E_CMDLINE_FORBIDDEN.
 */
typedef void (*cmdline_finding)(void *context, int code, const char *message);
int cmdline_judge(const char *cmdline, const char *mapping, bool lvm_or_btrfs_allowed,
		  cmdline_finding on_finding, void *context, struct err *reterr);
/* Value of the last NAME= on the line, copied; false if it is not there. */
bool cmdline_value(const char *cmdline, const char *name, char *out, size_t out_size);

#endif
