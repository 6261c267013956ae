/* SPDX-License-Identifier: MIT */
/*
 * What was collected about the platform, and what the verifiers found about it: the input of
 * policy_judge(). Borrowed pointers; NULL is "not had". A flag is true only when every check that it
 * names was made and passed; those checks stand in the verdict by then.
 */
#ifndef CVMCRYPT_EVIDENCE_H
#define CVMCRYPT_EVIDENCE_H

#include "base.h"

struct snp_report;
struct snp_leaf;
struct tdx_body;
struct hcl_claims;
struct pcr_values;
struct eventlog;

struct evidence {
	/* words for people: "an Azure VM without isolation (TVM)", "no report: NV 0x01400001 absent" */
	char platform[96];

	/* SEV-SNP: the report inside the HCL report, or the direct one */
	const struct snp_report *snp;
	const struct snp_leaf *snp_leaf;	/* the certificate, NULL when none was to be had */
	bool snp_authentic;	/* signature, chain, chip id, TCB; direct: our nonce is in it too */

	/* Intel TDX: the body of the quote, or of the report where no quote was to be had */
	const struct tdx_body *td;
	bool td_authentic;	/* quote: signature, QE, chain; its report data is the HCL report's */
	int td_status;		/* of the TCB by collateral; -1: no collateral */

	/*
	 * No certificate or quote could be fetched: the one check of authenticity that is missing.
	 * Everything else was made and passed. Counts only with evidence-offline = allow.
	 */
	bool offline;

	/* the paravisor's claims, bound to the report by its report data */
	const struct hcl_claims *claims;
	bool claims_bound;
	bool ak_bound;		/* the AK of the TPM is the one of the claims, attributes as demanded */

	/* PCRs of the quote by that AK over a fresh nonce, else as read */
	const struct pcr_values *pcrs;
	bool pcrs_quoted;
	const struct eventlog *log;
	bool log_replayed;	/* replay gives the values of pcrs, where the log has events */
};

#endif
