/* SPDX-License-Identifier: MIT */
/*
 * Collateral of TDX from files: what Intel's Provisioning Certification Service says of a
 * platform's TCB and of the quoting enclave. A folder is read whole and every file known by its
 * contents, not by its name:
 *   - certificates, PEM or DER, one or many (issuer chains)
 *   - certificate revocation lists, PEM or DER
 *   - {"tcbInfo":{...},"signature":"hex"} and {"enclaveIdentity":{...},"signature":"hex"}, as the
 *     service gives them
 *   - an object with all of it, as quote verification libraries pass it on: tcb_info,
 *     tcb_info_signature, tcb_info_issuer_chain, qe_identity, qe_identity_signature,
 *     qe_identity_issuer_chain, pck_crl, root_ca_crl (hex, base64 or PEM), pck_crl_issuer_chain
 * Other files are passed over. Nothing here is believed before tdx_verify.h has checked
 * signatures.
 */
#ifndef CVMCRYPT_TDX_COLLATERAL_H
#define CVMCRYPT_TDX_COLLATERAL_H

#include "err.h"
#include "x509.h"

#define TDX_COLLATERAL_FILE_MAX 1048576		/* bytes of one file */
#define TDX_COLLATERAL_FILES_MAX 256		/* looked at in one folder */
#define TDX_SIGNED_MAX 16			/* TCB infos and QE identities in one folder */

/* A JSON object and Intel's signature over its bytes as they stand in the file. */
struct tdx_signed {
	char name[64];			/* of the file, for messages */
	uint8_t *body;			/* owned */
	size_t len;
	uint8_t signature[64];		/* ECDSA P-256: r || s */
};

struct tdx_signed_list {
	struct tdx_signed item[TDX_SIGNED_MAX];
	size_t count;
};

struct tdx_collateral {
	struct x509_list certs;
	struct x509_crls crls;
	struct tdx_signed_list tcb_infos, qe_identities;
	size_t files, ignored;		/* files used, and passed over */
};

#define _cleanup_tdx_collateral_ _cleanup_(tdx_collateral_done)
void tdx_collateral_done(struct tdx_collateral *c);

/*
 * Adds one file. *ret_used: was it collateral? A file of a known kind that is malformed is
 * E_COLLATERAL_MALFORMED (E_CERT_MALFORMED for certificates and CRLs).
 */
int tdx_collateral_add(struct tdx_collateral *c, const char *name, const void *bytes, size_t len,
		       bool *ret_used, struct err *reterr);
/* Adds every regular file of a folder, in the order of names. E_IO, and as above. */
int tdx_collateral_load(struct tdx_collateral *c, const char *dir, struct err *reterr);

#endif
