/* SPDX-License-Identifier: MIT */
#include "policy_internal.h"

#include "snp_chain.h"

#include <stdio.h>
#include <string.h>

/* Version 2 reports end with bit 1; bits 2 to 5 came with version 3, 7 with 5. */
static bool has_platform_bit(const struct snp_report *r, int bit)
{
	return bit <= 1 || (bit <= 5 && r->version >= 3) || r->version >= 5;
}

static void judge_platform(const struct policy *p, const struct snp_report *r, struct verdict *v)
{
	struct policy_bits bits = p->platform;

	for (const struct config_choice *c = policy_platform_bits; c->text; c++) {
		uint64_t bit = UINT64_C(1) << c->value;
		char name[48];

		if (has_platform_bit(r, c->value) || !((bits.set | bits.clear) & bit))
			continue;
		bits.set &= ~bit;
		bits.clear &= ~bit;
		(void)snprintf(name, sizeof(name), "policy.platform-info.%s", c->text);
		verdict_add(v, E_POLICY_PLATFORM, name, true, "where the report has it",
			    "reports of version %u do not have it", r->version);
	}
	policy_check_bits(v, E_POLICY_PLATFORM, "platform-info", &bits, policy_platform_bits,
			  r->platform_info);
}

static void judge_migration(const struct policy *p, const struct snp_report *r, struct verdict *v)
{
	bool agent = false;

	if (p->migration == POLICY_ALLOW)
		return;
	for (size_t i = 0; i < sizeof(r->report_id_ma); i++)
		if (r->report_id_ma[i] != 0xff)
			agent = true;
	verdict_add(v, E_POLICY_MIGRATION, "policy.migration",
		    !(r->policy & SNP_POLICY_MIGRATE_MA) && !agent, "refuse", "%s",
		    agent ? "a migration agent is associated" :
		    r->policy & SNP_POLICY_MIGRATE_MA ? "the guest policy allows it" : "refuse");
}

static void judge_vmpl(const struct policy *p, const struct snp_report *r, struct verdict *v)
{
	char want[16];

	if (p->vmpl == POLICY_VMPL_ANY)
		return;
	(void)snprintf(want, sizeof(want), "%d", p->vmpl);
	verdict_add(v, E_POLICY_VMPL, "policy.vmpl", r->vmpl == (uint32_t)p->vmpl, want, "%u",
		    r->vmpl);
}

/* By its CPUID, which version 2 lacks: then by its certificate. */
static enum snp_product product_of(const struct snp_report *r, const struct snp_leaf *leaf)
{
	return r->product == SNP_UNKNOWN && leaf ? leaf->product : r->product;
}

static int policy_product(enum snp_product product)
{
	switch (product) {
	case SNP_MILAN:
		return POLICY_MILAN;
	case SNP_GENOA:
		return POLICY_GENOA;
	case SNP_TURIN:
		return POLICY_TURIN;
	case SNP_UNKNOWN:
		break;
	}
	return -1;
}

static void judge_product(const struct policy *p, enum snp_product product, struct verdict *v)
{
	int n = policy_product(product);
	char want[64] = "none of";

	if (p->deny_products == 0)
		return;
	for (const struct config_choice *c = policy_products; c->text; c++)
		if (p->deny_products & (1U << c->value)) {
			size_t len = strlen(want);

			(void)snprintf(want + len, sizeof(want) - len, " %s", c->text);
		}
	verdict_add(v, E_POLICY_PRODUCT, "policy.deny-products",
		    n >= 0 && !(p->deny_products & (1U << n)), want, "%s",
		    n >= 0 ? policy_word(policy_products, n) : "a product that is not known");
}

static bool tcb_at_least(const struct snp_tcb *t, const struct policy_tcb *min)
{
	return (!t->has_fmc || t->fmc >= min->fmc) && t->bootloader >= min->bootloader &&
	       t->tee >= min->tee && t->snp >= min->snp && t->microcode >= min->microcode;
}

static struct policy_tcb as_minimum(const struct snp_tcb *t)
{
	return (struct policy_tcb){.given = true, .fmc = t->fmc, .bootloader = t->bootloader,
				   .tee = t->tee, .snp = t->snp, .microcode = t->microcode};
}

