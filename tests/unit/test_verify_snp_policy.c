/* SPDX-License-Identifier: MIT */
/*
 * Each demand that [policy] can make of an SEV-SNP report: the report that meets it is verified, and
 * the one with that bit or field changed, signed again under the test root, is refused for this one
 * check.
 */
#include "snp_testpki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "verify_cli.h"

#define AT "2026-01-01T00:00:00Z"
#define ZERO16 "00000000000000000000000000000000"
#define ZERO32 ZERO16 ZERO16
#define ZERO48 ZERO32 ZERO16

struct row {
	const char *policy;		/* below [policy] */
	size_t offset;			/* of the byte that is changed */
	uint8_t xor;
	const char *failed;		/* names of checks; NULL: verified all the same */
	uint32_t version;		/* 0: 3 */
	enum snp_product product;	/* 0: Milan */
};

static const struct row rows[] = {
	/* what is demanded without a word */
	{"", SNP_TESTPKI_POLICY + 2, 0x08, "policy.debug", 0, 0},
	{"", SNP_TESTPKI_POLICY + 2, 0x04, "policy.migration", 0, 0},
	{"", SNP_TESTPKI_REPORT_ID_MA, 0xff, "policy.migration", 0, 0},
	{"", SNP_TESTPKI_REPORT_ID_MA + 31, 0x01, "policy.migration", 0, 0},
	{"", SNP_TESTPKI_VMPL, 0x01, "policy.vmpl", 0, 0},
	{"", SNP_TESTPKI_VMPL, 0x02, "policy.vmpl", 0, 0},
	{"", SNP_TESTPKI_VMPL, 0x03, "policy.vmpl", 0, 0},
	/* and what is allowed by one */
	{"debug = allow\n", SNP_TESTPKI_POLICY + 2, 0x08, NULL, 0, 0},
	{"migration = allow\n", SNP_TESTPKI_POLICY + 2, 0x04, NULL, 0, 0},
	{"migration = allow\n", SNP_TESTPKI_REPORT_ID_MA, 0xff, NULL, 0, 0},
	{"vmpl = any\n", SNP_TESTPKI_VMPL, 0x02, NULL, 0, 0},
	{"", SNP_TESTPKI_MEASUREMENT, 0xff, NULL, 0, 0},
	{"", SNP_TESTPKI_HOST_DATA, 0xff, NULL, 0, 0},
	{"", SNP_TESTPKI_GUEST_SVN, 0xff, NULL, 0, 0},
	/* guest policy: the report has SMT set, the others clear */
	{"guest-policy = smt\n", SNP_TESTPKI_POLICY + 2, 0x01, "policy.guest-policy.smt", 0, 0},
	{"guest-policy = no-single-socket\n", SNP_TESTPKI_POLICY + 2, 0x10,
	 "policy.guest-policy.single-socket", 0, 0},
	{"guest-policy = no-cxl\n", SNP_TESTPKI_POLICY + 2, 0x20, "policy.guest-policy.cxl", 0, 0},
	{"guest-policy = no-mem-aes-256-xts\n", SNP_TESTPKI_POLICY + 2, 0x40,
	 "policy.guest-policy.mem-aes-256-xts", 0, 0},
	{"guest-policy = no-rapl-dis\n", SNP_TESTPKI_POLICY + 2, 0x80,
	 "policy.guest-policy.rapl-dis", 0, 0},
	{"guest-policy = no-ciphertext-hiding\n", SNP_TESTPKI_POLICY + 3, 0x01,
	 "policy.guest-policy.ciphertext-hiding", 0, 0},
	{"guest-policy = no-page-swap-disable\n", SNP_TESTPKI_POLICY + 3, 0x02,
	 "policy.guest-policy.page-swap-disable", 0, 0},
	/* platform info: all clear in the report but for what row_report() sets */
	{"platform-info = no-smt\n", SNP_TESTPKI_PLATFORM_INFO, 0x01, "policy.platform-info.smt",
	 0, 0},
	{"platform-info = no-tsme\n", SNP_TESTPKI_PLATFORM_INFO, 0x02, "policy.platform-info.tsme",
	 0, 0},
	{"platform-info = no-ecc\n", SNP_TESTPKI_PLATFORM_INFO, 0x04, "policy.platform-info.ecc", 0,
	 0},
	{"platform-info = no-rapl-dis\n", SNP_TESTPKI_PLATFORM_INFO, 0x08,
	 "policy.platform-info.rapl-dis", 0, 0},
	{"platform-info = no-ciphertext-hiding\n", SNP_TESTPKI_PLATFORM_INFO, 0x10,
	 "policy.platform-info.ciphertext-hiding", 0, 0},
	{"platform-info = no-alias-check\n", SNP_TESTPKI_PLATFORM_INFO, 0x20,
	 "policy.platform-info.alias-check", 0, 0},
	{"platform-info = no-tio\n", SNP_TESTPKI_PLATFORM_INFO, 0x80, "policy.platform-info.tio", 5,
	 0},
	/* versions and SVN; the report has SVN 7 */
	{"min-guest-svn = 7\n", SNP_TESTPKI_GUEST_SVN, 0x01, "policy.min-guest-svn", 0, 0},
	{"min-guest-svn = 7\n", SNP_TESTPKI_GUEST_SVN, 0x08, NULL, 0, 0},
	/* TCB: the four of the report are 4 0 24 219, see row_report() */
	{"tcb-milan = microcode=219\n", SNP_TESTPKI_LAUNCH_TCB + 7, 0x01,
	 "policy.tcb-milan.launch", 0, 0},
	{"tcb-milan = snp=24\n", SNP_TESTPKI_LAUNCH_TCB + 6, 0x08, "policy.tcb-milan.launch", 0, 0},
	{"tcb-milan = bootloader=4\n", SNP_TESTPKI_LAUNCH_TCB, 0x04, "policy.tcb-milan.launch", 0,
	 0},
	{"tcb-milan = tee=0 snp=24\n", SNP_TESTPKI_LAUNCH_TCB, 0x04, NULL, 0, 0},
	{"tcb-genoa = snp=255\n", SNP_TESTPKI_LAUNCH_TCB, 0x04, NULL, 0, 0},
	{"tcb-turin = fmc=1\n", SNP_TESTPKI_LAUNCH_TCB, 0x01, "policy.tcb-turin.launch", 0,
	 SNP_TURIN},
	{"tcb-genoa = snp=24\n", SNP_TESTPKI_LAUNCH_TCB + 6, 0x08, "policy.tcb-genoa.launch", 0,
	 SNP_GENOA},
	/* allow-lists */
	{"measurement = " ZERO48 "\n", SNP_TESTPKI_MEASUREMENT, 0x01, "policy.measurement", 0, 0},
	{"measurement = " ZERO48 "\n", SNP_TESTPKI_MEASUREMENT + 47, 0x80, "policy.measurement", 0,
	 0},
	{"host-data = " ZERO32 "\n", SNP_TESTPKI_HOST_DATA + 31, 0x01, "policy.host-data", 0, 0},
	{"id-key-digest = " ZERO48 "\n", SNP_TESTPKI_ID_KEY + 47, 0x01, "policy.id-key-digest", 0,
	 0},
	{"family-id = " ZERO16 "\n", SNP_TESTPKI_FAMILY_ID + 15, 0x01, "policy.family-id", 0, 0},
	{"image-id = " ZERO16 "\n", SNP_TESTPKI_IMAGE_ID, 0x01, "policy.image-id", 0, 0},
};

