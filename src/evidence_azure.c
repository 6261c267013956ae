/* SPDX-License-Identifier: MIT */
/*
 * An Azure confidential VM: the paravisor in it plays a vTPM, publishes a hardware report that binds
 * the vTPM's attestation key, and puts in what the guest wrote to an NV index. Order: nonce, report,
 * binding, attestation key, quote over the same nonce; certificates meanwhile.
 */
#include "evidence_internal.h"

#include "codec.h"
#include "tpm_quote.h"

#include <stdio.h>
#include <string.h>

#define NV_REPORT 0x01400001u
#define NV_USER_DATA 0x01400002u
/* The paravisor makes no second report within two seconds; it gives the old one without a word. */
#define REPORT_PERIOD_MS 2100
#define REPORT_TRIES 4
#define QUOTE_TRIES 3
/* RSA-2048, RSASSA with SHA-256, no policy, and exactly this of TPMA_OBJECT (Part 2, 8.3) */
#define AK_ATTRIBUTES (TPM_AK_ATTRIBUTES | TPM_USER_WITH_AUTH | TPM_NO_DA)
#define AK_BITS 2048
#define AK_EXPONENT 65537
#define ALG_RSASSA 0x0014

static int write_nonce(struct errand *x, struct err *reterr)
{
	uint8_t user_data[HCL_USER_DATA_SIZE] = {0};
	int r = crypto_random(x->c->nonce, EVIDENCE_NONCE, reterr);

	memcpy(user_data, x->c->nonce, EVIDENCE_NONCE);
	if (r == 0)
		r = tpm_nv_write(x->q->tpm, NV_USER_DATA, user_data, sizeof(user_data), reterr);
	return r;
}

/* The report, and what it says about itself. */
static int read_report(struct errand *x, size_t size, struct err *reterr)
{
	struct collection *c = x->c;
	int r;

	buf_done(&c->report);
	c->report = BUF_INIT(HCL_REPORT_SIZE_MAX);
	r = tpm_nv_read(x->q->tpm, NV_REPORT, size, &c->report, reterr);
	if (r == 0)
		r = hcl_report_parse(&c->hcl, c->report.data, c->report.len, reterr);
	if (r == 0)
		r = hcl_claims_parse(&c->claims, c->hcl.json, c->hcl.json_len, reterr);
	return r;
}

static bool repeats_nonce(const struct collection *c)
{
	static const uint8_t zero[HCL_USER_DATA_SIZE - EVIDENCE_NONCE];

	return crypto_equal(c->claims.user_data, c->nonce, EVIDENCE_NONCE) &&
	       crypto_equal(c->claims.user_data + EVIDENCE_NONCE, zero, sizeof(zero));
}

/* A report with our nonce, or the last that was given. */
static int fresh_report(struct errand *x, size_t size, struct err *reterr)
{
	struct collection *c = x->c;
	int r;

	for (;;) {
		r = read_report(x, size, reterr);
		c->tries++;
		if (r < 0 || !c->claims.user_data_present || repeats_nonce(c) ||
		    c->tries == REPORT_TRIES || deadline_left_ms(x->end) < REPORT_PERIOD_MS)
			return r;
		sleep_until(deadline_in(REPORT_PERIOD_MS));
	}
}

static bool check_nonce(struct errand *x)
{
	uint8_t want[HCL_USER_DATA_SIZE] = {0};
	struct collection *c = x->c;

	memcpy(want, c->nonce, EVIDENCE_NONCE);
	c->nonce_in_report = c->claims.user_data_present;
	if (!c->nonce_in_report)
		return verdict_add(&c->verdict, E_STALE, "hcl-report.user-data", true,
				   "this boot's nonce, where the paravisor repeats it",
				   "this paravisor does not: the quote alone is fresh");
	return verdict_equal(&c->verdict, E_STALE, "hcl-report.user-data", want,
			     c->claims.user_data, sizeof(want));
}

