/* SPDX-License-Identifier: MIT */
/*
 * TCG event logs (TCG PC Client Platform Firmware Profile 1.06, section 10; CC event logs of
 * confidential VMs): crypto-agile and the old SHA-1 form, found out from the bytes. Pure and bounded.
 */
#ifndef CVMCRYPT_EVENTLOG_H
#define CVMCRYPT_EVENTLOG_H

#include "crypto.h"
#include "err.h"
#include "pcr.h"

#define EVENTLOG_SIZE_MAX (4u << 20)
#define EVENTLOG_EVENTS_MAX 16384
#define EVENTLOG_BANKS_MAX 8

enum eventlog_form { EVENTLOG_SHA1, EVENTLOG_CRYPTO_AGILE, EVENTLOG_CC };

struct event {
	uint32_t number;		/* position in the log, from 0 */
	uint32_t pcr;			/* as the log counts it (CC: index of the measurement register) */
	uint32_t type;
	const uint8_t *digest[EVENTLOG_BANKS_MAX];	/* by bank, into the log's bytes; NULL: none */
	const uint8_t *data;		/* into the log's bytes */
	uint32_t data_len;
};

struct eventlog {
	enum eventlog_form form;
	uint16_t bank[EVENTLOG_BANKS_MAX];	/* hash algorithm of each bank */
	size_t bank_count;
	struct event *event;		/* owned; borrows the bytes given to eventlog_parse() */
	size_t event_count;
	uint8_t startup_locality;	/* from StartupLocality, else 0 */
};

#define _cleanup_eventlog_ _cleanup_(eventlog_done)
void eventlog_done(struct eventlog *log);

/* bytes must outlive *ret. An empty (or all-zero, all-0xff) log: E_EVENTLOG_ABSENT. */
int eventlog_parse(struct eventlog *ret, const uint8_t *bytes, size_t len, struct err *reterr);

/* EV_NO_ACTION extends nothing; PCR 0 starts with the startup locality. */
struct eventlog_pcrs {
	uint32_t mask;			/* extended at least once (or by locality) */
	uint8_t value[32][DIGEST_MAX];
};
/* bank: index into log->bank. */
int eventlog_replay(const struct eventlog *log, size_t bank, struct eventlog_pcrs *ret,
		    struct err *reterr);
/* The SHA-256 bank as a pcr_set with every PCR of 0..23 (never extended ones at their reset value). */
int eventlog_replay_sha256(const struct eventlog *log, struct pcr_set *ret, struct err *reterr);

/* "EV_EFI_VARIABLE_AUTHORITY"; "EV_0x%08x" form is written to the caller's buffer for unknown ones. */
#define EVENT_NAME_SIZE 48
const char *event_type_name(uint32_t type, char buf[EVENT_NAME_SIZE]);
/* One line about the event's data (variable name and value, file path, string), printable ASCII only. */
#define EVENT_TEXT_SIZE 160
void event_describe(const struct event *e, char out[EVENT_TEXT_SIZE]);

#endif
