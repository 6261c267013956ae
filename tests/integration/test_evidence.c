/* SPDX-License-Identifier: MIT */
/*
 * The whole Azure path against the paravisor and the metadata service: what passes, and what each
 * lie is refused with, within the time.
 */
#include "azure.h"
#include "evidence_collect.h"
#include "file.h"
#include "machine.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define BUDGET_MS 12000
#define IN_2010 1262304000
#define IN_2050 2524608000
#define IN_2100 4102444800

static struct azure azure;
static int64_t clock_now;	/* 0: the real one */
static int64_t built_at;
static bool have;

struct attempt {
	struct config config;
	struct collection *c;
	struct err e;
	char config_dir[96];
	int64_t at;
};

static int make_all(void **state)
{
	(void)state;
	have = azure_make(&azure);
	return 0;
}

static int end_all(void **state)
{
	(void)state;
	azure_off(&azure);
	return 0;
}

#define KNOBS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_FAULTS ((const char *const[]){NULL})

static void boot(const char *const *knobs)
{
	if (!have) {
		print_message("no swtpm, or no paravisor\n");
		skip();
	}
	assert_true(azure_boot(&azure, knobs));
}

/* The VCEK of now goes into the cache, with the intermediate that is not AMD's. */
static void use_cache(bool use)
{
	_cleanup_buf_ struct buf all = BUF_INIT(65536);
	static const char *const names[] = {"vcek.pem", "chain.pem"};
	char path[128];
	struct err e;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_buf_ struct buf one = BUF_INIT(65536);

		(void)snprintf(path, sizeof(path), "%s/pki/%s", azure.dir, names[i]);
		assert_int_equal(file_read(path, 65536, &one, &e), 0);
		buf_put(&all, one.data, one.len);
	}
	(void)snprintf(path, sizeof(path), "%s/config/evidence/vcek.pem", azure.dir);
	(void)unlink(path);
	if (use)
		assert_int_equal(file_replace(path, all.data, all.len, 0600, &e), 0);
}

static struct attempt *attempt_new(const char *text)
{
	struct attempt *a = calloc(1, sizeof(*a));

	assert_non_null(a);
	config_init(&a->config);
	if (config_parse(&a->config, "test", text, strlen(text), &a->e) < 0)
		fail_msg("%s", a->e.msg);
	(void)snprintf(a->config_dir, sizeof(a->config_dir), "%s/config", azure.dir);
	(void)snprintf(a->config.policy.intel_roots, sizeof(a->config.policy.intel_roots),
		       "%s/pki/intel-root.der", azure.dir);
	(void)snprintf(a->config.policy.amd_roots, sizeof(a->config.policy.amd_roots),
		       "%s/pki/ARK-Milan.pem", azure.dir);
	a->config.network.timeout_ms = 1500;
	a->config.network.metadata[0] = a->config.network.amd_kds[0] = '\0';
	if (azure.port)
		(void)snprintf(a->config.network.metadata, sizeof(a->config.network.metadata),
			       "http://127.0.0.1:%u", azure.port);
	a->at = clock_now ? clock_now : time(NULL);
	return a;
}

static void attempt_free(struct attempt *a)
{
	collection_freep(&a->c);
	free(a);
}

static int collect(struct attempt *a)
{
	_cleanup_tpm_ struct tpm *t = NULL;
	struct collect_request q = {.config = &a->config, .config_dir = a->config_dir, .at = a->at,
				    .floor = built_at, .fetcher = azure.fetcher, .budget_ms = BUDGET_MS};
	int r = tpm_open(&t, azure.conf, true, &a->e);

	q.tpm = t;
	if (r == 0)
		r = evidence_collect(&a->c, &q, &a->e);
	if (r == 0)
		policy_judge(&a->config.policy, &a->c->evidence, &a->c->verdict);
	return r;
}

#define SNP \
	"[boot]\nisolation = snp\n" \
	"[volume root]\nrole = os\ndevice = /dev/x\n"

static void say(const struct attempt *a)
{
	for (size_t i = 0; i < a->c->verdict.count; i++) {
		const struct check *k = &a->c->verdict.check[i];

		if (!k->pass)
			print_message("E%03d %s: wanted %s, found %s\n", (int)k->code, k->name, k->want,
				      k->got);
	}
	print_message("%s\n", a->c->offline.msg);
}

/* One collection under this config that gives this code. */
static struct attempt *expect(const char *config, int code)
{
	struct attempt *a = attempt_new(config);
	const struct check *failed;

