/* SPDX-License-Identifier: MIT */
/* The frame of 'verify' and 'inspect': options, exit status, output; and event logs through it. */
#include "buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "verify_cli.h"

#define LOGS "tests/vectors/eventlog/"
#define QUOTES "tests/vectors/tpm-quote/"
#define SNP "tests/vectors/snp/"
#define LOG LOGS "gce-01-eventlog.bin"
#define REPORT SNP "snp-10-milan-v3.bin"
#define VCEK SNP "snp-10-vcek.der"
#define OTHER SNP "snp-01-vcek.der"
#define AT "2027-01-01T00:00:00Z"

static void expect_status(struct cli_result r, int status, const char *what)
{
	if (r.status != status)
		fail_msg("%s: status %d instead of %d: %s\n%.*s", what, r.status, status, r.err.msg,
			 (int)r.out.len, (const char *)r.out.data);
	cli_done(&r);
}

#define OK(...) expect_status(CLI(__VA_ARGS__), 0, #__VA_ARGS__)
#define USAGE(...) expect_status(CLI(__VA_ARGS__), 2, #__VA_ARGS__)
#define REFUSED(...) expect_status(CLI(__VA_ARGS__), 3, #__VA_ARGS__)

static void usage(void **state)
{
	(void)state;
	USAGE("verify");
	USAGE("verify", "eventlog");
	USAGE("verify", "eventlog", LOG, LOG);
	USAGE("verify", "luks-header", LOG);
	USAGE("verify", "jws", LOG);
	USAGE("verify", "nothing", LOG);
	USAGE("verify", "eventlog", "/nonexistent");
	USAGE("verify", "eventlog", LOG, "--pcrs");
	USAGE("verify", "eventlog", LOG, "--pcrs", "/nonexistent");
	USAGE("verify", "eventlog", LOG, "--nonsense");
	USAGE("verify", "eventlog", LOG, "--json", "--json");
	USAGE("verify", "eventlog", LOG, "--policy", "/nonexistent");
	USAGE("verify", "snp-report", REPORT);
	USAGE("verify", "tpm-quote", QUOTES "gce-01-sha1.msg");
	USAGE("verify", "tpm-quote", QUOTES "gce-01-sha1.msg", "--signature", LOG);
}

/* An option of another type is not passed over in silence. */
static void foreign_options(void **state)
{
	(void)state;
	USAGE("verify", "eventlog", LOG, "--nonce", "00");
	USAGE("verify", "eventlog", LOG, "--key", LOG);
	USAGE("verify", "eventlog", LOG, "--signature", LOG);
	USAGE("verify", "eventlog", LOG, "--tdx-quote", LOG);
	USAGE("verify", "eventlog", LOG, "--collateral", LOGS);
	USAGE("verify", "eventlog", LOG, "--cert", VCEK);
	USAGE("verify", "snp-report", REPORT, "--cert", VCEK, "--pcrs", LOG);
	USAGE("verify", "snp-report", REPORT, "--cert", VCEK, "--collateral", LOGS);
	USAGE("verify", "tpm-quote", QUOTES "gce-01-sha1.msg", "--signature",
	      QUOTES "gce-01-sha1.tpmt_sig", "--key", QUOTES "gce-01-ak.tpmt_public", "--tdx-quote",
	      LOG);
	USAGE("verify", "tpm-quote", QUOTES "gce-01-sha1.msg", "--signature",
	      QUOTES "gce-01-sha1.tpmt_sig", "--key", QUOTES "gce-01-ak.tpmt_public", "--nonce",
	      "0g");
}

