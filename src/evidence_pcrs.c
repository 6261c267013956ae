/* SPDX-License-Identifier: MIT */
#include "evidence_internal.h"

#include "platform.h"

#include <stdio.h>

#define PCRS_OF_FIRMWARE 0xffu		/* 0 to 7: what the firmware logs */

/* A paravisor says itself whether Secure Boot is on; without one the log has to tell. */
static bool wants_log(const struct errand *x)
{
	const struct policy *p = &x->q->config->policy;

	return p->event_count > 0 || (!x->c->evidence.claims && p->secure_boot != POLICY_ANY);
}

/* The PCRs whose events are judged: an event counts only where the replay gives the value. */
static uint32_t log_mask(const struct policy *p)
{
	uint32_t mask = PCRS_OF_FIRMWARE;

	for (size_t i = 0; i < p->event_count; i++)
		if (p->event[i].pcr < PCR_COUNT)
			mask |= PCR_BIT(p->event[i].pcr);
	return mask;
}

uint32_t evidence_pcr_mask(const struct errand *x)
{
	const struct policy *p = &x->q->config->policy;
	uint32_t mask = config_pcr_mask(x->q->config);

	for (size_t i = 0; i < p->pcr_count; i++)
		if (p->pcr[i].pcr < PCR_COUNT)
			mask |= PCR_BIT(p->pcr[i].pcr);
	return wants_log(x) ? mask | log_mask(p) : mask;
}

int evidence_read_pcrs(struct errand *x, struct err *reterr)
{
	struct collection *c = x->c;
	int r = tpm_pcr_read(x->q->tpm, evidence_pcr_mask(x), &c->pcr_set, reterr);

	c->pcrs = (struct pcr_values){0};
	for (unsigned i = 0; r == 0 && i < PCR_COUNT; i++)
		if (c->pcr_set.mask & PCR_BIT(i))
			r = pcr_values_set(&c->pcrs, HASH_SHA256, i, c->pcr_set.value[i], reterr);
	c->evidence.pcrs = &c->pcrs;
	return r;
}

/* Values are read and quoted in one bank: a log's digests of others are not held against anything. */
static bool check_banks(const struct policy *p, struct verdict *v)
{
	for (size_t i = 0; i < p->event_count; i++)
		if (p->event[i].size != SHA256_SIZE)
			return verdict_add(v, E_REPLAY, "eventlog.bank", false,
					   "event-N in the policy with digests of SHA-256",
					   "event-%u has one of %u bytes", p->event[i].pcr,
					   p->event[i].size);
	return true;
}

static bool check_replay(const struct pcr_set *replayed, const struct pcr_set *values, uint32_t mask,
			 struct verdict *v)
{
	char want[PCR_MASK_TEXT + 20], pcrs[PCR_MASK_TEXT];
	int differs = pcr_first_difference(replayed, values, values->mask & mask);

	pcr_mask_text(mask, pcrs);
	(void)snprintf(want, sizeof(want), "the values of PCR %s", pcrs);
	if (differs < 0)
		return verdict_add(v, E_REPLAY, "eventlog.replay", true, want, "the same values");
	return verdict_add(v, E_REPLAY, "eventlog.replay", false, want, "PCR %d has another value",
			   differs);
}

/* The log, replayed; PCRs of which no event is judged are vouched for by their value alone. */
void evidence_event_log(struct errand *x)
{
	const struct policy *p = &x->q->config->policy;
	struct collection *c = x->c;
	struct pcr_set replayed = {0};
	struct err e = {0};
	int r;

	if (!wants_log(x))
		return;
	c->log_bytes = BUF_INIT(EVENTLOG_SIZE_MAX);
	r = platform_event_log(&c->log_bytes, &e);
	if (r == 0)
		r = eventlog_parse(&c->log, c->log_bytes.data, c->log_bytes.len, &e);
	if (r == 0)
		r = eventlog_replay_sha256(&c->log, &replayed, &e);
	if (!verdict_result(&c->verdict, E_REPLAY, "eventlog.form", r, "the firmware's event log", &e))
		return;
	c->evidence.log = &c->log;
	c->evidence.log_replayed = check_banks(p, &c->verdict) &&
				   check_replay(&replayed, &c->pcr_set, log_mask(p), &c->verdict);
}