	if (collect(a) < 0)
		fail_msg("E%03d %s", a->e.code, a->e.msg);
	failed = verdict_first_failure(&a->c->verdict);
	if ((failed ? (int)failed->code : 0) != code)
		say(a);
	assert_int_equal(failed ? (int)failed->code : 0, code);
	assert_int_equal(verdict_pass(&a->c->verdict), code == 0);
	assert_true(a->c->ms < BUDGET_MS + 1500);
	return a;
}

static void test_right(void **state)
{
	struct attempt *a;

	(void)state;
	boot(KNOBS("period-ms=0"));
	use_cache(false);
	assert_true(azure_metadata(&azure, NO_FAULTS));
	a = expect(SNP, 0);
	assert_string_equal(a->c->certified_by, "metadata");
	assert_true(a->c->evidence.snp_authentic && a->c->evidence.ak_bound &&
		    a->c->evidence.claims_bound && a->c->evidence.pcrs_quoted);
	assert_true(a->c->nonce_in_report);
	print_message("%u TPM commands, %lld ms\n", a->c->tpm_commands, (long long)a->c->ms);
	attempt_free(a);
}

/* The answer that a lie gets, with everything else right. */
static const struct lie {
	const char *knobs[4];
	int code;
	const char *check;	/* NULL: any */
} lies[] = {
	{{"report-data=wrong"}, E_REPORT_BINDING, "hcl-report.binding"},
	{{"report-data=upper-half"}, E_REPORT_BINDING, "hcl-report.binding"},
	{{"ak=other"}, E_AK, "tpm.ak"},
	/* not restricted: it would sign anything; each of the other attributes in turn */
	{{"ak-attributes=0x00040472"}, E_AK, "tpm.ak-attributes"},
	{{"ak-attributes=0x00050072"}, E_AK, "tpm.ak-attributes"},
	{{"json=duplicate"}, E_HCL_MALFORMED, "hcl-report.form"},
	{{"json=second-ak"}, E_HCL_MALFORMED, "hcl-report.form"},
	{{"json=trailing"}, E_HCL_MALFORMED, "hcl-report.form"},
	{{"signature-wrong=yes"}, E_SIGNATURE, NULL},
	{{"policy=0xb001f"}, E_POLICY_DEBUG, "policy.debug"},
	{{"policy=0x7001f"}, E_POLICY_MIGRATION, NULL},
	{{"vmpl=1"}, E_POLICY_VMPL, "policy.vmpl"},
	{{"secure-boot=no"}, E_POLICY_SECURE_BOOT, "policy.secure-boot"},
	{{"tpm-persisted=no"}, E_POLICY_VTPM, "policy.vtpm-persistent"},
	{{"tee=none"}, E_ISOLATION, "policy.isolation"},
};

static void one_lie(const struct lie *lie)
{
	const struct check *failed;
	struct attempt *a;

	boot((const char *const[]){"period-ms=0", lie->knobs[0], lie->knobs[1], NULL});
	print_message("%s\n", lie->knobs[0]);
	a = expect(SNP "[policy]\nvtpm-persistent = required\n", lie->code);
	failed = verdict_first_failure(&a->c->verdict);
	if (lie->check)
		assert_string_equal(failed->name, lie->check);
	attempt_free(a);
}

static void test_lies(void **state)
{
	(void)state;
	boot(NULL);
	use_cache(false);
	assert_true(azure_metadata(&azure, NO_FAULTS));
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++)
		one_lie(&lies[i]);
}

/* What may differ: upper case, no user-data, every version of the report. */
static void test_variants(void **state)
{
	static const char *const right[][3] = {
		{"user-data=upper"}, {"user-data=omit"}, {"version=2"}, {"version=5"},
		{"console=no"}, {"chip=77", "version=4"},
	};

	(void)state;
	boot(NULL);
	use_cache(false);
	assert_true(azure_metadata(&azure, NO_FAULTS));
	for (size_t i = 0; i < ARRAY_SIZE(right); i++) {
		struct attempt *a;

		boot((const char *const[]){"period-ms=0", right[i][0], right[i][1], NULL});
		print_message("%s\n", right[i][0]);
		a = expect(SNP, 0);
		assert_int_equal(a->c->nonce_in_report, i != 1);
		attempt_free(a);
	}
}

