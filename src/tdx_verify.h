/* SPDX-License-Identifier: MIT */
/*
 * Is a TD quote genuine? The attestation key signed it, the quoting enclave vouches for that key,
 * the platform's PCK certificate for the enclave, and Intel's root for that: named checks in a
 * verdict. With collateral also: what Intel says of this TCB. Pure but for the cryptography; used
 * by `verify` and by the boot. Says nothing of what a TD may be (debug, measurements): that is the
 * policy's.
 */
#ifndef CVMCRYPT_TDX_VERIFY_H
#define CVMCRYPT_TDX_VERIFY_H

#include "tdx_collateral.h"
#include "tdx_quote.h"
#include "tdx_tcb.h"

/* What to judge by; all borrowed. */
struct tdx_trust {
	const struct x509_list *roots;
	const struct x509_list *pool;	/* further certificates; may be NULL */
	const struct tdx_collateral *collateral;	/* NULL: none */
	int64_t at;			/* seconds since 1970 */
};

/* What was learned on the way; for the policy, and for people. */
struct tdx_findings {
	struct tdx_pck pck;		/* .present: the PCK certificate could be read */
	struct tdx_tcb tcb;		/* .judged: there was collateral for this platform */
};

/*
 * Adds the checks tdx-quote.*. A check that cannot be made because an earlier one failed is left
 * out, so the verdict fails in any case. *ret is always filled.
 */
void tdx_verify_quote(const struct tdx_quote *q, const struct tdx_trust *trust,
		      struct tdx_findings *ret, struct verdict *v);
/*
 * Adds: is it Intel's TD quoting enclave, by its signer and product as built in? A part of the above
 * below Intel's root, where collateral has no identity of the enclave.
 */
void tdx_check_qe(const struct sgx_report *qe, struct verdict *v);
/*
 * Adds: is this the quote of the TD that the report is of, made from this very report? Report data,
 * measurements, registers, attributes, configuration.
 */
void tdx_verify_same_td(const struct tdx_report *report, const struct tdx_quote *q,
			struct verdict *v);

#endif
