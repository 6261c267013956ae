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

#define AT_2023 1687219200	/* 2023-06-20 */
#define AT_2025 1751328000	/* 2025-07-01 */
#define AT_2025_03 1740787200	/* 2025-03-01 */
#define AT_2026 1770681600	/* 2026-02-10 */
#define AT_2026_11 1795305600	/* 2026-11-22 */

static int add(struct tdx_collateral *c, const char *name, const void *bytes, size_t len)
{
	struct err e = {0};
	bool used;
	int r = tdx_collateral_add(c, name, bytes, len, &used, &e);

	return r < 0 ? r : used;
}

static void add_vector(struct tdx_collateral *c, const char *name)
{
	_cleanup_buf_ struct buf b = vector("tdx", name);

	assert_int_equal(add(c, name, b.data, b.len), 1);
}

struct judged {
	char failing[48];
	struct tdx_findings f;
};

static void judge(const struct buf *quote, const struct x509_list *roots,
		  const struct tdx_collateral *c, int64_t at, struct judged *ret)
{
	_cleanup_verdict_ struct verdict v = {0};
	struct tdx_trust trust = {.roots = roots, .collateral = c, .at = at};
	struct tdx_quote q;

	assert_int_equal(tdx_quote_parse(&q, quote->data, quote->len, NULL), 0);
	tdx_verify_quote(&q, &trust, &ret->f, &v);
	(void)snprintf(ret->failing, sizeof(ret->failing), "%s",
		       verdict_pass(&v) ? "" : verdict_first_failure(&v)->name);
}

static void judge_recorded(const char *quote, const struct tdx_collateral *c, int64_t at,
			   struct judged *ret)
{
	_cleanup_buf_ struct buf b = vector("tdx", quote);
	_cleanup_x509_list_ struct x509_list roots = {0};

	assert_int_equal(roots_builtin(ROOT_INTEL, &roots, NULL), 0);
	judge(&b, &roots, c, at, ret);
}

static void test_bundle(void **state)
{
	_cleanup_tdx_collateral_ struct tdx_collateral c = {0};
	struct judged j;

	(void)state;
	add_vector(&c, "tdx-07-collateral.json");
	assert_int_equal(c.tcb_infos.count, 1);
	assert_int_equal(c.qe_identities.count, 1);
	assert_int_equal(c.crls.count, 2);
	judge_recorded("tdx-07-v4.bin", &c, AT_2025, &j);
	assert_string_equal(j.failing, "");
	assert_true(j.f.tcb.judged);
	assert_int_equal(j.f.tcb.status, TDX_UP_TO_DATE);
	assert_int_equal(j.f.tcb.evaluation, 17);
	assert_string_equal(j.f.tcb.date, "2024-03-13T00:00:00Z");
	/* out of date itself; of another platform */
	judge_recorded("tdx-07-v4.bin", &c, AT_2026, &j);
	assert_string_equal(j.failing, "tdx-quote.pck-revocation");
	assert_false(j.f.tcb.judged);
	judge_recorded("tdx-02-v5.bin", &c, AT_2025, &j);
	assert_string_equal(j.failing, "tdx-quote.pck-chain");	/* made later */
	judge_recorded("tdx-12-v4-oe.bin", &c, AT_2025, &j);
	assert_string_equal(j.failing, "tdx-quote.tcb-info");
}

/* Answers of the service without their chains; and what Open Enclave stores. */
static void test_other_forms(void **state)
{
	_cleanup_tdx_collateral_ struct tdx_collateral v5 = {0}, v4 = {0}, oe = {0};
	struct judged j;

	(void)state;
	add_vector(&v5, "intel-tcbinfo-v5quote.json");
	judge_recorded("tdx-02-v5.bin", &v5, AT_2026, &j);
	assert_string_equal(j.failing, "");
	assert_int_equal(j.f.tcb.status, TDX_UP_TO_DATE);

	add_vector(&v4, "intel-tcbinfo-v4quote.json");
	add_vector(&v4, "intel-qeidentity.json");
	add_vector(&v4, "intel-pck-crl.bin");
	judge_recorded("tdx-01-v4-spr.bin", &v4, AT_2023, &j);
	/* older than every level: Intel says nothing of it */
	assert_string_equal(j.failing, "tdx-quote.tcb-status");
	assert_int_equal(j.f.tcb.status, TDX_STATUS_UNKNOWN);

	add_vector(&oe, "tdx-12-endorsement.bin");
	judge_recorded("tdx-14-v5-oe-seamldr5.bin", &oe, AT_2025_03, &j);
	assert_string_equal(j.failing, "");
	assert_int_equal(j.f.tcb.platform, TDX_UP_TO_DATE);
	assert_int_equal(j.f.tcb.module, TDX_OUT_OF_DATE);
	assert_int_equal(j.f.tcb.status, TDX_OUT_OF_DATE);
	assert_string_equal(j.f.tcb.advisories, "INTEL-SA-01036 INTEL-SA-01099");
}

