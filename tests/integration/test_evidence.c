/* SPDX-License-Identifier: MIT */
/*
 * The whole Azure path against the paravisor and the metadata service: what passes, and what each
 * lie is refused with, within the time.
 */
#include "azure.h"
#include "evidence_collect.h"
#include "machine.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define BUDGET_MS 12000
#define IN_2010 1262304000
#define IN_2100 4102444800

static struct azure azure;
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

static void use_cache(bool use)
{
	char from[128], to[128];

	(void)snprintf(from, sizeof(from), "%s/pki/vcek.pem", azure.dir);
	(void)snprintf(to, sizeof(to), "%s/config/evidence/vcek.pem", azure.dir);
	(void)unlink(to);
	if (use)
		assert_int_equal(link(from, to), 0);
}

static struct attempt *attempt_new(const char *text)
{
	struct attempt *a = calloc(1, sizeof(*a));

	assert_non_null(a);
	config_init(&a->config);
	if (config_parse(&a->config, "test", text, strlen(text), &a->e) < 0)
		fail_msg("%s", a->e.msg);
	(void)snprintf(a->config_dir, sizeof(a->config_dir), "%s/config", azure.dir);
	(void)snprintf(a->config.policy.amd_roots, sizeof(a->config.policy.amd_roots),
		       "%s/pki/ARK-Milan.pem", azure.dir);
	a->config.network.timeout_ms = 1500;
	a->config.network.metadata[0] = a->config.network.amd_kds[0] = '\0';
	if (azure.port)
		(void)snprintf(a->config.network.metadata, sizeof(a->config.network.metadata),
			       "http://127.0.0.1:%u", azure.port);
	a->at = time(NULL);
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
				    .fetcher = azure.fetcher, .budget_ms = BUDGET_MS};
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
	boot(KNOBS("period-ms=50"));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
	};

	return cmocka_run_group_tests(tests, make_all, end_all);
}
