/* SPDX-License-Identifier: MIT */
/*
 * PCR values of several banks, and the files that carry them:
 *   {"sha256":{"0":"hex",...},"sha1":{...}}
 *   {"bank":"sha256","pcrs":{"0":"hex",...}}	bank "?" is told from the length of the values
 *   what tpm2_quote --pcr writes (TPML_PCR_SELECTION and TPML_DIGESTs as in the memory of a
 *   little-endian machine)
 * Pure. A bank or PCR that stands twice is refused.
 */
#ifndef CVMCRYPT_PCR_FILE_H
#define CVMCRYPT_PCR_FILE_H

#include "crypto.h"
#include "err.h"

#define PCR_FILE_SIZE_MAX 65536
#define PCR_BANKS_MAX 8
#define PCR_INDEX_MAX 32	/* CC event logs count registers from 1; a TPM has 24 */

struct pcr_bank {
	uint16_t hash;				/* enum hash_alg */
	uint32_t mask;				/* which are present */
	uint8_t value[PCR_INDEX_MAX][DIGEST_MAX];	/* hash_size(hash) bytes each */
};

struct pcr_values {
	struct pcr_bank bank[PCR_BANKS_MAX];
	size_t count;
};

/* E_PCRS_MALFORMED. name is for messages. */
int pcr_file_parse(struct pcr_values *ret, const char *name, const uint8_t *bytes, size_t len,
		   struct err *reterr);
int pcr_file_read(struct pcr_values *ret, const char *path, struct err *reterr);
/* NULL when there is no such bank. */
const struct pcr_bank *pcr_values_bank(const struct pcr_values *v, uint16_t hash);
/* Sets one value, adding the bank: E_PCRS_MALFORMED when there are too many or the index is. */
int pcr_values_set(struct pcr_values *v, uint16_t hash, unsigned index, const uint8_t *value,
		   struct err *reterr);

#endif