static void le32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

/* A report that meets each row's policy; what rows speak of is set to a known value. */
static void row_report(uint8_t out[SNP_REPORT_SIZE], const struct row *r)
{
	static const size_t tcbs[] = {SNP_TESTPKI_CURRENT_TCB, SNP_TESTPKI_REPORTED_TCB,
				      SNP_TESTPKI_COMMITTED_TCB, SNP_TESTPKI_LAUNCH_TCB};
	static const uint8_t milan[8] = {4, 0, 0, 0, 0, 0, 24, 219};
	static const uint8_t turin[8] = {1, 4, 0, 24, 0, 0, 0, 219};

	snp_testpki_report(out, r->version ? r->version : 3, r->product ? r->product : SNP_MILAN);
	for (size_t i = 0; i < ARRAY_SIZE(tcbs); i++)
		memcpy(out + tcbs[i], r->product == SNP_TURIN ? turin : milan, 8);
	le32(out + SNP_TESTPKI_GUEST_SVN, 7);
	le32(out + SNP_TESTPKI_VMPL, 0);
	memset(out + SNP_TESTPKI_PLATFORM_INFO, 0, 8);
	memset(out + SNP_TESTPKI_MEASUREMENT, 0, 48);
	memset(out + SNP_TESTPKI_HOST_DATA, 0, 32);
	memset(out + SNP_TESTPKI_ID_KEY, 0, 48);
	memset(out + SNP_TESTPKI_AUTHOR_KEY, 0, 48);
	memset(out + SNP_TESTPKI_FAMILY_ID, 0, 16);
	memset(out + SNP_TESTPKI_IMAGE_ID, 0, 16);
	memset(out + SNP_TESTPKI_REPORT_ID_MA, 0xff, 32);
	out[SNP_TESTPKI_POLICY + 2] = 0x03;	/* SMT, and the bit that is always 1 */
	out[SNP_TESTPKI_POLICY + 3] = 0;
}

