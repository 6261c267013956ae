/* SPDX-License-Identifier: MIT */
#include "file.h"
#include "hcl_claims.h"
#include "hcl_report.h"
#include "json.h"
#include "snp_describe.h"
#include "tdx_describe.h"
#include "verify_certs.h"
#include "verify_tdx.h"

#include <stdio.h>

/* The claims as they stand there; what of them is used was read strictly before. */
static int describe_claims(const struct hcl_report *r, struct cJSON *obj, bool *ok,
			   struct err *reterr)
{
	_cleanup_json_ struct json j = {0};
	uint8_t data[HCL_REPORT_DATA_SIZE];
	int rc;

	rc = json_parse(&j, "claims", E_HCL_MALFORMED, r->json, r->json_len, reterr);
	if (rc == 0)
		rc = hcl_report_expected_data(r, data, reterr);
	if (rc < 0)
		return rc;
	json_add_hex(obj, "claims_hash", data, hash_size(r->hash), ok);
	json_add_copy(obj, "claims", j.root, ok);
	return 0;
}

static int describe_report(const struct hcl_report *r, struct cJSON *obj, struct err *reterr)
{
	bool ok = true;
	int rc;

	json_add_number(obj, "version", r->version, &ok);
	json_add_number(obj, "report_size", r->report_size, &ok);
	json_add_number(obj, "request_type", r->request_type, &ok);
	json_add_string(obj, "report_type", hcl_report_type_name(r->type), &ok);
	json_add_string(obj, "hash", hash_name(r->hash), &ok);
	rc = describe_claims(r, obj, &ok, reterr);
	if (rc < 0)
		return rc;
	return ok ? 0 : err_set(reterr, E_NOMEM, "no memory for the description");
}

/* The hardware's report, for people. Of VBS nothing is known, a TVM has none. */
static int describe_hardware(const struct hcl_report *r, struct cJSON *decoded, struct err *reterr)
{
	struct tdx_report td;
	bool ok = true;

	if (r->type == HCL_SNP)
		return inspect_snp_report("report", r->hardware, r->hardware_len,
					  json_add_object(decoded, "report", &ok), reterr);
	if (r->type == HCL_TDX) {
		int rc = tdx_report_parse(&td, r->hardware, r->hardware_len, reterr);

		if (rc < 0)
			return rc;
		tdx_describe_report(json_add_object(decoded, "report", &ok), &td, &ok);
	}
	return ok ? 0 : err_set(reterr, E_NOMEM, "no memory for the description");
}

/* Container, claims and what is inside; decoded is filled on the way. */
static int read_report(struct hcl_report *ret, struct hcl_claims *claims, const uint8_t *bytes,
		       size_t len, struct cJSON *decoded, struct err *reterr)
{
	int r;

	r = hcl_report_parse(ret, bytes, len, reterr);
	if (r == 0)
		r = hcl_claims_parse(claims, ret->json, ret->json_len, reterr);
	if (r == 0)
		r = describe_report(ret, decoded, reterr);
	if (r == 0)
		r = describe_hardware(ret, decoded, reterr);
	return r;
}

int inspect_hcl_report(const char *name, const uint8_t *bytes, size_t len, struct cJSON *decoded,
		       struct err *reterr)
{
	struct hcl_claims claims;
	struct hcl_report report;

	(void)name;
	return read_report(&report, &claims, bytes, len, decoded, reterr);
}

/* What was recorded of the report's own size always fits; the boot doesn't insist on it. */
static void check_size(const struct hcl_report *r, struct verdict *v)
{
	size_t size = HCL_CLAIMS_OFFSET + r->json_len;
	char want[24];

	(void)snprintf(want, sizeof(want), "%zu", size);
	(void)verdict_add(v, E_HCL_MALFORMED, "hcl-report.size", r->report_size == size, want,
			  "%u", r->report_size);
}

static int judge_snp(const struct verify_options *o, const struct hcl_report *r,
		     struct verify_result *result, struct err *reterr)
{
	_cleanup_x509_list_ struct x509_list certs = {0}, roots = {0};
	struct snp_leaf leaf = {0};
	struct snp_report report;
	bool ok = true;
	int rc;

