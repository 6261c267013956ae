/* SPDX-License-Identifier: MIT */
/*
 * Leave to ask for a key, as a type: the sources of a boot take one, and only a passing verdict, or a
 * configuration that demands no isolation, makes one. So there is no path from a failed verdict to a
 * request for a key.
 */
#ifndef CVMCRYPT_ADMISSION_H
#define CVMCRYPT_ADMISSION_H

#include "policy.h"
#include "verdict.h"

struct admission;

/* NULL unless the verdict passes; then *reterr is its first failure. Lives for ever. */
const struct admission *admission_by_verdict(const struct verdict *v, struct err *reterr);
/* NULL (E_ISOLATION) unless the policy is isolation = none. */
const struct admission *admission_without_isolation(const struct policy *p, struct err *reterr);

#endif
