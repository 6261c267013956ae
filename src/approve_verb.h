/* SPDX-License-Identifier: MIT */
/* What `enroll` (on an enrolled volume) and `reseal` share: approve this boot and tell about it. */
#ifndef CVMCRYPT_APPROVE_VERB_H
#define CVMCRYPT_APPROVE_VERB_H

#include "config.h"
#include "err.h"
#include "tpm.h"

struct approve_verb {
	const struct config *config;
	const struct volume_config *volume;
	struct tpm *tpm;
	const char *approve_key;
	const char *device;		/* --device, else NULL */
	bool accept_changes, accept_unexplained, revoke_others, dry_run, json;
};

/* Prints the differing events and the result. */
int approve_verb_run(const struct approve_verb *v, struct err *reterr);

#endif