static void test_demands(void **state)
{
	static const struct {
		const char *config;
		int code;
	} demands[] = {
		{"tcb-milan = bootloader=4 tee=0 snp=24 microcode=219", 0},
		{"tcb-milan = bootloader=4 tee=0 snp=24 microcode=220", E_POLICY_TCB},
		{"tcb-milan = bootloader=5 tee=0 snp=24 microcode=219", E_POLICY_TCB},
		{"deny-products = milan", E_POLICY_PRODUCT},
		{"min-report-version = 4", E_POLICY_VERSION},
		{"measurement = 3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e"
		 "3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e", 0},
		{"measurement = 3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e"
		 "3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3f", E_POLICY_MEASUREMENT},
		{"pcr-16 = 0000000000000000000000000000000000000000000000000000000000000000", 0},
		{"pcr-16 = 0100000000000000000000000000000000000000000000000000000000000000",
		 E_POLICY_PCR},
	};

	(void)state;
	boot(KNOBS("period-ms=0"));
	use_cache(true);
	for (size_t i = 0; i < ARRAY_SIZE(demands); i++) {
		char text[1024];
		struct attempt *a;

		(void)snprintf(text, sizeof(text), SNP "[policy]\n%s\n", demands[i].config);
		print_message("%s\n", demands[i].config);
		a = expect(text, demands[i].code);
		assert_string_equal(a->c->certified_by, "cache");
		attempt_free(a);
	}
}

/* The paravisor gives an old report without a word: it is asked again, three times. */
static void test_stale(void **state)
{
	struct attempt *a;

	(void)state;
	boot(KNOBS("stale=1"));
	use_cache(true);
	attempt_free(expect(SNP, 0));
	a = expect(SNP, 0);
	assert_true(a->c->tries == 2 || a->c->tries == 3);
	attempt_free(a);
	boot(KNOBS("period-ms=0", "stale=0xffffffff"));
	attempt_free(expect(SNP, 0));
	a = expect(SNP, E_STALE);
	assert_int_equal(a->c->tries, 4);
	attempt_free(a);
}

/* Another program's index in the nonce's place */
static void test_user_data_index(void **state)
{
	struct attempt *a;

	(void)state;
	/* ownerWrite, ownerRead, noDA: 32 bytes */
	boot(KNOBS("period-ms=0", "user-data-attributes=0x02020002", "user-data-size=32"));
	use_cache(true);
	attempt_free(expect(SNP, E_STALE));
	/* as other tools define it */
	boot(KNOBS("period-ms=0", "user-data-attributes=0x02020002", "user-data-size=64"));
	a = expect(SNP, 0);
	attempt_free(a);
	boot(KNOBS("period-ms=0", "user-data-attributes=0x02060006", "user-data-size=64"));
	attempt_free(expect(SNP, 0));
}

/* On another chip: what was cached is of no use, and what the service gives must be this chip's. */
static void test_moved(void **state)
{
	struct attempt *a;

	(void)state;
	boot(KNOBS("period-ms=0"));
	assert_true(azure_keep_pki(&azure));
	use_cache(true);
	boot(KNOBS("period-ms=0", "chip=99"));
	assert_true(azure_metadata(&azure, NO_FAULTS));
	a = expect(SNP, 0);
	assert_string_equal(a->c->certified_by, "metadata");
	attempt_free(a);
	assert_true(azure_metadata(&azure, KNOBS("other")));
	attempt_free(expect(SNP, E_CERT_BINDING));
	assert_true(azure_metadata(&azure, NULL));
	a = expect(SNP, E_EVIDENCE_OFFLINE);
	attempt_free(a);
	a = expect(SNP "[policy]\nevidence-offline = allow\n", 0);
	assert_true(a->c->evidence.offline && !a->c->evidence.snp_authentic);
	attempt_free(a);
	/* firmware was updated, the chip is the same */
	boot(KNOBS("period-ms=0", "tcb=04000000000018dc"));
	assert_true(azure_metadata(&azure, NO_FAULTS));
	a = expect(SNP, 0);
	assert_string_equal(a->c->certified_by, "metadata");
	attempt_free(a);
}

static void test_hostile_service(void **state)
{
	static const struct {
		const char *fault;
		const char *word;	/* in why there is no certificate */
	} faults[] = {
		{"silent", "took too long"}, {"slow", ""}, {"redirect", ""}, {"huge", ""},
		{"wrong-type", ""}, {"not-json", ""}, {"duplicate", ""}, {"404", ""},
		{"500", ""}, {"400", ""},
	};

	(void)state;
	boot(KNOBS("period-ms=0"));
	use_cache(false);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct attempt *a;

		assert_true(azure_metadata(&azure, KNOBS(faults[i].fault)));
		print_message("%s\n", faults[i].fault);
		a = expect(SNP, E_EVIDENCE_OFFLINE);
		print_message("  %s (%lld ms)\n", a->c->offline.msg, (long long)a->c->ms);
		attempt_free(a);
	}
	assert_true(azure_metadata(&azure, KNOBS("503x2")));
	attempt_free(expect(SNP, 0));
	assert_true(azure_metadata(&azure, KNOBS("429x1")));
	attempt_free(expect(SNP, 0));
}

