/* SPDX-License-Identifier: MIT */
/*
 * The part of tdx_verify.h that judges by collateral: finds the TCB info of this platform and the
 * identity of the TD quoting enclave, checks that Intel signed them and that they are not out of
 * date, and what they say.
 */
#ifndef CVMCRYPT_TDX_APPRAISE_H
#define CVMCRYPT_TDX_APPRAISE_H

#include "tdx_verify.h"

/* Does the folder have an identity of the TD quoting enclave? Then the built-in one is not used. */
bool tdx_has_qe_identity(const struct tdx_collateral *c);
/* Adds tdx-quote.qe-identity, by collateral. */
void tdx_appraise_qe(const struct tdx_quote *q, const struct tdx_trust *trust, struct tdx_tcb *tcb,
		     struct verdict *v);
/* Adds tdx-quote.tcb-info and, after all else, tdx-quote.tcb-status. */
void tdx_appraise_tcb(const struct tdx_quote *q, const struct tdx_trust *trust,
		      struct tdx_findings *f, struct verdict *v);

/* Appends borrowed certificates while there is room: such a list is not x509_list_done(). */
void tdx_borrow_certs(struct x509_list *to, const struct x509_list *from);

#endif
