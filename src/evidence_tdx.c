/* SPDX-License-Identifier: MIT */
/*
 * The quote of a TD: the metadata service makes one of the TDREPORT that is in the HCL report. It
 * must be the quote of this very report, so a quote is never cached; collateral is.
 */
#include "evidence_internal.h"

#include "codec.h"
#include "file.h"
#include "json.h"
#include "trust_time.h"

#include <stdio.h>
#include <string.h>

#define QUOTE_PATH "/acc/tdquote"
#define BODY_HEAD "{\"report\":\""
#define BODY_TAIL "\"}"
#define ANSWER_MAX 32768
#define BODY_MAX (sizeof(BODY_HEAD BODY_TAIL) + BASE64_SIZE(TDX_REPORT_SIZE))

/* The service answers 415 to a type with parameters. */
static void request_of(const struct collection *c, char body[BODY_MAX], struct fetch_request *ret)
{
	size_t at = strlen(BODY_HEAD);

	memcpy(body, BODY_HEAD, at);
	base64url_encode(body + at, c->td_report.bytes, TDX_REPORT_SIZE);
	memcpy(body + strlen(body), BODY_TAIL, sizeof(BODY_TAIL));
	*ret = (struct fetch_request){
		.endpoint = FETCH_METADATA, .path = QUOTE_PATH, .max = ANSWER_MAX,
		.headers = {"Metadata: true", "Accept: application/json",
			    "Content-Type: application/json"},
		.body = body, .body_len = strlen(body), .type = "application/json"};
}

void evidence_tdx_begin(struct errand *x)
{
	struct fetch_request request;
	char body[BODY_MAX];

	if (!x->q->config->network.metadata[0])
		return;
	request_of(x->c, body, &request);
	errand_send(x, &request);
}

/* {"quote":TEXT} in either alphabet of base64, padded or not. */
static int read_quote(const struct buf *body, struct buf *ret, struct err *reterr)
{
	_cleanup_json_ struct json j = {0};
	_cleanup_free_ uint8_t *bytes = NULL;
	const char *text;
	size_t len, got;
	int r = json_parse(&j, "metadata", E_FETCH_REFUSED, body->data, body->len, reterr);

	if (r == 0)
		r = json_get_string(&j, j.root, "quote", &text, reterr);
	if (r < 0)
		return r;
	len = strlen(text);
	bytes = malloc(len + 1);
	if (!bytes)
		return err_set(reterr, E_NOMEM, "quote");
	if (!base64url_decode(bytes, len, &got, text, len) &&
	    !base64_decode(bytes, len, &got, text))
		return err_set(reterr, E_FETCH_REFUSED, "metadata: the quote is not base64");
	buf_put(ret, bytes, got);
	return ret->failed ? err_set(reterr, E_NOMEM, "quote") : 0;
}

static int fetch_quote(struct errand *x, struct err *reterr)
{
	_cleanup_fetch_reply_ struct fetch_reply reply = {0};
	struct collection *c = x->c;
	struct fetch_request request;
	char body[BODY_MAX];
	int r;

	if (!x->q->config->network.metadata[0])
		return err_set(reterr, E_EVIDENCE_OFFLINE, "no metadata service is configured");
	request_of(c, body, &request);
	c->quote = BUF_INIT(ANSWER_MAX);
	r = errand_fetch(x, &request, &reply, reterr);
	return r < 0 ? r : read_quote(&reply.body, &c->quote, reterr);
}

/* Collateral that is damaged is no collateral: what needs it, says so. */
static void load_collateral(struct errand *x)
{
	char path[CONFIG_PATH_MAX + sizeof(EVIDENCE_DIR)];
	struct err e = {0};

	(void)snprintf(path, sizeof(path), "%s/" EVIDENCE_DIR, x->q->config_dir);
	if (file_exists(path) && tdx_collateral_load(&x->c->collateral, path, &e) < 0)
		verdict_result(&x->c->verdict, E_COLLATERAL_MALFORMED, "tdx-quote.collateral",
			       -e.code, "collateral", &e);
}

static bool all_passed_since(const struct verdict *v, size_t before)
{
	for (size_t i = before; i < v->count; i++)
		if (!v->check[i].pass)
			return false;
	return v->count > before && !v->lost;
}

/* By the PCK certificate, which is the quote's own. */
static int64_t judged_at(const struct errand *x)
{
	_cleanup_x509_list_ struct x509_list chain = {0};

	(void)x509_read(&chain, "PCK chain", x->c->td_quote.chain, x->c->td_quote.chain_len, NULL);
	return trust_time_of(&chain, x->q->floor, x->q->at);
}

static int verify(struct errand *x, struct err *reterr)
{
	struct collection *c = x->c;
	struct tdx_trust trust = {.roots = &c->roots, .at = judged_at(x)};
	size_t before = c->verdict.count;
	int r = evidence_roots(x, x->q->config->policy.intel_roots, ROOT_INTEL, reterr);

	if (r < 0)
		return r;
	load_collateral(x);
	/* the folder has other certificates as well */
	if (c->collateral.tcb_infos.count > 0 || c->collateral.qe_identities.count > 0)
		trust.collateral = &c->collateral;
	tdx_verify_quote(&c->td_quote, &trust, &c->td_findings, &c->verdict);
	if (c->evidence.claims)
		tdx_verify_same_td(&c->td_report, &c->td_quote, &c->verdict);
	c->evidence.td_authentic = all_passed_since(&c->verdict, before);
	c->evidence.td = &c->td_quote.td;
	c->evidence.td_status = c->td_findings.tcb.judged ? (int)c->td_findings.tcb.status : -1;
	return 0;
}

int evidence_tdx_finish(struct errand *x, struct err *reterr)
{
	struct collection *c = x->c;
	struct err e = {0};
	int r = 0;

	c->evidence.td_status = -1;
	if (c->quote.len == 0)
		r = fetch_quote(x, &e);
	if (r == -E_NOMEM)
		return err_set(reterr, E_NOMEM, "TD quote");
	if (r < 0) {
		(void)err_set(&c->offline, E_EVIDENCE_OFFLINE, "no quote: %s", e.msg);
		c->evidence.offline = true;
		return 0;
	}
	if (!c->certified_by[0])
		c->certified_by = "metadata";
	r = tdx_quote_parse(&c->td_quote, c->quote.data, c->quote.len, &e);
	if (!verdict_result(&c->verdict, E_TDX_MALFORMED, "tdx-quote.form", r, "a TD quote", &e))
		return 0;
	return verify(x, reterr);
}
