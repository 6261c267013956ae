/* SPDX-License-Identifier: MIT */
/*
 * What one boot did: /run/cvmcrypt/boot.json ("schema":"cvmcrypt.boot/1", fields only added). unlock
 * writes it, handoff, commit, enroll and status read it. It lies on the guest's own tmpfs.
 */
#ifndef CVMCRYPT_BOOT_REPORT_H
#define CVMCRYPT_BOOT_REPORT_H

#include "config.h"
#include "err.h"
#include "pcr.h"
#include "record.h"

#define RUN_DIR "/run/cvmcrypt"
#define BOOT_REPORT_PATH RUN_DIR "/boot.json"
#define BOOT_CERTS_PATH RUN_DIR "/certificates.der"	/* that were fetched; for the cache */

enum volume_state { VOLUME_SKIPPED, VOLUME_OPEN, VOLUME_REFUSED, VOLUME_FAILED, VOLUME_OBSERVED };

struct boot_volume {
	char name[32];
	char mapping[64];
	char device[256];		/* the node that was opened */
	char uuid[40];			/* of LUKS */
	char source[32];		/* tpm2, parent, recovery; "" when none gave the key */
	enum volume_state state;
	int code;			/* enum err_code, positive; 0 when open */
	int64_t ms;			/* from the start of unlock */
	uint64_t approval;		/* number of the approval used (source tpm2) */
	bool opened;			/* a mapping was made: state is open or observed */
	uint8_t commitment[32];		/* valid when opened */
	uint8_t record[RECORD_ID_SIZE];	/* id of the record that was accepted; valid when opened */
};

struct boot_report {
	struct boot_volume volume[CONFIG_VOLUMES_MAX];
	size_t volume_count;
	struct pcr_set pcrs;		/* at the moment of unlock, before anything of ours was extended */
	bool closed;			/* PCR 15 was closed and read back */
	unsigned tpm_commands;
	int64_t ms;			/* from the start of unlock to its end */
	const struct collection *evidence;	/* written, not read back; NULL: none was collected */
};

const char *volume_state_name(enum volume_state s);
int boot_report_write(const struct boot_report *report, struct err *reterr);
/* E_IO when there is none: this boot did not go through cvmcrypt. */
int boot_report_read(struct boot_report *ret, struct err *reterr);
const struct boot_volume *boot_report_volume(const struct boot_report *report, const char *name);

/*
 * Moves the certificates that this boot fetched below CERTS_DIR, where the next boot image takes them
 * from. 1: there were some; 0: none.
 */
#define CERTS_DIR "/var/lib/cvmcrypt/evidence"
int boot_certificates_keep(struct err *reterr);

/* The record that a boot prepared for commit: RUN_DIR/NAME.record, the token's JSON. */
int boot_stage_write(const char *name, const void *text, size_t len, struct err *reterr);
/* E_IO when there is none. */
int boot_stage_read(const char *name, struct buf *ret, struct err *reterr);
void boot_stage_remove(const char *name);

#endif
