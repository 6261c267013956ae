/* SPDX-License-Identifier: MIT */
#include "tpm_internal.h"

#include <string.h>

/* Part 2, 10.9.7: TPML_DIGEST holds at most eight, so eight PCRs are read at a time. */
#define PCRS_AT_ONCE 8
#define SELECT_BYTES 3

static uint32_t take_low_bits(uint32_t mask, unsigned count)
{
	uint32_t taken = 0;

	for (; mask && count; count--, mask &= mask - 1)
		taken |= mask & -mask;
	return taken;
}

TPML_PCR_SELECTION tpm_pcr_selection(uint32_t mask)
{
	TPML_PCR_SELECTION s = {
		.count = 1,
		.pcrSelections = {{.hash = TPM2_ALG_SHA256, .sizeofSelect = SELECT_BYTES}},
	};

	for (unsigned i = 0; i < SELECT_BYTES; i++)
		s.pcrSelections[0].pcrSelect[i] = (uint8_t)(mask >> (8 * i));
	return s;
}

/* The SHA-256 PCRs of an answer. A bank that is not active is named with no bit set. */
static int mask_of(const TPML_PCR_SELECTION *s, uint32_t *ret, struct err *reterr)
{
	const TPMS_PCR_SELECTION *p = s->pcrSelections;

	if (s->count != 1 || p->hash != TPM2_ALG_SHA256 || p->sizeofSelect > sizeof(p->pcrSelect))
		return err_set(reterr, E_TPM_ANSWER, "PCR selection that was not asked for");
	*ret = 0;
	for (unsigned i = 0; i < p->sizeofSelect; i++)
		*ret |= (uint32_t)p->pcrSelect[i] << (8 * i);
	return 0;
}

static int store(const TPML_DIGEST *values, uint32_t mask, struct pcr_set *ret, struct err *reterr)
{
	size_t used = 0;

	if (values->count != (uint32_t)__builtin_popcount(mask) || values->count > PCRS_AT_ONCE)
		return err_set(reterr, E_TPM_ANSWER, "%u values for %d PCRs", values->count,
			       __builtin_popcount(mask));
	for (unsigned i = 0; i < PCR_COUNT; i++) {
		if (!(mask & PCR_BIT(i)))
			continue;
		if (values->digests[used].size != SHA256_SIZE)
			return err_set(reterr, E_TPM_ANSWER, "PCR %u of %u bytes", i,
				       values->digests[used].size);
		memcpy(ret->value[i], values->digests[used++].buffer, SHA256_SIZE);
	}
	ret->mask |= mask;
	return 0;
}

static int read_some(struct tpm *t, uint32_t mask, struct pcr_set *ret, uint32_t *ret_update,
		     struct err *reterr)
{
	const TPML_PCR_SELECTION wanted = tpm_pcr_selection(mask);
	_cleanup_esys_ TPML_PCR_SELECTION *given = NULL;
	_cleanup_esys_ TPML_DIGEST *values = NULL;
	char text[PCR_MASK_TEXT];
	uint32_t got = 0;
	TSS2_RC rc;
	int r;

	rc = Esys_PCR_Read(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &wanted, ret_update,
			   &given, &values);
	if (tpm_rc_base(rc) == TPM2_RC_HASH)
		return tpm_fail_as(t, rc, E_TPM_BANK, reterr, "the TPM does not know SHA-256");
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "TPM2_PCR_Read", reterr);
	r = mask_of(given, &got, reterr);
	if (r < 0)
		return r;
	pcr_mask_text(mask & ~got, text);
	if (mask & ~got)
		return err_set(reterr, E_TPM_BANK, "the TPM has no SHA-256 value for PCR %s", text);
	if (got != mask)
		return err_set(reterr, E_TPM_ANSWER, "PCRs that were not asked for");
	return store(values, got, ret, reterr);
}

int tpm_pcr_read(struct tpm *t, uint32_t mask, struct pcr_set *ret, struct err *reterr)
{
	struct pcr_set set = {0};
	uint32_t left = mask, update = 0, first_update = 0;
	int r = tpm_ready(t, reterr);

	if (mask == 0 || mask >> PCR_COUNT)
		return err_set(reterr, E_INTERNAL, "PCR mask 0x%x", mask);
	while (r == 0 && left) {
		uint32_t some = take_low_bits(left, PCRS_AT_ONCE);

		r = read_some(t, some, &set, &update, reterr);
		if (r == 0 && left != mask && update != first_update)
			r = err_set(reterr, E_TPM_PCR_CHANGED, "PCRs changed while they were read");
		first_update = update;
		left &= ~some;
	}
	if (r < 0)
		return r;
	if (mask & PCR_BIT(PCR_CAP)) {
		memcpy(t->cap, set.value[PCR_CAP], sizeof(t->cap));
		t->cap_known = true;
	}
	*ret = set;
	return 0;
}

int tpm_pcr_extend(struct tpm *t, unsigned pcr, const void *data, size_t len, struct err *reterr)
{
	uint8_t digest[SHA256_SIZE];
	int r;

	if (pcr >= PCR_COUNT)
		return err_set(reterr, E_INTERNAL, "PCR %u", pcr);
	r = tpm_ready(t, reterr);
	if (r == 0)
		r = crypto_sha256(data, len, digest, reterr);
	if (r == 0)
		r = tpm_sys_pcr_event(t, pcr, data, len, reterr);
	if (pcr != PCR_CAP || !t->cap_known)
		return r;
	/* it may have been extended although the answer did not say so */
	t->cap_known = r == 0;
	return r < 0 ? r : crypto_extend(HASH_SHA256, t->cap, digest, t->cap, reterr);
}