/* Signs the report, makes certificates that fit it, and verifies it by the policy. */
static struct cli_result verify(uint8_t report[SNP_REPORT_SIZE], bool vlek, const char *policy)
{
	_cleanup_snp_testpki_ struct snp_testpki pki = {0};
	struct snp_testpki_spec spec;
	char text[1200];

	snp_testpki_spec_for(&spec, report);
	spec.vlek = vlek;
	snp_testpki_make(&pki, &spec);
	snp_testpki_sign(report);
	(void)snprintf(text, sizeof(text), "[policy]\n%s", policy);
	return CLI("verify", "snp-report", cli_file("report.bin", report, SNP_REPORT_SIZE), "--root",
		   cli_file("ark.der", pki.ark.data, pki.ark.len), "--cert",
		   cli_file("leaf.der", pki.leaf.data, pki.leaf.len),
		   cli_file("ask.der", pki.ask.data, pki.ask.len), "--policy",
		   cli_text("policy.conf", text), "--at", AT, "--json");
}

static void expect(struct cli_result r, const char *failed, const char *what)
{
	char found[400];

	cli_failed(&r, found, sizeof(found));
	if (strcmp(found, failed ? failed : "") != 0 || r.status != (failed ? 3 : 0))
		fail_msg("%s: status %d, failed '%s' instead of '%s'", what, r.status, found,
			 failed ? failed : "");
	cli_done(&r);
}

static void each_demand(void **state)
{
	uint8_t report[SNP_REPORT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		row_report(report, &rows[i]);
		expect(verify(report, false, rows[i].policy), NULL, rows[i].policy);
		row_report(report, &rows[i]);
		report[rows[i].offset] ^= rows[i].xor;
		expect(verify(report, false, rows[i].policy), rows[i].failed, rows[i].policy);
	}
}

/* "no-" and its opposite: a bit that must be set and is clear. */
static void bits_that_must_be_set(void **state)
{
	static const struct {
		const char *policy, *failed;
		size_t offset;
		uint8_t bit;
	} bits[] = {
		{"guest-policy = no-smt\n", "policy.guest-policy.smt", SNP_TESTPKI_POLICY + 2, 1},
		{"guest-policy = single-socket\n", "policy.guest-policy.single-socket",
		 SNP_TESTPKI_POLICY + 2, 0x10},
		{"guest-policy = page-swap-disable\n", "policy.guest-policy.page-swap-disable",
		 SNP_TESTPKI_POLICY + 3, 0x02},
		{"platform-info = ecc\n", "policy.platform-info.ecc", SNP_TESTPKI_PLATFORM_INFO, 4},
		{"platform-info = alias-check\n", "policy.platform-info.alias-check",
		 SNP_TESTPKI_PLATFORM_INFO, 0x20},
	};
	static const struct row plain = {0};
	uint8_t report[SNP_REPORT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
		row_report(report, &plain);
		expect(verify(report, false, bits[i].policy), bits[i].failed, bits[i].policy);
		row_report(report, &plain);
		report[bits[i].offset] ^= bits[i].bit;
		expect(verify(report, false, bits[i].policy), NULL, bits[i].policy);
	}
}

/* Version 2 has no alias check: not judged, unless the version is. */
static void versions(void **state)
{
	static const struct row v2 = {.version = 2}, v3 = {.version = 3};
	uint8_t report[SNP_REPORT_SIZE];

	(void)state;
	row_report(report, &v2);
	expect(verify(report, false, "platform-info = alias-check\n"), NULL, "v2");
	row_report(report, &v2);
	expect(verify(report, false, "min-report-version = 3\n"), "policy.min-report-version", "v2");
	row_report(report, &v3);
	expect(verify(report, false, "min-report-version = 3\n"), NULL, "v3");
	row_report(report, &v3);
	expect(verify(report, false, "platform-info = tio\n"), NULL, "v3");
}

