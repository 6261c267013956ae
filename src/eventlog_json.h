/* SPDX-License-Identifier: MIT */
/*
 * An event log as JSON, for 'inspect' and 'verify': the replayed values of every bank whose algorithm
 * is known, by the index as the log counts it, and the events.
 */
#ifndef CVMCRYPT_EVENTLOG_JSON_H
#define CVMCRYPT_EVENTLOG_JSON_H

#include "eventlog.h"

struct cJSON;

#define BANK_NAME_SIZE 16
/* "sha256"; "0x0027" for an algorithm that is not known. */
const char *bank_name(uint16_t alg, char buf[BANK_NAME_SIZE]);
/* {"sha256":{"0":"hex",...}}: registers that were extended, only. */
int eventlog_json_pcrs(struct cJSON *banks, const struct eventlog *log, bool *ok,
		       struct err *reterr);
/* [{"number":,"pcr":,"type":,"digests":{},"text":,"data_size":}], to an array. */
void eventlog_json_events(struct cJSON *list, const struct eventlog *log, bool *ok);

#endif
