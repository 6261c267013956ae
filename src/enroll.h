/* SPDX-License-Identifier: MIT */
/*
 * Enrolment of an existing LUKS2 volume: S, two keyslots, the record, the anchor in the config.
 *
 * Order, so that a cut at any point leaves a volume that opens as before: keyslots are added and tested,
 * the recovery key is handed out, the anchor is written into the config, and last the record, which
 * alone makes the volume an enrolled one. Then everything is read back from the disk and proven; what
 * fails there is taken away again. Nothing old is removed.
 */
#ifndef CVMCRYPT_ENROLL_H
#define CVMCRYPT_ENROLL_H

#include "config.h"
#include "err.h"
#include "record.h"
#include "secret.h"
#include "tpm.h"

#define STATE_DIR "/var/lib/cvmcrypt"
#define APPROVE_KEY_PATH STATE_DIR "/approve.pem"

/* Hands the recovery key to its owner before anything depends on it. escrow: bytes to keep in the header, if any. */
struct recovery_sink {
	int (*deliver)(struct recovery_sink *sink, const char *volume, const struct secret *text,
		       struct err *reterr);
	const char *destination;	/* file, "-" or public key file, as deliver takes it */
	uint8_t escrow[512];		/* filled by deliver when the key is kept encrypted */
	size_t escrow_len;
};

struct enroll_request {
	const struct config *config;
	const struct volume_config *volume;
	const char *device;		/* node or image file; NULL: as the config says */
	const struct secret *passphrase;	/* opens some keyslot of the volume */
	const char *approve_key;	/* PEM file; made if it does not exist */
	struct recovery_sink *sink;
	struct tpm *tpm;		/* NULL: sealing is left to the first boot */
	/* the OS volume's secret and record id, for volumes that hang on it */
	const char *guest_key;		/* PEM file, for a source guest-secret-key */
	const struct secret *parent_s;
	const uint8_t *parent_id;
};

struct enroll_result {
	struct secret s;		/* for child volumes of the same run */
	uint8_t id[RECORD_ID_SIZE];
	uint8_t commitment[32];
	int keyslot, recovery_keyslot;
	bool sealed;			/* to a TPM, now */
};

int enroll_volume(const struct enroll_request *q, struct enroll_result *ret, struct err *reterr);
/* Looks whether enroll_volume() would start, changes nothing. */
int enroll_precheck(const struct enroll_request *q, struct err *reterr);

#endif
