/* SPDX-License-Identifier: MIT */
/*
 * What is measured of a TD, and TDREPORT (Intel TDX Module ABI, TDREPORT_STRUCT, 1024 bytes), in
 * which it lies inside an HCL report. Strict, pure. A TDREPORT has a MAC that only its own CPU can
 * check: it proves nothing elsewhere; a quote of the same TD does. Integers are little endian
 * there, host order here.
 */
#ifndef CVMCRYPT_TDX_REPORT_H
#define CVMCRYPT_TDX_REPORT_H

#include "err.h"
#include "verdict.h"

#define TDX_REPORT_SIZE 1024
#define TDX_MEASUREMENT 48	/* SHA-384 */
#define TDX_REPORT_DATA 64
#define TDX_SVN 16
#define TDX_RTMRS 4

/* TD attributes (TDX Module ABI, ATTRIBUTES). Bits 0 to 7 (TUD) make a TD untrusted when set. */
#define TDX_ATTR_DEBUG (UINT64_C(1) << 0)
#define TDX_ATTR_TUD UINT64_C(0xff)
#define TDX_ATTR_LASS (UINT64_C(1) << 27)
#define TDX_ATTR_SEPT_VE_DISABLE (UINT64_C(1) << 28)
#define TDX_ATTR_MIGRATABLE (UINT64_C(1) << 29)
#define TDX_ATTR_PKS (UINT64_C(1) << 30)
#define TDX_ATTR_KL (UINT64_C(1) << 31)
#define TDX_ATTR_TPA (UINT64_C(1) << 62)
#define TDX_ATTR_PERFMON (UINT64_C(1) << 63)

/* The fields that a TDREPORT and the body of a quote share. */
struct tdx_body {
	/* the TDX module */
	uint8_t tee_tcb_svn[TDX_SVN];	/* byte 0: module's SVN, 1: its major version, 2: SEAM loader */
	uint8_t mrseam[TDX_MEASUREMENT];
	uint8_t mrsignerseam[TDX_MEASUREMENT];	/* zero: signed by Intel */
	uint64_t seam_attributes;
	/* the TD */
	uint64_t attributes, xfam;
	uint8_t mrtd[TDX_MEASUREMENT];
	uint8_t mrconfigid[TDX_MEASUREMENT];
	uint8_t mrowner[TDX_MEASUREMENT];
	uint8_t mrownerconfig[TDX_MEASUREMENT];
	uint8_t rtmr[TDX_RTMRS][TDX_MEASUREMENT];
	uint8_t report_data[TDX_REPORT_DATA];
	/* TDREPORT, and quotes of TDX 1.5 only */
	bool has_servtd;
	uint8_t tee_tcb_svn2[TDX_SVN];	/* of the module that runs now, after an update at run time */
	uint8_t mrservtd[TDX_MEASUREMENT];	/* bound service TDs; zero: none */
};

struct tdx_report {
	uint8_t version;		/* 0: TDX 1.0, 1: service TDs */
	uint8_t cpusvn[TDX_SVN];
	uint8_t tee_tcb_info_hash[TDX_MEASUREMENT];
	uint8_t tee_info_hash[TDX_MEASUREMENT];
	struct tdx_body td;
	const uint8_t *bytes;		/* borrowed: the 1024 bytes */
};

/* len: exactly TDX_REPORT_SIZE. bytes must outlive *ret. E_TDX_MALFORMED. */
int tdx_report_parse(struct tdx_report *ret, const uint8_t *bytes, size_t len, struct err *reterr);
/* Adds: are the hashes inside the report those of the structures that they stand for? */
void tdx_report_check(const struct tdx_report *report, struct verdict *v);
/*
 * Adds, as NAME.what: reserved bits of the TD's attributes zero, the TDX module signed by Intel and
 * not in a debug mode. Whether the TD may be debugged is for the policy.
 */
void tdx_td_check(const struct tdx_body *td, const char *name, struct verdict *v);

#endif