static void cert_lists(void **state)
{
	(void)state;
	OK("verify", "snp-report", REPORT, "--cert", VCEK, "--at", AT);
	OK("verify", "snp-report", REPORT, "--cert=" VCEK, "--at=" AT);
	OK("verify", "snp-report", "--cert=" VCEK, REPORT, "--at", AT);
	OK("verify", "snp-report", REPORT, "--cert", OTHER, "--cert", VCEK, "--at", AT);
	OK("verify", "snp-report", REPORT, "--cert", OTHER, VCEK, "--at", AT);
	OK("verify", "snp-report", REPORT, "--at", AT, "--cert", OTHER, VCEK);
	OK("verify", "snp-report", "--at", AT, "--cert", VCEK, REPORT);
	OK("verify", "snp-report", "--at", AT, "--cert", OTHER, VCEK, REPORT);
	OK("verify", "snp-report", "--at", AT, "--cert", OTHER, "--cert", VCEK, REPORT);
	OK("verify", "snp-report", "--cert", VCEK, "--at", AT, REPORT);
	OK("verify", "snp-report", "--cert", VCEK, "--json", REPORT, "--at", AT);
	OK("verify", "--json", "snp-report", REPORT, "--cert", VCEK, "--at", AT);
	OK("verify", "snp-report", "--at", AT, "--cert", VCEK, "--", REPORT);
	REFUSED("verify", "snp-report", REPORT, "--cert", OTHER, "--at", AT);
	USAGE("verify", "snp-report", REPORT, "--cert");
	USAGE("verify", "snp-report", REPORT, "--cert=");
	USAGE("verify", "snp-report", REPORT, "--cert", "--json");
	USAGE("verify", "snp-report", "--cert", VCEK);
	USAGE("verify", "snp-report", REPORT, "--cert", VCEK, VCEK, VCEK, VCEK, VCEK, VCEK, VCEK,
	      VCEK, VCEK, VCEK, VCEK, VCEK, VCEK, VCEK, VCEK, VCEK, VCEK);
}

static void times(void **state)
{
	(void)state;
	OK("verify", "snp-report", REPORT, "--cert", VCEK, "--at", "2027-01-01T02:00:00.5+02:00");
	REFUSED("verify", "snp-report", REPORT, "--cert", VCEK, "--at", "1970-01-01T00:00:00Z");
	REFUSED("verify", "snp-report", REPORT, "--cert", VCEK, "--at", "2100-01-01T00:00:00Z");
	USAGE("verify", "snp-report", REPORT, "--cert", VCEK, "--at", "2026-01-01");
	USAGE("verify", "snp-report", REPORT, "--cert", VCEK, "--at", "2026-01-01T00:00:00");
	USAGE("verify", "snp-report", REPORT, "--cert", VCEK, "--at", "now");
}

/* {"type","verdict","code","checks","pcrs","decoded"}, and "error" when malformed. */
static void shape(void **state)
{
	_cleanup_cli_ struct cli_result good = CLI("verify", "eventlog", LOG, "--json");
	_cleanup_cli_ struct cli_result bad = CLI("verify", "eventlog", LOGS "cel-cos.tlv", "--json");
	_cleanup_cli_ struct cli_result refused =
		CLI("verify", "eventlog", LOGS "hirs-tpmlog-altered.bin", "--json");
	_cleanup_json_ struct json j = {0}, k = {0}, l = {0};
	const struct cJSON *root = cli_json(&good, &j), *pcrs, *bank;

	(void)state;
	assert_int_equal(good.status, 0);
	assert_string_equal(json_string(json_find(root, "type")), "eventlog");
	assert_string_equal(json_string(json_find(root, "verdict")), "pass");
	assert_string_equal(json_string(json_find(root, "code")), "E000");
	assert_null(json_find(root, "error"));
	assert_true(json_count(json_find(root, "checks")) > 0);
	assert_true(json_is_object(json_find(root, "decoded")));
	pcrs = json_find(root, "pcrs");
	assert_int_equal(json_count(pcrs), 3);
	bank = json_find(pcrs, "sha256");
	assert_int_equal(json_count(bank), 10);
	assert_string_equal(json_string(json_find(bank, "0")),
			    "0f35c214608d93c7a6e68ae7359b4a8be5a0e99eea9107ece427c4dea4e439cf");

	assert_int_equal(bad.status, 2);
	root = cli_json(&bad, &k);
	assert_string_equal(json_string(json_find(root, "verdict")), "fail");
	assert_string_equal(json_string(json_find(root, "code")), "E401");
	assert_non_null(json_string(json_find(root, "error")));
	assert_true(json_is_array(json_find(root, "checks")));
	assert_true(json_is_object(json_find(root, "decoded")));

	assert_int_equal(refused.status, 3);
	root = cli_json(&refused, &l);
	assert_string_equal(json_string(json_find(root, "verdict")), "fail");
	assert_string_equal(json_string(json_find(root, "code")), "E430");
	assert_null(json_find(root, "error"));
}