/* The key at the handle is one that signs nothing but the TPM's own words, and it is the report's. */
static bool check_ak(struct errand *x, const struct tpm_public *ak)
{
	struct collection *c = x->c;
	uint8_t n[HCL_MODULUS_MAX];
	size_t n_len = 0;
	struct err e = {0};
	char want[96];
	bool ok;

	(void)snprintf(want, sizeof(want), "RSA of %d bits, RSASSA SHA-256, attributes 0x%08x, no policy",
		       AK_BITS, AK_ATTRIBUTES);
	ok = ak->attributes == AK_ATTRIBUTES && ak->scheme == ALG_RSASSA &&
	     ak->scheme_hash == HASH_SHA256 && ak->name_alg == HASH_SHA256 &&
	     ak->policy_len == 0 && !ak->symmetric && pubkey_is_rsa(ak->key) &&
	     pubkey_bits(ak->key) == AK_BITS;
	verdict_add(&c->verdict, E_AK, "tpm.ak-attributes", ok, want,
		    "%s of %u bits, scheme 0x%04x 0x%04x, attributes 0x%08x%s",
		    pubkey_is_rsa(ak->key) ? "RSA" : "EC", pubkey_bits(ak->key), ak->scheme,
		    ak->scheme_hash, ak->attributes, ak->policy_len ? ", a policy" : "");
	if (!c->claims.ak.present)
		return verdict_add(&c->verdict, E_AK, "tpm.ak", false, "HCLAkPub of the report",
				   "the report names no attestation key");
	if (pubkey_modulus(ak->key, n, sizeof(n), &n_len, &e) < 0)
		return verdict_result(&c->verdict, E_AK, "tpm.ak", -E_AK, "HCLAkPub of the report",
				      &e);
	if (n_len != c->claims.ak.n_len || c->claims.ak.e != AK_EXPONENT)
		return verdict_add(&c->verdict, E_AK, "tpm.ak", false, "HCLAkPub of the report",
				   "a key of another size or exponent");
	return verdict_equal(&c->verdict, E_AK, "tpm.ak", c->claims.ak.n, n, n_len) && ok;
}

/* Not the TPM's own failures: those are the caller's to try again. */
static bool is_evidence_failure(int r)
{
	int status = err_exit_status(r);

	return r < 0 && status == 3;
}

static int collect_ak(struct errand *x, struct tpm_public *ret, struct err *reterr)
{
	_cleanup_buf_ struct buf area = BUF_INIT(1024);
	struct collection *c = x->c;
	int r = tpm_ak_public(x->q->tpm, &area, reterr);

	if (r == 0)
		r = tpm_public_parse(ret, area.data, area.len, reterr);
	if (is_evidence_failure(r)) {
		verdict_result(&c->verdict, E_AK, "tpm.ak", r, "a key at 0x81000003", reterr);
		return 0;
	}
	if (r == 0)
		c->evidence.ak_bound = check_ak(x, ret);
	return r;
}

struct made_quote {
	struct buf attest, signature;
	struct tpm_quote quote;
	struct tpm_signature sig;
};

static void made_quote_done(struct made_quote *m)
{
	buf_done(&m->attest);
	buf_done(&m->signature);
}

static int make_quote(struct errand *x, uint32_t mask, struct made_quote *m, struct err *reterr)
{
	int r;

	made_quote_done(m);
	m->attest = BUF_INIT(TPM_QUOTE_SIZE_MAX);
	m->signature = BUF_INIT(TPM_QUOTE_SIZE_MAX);
	r = evidence_read_pcrs(x, reterr);
	if (r == 0)
		r = tpm_ak_quote(x->q->tpm, x->c->nonce, EVIDENCE_NONCE, mask, &m->attest,
				 &m->signature, reterr);
	if (r == 0)
		r = tpm_quote_parse(&m->quote, m->attest.data, m->attest.len, reterr);
	if (r == 0)
		r = tpm_signature_parse(&m->sig, m->signature.data, m->signature.len, reterr);
	return r;
}

/* Another program may extend a PCR between the two commands: then both are repeated. */
static bool of_one_moment(const struct collection *c, uint32_t mask, const struct made_quote *m)
{
	uint8_t digest[SHA256_SIZE];

	return pcr_digest(&c->pcr_set, mask, digest, NULL) == 0 &&
	       m->quote.digest_len == sizeof(digest) &&
	       memcmp(m->quote.digest, digest, sizeof(digest)) == 0;
}

static int collect_quote(struct errand *x, const struct tpm_public *ak, struct err *reterr)
{
	_cleanup_(made_quote_done) struct made_quote m = {0};
	uint32_t mask = evidence_pcr_mask(x);
	struct collection *c = x->c;
	int r = 0;

	for (int i = 0; i < QUOTE_TRIES; i++) {
		r = make_quote(x, mask, &m, reterr);
		if (r < 0 || of_one_moment(c, mask, &m))
			break;
	}
	if (is_evidence_failure(r)) {
		verdict_result(&c->verdict, E_QUOTE_MALFORMED, "tpm-quote.form", r, "a quote", reterr);
		return 0;
	}
	if (r == 0)
		c->evidence.pcrs_quoted = tpm_quote_verify(&c->verdict, &m.quote,
							   &(struct tpm_quote_demand){
			.key = ak->key, .public_area = ak, .signature = &m.sig, .nonce = c->nonce,
			.nonce_len = EVIDENCE_NONCE, .pcrs = &c->pcrs, .cover_sha256 = mask});
	return r;
}

