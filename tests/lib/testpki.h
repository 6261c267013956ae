/* SPDX-License-Identifier: MIT */
/* What the certificates of both test platforms have in common: snp_testpki, tdx_testpki. */
#ifndef TESTS_TESTPKI_H
#define TESTS_TESTPKI_H

#include "buf.h"

#include <openssl/x509.h>

/* Ends the program if not: nothing of a test platform depends on what is tested. */
void must(bool ok, const char *what);

/* A certificate without names; until 0: 2045. */
X509 *testpki_cert_new(EVP_PKEY *key, uint64_t serial, int64_t from, int64_t until);
/* Writes it as DER and frees it. */
void testpki_cert_finish(X509 *x, struct buf *ret);

/* A CRL, not yet signed, that revokes the serial number at its beginning. */
X509_CRL *testpki_crl_new(const X509_NAME *issuer, uint64_t serial, int64_t from, int64_t until);
void testpki_crl_finish(X509_CRL *crl, struct buf *ret);

#endif
