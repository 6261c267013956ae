/* SPDX-License-Identifier: MIT */
#include "sealed.h"

int sealed_make(struct sealed *m, struct tpm *t, struct err *reterr)
{
	int r;

	*m = (struct sealed){.way.counter_index = TPM_COUNTER_INDEX, .way.pcr_mask = SEALED_MASK};
	r = ec_key_generate(&m->key, reterr);
	if (r == 0)
		r = ec_key_public(m->key, m->way.approver_x, m->way.approver_y, reterr);
	if (r == 0)
		r = crypto_secret_random(&m->s, 32, reterr);
	if (r == 0)
		r = tpm_counter_ensure(t, &m->counter, reterr);
	return r < 0 ? r : tpm_seal(t, &m->way, &m->s, reterr);
}

int sealed_approve(struct sealed *m, const struct pcr_set *pcrs, uint64_t number,
		   struct err *reterr)
{
	uint8_t counter[34], policy[SHA256_SIZE], ahash[SHA256_SIZE];
	int r = tpm_counter_name(counter, reterr);

	if (r == 0)
		r = tpm_policy_approved(pcrs, m->way.pcr_mask, counter, number, policy, ahash,
					reterr);
	m->approval = (struct approval){.number = number};
	return r < 0 ? r : ec_key_sign(m->key, ahash, m->approval.signature, reterr);
}

int sealed_enrol(struct sealed *m, struct tpm *t, struct pcr_set *ret_pcrs, struct err *reterr)
{
	int r = sealed_make(m, t, reterr);

	if (r == 0)
		r = tpm_pcr_read(t, SEALED_MASK, ret_pcrs, reterr);
	return r < 0 ? r : sealed_approve(m, ret_pcrs, m->counter, reterr);
}

void sealed_done(struct sealed *m)
{
	ec_key_freep(&m->key);
	secret_clear(&m->s);
}