/* For people: a line a check, nothing wider than 100 columns, the verdict last. */
static void text(void **state)
{
	_cleanup_cli_ struct cli_result r =
		CLI("verify", "snp-report", REPORT, "--cert", OTHER, "--at", AT, "--policy",
		    cli_text("p.conf", "[boot]\nisolation = tdx\n[policy]\nconsole = refuse\n"
				       "mrtd = 00000000000000000000000000000000000000000000000000000"
				       "0000000000000000000000000000000000000000000\n"));
	char *at = (char *)r.out.data, *line, *last = at;

	(void)state;
	assert_int_equal(r.status, 3);
	assert_non_null(strstr(at, "FAIL  snp-report."));
	assert_non_null(strstr(at, "      wanted  "));
	assert_non_null(strstr(at, "not judged"));
	assert_non_null(strstr(at, " mrtd "));
	while ((line = strsep(&at, "\n")) != NULL && *line) {
		assert_true(strlen(line) <= 100);
		last = line;
	}
	assert_non_null(strstr(last, "snp-report: REFUSED, E4"));
}

static void write_pcrs(char *out, size_t size, const char *pcrs)
{
	(void)snprintf(out, size, "{\"sha256\":{%s}}", pcrs);
}

#define PCR_0 "\"0\":\"0f35c214608d93c7a6e68ae7359b4a8be5a0e99eea9107ece427c4dea4e439cf\""
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"

static void pcrs_of_logs(void **state)
{
	static const struct {
		const char *pcrs;
		int status;
	} rows[] = {
		{PCR_0, 0},
		{PCR_0 ",\"23\":\"" ZERO "\"", 0},
		{"\"0\":\"1f35c214608d93c7a6e68ae7359b4a8be5a0e99eea9107ece427c4dea4e439cf\"", 3},
		{"\"4\":\"" ZERO "\"", 3},
		{PCR_0 ",\"11\":\"0f35c214608d93c7a6e68ae7359b4a8be5a0e99eea9107ece427c4dea4e439c0\"",
		 3},
		{PCR_0 ",\"17\":\"" ZERO "\"", 3},
		{"\"0\":\"0f35\"", 2},
		{"\"99\":\"" ZERO "\"", 2},
	};
	char text[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		write_pcrs(text, sizeof(text), rows[i].pcrs);
		expect_status(CLI("verify", "eventlog", LOG, "--pcrs", cli_text("pcrs.json", text)),
			      rows[i].status, rows[i].pcrs);
	}
	OK("verify", "eventlog", LOG, "--pcrs", QUOTES "gce-01-sha1.pcrs.json");
	OK("verify", "eventlog", LOG, "--pcrs", QUOTES "gce-01-sha384.pcrs.json");
	OK("verify", "eventlog", LOGS "guard-x1carbon.bin", "--pcrs",
	   QUOTES "guard-x1carbon.pcrs.json");
	REFUSED("verify", "eventlog", LOGS "glinux-alex.bin", "--pcrs",
		QUOTES "guard-x1carbon.pcrs.json");
	/* a bank that the log does not have */
	REFUSED("verify", "eventlog", LOGS "guard-sha1-bios27.bin", "--pcrs",
		QUOTES "guard-x1carbon.pcrs.json");
}

