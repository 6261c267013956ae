/* SPDX-License-Identifier: MIT */
#include "policy_internal.h"

#include "codec.h"
#include "crypto.h"
#include "eventlog.h"
#include "evidence.h"
#include "hcl_claims.h"
#include "pcr_file.h"

#include <stdio.h>
#include <string.h>

const char *isolation_name(enum isolation i)
{
	switch (i) {
	case ISOLATION_UNSET:
		break;
	case ISOLATION_NONE:
		return "none";
	case ISOLATION_SNP:
		return "snp";
	case ISOLATION_TDX:
		return "tdx";
	case ISOLATION_SNP_OR_TDX:
		return "snp-or-tdx";
	}
	return "unset";
}

bool policy_demands_isolation(const struct policy *p)
{
	return p->isolation != ISOLATION_UNSET && p->isolation != ISOLATION_NONE;
}

bool policy_demands_secure_boot(const struct policy *p)
{
	return p->secure_boot == POLICY_REQUIRED ||
	       (p->secure_boot == POLICY_BY_ISOLATION && policy_demands_isolation(p));
}

void policy_check_bits(struct verdict *v, enum err_code code, const char *key,
		       const struct policy_bits *bits, const struct config_choice *names,
		       uint64_t found)
{
	for (const struct config_choice *c = names; c->text; c++) {
		uint64_t bit = UINT64_C(1) << c->value;
		bool set = bits->set & bit, is = found & bit;
		char name[48];

		if (!((bits->set | bits->clear) & bit))
			continue;
		(void)snprintf(name, sizeof(name), "policy.%s.%s", key, c->text);
		verdict_add(v, code, name, set == is, set ? "set" : "clear", "%s",
			    is ? "set" : "clear");
	}
}

void policy_check_values(struct verdict *v, enum err_code code, const char *key,
			 const struct policy_values *values, const void *found)
{
	char name[48], want[VERDICT_TEXT], got[HEX_SIZE(POLICY_VALUE_SIZE)];
	bool good = false;

	if (values->count == 0)
		return;
	for (size_t i = 0; i < values->count; i++)
		good = good || crypto_equal(values->value[i], found, values->size);
	(void)snprintf(name, sizeof(name), "policy.%s", key);
	hex_encode(want, values->value[0], values->size);
	if (values->count > 1)
		(void)snprintf(want + strlen(want), sizeof(want) - strlen(want),
			       " or %zu other values", values->count - 1);
	hex_encode(got, found, values->size);
	verdict_add(v, code, name, good, want, "%s", got);
}

void policy_check_minimum(struct verdict *v, enum err_code code, const char *key, uint64_t minimum,
			  uint64_t found)
{
	char name[48], want[40];

	if (minimum == 0)
		return;
	(void)snprintf(name, sizeof(name), "policy.%s", key);
	(void)snprintf(want, sizeof(want), "at least %llu", (unsigned long long)minimum);
	verdict_add(v, code, name, found >= minimum, want, "%llu", (unsigned long long)found);
}

static bool accepts(const struct policy *p, enum isolation found)
{
	return p->isolation == found || p->isolation == ISOLATION_SNP_OR_TDX;
}

/* One artefact shows one platform; whether it is authentic the verifier says. */
static void judge_kind(const struct policy *p, enum isolation found, struct verdict *v)
{
	if (policy_demands_isolation(p))
		verdict_add(v, E_ISOLATION, "policy.isolation", accepts(p, found),
			    isolation_name(p->isolation), "%s", isolation_name(found));
}

void policy_judge_snp(const struct policy *p, const struct snp_report *r,
		      const struct snp_leaf *leaf, struct verdict *v)
{
	judge_kind(p, ISOLATION_SNP, v);
	policy_snp_checks(p, r, leaf, v);
}

void policy_judge_tdx(const struct policy *p, const struct tdx_body *td, int status,
		      struct verdict *v)
{
	judge_kind(p, ISOLATION_TDX, v);
	policy_tdx_checks(p, td, status, v);
}

static enum isolation platform_of(const struct evidence *e)
{
	return e->snp ? ISOLATION_SNP : e->td ? ISOLATION_TDX : ISOLATION_NONE;
}

/* Without certificate or quote the report is only words; a policy can accept that. */
static void judge_offline(const struct policy *p, struct verdict *v)
{
	verdict_add(v, E_EVIDENCE_OFFLINE, "policy.evidence-offline",
		    p->evidence_offline == POLICY_ALLOW,
		    p->evidence_offline == POLICY_ALLOW ? "allow" : "a certificate or quote", "%s",
		    "none at hand: the report's signature is not verified");
}

