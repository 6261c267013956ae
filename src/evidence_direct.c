/* SPDX-License-Identifier: MIT */
/*
 * A confidential VM whose kernel may ask the hardware itself: the report is over our nonce, and
 * nothing stands between. What it does not give is a vTPM that the report vouches for: the PCRs are
 * as read, and a policy that demands something of them refuses. Never run on the hardware.
 */
#include "evidence_internal.h"

#include "platform_report.h"

#include <stdio.h>
#include <string.h>

static void want_of(const struct collection *c, uint8_t out[PLATFORM_REPORT_DATA])
{
	memset(out, 0, PLATFORM_REPORT_DATA);
	memcpy(out, c->nonce, EVIDENCE_NONCE);
}

static int collect_snp(struct errand *x, struct err *reterr)
{
	uint8_t want[PLATFORM_REPORT_DATA];
	struct collection *c = x->c;
	struct err e = {0};
	int r = snp_report_parse(&c->snp, c->report.data, c->report.len, &e);

	if (!verdict_result(&c->verdict, E_REPORT_MALFORMED, "snp-report.form", r,
			    "an SEV-SNP report", &e))
		return 0;
	c->evidence.snp = &c->snp;
	want_of(c, want);
	verdict_equal(&c->verdict, E_STALE, "snp-report.report-data", want, c->snp.report_data,
		      sizeof(want));
	evidence_snp_begin(x);
	return evidence_snp_finish(x, reterr);
}

static int collect_tdx(struct errand *x, struct err *reterr)
{
	uint8_t want[PLATFORM_REPORT_DATA];
	struct collection *c = x->c;
	int r;

	c->quote = c->report;
	c->report = BUF_INIT(0);
	c->certified_by = "kernel";
	r = evidence_tdx_finish(x, reterr);
	if (r < 0 || !c->evidence.td)
		return r;
	want_of(c, want);
	verdict_equal(&c->verdict, E_STALE, "tdx-quote.report-data", want,
		      c->evidence.td->report_data, sizeof(want));
	return 0;
}

static int direct_collect(struct errand *x, bool *ret_here, struct err *reterr)
{
	char provider[PLATFORM_PROVIDER_MAX] = "";
	uint8_t data[PLATFORM_REPORT_DATA];
	struct collection *c = x->c;
	struct err e = {0};
	int r = crypto_random(c->nonce, EVIDENCE_NONCE, reterr);

	if (r < 0)
		return r;
	want_of(c, data);
	c->report = BUF_INIT(PLATFORM_REPORT_MAX);
	r = platform_report(data, provider, &c->report, &e);
	*ret_here = r != -E_EVIDENCE_ABSENT;
	if (!*ret_here)
		return 0;
	(void)snprintf(c->evidence.platform, sizeof(c->evidence.platform),
		       "a VM whose kernel has '%s'", provider);
	if (!verdict_result(&c->verdict, E_EVIDENCE_ABSENT, "report.read", r, "a report", &e))
		return 0;
	c->nonce_in_report = true;
	if (x->q->tpm)
		r = evidence_read_pcrs(x, reterr);
	if (r < 0)
		return r;
	if (x->q->tpm)
		evidence_event_log(x);
	if (strcmp(provider, "sev_guest") == 0)
		return collect_snp(x, reterr);
	if (strcmp(provider, "tdx_guest") == 0)
		return collect_tdx(x, reterr);
	verdict_add(&c->verdict, E_EVIDENCE_ABSENT, "report.provider", false,
		    "sev_guest or tdx_guest", "%s", provider);
	return 0;
}

const struct evidence_source evidence_direct = {.name = "direct", .collect = direct_collect};