	rc = snp_report_parse(&report, r->hardware, r->hardware_len, reterr);
	if (rc == 0)
		rc = verify_read_certs(o, &certs, reterr);
	if (rc == 0)
		rc = verify_read_roots(o, ROOT_AMD, &roots, reterr);
	if (rc < 0)
		return rc;
	(void)snp_verify(&report, &certs, &roots, o->at, &leaf, &result->verdict);
	if (o->cert_count == 0)
		json_add_string(result->decoded, "note",
				"the report is judged by its VCEK or VLEK certificate: give it by --cert",
				&ok);
	snp_leaf_describe(&leaf, result->decoded, &ok);
	if (o->policy)
		policy_judge_snp(o->policy, &report, leaf.cert ? &leaf : NULL, &result->verdict);
	return ok ? 0 : err_set(reterr, E_NOMEM, "no memory for the description");
}

/* The quote's word where there is one; its values are those of the report. */
static void judge_tdx_policy(const struct policy *p, const struct tdx_report *report,
			     const struct tdx_evidence *e, struct verdict *v)
{
	bool quoted = e->bytes.len > 0;

	if (!quoted && p->isolation != ISOLATION_NONE && p->isolation != ISOLATION_UNSET)
		verdict_add(v, E_EVIDENCE_OFFLINE, "policy.evidence-offline",
			    p->evidence_offline == POLICY_ALLOW,
			    p->evidence_offline == POLICY_ALLOW ? "allow" : "a quote of the TD",
			    "none given");
	policy_judge_tdx(p, quoted ? &e->quote.td : &report->td,
			 e->findings.tcb.judged ? (int)e->findings.tcb.status : -1, v);
}

/*
 * Only the CPU that made a TDREPORT can check its MAC: alone it shows that the report and the
 * claims belong together, and its quote shows the rest.
 */
static int judge_tdx(const struct verify_options *o, const struct hcl_report *r,
		     struct verify_result *result, struct err *reterr)
{
	_cleanup_tdx_evidence_ struct tdx_evidence e = {0};
	struct tdx_report report;
	bool ok = true;
	int rc;

	rc = tdx_report_parse(&report, r->hardware, r->hardware_len, reterr);
	if (rc < 0)
		return rc;
	tdx_report_check(&report, &result->verdict);
	if (!o->tdx_quote)
		json_add_string(result->decoded, "note",
				"the binding only: whether the hardware made the report "
				"can be told by its quote (--tdx-quote)", &ok);
	if (o->tdx_quote) {
		rc = verify_tdx_quote_file(o, o->tdx_quote, &e, &result->verdict, reterr);
		if (rc < 0)
			return rc;
		tdx_verify_same_td(&report, &e.quote, &result->verdict);
		verify_tdx_note(o, result->decoded, &ok);
		tdx_describe_quote(json_add_object(result->decoded, "quote", &ok), &e.quote, &ok);
	}
	if (o->policy)
		judge_tdx_policy(o->policy, &report, &e, &result->verdict);
	return ok ? 0 : err_set(reterr, E_NOMEM, "no memory for the description");
}

int verify_hcl_report(const struct verify_options *o, struct verify_result *result,
		      struct err *reterr)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(0);
	struct hcl_claims claims;
	struct hcl_report report;
	int r;

	r = file_read(o->file, HCL_REPORT_SIZE_MAX, &bytes, reterr);
	if (r < 0)
		return r;
	r = read_report(&report, &claims, bytes.data, bytes.len, result->decoded, reterr);
	if (r < 0)
		return err_wrap(reterr, r, "'%.90s'", o->file);
	if (report.type != HCL_TDX && (o->tdx_quote || o->collateral))
		return err_set(reterr, E_USAGE, "'%.90s' is no report of a TD", o->file);
	if (o->collateral && !o->tdx_quote)
		return err_set(reterr, E_USAGE, "--collateral is for the quote: it needs --tdx-quote");
	check_size(&report, &result->verdict);
	(void)hcl_report_binding(&result->verdict, &report);
	if (report.type == HCL_SNP)
		r = judge_snp(o, &report, result, reterr);
	else if (report.type == HCL_TDX)
		r = judge_tdx(o, &report, result, reterr);
	if (r == 0 && o->policy)
		policy_judge_claims(o->policy, &claims, &result->verdict);
	return r;
}
