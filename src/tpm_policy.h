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

/* What the approver signs: aHash = SHA-256(approvedPolicy || policyRef), policyRef empty. */
int tpm_policy_approved(const struct pcr_set *pcrs, uint32_t mask, const uint8_t counter_name[34],
			uint64_t number, uint8_t ret_policy[SHA256_SIZE],
			uint8_t ret_ahash[SHA256_SIZE], struct err *reterr);
/* authPolicy of the sealed object. approver_name: name of the P-256 public key, see tpm_policy_approver_name(). */
int tpm_policy_authorize(const uint8_t approver_name[34], uint8_t ret[SHA256_SIZE],
			 struct err *reterr);
/* Name of the approver as TPM2_LoadExternal sees it: TPMT_PUBLIC ECC P-256, nameAlg SHA-256, ECDSA-SHA256, attributes sign|userWithAuth. */
int tpm_policy_approver_name(const uint8_t x[32], const uint8_t y[32], uint8_t ret_name[34],
			     struct err *reterr);

#endif