/* Padding is no event: 1 MiB of it behind a log changes nothing. */
static void padded(void **state)
{
	_cleanup_buf_ struct buf log = BUF_INIT(4 << 20);
	static const uint8_t bytes[2] = {0x00, 0xff};
	uint8_t *padding = malloc(1 << 20);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++) {
		_cleanup_buf_ struct buf file = BUF_INIT(0);

		memset(padding, bytes[i], 1 << 20);
		log = BUF_INIT(4 << 20);
		assert_int_equal(file_read(LOG, 1 << 20, &file, NULL), 0);
		buf_put(&log, file.data, file.len);
		buf_put(&log, padding, 1 << 20);
		OK("verify", "eventlog", cli_file("padded.bin", log.data, log.len), "--pcrs",
		   QUOTES "gce-01-sha384.pcrs.json");
		buf_done(&log);
	}
	log = BUF_INIT(0);
	free(padding);
}

/* Every byte of an event whose data is what was measured counts. */
static void altered(void **state)
{
	_cleanup_buf_ struct buf file = BUF_INIT(0);
	static const uint8_t name[] = {'S', 0, 'e', 0, 'c', 0, 'u', 0, 'r', 0, 'e', 0,
				       'B', 0, 'o', 0, 'o', 0, 't', 0};
	uint8_t *at;

	(void)state;
	assert_int_equal(file_read(LOG, 1 << 20, &file, NULL), 0);
	at = memmem(file.data, file.len, name, sizeof(name));
	assert_non_null(at);
	assert_true(at[sizeof(name)] <= 1);
	at[sizeof(name)] ^= 1;
	REFUSED("verify", "eventlog", cli_file("altered.bin", file.data, file.len));
}

static void policies(void **state)
{
	static const struct {
		const char *policy;
		int status;
		const char *failed;
	} rows[] = {
		{"[policy]\nsecure-boot = any\n", 0, ""},
		{"[policy]\nsecure-boot = required\n", 0, ""},
		{"[policy]\npcr-0 = 0f35c214608d93c7a6e68ae7359b4a8be5a0e99eea9107ece427c4dea4e439cf\n",
		 0, ""},
		{"[policy]\npcr-0 = " ZERO
		 " 0f35c214608d93c7a6e68ae7359b4a8be5a0e99eea9107ece427c4dea4e439cf\n", 0, ""},
		{"[policy]\npcr-0 = " ZERO "\n", 3, "policy.pcr-0.sha256"},
		{"[policy]\npcr-0 = c032c3b51dbb6f96b047421512fd4b4dfde496f3\n", 0, ""},
		{"[policy]\npcr-23 = " ZERO "\n", 0, ""},
		{"[policy]\nevent-4 = EV_EFI_ACTION "
		 "3d6772b4f84ed47595d72a2c4c5ffd15f5bb72c7507fe26f2aaee2c69d5633ba\n", 0, ""},
		{"[policy]\nevent-4 = EV_EFI_ACTION " ZERO "\n", 3, "policy.event-4"},
		{"[policy]\nevent-4 = EV_SEPARATOR "
		 "3d6772b4f84ed47595d72a2c4c5ffd15f5bb72c7507fe26f2aaee2c69d5633ba\n", 3,
		 "policy.event-4"},
	};
	char failed[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_cli_ struct cli_result r =
			CLI("verify", "eventlog", LOG, "--json", "--policy",
			    cli_text("p.conf", rows[i].policy));

		cli_failed(&r, failed, sizeof(failed));
		if (r.status != rows[i].status || strcmp(failed, rows[i].failed) != 0)
			fail_msg("%s: status %d, %s", rows[i].policy, r.status, failed);
	}
	REFUSED("verify", "eventlog", LOGS "uki-secure-boot-off.bin", "--policy",
		cli_text("p.conf", "[policy]\nsecure-boot = required\n"));
	OK("verify", "eventlog", LOGS "uki.bin", "--policy",
	   cli_text("p.conf", "[policy]\nsecure-boot = required\n"));
	USAGE("verify", "eventlog", LOG, "--policy", cli_text("p.conf", "[policy]\nno-key = 1\n"));
	USAGE("verify", "eventlog", LOG, "--policy", cli_text("p.conf", "[policy]\ndebug = no\n"));
}

