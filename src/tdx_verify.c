/* SPDX-License-Identifier: MIT */
#include "tdx_verify.h"

#include "codec.h"
#include "crypto.h"
#include "pubkey.h"
#include "roots.h"
#include "tdx_appraise.h"

#include <string.h>

#define OID_SGX "1.2.840.113741.1.13.1"
#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define PEM_END "-----END CERTIFICATE-----"
#define SGX_ATTR_DEBUG 0x02	/* byte 0 of the attributes */
#define QE_PRODUCT 2		/* the TD quoting enclave */

/* 939a7233-f79c-4ca9-940a-0db3957f0607: Intel's quoting enclave */
static const uint8_t qe_vendor[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
				      0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

/*
 * Who signs Intel's quoting enclaves. Any enclave with the right attribute gets a report certified
 * with the PCK, and the host hands out that attribute: without this anybody with such a machine
 * could make quotes.
 */
static const uint8_t qe_mrsigner[32] = {
	0xdc, 0x9e, 0x2a, 0x7c, 0x6f, 0x94, 0x8f, 0x17, 0x47, 0x4e, 0x34, 0xa7, 0xfc, 0x43, 0xed, 0x03,
	0x0f, 0x7c, 0x15, 0x63, 0xf1, 0xba, 0xbd, 0xdf, 0x63, 0x40, 0xc8, 0x2e, 0x0e, 0x54, 0xa8, 0xc5};

static void check_signature(const struct tdx_quote *q, struct verdict *v)
{
	_cleanup_pubkey_ struct pubkey *key = NULL;
	struct err e = {0};
	int r;

	r = pubkey_ec(&key, q->key, q->key + TDX_QUOTE_KEY / 2, TDX_QUOTE_KEY / 2, &e);
	if (r == 0)
		r = pubkey_verify(key, SIG_ECDSA, HASH_SHA256, q->signed_bytes, q->signed_len,
				  q->signature, TDX_QUOTE_SIGNATURE, &e);
	(void)verdict_result(v, E_SIGNATURE, "tdx-quote.signature", r,
			     "header and body signed by the attestation key", &e);
}

/* Report data of the enclave: SHA-256(attestation key || authentication data), then zeros. */
static void check_attestation_key(const struct tdx_quote *q, struct verdict *v)
{
	_cleanup_buf_ struct buf b = BUF_INIT(TDX_QUOTE_KEY + UINT16_MAX);
	uint8_t want[64] = {0};
	struct err e = {0};
	int r;

	buf_put(&b, q->key, TDX_QUOTE_KEY);
	buf_put(&b, q->auth, q->auth_len);
	r = b.failed ? err_set(&e, E_NOMEM, "no memory") : crypto_sha256(b.data, b.len, want, &e);
	if (r < 0)
		(void)verdict_result(v, E_CRYPTO, "tdx-quote.attestation-key", r, "a hash", &e);
	else
		(void)verdict_equal(v, E_QE_BINDING, "tdx-quote.attestation-key", want,
				    q->qe.report_data, sizeof(want));
}

static void put_text(struct buf *b, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr(" \t\r\n", text[i]) || !text[i])
			buf_put(b, &text[i], 1);
}

/* The certificate as PEM without white space, or as DER. */
static int put_cert(struct buf *b, const struct x509_cert *c, bool pem, struct err *reterr)
{
	_cleanup_free_ uint8_t *der = NULL;
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = x509_der(c, &der, &len, reterr);

	if (r < 0)
		return r;
	if (!pem) {
		buf_put(b, der, len);
		return 0;
	}
	text = malloc(BASE64_SIZE(len));
	if (!text)
		return err_set(reterr, E_NOMEM, "no memory for a certificate");
	base64_encode(text, der, len);
	put_text(b, PEM_BEGIN, strlen(PEM_BEGIN));
	put_text(b, text, strlen(text));
	put_text(b, PEM_END, strlen(PEM_END));
	return 0;
}

/*
 * The quote's certificates, and nothing between or behind them but white space and the final NUL: no
 * byte of a quote is free to be changed.
 */
