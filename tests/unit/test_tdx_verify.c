/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "roots.h"
#include "tdx_testpki.h"
#include "tdx_verify.h"
#include "vector.h"

#define AT 1780272000		/* 2026-06-01 */
#define AT_1970 0
#define AT_2100 4102444800

/* The first check that failed; "" if all passed, "malformed" if it is no quote. */
static const char *judge(const uint8_t *bytes, size_t len, const struct x509_list *roots,
			 int64_t at)
{
	static char name[48];
	_cleanup_verdict_ struct verdict v = {0};
	struct tdx_trust trust = {.roots = roots, .at = at};
	struct tdx_findings f;
	struct tdx_quote q;

	if (tdx_quote_parse(&q, bytes, len, NULL) < 0)
		return "malformed";
	tdx_verify_quote(&q, &trust, &f, &v);
	assert_int_equal(verdict_pass(&v), !verdict_first_failure(&v));
	(void)snprintf(name, sizeof(name), "%s",
		       verdict_pass(&v) ? "" : verdict_first_failure(&v)->name);
	return name;
}

static void builtin(struct x509_list *roots)
{
	struct err e = {0};

	assert_int_equal(roots_builtin(ROOT_INTEL, roots, &e), 0);
}

static void test_recorded(void **state)
{
	static const struct {
		const char *name, *failing;
	} quotes[] = {
		{"az-tdx-01-td-quote.bin", ""},
		{"az-tdx-11-td-quote-v5.bin", ""},
		{"tdx-01-v4-spr.bin", ""},
		{"tdx-02-v5.bin", ""},
		{"tdx-03-v4-cos113.bin", ""},
		{"tdx-07-v4.bin", ""},
		{"tdx-12-v4-oe.bin", ""},
		{"tdx-14-v5-oe-seamldr5.bin", ""},
		{"tdx-24-v4-cmc.bin", ""},
		{"tdx-24-neg-v4-cmc.bin", "tdx-quote.signature"},
		{"tdx-15-v4-prepro.bin", "tdx-quote.pck-chain"},
		{"tdx-16-v4-qvl-sample.bin", "tdx-quote.pck-chain"},
	};
	_cleanup_x509_list_ struct x509_list roots = {0};

	(void)state;
	builtin(&roots);
	for (size_t i = 0; i < ARRAY_SIZE(quotes); i++) {
		_cleanup_buf_ struct buf b = vector("tdx", quotes[i].name);

		assert_string_equal(judge(b.data, b.len, &roots, AT), quotes[i].failing);
	}
}

static void test_other_root(void **state)
{
	_cleanup_buf_ struct buf b = vector("tdx", "tdx-16-v4-qvl-sample.bin");
	_cleanup_buf_ struct buf intel = vector("tdx", "tdx-12-v4-oe.bin");
	_cleanup_buf_ struct buf pem = vector("tdx", "tdx-16-trustedRootCaCert.pem");
	_cleanup_x509_list_ struct x509_list roots = {0};
	struct err e = {0};

	(void)state;
	assert_int_equal(x509_read(&roots, "root", pem.data, pem.len, &e), 0);
	assert_string_equal(judge(b.data, b.len, &roots, AT), "");
	assert_string_equal(judge(intel.data, intel.len, &roots, AT), "tdx-quote.pck-chain");
}

static void test_time(void **state)
{
	_cleanup_buf_ struct buf b = vector("tdx", "tdx-12-v4-oe.bin");
	_cleanup_x509_list_ struct x509_list roots = {0};

	(void)state;
	builtin(&roots);
	assert_string_equal(judge(b.data, b.len, &roots, AT), "");
	assert_string_equal(judge(b.data, b.len, &roots, AT_1970), "tdx-quote.pck-chain");
	assert_string_equal(judge(b.data, b.len, &roots, AT_2100), "tdx-quote.pck-chain");
}

/* One bit anywhere before the padding: never accepted. */
static void test_flips(void **state)
{
	static const struct {
		size_t from, to;
		const char *failing;	/* NULL: whatever */
	} regions[] = {
		{12, 28, "tdx-quote.qe-vendor"},
		{28, 632, "tdx-quote.signature"},	/* user data, body */
		{636, 764, "tdx-quote.signature"},	/* signature, attestation key */
		{770, 1154, NULL},			/* report of the enclave */
		{1154, 1218, "tdx-quote.qe-signature"},
		{1220, 1252, "tdx-quote.attestation-key"},	/* authentication data */
		{1258, 4939, NULL},			/* PCK chain but for its final NUL */
	};
	_cleanup_buf_ struct buf b = vector("tdx", "tdx-12-v4-oe.bin");
	_cleanup_x509_list_ struct x509_list roots = {0};

	(void)state;
	builtin(&roots);
	for (size_t i = 0; i < ARRAY_SIZE(regions); i++) {
		for (size_t at = regions[i].from; at < regions[i].to; at += 7) {
			const char *failing;

			b.data[at] ^= 1;
			failing = judge(b.data, b.len, &roots, AT);
			b.data[at] ^= 1;
			if (regions[i].failing)
				assert_string_equal(failing, regions[i].failing);
			else
				assert_string_not_equal(failing, "");
		}
	}
	assert_string_equal(judge(b.data, b.len, &roots, AT), "");
}

