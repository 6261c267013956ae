/* SPDX-License-Identifier: MIT */
#include "admission.h"

struct admission {
	char given;
};

static const struct admission admitted = {.given = 1};

const struct admission *admission_by_verdict(const struct verdict *v, struct err *reterr)
{
	return verdict_err(v, reterr) == 0 && verdict_pass(v) ? &admitted : NULL;
}

const struct admission *admission_without_isolation(const struct policy *p, struct err *reterr)
{
	if (p->isolation == ISOLATION_NONE)
		return &admitted;
	err_set(reterr, E_ISOLATION, "isolation is '%s': nothing was proven yet",
		isolation_name(p->isolation));
	return NULL;
}
