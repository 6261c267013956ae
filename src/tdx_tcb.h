/* SPDX-License-Identifier: MIT */
/*
 * The TCB of a TDX platform: what the PCK certificate says it is (SGX extensions, Intel SGX PCK
 * Certificate and CRL Specification, section 1.3.5), and which level of Intel's TCB info (PCS API
 * v4) that is. Pure: works on JSON whose signature the caller has checked.
 */
#ifndef CVMCRYPT_TDX_TCB_H
#define CVMCRYPT_TDX_TCB_H

#include "tdx_quote.h"
#include "x509.h"

/* From the best to the worst, so that the worse of two is the greater. */
enum tdx_status {
	TDX_UP_TO_DATE,
	TDX_SW_HARDENING_NEEDED,
	TDX_CONFIGURATION_NEEDED,
	TDX_CONFIGURATION_AND_SW_HARDENING_NEEDED,
	TDX_OUT_OF_DATE,
	TDX_OUT_OF_DATE_CONFIGURATION_NEEDED,
	TDX_REVOKED,
	TDX_STATUS_UNKNOWN,		/* no level, or a word that is not known */
	TDX_STATUS_MAX
};

/* "UpToDate", "SWHardeningNeeded" ... as Intel spells them; "Unknown". */
const char *tdx_status_name(enum tdx_status s);
/* TDX_STATUS_UNKNOWN for another word. */
enum tdx_status tdx_status_by_name(const char *name);

struct tdx_pck {
	bool present;
	uint8_t fmspc[6];
	uint8_t pceid[2];
	uint8_t ppid[16];
	uint8_t cpusvn[16];
	uint8_t component[16];		/* SGX TCB component SVNs */
	uint16_t pcesvn;
};

#define TDX_DATE_SIZE 24		/* "2024-11-13T00:00:00Z" */
#define TDX_ADVISORIES_SIZE 512		/* "INTEL-SA-00106 INTEL-SA-00115", cut at a word */

struct tdx_tcb {
	bool judged;
	enum tdx_status status;		/* the worst of the three */
	enum tdx_status platform, module, qe;	/* module, qe: UpToDate where there is no statement */
	char date[TDX_DATE_SIZE];	/* of the platform's level */
	uint32_t evaluation;		/* tcbEvaluationDataNumber of the TCB info */
	char advisories[TDX_ADVISORIES_SIZE];
};

/* E_CERT_MALFORMED: no such extension, or not of the specified form. */
int tdx_pck_read(const struct x509_cert *leaf, struct tdx_pck *ret, struct err *reterr);

/* What stands at the head of a TCB info or QE identity. */
struct tdx_head {
	char id[16];			/* "TDX", "TD_QE" */
	int64_t issued, next_update;	/* seconds since 1970 */
	uint32_t evaluation;
	uint8_t fmspc[6], pceid[2];	/* TCB info only */
};
int tdx_head_read(const uint8_t *body, size_t len, const char *name, struct tdx_head *ret,
		  struct err *reterr);

/*
 * Fills platform, module, date, evaluation, advisories of *ret by TCB info; E_COLLATERAL: it is not
 * this platform's, or the module's signer or attributes are not as it demands.
 */
int tdx_tcb_judge(const uint8_t *body, size_t len, const struct tdx_pck *pck,
		  const struct tdx_body *td, struct tdx_tcb *ret, struct err *reterr);
/* Fills qe of *ret by QE identity; E_QE_BINDING: the enclave is another one. */
int tdx_qe_judge(const uint8_t *body, size_t len, const struct sgx_report *qe, struct tdx_tcb *ret,
		 struct err *reterr);

#endif
