/* SPDX-License-Identifier: MIT */
/*
 * `cvmcrypt inspect eventlog FILE`: the PCR values (CC logs: registers) that an event log
 * replays to, bank by bank, and its events. Needs no TPM; says nothing about the values a TPM has.
 */
#ifndef CVMCRYPT_INSPECT_EVENTLOG_H
#define CVMCRYPT_INSPECT_EVENTLOG_H

#include "err.h"

/* E_IO, E_EVENTLOG_ABSENT, E_EVENTLOG_MALFORMED: nothing is shown. */
int cmd_inspect_eventlog(const char *file, bool json, struct err *reterr);

#endif