/* The host chooses what is reported, but not above what can no longer be undone. */
static void judge_tcb_order(const struct snp_report *r, struct verdict *v)
{
	struct policy_tcb reported = as_minimum(&r->reported_tcb);
	struct policy_tcb committed = as_minimum(&r->committed_tcb);
	bool good = tcb_at_least(&r->committed_tcb, &reported) &&
		    tcb_at_least(&r->current_tcb, &committed);
	char text[3][SNP_TCB_TEXT];

	snp_tcb_text(&r->reported_tcb, text[0]);
	snp_tcb_text(&r->committed_tcb, text[1]);
	snp_tcb_text(&r->current_tcb, text[2]);
	if (good)
		verdict_add(v, E_POLICY_TCB, "policy.tcb-order", true,
			    "reported <= committed <= current TCB", "%s", text[0]);
	else
		verdict_add(v, E_POLICY_TCB, "policy.tcb-order", false,
			    "reported <= committed <= current TCB",
			    "reported %s, committed %s, current %s", text[0], text[1], text[2]);
}

static void judge_tcb(const struct policy *p, const struct snp_report *r, enum snp_product product,
		      struct verdict *v)
{
	const struct {
		const char *name;
		const struct snp_tcb *tcb;
	} levels[] = {
		{"reported", &r->reported_tcb}, {"current", &r->current_tcb},
		{"committed", &r->committed_tcb}, {"launch", &r->launch_tcb},
	};
	int n = policy_product(product);
	const struct policy_tcb *min = n >= 0 ? &p->tcb[n] : NULL;
	char want[SNP_TCB_TEXT + 16] = "at least", name[48], got[SNP_TCB_TEXT];
	bool any = false;

	for (size_t i = 0; i < POLICY_PRODUCTS; i++)
		any = any || p->tcb[i].given;
	if (any && !min)
		verdict_add(v, E_POLICY_TCB, "policy.tcb", false, "the TCB of a product that is known",
			    "no product in report or certificate");
	if (!min || !min->given)
		return;
	if (n == POLICY_TURIN)
		(void)snprintf(want, sizeof(want), "at least fmc %u", min->fmc);
	(void)snprintf(want + strlen(want), sizeof(want) - strlen(want),
		       " bootloader %u tee %u snp %u microcode %u", min->bootloader, min->tee,
		       min->snp, min->microcode);
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		(void)snprintf(name, sizeof(name), "policy.tcb-%s.%s",
			       policy_word(policy_products, n), levels[i].name);
		snp_tcb_text(levels[i].tcb, got);
		verdict_add(v, E_POLICY_TCB, name, tcb_at_least(levels[i].tcb, min), want, "%s",
			    got);
	}
}

static void judge_identity(const struct policy *p, const struct snp_report *r, struct verdict *v)
{
	policy_check_values(v, E_POLICY_MEASUREMENT, "measurement", &p->measurement,
			    r->measurement);
	policy_check_values(v, E_POLICY_HOST_DATA, "host-data", &p->host_data, r->host_data);
	policy_check_values(v, E_POLICY_ID_KEY, "id-key-digest", &p->id_key, r->id_key_digest);
	if (p->author_key.count > 0 && !r->author_key_en)
		verdict_add(v, E_POLICY_ID_KEY, "policy.author-key-digest", false,
			    "an author key", "the report has none");
	else
		policy_check_values(v, E_POLICY_ID_KEY, "author-key-digest", &p->author_key,
				    r->author_key_digest);
	policy_check_values(v, E_POLICY_MEASUREMENT, "family-id", &p->family_id, r->family_id);
	policy_check_values(v, E_POLICY_MEASUREMENT, "image-id", &p->image_id, r->image_id);
}

void policy_snp_checks(const struct policy *p, const struct snp_report *r,
		       const struct snp_leaf *leaf, struct verdict *v)
{
	enum snp_product product = product_of(r, leaf);

	policy_check_minimum(v, E_POLICY_VERSION, "min-report-version", p->min_report_version,
			     r->version);
	if (p->debug == POLICY_REFUSE)
		verdict_add(v, E_POLICY_DEBUG, "policy.debug", !(r->policy & SNP_POLICY_DEBUG),
			    "refuse", "%s", r->policy & SNP_POLICY_DEBUG ? "allowed" : "refuse");
	judge_migration(p, r, v);
	judge_vmpl(p, r, v);
	policy_check_bits(v, E_POLICY_GUEST, "guest-policy", &p->guest, policy_guest_bits,
			  r->policy);
	judge_platform(p, r, v);
	judge_product(p, product, v);
	if (p->vlek == POLICY_REFUSE)
		verdict_add(v, E_POLICY_PLATFORM, "policy.vlek",
			    r->signing_key == SNP_KEY_VCEK && !(leaf && leaf->vlek), "VCEK", "%s",
			    snp_signing_key_name(r->signing_key));
	judge_tcb_order(r, v);
	judge_tcb(p, r, product, v);
	policy_check_minimum(v, E_POLICY_TCB, "min-guest-svn", p->min_guest_svn, r->guest_svn);
	judge_identity(p, r, v);
}
