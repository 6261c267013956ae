/* SPDX-License-Identifier: MIT */
/*
 * The HCL report of Azure's paravisor (NV 0x01400001 of the vTPM): a header, the hardware's report
 * and the runtime claims as JSON, padded with zeros to the size of the index. Pure. Nothing in it
 * is signed but the hardware's report, whose 64 bytes of report data bind the claims.
 */
#ifndef CVMCRYPT_HCL_REPORT_H
#define CVMCRYPT_HCL_REPORT_H

#include "crypto.h"
#include "err.h"
#include "verdict.h"

#define HCL_REPORT_SIZE_MAX 16384
#define HCL_REPORT_DATA_SIZE 64
#define HCL_SNP_SIZE 1184	/* SEV-SNP ATTESTATION_REPORT */
#define HCL_TDREPORT_SIZE 1024
#define HCL_CLAIMS_OFFSET 0x4d4	/* of the JSON */

enum hcl_report_type { HCL_VBS = 1, HCL_SNP = 2, HCL_TVM = 3, HCL_TDX = 4 };

struct hcl_report {
	uint32_t version;		/* of the container: 1 or 2 */
	uint32_t report_size;		/* as it says itself; informative */
	uint32_t request_type;
	enum hcl_report_type type;
	uint16_t hash;			/* of the binding, enum hash_alg: SHA-256, -384 or -512 */
	const uint8_t *hardware;	/* borrowed, like all pointers here */
	size_t hardware_len;		/* HCL_SNP_SIZE, HCL_TDREPORT_SIZE; else the whole room */
	const uint8_t *json;		/* runtime claims, exactly the bytes that are hashed */
	size_t json_len;
};

/* bytes must outlive *ret. E_HCL_MALFORMED. The claims are not read: hcl_claims_parse(). */
int hcl_report_parse(struct hcl_report *ret, const uint8_t *bytes, size_t len, struct err *reterr);
/* "snp", "tdx", "tvm", "vbs" */
const char *hcl_report_type_name(enum hcl_report_type type);
/* REPORT_DATA of the hardware's report; NULL when the type has none that is known. */
const uint8_t *hcl_report_data(const struct hcl_report *r);
/* What REPORT_DATA must be: H(claims), then zeros. */
int hcl_report_expected_data(const struct hcl_report *r, uint8_t out[HCL_REPORT_DATA_SIZE],
			     struct err *reterr);
/*
 * Adds "hcl-report.binding" (E_REPORT_BINDING): REPORT_DATA is the expected one. It proves
 * something only where the hardware's report itself is verified. TVM and VBS reports fail.
 */
bool hcl_report_binding(struct verdict *v, const struct hcl_report *r);

#endif
