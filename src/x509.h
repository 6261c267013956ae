/* SPDX-License-Identifier: MIT */
/*
 * X.509 certificates and CRLs (RFC 5280), on OpenSSL. Chains are built from a pool in any order to a
 * root from a list that the caller trusts; what a file calls a root is never one because of that.
 * The time to judge at is always given by the caller: the clock of a VM is the host's.
 */
#ifndef CVMCRYPT_X509_H
#define CVMCRYPT_X509_H

#include "err.h"
#include "pubkey.h"

#define X509_FILE_MAX 262144		/* bytes of one file */
#define X509_CERTS_MAX 64		/* in one list */
#define X509_DEPTH_MAX 6		/* of a chain, leaf and root included */

struct x509_cert;
struct x509_crl;

struct x509_list {
	struct x509_cert *cert[X509_CERTS_MAX];	/* owned */
	size_t count;
};

#define _cleanup_x509_list_ _cleanup_(x509_list_done)
void x509_list_done(struct x509_list *list);

/*
 * Appends every certificate of bytes: PEM (text around the blocks is ignored, other blocks are
 * refused) or DER, one or several behind each other, with zero bytes after the last one allowed (NV
 * indices are padded). Duplicates are dropped. E_CERT_MALFORMED.
 */
int x509_read(struct x509_list *list, const char *name, const void *bytes, size_t len,
	      struct err *reterr);
int x509_read_file(struct x509_list *list, const char *path, struct err *reterr);
/* The same certificate in a further list. */
int x509_list_add(struct x509_list *list, const struct x509_cert *c, struct err *reterr);

/* Common names; "" where there is none. Printable ASCII, cut when longer. */
#define X509_NAME_MAX 96
void x509_subject_cn(const struct x509_cert *c, char out[X509_NAME_MAX]);
void x509_issuer_cn(const struct x509_cert *c, char out[X509_NAME_MAX]);
/* Seconds since 1970. */
void x509_validity(const struct x509_cert *c, int64_t *ret_not_before, int64_t *ret_not_after);
int x509_fingerprint(const struct x509_cert *c, uint8_t out[SHA256_SIZE], struct err *reterr);
int x509_der(const struct x509_cert *c, uint8_t **ret, size_t *ret_len, struct err *reterr);
int x509_pubkey(const struct x509_cert *c, struct pubkey **ret, struct err *reterr);
bool x509_is_ca(const struct x509_cert *c);
/* The same bytes; the same subject. */
bool x509_equal(const struct x509_cert *a, const struct x509_cert *b);
bool x509_same_subject(const struct x509_cert *a, const struct x509_cert *b);
/*
 * The contents of the extension's OCTET STRING, borrowed from c; NULL when absent. oid: "1.3.6.1...".
 * An extension that stands twice makes the certificate malformed (refused by x509_read()).
 */
const uint8_t *x509_extension(const struct x509_cert *c, const char *oid, size_t *ret_len);

/* A chain as it was verified: leaf first, root last; borrowed from the lists. */
struct x509_path {
	const struct x509_cert *cert[X509_DEPTH_MAX];
	size_t count;
};

/*
 * Is there a chain from leaf over pool to a self-signed certificate that is in roots? Signatures (RSA-PSS with
 * their parameters as well), CA flags, path lengths, key usage keyCertSign, names, unknown critical
 * extensions; validity of every certificate at the time `at` (seconds since 1970), that of the root
 * as well. Keys and digests below 112 bits of strength (RSA-1024, SHA-1) are refused. pool may be
 * NULL; where it has two candidates for an issuer the first is taken and there is no second try.
 * crls (may be NULL): of each issuer in the chain that the list has CRLs of, one must be signed by
 * it and be current (E_CERT_CHAIN, E_CERT_TIME), and none revoke the certificate below it. E_CERT_CHAIN,
 * E_CERT_TIME, E_CERT_REVOKED name the certificate.
 */
struct x509_crls;
int x509_verify(const struct x509_cert *leaf, const struct x509_list *pool,
		const struct x509_list *roots, const struct x509_crls *crls, int64_t at,
		struct x509_path *ret, struct err *reterr);

#define X509_CRLS_MAX 16
struct x509_crls {
	struct x509_crl *crl[X509_CRLS_MAX];	/* owned */
	size_t count;
};
#define _cleanup_x509_crls_ _cleanup_(x509_crls_done)
void x509_crls_done(struct x509_crls *crls);
/* PEM or DER, one CRL. Its signature and nextUpdate are judged by x509_verify(). */
int x509_read_crl(struct x509_crls *crls, const char *name, const void *bytes, size_t len,
		  struct err *reterr);

#endif
