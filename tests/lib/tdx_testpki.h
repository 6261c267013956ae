/* SPDX-License-Identifier: MIT */
/*
 * A TDX platform for tests: quotes made to measure, with a quoting enclave and certificates as
 * Intel's (root, PCK Platform CA, PCK, TCB signing), under a root of its own; and the collateral that
 * Intel would give. Keys are made once a process. Linked with integration tests and with unit tests
 * that call it.
 *
 *	_cleanup_tdx_testpki_ struct tdx_testpki pki = {0};
 *	_cleanup_buf_ struct buf quote = {0};
 *	struct tdx_testpki_spec spec;
 *	struct tdx_body td;
 *
 *	tdx_testpki_body(&td);			// a good TD 1.5
 *	td.attributes |= TDX_ATTR_DEBUG;	// ... with debugging on
 *	tdx_testpki_spec(&spec);		// a good platform
 *	spec.qe_isvsvn = 1;			// ... with an old quoting enclave
 *	tdx_testpki_make(&pki, &spec);		// pki.root, .ca, .pck, .signer in DER
 *	tdx_testpki_quote(&quote, &pki, &spec, &td);
 *
 * To have the command line take it: write pki.root to a file for --root. A failure ends the program:
 * nothing of it depends on what is tested.
 */
#ifndef TESTS_TDX_TESTPKI_H
#define TESTS_TDX_TESTPKI_H

#include "buf.h"
#include "tdx_quote.h"

#define TDX_TESTPKI_PCK_SERIAL 0x1001

struct tdx_testpki_spec {
	unsigned version;		/* of the quote: 4 (TD 1.0), 5 */
	/* the PCK certificate; times in seconds since 1970, 0: 2020 to 2045 */
	uint8_t fmspc[6], component[16];
	uint16_t pcesvn;
	int64_t pck_until, root_until, signer_until;
	bool pck_by_other;		/* signed by another key than the CA's */
	bool pck_other_key;		/* certifies another key than the one that signs enclaves */
	bool pck_no_extension;
	bool chain_without_pck;		/* the quote carries CA and root only */
	const char *signer_cn;		/* of the TCB signing certificate */
	/* the quoting enclave */
	uint8_t qe_mrsigner[32], qe_attributes[16];
	uint16_t qe_isvprodid, qe_isvsvn;
	bool qe_other_data;		/* its report data is of another attestation key */
	bool qe_upper_half;		/* ... with something in the upper half */
	uint8_t qe_vendor[16];
};

struct tdx_testpki {
	struct buf root, ca, pck, signer;	/* DER */
};

#define _cleanup_tdx_testpki_ _cleanup_(tdx_testpki_done)
void tdx_testpki_done(struct tdx_testpki *p);

/* From now on keys are those of files in the folder, made where they are missing; borrows dir. */
void tdx_testpki_keep(const char *dir);
void tdx_testpki_body(struct tdx_body *td);
void tdx_testpki_spec(struct tdx_testpki_spec *spec);
void tdx_testpki_make(struct tdx_testpki *ret, const struct tdx_testpki_spec *spec);
void tdx_testpki_quote(struct buf *ret, const struct tdx_testpki *pki,
		       const struct tdx_testpki_spec *spec, const struct tdx_body *td);
/* The TDREPORT of the same TD, with its hashes; the MAC is none. */
void tdx_testpki_report(uint8_t out[TDX_REPORT_SIZE], const struct tdx_body *td);

/* {"KEY":BODY,"signature":"hex"}, signed by the TCB signing certificate's key. */
void tdx_testpki_signed(struct buf *ret, const char *key, const char *body);
/* A CRL of the PCK CA that revokes the serial number. */
void tdx_testpki_crl(struct buf *ret, uint64_t serial, int64_t from, int64_t until);

#endif
