/* SPDX-License-Identifier: MIT */
#include "tdx_quote.h"

#include "buf.h"

#include <string.h>

/* Intel TDX DCAP Quoting Library API, A.3.1 and A.4 */
#define KEY_TYPE_ECDSA_P256 2
#define TEE_SGX 0x00
#define TEE_TDX 0x81
#define BODY_SGX 1
#define BODY_TD_10 2
#define BODY_TD_15 3
#define BODY_TD_10_SIZE 584
#define BODY_TD_15_SIZE 648
#define CERT_DATA_PCK_CHAIN 5
#define CERT_DATA_QE_REPORT 6

static void take(struct cursor *c, void *out, size_t len)
{
	const uint8_t *p = cursor_take(c, len);

	if (p)
		memcpy(out, p, len);
}

static int malformed(struct err *reterr, const char *what)
{
	return err_set(reterr, E_TDX_MALFORMED, "quote: %s", what);
}

static int read_header(struct tdx_quote *q, struct cursor *c, struct err *reterr)
{
	uint16_t key_type;
	uint32_t tee;

	q->version = cursor_le16(c);
	key_type = cursor_le16(c);
	tee = cursor_le32(c);
	(void)cursor_take(c, 4);	/* reserved; signed with the rest */
	take(c, q->qe_vendor, sizeof(q->qe_vendor));
	take(c, q->user_data, sizeof(q->user_data));
	if (c->failed)
		return malformed(reterr, "shorter than its header");
	if (q->version == 3 || (tee == TEE_SGX && (q->version == 4 || q->version == 5)))
		return malformed(reterr, "of an SGX enclave, not of a TD");
	if (q->version != 4 && q->version != 5)
		return err_set(reterr, E_TDX_MALFORMED, "quote: version %u is not known", q->version);
	if (tee != TEE_TDX)
		return err_set(reterr, E_TDX_MALFORMED, "quote: TEE type 0x%x is not TDX", tee);
	if (key_type != KEY_TYPE_ECDSA_P256)
		return err_set(reterr, E_TDX_MALFORMED,
			       "quote: attestation key type %u is not ECDSA P-256", key_type);
	return 0;
}

static int read_body_prefix(struct tdx_quote *q, struct cursor *c, struct err *reterr)
{
	uint32_t size = BODY_TD_10_SIZE;

	q->body_type = BODY_TD_10;
	if (q->version == 5) {
		q->body_type = cursor_le16(c);
		size = cursor_le32(c);
	}
	if (c->failed)
		return malformed(reterr, "cut before its body");
	if (q->body_type == BODY_SGX)
		return malformed(reterr, "of an SGX enclave, not of a TD");
	if (q->body_type != BODY_TD_10 && q->body_type != BODY_TD_15)
		return err_set(reterr, E_TDX_MALFORMED, "quote: body type %u is not known",
			       q->body_type);
	if (size != (q->body_type == BODY_TD_10 ? BODY_TD_10_SIZE : BODY_TD_15_SIZE))
		return err_set(reterr, E_TDX_MALFORMED, "quote: body of type %u has %u bytes",
			       q->body_type, size);
	return 0;
}

static void read_body(struct tdx_quote *q, struct cursor *c)
{
	struct tdx_body *td = &q->td;

	take(c, td->tee_tcb_svn, TDX_SVN);
	take(c, td->mrseam, TDX_MEASUREMENT);
	take(c, td->mrsignerseam, TDX_MEASUREMENT);
	td->seam_attributes = cursor_le64(c);
	td->attributes = cursor_le64(c);
	td->xfam = cursor_le64(c);
	take(c, td->mrtd, TDX_MEASUREMENT);
	take(c, td->mrconfigid, TDX_MEASUREMENT);
	take(c, td->mrowner, TDX_MEASUREMENT);
	take(c, td->mrownerconfig, TDX_MEASUREMENT);
	take(c, td->rtmr, sizeof(td->rtmr));
	take(c, td->report_data, TDX_REPORT_DATA);
	td->has_servtd = q->body_type == BODY_TD_15;
	if (!td->has_servtd)
		return;
	take(c, td->tee_tcb_svn2, TDX_SVN);
	take(c, td->mrservtd, TDX_MEASUREMENT);
}