static int read_chain(const struct tdx_quote *q, struct x509_list *own, struct err *reterr)
{
	_cleanup_buf_ struct buf want = BUF_INIT(TDX_QUOTE_MAX), have = BUF_INIT(TDX_QUOTE_MAX);
	bool pem = q->chain_len > 0 && q->chain[0] == '-';
	size_t len = q->chain_len;
	int r;

	r = x509_read(own, "PCK chain of the quote", q->chain, q->chain_len, reterr);
	for (size_t i = 0; r == 0 && i < own->count; i++)
		r = put_cert(&want, own->cert[i], pem, reterr);
	if (r < 0)
		return r;
	if (len > 0 && q->chain[len - 1] == 0)
		len--;
	if (pem)
		put_text(&have, (const char *)q->chain, len);
	else
		buf_put(&have, q->chain, q->chain_len);
	if (want.failed || have.failed || want.len != have.len ||
	    memcmp(want.data, have.data, want.len) != 0)
		return err_set(reterr, E_CERT_MALFORMED,
			       "the PCK chain of the quote has more in it than certificates");
	return 0;
}

/* No certificate in the quote that is not in the chain; the root as it is trusted. */
static void check_all_used(const struct x509_list *own, const struct x509_path *path,
			   struct verdict *v)
{
	size_t used = 0;

	for (size_t i = 0; i < own->count; i++)
		for (size_t j = 0; j < path->count; j++)
			used += x509_equal(own->cert[i], path->cert[j]);
	(void)verdict_add(v, E_CERT_CHAIN, "tdx-quote.certificates-used", used == own->count,
			  "every certificate of the quote in the chain", "%zu of %zu", used,
			  own->count);
}

/* The first certificate with the SGX extension that is no CA. */
static const struct x509_cert *find_pck(const struct x509_list *list)
{
	size_t len;

	for (size_t i = 0; i < list->count; i++)
		if (x509_extension(list->cert[i], OID_SGX, &len) && !x509_is_ca(list->cert[i]))
			return list->cert[i];
	return NULL;
}

static void check_qe_signature(const struct tdx_quote *q, const struct x509_cert *leaf,
			       struct verdict *v)
{
	_cleanup_pubkey_ struct pubkey *key = NULL;
	struct err e = {0};
	int r;

	r = x509_pubkey(leaf, &key, &e);
	if (r == 0)
		r = pubkey_verify(key, SIG_ECDSA, HASH_SHA256, q->qe.bytes, SGX_REPORT_SIZE,
				  q->qe_signature, TDX_QUOTE_SIGNATURE, &e);
	(void)verdict_result(v, E_SIGNATURE, "tdx-quote.qe-signature", r,
			     "the enclave's report signed by the PCK", &e);
}

/* By its key: the same root may be there with another certificate. */
static bool is_intel_root(const struct x509_cert *root)
{
	_cleanup_x509_list_ struct x509_list builtin = {0};
	_cleanup_pubkey_ struct pubkey *mine = NULL, *key = NULL;

	return roots_builtin(ROOT_INTEL, &builtin, NULL) < 0 || builtin.count != 1 ||
	       x509_pubkey(builtin.cert[0], &mine, NULL) < 0 || x509_pubkey(root, &key, NULL) < 0 ||
	       pubkey_equal(mine, key);
}

void tdx_check_qe(const struct sgx_report *qe, struct verdict *v)
{
	(void)verdict_equal(v, E_QE_BINDING, "tdx-quote.qe-signer", qe_mrsigner, qe->mrsigner,
			    sizeof(qe_mrsigner));
	(void)verdict_add(v, E_QE_BINDING, "tdx-quote.qe-product", qe->isvprodid == QE_PRODUCT,
			  "2, the TD quoting enclave", "%u", qe->isvprodid);
}

struct certificates {
	const struct x509_list *own;	/* of the quote */
	struct x509_list pool;		/* those, and all that are at hand beside it; borrowed */
};

static void check_chain(const struct tdx_quote *q, const struct tdx_trust *trust,
			const struct certificates *certs, struct tdx_findings *f,
			struct verdict *v)
{
	const struct x509_list *pool = &certs->pool;
	const struct x509_cert *leaf = find_pck(pool);
	const struct tdx_collateral *c = trust->collateral;
	struct x509_path path;
	struct err e = {0};
	int r;

	if (!verdict_add(v, E_CERT_CHAIN, "tdx-quote.pck-certificate", leaf != NULL,
			 "a PCK certificate", leaf ? "a PCK certificate" : "none"))
		return;
	check_qe_signature(q, leaf, v);
	r = tdx_pck_read(leaf, &f->pck, &e);
	(void)verdict_result(v, E_CERT_MALFORMED, "tdx-quote.pck-extension", r,
			     "FMSPC, PCE id and TCB", &e);
	r = x509_verify(leaf, pool, trust->roots, NULL, trust->at, &path, &e);
	if (!verdict_result(v, E_CERT_CHAIN, "tdx-quote.pck-chain", r,
			    "a chain to a trusted root, valid at that time", &e))
		return;
	check_all_used(certs->own, &path, v);
	if (c && c->crls.count > 0) {
		r = x509_verify(leaf, pool, trust->roots, &c->crls, trust->at, &path, &e);
		(void)verdict_result(v, E_CERT_REVOKED, "tdx-quote.pck-revocation", r,
				     "not revoked by a current CRL", &e);
	}
	/* what is built in holds below Intel's root; other roots need collateral for it */
	if ((!c || !tdx_has_qe_identity(c)) && is_intel_root(path.cert[path.count - 1]))
		tdx_check_qe(&q->qe, v);
}