/* A quote made to measure, under its own root. */
static const char *judge_made(const struct tdx_testpki_spec *spec, const struct tdx_body *td,
			      int64_t at)
{
	_cleanup_tdx_testpki_ struct tdx_testpki pki = {0};
	_cleanup_x509_list_ struct x509_list roots = {0};
	_cleanup_buf_ struct buf quote = {0};
	struct err e = {0};

	tdx_testpki_make(&pki, spec);
	tdx_testpki_quote(&quote, &pki, spec, td);
	assert_int_equal(x509_read(&roots, "root", pki.root.data, pki.root.len, &e), 0);
	return judge(quote.data, quote.len, &roots, at);
}

static void test_made(void **state)
{
	struct tdx_testpki_spec spec;
	struct tdx_body td;

	(void)state;
	tdx_testpki_body(&td);
	tdx_testpki_spec(&spec);
	assert_string_equal(judge_made(&spec, &td, AT), "");
	spec.version = 4;
	assert_string_equal(judge_made(&spec, &td, AT), "");
	td.has_servtd = false;
	spec.version = 5;
	assert_string_equal(judge_made(&spec, &td, AT), "");
	/* what a TD may be is for the policy */
	td.attributes |= TDX_ATTR_DEBUG | TDX_ATTR_MIGRATABLE | TDX_ATTR_PERFMON;
	assert_string_equal(judge_made(&spec, &td, AT), "");
}

static void test_made_body(void **state)
{
	struct tdx_testpki_spec spec;
	struct tdx_body td;

	(void)state;
	tdx_testpki_spec(&spec);
	for (int bit = 8; bit < 27; bit += 3) {
		tdx_testpki_body(&td);
		td.attributes |= UINT64_C(1) << bit;
		assert_string_equal(judge_made(&spec, &td, AT), "tdx-quote.td-attributes");
	}
	for (int bit = 32; bit < 62; bit += 5) {
		tdx_testpki_body(&td);
		td.attributes |= UINT64_C(1) << bit;
		assert_string_equal(judge_made(&spec, &td, AT), "tdx-quote.td-attributes");
	}
	tdx_testpki_body(&td);
	td.mrsignerseam[47] = 1;
	assert_string_equal(judge_made(&spec, &td, AT), "tdx-quote.module-signer");
	tdx_testpki_body(&td);
	td.seam_attributes = 1;
	assert_string_equal(judge_made(&spec, &td, AT), "tdx-quote.module-attributes");
}

static void test_made_enclave(void **state)
{
	struct tdx_testpki_spec spec;
	struct tdx_body td;

	(void)state;
	tdx_testpki_body(&td);
	tdx_testpki_spec(&spec);
	spec.qe_attributes[0] |= 2;
	assert_string_equal(judge_made(&spec, &td, AT), "tdx-quote.qe-debug");
	tdx_testpki_spec(&spec);
	spec.qe_other_data = true;
	assert_string_equal(judge_made(&spec, &td, AT), "tdx-quote.attestation-key");
	tdx_testpki_spec(&spec);
	spec.qe_upper_half = true;
	assert_string_equal(judge_made(&spec, &td, AT), "tdx-quote.attestation-key");
	tdx_testpki_spec(&spec);
	spec.qe_vendor[0] ^= 1;
	assert_string_equal(judge_made(&spec, &td, AT), "tdx-quote.qe-vendor");
}

static void test_builtin_enclave(void **state)
{
	_cleanup_buf_ struct buf b = vector("tdx", "tdx-12-v4-oe.bin");
	static const size_t at[] = {128, 159, 256};

	(void)state;
	for (size_t i = 0; i <= ARRAY_SIZE(at); i++) {
		_cleanup_verdict_ struct verdict v = {0};
		struct tdx_quote q;

		if (i < ARRAY_SIZE(at))
			b.data[770 + at[i]] ^= 1;
		assert_int_equal(tdx_quote_parse(&q, b.data, b.len, NULL), 0);
		tdx_check_qe(&q.qe, &v);
		assert_int_equal(verdict_pass(&v), i == ARRAY_SIZE(at));
		if (i < ARRAY_SIZE(at))
			b.data[770 + at[i]] ^= 1;
	}
}

