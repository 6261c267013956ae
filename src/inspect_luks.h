/* SPDX-License-Identifier: MIT */
/*
 * `cvmcrypt inspect luks-header FILE`: what a LUKS2 header says, copy by copy, and whether cvmcrypt
 * would open a volume with it. Reads as `unlock` does and writes nothing; needs no secret.
 */
#ifndef CVMCRYPT_INSPECT_LUKS_H
#define CVMCRYPT_INSPECT_LUKS_H

#include "err.h"

/* 0: shown and allowed; the exit status of the refusal: shown, but refused; negative: not shown. */
int cmd_inspect_luks_header(const char *file, bool json, struct err *reterr);

#endif
