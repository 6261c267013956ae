/* SPDX-License-Identifier: MIT */
/*
 * TCG event logs (TCG PC Client Platform Firmware Profile 1.06, section 10; CC event logs of
 * confidential VMs: UEFI 2.10, section 38.4): crypto-agile and the old SHA-1 form, found out from
 * the bytes. Pure and bounded. A log is the firmware's word only: it proves something where its
 * replay gives the PCR values that the TPM itself reports, and explains them otherwise.
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

/* Firmware Profile, table 9: those that the program looks into. event_type_name() knows all. */
enum event_type {
	EV_NO_ACTION = 0x3,
	EV_SEPARATOR = 0x4,
	EV_ACTION = 0x5,
	EV_EVENT_TAG = 0x6,
	EV_S_CRTM_VERSION = 0x8,
	EV_IPL = 0xd,
	EV_EFI_EVENT_BASE = 0x80000000,
	EV_EFI_VARIABLE_DRIVER_CONFIG = 0x80000001,
	EV_EFI_VARIABLE_BOOT = 0x80000002,
	EV_EFI_BOOT_SERVICES_APPLICATION = 0x80000003,
	EV_EFI_BOOT_SERVICES_DRIVER = 0x80000004,
	EV_EFI_RUNTIME_SERVICES_DRIVER = 0x80000005,
	EV_EFI_GPT_EVENT = 0x80000006,
	EV_EFI_ACTION = 0x80000007,
	EV_EFI_PLATFORM_FIRMWARE_BLOB = 0x80000008,
	EV_EFI_PLATFORM_FIRMWARE_BLOB2 = 0x8000000a,
	EV_EFI_HANDOFF_TABLES2 = 0x8000000b,
	EV_EFI_VARIABLE_BOOT2 = 0x8000000c,
	EV_EFI_HCRTM_EVENT = 0x80000010,
	EV_EFI_VARIABLE_AUTHORITY = 0x800000e0,
};

/* What an EV_NO_ACTION event of Windows has instead of a PCR. */
#define EVENT_PCR_NONE UINT32_MAX

struct event {
	uint32_t number;		/* position in the log, from 0 */
	uint32_t pcr;			/* CC: index of the measurement register */
	uint32_t type;
	const uint8_t *digest[EVENTLOG_BANKS_MAX];	/* into the log's bytes; NULL: none */
	const uint8_t *data;		/* into the log's bytes */
	uint32_t data_len;
};

struct eventlog {
	enum eventlog_form form;
	uint16_t bank[EVENTLOG_BANKS_MAX];	/* hash algorithm of each bank */
	uint16_t digest_size[EVENTLOG_BANKS_MAX];	/* bytes */
	size_t bank_count;
	struct event *event;		/* owned; borrows the bytes given to eventlog_parse() */
	size_t event_count;
	uint8_t startup_locality;	/* from StartupLocality or an H-CRTM event, else 0 */
};

#define _cleanup_eventlog_ _cleanup_(eventlog_done)
void eventlog_done(struct eventlog *log);

/*
 * bytes must outlive *ret. An empty (or all-zero, all-0xff) log: E_EVENTLOG_ABSENT; else
 * E_EVENTLOG_MALFORMED or E_NOMEM.
 */
int eventlog_parse(struct eventlog *ret, const uint8_t *bytes, size_t len, struct err *reterr);
/* Index into log->bank, or -1. */
int eventlog_bank(const struct eventlog *log, uint16_t alg);
/* "sha1", "crypto-agile", "cc" */
const char *eventlog_form_name(enum eventlog_form form);

/* EV_NO_ACTION extends nothing; PCR 0 starts with the startup locality. */
struct eventlog_pcrs {
	uint32_t mask;			/* extended at least once */
	uint8_t value[PCR_COUNT][DIGEST_MAX];
};
/* bank: index into log->bank. E_EVENTLOG_ABSENT for a bank whose algorithm is not known. */
int eventlog_replay(const struct eventlog *log, size_t bank, struct eventlog_pcrs *ret,
		    struct err *reterr);
/*
 * The SHA-256 bank as a pcr_set with every PCR of 0..23 (never extended ones at their reset value).
 * E_EVENTLOG_ABSENT for a log without that bank, and for a CC log: its registers are not PCRs.
 */
int eventlog_replay_sha256(const struct eventlog *log, struct pcr_set *ret, struct err *reterr);

/* "EV_EFI_VARIABLE_AUTHORITY"; for unknown types "EV_0x%08x", written to buf. */
#define EVENT_NAME_SIZE 48
const char *event_type_name(uint32_t type, char buf[EVENT_NAME_SIZE]);
/* The other way round, for both forms. */
bool event_type_by_name(const char *name, uint32_t *ret);

/* UEFI_VARIABLE_DATA of an EV_EFI_VARIABLE_* event. false: another type, or not of that form. */
struct event_variable {
	char name[64];			/* printable ASCII, cut when longer */
	const uint8_t *data;		/* into the event */
	size_t data_len;
};
bool event_variable(const struct event *e, struct event_variable *ret);
/* The text of an EV_IPL or EV_EVENT_TAG event (ASCII or UTF-16), made printable; "" if none. */
#define EVENT_TEXT_SIZE 160
void event_string(const struct event *e, char out[EVENT_TEXT_SIZE]);
/* One line about the data (variable and value, file path, string ...), printable ASCII only. */
void event_describe(const struct event *e, char out[EVENT_TEXT_SIZE]);

#endif