static void check_certificates(const struct tdx_quote *q, const struct tdx_trust *trust,
			       struct tdx_findings *f, struct verdict *v)
{
	_cleanup_x509_list_ struct x509_list own = {0};
	struct certificates certs = {.own = &own};
	struct err e = {0};
	int r = read_chain(q, &own, &e);

	if (verdict_result(v, E_CERT_MALFORMED, "tdx-quote.certificates", r, "readable", &e)) {
		tdx_borrow_certs(&certs.pool, &own);
		tdx_borrow_certs(&certs.pool, trust->pool);
		if (trust->collateral)
			tdx_borrow_certs(&certs.pool, &trust->collateral->certs);
		check_chain(q, trust, &certs, f, v);
	}
}

void tdx_verify_quote(const struct tdx_quote *q, const struct tdx_trust *trust,
		      struct tdx_findings *ret, struct verdict *v)
{
	struct tdx_findings f = {.tcb = {.status = TDX_STATUS_UNKNOWN,
					 .platform = TDX_STATUS_UNKNOWN}};

	(void)verdict_equal(v, E_QE_BINDING, "tdx-quote.qe-vendor", qe_vendor, q->qe_vendor,
			    sizeof(qe_vendor));
	check_signature(q, v);
	check_attestation_key(q, v);
	(void)verdict_add(v, E_QE_BINDING, "tdx-quote.qe-debug",
			  !(q->qe.attributes[0] & SGX_ATTR_DEBUG), "off",
			  q->qe.attributes[0] & SGX_ATTR_DEBUG ? "on" : "off");
	check_certificates(q, trust, &f, v);
	tdx_td_check(&q->td, "tdx-quote", v);
	if (trust->collateral && tdx_has_qe_identity(trust->collateral))
		tdx_appraise_qe(q, trust, &f.tcb, v);
	if (trust->collateral && f.pck.present)
		tdx_appraise_tcb(q, trust, &f, v);
	*ret = f;
}

void tdx_verify_same_td(const struct tdx_report *report, const struct tdx_quote *q,
			struct verdict *v)
{
	const struct tdx_body *a = &report->td, *b = &q->td;
	const struct {
		const char *name;
		const void *want, *got;
		size_t len;
	} fields[] = {
		{"tdx-quote.report-data", a->report_data, b->report_data, TDX_REPORT_DATA},
		{"tdx-quote.mrtd", a->mrtd, b->mrtd, TDX_MEASUREMENT},
		{"tdx-quote.mrconfigid", a->mrconfigid, b->mrconfigid, TDX_MEASUREMENT},
		{"tdx-quote.mrowner", a->mrowner, b->mrowner, TDX_MEASUREMENT},
		{"tdx-quote.mrownerconfig", a->mrownerconfig, b->mrownerconfig, TDX_MEASUREMENT},
		{"tdx-quote.mrseam", a->mrseam, b->mrseam, TDX_MEASUREMENT},
		{"tdx-quote.rtmr0", a->rtmr[0], b->rtmr[0], TDX_MEASUREMENT},
		{"tdx-quote.rtmr1", a->rtmr[1], b->rtmr[1], TDX_MEASUREMENT},
		{"tdx-quote.rtmr2", a->rtmr[2], b->rtmr[2], TDX_MEASUREMENT},
		{"tdx-quote.rtmr3", a->rtmr[3], b->rtmr[3], TDX_MEASUREMENT},
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		(void)verdict_equal(v, E_REPORT_BINDING, fields[i].name, fields[i].want,
				    fields[i].got, fields[i].len);
	(void)verdict_add(v, E_REPORT_BINDING, "tdx-quote.same-attributes",
			  a->attributes == b->attributes && a->xfam == b->xfam,
			  "attributes and XFAM of the report", "0x%016llx, 0x%016llx",
			  (unsigned long long)b->attributes, (unsigned long long)b->xfam);
}
