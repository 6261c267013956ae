/* SPDX-License-Identifier: MIT */
#include "verify_tdx.h"

#include "file.h"
#include "json.h"
#include "tdx_describe.h"
#include "verify_certs.h"

void tdx_evidence_done(struct tdx_evidence *e)
{
	buf_done(&e->bytes);
}

/* A TDREPORT has nearly the same contents, and the same place in a file name. */
static bool is_tdreport(const uint8_t *bytes, size_t len)
{
	struct tdx_report report;

	return len == TDX_REPORT_SIZE && tdx_report_parse(&report, bytes, len, NULL) == 0;
}

static int read_trust(const struct verify_options *o, struct x509_list *roots,
		      struct x509_list *pool, struct tdx_collateral *c, struct err *reterr)
{
	int r = verify_read_roots(o, ROOT_INTEL, roots, reterr);

	if (r == 0)
		r = verify_read_certs(o, pool, reterr);
	if (r == 0 && o->collateral)
		r = tdx_collateral_load(c, o->collateral, reterr);
	return r;
}

int verify_tdx_quote_file(const struct verify_options *o, const char *path,
			  struct tdx_evidence *ret, struct verdict *v, struct err *reterr)
{
	_cleanup_x509_list_ struct x509_list roots = {0}, pool = {0};
	_cleanup_tdx_collateral_ struct tdx_collateral collateral = {0};
	_cleanup_tdx_evidence_ struct tdx_evidence e = {0};
	struct tdx_trust trust = {.roots = &roots, .pool = &pool, .at = o->at};
	int r;

	r = file_read(path, TDX_QUOTE_MAX, &e.bytes, reterr);
	if (r < 0)
		return r;
	r = tdx_quote_parse(&e.quote, e.bytes.data, e.bytes.len, reterr);
	if (r < 0 && is_tdreport(e.bytes.data, e.bytes.len))
		r = err_set(reterr, E_TDX_MALFORMED,
			    "a TDREPORT, not a quote: only the CPU that made it can check it");
	if (r < 0)
		return err_wrap(reterr, r, "'%.100s'", path);
	r = read_trust(o, &roots, &pool, &collateral, reterr);
	if (r < 0)
		return r;
	if (o->collateral)
		trust.collateral = &collateral;
	tdx_verify_quote(&e.quote, &trust, &e.findings, v);
	*ret = e;
	e.bytes = (struct buf){0};
	return 0;
}

void verify_tdx_note(const struct verify_options *o, struct cJSON *decoded, bool *ok)
{
	if (o->policy && o->policy->tcb_statuses && !o->collateral)
		json_add_string(decoded, "note",
				"tcb-status is told by Intel's TCB info: give it by --collateral", ok);
}

int verify_tdx_quote(const struct verify_options *o, struct verify_result *result,
		     struct err *reterr)
{
	_cleanup_tdx_evidence_ struct tdx_evidence e = {0};
	const struct tdx_tcb *tcb = &e.findings.tcb;
	bool ok = true;
	int r;

	r = verify_tdx_quote_file(o, o->file, &e, &result->verdict, reterr);
	if (r < 0)
		return r;
	if (o->policy)
		policy_judge_tdx(o->policy, &e.quote.td, tcb->judged ? (int)tcb->status : -1,
				 &result->verdict);
	verify_tdx_note(o, result->decoded, &ok);
	tdx_describe_quote(result->decoded, &e.quote, &ok);
	if (tcb->judged)
		tdx_describe_tcb(json_add_object(result->decoded, "tcb", &ok), tcb, &ok);
	return ok ? 0 : err_set(reterr, E_NOMEM, "no memory for the result");
}

int inspect_tdx_quote(const char *name, const uint8_t *bytes, size_t len, struct cJSON *decoded,
		      struct err *reterr)
{
	struct tdx_report report;
	struct tdx_quote q;
	bool ok = true;
	int r;

	(void)name;
	if (is_tdreport(bytes, len) && tdx_report_parse(&report, bytes, len, reterr) == 0) {
		json_add_string(decoded, "form", "TDREPORT", &ok);
		tdx_describe_report(decoded, &report, &ok);
	} else {
		r = tdx_quote_parse(&q, bytes, len, reterr);
		if (r < 0)
			return r;
		json_add_string(decoded, "form", "quote", &ok);
		tdx_describe_quote(decoded, &q, &ok);
	}
	return ok ? 0 : err_set(reterr, E_NOMEM, "no memory for the result");
}
