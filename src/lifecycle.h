/* SPDX-License-Identifier: MIT */
/*
 * What happens to an enrolled volume in the real root: approving the PCR values of this boot, storing what
 * a boot has proven, removing the enrolment. Every change to a header is one token write; the
 * revocation counter is raised only after it.
 */
#ifndef CVMCRYPT_LIFECYCLE_H
#define CVMCRYPT_LIFECYCLE_H

#include "boot_report.h"
#include "config.h"
#include "enroll.h"
#include "err.h"
#include "secret.h"
#include "tpm.h"

struct approve_request {
	const struct config *config;
	const struct volume_config *volume;
	const struct boot_report *report;	/* of this boot: the values seen at unlock */
	struct tpm *tpm;
	const char *approve_key;
	const char *device;		/* the volume's; NULL: what lies under its mapping */
	bool device_named;		/* by hand: it may be another machine's of the same name */
	bool told;			/* the report is report_from_values': nothing of ours saw this boot */
	bool accept_changes;
	bool accept_unexplained;
	bool revoke_others;		/* raise the counter to the new approval at once */
	bool dry_run;
	/* each event that differs from the enrolled ones; may be NULL */
	void (*on_difference)(void *context, const char *text);
	void *context;
};

/*
 * E_CHANGES when the boot differs and accept_changes is not set, E_ENROLLED when the volume waits for
 * its observed boot and this is none; E_UNEXPLAINED, E_PROFILE_UNCOVERED.
 * 1: an approval was added, 0: the values were approved already.
 */
int approve_boot(const struct approve_request *q, uint64_t *ret_number, struct err *reterr);

/*
 * For a boot that cvmcrypt did not observe: a report whose values are those of the moment of unlock, told
 * from the event log, the present values and the extends known to come before and after us. E_UNEXPLAINED
 * names the PCRs that this does not explain; E_EVENTLOG_ABSENT.
 */
int report_from_values(const struct config *config, struct tpm *tpm, bool accept_unexplained,
		       struct boot_report *ret, struct err *reterr);

/* What changed, for the message. */
struct commit_result {
	bool not_approved;		/* the header has lost its approvals: a person has to decide */
	bool approved;			/* a first approval was written: the enrolment is finished */
	bool proven;			/* the approval used is now marked proven */
	size_t revoked;			/* approvals that the counter has overtaken */
};
/* Stores what this boot proved about one volume; nothing to do is fine. Of q the flags are not used. */
int commit_volume(const struct approve_request *q, struct commit_result *ret, struct err *reterr);

/*
 * Removes record, events, escrow and cvmcrypt's keyslots. passphrase must open a keyslot that stays:
 * else E_LAST_WAY. force: also when the record cannot be read; then the keyslots that its token names go.
 */
int unenroll_volume(const char *device, const struct secret *passphrase, bool force,
		    struct err *reterr);

/*
 * anchor: the commitment that the config names, NULL: none. Who has read the old key can make a whole
 * record with it, and would keep the volume when the new key is for that one: E_ANCHOR.
 * A new recovery key in place of the old one: new keyslot and wrap are written and proven before the
 * old keyslot goes. The sink has the new key before anything depends on it.
 */
int recovery_replace(const char *device, const uint8_t *anchor, const struct secret *old_text,
		     const char *volume, struct recovery_sink *sink, struct err *reterr);

/*
 * Local state on the encrypted root, STATE_DIR/VOLUME.state. The record lies on the host's disk; which
 * numbers were given out, and what has booted, is decided by this only. A missing file: nothing was ever
 * approved from here.
 */
struct approval_state {
	uint8_t id[RECORD_ID_SIZE];	/* of the record that it is about */
	bool numbered;			/* a number was given out: `highest` */
	uint64_t highest;		/* of the newest approval that was signed */
	bool written;			/* an approval has reached the header: enrolment is finished */
	bool booted;			/* a boot went through `current` */
	uint64_t current, last_good;	/* the newest approval that booted, and the one before it */
	bool other;			/* what was kept is about another record; not stored */
};

/*
 * id NULL: whatever record it is about. Of what is kept about another record than id only `highest` is
 * given: the id is the host's to change, and approvals name no record, so a number that was given out
 * stays given out.
 */
int state_load(const char *volume, const uint8_t *id, struct approval_state *ret,
	       struct err *reterr);
int state_store(const char *volume, const struct approval_state *state, struct err *reterr);
/* A new record was made here: it is the one that is known from now on. */
int state_begin(const char *volume, const uint8_t *id, struct err *reterr);
/* Absent is fine. */
int state_forget(const char *volume, struct err *reterr);

#endif
