/* SPDX-License-Identifier: MIT */
/* 'verify hcl-report' and 'verify tpm-quote' on what real machines gave, and on what is made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "json.h"
#include "vector.h"
#include "verify.h"

#include "tpm_quote_builder.h"

#define HCL "tests/vectors/hcl/"
#define QUOTE "tests/vectors/tpm-quote/"
#define SNP "tests/vectors/snp/"
#define AT_2026 1788220800	/* 2026-09-01 */

/* The first check that failed, "" when all passed, "E405" when malformed. */
static const char *run(verify_fn *fn, const struct verify_options *o, char out[64])
{
	struct verify_result result = {.decoded = json_new_object()};
	const struct check *c;
	struct err e = {0};
	int r = fn(o, &result, &e);

	if (r < 0) {
		(void)snprintf(out, 64, "E%03d", -r);
	} else {
		c = verdict_first_failure(&result.verdict);
		(void)snprintf(out, 64, "%s", c ? c->name : "");
		assert_int_equal(verdict_pass(&result.verdict), c == NULL);
	}
	json_free(result.decoded);
	verdict_done(&result.verdict);
	return out;
}

static const char *hcl(const char *file, const char *cert, char out[64])
{
	struct verify_options o = {.file = file, .at = AT_2026, .certs = {cert}, .cert_count = !!cert};

	return run(verify_hcl_report, &o, out);
}

