/* SPDX-License-Identifier: MIT */
#include "evidence_internal.h"

#include "json.h"

#include <stdio.h>
#include <string.h>

static const struct evidence_source *const sources[] = {&evidence_azure, &evidence_direct};

void collection_freep(struct collection **cp)
{
	struct collection *c = *cp;

	if (!c)
		return;
	verdict_done(&c->verdict);
	buf_done(&c->report);
	buf_done(&c->quote);
	buf_done(&c->log_bytes);
	eventlog_done(&c->log);
	tdx_collateral_done(&c->collateral);
	x509_list_done(&c->certs);
	x509_list_done(&c->roots);
	free(c);
	*cp = NULL;
}

bool collection_from_cache(const struct collection *c)
{
	return strcmp(c->certified_by, "cache") == 0 || strcmp(c->certified_by, "kernel") == 0;
}

static int collect_from(struct errand *x, struct err *reterr)
{
	struct collection *c = x->c;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		bool here = false;
		int r = sources[i]->collect(x, &here, reterr);

		if (here)
			c->source = sources[i]->name;
		if (r < 0 || here)
			return r;
	}
	(void)snprintf(c->evidence.platform, sizeof(c->evidence.platform),
		       "a platform that gives no report (no NV 0x01400001, no configfs-tsm)");
	return x->q->tpm ? evidence_read_pcrs(x, reterr) : 0;
}

int evidence_collect(struct collection **ret, const struct collect_request *q, struct err *reterr)
{
	int64_t started = now_ms(), budget = q->budget_ms ? q->budget_ms : EVIDENCE_BUDGET_MS;
	unsigned commands = q->tpm ? tpm_command_count(q->tpm) : 0;
	_cleanup_collection_ struct collection *c = calloc(1, sizeof(*c));
	struct errand x = {.q = q, .c = c, .end = deadline_in(budget)};
	int r;

	if (!c)
		return err_set(reterr, E_NOMEM, "evidence");
	c->source = c->certified_by = "";
	c->evidence.td_status = -1;
	r = collect_from(&x, reterr);
	errand_done(&x);
	if (r < 0)
		return r;
	c->tpm_commands = q->tpm ? tpm_command_count(q->tpm) - commands : 0;
	c->ms = now_ms() - started;
	*ret = TAKE_PTR(c);
	return 0;
}

void evidence_describe(const struct collection *c, struct cJSON *o, bool *ok)
{
	verdict_describe(&c->verdict, NULL, o, ok);
	json_add_string(o, "source", c->source, ok);
	json_add_string(o, "platform", c->evidence.platform, ok);
	json_add_string(o, "certified_by", c->certified_by, ok);
	if (c->evidence.offline)
		json_add_string(o, "offline", c->offline.msg, ok);
	json_add_bool(o, "nonce_in_report", c->nonce_in_report, ok);
	json_add_number(o, "report_reads", c->tries, ok);
	json_add_number(o, "evidence_ms", (double)c->ms, ok);
	json_add_number(o, "evidence_tpm_commands", c->tpm_commands, ok);
}
