/* SPDX-License-Identifier: MIT */
#include "boot.h"

#include "evidence_collect.h"
#include "floor.h"
#include "log.h"
#include "network.h"

#define TPM_TRIES 4

static int collect_once(struct boot *b, struct err *reterr)
{
	int64_t floor = floor_seconds(CONFIG_DIR);
	struct collect_request q = {.config = b->config, .config_dir = CONFIG_DIR, .floor = floor,
				    .at = floor_now(floor), .raise_network = true};
	int r = boot_open_tpm(b, reterr);

	q.tpm = b->tpm;
	return r < 0 ? r : evidence_collect(&b->evidence, &q, reterr);
}

/* A TPM that is busy, or whose PCRs changed meanwhile, is asked again at once. */
static int collect(struct boot *b, struct err *reterr)
{
	int r = 0;

	for (int i = 0; i < TPM_TRIES; i++) {
		collection_freep(&b->evidence);
		r = collect_once(b, reterr);
		if (r != -E_TPM_BUSY && r != -E_TPM_PCR_CHANGED)
			break;
		tpm_freep(&b->tpm);
	}
	return r;
}

/* What came by network is kept for the next boot image; that it cannot be is no reason to stop. */
static void keep_certificates(const struct collection *c)
{
	struct err e = {0};

	if (c->evidence.snp_authentic && !collection_from_cache(c) &&
	    evidence_stage(c, BOOT_CERTS_PATH, &e) < 0)
		log_debug("keeping certificates: %s", e.msg);
}

/*
 * The unsealing compares PCRs with their values of now: those of the quote are that, unless the
 * evidence took its time in the network.
 */
static void take_pcrs(struct boot *b)
{
	if (collection_from_cache(b->evidence))
		b->report.pcrs = b->evidence->pcr_set;
}

const struct admission *boot_judge(struct boot *b, struct err *reterr)
{
	const struct policy *policy = &b->config->policy;
	const struct admission *leave;
	int r;

	if (policy->isolation == ISOLATION_NONE)
		return admission_without_isolation(policy, reterr);
	r = collect(b, reterr);
	/* before there is any secret */
	network_down();
	if (r < 0)
		return NULL;
	policy_judge(policy, &b->evidence->evidence, &b->evidence->verdict);
	if (b->evidence->evidence.offline)
		log_warning("platform: %s", b->evidence->offline.msg);
	leave = admission_by_verdict(&b->evidence->verdict, reterr);
	if (leave) {
		take_pcrs(b);
		keep_certificates(b->evidence);
	}
	return leave;
}
