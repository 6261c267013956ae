/* SPDX-License-Identifier: MIT */
#include "source.h"

#include "kdf.h"

#include <string.h>

#define SECRET_S_SIZE 32

/* The PCRs of the way whose values are not the approved ones. */
static uint32_t unfit(const struct way_tpm2 *way, const struct approval *approval,
		      const struct pcr_set *pcrs)
{
	uint32_t mask = 0;
	size_t at = 0;

	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		if (!(way->pcr_mask & PCR_BIT(pcr)))
			continue;
		if (!(pcrs->mask & PCR_BIT(pcr)) || at >= ARRAY_SIZE(approval->pcr_short) ||
		    memcmp(approval->pcr_short[at], pcrs->value[pcr], RECORD_PCR_SHORT) != 0)
			mask |= PCR_BIT(pcr);
		at++;
	}
	return mask;
}

bool approval_fits(const struct way_tpm2 *way, const struct approval *approval,
		   const struct pcr_set *pcrs)
{
	return unfit(way, approval, pcrs) == 0;
}

static int newest_approval(const struct record *record)
{
	int newest = -1;

	for (size_t i = 0; i < record->approval_count; i++)
		if (newest < 0 || record->approvals[i].number > record->approvals[newest].number)
			newest = (int)i;
	return newest;
}

/* The newest fitting approval numbered below `below`, or -1. */
static int next_fitting(const struct record *record, const struct pcr_set *pcrs, uint64_t below)
{
	const struct way *way = record_way(record, WAY_TPM2);
	int best = -1;

	for (size_t i = 0; way && i < record->approval_count; i++) {
		const struct approval *a = &record->approvals[i];

		if (a->number < below && approval_fits(&way->tpm2, a, pcrs) &&
		    (best < 0 || a->number > record->approvals[best].number))
			best = (int)i;
	}
	return best;
}

int approval_for_values(const struct record *record, const struct pcr_set *pcrs)
{
	return next_fitting(record, pcrs, UINT64_MAX);
}

int source_tpm2(struct tpm *t, const struct record *record, const struct pcr_set *pcrs,
		struct secret *ret, int *ret_approval, int *ret_pcr, struct err *reterr)
{
	const struct way *way = record_way(record, WAY_TPM2);
	static const uint8_t zero[SHA256_SIZE];
	int fit, r, newest = newest_approval(record);

	if (!way || way->tpm2.public_len == 0)
		return err_set(reterr, way ? E_NOT_APPROVED : E_WAY_ABSENT,
			       "nothing is sealed to a vTPM for this volume");
	if (newest < 0)
		return err_set(reterr, E_NOT_APPROVED, "no PCR values are approved for this volume");
	if (memcmp(pcrs->value[PCR_CAP], zero, sizeof(zero)) != 0)
		return err_set(reterr, E_DOOR_CLOSED, "PCR %d is not 0", PCR_CAP);
	fit = approval_for_values(record, pcrs);
	if (fit < 0) {
		*ret_pcr = pcr_telling(unfit(&way->tpm2, &record->approvals[newest], pcrs));
		return err_set(reterr, E_PCR_MISMATCH, "PCR %d is not the enrolled value", *ret_pcr);
	}
	/* a forged one must not stand before the genuine one */
	do {
		*ret_approval = fit;
		r = tpm_unseal(t, &way->tpm2, &record->approvals[fit], pcrs, ret, reterr);
		fit = next_fitting(record, pcrs, record->approvals[fit].number);
	} while (r == -E_APPROVAL_FORGED && fit >= 0);
	return r;
}

/* The one shape of "S under a key-encryption key". */
static int unwrap_s(const struct secret *kek, const uint8_t *wrapped, size_t len, struct secret *ret,
		    struct err *reterr)
{
	int r = crypto_unwrap(kek, wrapped, len, ret, reterr);

	if (r == 0 && ret->len != SECRET_S_SIZE) {
		secret_clear(ret);
		return err_set(reterr, E_UNWRAP, "wrapped secret has the wrong size");
	}
	return r;
}

static int wrap_s(const struct secret *kek, const struct secret *s, uint8_t out[40],
		  struct err *reterr)
{
	size_t len;

	return crypto_wrap(kek, s, out, 40, &len, reterr);
}

int source_recovery(const struct record *record, const struct secret *text, struct secret *ret,
		    struct err *reterr)
{
	const struct way *way = record_way(record, WAY_RECOVERY);
	_cleanup_secret_ struct secret kek = SECRET_INIT;
	int r;

	if (!way)
		return err_set(reterr, E_WAY_ABSENT, "this volume has no recovery key");
	r = kdf_key(text, record->id, KDF_RECOVERY_WRAP, &kek, reterr);
	if (r == 0)
		r = unwrap_s(&kek, way->recovery.wrapped, sizeof(way->recovery.wrapped), ret, reterr);
	if (r == -E_UNWRAP)
		return err_set(reterr, E_RECOVERY_WRONG, "this is not the volume's recovery key");
	return r;
}

int source_recovery_wrap(const struct record *record, const struct secret *text,
			 const struct secret *s, struct way_recovery *way, struct err *reterr)
{
	_cleanup_secret_ struct secret kek = SECRET_INIT;
	int r = kdf_key(text, record->id, KDF_RECOVERY_WRAP, &kek, reterr);

	return r < 0 ? r : wrap_s(&kek, s, way->wrapped, reterr);
}

int source_parent(const struct record *record, const struct secret *child_wrap,
		  const uint8_t parent_id[RECORD_ID_SIZE], struct secret *ret, struct err *reterr)
{
	const struct way *way = record_way(record, WAY_PARENT);

	if (!way)
		return err_set(reterr, E_WAY_ABSENT, "this volume does not hang on the OS volume");
	if (memcmp(way->parent.parent_id, parent_id, RECORD_ID_SIZE) != 0)
		return err_set(reterr, E_UNWRAP, "this volume hangs on another OS volume");
	return unwrap_s(child_wrap, way->parent.wrapped, sizeof(way->parent.wrapped), ret, reterr);
}

int source_parent_wrap(const struct secret *child_wrap, const uint8_t parent_id[RECORD_ID_SIZE],
		       const struct secret *s, struct way_parent *way, struct err *reterr)
{
	memcpy(way->parent_id, parent_id, RECORD_ID_SIZE);
	return wrap_s(child_wrap, s, way->wrapped, reterr);
}

int source_guest_key(struct tpm *t, const struct record *record, uint32_t pcr_mask,
		     bool allow_unbound, struct secret *ret, struct err *reterr)
{
	const struct way *way = record_way(record, WAY_GUEST_KEY);

	if (!way)
		return err_set(reterr, E_WAY_ABSENT, "this volume has no way by a guest secret key");
	return tpm_guest_key_decrypt(t, &way->guest_key, pcr_mask, allow_unbound, ret, reterr);
}

int source_guest_key_wrap(const char *pubkey_path, const struct secret *s,
			  struct way_guest_key *way, struct err *reterr)
{
	struct oaep_text text;
	int r = crypto_rsa_oaep_encrypt(pubkey_path, RECORD_GUEST_LABEL, s, &text, reterr);

	if (r < 0)
		return r;
	if (text.len > sizeof(way->wrapped))
		return err_set(reterr, E_USAGE, "'%s': the key has more than 3072 bits",
			       pubkey_path);
	memcpy(way->wrapped, text.bytes, text.len);
	way->wrapped_len = text.len;
	memcpy(way->key, text.modulus_digest, sizeof(way->key));
	return 0;
}
