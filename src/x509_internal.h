/* SPDX-License-Identifier: MIT */
/*
 * What x509*.c share. OpenSSL's types stay behind it.
 */
#ifndef CVMCRYPT_X509_INTERNAL_H
#define CVMCRYPT_X509_INTERNAL_H

#include "x509.h"

#include <openssl/x509.h>

struct x509_cert {
	X509 *x;
};

struct x509_crl {
	X509_CRL *crl;
	char name[X509_NAME_MAX];	/* for messages */
};

/* The one DER value (a SEQUENCE) that bytes begin with: its size, 0 if there is none or it is cut. */
size_t x509_der_size(const uint8_t *bytes, size_t len);

/*
 * Calls take() for each block of bytes, which are PEM with blocks of the type label, or DER.
 * E_CERT_MALFORMED when there is none.
 */
typedef int x509_take(void *to, const char *name, const uint8_t *der, size_t len,
		      struct err *reterr);
int x509_blocks(const char *name, const char *label, const struct cursor *bytes, x509_take *take,
		void *to, struct err *reterr);

/* Is crl, made by issuer, good at the time and silent about c? Codes as of x509_verify(). */
int x509_crl_judge(const struct x509_crl *crl, const struct x509_cert *c,
		   const struct x509_cert *issuer, int64_t at, struct err *reterr);
/* "2033-07-20T10:00:00Z" for messages. */
#define X509_TIME_SIZE 32
void x509_time_text(int64_t t, char out[X509_TIME_SIZE]);
int64_t x509_seconds(const ASN1_TIME *t);

#endif