static void keys_and_products(void **state)
{
	static const struct row milan = {0}, genoa = {.product = SNP_GENOA};
	static const struct row turin = {.product = SNP_TURIN}, old = {.version = 2};
	uint8_t report[SNP_REPORT_SIZE];

	(void)state;
	row_report(report, &milan);
	expect(verify(report, false, "deny-products = milan\n"), "policy.deny-products", "milan");
	row_report(report, &old);
	expect(verify(report, false, "deny-products = milan\n"), "policy.deny-products",
	       "by its certificate");
	row_report(report, &genoa);
	expect(verify(report, false, "deny-products = milan turin\n"), NULL, "genoa");
	row_report(report, &turin);
	expect(verify(report, false, "deny-products = milan turin\n"), "policy.deny-products",
	       "turin");
	row_report(report, &milan);
	report[SNP_TESTPKI_KEY_INFO] |= SNP_KEY_VLEK << 2;
	expect(verify(report, true, ""), "policy.vlek", "vlek");
	row_report(report, &milan);
	report[SNP_TESTPKI_KEY_INFO] |= SNP_KEY_VLEK << 2;
	expect(verify(report, true, "vlek = allow\n"), NULL, "vlek = allow");
	row_report(report, &milan);
	expect(verify(report, false, "author-key-digest = " ZERO48 "\n"),
	       "policy.author-key-digest", "no author key");
	row_report(report, &milan);
	report[SNP_TESTPKI_KEY_INFO] |= 1;
	expect(verify(report, false, "author-key-digest = " ZERO48 "\n"), NULL, "author key");
	row_report(report, &milan);
	report[SNP_TESTPKI_KEY_INFO] |= 1;
	report[SNP_TESTPKI_AUTHOR_KEY] = 1;
	expect(verify(report, false, "author-key-digest = " ZERO48 "\n"),
	       "policy.author-key-digest", "another author key");
}

/* All four TCBs are judged, component by component. */
static void tcbs(void **state)
{
	static const struct row milan = {0};
	static const char policy[] = "tcb-milan = bootloader=4 tee=0 snp=24 microcode=219\n";
	uint8_t report[SNP_REPORT_SIZE];

	(void)state;
	row_report(report, &milan);
	report[SNP_TESTPKI_REPORTED_TCB + 7] = 218;
	expect(verify(report, false, policy), "policy.tcb-milan.reported", "reported");
	row_report(report, &milan);
	report[SNP_TESTPKI_REPORTED_TCB + 7] = report[SNP_TESTPKI_COMMITTED_TCB + 7] = 218;
	expect(verify(report, false, policy), "policy.tcb-milan.reported policy.tcb-milan.committed",
	       "committed");
	row_report(report, &milan);
	report[SNP_TESTPKI_REPORTED_TCB + 7] = report[SNP_TESTPKI_COMMITTED_TCB + 7] =
		report[SNP_TESTPKI_CURRENT_TCB + 7] = 218;
	expect(verify(report, false, policy),
	       "policy.tcb-milan.reported policy.tcb-milan.current policy.tcb-milan.committed",
	       "current");
	/* as a number it is higher */
	row_report(report, &milan);
	report[SNP_TESTPKI_LAUNCH_TCB] = 3;
	report[SNP_TESTPKI_LAUNCH_TCB + 7] = 220;
	expect(verify(report, false, policy), "policy.tcb-milan.launch", "component-wise");
	/* what can still be undone is not to be reported */
	row_report(report, &milan);
	report[SNP_TESTPKI_COMMITTED_TCB + 6] = 23;
	expect(verify(report, false, ""), "policy.tcb-order", "order");
	row_report(report, &milan);
	report[SNP_TESTPKI_CURRENT_TCB + 6] = 23;
	expect(verify(report, false, ""), "policy.tcb-order", "order");
}

/* Of a list one has to match; policies are judged behind authenticity, and only when given. */
static void lists_and_order(void **state)
{
	static const struct row milan = {0};
	uint8_t report[SNP_REPORT_SIZE];
	char ones[] = ZERO48, policy[400];

	(void)state;
	memset(ones, '1', sizeof(ones) - 1);
	(void)snprintf(policy, sizeof(policy), "measurement = %s %s\n", ones, ZERO48);
	row_report(report, &milan);
	expect(verify(report, false, policy), NULL, "one of two");
	row_report(report, &milan);
	report[SNP_TESTPKI_MEASUREMENT] = 1;
	expect(verify(report, false, policy), "policy.measurement", "none of two");
}

static void isolation(void **state)
{
	static const struct row milan = {0};
	static const struct {
		const char *demand, *failed;
	} demands[] = {
		{"snp", NULL}, {"snp-or-tdx", NULL}, {"none", NULL}, {"tdx", "policy.isolation"}};
	uint8_t report[SNP_REPORT_SIZE];
	char policy[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(demands); i++) {
		(void)snprintf(policy, sizeof(policy), "\n[boot]\nisolation = %s\n",
			       demands[i].demand);
		row_report(report, &milan);
		expect(verify(report, false, policy), demands[i].failed, policy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_demand),
		cmocka_unit_test(bits_that_must_be_set),
		cmocka_unit_test(versions),
		cmocka_unit_test(keys_and_products),
		cmocka_unit_test(tcbs),
		cmocka_unit_test(lists_and_order),
		cmocka_unit_test(isolation),
	};

	return cmocka_run_group_tests(tests, cli_setup, cli_teardown);
}
