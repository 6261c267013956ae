/* SPDX-License-Identifier: MIT */
/*
 * Does the profile cover what boots? Sealing to a PCR 11 that holds no command line would seal to
 * nothing: the event log must show kernel, initramfs and command line measured into the profile's
 * PCRs. Pure.
 */
#ifndef CVMCRYPT_COVERAGE_H
#define CVMCRYPT_COVERAGE_H

#include "config.h"
#include "err.h"
#include "eventlog.h"

/* E_PROFILE_UNCOVERED names what is missing. */
int coverage_check(const struct eventlog *log, enum profile profile, struct err *reterr);

#endif
