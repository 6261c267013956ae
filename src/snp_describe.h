/* SPDX-License-Identifier: MIT */
/*
 * An SEV-SNP report and its certificate as JSON, for `decoded` of verify and inspect. Values of 64
 * bits are hex strings ("0x3001f"), bytes are lower-case hex.
 */
#ifndef CVMCRYPT_SNP_DESCRIBE_H
#define CVMCRYPT_SNP_DESCRIBE_H

#include "snp_chain.h"

struct cJSON;

/* Adds every field to obj; *ok as of json_add_*(). */
void snp_report_describe(const struct snp_report *r, struct cJSON *obj, bool *ok);
/* Adds "certificate"; nothing when there is none (leaf->cert NULL). */
void snp_leaf_describe(const struct snp_leaf *leaf, struct cJSON *obj, bool *ok);

#endif