/* What the hardware's report is, and the request for what proves it. False: nothing that isolates. */
static bool begin_hardware(struct errand *x)
{
	struct collection *c = x->c;
	struct err e = {0};
	int r;

	if (c->hcl.type != HCL_SNP && c->hcl.type != HCL_TDX) {
		(void)snprintf(c->evidence.platform, sizeof(c->evidence.platform),
			       "an Azure VM without isolating hardware (%s)",
			       hcl_report_type_name(c->hcl.type));
		return false;
	}
	if (c->hcl.type == HCL_SNP) {
		r = snp_report_parse(&c->snp, c->hcl.hardware, SNP_REPORT_SIZE, &e);
		if (!verdict_result(&c->verdict, E_REPORT_MALFORMED, "snp-report.form", r,
				    "an SEV-SNP report", &e))
			return false;
		c->evidence.snp = &c->snp;
		evidence_snp_begin(x);
	} else {
		r = tdx_report_parse(&c->td_report, c->hcl.hardware, TDX_REPORT_SIZE, &e);
		if (!verdict_result(&c->verdict, E_TDX_MALFORMED, "tdx-report.form", r, "a TDREPORT",
				    &e))
			return false;
		tdx_report_check(&c->td_report, &c->verdict);
		c->evidence.td = &c->td_report.td;
		evidence_tdx_begin(x);
	}
	(void)snprintf(c->evidence.platform, sizeof(c->evidence.platform), "an Azure VM with %s",
		       c->hcl.type == HCL_SNP ? "SEV-SNP" : "TDX");
	return true;
}

static int collect_vtpm(struct errand *x, struct err *reterr)
{
	_cleanup_tpm_public_ struct tpm_public ak = {0};
	struct collection *c = x->c;
	int r = collect_ak(x, &ak, reterr);

	if (r == 0 && ak.key)
		r = collect_quote(x, &ak, reterr);
	else if (r == 0)
		r = evidence_read_pcrs(x, reterr);
	if (r == 0)
		evidence_event_log(x);
	c->evidence.pcrs = &c->pcrs;
	return r;
}

static int collect_report(struct errand *x, size_t size, bool *ret_usable, struct err *reterr)
{
	struct collection *c = x->c;
	int r = write_nonce(x, reterr);

	*ret_usable = false;
	if (r == -E_TPM_OBJECT) {
		verdict_result(&c->verdict, E_STALE, "hcl-report.user-data", -E_STALE,
			       "an NV index for the nonce", reterr);
		return 0;
	}
	if (r < 0)
		return r;
	r = fresh_report(x, size, reterr);
	if (is_evidence_failure(r)) {
		verdict_result(&c->verdict, E_HCL_MALFORMED, "hcl-report.form", r,
			       "an HCL report with its claims", reterr);
		return 0;
	}
	*ret_usable = r == 0;
	return r;
}

static int azure_collect(struct errand *x, bool *ret_here, struct err *reterr)
{
	struct collection *c = x->c;
	struct tpm_nv_public public;
	bool usable;
	int r;

	*ret_here = false;
	if (!x->q->tpm)
		return 0;
	r = tpm_nv_public(x->q->tpm, NV_REPORT, &public, reterr);
	if (r < 0 || !public.present)
		return r;
	*ret_here = true;
	r = collect_report(x, public.size < HCL_REPORT_SIZE_MAX ? public.size : HCL_REPORT_SIZE_MAX,
			   &usable, reterr);
	if (r < 0 || !usable)
		return r;
	c->evidence.claims = &c->claims;
	if (!begin_hardware(x))
		return 0;
	check_nonce(x);
	c->evidence.claims_bound = hcl_report_binding(&c->verdict, &c->hcl);
	r = collect_vtpm(x, reterr);
	if (r < 0)
		return r;
	return c->evidence.snp ? evidence_snp_finish(x, reterr) : evidence_tdx_finish(x, reterr);
}

const struct evidence_source evidence_azure = {.name = "azure", .collect = azure_collect};
