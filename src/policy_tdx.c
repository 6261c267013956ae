/* SPDX-License-Identifier: MIT */
#include "policy_internal.h"

#include "codec.h"
#include "tdx_tcb.h"

#include <stdio.h>
#include <string.h>

static bool is_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

static void judge_migration(const struct policy *p, const struct tdx_body *td, struct verdict *v)
{
	bool migratable = td->attributes & TDX_ATTR_MIGRATABLE;
	bool service = td->has_servtd && !is_zero(td->mrservtd, sizeof(td->mrservtd));

	if (p->migration == POLICY_REFUSE)
		verdict_add(v, E_POLICY_MIGRATION, "policy.migration", !migratable && !service,
			    "refuse", "%s", migratable ? "the TD is migratable" :
			    service ? "a service TD is bound" : "refuse");
}

static void judge_tcb(const struct policy *p, const struct tdx_body *td, int status,
		      struct verdict *v)
{
	char want[HEX_SIZE(TDX_SVN)], got[HEX_SIZE(TDX_SVN)], list[VERDICT_TEXT] = "";
	bool good = true;

	for (size_t i = 0; i < TDX_SVN; i++)
		good = good && td->tee_tcb_svn[i] >= p->min_tee_tcb_svn[i];
	if (!is_zero(p->min_tee_tcb_svn, TDX_SVN)) {
		hex_encode(want, p->min_tee_tcb_svn, TDX_SVN);
		hex_encode(got, td->tee_tcb_svn, TDX_SVN);
		verdict_add(v, E_POLICY_TCB, "policy.min-tee-tcb-svn", good, want, "%s", got);
	}
	if (p->tcb_statuses == 0)
		return;
	for (const struct config_choice *c = policy_statuses; c->text; c++)
		if (p->tcb_statuses & (1U << c->value)) {
			size_t len = strlen(list);

			(void)snprintf(list + len, sizeof(list) - len, "%s%s", len ? " or " : "",
				       c->text);
		}
	verdict_add(v, E_POLICY_TCB, "policy.tcb-status",
		    status >= 0 && status < TDX_STATUS_MAX && (p->tcb_statuses & (1U << status)),
		    list, "%s", status >= 0 ? tdx_status_name((enum tdx_status)status) :
					      "no collateral to tell by");
}

void policy_tdx_checks(const struct policy *p, const struct tdx_body *td, int status,
		       struct verdict *v)
{
	char name[16];

	if (p->debug == POLICY_REFUSE)
		verdict_add(v, E_POLICY_DEBUG, "policy.debug", !(td->attributes & TDX_ATTR_TUD),
			    "refuse", "%s", td->attributes & TDX_ATTR_TUD ? "allowed" : "refuse");
	judge_migration(p, td, v);
	policy_check_bits(v, E_POLICY_TDX, "td-attributes", &p->td_attributes, policy_td_bits,
			  td->attributes);
	judge_tcb(p, td, status, v);
	policy_check_values(v, E_POLICY_MEASUREMENT, "mrtd", &p->mrtd, td->mrtd);
	policy_check_values(v, E_POLICY_MEASUREMENT, "mrseam", &p->mrseam, td->mrseam);
	policy_check_values(v, E_POLICY_TDX, "mrconfigid", &p->mrconfigid, td->mrconfigid);
	policy_check_values(v, E_POLICY_TDX, "mrowner", &p->mrowner, td->mrowner);
	policy_check_values(v, E_POLICY_TDX, "mrownerconfig", &p->mrownerconfig,
			    td->mrownerconfig);
	for (unsigned i = 0; i < TDX_RTMRS; i++) {
		(void)snprintf(name, sizeof(name), "rtmr-%u", i);
		policy_check_values(v, E_POLICY_MEASUREMENT, name, &p->rtmr[i], td->rtmr[i]);
	}
}
