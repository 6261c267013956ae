/* SPDX-License-Identifier: MIT */
/* What the judging functions of policy_*.c share: checks of the common shapes. */
#ifndef CVMCRYPT_POLICY_INTERNAL_H
#define CVMCRYPT_POLICY_INTERNAL_H

#include "policy_names.h"

/* One check a demanded bit: "policy.KEY.BIT". */
void policy_check_bits(struct verdict *v, enum err_code code, const char *key,
		       const struct policy_bits *bits, const struct config_choice *names,
		       uint64_t found);
/* "policy.KEY": found is one of the values; no check when none are given. */
void policy_check_values(struct verdict *v, enum err_code code, const char *key,
			 const struct policy_values *values, const void *found);
/* "policy.KEY": found is at least minimum; no check when it is 0. */
void policy_check_minimum(struct verdict *v, enum err_code code, const char *key, uint64_t minimum,
			  uint64_t found);
/* The policy demands Secure Boot, by itself or because it demands isolation. */
bool policy_demands_secure_boot(const struct policy *p);
bool policy_demands_isolation(const struct policy *p);

/* The checks of policy_judge_*() but for isolation and Secure Boot, which hang on what else is had. */
void policy_snp_checks(const struct policy *p, const struct snp_report *r,
		       const struct snp_leaf *leaf, struct verdict *v);
void policy_tdx_checks(const struct policy *p, const struct tdx_body *td, int status,
		       struct verdict *v);
void policy_claims_checks(const struct policy *p, const struct hcl_claims *c, struct verdict *v);
void policy_event_checks(const struct policy *p, const struct eventlog *log, struct verdict *v);

#endif
