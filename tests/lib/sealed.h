/* SPDX-License-Identifier: MIT */
/* A secret sealed to a TPM with an approving key and one approval: what an enrolment leaves. */
#ifndef CVMCRYPT_TEST_SEALED_H
#define CVMCRYPT_TEST_SEALED_H

#include "tpm.h"

struct sealed {
	struct ec_key *key;
	struct way_tpm2 way;
	struct approval approval;
	struct secret s;
	uint64_t counter;
};

#define SEALED_MASK PCR_PROFILE_UKI

/* Key, counter and sealed object; no approval yet. */
int sealed_make(struct sealed *m, struct tpm *t, struct err *reterr);
/* Approves these values up to this value of the counter. */
int sealed_approve(struct sealed *m, const struct pcr_set *pcrs, uint64_t number,
		   struct err *reterr);
/* Both, for the TPM's present PCR values and counter; *ret_pcrs: those values. */
int sealed_enrol(struct sealed *m, struct tpm *t, struct pcr_set *ret_pcrs, struct err *reterr);
void sealed_done(struct sealed *m);

#endif
