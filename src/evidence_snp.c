/* SPDX-License-Identifier: MIT */
/*
 * The certificate of an SEV-SNP report: from the cache, else from the metadata service, else from
 * AMD's key service. All of it is untrusted until the chain is verified; a certificate of another
 * chip or TCB in the cache is what a move leaves behind, and from a service a failed check.
 */
#include "evidence_internal.h"

#include "codec.h"
#include "json.h"
#include "log.h"
#include "trust_time.h"

#include <stdio.h>
#include <string.h>

#define THIM_PATH "/metadata/THIM/amd/certification"
#define CERTS_MAX 65536		/* bytes */
#define TURIN_CHIP_ID 8

static const struct fetch_request thim = {
	.endpoint = FETCH_METADATA, .path = THIM_PATH, .headers = {"Metadata: true"},
	.max = CERTS_MAX, .type = "application/json"};

void evidence_snp_begin(struct errand *x)
{
	struct collection *c = x->c;

	if (evidence_cached_leaf(x))
		c->certified_by = "cache";
	else if (x->q->config->network.metadata[0])
		errand_send(x, &thim);
}

/* What one service gave. What fits ends the search; the rest is kept if nothing better comes. */
static bool take(struct errand *x, struct x509_list *list, const char *from)
{
	struct collection *c = x->c;
	bool good = evidence_leaf_fits(list, &c->snp);

	if (good || c->certs.count == 0) {
		x509_list_done(&c->certs);
		c->certs = *list;
		*list = (struct x509_list){0};
		c->certified_by = from;
	}
	return good;
}

/* {"vcekCert":PEM,"certificateChain":PEM,"tcbm":...}; only what is used is looked at. */
static int read_thim(const struct buf *body, struct x509_list *list, struct err *reterr)
{
	static const char *const keys[] = {"vcekCert", "certificateChain"};
	_cleanup_json_ struct json j = {0};
	int r = json_parse(&j, "metadata", E_FETCH_REFUSED, body->data, body->len, reterr);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(keys); i++) {
		const char *text;

		r = json_get_string(&j, j.root, keys[i], &text, reterr);
		if (r == 0)
			r = x509_read(list, keys[i], text, strlen(text), reterr);
	}
	return r;
}

static bool from_metadata(struct errand *x, struct err *reterr)
{
	_cleanup_fetch_reply_ struct fetch_reply reply = {0};
	_cleanup_x509_list_ struct x509_list list = {0};
	int r;

	if (!x->q->config->network.metadata[0] && !x->in_flight)
		return false;
	r = errand_fetch(x, &thim, &reply, reterr);
	if (r == 0)
		r = read_thim(&reply.body, &list, reterr);
	return r == 0 && take(x, &list, "metadata");
}

/* As AMD's service wants it: decimal, two digits, fmcSPL for Turin only. */
static void vcek_path(const struct snp_report *r, enum snp_product product, char *out, size_t size)
{
	const struct snp_tcb *t = &r->reported_tcb;
	size_t id_len = product == SNP_TURIN ? TURIN_CHIP_ID : SNP_CHIP_ID;
	char id[HEX_SIZE(SNP_CHIP_ID)], fmc[24] = "";

	hex_encode(id, r->chip_id, id_len);
	if (product == SNP_TURIN)
		(void)snprintf(fmc, sizeof(fmc), "fmcSPL=%02u&", t->fmc);
	(void)snprintf(out, size, "/vcek/v1/%s/%s?%sblSPL=%02u&teeSPL=%02u&snpSPL=%02u&ucodeSPL=%02u",
		       snp_product_name(product), id, fmc, t->bootloader, t->tee, t->snp,
		       t->microcode);
}

static int fetch_certs(struct errand *x, const char *path, struct x509_list *list,
		       struct err *reterr)
{
	const struct fetch_request request = {.endpoint = FETCH_AMD_KDS, .path = path,
					      .max = CERTS_MAX};
	_cleanup_fetch_reply_ struct fetch_reply reply = {0};
	int r = errand_fetch(x, &request, &reply, reterr);

	return r < 0 ? r : x509_read(list, "AMD's key service", reply.body.data, reply.body.len,
				     reterr);
}

static bool from_kds_as(struct errand *x, enum snp_product product, struct err *reterr)
{
	_cleanup_x509_list_ struct x509_list list = {0};
	char path[FETCH_PATH_MAX];
	int r;

	vcek_path(&x->c->snp, product, path, sizeof(path));
	r = fetch_certs(x, path, &list, reterr);
	/* AMD's own intermediates are built in; those of other roots are not */
	if (r == 0 && x->q->config->policy.amd_roots[0]) {
		(void)snprintf(path, sizeof(path), "/vcek/v1/%s/cert_chain",
			       snp_product_name(product));
		r = fetch_certs(x, path, &list, reterr);
	}
	return r == 0 && take(x, &list, "amd-kds");
}

/* Reports of version 2 do not say which processor they are of. */
static bool from_kds(struct errand *x, struct err *reterr)
{
	static const enum snp_product all[] = {SNP_MILAN, SNP_GENOA, SNP_TURIN};
	const struct snp_report *r = &x->c->snp;

	if (!x->q->config->network.amd_kds[0] || snp_chip_id_masked(r))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if ((r->product == SNP_UNKNOWN || r->product == all[i]) &&
		    from_kds_as(x, all[i], reterr))
			return true;
	return false;
}

int evidence_snp_finish(struct errand *x, struct err *reterr)
{
	struct collection *c = x->c;
	struct err why = {0}, kds = {0};
	int64_t at;
	int r;

	if (!c->certified_by[0] && c->snp.signing_key == SNP_KEY_VCEK && !from_metadata(x, &why) &&
	    !from_kds(x, &kds))
		log_debug("evidence: %s; %s", why.msg, kds.msg);
	if (c->certs.count == 0) {
		(void)err_set(&c->offline, E_EVIDENCE_OFFLINE, "no certificate: %s%s%s",
			      why.msg[0] ? why.msg : "none in the cache, no metadata service",
			      kds.msg[0] ? "; " : "", kds.msg);
		c->evidence.offline = true;
		return 0;
	}
	r = evidence_roots(x, x->q->config->policy.amd_roots, ROOT_AMD, reterr);
	if (r < 0)
		return r;
	at = trust_time_of(&c->certs, x->q->floor, x->q->at);
	c->evidence.snp_authentic = snp_verify(&c->snp, &c->certs, &c->roots, at, &c->leaf,
					       &c->verdict);
	c->evidence.snp_leaf = c->leaf.cert ? &c->leaf : NULL;
	return 0;
}
