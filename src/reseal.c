/* SPDX-License-Identifier: MIT */
#include "reseal.h"

#include "source.h"
#include "tpm_policy.h"
#include "volume.h"

#include <string.h>

static struct way *find_way(struct record *record, enum way_type type)
{
	for (size_t i = 0; i < record->way_count; i++)
		if (record->ways[i].type == type)
			return &record->ways[i];
	return NULL;
}

/* Is the object one that this TPM can load? Any other failure than "other TPM" is told. */
static int object_is_ours(struct tpm *t, const struct way_tpm2 *way, bool *ret, struct err *reterr)
{
	struct err e = {0};
	uint64_t counter;
	int r;

	*ret = false;
	if (way->public_len == 0)
		return 0;
	r = tpm_load_test(t, way, &e);
	if (r == 0)
		r = tpm_counter_read(t, &counter, &e);
	if (r == 0 || r == -E_TPM_OTHER || r == -E_TPM_OBJECT || r == -E_TPM_COUNTER) {
		*ret = r == 0;
		return 0;
	}
	if (reterr)
		*reterr = e;
	return r;
}

int reseal_record(struct tpm *t, struct record *record, const struct luks2_header *header,
		  const struct secret *s, struct err *reterr)
{
	struct way *way = find_way(record, WAY_TPM2);
	uint64_t counter;
	bool ours;
	int r;

	if (!way)
		return err_set(reterr, E_WAY_ABSENT, "the record has no tpm2 way");
	r = object_is_ours(t, &way->tpm2, &ours, reterr);
	if (r < 0 || ours)
		return r;
	r = tpm_srk_name(t, true, way->tpm2.srk_name, reterr);
	if (r == 0)
		r = tpm_counter_ensure(t, &counter, reterr);
	if (r == 0)
		r = tpm_seal(t, &way->tpm2, s, reterr);
	if (r < 0)
		return r;
	record->approval_count = 0;
	record->generation++;
	r = volume_mac(record, header, s, record->mac, reterr);
	return r < 0 ? r : 1;
}

static void short_values(const struct way_tpm2 *way, const struct pcr_set *pcrs,
			 struct approval *approval)
{
	size_t at = 0;

	for (int pcr = 0; pcr < PCR_COUNT && at < ARRAY_SIZE(approval->pcr_short); pcr++)
		if (way->pcr_mask & PCR_BIT(pcr))
			memcpy(approval->pcr_short[at++], pcrs->value[pcr], RECORD_PCR_SHORT);
}

/* The place for a new approval: a free one, else the lowest unproven, else the lowest. */
static struct approval *make_room(struct record *record)
{
	size_t victim = 0;

	if (record->approval_count < RECORD_APPROVALS_MAX)
		return &record->approvals[record->approval_count++];
	for (size_t i = 1; i < record->approval_count; i++) {
		const struct approval *a = &record->approvals[i], *v = &record->approvals[victim];

		if (a->proven != v->proven ? !a->proven : a->number < v->number)
			victim = i;
	}
	return &record->approvals[victim];
}

static int approval_hash(const struct approve_values *q, uint64_t number,
			 const struct pcr_set *at_unlock, uint8_t ret[SHA256_SIZE], struct err *reterr)
{
	uint8_t name[34], policy[SHA256_SIZE];
	int r = tpm_counter_name(name, reterr);

	return r < 0 ? r : tpm_policy_approved(at_unlock, q->mask, name, number, policy, ret, reterr);
}

static int sign(struct approval *a, const struct approve_values *q, const struct pcr_set *at_unlock,
		struct err *reterr)
{
	uint8_t ahash[SHA256_SIZE];
	int r = approval_hash(q, a->number, at_unlock, ahash, reterr);

	return r < 0 ? r : ec_key_sign(q->approver, ahash, a->signature, reterr);
}

/*
 * Numbers that were never given out, and fitting values that we have not signed, are the host's: gone.
 * Returns the index of a genuine approval of these values, or -1.
 */