static void test_made_certificates(void **state)
{
	struct tdx_testpki_spec spec;
	struct tdx_body td;

	(void)state;
	tdx_testpki_body(&td);
	tdx_testpki_spec(&spec);
	spec.pck_other_key = true;
	assert_string_equal(judge_made(&spec, &td, AT), "tdx-quote.qe-signature");
	tdx_testpki_spec(&spec);
	spec.pck_by_other = true;
	assert_string_equal(judge_made(&spec, &td, AT), "tdx-quote.pck-chain");
	tdx_testpki_spec(&spec);
	spec.pck_no_extension = true;
	assert_string_equal(judge_made(&spec, &td, AT), "tdx-quote.pck-certificate");
	tdx_testpki_spec(&spec);
	spec.chain_without_pck = true;
	assert_string_equal(judge_made(&spec, &td, AT), "tdx-quote.pck-certificate");
	tdx_testpki_spec(&spec);
	spec.pck_until = AT - 1;
	assert_string_equal(judge_made(&spec, &td, AT), "tdx-quote.pck-chain");
	tdx_testpki_spec(&spec);
	spec.root_until = AT - 1;
	assert_string_equal(judge_made(&spec, &td, AT), "tdx-quote.pck-chain");
}

/* A PCK certificate that travels beside the quote does as well. */
static void test_pck_beside(void **state)
{
	_cleanup_tdx_testpki_ struct tdx_testpki pki = {0};
	_cleanup_x509_list_ struct x509_list roots = {0}, pool = {0};
	_cleanup_buf_ struct buf quote = {0};
	_cleanup_verdict_ struct verdict v = {0};
	struct tdx_trust trust = {.roots = &roots, .pool = &pool, .at = AT};
	struct tdx_testpki_spec spec;
	struct tdx_findings f;
	struct tdx_body td;
	struct tdx_quote q;
	struct err e = {0};

	(void)state;
	tdx_testpki_body(&td);
	tdx_testpki_spec(&spec);
	spec.chain_without_pck = true;
	tdx_testpki_make(&pki, &spec);
	tdx_testpki_quote(&quote, &pki, &spec, &td);
	assert_int_equal(x509_read(&roots, "root", pki.root.data, pki.root.len, &e), 0);
	assert_int_equal(x509_read(&pool, "pck", pki.pck.data, pki.pck.len, &e), 0);
	assert_int_equal(tdx_quote_parse(&q, quote.data, quote.len, &e), 0);
	tdx_verify_quote(&q, &trust, &f, &v);
	assert_true(verdict_pass(&v));
	assert_true(f.pck.present);
	assert_memory_equal(f.pck.fmspc, spec.fmspc, sizeof(spec.fmspc));
	assert_memory_equal(f.pck.component, spec.component, sizeof(spec.component));
	assert_int_equal(f.pck.pcesvn, spec.pcesvn);
	assert_false(f.tcb.judged);
	assert_int_equal(f.tcb.status, TDX_STATUS_UNKNOWN);
}

static void test_same_td(void **state)
{
	_cleanup_buf_ struct buf report = vector("tdx", "az-tdx-01-tdreport.bin");
	_cleanup_buf_ struct buf quote = vector("tdx", "az-tdx-01-td-quote.bin");
	static const size_t at[] = {128, 191, 512, 520, 528, 576, 624, 672, 720, 768, 816, 911, 280};
	struct tdx_report r;
	struct tdx_quote q;

	(void)state;
	assert_int_equal(tdx_quote_parse(&q, quote.data, quote.len, NULL), 0);
	for (size_t i = 0; i <= ARRAY_SIZE(at); i++) {
		_cleanup_verdict_ struct verdict v = {0};

		if (i < ARRAY_SIZE(at))
			report.data[at[i]] ^= 4;
		assert_int_equal(tdx_report_parse(&r, report.data, report.len, NULL), 0);
		tdx_verify_same_td(&r, &q, &v);
		assert_int_equal(verdict_pass(&v), i == ARRAY_SIZE(at));
		if (i < ARRAY_SIZE(at))
			report.data[at[i]] ^= 4;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_other_root),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_made_body),
		cmocka_unit_test(test_made_enclave),
		cmocka_unit_test(test_builtin_enclave),
		cmocka_unit_test(test_made_certificates),
		cmocka_unit_test(test_pck_beside),
		cmocka_unit_test(test_same_td),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
