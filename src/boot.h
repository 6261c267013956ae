/* SPDX-License-Identifier: MIT */
/*
 * One boot, start to end: CONFIG, WAIT, EVIDENCE, VERDICT, then for each volume HEADER, SOURCE, MAC and ANCHOR,
 * ACTIVATE, READBACK, then CLOSE and REPORT. All retrying, waiting and asking happens in this one
 * process. It writes no header: what is to be stored is staged for commit (boot_report.h).
 *
 * boot.c the order of things; boot_evidence.c what comes before the volumes; boot_volume.c one volume; boot_recovery.c the prompt and the staged
 * record; boot_message.c what a person and a program see. They share struct boot.
 */
#ifndef CVMCRYPT_BOOT_H
#define CVMCRYPT_BOOT_H

#include "admission.h"
#include "boot_report.h"
#include "config.h"
#include "err.h"
#include "secret.h"
#include "tpm.h"
#include "volume.h"

struct boot {
	const struct config *config;
	struct boot_report report;
	struct tpm *tpm;
	struct collection *evidence;	/* NULL: isolation = none */
	int64_t started_ms;
	bool os_open;
	struct secret child_wrap;	/* of the OS volume, while data volumes are opened */
	uint8_t os_id[RECORD_ID_SIZE];
};

/*
 * Opens every volume of the config and closes PCR 15, on every path. 0: all required volumes are open
 * and the door is closed. Otherwise no mapping of ours is left and the code is that of the first failed
 * required volume. Prints messages and result lines, writes the report.
 */
int boot_run(const struct config *config, struct err *reterr);

/*
 * boot_evidence.c: EVIDENCE and VERDICT. Leave to ask for keys, or NULL and why not. With isolation =
 * none nothing is collected, and no TPM command is sent.
 */
const struct admission *boot_judge(struct boot *b, struct err *reterr);

/* boot_volume.c: one try at one volume; fills *bv. `leave`: without it no source is asked. */
int boot_open_volume(struct boot *b, const struct admission *leave, const struct volume_config *vc,
		     struct boot_volume *bv, struct err *reterr) __attribute__((nonnull));
/* Waits for the TPM and opens it, if it is not open. */
int boot_open_tpm(struct boot *b, struct err *reterr);

/* boot_recovery.c */
/* Asks at the console until the key is right or recovery-timeout has passed. reason: why it is needed. */
int boot_ask_recovery(struct boot *b, const struct admission *leave, const struct volume_config *vc,
		      const struct record *record, const struct err *reason, struct secret *ret_s,
		      struct err *reterr) __attribute__((nonnull));
/* Seals S to this TPM again if the record's object is not for it, and stages the record for commit. */
int boot_stage_record(struct boot *b, const struct volume_config *vc, const struct volume *v,
		      const struct secret *s, struct err *reterr);

/* The record without its way by the guest secret key, staged: this boot has opened by the vTPM. */
int boot_stage_without_guest_key(const struct volume_config *vc, const struct volume *v,
				 const struct secret *s, struct err *reterr);

/* boot_message.c */
/* The three lines about a failure; header may be NULL. pcr: that differs, or -1. */
void boot_say_failure(const char *volume, const struct err *e, const struct luks2_header *header,
		      int pcr);
/* "cvmcrypt: result volume=..." of every volume. */
void boot_say_results(const struct boot_report *report);

/* Repeats the message of the failure until refused-delay has passed, then ends the boot. Does not return. */
_Noreturn void boot_refuse(const struct config *config, const char *volume, const struct err *e);
/* Removes every mapping of the config. */
void boot_remove_mappings(const struct config *config);

#endif
