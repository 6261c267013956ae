/* SPDX-License-Identifier: MIT */
#include "verify_key.h"

#include "file.h"
#include "hcl_claims.h"
#include "json.h"

#include <string.h>

#define DER_OID 0x06
#define DER_SEQUENCE 0x30

void verify_key_done(struct verify_key *k)
{
	buf_done(&k->bytes);
	pubkey_freep(&k->key);
	tpm_public_done(&k->area);
	x509_list_done(&k->certs);
}

static int from_report(struct verify_key *k, struct err *reterr)
{
	struct hcl_claims claims;
	int r;

	k->form = KEY_HCL_REPORT;
	r = hcl_report_parse(&k->report, k->bytes.data, k->bytes.len, reterr);
	if (r == 0)
		r = hcl_claims_parse(&claims, k->report.json, k->report.json_len, reterr);
	if (r == 0)
		r = hcl_claims_ak(&claims, &k->key, reterr);
	return r;
}

/* One certificate; or a chain, in which one alone is not a CA's. */
static int from_certificate(struct verify_key *k, const char *path, struct err *reterr)
{
	size_t leaves = 0;
	int r;

	k->form = KEY_CERTIFICATE;
	r = x509_read(&k->certs, path, k->bytes.data, k->bytes.len, reterr);
	if (r < 0)
		return r;
	k->cert = k->certs.cert[0];
	for (size_t i = 0; k->certs.count > 1 && i < k->certs.count; i++) {
		if (x509_is_ca(k->certs.cert[i]))
			continue;
		k->cert = k->certs.cert[i];
		leaves++;
	}
	if (k->certs.count > 1 && leaves != 1)
		return err_set(reterr, E_CERT_MALFORMED,
			       "%zu certificates that are not a CA's, where one is wanted",
			       leaves);
	return x509_pubkey(k->cert, &k->key, reterr);
}

static int from_public_area(struct verify_key *k, struct err *reterr)
{
	k->form = KEY_PUBLIC_AREA;
	return tpm_public_parse(&k->area, k->bytes.data, k->bytes.len, reterr);
}

/* The tag of what comes after a DER header; 0 when it isn't one. */
static uint8_t inner_tag(struct cursor *c)
{
	uint8_t len;

	if (cursor_u8(c) != DER_SEQUENCE)
		return 0;
	len = cursor_u8(c);
	if (len & 0x80)
		(void)cursor_take(c, len & 0x7f);
	return c->left > 0 && !c->failed ? *c->p : 0;
}

/* SubjectPublicKeyInfo begins with an AlgorithmIdentifier, so with an OID (RFC 5280, 4.1). */
static bool is_spki(const struct buf *b)
{
	struct cursor c = CURSOR(b->data, b->len);

	return inner_tag(&c) == DER_SEQUENCE && inner_tag(&c) == DER_OID;
}

static bool has_text(const struct buf *b, const char *text)
{
	return memmem(b->data, b->len, text, strlen(text)) != NULL;
}

int verify_key_read(struct verify_key *ret, const char *path, struct err *reterr)
{
	_cleanup_verify_key_ struct verify_key k = {.bytes = BUF_INIT(0)};
	const struct buf *b = &k.bytes;
	int r;

	r = file_read(path, X509_FILE_MAX, &k.bytes, reterr);
	if (r < 0)
		return r;
	k.form = KEY_SPKI;
	if (b->len >= 4 && memcmp(b->data, "HCLA", 4) == 0)
		r = from_report(&k, reterr);
	else if (has_text(b, "-----BEGIN CERTIFICATE-----"))
		r = from_certificate(&k, path, reterr);
	else if (has_text(b, "-----BEGIN ") || is_spki(b))
		r = pubkey_read(&k.key, path, b->data, b->len, reterr);
	else if (b->len > 0 && b->data[0] == DER_SEQUENCE)
		r = from_certificate(&k, path, reterr);
	else
		r = from_public_area(&k, reterr);
	if (r < 0)
		return r;
	if (k.form == KEY_PUBLIC_AREA)
		k.key = TAKE_PTR(k.area.key);
	*ret = k;
	k = (struct verify_key){0};
	return 0;
}

void verify_key_describe(const struct verify_key *k, struct cJSON *obj, bool *ok)
{
	static const char *const form[] = {"public key", "TPMT_PUBLIC", "certificate",
					   "HCL report"};
	char name[X509_NAME_MAX];

	json_add_string(obj, "form", form[k->form], ok);
	json_add_string(obj, "kind", pubkey_is_rsa(k->key) ? "rsa" : "ec", ok);
	json_add_number(obj, "bits", pubkey_bits(k->key), ok);
	if (k->form == KEY_PUBLIC_AREA) {
		json_add_number(obj, "attributes", k->area.attributes, ok);
		json_add_hex(obj, "name", k->area.name, k->area.name_len, ok);
	} else if (k->form == KEY_CERTIFICATE) {
		x509_subject_cn(k->cert, name);
		json_add_string(obj, "subject", name, ok);
		x509_issuer_cn(k->cert, name);
		json_add_string(obj, "issuer", name, ok);
	} else if (k->form == KEY_HCL_REPORT) {
		json_add_string(obj, "report", hcl_report_type_name(k->report.type), ok);
	}
}
