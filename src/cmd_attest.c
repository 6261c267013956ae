/* SPDX-License-Identifier: MIT */
#include "evidence_collect.h"
#include "floor.h"
#include "json.h"
#include "verbs.h"
#include "verify.h"
#include "verify_print.h"

enum { O_CONFIG, O_TCTI, O_JSON, O_COUNT };

const struct verb_option attest_options[] = {
	[O_CONFIG] = {"config", "DIR", "configuration folder (default /etc/cvmcrypt)"},
	[O_TCTI] = {"tcti", "CONF", "TPM to use, as tpm2-tss names it"},
	[O_JSON] = {"json", NULL, "print the result as JSON"},
	[O_COUNT] = {NULL, NULL, NULL}};

#define REFUSED 3

/* What is too damaged to be described is a failed check by now: the verdict is still to be told. */
static int described(int r)
{
	return r == -E_NOMEM ? r : 0;
}

/* What the hardware said, in the words of 'inspect'. */
static int describe(const struct collection *c, struct cJSON *decoded, struct err *reterr)
{
	struct cJSON *part;
	bool ok = true;
	int r = 0;

	evidence_describe(c, decoded, &ok);
	if (c->evidence.claims) {
		part = json_add_object(decoded, "hcl_report", &ok);
		r = described(inspect_hcl_report("report", c->report.data, c->report.len, part,
						 reterr));
	} else if (c->evidence.snp) {
		part = json_add_object(decoded, "snp_report", &ok);
		r = described(inspect_snp_report("report", c->snp.bytes, SNP_REPORT_SIZE, part,
						 reterr));
	}
	if (r == 0 && c->evidence.td && c->quote.len > 0 && !c->evidence.offline) {
		part = json_add_object(decoded, "tdx_quote", &ok);
		r = described(inspect_tdx_quote("quote", c->quote.data, c->quote.len, part, reterr));
	}
	return r < 0 || ok ? r : err_set(reterr, E_NOMEM, "no memory for the result");
}

static int print(struct collection *c, bool json, struct err *reterr)
{
	struct verify_result result = {.verdict = c->verdict, .decoded = json_new_object()};
	int status = verdict_pass(&c->verdict) ? 0 : REFUSED, r;

	if (!result.decoded)
		return err_set(reterr, E_NOMEM, "no memory for the result");
	r = describe(c, result.decoded, reterr);
	if (r == 0 && json)
		r = verify_print_json("attest", &result, NULL, reterr);
	else if (r == 0)
		verify_print_text("attest", &result);
	json_free(result.decoded);
	return r < 0 ? r : status;
}

/* Not every machine has a TPM; then the kernel may still give a report. */
static int open_tpm(const char *tcti, const char *configured, struct tpm **ret, struct err *reterr)
{
	int r = tpm_open(ret, tcti ? tcti : configured, true, reterr);

	return r == -E_TPM_ABSENT && !tcti ? 0 : r;
}

int cmd_attest(int argc, char **argv, struct err *reterr)
{
	_cleanup_collection_ struct collection *c = NULL;
	_cleanup_tpm_ struct tpm *tpm = NULL;
	struct collect_request q = {0};
	const char *values[O_COUNT];
	struct config config;
	int count, r;

	r = verb_parse(attest_options, argc, argv, values, &count, reterr);
	if (r == 0 && count > 0)
		r = err_set(reterr, E_USAGE, "'attest' takes no arguments");
	q.config_dir = values[O_CONFIG] ? values[O_CONFIG] : CONFIG_DIR;
	if (r == 0)
		r = config_load(&config, q.config_dir, reterr);
	if (r == 0)
		r = open_tpm(values[O_TCTI], config.tpm, &tpm, reterr);
	if (r < 0)
		return r;
	q.config = &config;
	q.tpm = tpm;
	q.floor = floor_seconds(q.config_dir);
	q.at = floor_now(q.floor);
	r = evidence_collect(&c, &q, reterr);
	if (r < 0)
		return r;
	policy_judge(&config.policy, &c->evidence, &c->verdict);
	return print(c, values[O_JSON] != NULL, reterr);
}
