/* SPDX-License-Identifier: MIT */
/*
 * Collecting evidence on this machine and verifying it: everything that policy_judge() is given.
 * Sources are tried in order, the first whose platform this is collects: an Azure VM's vTPM and
 * paravisor (evidence_azure.c), or the kernel's report interface (evidence_direct.c). What is wrong
 * with the evidence is a failed check of the verdict, never a reason to try another source; a
 * negative return means that nothing can be said (a TPM that does not answer, memory).
 *
 * Certificates and TD quotes come from EVIDENCE_DIR beside the configuration, else by network, the
 * metadata service first. Nothing waits longer than the request's budget.
 */
#ifndef CVMCRYPT_EVIDENCE_COLLECT_H
#define CVMCRYPT_EVIDENCE_COLLECT_H

#include "config.h"
#include "eventlog.h"
#include "evidence.h"
#include "hcl_claims.h"
#include "hcl_report.h"
#include "pcr_file.h"
#include "snp_chain.h"
#include "tdx_verify.h"
#include "tpm.h"
#include "verdict.h"

#define EVIDENCE_DIR "evidence"		/* below the configuration folder: certificates, collateral */
#define EVIDENCE_NONCE 32
#define EVIDENCE_BUDGET_MS 90000

struct collect_request {
	const struct config *config;
	const char *config_dir;
	struct tpm *tpm;		/* NULL: there is none; then the direct source only */
	int64_t at;			/* seconds since 1970: when certificates are judged */
	int64_t floor;			/* for the fetcher's TLS; see floor.h */
	bool raise_network;		/* in the initramfs, and only if something must be fetched */
	const char *fetcher;		/* NULL: the installed one */
	int64_t budget_ms;		/* 0: EVIDENCE_BUDGET_MS */
};

/* What was collected. evidence points into it, so it stays where it is. */
struct collection {
	struct verdict verdict;
	struct evidence evidence;
	const char *source;		/* "azure", "direct"; "" when there is none */
	const char *certified_by;	/* where certificate or quote came from: "cache", "metadata"; "" */
	struct err offline;		/* why there is none; code 0: there is one */
	bool nonce_in_report;		/* false: an old paravisor, only the quote is known to be fresh */
	unsigned tries;			/* reads of the report until it was fresh */
	unsigned tpm_commands;
	int64_t ms;
	struct pcr_set pcr_set;		/* as read: those of the profile and those of the policy */

	uint8_t nonce[EVIDENCE_NONCE];
	struct buf report, quote, log_bytes;	/* HCL report or the direct one; TD quote; event log */
	struct hcl_report hcl;
	struct hcl_claims claims;
	struct snp_report snp;
	struct snp_leaf leaf;
	struct tdx_report td_report;
	struct tdx_quote td_quote;
	struct tdx_findings td_findings;
	struct tdx_collateral collateral;
	struct x509_list certs, roots;
	struct pcr_values pcrs;
	struct eventlog log;
};

void collection_freep(struct collection **c);
#define _cleanup_collection_ _cleanup_(collection_freep)

/* Collects and verifies; the policy is not judged yet. E_TPM_*, E_NOMEM and other internal codes. */
int evidence_collect(struct collection **ret, const struct collect_request *q, struct err *reterr);

/* Nothing was asked of a network. */
bool collection_from_cache(const struct collection *c);
/* Writes the certificates to a file, for the cache of the next boot image. */
int evidence_stage(const struct collection *c, const char *path, struct err *reterr);

/* "evidence" of boot.json, "decoded" of `attest --json`: the outcome, times, where things came from. */
void evidence_describe(const struct collection *c, struct cJSON *object, bool *ok);

#endif
