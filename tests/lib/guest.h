/* SPDX-License-Identifier: MIT */
/*
 * A guest with one encrypted volume: a software TPM, and a folder that holds an image file, the
 * configuration, the event log, the approving key and the recovery key. Its boots have no mapping and no
 * init; the steps are the functions that the verbs call. What lasts is in the folder, in the TPM and where
 * the program keeps its state, so that another process can make the next step (guest_operation.h). That
 * state has one place only, STATE_DIR: two guests at a time would share it.
 *
 * Steps give a failure as the program would. The rest fails the test: nothing of it is what is tested.
 */
#ifndef CVMCRYPT_TEST_GUEST_H
#define CVMCRYPT_TEST_GUEST_H

#include "boot_report.h"
#include "config.h"
#include "lifecycle.h"
#include "swtpm.h"

struct guest {
	/* the folder and what is in it */
	char image[128], passphrase[128], recovery[128], approve_key[128], config_dir[128], log[300];
	struct config config;
	struct swtpm swtpm;
	struct tpm *tpm;
	struct boot_report report;	/* of the present boot */
};

/* Takes the folder, makes what is missing in it, and finds /sys below it from now on. */
void guest_folder(struct guest *g, const char *dir);
/* Writes the configuration if there is none, and loads it. */
void guest_configure(struct guest *g);
/* A new disk: nothing is enrolled, and the old configuration, approving key and state are gone. */
bool guest_new_disk(struct guest *g);
/* The passphrase of a new disk. */
int guest_passphrase(struct secret *ret, struct err *reterr);

void guest_connect_tpm(struct guest *g);
/* Firmware and stub of a boot: PCRs and log agree. cmdline NULL: a UKI without one. */
void guest_measure(struct guest *g, const char *uki, const char *cmdline);
/* A report of a boot that has opened nothing yet, with the PCRs as they are. */
int guest_begin_report(struct guest *g, struct err *reterr);
/* A reset, and all that comes before unlock. */
void guest_boot(struct guest *g, const char *uki, const char *cmdline);

/* The steps. */
int guest_enroll(struct guest *g, bool with_tpm, struct err *reterr);
/* What the observed boot does: S by the recovery key, header checks, what it stages. */
int guest_observe(struct guest *g, struct err *reterr);
/* S by the TPM, header checks, the volume key. */
int guest_unlock(struct guest *g, struct err *reterr);
int guest_commit(struct guest *g, struct commit_result *ret, struct err *reterr);
/* For approve_boot(), without flags. */
struct approve_request guest_approve_request(struct guest *g);
int guest_approve(struct guest *g, bool accept_changes, struct err *reterr);
/* The recovery key that was handed out last. */
int guest_recovery_key(const struct guest *g, struct secret *ret, struct err *reterr);
int guest_recovery_replace(struct guest *g, const struct secret *old, struct err *reterr);
/* Would the recovery key open it? A volume that is not enrolled is fine. */
int guest_judge(struct guest *g, struct err *reterr);

/* How many approvals the header has. */
size_t guest_approvals(const struct guest *g);

#endif