static int drop_forged(struct record *record, const struct way_tpm2 *way,
		       const struct approve_values *q, const struct pcr_set *at_unlock)
{
	size_t kept = 0;
	int genuine = -1;

	for (size_t i = 0; i < record->approval_count; i++) {
		struct approval a = record->approvals[i];
		bool fits = approval_fits(way, &a, at_unlock);
		uint8_t ahash[SHA256_SIZE];

		if (a.number >= q->limit ||
		    (fits && (approval_hash(q, a.number, at_unlock, ahash, NULL) < 0 ||
			      !ec_key_verify(q->approver, ahash, a.signature))))
			continue;
		if (fits && (genuine < 0 || a.number > record->approvals[genuine].number))
			genuine = (int)kept;
		record->approvals[kept++] = a;
	}
	record->approval_count = kept;
	return genuine;
}

static int check_way(const struct way *way, const struct approve_values *q, struct err *reterr)
{
	char want[PCR_MASK_TEXT], got[PCR_MASK_TEXT];
	uint8_t x[32], y[32];
	int r;

	if (!way || way->tpm2.public_len == 0)
		return err_set(reterr, E_WAY_ABSENT, "nothing is sealed to a vTPM for this volume");
	if (way->tpm2.pcr_mask != q->mask) {
		pcr_mask_text(q->mask, want);
		pcr_mask_text(way->tpm2.pcr_mask, got);
		return err_set(reterr, E_RECORD_MALFORMED,
			       "the record is for PCRs %s, the profile of the config is %s", got, want);
	}
	r = ec_key_public(q->approver, x, y, reterr);
	if (r == 0 && (memcmp(x, way->tpm2.approver_x, sizeof(x)) != 0 ||
		       memcmp(y, way->tpm2.approver_y, sizeof(y)) != 0))
		return err_set(reterr, E_CONFIG_VALUE,
			       "the approving key is not the one that the volume is enrolled with");
	return r;
}

/* PCR 15 is always 0 when the key is had */
static struct pcr_set values_at_unlock(const struct pcr_set *pcrs)
{
	struct pcr_set values = *pcrs;

	memset(values.value[PCR_CAP], 0, SHA256_SIZE);
	values.mask |= PCR_BIT(PCR_CAP);
	return values;
}

bool approval_is_known(const struct record *record, const struct approve_values *q)
{
	const struct way *way = record_way(record, WAY_TPM2);
	struct pcr_set at_unlock = values_at_unlock(q->pcrs);
	struct record scratch = *record;

	if (!way || (at_unlock.mask & q->mask) != q->mask)
		return false;
	(void)approvals_drop_revoked(&scratch, q->counter);
	return drop_forged(&scratch, &way->tpm2, q, &at_unlock) >= 0;
}

int approve_values(struct record *record, const struct approve_values *q, uint64_t *ret_number,
		   struct err *reterr)
{
	const struct way *way = record_way(record, WAY_TPM2);
	struct approval a = {.number = q->number, .unexplained = q->unexplained};
	struct pcr_set at_unlock = values_at_unlock(q->pcrs);
	int r = check_way(way, q, reterr);

	if (r < 0)
		return r;
	(void)approvals_drop_revoked(record, q->counter);
	if ((at_unlock.mask & q->mask) != q->mask)
		return err_set(reterr, E_UNEXPLAINED, "not all PCRs of the profile are known");
	r = drop_forged(record, &way->tpm2, q, &at_unlock);
	if (r >= 0 && !q->fresh) {
		*ret_number = record->approvals[r].number;
		return 0;
	}
	r = sign(&a, q, &at_unlock, reterr);
	if (r < 0)
		return r;
	short_values(&way->tpm2, &at_unlock, &a);
	*make_room(record) = a;
	*ret_number = a.number;
	return 1;
}

size_t approvals_drop_revoked(struct record *record, uint64_t counter)
{
	size_t kept = 0, dropped;

	for (size_t i = 0; i < record->approval_count; i++)
		if (record->approvals[i].number >= counter)
			record->approvals[kept++] = record->approvals[i];
	dropped = record->approval_count - kept;
	record->approval_count = kept;
	return dropped;
}
