/* SPDX-License-Identifier: MIT */
/*
 * The key of a TPM as an auditor has it at hand: a public key in PEM or DER, TPMT_PUBLIC or
 * TPM2B_PUBLIC, a certificate, or an HCL report, whose claims name it. Found out from the bytes.
 */
#ifndef CVMCRYPT_VERIFY_KEY_H
#define CVMCRYPT_VERIFY_KEY_H

#include "hcl_report.h"
#include "tpm_quote.h"
#include "x509.h"

struct cJSON;

enum verify_key_form { KEY_SPKI, KEY_PUBLIC_AREA, KEY_CERTIFICATE, KEY_HCL_REPORT };

struct verify_key {
	enum verify_key_form form;
	struct buf bytes;		/* owned: the file */
	struct pubkey *key;		/* owned */
	struct tpm_public area;		/* KEY_PUBLIC_AREA; owned */
	struct x509_list certs;		/* KEY_CERTIFICATE; owned */
	const struct x509_cert *cert;	/* the key's, borrowed from certs */
	struct hcl_report report;	/* KEY_HCL_REPORT; borrows bytes */
};

#define _cleanup_verify_key_ _cleanup_(verify_key_done)
void verify_key_done(struct verify_key *k);
/* E_CERT_MALFORMED, E_HCL_MALFORMED, E_QUOTE_MALFORMED, E_IO. */
int verify_key_read(struct verify_key *ret, const char *path, struct err *reterr);
void verify_key_describe(const struct verify_key *k, struct cJSON *obj, bool *ok);

#endif
