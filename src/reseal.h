/* SPDX-License-Identifier: MIT */
/*
 * The record's tpm2 way over its life: sealing S to a vTPM, approving PCR values, dropping approvals
 * that the revocation counter has overtaken. Works on records in memory; writing them is lifecycle's.
 */
#ifndef CVMCRYPT_RESEAL_H
#define CVMCRYPT_RESEAL_H

#include "crypto.h"
#include "err.h"
#include "record.h"
#include "secret.h"
#include "tpm.h"

/*
 * Makes sure that the record's sealed object is one for this TPM; seals S anew otherwise, drops the
 * approvals (they counted on the other TPM's counter), raises the generation and renews the MAC.
 * 1: changed, 0: nothing to do. The record must have a tpm2 way (with or without an object).
 */
int reseal_record(struct tpm *t, struct record *record, const struct luks2_header *header,
		  const struct secret *s, struct err *reterr);

/*
 * What an approval says is never taken from the record: that is the host's until a boot has checked its
 * MAC. PCRs of fewer kinds, or a number that no counter ever reaches, would be signed for ever.
 */
struct approve_values {
	const struct pcr_set *pcrs;	/* at the moment of unlock */
	uint32_t mask;			/* the config's; the record's must be the same: E_RECORD_MALFORMED */
	uint64_t number;
	uint64_t counter;		/* approvals below it are revoked, and dropped */
	uint64_t limit;			/* approvals from it on were never given out, and are dropped */
	bool fresh;			/* sign a new one, also for values that are approved */
	const struct ec_key *approver;
	bool unexplained;
};

/*
 * Adds an approval, signed by the approving key. Values already approved (by a signature that is
 * genuine; what else fits is dropped): 0 and nothing changes. When
 * all places are taken the lowest unproven, else the lowest number goes. 1: added. *ret_number: of the
 * approval that now fits.
 */
int approve_values(struct record *record, const struct approve_values *q, uint64_t *ret_number,
		   struct err *reterr);
/* Has this approver approved these values before, and is it not revoked? Changes nothing. */
bool approval_is_known(const struct record *record, const struct approve_values *q);
/* Drops approvals below the counter: they can never be used again. Returns how many. */
size_t approvals_drop_revoked(struct record *record, uint64_t counter);

#endif
