/* SPDX-License-Identifier: MIT */
/*
 * The ways to a volume's secret S. Each gives the same S; what S is worth is judged by volume_accept().
 */
#ifndef CVMCRYPT_SOURCE_H
#define CVMCRYPT_SOURCE_H

#include "err.h"
#include "pcr.h"
#include "record.h"
#include "secret.h"
#include "tpm.h"

/*
 * By the vTPM: picks the approval whose PCR values are the current ones and unseals.
 * E_WAY_ABSENT, E_NOT_APPROVED, E_PCR_MISMATCH (no approval fits; *ret_pcr: of those that
 * differ from the newest approval, the one that tells most), and the codes of tpm_unseal(). *ret_approval: the index used.
 */
int source_tpm2(struct tpm *t, const struct record *record, const struct pcr_set *pcrs,
		struct secret *ret, int *ret_approval, int *ret_pcr, struct err *reterr);
/* Index of the newest approval that fits the values, or -1. */
int approval_for_values(const struct record *record, const struct pcr_set *pcrs);
/* Does one approval fit? */
bool approval_fits(const struct way_tpm2 *way, const struct approval *approval,
		   const struct pcr_set *pcrs);

/* By the recovery key's canonical text. E_WAY_ABSENT, E_RECOVERY_WRONG. */
int source_recovery(const struct record *record, const struct secret *text, struct secret *ret,
		    struct err *reterr);
/* Makes the recovery way's wrap. */
int source_recovery_wrap(const struct record *record, const struct secret *text,
			 const struct secret *s, struct way_recovery *way, struct err *reterr);

/* By the guest secret key in the vTPM; the codes of tpm_guest_key_decrypt(), E_WAY_ABSENT. */
int source_guest_key(struct tpm *t, const struct record *record, uint32_t pcr_mask,
		     bool allow_unbound, struct secret *ret, struct err *reterr);
/* To its public half, in a PEM file. */
int source_guest_key_wrap(const char *pubkey_path, const struct secret *s,
			  struct way_guest_key *way, struct err *reterr);

/* By the OS volume's child-wrap key. E_WAY_ABSENT, E_UNWRAP. */
int source_parent(const struct record *record, const struct secret *child_wrap,
		  const uint8_t parent_id[RECORD_ID_SIZE], struct secret *ret, struct err *reterr);
int source_parent_wrap(const struct secret *child_wrap, const uint8_t parent_id[RECORD_ID_SIZE],
		       const struct secret *s, struct way_parent *way, struct err *reterr);

#endif