static bool has(const struct cli_result *r, const char *text)
{
	return memmem(r->out.data, r->out.len, text, strlen(text)) != NULL;
}

#define AZ_QUOTE "verify", "tpm-quote", QUOTES "az-snp-14.msg", "--signature", \
		 QUOTES "az-snp-14.tpmt_sig", "--key", QUOTES "az-snp-14-akcert-nv.der"

/* What a pass doesn't say is said beside it. */
static void limits(void **state)
{
	_cleanup_cli_ struct cli_result
		cert = CLI(AZ_QUOTE),
		chain = CLI(AZ_QUOTE, "--cert", QUOTES "azure-vtpm-ca-global-03.der", "--at", AT),
		log = CLI("verify", "eventlog", LOG, "--policy",
			  cli_text("p.conf", "[policy]\nsecure-boot = required\n")),
		no_cert = CLI("verify", "hcl-report", "tests/vectors/hcl/az-snp-01-milan-v2-hcl.bin"),
		no_tcb = CLI("verify", "tdx-quote", "tests/vectors/tdx/tdx-12-v4-oe.bin", "--at",
			     "2026-06-01T00:00:00Z", "--policy",
			     cli_text("tcb.conf", "[policy]\ntcb-status = UpToDate\n"));

	(void)state;
	assert_int_equal(no_cert.status, 3);
	assert_true(has(&no_cert, "E432") && has(&no_cert, "give it by --cert"));
	assert_int_equal(no_tcb.status, 3);
	assert_true(has(&no_tcb, "E525") && has(&no_tcb, "give it by --collateral"));
	assert_int_equal(cert.status, 0);
	assert_true(has(&cert, "certificate leads to a trusted root is not judged"));
	assert_int_equal(chain.status, 0);
	assert_false(has(&chain, "not judged"));
	assert_int_equal(log.status, 0);
	assert_true(has(&log, "nothing vouches for the log"));
}

/* A quote alone has no PCR values; a value that --pcrs gives and the quote doesn't cover is none either. */
static void pcrs_of_quotes(void **state)
{
	static const char policy[] = "[policy]\npcr-0 = " ZERO "\n";
	const char *conf = cli_text("pcr.conf", policy);
	_cleanup_cli_ struct cli_result alone = CLI(AZ_QUOTE, "--policy", conf);
	_cleanup_cli_ struct cli_result json = CLI(AZ_QUOTE, "--json", "--policy", conf);
	_cleanup_json_ struct json j = {0};
	const struct cJSON *list;

	(void)state;
	assert_int_equal(alone.status, 0);
	assert_true(has(&alone, "not judged, the evidence does not show it:\n"));
	assert_true(has(&alone, " pcr-N \n"));
	assert_true(has(&alone, "are judged with --pcrs"));
	list = json_find(json_find(cli_json(&json, &j), "decoded"), "not_judged");
	assert_true(json_count(list) > 0);
	assert_string_equal(json_string(json_at(list, json_count(list) - 1)), "pcr-N");
	REFUSED(AZ_QUOTE, "--policy", conf, "--pcrs", QUOTES "az-snp-14.pcrs.json");
	REFUSED(AZ_QUOTE, "--policy", cli_text("pcr23.conf", "[policy]\npcr-23 = "
		"0f35c214608d93c7a6e68ae7359b4a8be5a0e99eea9107ece427c4dea4e439cf\n"),
		"--pcrs", QUOTES "az-snp-14.pcrs.json");
}