/* The clock is the host's, and decides nothing; the floor does (docs/time.md). */
static void test_time(void **state)
{
	static const int64_t clocks[] = {1, IN_2010, IN_2100};

	(void)state;
	boot(KNOBS("period-ms=0"));
	use_cache(true);
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		clock_now = clocks[i];
		built_at = time(NULL) - 86400;
		attempt_free(expect(SNP, 0));
		/* an image from after the certificates' end */
		built_at = IN_2050;
		attempt_free(expect(SNP, E_CERT_TIME));
	}
	clock_now = built_at = 0;
}

/* TDX demanded, and it is SEV-SNP; nothing demanded. */
static void test_isolation(void **state)
{
	(void)state;
	boot(KNOBS("period-ms=0"));
	use_cache(true);
	attempt_free(expect("[boot]\nisolation = tdx\n", E_ISOLATION));
	attempt_free(expect("[boot]\nisolation = snp-or-tdx\n", 0));
}

/* 'attest' tells its verdict, also of a report that nobody can read: of a version to come. */
static void test_attest(void **state)
{
	static const char text[] = "[boot]\nisolation = snp\n";
	char dir[128], path[160];
	char verb[] = "attest", config[] = "--config", tcti[] = "--tcti";
	char *argv[] = {verb, config, dir, tcti, azure.conf, NULL};
	struct err e = {0};

	(void)state;
	boot(KNOBS("period-ms=0", "version=6"));
	(void)snprintf(dir, sizeof(dir), "%s/config", azure.dir);
	(void)snprintf(path, sizeof(path), "%s/cvmcrypt.conf", dir);
	assert_int_equal(file_replace(path, text, strlen(text), 0600, &e), 0);
	assert_int_equal(cmd_attest(5, argv, &e), 3);
	(void)unlink(path);
}

#define TDX "[boot]\nisolation = tdx\n"

static void test_tdx(void **state)
{
	static const struct lie tdx_lies[] = {
		{{"report-data=wrong"}, E_REPORT_BINDING, "hcl-report.binding"},
		{{"td-attributes=1"}, E_POLICY_DEBUG, NULL},
		{{"ak=other"}, E_AK, "tpm.ak"},
		/* the quoting enclave makes no quote of a report that another CPU made */
		{{"signature-wrong=yes"}, E_EVIDENCE_OFFLINE, NULL},
	};
	struct attempt *a;

	(void)state;
	boot(KNOBS("tee=tdx", "period-ms=0"));
	assert_true(azure_metadata(&azure, NO_FAULTS));
	a = expect(TDX, 0);
	assert_true(a->c->evidence.td_authentic && a->c->evidence.ak_bound);
	assert_string_equal(a->c->certified_by, "metadata");
	attempt_free(a);
	attempt_free(expect("[boot]\nisolation = snp\n", E_ISOLATION));
	assert_true(azure_metadata(&azure, KNOBS("quote:silent")));
	attempt_free(expect(TDX, E_EVIDENCE_OFFLINE));
	a = expect(TDX "[policy]\nevidence-offline = allow\n", 0);
	assert_false(a->c->evidence.td_authentic);
	attempt_free(a);
	assert_true(azure_metadata(&azure, KNOBS("quote:not-json")));
	attempt_free(expect(TDX, E_EVIDENCE_OFFLINE));
	assert_true(azure_metadata(&azure, NO_FAULTS));
	for (size_t i = 0; i < ARRAY_SIZE(tdx_lies); i++) {
		boot((const char *const[]){"tee=tdx", "period-ms=0", tdx_lies[i].knobs[0], NULL});
		print_message("%s\n", tdx_lies[i].knobs[0]);
		attempt_free(expect(TDX, tdx_lies[i].code));
	}
}

/* usage: test_evidence [NAME] */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_variants),
		cmocka_unit_test(test_demands),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_user_data_index),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_hostile_service),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_isolation),
		cmocka_unit_test(test_attest),
		cmocka_unit_test(test_tdx),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, make_all, end_all);
}
