/* SPDX-License-Identifier: MIT */
#include "tdx_appraise.h"

#include "codec.h"
#include "rfc3339.h"
#include "roots.h"

#include <stdio.h>
#include <string.h>

#define SIGNER_CN "Intel SGX TCB Signing"
#define ID_TDX "TDX"
#define ID_TD_QE "TD_QE"

/* What an item must be to count; pck NULL: an identity of the quoting enclave. */
struct wanted {
	const char *what, *id;
	const struct tdx_pck *pck;
};

void tdx_borrow_certs(struct x509_list *to, const struct x509_list *from)
{
	for (size_t i = 0; from && i < from->count && to->count < X509_CERTS_MAX; i++)
		to->cert[to->count++] = from->cert[i];
}

static bool matches(const struct wanted *w, const struct tdx_head *h)
{
	if (strcmp(h->id, w->id) != 0)
		return false;
	return !w->pck || (memcmp(h->fmspc, w->pck->fmspc, sizeof(h->fmspc)) == 0 &&
			   memcmp(h->pceid, w->pck->pceid, sizeof(h->pceid)) == 0);
}

static int verify_by(const struct tdx_signed *item, const struct x509_cert *signer,
		     const struct x509_list *pool, const struct tdx_trust *trust,
		     struct err *reterr)
{
	_cleanup_pubkey_ struct pubkey *key = NULL;
	struct x509_path path;
	int r;

	r = x509_pubkey(signer, &key, reterr);
	if (r == 0)
		r = pubkey_verify(key, SIG_ECDSA, HASH_SHA256, item->body, item->len,
				  item->signature, sizeof(item->signature), reterr);
	if (r == 0)
		r = x509_verify(signer, pool, trust->roots, &trust->collateral->crls, trust->at,
				&path, reterr);
	return r;
}

/*
 * How near a failure came to a good statement: a signature that is another signer's says less than the
 * right signer's chain, and that less than its time.
 */
static int nearness(int code)
{
	return code == E_SIGNATURE ? 1 : code == E_CERT_CHAIN ? 2 : 3;
}

/* The context may name the file itself: a CRL of the same one. */
static int name_item(const struct tdx_signed *item, const struct err *e, struct err *reterr)
{
	size_t len = strlen(item->name);
	bool named = strncmp(e->msg, item->name, len) == 0 && e->msg[len] == ':';

	return err_set(reterr, (enum err_code)e->code, "%s%s%s", named ? "" : item->name,
		       named ? "" : ": ", e->msg);
}

/*
 * Intel renews the signing certificate with the same key: one that is good now is enough. A folder may hold
 * other signers' certificates too.
 */
static int verify_item(const struct tdx_signed *item, const struct tdx_trust *trust,
		       struct err *reterr)
{
	_cleanup_x509_list_ struct x509_list builtin = {0};
	struct x509_list pool = {0};
	struct err fail = {0};
	int r, best = 0;

	r = roots_intermediates(ROOT_INTEL, &builtin, reterr);
	if (r < 0)
		return r;
	tdx_borrow_certs(&pool, &builtin);
	tdx_borrow_certs(&pool, &trust->collateral->certs);
	tdx_borrow_certs(&pool, trust->pool);
	for (size_t i = 0; i < pool.count; i++) {
		char cn[X509_NAME_MAX];
		struct err e = {0};

		x509_subject_cn(pool.cert[i], cn);
		if (strcmp(cn, SIGNER_CN) != 0 || x509_is_ca(pool.cert[i]))
			continue;
		if (verify_by(item, pool.cert[i], &pool, trust, &e) == 0)
			return 0;
		if (nearness(e.code) <= best)
			continue;
		best = nearness(e.code);
		fail = e;
	}
	return best > 0 ? name_item(item, &fail, reterr)
			: err_set(reterr, E_COLLATERAL, "%s: there is no certificate '%s'", item->name,
				  SIGNER_CN);
}

static int verify_current(const struct tdx_signed *item, const struct tdx_head *head,
			  const struct tdx_trust *trust, struct err *reterr)
{
	char until[RFC3339_SIZE], at[RFC3339_SIZE];
	int r = verify_item(item, trust, reterr);

	if (r < 0 || head->next_update >= trust->at)
		return r;
	rfc3339_format(head->next_update, until);
	rfc3339_format(trust->at, at);
	return err_set(reterr, E_COLLATERAL, "%s: was to be renewed by %s, judged at %s", item->name,
		       until, at);
}

