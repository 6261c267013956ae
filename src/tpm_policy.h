/* SPDX-License-Identifier: MIT */
/*
 * Policy digests, computed without a TPM (TPM 2.0 Library Part 3: TPM2_PolicyPCR, TPM2_PolicyNV,
 * TPM2_PolicyAuthorize). The sealed object's policy is PolicyAuthorize(approver, policyRef empty);
 * an approved policy is PolicyPCR(sha256, mask, digest) followed by
 * PolicyNV(counter, offset 0, operand number, TPM2_EO_UNSIGNED_LE).
 */
#ifndef CVMCRYPT_TPM_POLICY_H
#define CVMCRYPT_TPM_POLICY_H

#include "crypto.h"
#include "err.h"
#include "pcr.h"

/* The revocation counter: owner-defined NV space, one a machine, read with its empty password. */
#define TPM_COUNTER_INDEX 0x018c7631u
#define TPM_COUNTER_BYTES 8
/* TPMA_NV: OWNERWRITE, TPM_NT_COUNTER, OWNERREAD, AUTHREAD, NO_DA */
#define TPM_COUNTER_ATTRIBUTES (1u << 1 | 1u << 4 | 1u << 17 | 1u << 18 | 1u << 25)
/* the bit that the first increment sets */
#define TPM_COUNTER_WRITTEN (1u << 29)

/* PolicyPCR on top of policy, which begins as zeros: the policy of what needs these values alone. */
int tpm_policy_pcr_digest(const struct pcr_set *pcrs, uint32_t mask, uint8_t policy[SHA256_SIZE],
			  struct err *reterr);
/* What the approver signs: aHash = SHA-256(approvedPolicy || policyRef), policyRef empty. */
int tpm_policy_approved(const struct pcr_set *pcrs, uint32_t mask, const uint8_t counter_name[34],
			uint64_t number, uint8_t ret_policy[SHA256_SIZE],
			uint8_t ret_ahash[SHA256_SIZE], struct err *reterr);
/* authPolicy of the sealed object; approver_name as from tpm_policy_approver_name(). */
int tpm_policy_authorize(const uint8_t approver_name[34], uint8_t ret[SHA256_SIZE],
			 struct err *reterr);
/*
 * Name of the approver as TPM2_LoadExternal gives it: a TPMT_PUBLIC of type ECC P-256, nameAlg
 * SHA-256, scheme ECDSA with SHA-256, attributes sign|userWithAuth.
 */
int tpm_policy_approver_name(const uint8_t x[32], const uint8_t y[32], uint8_t ret_name[34],
			     struct err *reterr);
/* Name of the written counter, as cvmcrypt defines it. */
int tpm_counter_name(uint8_t ret_name[34], struct err *reterr);

#endif
