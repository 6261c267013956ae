/* SPDX-License-Identifier: MIT */
#include "x509_internal.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

void x509_crls_done(struct x509_crls *crls)
{
	for (size_t i = 0; i < crls->count; i++) {
		X509_CRL_free(crls->crl[i]->crl);
		free(crls->crl[i]);
	}
	*crls = (struct x509_crls){0};
}

static int take_crl(void *to, const char *name, const uint8_t *der, size_t len, struct err *reterr)
{
	struct x509_crls *crls = to;
	const uint8_t *p = der;
	struct x509_crl *c;

	if (crls->count == X509_CRLS_MAX)
		return err_set(reterr, E_CERT_MALFORMED, "%s: more than %d CRLs", name, X509_CRLS_MAX);
	c = calloc(1, sizeof(*c));
	if (!c)
		return err_set(reterr, E_NOMEM, "%s", name);
	c->crl = d2i_X509_CRL(NULL, &p, (long)len);
	ERR_clear_error();
	if (!c->crl || p != der + len) {
		X509_CRL_free(c->crl);
		free(c);
		return err_set(reterr, E_CERT_MALFORMED, "%s: not a CRL", name);
	}
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	crls->crl[crls->count++] = c;
	return 0;
}

int x509_read_crl(struct x509_crls *crls, const char *name, const void *bytes, size_t len,
		  struct err *reterr)
{
	return x509_blocks(name, "X509 CRL", &CURSOR(bytes, len), take_crl, crls, reterr);
}

/* A critical extension narrows what a CRL speaks of (deltas, partitions): none is understood. */
static bool has_critical(const STACK_OF(X509_EXTENSION) *extensions)
{
	for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++)
		if (X509_EXTENSION_get_critical(sk_X509_EXTENSION_value(extensions, i)))
			return true;
	return false;
}

static bool any_critical(X509_CRL *crl)
{
	STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(crl);

	if (has_critical(X509_CRL_get0_extensions(crl)))
		return true;
	for (int i = 0; i < sk_X509_REVOKED_num(revoked); i++)
		if (has_critical(X509_REVOKED_get0_extensions(sk_X509_REVOKED_value(revoked, i))))
			return true;
	return false;
}

static bool signed_by(X509_CRL *crl, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	bool ok = key && X509_CRL_verify(crl, key) == 1;

	/* all bits are set when the certificate has no key usage */
	ok = ok && (X509_get_key_usage(issuer) & KU_CRL_SIGN);
	ERR_clear_error();
	return ok;
}

int x509_crl_judge(const struct x509_crl *crl, const struct x509_cert *c,
		   const struct x509_cert *issuer, int64_t at, struct err *reterr)
{
	int64_t from = x509_seconds(X509_CRL_get0_lastUpdate(crl->crl));
	int64_t until = x509_seconds(X509_CRL_get0_nextUpdate(crl->crl));
	char name[X509_NAME_MAX], time[X509_TIME_SIZE], bound[X509_TIME_SIZE];
	X509_REVOKED *entry = NULL;

	if (!signed_by(crl->crl, issuer->x))
		return err_set(reterr, E_CERT_CHAIN, "%s: CRL is not signed by its issuer", crl->name);
	if (any_critical(crl->crl))
		return err_set(reterr, E_CERT_CHAIN, "%s: CRL has an unknown critical extension",
			       crl->name);
	/* before the time: nothing that was revoked once is good again */
	x509_subject_cn(c, name);
	if (X509_CRL_get0_by_cert(crl->crl, &entry, c->x) != 0)
		return err_set(reterr, E_CERT_REVOKED, "%s: revoked by %s", name, crl->name);
	x509_time_text(at, time);
	if (from == INT64_MIN || until == INT64_MIN)
		return err_set(reterr, E_CERT_TIME, "%s: CRL does not say how long it is valid", crl->name);
	x509_time_text(from > at ? from : until, bound);
	if (from > at)
		return err_set(reterr, E_CERT_TIME, "%s: CRL is not yet valid, from %s on only, judged at %s",
			       crl->name, bound, time);
	if (until < at)
		return err_set(reterr, E_CERT_TIME, "%s: CRL expired at %s, judged at %s", crl->name,
			       bound, time);
	return 0;
}