/*
 * Of several the newest one that is good; with none good, why the newest is not. A folder may hold
 * statements of other platforms, of other dates, and of SGX.
 */
static int choose(const struct tdx_signed_list *list, const struct wanted *w,
		  const struct tdx_trust *trust, const struct tdx_signed **ret, struct err *reterr)
{
	int64_t newest = INT64_MIN, newest_bad = INT64_MIN;
	int r = err_set(reterr, E_COLLATERAL, "there is no %s", w->what);

	for (size_t i = 0; i < list->count; i++) {
		const struct tdx_signed *item = &list->item[i];
		struct tdx_head head = {0};
		struct err e = {0};
		int rc = tdx_head_read(item->body, item->len, item->name, &head, &e);

		if (rc == 0 && !matches(w, &head))
			continue;
		if (rc == 0)
			rc = verify_current(item, &head, trust, &e);
		if (rc == 0 && head.issued > newest) {
			newest = head.issued;
			*ret = item;
			r = 0;
		}
		if (rc < 0 && r < 0 && head.issued > newest_bad) {
			newest_bad = head.issued;
			r = err_set(reterr, (enum err_code)e.code, "%s", e.msg);
		}
	}
	return r;
}

bool tdx_has_qe_identity(const struct tdx_collateral *c)
{
	for (size_t i = 0; i < c->qe_identities.count; i++) {
		const struct tdx_signed *item = &c->qe_identities.item[i];
		struct tdx_head head;

		if (tdx_head_read(item->body, item->len, item->name, &head, NULL) < 0 ||
		    strcmp(head.id, ID_TD_QE) == 0)
			return true;
	}
	return false;
}

void tdx_appraise_qe(const struct tdx_quote *q, const struct tdx_trust *trust, struct tdx_tcb *tcb,
		     struct verdict *v)
{
	const struct wanted wanted = {.what = "identity of the TD quoting enclave", .id = ID_TD_QE};
	const struct tdx_signed *item = NULL;
	struct err e = {0};
	int r;

	r = choose(&trust->collateral->qe_identities, &wanted, trust, &item, &e);
	if (r == 0)
		r = tdx_qe_judge(item->body, item->len, &q->qe, tcb, &e);
	(void)verdict_result(v, E_COLLATERAL, "tdx-quote.qe-identity", r,
			     "the quoting enclave of a current identity, signed by Intel", &e);
}

static void add_status(const struct tdx_tcb *tcb, struct verdict *v)
{
	bool pass = tcb->judged && tcb->status < TDX_REVOKED;

	(void)verdict_add(v, E_COLLATERAL, "tdx-quote.tcb-status", pass, "known and not Revoked",
			  "%s (platform %s, TDX module %s, quoting enclave %s)",
			  tdx_status_name(tcb->status), tdx_status_name(tcb->platform),
			  tdx_status_name(tcb->module), tdx_status_name(tcb->qe));
}

void tdx_appraise_tcb(const struct tdx_quote *q, const struct tdx_trust *trust,
		      struct tdx_findings *f, struct verdict *v)
{
	char fmspc[HEX_SIZE(sizeof(f->pck.fmspc))], what[64];
	struct wanted wanted = {.what = what, .id = ID_TDX, .pck = &f->pck};
	const struct tdx_signed *item = NULL;
	struct err e = {0};
	int r;

	hex_encode(fmspc, f->pck.fmspc, sizeof(f->pck.fmspc));
	(void)snprintf(what, sizeof(what), "TCB info of FMSPC %s", fmspc);
	r = choose(&trust->collateral->tcb_infos, &wanted, trust, &item, &e);
	if (r == 0)
		r = tdx_tcb_judge(item->body, item->len, &f->pck, &q->td, &f->tcb, &e);
	if (verdict_result(v, E_COLLATERAL, "tdx-quote.tcb-info", r,
			   "current TCB info of this platform, signed by Intel", &e))
		add_status(&f->tcb, v);
}
