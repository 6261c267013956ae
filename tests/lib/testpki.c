/* SPDX-License-Identifier: MIT */
#include "testpki.h"

#include <stdio.h>

#define FROM_DEFAULT 1577836800		/* 2020-01-01 */
#define UNTIL_DEFAULT 2366841600	/* 2045-01-01 */
#define DER_MAX 8192

void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "testpki: %s failed\n", what);
	abort();
}

X509 *testpki_cert_new(EVP_PKEY *key, uint64_t serial, int64_t from, int64_t until)
{
	X509 *x = X509_new();

	must(x && X509_set_version(x, X509_VERSION_3) == 1 && X509_set_pubkey(x, key) == 1 &&
	     ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial) == 1 &&
	     ASN1_TIME_set(X509_getm_notBefore(x), from ? from : FROM_DEFAULT) &&
	     ASN1_TIME_set(X509_getm_notAfter(x), until ? until : UNTIL_DEFAULT), "making a certificate");
	return x;
}

/* Takes the DER. */
static void keep(uint8_t *der, int len, struct buf *ret)
{
	must(len > 0, "writing DER");
	*ret = BUF_INIT(DER_MAX);
	buf_put(ret, der, (size_t)len);
	must(!ret->failed, "keeping DER");
	OPENSSL_free(der);
}

void testpki_cert_finish(X509 *x, struct buf *ret)
{
	uint8_t *der = NULL;
	int len = i2d_X509(x, &der);

	keep(der, len, ret);
	X509_free(x);
}

X509_CRL *testpki_crl_new(const X509_NAME *issuer, uint64_t serial, int64_t from, int64_t until)
{
	ASN1_TIME *first = ASN1_TIME_set(NULL, from), *last = ASN1_TIME_set(NULL, until);
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509_CRL *crl = X509_CRL_new();

	must(first && last && entry && number && crl, "memory for a CRL");
	must(ASN1_INTEGER_set_uint64(number, serial) == 1 &&
	     X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
	     X509_CRL_set_issuer_name(crl, issuer) == 1 &&
	     X509_CRL_set1_lastUpdate(crl, first) == 1 && X509_CRL_set1_nextUpdate(crl, last) == 1 &&
	     X509_REVOKED_set_serialNumber(entry, number) == 1 &&
	     X509_REVOKED_set_revocationDate(entry, first) == 1 &&
	     X509_CRL_add0_revoked(crl, entry) == 1, "making a CRL");
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(first);
	ASN1_TIME_free(last);
	return crl;
}

void testpki_crl_finish(X509_CRL *crl, struct buf *ret)
{
	uint8_t *der = NULL;
	int len = i2d_X509_CRL(crl, &der);

	keep(der, len, ret);
	X509_CRL_free(crl);
}
