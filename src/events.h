/* SPDX-License-Identifier: MIT */
/*
 * Which event made a PCR differ: the events of the enrolled boot, kept short in a LUKS2 token,
 * beside this boot's event log. For explaining only: both come from the host, and nothing is
 * decided by them. Pure.
 *
 * The token: {"type":"cvmcrypt-events","keyslots":[],"v":1,"events":"<base64>"}, at most
 * RECORD_TEXT_MAX bytes. "events" has a group for each PCR of the profile but 15, ascending;
 * numbers are big-endian:
 *   u8 PCR, 6 bytes of its value as the log gives it,
 *   u16 events of it in the log, u16 events kept (the first ones), then for each of these:
 *   u8 type code (0: a u32 type follows), 6 bytes of its digest
 * Values and digests are of the SHA-256 bank, the first 6 bytes of each.
 */
#ifndef CVMCRYPT_EVENTS_H
#define CVMCRYPT_EVENTS_H

#include "buf.h"
#include "eventlog.h"
#include "record.h"

#define EVENTS_DIGEST_SHORT 6
#define EVENTS_BYTES_MAX 1488	/* what base64 and the JSON around it leave of RECORD_TEXT_MAX */
#define EVENTS_MAX 212		/* events of 7 bytes or more in them */

struct events_item {
	uint32_t type;			/* enum event_type, or one that is not in it */
	uint8_t digest[EVENTS_DIGEST_SHORT];
};

struct events_group {
	uint16_t total;			/* events of this PCR in the enrolled log */
	uint16_t first, count;		/* those kept: events.item[first...] */
	uint8_t value[EVENTS_DIGEST_SHORT];	/* of the PCR, by the log */
};

struct events {
	uint32_t mask;			/* PCRs that have a group */
	struct events_group group[PCR_COUNT];
	struct events_item item[EVENTS_MAX];
	size_t count;
};

/*
 * The log's events of the PCRs in mask (PCR 15 is left out: no firmware extends it). When they are
 * too many, every PCR keeps its oldest ones, up to the same number. E_EVENTLOG_ABSENT without a
 * SHA-256 bank.
 */
int events_from_log(const struct eventlog *log, uint32_t mask, struct events *ret,
		    struct err *reterr);
/* The token's JSON, with a NUL behind it that ret->len does not count. */
int events_format(const struct events *e, struct buf *ret, struct err *reterr);
/* E_RECORD_MALFORMED, E_RECORD_TOO_NEW. */
int events_parse(struct events *ret, const char *text, size_t len, struct err *reterr);

enum events_diff_kind {
	EVENTS_SAME,		/* no event differs: what was extended was not logged */
	EVENTS_CHANGED,		/* another event stands in the place of an enrolled one */
	EVENTS_MISSING,		/* an enrolled event is not in the log */
	EVENTS_EXTRA,		/* the log has an event that was not enrolled */
	EVENTS_CUT,		/* the difference is behind the events kept */
};

struct events_diff {
	enum events_diff_kind kind;
	unsigned pcr;
	uint32_t number;	/* in this log; MISSING: of the PCR's next event */
	bool at_end;		/* MISSING: there is no next event, and number means nothing */
	uint32_t type;		/* of this log's event; MISSING: of the enrolled one */
	char object[64];	/* a variable's name, ".cmdline" of a UKI, a path ...; or "" */
	char text[EVENT_TEXT_SIZE];	/* event_describe(); MISSING: "" */
	bool boolean;		/* a one-byte variable whose enrolled value was found out */
	uint8_t enrolled_value, value;	/* of it */
	uint16_t enrolled_total, total;	/* events of this PCR */
	uint16_t enrolled_index;	/* CHANGED, MISSING: which event of the PCR, from 0 */
};

/* The first event of the PCR that differs. E_EVENTLOG_ABSENT if a side has nothing on the PCR. */
int events_explain(const struct events *enrolled, const struct eventlog *log, unsigned pcr,
		   struct events_diff *ret, struct err *reterr);
/* All of them, PCRs of mask ascending, never a SAME. Returns how many; each may be NULL. */
size_t events_compare(const struct events *enrolled, const struct eventlog *log, uint32_t mask,
		      void (*each)(void *context, const struct events_diff *diff), void *context);
/* The same as lines: "PCR 7 event 23 ..." */
size_t events_differences(const struct events *enrolled, const struct eventlog *log, uint32_t mask,
			  void (*each)(void *context, const char *text), void *context);

/* "event 23 EV_EFI_VARIABLE_DRIVER_CONFIG SecureBoot: enrolled 01, now 00": at most 85 columns. */
#define EVENTS_LINE_SIZE 86
void events_diff_text(const struct events_diff *diff, char out[EVENTS_LINE_SIZE]);
const char *events_diff_kind_name(enum events_diff_kind kind);	/* "changed", for JSON */

/* In words: "Secure Boot was turned off". diff NULL: what the PCR stands for. */
#define EVENTS_CAUSE_SIZE 80
void events_cause(unsigned pcr, const struct events_diff *diff, char out[EVENTS_CAUSE_SIZE]);

#endif