static void judge_isolation(const struct policy *p, const struct evidence *e, struct verdict *v)
{
	enum isolation found = platform_of(e);
	bool authentic = found == ISOLATION_SNP ? e->snp_authentic : e->td_authentic;
	const char *want = isolation_name(p->isolation);
	const char *platform = e->platform[0] ? e->platform : "no report of isolating hardware";

	if (p->isolation == ISOLATION_UNSET)
		verdict_add(v, E_ISOLATION, "policy.isolation", false,
			    "a key isolation in [boot]", "none is given; the platform is %s", platform);
	else if (!policy_demands_isolation(p))
		verdict_add(v, E_ISOLATION, "policy.isolation", true, want, "%s", platform);
	else if (found == ISOLATION_NONE)
		verdict_add(v, E_ISOLATION, "policy.isolation", false, want, "%s", platform);
	else if (!accepts(p, found))
		verdict_add(v, E_ISOLATION, "policy.isolation", false, want, "%s: %s",
			    isolation_name(found), platform);
	else if (!authentic && !e->offline)
		verdict_add(v, E_ISOLATION, "policy.isolation", false, want,
			    "%s, but its report is not authentic", isolation_name(found));
	else
		verdict_add(v, E_ISOLATION, "policy.isolation", true, want, "%s",
			    isolation_name(found));
	if (policy_demands_isolation(p) && accepts(p, found) && !authentic && e->offline)
		judge_offline(p, v);
}

/* Claims say something only when the report carries them and the TPM in use is the one they name. */
static void judge_vtpm(const struct evidence *e, struct verdict *v)
{
	verdict_add(v, E_AK, "policy.vtpm", e->claims_bound && e->ak_bound && e->pcrs_quoted,
		    "the report's own vTPM", "%s",
		    !e->claims_bound ? "claims that the report does not carry" :
		    !e->ak_bound ? "a TPM with another attestation key" :
		    !e->pcrs_quoted ? "PCR values without a quote" : "the report's own vTPM");
}

/*
 * Without claims nothing ties a TPM to the report: it may be the host's, and its PCRs and its log are
 * then what the host likes. Demands on them can't be met by that.
 */
static void judge_unbound_tpm(const struct policy *p, const struct evidence *e, struct verdict *v)
{
	if (p->pcr_count > 0 || p->event_count > 0 || policy_demands_secure_boot(p))
		verdict_add(v, E_AK, "policy.vtpm", e->pcrs_quoted,
			    "a vTPM of the report's for secure-boot, pcr-N and event-N", "%s",
			    e->pcrs_quoted ? "quoted PCR values" :
					     "a report that names no vTPM: nothing vouches for PCRs");
}

static void judge_secure_boot(const struct policy *p, const struct evidence *e, struct verdict *v)
{
	bool have_log = e->log && e->log_replayed;

	if (!policy_demands_secure_boot(p))
		return;
	if (e->claims)
		verdict_add(v, E_POLICY_SECURE_BOOT, "policy.secure-boot",
			    e->claims->secure_boot == HCL_TRUE, "on", "%s",
			    e->claims->secure_boot == HCL_TRUE ? "on" :
			    e->claims->secure_boot == HCL_FALSE ? "off, by the claims" :
								  "no such claim");
	else if (!have_log)
		verdict_add(v, E_POLICY_SECURE_BOOT, "policy.secure-boot", false, "on", "%s",
			    e->log ? "the event log does not give the PCR values" :
				     "neither claims nor an event log");
}

static void judge_log(const struct policy *p, const struct evidence *e, struct verdict *v)
{
	static const struct eventlog none;

	if (e->log && e->log_replayed) {
		policy_judge_eventlog(p, e->log, v);
		return;
	}
	if (p->event_count > 0)
		verdict_add(v, E_REPLAY, "policy.event-log", false,
			    "an event log that gives the PCR values", "%s",
			    e->log ? "one that does not" : "none");
	policy_event_checks(p, &none, v);
}

void policy_judge(const struct policy *p, const struct evidence *e, struct verdict *v)
{
	static const struct hcl_claims no_claims;
	static const struct pcr_values no_pcrs;

	judge_isolation(p, e, v);
	if (policy_demands_isolation(p)) {
		if (e->claims)
			judge_vtpm(e, v);
		else if (e->snp || e->td)
			judge_unbound_tpm(p, e, v);
		if (e->snp)
			policy_snp_checks(p, e->snp, e->snp_leaf, v);
		else if (e->td)
			policy_tdx_checks(p, e->td, e->td_status, v);
	}
	judge_secure_boot(p, e, v);
	policy_claims_checks(p, e->claims ? e->claims : &no_claims, v);
	policy_judge_pcrs(p, e->pcrs ? e->pcrs : &no_pcrs, v);
	judge_log(p, e, v);
}
