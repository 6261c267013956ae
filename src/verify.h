/* SPDX-License-Identifier: MIT */
/*
 * 'cvmcrypt verify TYPE FILE' and 'cvmcrypt inspect TYPE FILE': one file a type (verify_TYPE.c), one
 * frame (cmd_verify.c, verify_print.c) for options, output and exit status. A verifier reads its
 * files, adds its checks to the verdict and describes what it found in `decoded`; it prints nothing.
 */
#ifndef CVMCRYPT_VERIFY_H
#define CVMCRYPT_VERIFY_H

#include "err.h"
#include "policy.h"
#include "verdict.h"

struct cJSON;

#define VERIFY_CERT_FILES_MAX 16

struct verify_options {
	const char *file;
	const char *certs[VERIFY_CERT_FILES_MAX];	/* --cert */
	size_t cert_count;
	const char *root;		/* --root FILE: replaces the built-in roots */
	int64_t at;			/* --at, else now: seconds since 1970 */
	const struct policy *policy;	/* of --policy FILE; NULL: authenticity only */
	const char *signature, *key, *nonce, *pcrs;	/* tpm-quote, eventlog */
	const char *tdx_quote;		/* hcl-report */
	const char *collateral;		/* tdx-quote: a folder */
};

struct verify_result {
	struct verdict verdict;
	struct cJSON *decoded;		/* an object, made by the frame; the verifier fills it */
	struct cJSON *pcrs;		/* eventlog only: {"sha256":{"0":"hex"}} */
};

/*
 * A negative return: the input is malformed, or a file can't be read (exit status 2, or 1 for
 * E_NOMEM and the like). 0: judged; result->verdict says how.
 */
typedef int verify_fn(const struct verify_options *o, struct verify_result *result,
		      struct err *reterr);
/*
 * A verifier that is given a policy calls the policy_judge_*() of what its artefact holds, behind its
 * own checks. The frame lists in decoded what the policy demands and nothing judged.
 */
verify_fn verify_snp_report, verify_hcl_report, verify_tdx_quote, verify_tpm_quote,
	verify_eventlog;
/*
 * 'inspect': decode only. bytes is the file. Fills decoded; returns negative when malformed. The same
 * functions fill `decoded` for verify.
 */
typedef int inspect_fn(const char *name, const uint8_t *bytes, size_t len, struct cJSON *decoded,
		       struct err *reterr);
inspect_fn inspect_snp_report, inspect_hcl_report, inspect_tdx_quote, inspect_tpm_quote,
	inspect_jws;

#endif
