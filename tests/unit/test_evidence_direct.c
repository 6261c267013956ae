/* SPDX-License-Identifier: MIT */
/*
 * What comes before the volumes without a vTPM: the kernel's report interface, on a recorded tree
 * (no hardware here has one), and who gets leave to ask for a key.
 */
#include "boot.h"
#include "evidence_collect.h"
#include "file.h"
#include "platform.h"
#include "platform_report.h"
#include "snp_testpki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define ENTRY "/sys/kernel/config/tsm/report/cvmcrypt"

static char top[] = "/tmp/cvmcrypt-tsm-XXXXXX";

static void put(const char *name, const void *bytes, size_t len)
{
	char path[160];
	struct err e;

	(void)snprintf(path, sizeof(path), "%s" ENTRY "/%s", top, name);
	assert_int_equal(file_replace(path, bytes, len, 0600, &e), 0);
}

static void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

static int make_tree(void **state)
{
	static const char *const folders[] = {"/sys", "/sys/kernel", "/sys/kernel/config",
					      "/sys/kernel/config/tsm",
					      "/sys/kernel/config/tsm/report", ENTRY};
	uint8_t report[SNP_REPORT_SIZE];
	char path[160];

	(void)state;
	if (!mkdtemp(top))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", top, folders[i]);
		if (mkdir(path, 0700) < 0)
			return -1;
	}
	snp_testpki_report(report, 3, SNP_MILAN);
	put("outblob", report, sizeof(report));
	put_text("provider", "sev_guest\n");
	put_text("generation", "1\n");
	put_text("inblob", "");
	return 0;
}

static int remove_tree(void **state)
{
	static const char *const names[] = {ENTRY "/outblob", ENTRY "/provider", ENTRY "/generation",
					    ENTRY "/inblob", ENTRY, "/sys/kernel/config/tsm/report",
					    "/sys/kernel/config/tsm", "/sys/kernel/config",
					    "/sys/kernel", "/sys", ""};
	char path[160];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", top, names[i]);
		(void)remove(path);
	}
	platform_set_root("/");
	return 0;
}

static void test_report(void **state)
{
	_cleanup_buf_ struct buf report = BUF_INIT(PLATFORM_REPORT_MAX);
	_cleanup_buf_ struct buf asked = BUF_INIT(0);
	uint8_t data[PLATFORM_REPORT_DATA];
	char provider[PLATFORM_PROVIDER_MAX], path[160];
	struct err e;

	(void)state;
	platform_set_root(top);
	memset(data, 0x5a, sizeof(data));
	assert_int_equal(platform_report(data, provider, &report, &e), 0);
	assert_string_equal(provider, "sev_guest");
	assert_int_equal(report.len, SNP_REPORT_SIZE);
	(void)snprintf(path, sizeof(path), "%s" ENTRY "/inblob", top);
	assert_int_equal(file_read(path, 256, &asked, &e), 0);
	assert_int_equal(asked.len, sizeof(data));
	assert_memory_equal(asked.data, data, sizeof(data));
}

static struct collection *collect(const char *text)
{
	struct collect_request q = {.config_dir = top, .at = 1800000000};
	struct collection *c = NULL;
	struct config config;
	struct err e;

	config_init(&config);
	assert_int_equal(config_parse(&config, "test", text, strlen(text), &e), 0);
	config.network.metadata[0] = config.network.amd_kds[0] = '\0';
	q.config = &config;
	assert_int_equal(evidence_collect(&c, &q, &e), 0);
	policy_judge(&config.policy, &c->evidence, &c->verdict);
	return c;
}

/* A report that was made before the nonce was chosen */
static void test_replayed(void **state)
{
	_cleanup_collection_ struct collection *c = NULL;
	const struct check *failed;

	(void)state;
	platform_set_root(top);
	c = collect("[boot]\nisolation = snp\n");
	assert_string_equal(c->source, "direct");
	failed = verdict_first_failure(&c->verdict);
	assert_string_equal(failed->name, "snp-report.report-data");
	assert_int_equal(failed->code, E_STALE);
}

static void test_other_provider(void **state)
{
	_cleanup_collection_ struct collection *c = NULL;

	(void)state;
	platform_set_root(top);
	put_text("provider", "arm_cca_guest\n");
	c = collect("[boot]\nisolation = snp\n");
	put_text("provider", "sev_guest\n");
	assert_int_equal(verdict_first_failure(&c->verdict)->code, E_EVIDENCE_ABSENT);
}

/* No report: a TD's is not asked of the metadata service, which would make one of nothing. */
static void test_empty(void **state)
{
	_cleanup_collection_ struct collection *c = NULL;
	uint8_t report[SNP_REPORT_SIZE];
	const struct check *failed;

	(void)state;
	platform_set_root(top);
	put_text("provider", "tdx_guest\n");
	put_text("outblob", "");
	c = collect("[boot]\nisolation = tdx\n[policy]\nevidence-offline = allow\n");
	put_text("provider", "sev_guest\n");
	snp_testpki_report(report, 3, SNP_MILAN);
	put("outblob", report, sizeof(report));
	failed = verdict_first_failure(&c->verdict);
	assert_string_equal(failed->name, "report.read");
	assert_false(c->evidence.offline);
}

static void test_nothing(void **state)
{
	_cleanup_collection_ struct collection *c = NULL;

	(void)state;
	platform_set_root("/nowhere");
	c = collect("[boot]\nisolation = snp-or-tdx\n");
	assert_string_equal(c->source, "");
	assert_int_equal(verdict_first_failure(&c->verdict)->code, E_ISOLATION);
}

static void test_leave(void **state)
{
	_cleanup_verdict_ struct verdict v = {0};
	struct policy p;
	struct err e = {0};

	(void)state;
	memset(&p, 0, sizeof(p));
	p.isolation = ISOLATION_SNP;
	assert_null(admission_without_isolation(&p, &e));
	assert_int_equal(e.code, E_ISOLATION);
	p.isolation = ISOLATION_UNSET;
	assert_null(admission_without_isolation(&p, &e));
	p.isolation = ISOLATION_NONE;
	assert_non_null(admission_without_isolation(&p, &e));
	/* nothing was checked */
	assert_null(admission_by_verdict(&v, &e));
	verdict_add(&v, E_POLICY_DEBUG, "policy.debug", true, "no", "no");
	assert_non_null(admission_by_verdict(&v, &e));
	verdict_add(&v, E_POLICY_VMPL, "policy.vmpl", false, "0", "1");
	assert_null(admission_by_verdict(&v, &e));
	assert_int_equal(e.code, E_POLICY_VMPL);
	v.count = 1;
	v.lost = true;
	assert_null(admission_by_verdict(&v, &e));
}

/* isolation = none: no evidence, no TPM command, no network */
static void test_none(void **state)
{
	struct config config;
	struct boot b = {.config = &config};
	struct err e = {0};

	(void)state;
	config_init(&config);
	(void)snprintf(config.tpm, sizeof(config.tpm), "/dev/there-is-no-such-tpm");
	config.policy.isolation = ISOLATION_NONE;
	assert_non_null(boot_judge(&b, &e));
	assert_null(b.tpm);
	assert_null(b.evidence);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_report), cmocka_unit_test(test_replayed),
		cmocka_unit_test(test_other_provider), cmocka_unit_test(test_empty),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_leave), cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