static void inspects(void **state)
{
	_cleanup_cli_ struct cli_result r = CLI("inspect", "snp-report", REPORT, "--json");
	_cleanup_json_ struct json j = {0};
	const struct cJSON *root = cli_json(&r, &j);

	(void)state;
	assert_int_equal(r.status, 0);
	assert_string_equal(json_string(json_find(root, "type")), "snp-report");
	assert_string_equal(json_string(json_find(root, "file")), REPORT);
	assert_true(json_is_object(json_find(root, "decoded")));
	OK("inspect", "snp-report", REPORT);
	OK("inspect", "eventlog", LOG);
	OK("inspect", "eventlog", LOG, "--json");
	USAGE("inspect", "snp-report", LOG);
	USAGE("inspect", "eventlog", REPORT);
	USAGE("inspect", "hcl-report", LOG);
	USAGE("inspect", "tdx-quote", LOG);
	USAGE("inspect", "tpm-quote", LOG);
	USAGE("inspect", "jws", LOG);
	USAGE("inspect", "eventlog");
	USAGE("inspect", "nothing", LOG);
	USAGE("inspect", "snp-report", "/nonexistent");
	USAGE("inspect", "snp-report", REPORT, "--cert", VCEK);
}

/* Who inspects a file is not told to inspect it, but what it looks like; as JSON that it failed. */
static void not_decoded(void **state)
{
	static const struct {
		const char *verb, *type, *file, *advice;
	} rows[] = {
		{"inspect", "eventlog", "tests/vectors/hcl/az-snp-01-milan-v2-hcl.bin",
		 "begins as a file of type hcl-report does"},
		{"verify", "eventlog", "tests/vectors/hcl/az-snp-01-milan-v2-hcl.bin",
		 "begins as a file of type hcl-report does"},
		{"inspect", "hcl-report", LOG, "begins as a file of type eventlog does"},
		{"inspect", "eventlog", REPORT, "begins as a file of type snp-report does"},
		{"inspect", "hcl-report", "tests/vectors/tdx/tdx-07-v4.bin", "of type tdx-quote does"},
		{"inspect", "snp-report", QUOTES "az-snp-01.msg", "of type tpm-quote does"},
		{"inspect", "tpm-quote", QUOTES "az-snp-01.sig", "cut or altered, or is another kind"},
		{"inspect", "tdx-quote", VCEK, "cut or altered, or is another kind"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_cli_ struct cli_result r = CLI(rows[i].verb, rows[i].type, rows[i].file, "--json");
		_cleanup_json_ struct json j = {0};
		const struct cJSON *root = cli_json(&r, &j);
		const char *code = json_string(json_find(root, "code"));

		assert_int_equal(r.status, 2);
		if (!strstr((const char *)r.messages.data, rows[i].advice) ||
		    strstr((const char *)r.messages.data, "inspect it"))
			fail_msg("%s: %s", rows[i].file, (const char *)r.messages.data);
		assert_string_equal(json_string(json_find(root, "type")), rows[i].type);
		assert_non_null(json_string(json_find(root, "error")));
		assert_true(code && code[0] == 'E' && code[1] == '4');
		if (strcmp(rows[i].verb, "inspect") == 0)
			assert_string_equal(json_string(json_find(root, "file")), rows[i].file);
	}
	expect_status(CLI("inspect", "luks-header", REPORT, "--json"), 1, "a header from no disk");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usage),
		cmocka_unit_test(foreign_options),
		cmocka_unit_test(cert_lists),
		cmocka_unit_test(times),
		cmocka_unit_test(shape),
		cmocka_unit_test(text),
		cmocka_unit_test(pcrs_of_logs),
		cmocka_unit_test(padded),
		cmocka_unit_test(altered),
		cmocka_unit_test(policies),
		cmocka_unit_test(limits),
		cmocka_unit_test(pcrs_of_quotes),
		cmocka_unit_test(inspects),
		cmocka_unit_test(not_decoded),
	};

	return cmocka_run_group_tests(tests, cli_setup, cli_teardown);
}
