/* SPDX-License-Identifier: MIT */
/*
 * PCR values and selections (SHA-256 bank), and the profiles. Pure data, shared by the TPM adapter,
 * the event log and policy.
 */
#ifndef CVMCRYPT_PCR_H
#define CVMCRYPT_PCR_H

#include "crypto.h"

#define PCR_COUNT 24
#define PCR_CAP 15	/* the PCR that is closed after the last volume */

#define PCR_BIT(n) (1U << (n))
/* 4 boot loader and UKI, 7 Secure Boot, 11 UKI and phases, 12 and 13 what lies beside the UKI */
#define PCR_PROFILE_UKI \
	(PCR_BIT(4) | PCR_BIT(7) | PCR_BIT(11) | PCR_BIT(12) | PCR_BIT(13) | PCR_BIT(15))
/* 8 GRUB commands and command line, 9 files it reads, 14 shim */
#define PCR_PROFILE_GRUB \
	(PCR_BIT(4) | PCR_BIT(7) | PCR_BIT(8) | PCR_BIT(9) | PCR_BIT(14) | PCR_BIT(15))

struct pcr_set {
	uint32_t mask;			/* which are present */
	uint8_t value[PCR_COUNT][SHA256_SIZE];
};

/* "4+7+11" for a mask; out has room for all. */
#define PCR_MASK_TEXT 64
void pcr_mask_text(uint32_t mask, char out[PCR_MASK_TEXT]);
/*
 * TPM 2.0 Part 3, TPM2_PolicyPCR: digest over the concatenated values, ascending; all of mask must
 * be in set.
 */
int pcr_digest(const struct pcr_set *set, uint32_t mask, uint8_t out[SHA256_SIZE],
	       struct err *reterr);
/* The lowest PCR of mask that differs, or -1. */
int pcr_first_difference(const struct pcr_set *a, const struct pcr_set *b, uint32_t mask);
/*
 * Of several PCRs that differ the one whose events say most about the cause, or -1: without Secure
 * Boot the firmware measures the UKI's kernel into PCR 4 as well, and another UKI changes 4, 9, 11.
 */
int pcr_telling(uint32_t differing);

#endif