/* SGX REPORT_BODY: Intel SDM volume 3D, table 38-21 */
static void read_qe_report(struct sgx_report *qe, struct cursor *outer)
{
	struct cursor c;

	qe->bytes = cursor_take(outer, SGX_REPORT_SIZE);
	c = CURSOR(qe->bytes, qe->bytes ? SGX_REPORT_SIZE : 0);
	take(&c, qe->cpusvn, sizeof(qe->cpusvn));
	qe->miscselect = cursor_le32(&c);
	(void)cursor_take(&c, 28);
	take(&c, qe->attributes, sizeof(qe->attributes));
	take(&c, qe->mrenclave, sizeof(qe->mrenclave));
	(void)cursor_take(&c, 32);
	take(&c, qe->mrsigner, sizeof(qe->mrsigner));
	(void)cursor_take(&c, 96);
	qe->isvprodid = cursor_le16(&c);
	qe->isvsvn = cursor_le16(&c);
	(void)cursor_take(&c, 60);
	take(&c, qe->report_data, sizeof(qe->report_data));
}

/* Every length must say the same as the one around it. */
static int read_signature_data(struct tdx_quote *q, struct cursor c, struct err *reterr)
{
	uint16_t type;
	uint32_t size;

	q->signature = cursor_take(&c, TDX_QUOTE_SIGNATURE);
	q->key = cursor_take(&c, TDX_QUOTE_KEY);
	type = cursor_le16(&c);
	size = cursor_le32(&c);
	if (c.failed)
		return malformed(reterr, "signature data too short");
	if (type != CERT_DATA_QE_REPORT)
		return err_set(reterr, E_TDX_MALFORMED,
			       "quote: certification data of type %u, not a QE report", type);
	if (size != c.left)
		return malformed(reterr, "sizes of signature and certification data disagree");
	read_qe_report(&q->qe, &c);
	q->qe_signature = cursor_take(&c, TDX_QUOTE_SIGNATURE);
	q->auth_len = cursor_le16(&c);
	q->auth = cursor_take(&c, q->auth_len);
	type = cursor_le16(&c);
	size = cursor_le32(&c);
	if (c.failed)
		return malformed(reterr, "certification data too short");
	if (type != CERT_DATA_PCK_CHAIN)
		return err_set(reterr, E_TDX_MALFORMED,
			       "quote: certification data of type %u, not a PCK chain", type);
	if (size != c.left)
		return malformed(reterr, "sizes of certification data and PCK chain disagree");
	q->chain_len = size;
	q->chain = cursor_take(&c, size);
	return 0;
}

/* Zeros of a buffer that was longer; or a text line, which a published sample has. */
static bool trailing_allowed(const uint8_t *p, size_t len)
{
	bool zero = true, text = len > 0 && p[0] == '\n';

	for (size_t i = 0; i < len; i++) {
		if (p[i] != 0)
			zero = false;
		if (p[i] != '\n' && (p[i] < 0x20 || p[i] > 0x7e))
			text = false;
	}
	return zero || text;
}

int tdx_quote_parse(struct tdx_quote *ret, const uint8_t *bytes, size_t len, struct err *reterr)
{
	struct tdx_quote q = {0};
	struct cursor c = CURSOR(bytes, len);
	const uint8_t *signature_data;
	uint32_t size;
	int r;

	if (len > TDX_QUOTE_MAX)
		return malformed(reterr, "too large");
	r = read_header(&q, &c, reterr);
	if (r < 0)
		return r;
	r = read_body_prefix(&q, &c, reterr);
	if (r < 0)
		return r;
	read_body(&q, &c);
	q.signed_bytes = bytes;
	q.signed_len = len - c.left;
	size = cursor_le32(&c);
	signature_data = cursor_take(&c, size);
	if (c.failed)
		return malformed(reterr, "cut");
	r = read_signature_data(&q, CURSOR(signature_data, size), reterr);
	if (r < 0)
		return r;
	q.trailing = c.left;
	q.used = len - c.left;
	if (!trailing_allowed(c.p, c.left))
		return err_set(reterr, E_TDX_MALFORMED, "quote: %zu bytes behind it that are not zero",
			       c.left);
	*ret = q;
	return 0;
}