static void test_hcl_reports(void **state)
{
	static const struct { const char *file, *cert, *failed; } all[] = {
		{HCL "az-snp-10-genoa-v3-hcl.bin", SNP "az-snp-10-vcek.der", ""},
		{HCL "az-snp-14-milan-v3-hcl-userdata.bin", SNP "az-snp-14-vcek.der", ""},
		{HCL "az-snp-10-genoa-v3-hcl.bin", SNP "az-snp-14-vcek.der", "snp-report.signature"},
		{HCL "az-snp-10-genoa-v3-hcl.bin", NULL, "snp-report.certificate"},
		{HCL "az-snp-16-redacted-hcl.bin", SNP "az-snp-14-vcek.der", "snp-report.signature"},
		{HCL "az-tdx-05-hcl.bin", NULL, ""},
		{HCL "az-tdx-11-hcl.bin", NULL, ""},
		{HCL "README.md", NULL, "E403"},
		{HCL "absent", NULL, "E203"},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		assert_string_equal(hcl(all[i].file, all[i].cert, out), all[i].failed);
}

/* A report with one byte changed, as a file. */
static const char *mutated(const char *name, size_t at, uint8_t bits, const char *cert, char out[64])
{
	_cleanup_buf_ struct buf b = vector("hcl", name);
	char path[] = "/tmp/cvmcrypt-hcl-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	b.data[at] ^= bits;
	assert_int_equal(write(fd, b.data, b.len), (ssize_t)b.len);
	(void)close(fd);
	(void)hcl(path, cert, out);
	(void)unlink(path);
	return out;
}

static void test_hcl_mutations(void **state)
{
	static const char snp[] = "az-snp-10-genoa-v3-hcl.bin", tdx[] = "az-tdx-05-hcl.bin";
	static const char cert[] = SNP "az-snp-10-vcek.der";
	char out[64];

	(void)state;
	assert_string_equal(mutated(snp, 8, 1, cert, out), "hcl-report.size");
	/* a letter of the claims; the report data; the measurement */
	assert_string_equal(mutated(snp, 0x4d4 + 30, 1, cert, out), "hcl-report.binding");
	assert_string_equal(mutated(snp, 0x70, 1, cert, out), "hcl-report.binding");
	assert_string_equal(mutated(snp, 0x20 + 0x90, 1, cert, out), "snp-report.signature");
	assert_string_equal(mutated(tdx, 0x4d4 + 1157, 1, NULL, out), "E403");
	assert_string_equal(mutated(tdx, 0xa0 + 63, 1, NULL, out), "hcl-report.binding");
	/* as TVM nothing binds the claims */
	assert_string_equal(mutated(snp, 0x4c8, 1, NULL, out), "hcl-report.binding");
}

static void test_hcl_usage(void **state)
{
	struct verify_options o = {.file = HCL "az-snp-10-genoa-v3-hcl.bin", .at = AT_2026,
				   .tdx_quote = HCL "README.md"};
	char out[64];

	(void)state;
	assert_string_equal(run(verify_hcl_report, &o, out), "E101");
	o.file = HCL "az-tdx-05-hcl.bin";
	assert_string_equal(run(verify_hcl_report, &o, out), "E404");
	/* nothing that is given is silently without effect */
	o.tdx_quote = NULL;
	o.collateral = HCL;
	assert_string_equal(run(verify_hcl_report, &o, out), "E101");
}

static const struct quote {
	const char *file, *signature, *key, *nonce, *pcrs, *failed;
} quotes[] = {
	{"az-snp-01.msg", "az-snp-01.sig", HCL "az-snp-01-milan-v2-hcl.bin", "6368616c6c656e6765",
	 "az-snp-01.pcrs.json", ""},
	{"az-snp-14.msg", "az-snp-14.tpmt_sig", HCL "az-snp-14-milan-v3-hcl-userdata.bin",
	 "0A61737B0E754C910AF72D704D60B1FF35A813D403215559DA7DD46E597F6081", "az-snp-14.pcrs.json",
	 ""},
	{"az-snp-14.msg", "az-snp-14.tpmt_sig", QUOTE "az-snp-14-akcert-nv.der", NULL,
	 "az-snp-14.pcrs.json", ""},
	{"gce-01-sha1.msg", "gce-01-sha1.tpmt_sig", QUOTE "gce-01-ak.tpmt_public", NULL,
	 "gce-01-sha1.pcrs.json", ""},
	{"gce-01-sha384.msg", "gce-01-sha384.tpmt_sig", QUOTE "gce-01-ak.tpmt_public", NULL,
	 "gce-01-sha384.pcrs.json", ""},
	{"keylime-01.msg", "keylime-01.tpmt_sig", QUOTE "keylime-01-akpub.pem",
	 "db1db298db6d60e6385b7231743e9c3056a18003", "keylime-01.pcrs.bin", ""},
	{"tpmref-ecdsa-sha384.msg", "tpmref-ecdsa-sha384.tpmt_sig",
	 QUOTE "tpmref-ecdsa-sha384-akcert.der",
	 "d002295c049b0ab1ce4f5f3a84ea0ff3934d729edae52b983a2334b1fe9dfbdd", NULL, ""},
	{"coco-tpm-01.msg", "coco-tpm-01.tpmt_sig", QUOTE "coco-tpm-01-ak.spki.der", NULL,
	 "coco-tpm-01.pcrs.json", ""},
	{"az-tl-01.msg", "az-tl-01.sig", QUOTE "az-tl-01-akpub.pem", NULL, "az-tl-01.pcrs.bin", ""},
	/* the platform's certificate is of another key */
	{"az-tl-01.msg", "az-tl-01.sig", QUOTE "az-tl-01-platform-akcert.der", NULL, NULL,
	 "tpm-quote.signature"},
	{"az-snp-01.msg", "az-snp-01.sig", HCL "az-snp-14-milan-v3-hcl-userdata.bin", NULL, NULL,
	 "tpm-quote.signature"},
	{"az-snp-01.msg", "az-snp-14.tpmt_sig", HCL "az-snp-14-milan-v3-hcl-userdata.bin", NULL, NULL,
	 "tpm-quote.signature"},
	{"az-snp-01.msg", "az-snp-01.sig", HCL "az-snp-01-milan-v2-hcl.bin", "6368616c6c656e676500",
	 NULL, "tpm-quote.nonce"},
	{"az-snp-01.msg", "az-snp-01.sig", HCL "az-snp-01-milan-v2-hcl.bin", NULL,
	 "az-snp-14.pcrs.json", "tpm-quote.pcrs"},
	{"az-snp-01.msg", "az-snp-01.sig", HCL "az-snp-01-milan-v2-hcl.bin", NULL,
	 "gce-01-sha1.pcrs.json", "tpm-quote.pcrs"},
	{"az-snp-01.sig", "az-snp-01.sig", HCL "az-snp-01-milan-v2-hcl.bin", NULL, NULL, "E405"},
	{"az-snp-01.msg", "az-snp-01.msg", HCL "az-snp-01-milan-v2-hcl.bin", NULL, NULL, "E405"},
	{"az-snp-01.msg", "az-snp-01.sig", QUOTE "az-snp-01.sig", NULL, NULL, "E405"},
	{"az-snp-01.msg", "az-snp-01.sig", HCL "az-snp-01-milan-v2-hcl.bin", NULL, "az-snp-01.sig",
	 "E409"},
	{"az-snp-01.msg", "az-snp-01.sig", QUOTE "absent", NULL, NULL, "E203"},
};

static void test_quotes(void **state)
{
	char file[128], signature[128], pcrs[128], out[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(quotes); i++) {
		const struct quote *q = &quotes[i];
		struct verify_options o = {.file = file, .signature = signature, .key = q->key,
					   .nonce = q->nonce, .pcrs = q->pcrs ? pcrs : NULL};

		(void)snprintf(file, sizeof(file), QUOTE "%s", q->file);
		(void)snprintf(signature, sizeof(signature), QUOTE "%s", q->signature);
		(void)snprintf(pcrs, sizeof(pcrs), QUOTE "%s", q->pcrs ? q->pcrs : "");
		if (strcmp(run(verify_tpm_quote, &o, out), q->failed) != 0)
			fail_msg("%s, %s: '%s' where '%s' was expected", q->file, q->key, out,
				 q->failed);
	}
}

static void write_file(const char *dir, const char *name, const void *bytes, size_t len, char path[64])
{
	(void)snprintf(path, 64, "%s/%s", dir, name);
	assert_int_equal(file_replace(path, bytes, len, 0600, NULL), 0);
}

/* A genuine quote over no PCR at all, handed out with values that somebody would like to be believed. */
static void test_no_pcr(void **state)
{
	static const char values[] =
		"{\"sha256\":{\"7\":\"0101010101010101010101010101010101010101010101010101010101010101\"}}";
	struct maker m = {.scheme = SIG_RSASSA, .hash = HASH_SHA256};
	char dir[] = "/tmp/cvmcrypt-quote-XXXXXX", out[64], path[4][64];
	struct verify_options o = {.file = path[0], .signature = path[1], .key = path[2]};
	uint8_t digest[32], *der = NULL;
	int len;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(crypto_sha256("", 0, digest, NULL), 0);
	make_attest(&m.attest, "nonce", "", 0, 0, digest, sizeof(digest));
	make_key(&m);
	sign(&m);
	len = i2d_PUBKEY(m.pkey, &der);
	assert_true(len > 0);
	write_file(dir, "quote", m.attest.data, m.attest.len, path[0]);
	write_file(dir, "signature", m.signature.data, m.signature.len, path[1]);
	write_file(dir, "key", der, (size_t)len, path[2]);
	write_file(dir, "pcrs", values, strlen(values), path[3]);
	assert_string_equal(run(verify_tpm_quote, &o, out), "");
	o.pcrs = path[3];
	assert_string_equal(run(verify_tpm_quote, &o, out), "tpm-quote.selection");
	for (size_t i = 0; i < ARRAY_SIZE(path); i++)
		(void)unlink(path[i]);
	(void)rmdir(dir);
	OPENSSL_free(der);
	EVP_PKEY_free(m.pkey);
	buf_done(&m.attest);
	buf_done(&m.signature);
}

/* The certificate of the key is judged when there is something to judge it by. */
static void test_key_chain(void **state)
{
	struct verify_options o = {
		.file = QUOTE "az-snp-14.msg", .signature = QUOTE "az-snp-14.tpmt_sig",
		.key = QUOTE "az-snp-14-akcert-nv.der", .at = AT_2026,
		.certs = {QUOTE "azure-vtpm-ca-global-03.der"}, .cert_count = 1};
	char out[64];

	(void)state;
	assert_string_equal(run(verify_tpm_quote, &o, out), "");
	o.at = 4102444800;
	assert_string_equal(run(verify_tpm_quote, &o, out), "tpm-quote.key-chain");
	o.at = AT_2026;
	o.root = QUOTE "tpmref-ecdsa-sha384-akcert.der";
	assert_string_equal(run(verify_tpm_quote, &o, out), "tpm-quote.key-chain");
	o.root = NULL;
	o.key = HCL "az-snp-14-milan-v3-hcl-userdata.bin";
	assert_string_equal(run(verify_tpm_quote, &o, out), "E101");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hcl_reports),
		cmocka_unit_test(test_hcl_mutations),
		cmocka_unit_test(test_hcl_usage),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_no_pcr),
		cmocka_unit_test(test_key_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
