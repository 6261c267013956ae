/* SPDX-License-Identifier: MIT */
/* What the evidence_*.c files share, and nobody else includes. */
#ifndef CVMCRYPT_EVIDENCE_INTERNAL_H
#define CVMCRYPT_EVIDENCE_INTERNAL_H

#include "deadline.h"
#include "evidence_collect.h"
#include "fetch.h"
#include "roots.h"

/* One collection in progress. */
struct errand {
	const struct collect_request *q;
	struct collection *c;
	struct deadline end;
	struct fetch *fetch;		/* started with the first request */
	bool started;			/* tried to; once an errand */
	struct err start_failed;
	bool in_flight;			/* the first request to the metadata service is on its way */
	uint32_t id;
};

/* evidence_azure.c, evidence_direct.c. *ret_here: this is its platform. */
struct evidence_source {
	const char *name;
	int (*collect)(struct errand *x, bool *ret_here, struct err *reterr);
};
extern const struct evidence_source evidence_azure, evidence_direct;

/* evidence_pcrs.c: values as read, the event log if the policy asks for one */
uint32_t evidence_pcr_mask(const struct errand *x);
int evidence_read_pcrs(struct errand *x, struct err *reterr);
/* Reads the log and replays it against the values. */
void evidence_event_log(struct errand *x);

/* evidence_fetch.c: one request with its retries, within the errand's time */
int errand_fetch(struct errand *x, const struct fetch_request *request, struct fetch_reply *ret,
		 struct err *reterr);
/* Sends it only; the next errand_fetch() takes that answer for its first try. */
void errand_send(struct errand *x, const struct fetch_request *request);
void errand_done(struct errand *x);

/* evidence_snp.c: the report in c->snp */
/* Looks into the cache; sends the first request if there is no fitting certificate. */
void evidence_snp_begin(struct errand *x);
/* Takes the certificate from wherever one is to be had, and verifies. */
int evidence_snp_finish(struct errand *x, struct err *reterr);
/* evidence_tdx.c: the report in c->td_report; the quote, if there is not one in c->quote */
void evidence_tdx_begin(struct errand *x);
int evidence_tdx_finish(struct errand *x, struct err *reterr);

/* evidence_cache.c: files below EVIDENCE_DIR */
bool evidence_leaf_fits(const struct x509_list *list, const struct snp_report *r);
/* The certificates of the first file with one that fits c->snp go into c->certs. */
bool evidence_cached_leaf(struct errand *x);
/* The roots that the policy names (file), else those that are built in. */
int evidence_roots(struct errand *x, const char *file, enum root_kind kind, struct err *reterr);

#endif