/* Statements of other dates, platforms and roots beside the right ones. */
static void test_mixed(void **state)
{
	_cleanup_tdx_collateral_ struct tdx_collateral c = {0};
	struct judged j;

	(void)state;
	add_vector(&c, "intel-qeidentity.json");
	add_vector(&c, "intel-pck-crl.bin");
	add_vector(&c, "tdx-12-endorsement.bin");
	add_vector(&c, "tdx-07-collateral.json");
	add_vector(&c, "intel-tcbinfo-v5quote.json");
	add_vector(&c, "tdx-16-trustedRootCaCert.pem");
	judge_recorded("tdx-07-v4.bin", &c, AT_2025, &j);
	assert_string_equal(j.failing, "");
	judge_recorded("tdx-14-v5-oe-seamldr5.bin", &c, AT_2025_03, &j);
	assert_string_equal(j.failing, "");
}

static void found(const struct verdict *v, const char *check, char ret[VERDICT_TEXT])
{
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->check[i].name, check) == 0) {
			(void)snprintf(ret, VERDICT_TEXT, "%s", v->check[i].got);
			return;
		}
	fail_msg("no check %s", check);
}

/* Of other signers' certificates in the folder nothing is said where the right one's chain is too old. */
static void test_reason(void **state)
{
	static const struct {
		int64_t at;
		const char *reason;
	} rows[] = {
		{AT_2026_11, "tdx-07-collateral.json: CRL expired at 2026-04-03T11:21:57Z, judged"},
		{AT_2023, "tdx-07-collateral.json: Intel SGX TCB Signing: certificate is not yet"},
	};
	_cleanup_tdx_collateral_ struct tdx_collateral c = {0};
	_cleanup_tdx_testpki_ struct tdx_testpki pki = {0};
	_cleanup_x509_list_ struct x509_list roots = {0};
	_cleanup_buf_ struct buf b = vector("tdx", "tdx-07-v4.bin");
	struct tdx_testpki_spec spec;
	char got[VERDICT_TEXT];
	struct tdx_quote q;

	(void)state;
	tdx_testpki_spec(&spec);
	tdx_testpki_make(&pki, &spec);
	add_vector(&c, "tdx-12-endorsement.bin");	/* with an older CRL */
	add_vector(&c, "tdx-07-collateral.json");
	assert_int_equal(add(&c, "signer.der", pki.signer.data, pki.signer.len), 1);
	assert_int_equal(roots_builtin(ROOT_INTEL, &roots, NULL), 0);
	assert_int_equal(tdx_quote_parse(&q, b.data, b.len, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_verdict_ struct verdict v = {0};
		struct tdx_trust trust = {.roots = &roots, .collateral = &c, .at = rows[i].at};
		struct tdx_findings f;

		tdx_verify_quote(&q, &trust, &f, &v);
		found(&v, "tdx-quote.qe-identity", got);
		assert_memory_equal(got, rows[i].reason, strlen(rows[i].reason));
	}
}

/* One bit of what Intel signed, or of the signature. */
static void test_flips(void **state)
{
	_cleanup_buf_ struct buf b = vector("tdx", "intel-tcbinfo-v5quote.json");
	struct judged j;

	(void)state;
	for (size_t at = 12; at < b.len; at += 31) {
		_cleanup_tdx_collateral_ struct tdx_collateral c = {0};

		b.data[at] ^= 1;
		if (add(&c, "tcb", b.data, b.len) == 1) {
			judge_recorded("tdx-02-v5.bin", &c, AT_2026, &j);
			assert_string_equal(j.failing, "tdx-quote.tcb-info");
		}
		b.data[at] ^= 1;
	}
}

static void test_kinds(void **state)
{
	static const struct {
		const char *text;
		int want;	/* 1 used, 0 passed over, or a failure */
	} files[] = {
		{"", 0}, {"\n", 0}, {"hello", 0}, {"{}", 0}, {"{\"a\":1}", 0}, {"{", 0},
		{"0", 0}, {"00", 0}, {"3082", 0}, {"MIIB", 0}, {"\"tcbInfo\"", 0},
		{"{\"tcbInfo\":{},\"signature\":\"00\"}", -E_COLLATERAL_MALFORMED},
		{"{\"tcbInfo\":{}}", -E_COLLATERAL_MALFORMED},
		{"{\"tcbInfo\":1,\"signature\":\"00\"}", -E_COLLATERAL_MALFORMED},
		{"{\"tcbInfo\":", -E_COLLATERAL_MALFORMED},
		{"{\"tcbInfo\":{},\"tcbInfo\":{}}", -E_COLLATERAL_MALFORMED},
		{"{\"tcb_info\":\"{}\"}", -E_COLLATERAL_MALFORMED},
		{"{\"qe_identity\":1}", -E_COLLATERAL_MALFORMED},
		{"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", -E_CERT_MALFORMED},
		{"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", -E_CERT_MALFORMED},
		{"-----BEGIN%20CERTIFICATE-----%0", -E_COLLATERAL_MALFORMED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_tdx_collateral_ struct tdx_collateral c = {0};

		assert_int_equal(add(&c, "file", files[i].text, strlen(files[i].text)),
				 files[i].want);
	}
}

/* A chain as it stands in an HTTP header. */
static void test_percent(void **state)
{
	_cleanup_buf_ struct buf pem = vector("tdx", "tdx-16-trustedRootCaCert.pem");
	_cleanup_buf_ struct buf text = BUF_INIT(8192);
	_cleanup_tdx_collateral_ struct tdx_collateral c = {0};

	(void)state;
	for (size_t i = 0; i < pem.len; i++) {
		const char *code = pem.data[i] == ' ' ? "%20" : pem.data[i] == '\n' ? "%0A" :
				   pem.data[i] == '+' ? "%2B" : NULL;

		buf_put(&text, code ? (const void *)code : &pem.data[i], code ? 3 : 1);
	}
	assert_int_equal(add(&c, "chain", text.data, text.len), 1);
	assert_int_equal(c.certs.count, 1);
}

#define LEVEL \
	"{\"tcb\":{\"sgxtcbcomponents\":[{\"svn\":%u},{\"svn\":0},{\"svn\":0},{\"svn\":0}," \
	"{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0}," \
	"{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0}],\"pcesvn\":%u," \
	"\"tdxtcbcomponents\":[{\"svn\":%u},{\"svn\":0},{\"svn\":%u},{\"svn\":0},{\"svn\":0}," \
	"{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0}," \
	"{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0}]},\"tcbDate\":\"2024-01-01T00:00:00Z\"," \
	"\"tcbStatus\":\"%s\"}"
#define ZERO48 "00000000000000000000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000"

/* What Intel would say of the platform that tests make. */
struct statement {
	const char *fmspc, *next_update, *status, *module_status, *qe_status, *signer, *id;
	unsigned component, pcesvn, tdx0, tdx2, module_svn, qe_svn;
};

static const struct statement good = {
	.fmspc = "90C06F000000", .next_update = "2026-03-01T00:00:00Z", .status = "UpToDate",
	.module_status = "UpToDate", .qe_status = "UpToDate", .signer = ZERO48, .id = "TDX_01",
	.component = 3, .pcesvn = 13, .tdx0 = 200, .tdx2 = 2, .module_svn = 5, .qe_svn = 6,
};

static void make_statement(const struct statement *s, struct tdx_collateral *c)
{
	_cleanup_buf_ struct buf tcb = {0}, qe = {0};
	char level[2048], body[4096];

	(void)snprintf(level, sizeof(level), LEVEL, s->component, s->pcesvn, s->tdx0, s->tdx2,
		       s->status);
	(void)snprintf(body, sizeof(body),
		       "{\"id\":\"TDX\",\"version\":3,\"issueDate\":\"2026-02-01T00:00:00Z\","
		       "\"nextUpdate\":\"%s\",\"fmspc\":\"%s\",\"pceId\":\"0000\","
		       "\"tcbEvaluationDataNumber\":18,\"tdxModuleIdentities\":[{\"id\":\"%s\","
		       "\"mrsigner\":\"%s\",\"attributes\":\"0000000000000000\","
		       "\"attributesMask\":\"FFFFFFFFFFFFFFFF\",\"tcbLevels\":[{\"tcb\":"
		       "{\"isvsvn\":%u},\"tcbStatus\":\"%s\",\"advisoryIDs\":[\"INTEL-SA-1\"]}]}],"
		       "\"tcbLevels\":[%s]}", s->next_update, s->fmspc, s->id, s->signer,
		       s->module_svn, s->module_status, level);
	tdx_testpki_signed(&tcb, "tcbInfo", body);
	assert_int_equal(add(c, "tcb.json", tcb.data, tcb.len), 1);
	(void)snprintf(body, sizeof(body),
		       "{\"id\":\"TD_QE\",\"version\":2,\"issueDate\":\"2026-02-01T00:00:00Z\","
		       "\"nextUpdate\":\"%s\",\"tcbEvaluationDataNumber\":18,"
		       "\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\","
		       "\"attributes\":\"11000000000000000000000000000000\","
		       "\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\",\"mrsigner\":"
		       "\"DC9E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C82E0E54A8C5\","
		       "\"isvprodid\":2,\"tcbLevels\":[{\"tcb\":{\"isvsvn\":%u},\"tcbStatus\":"
		       "\"%s\"}]}", s->next_update, s->qe_svn, s->qe_status);
	tdx_testpki_signed(&qe, "enclaveIdentity", body);
	assert_int_equal(add(c, "qe.json", qe.data, qe.len), 1);
}

static void judge_made(const struct statement *s, const struct tdx_testpki_spec *spec,
		       const struct tdx_body *td, struct judged *ret)
{
	_cleanup_tdx_collateral_ struct tdx_collateral c = {0};
	_cleanup_tdx_testpki_ struct tdx_testpki pki = {0};
	_cleanup_x509_list_ struct x509_list roots = {0};
	_cleanup_buf_ struct buf quote = {0};

	tdx_testpki_make(&pki, spec);
	tdx_testpki_quote(&quote, &pki, spec, td);
	assert_int_equal(x509_read(&roots, "root", pki.root.data, pki.root.len, NULL), 0);
	assert_int_equal(add(&c, "signer.der", pki.signer.data, pki.signer.len), 1);
	make_statement(s, &c);
	judge(&quote, &roots, &c, AT_2026, ret);
}

static void test_statuses(void **state)
{
	static const struct {
		const char *platform, *module, *qe;
		enum tdx_status want;
	} cases[] = {
		{"UpToDate", "UpToDate", "UpToDate", TDX_UP_TO_DATE},
		{"SWHardeningNeeded", "UpToDate", "UpToDate", TDX_SW_HARDENING_NEEDED},
		{"ConfigurationNeeded", "UpToDate", "UpToDate", TDX_CONFIGURATION_NEEDED},
		{"ConfigurationAndSWHardeningNeeded", "UpToDate", "UpToDate",
		 TDX_CONFIGURATION_AND_SW_HARDENING_NEEDED},
		{"OutOfDate", "UpToDate", "UpToDate", TDX_OUT_OF_DATE},
		{"OutOfDateConfigurationNeeded", "OutOfDate", "UpToDate",
		 TDX_OUT_OF_DATE_CONFIGURATION_NEEDED},
		{"UpToDate", "OutOfDate", "UpToDate", TDX_OUT_OF_DATE},
		{"SWHardeningNeeded", "UpToDate", "OutOfDate", TDX_OUT_OF_DATE},
		{"ConfigurationNeeded", "UpToDate", "OutOfDate",
		 TDX_OUT_OF_DATE_CONFIGURATION_NEEDED},
		{"Revoked", "UpToDate", "UpToDate", TDX_REVOKED},
		{"UpToDate", "Revoked", "UpToDate", TDX_REVOKED},
		{"UpToDate", "UpToDate", "Revoked", TDX_REVOKED},
		{"Fine", "UpToDate", "UpToDate", TDX_STATUS_UNKNOWN},
		{"UpToDate", "Fine", "UpToDate", TDX_STATUS_UNKNOWN},
		{"Revoked", "UpToDate", "Fine", TDX_STATUS_UNKNOWN},
	};
	struct tdx_testpki_spec spec;
	struct tdx_body td;

	(void)state;
	tdx_testpki_body(&td);
	tdx_testpki_spec(&spec);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct statement s = good;
		struct judged j;

		s.status = cases[i].platform;
		s.module_status = cases[i].module;
		s.qe_status = cases[i].qe;
		judge_made(&s, &spec, &td, &j);
		assert_int_equal(j.f.tcb.status, cases[i].want);
		assert_string_equal(j.failing,
				    cases[i].want < TDX_REVOKED ? "" : "tdx-quote.tcb-status");
	}
}

static void test_levels(void **state)
{
	static const struct {
		size_t field;
		unsigned value;
	} above[] = {
		{offsetof(struct statement, component), 4},
		{offsetof(struct statement, pcesvn), 14},
		{offsetof(struct statement, tdx2), 3},
		{offsetof(struct statement, module_svn), 6},
		{offsetof(struct statement, qe_svn), 7},
	};
	struct tdx_testpki_spec spec;
	struct tdx_body td;
	struct judged j;

	(void)state;
	tdx_testpki_body(&td);
	tdx_testpki_spec(&spec);
	for (size_t i = 0; i < ARRAY_SIZE(above); i++) {
		struct statement s = good;

		memcpy((char *)&s + above[i].field, &above[i].value, sizeof(unsigned));
		judge_made(&s, &spec, &td, &j);
		assert_string_equal(j.failing, "tdx-quote.tcb-status");
		assert_int_equal(j.f.tcb.status, TDX_STATUS_UNKNOWN);
	}
	/* a quote whose SVNs are lower, signed again */
	td.tee_tcb_svn[2] = 1;
	judge_made(&good, &spec, &td, &j);
	assert_string_equal(j.failing, "tdx-quote.tcb-status");
	td.tee_tcb_svn[2] = 2;
	td.tee_tcb_svn[1] = 2;
	judge_made(&good, &spec, &td, &j);
	assert_string_equal(j.failing, "tdx-quote.tcb-info");	/* no identity TDX_02 */
}

static void test_refused(void **state)
{
	struct tdx_testpki_spec spec;
	struct tdx_body td;
	struct statement s;
	struct judged j;

	(void)state;
	tdx_testpki_body(&td);
	tdx_testpki_spec(&spec);
	s = good;
	s.fmspc = "90C06F000001";
	judge_made(&s, &spec, &td, &j);
	assert_string_equal(j.failing, "tdx-quote.tcb-info");
	s = good;
	s.next_update = "2026-02-09T23:59:59Z";
	judge_made(&s, &spec, &td, &j);
	assert_string_equal(j.failing, "tdx-quote.qe-identity");
	s = good;
	s.id = "TDX_03";
	judge_made(&s, &spec, &td, &j);
	assert_string_equal(j.failing, "tdx-quote.tcb-info");
	spec.qe_mrsigner[0] ^= 1;
	judge_made(&good, &spec, &td, &j);
	assert_string_equal(j.failing, "tdx-quote.qe-identity");
	tdx_testpki_spec(&spec);
	spec.qe_isvprodid = 1;
	judge_made(&good, &spec, &td, &j);
	assert_string_equal(j.failing, "tdx-quote.qe-identity");
	tdx_testpki_spec(&spec);
	spec.qe_attributes[0] |= 0x20;
	judge_made(&good, &spec, &td, &j);
	assert_string_equal(j.failing, "tdx-quote.qe-identity");
	tdx_testpki_spec(&spec);
	spec.signer_cn = "Intel SGX PCK Certificate";
	judge_made(&good, &spec, &td, &j);
	assert_string_equal(j.failing, "tdx-quote.qe-identity");
	tdx_testpki_spec(&spec);
	spec.signer_until = AT_2026 - 1;
	judge_made(&good, &spec, &td, &j);
	assert_string_equal(j.failing, "tdx-quote.qe-identity");
}

static void test_crl(void **state)
{
	static const struct {
		uint64_t serial;
		int64_t from, until;
		const char *failing;
	} crls[] = {
		{TDX_TESTPKI_PCK_SERIAL, AT_2026 - 9, AT_2026 + 9, "tdx-quote.pck-revocation"},
		{TDX_TESTPKI_PCK_SERIAL + 1, AT_2026 - 9, AT_2026 + 9, "tdx-quote.tcb-info"},
		{TDX_TESTPKI_PCK_SERIAL + 1, AT_2026 - 9, AT_2026 - 1, "tdx-quote.pck-revocation"},
	};
	_cleanup_tdx_testpki_ struct tdx_testpki pki = {0};
	_cleanup_x509_list_ struct x509_list roots = {0};
	_cleanup_buf_ struct buf quote = {0};
	struct tdx_testpki_spec spec;
	struct tdx_body td;
	struct judged j;

	(void)state;
	tdx_testpki_body(&td);
	tdx_testpki_spec(&spec);
	tdx_testpki_make(&pki, &spec);
	tdx_testpki_quote(&quote, &pki, &spec, &td);
	assert_int_equal(x509_read(&roots, "root", pki.root.data, pki.root.len, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(crls); i++) {
		_cleanup_tdx_collateral_ struct tdx_collateral c = {0};
		_cleanup_buf_ struct buf crl = {0};

		tdx_testpki_crl(&crl, crls[i].serial, crls[i].from, crls[i].until);
		assert_int_equal(add(&c, "crl", crl.data, crl.len), 1);
		judge(&quote, &roots, &c, AT_2026, &j);
		assert_string_equal(j.failing, crls[i].failing);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bundle),
		cmocka_unit_test(test_other_forms),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_percent),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_crl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
