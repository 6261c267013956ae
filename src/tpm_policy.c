/* SPDX-License-Identifier: MIT */
#include "tpm_policy.h"

#include "buf.h"

#include <string.h>

/* Part 2, 6.5.2 and 6.3: command codes and algorithms that enter the digests */
#define CC_POLICY_NV 0x149u
#define CC_POLICY_AUTHORIZE 0x16au
#define CC_POLICY_PCR 0x17fu
#define ALG_NULL 0x0010
#define ALG_ECDSA 0x0018
#define ALG_ECC 0x0023
#define ECC_NIST_P256 0x0003
#define EO_UNSIGNED_LE 0x0009
#define PCR_SELECT_BYTES 3

/* TPMA_OBJECT of the approver: sign, userWithAuth */
#define APPROVER_ATTRIBUTES (1u << 18 | 1u << 6)

static int hash_buf(const struct buf *b, uint8_t out[SHA256_SIZE], struct err *reterr)
{
	if (b->failed)
		return err_set(reterr, E_NOMEM, "policy digest");
	return crypto_sha256(b->data, b->len, out, reterr);
}

static int name_of(const struct buf *public_area, uint8_t ret_name[34], struct err *reterr)
{
	ret_name[0] = HASH_SHA256 >> 8;
	ret_name[1] = HASH_SHA256 & 0xff;
	return hash_buf(public_area, ret_name + 2, reterr);
}

/* Part 3, TPM2_PolicyPCR: H(old || CC || TPML_PCR_SELECTION || digest of the values) */
int tpm_policy_pcr_digest(const struct pcr_set *pcrs, uint32_t mask, uint8_t policy[SHA256_SIZE],
			  struct err *reterr)
{
	_cleanup_buf_ struct buf b = BUF_INIT(128);
	uint8_t values[SHA256_SIZE];
	int r = pcr_digest(pcrs, mask, values, reterr);

	if (r < 0)
		return r;
	buf_put(&b, policy, SHA256_SIZE);
	buf_put_be32(&b, CC_POLICY_PCR);
	buf_put_be32(&b, 1);
	buf_put_be16(&b, HASH_SHA256);
	buf_put_u8(&b, PCR_SELECT_BYTES);
	for (unsigned i = 0; i < PCR_SELECT_BYTES; i++)
		buf_put_u8(&b, (uint8_t)(mask >> (8 * i)));
	buf_put(&b, values, sizeof(values));
	return hash_buf(&b, policy, reterr);
}

/* Part 3, TPM2_PolicyNV: H(old || CC || H(operand || offset || operation) || name) */
static int policy_nv(const uint8_t name[34], uint64_t number, uint8_t policy[SHA256_SIZE],
		     struct err *reterr)
{
	_cleanup_buf_ struct buf args = BUF_INIT(64), b = BUF_INIT(128);
	uint8_t args_digest[SHA256_SIZE];
	int r;

	buf_put_be64(&args, number);
	buf_put_be16(&args, 0);
	buf_put_be16(&args, EO_UNSIGNED_LE);
	r = hash_buf(&args, args_digest, reterr);
	if (r < 0)
		return r;
	buf_put(&b, policy, SHA256_SIZE);
	buf_put_be32(&b, CC_POLICY_NV);
	buf_put(&b, args_digest, sizeof(args_digest));
	buf_put(&b, name, 34);
	return hash_buf(&b, policy, reterr);
}

int tpm_policy_approved(const struct pcr_set *pcrs, uint32_t mask, const uint8_t counter_name[34],
			uint64_t number, uint8_t ret_policy[SHA256_SIZE],
			uint8_t ret_ahash[SHA256_SIZE], struct err *reterr)
{
	uint8_t policy[SHA256_SIZE] = {0};
	int r;

	if (mask == 0 || mask >> PCR_COUNT)
		return err_set(reterr, E_INTERNAL, "PCR mask 0x%x", mask);
	r = tpm_policy_pcr_digest(pcrs, mask, policy, reterr);
	if (r == 0)
		r = policy_nv(counter_name, number, policy, reterr);
	if (r < 0)
		return r;
	memcpy(ret_policy, policy, sizeof(policy));
	return crypto_sha256(policy, sizeof(policy), ret_ahash, reterr);
}

/* Part 3, TPM2_PolicyAuthorize: from zero, H(H(0 || CC || name) || policyRef) */
int tpm_policy_authorize(const uint8_t approver_name[34], uint8_t ret[SHA256_SIZE],
			 struct err *reterr)
{
	_cleanup_buf_ struct buf b = BUF_INIT(128);
	const uint8_t zero[SHA256_SIZE] = {0};
	uint8_t first[SHA256_SIZE];
	int r;

	buf_put(&b, zero, sizeof(zero));
	buf_put_be32(&b, CC_POLICY_AUTHORIZE);
	buf_put(&b, approver_name, 34);
	r = hash_buf(&b, first, reterr);
	return r < 0 ? r : crypto_sha256(first, sizeof(first), ret, reterr);
}

/* Part 2, 12.2.4: TPMT_PUBLIC, marshalled */
int tpm_policy_approver_name(const uint8_t x[32], const uint8_t y[32], uint8_t ret_name[34],
			     struct err *reterr)
{
	_cleanup_buf_ struct buf b = BUF_INIT(128);

	buf_put_be16(&b, ALG_ECC);
	buf_put_be16(&b, HASH_SHA256);
	buf_put_be32(&b, APPROVER_ATTRIBUTES);
	buf_put_be16(&b, 0);		/* authPolicy */
	buf_put_be16(&b, ALG_NULL);	/* symmetric */
	buf_put_be16(&b, ALG_ECDSA);
	buf_put_be16(&b, HASH_SHA256);
	buf_put_be16(&b, ECC_NIST_P256);
	buf_put_be16(&b, ALG_NULL);	/* kdf */
	buf_put_be16(&b, 32);
	buf_put(&b, x, 32);
	buf_put_be16(&b, 32);
	buf_put(&b, y, 32);
	return name_of(&b, ret_name, reterr);
}

/* Part 2, 13.5: TPMS_NV_PUBLIC, marshalled */
int tpm_counter_name(uint8_t ret_name[34], struct err *reterr)
{
	_cleanup_buf_ struct buf b = BUF_INIT(32);

	buf_put_be32(&b, TPM_COUNTER_INDEX);
	buf_put_be16(&b, HASH_SHA256);
	buf_put_be32(&b, TPM_COUNTER_ATTRIBUTES | TPM_COUNTER_WRITTEN);
	buf_put_be16(&b, 0);		/* authPolicy */
	buf_put_be16(&b, TPM_COUNTER_BYTES);
	return name_of(&b, ret_name, reterr);
}
