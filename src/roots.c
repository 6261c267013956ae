/* SPDX-License-Identifier: MIT */
#include "roots.h"

#include "roots_data.h"

#include <string.h>

static const struct {
	enum root_kind kind;
	bool intermediate;
	const char *pem;
} builtin[] = {
	{ROOT_AMD, false, roots_ark_milan},
	{ROOT_AMD, false, roots_ark_genoa},
	{ROOT_AMD, false, roots_ark_turin},
	{ROOT_AMD, true, roots_ask_milan},
	{ROOT_AMD, true, roots_ask_genoa},
	{ROOT_AMD, true, roots_ask_turin},
	{ROOT_AMD, true, roots_asvk_milan},
	{ROOT_AMD, true, roots_asvk_genoa},
	{ROOT_AMD, true, roots_asvk_turin},
	{ROOT_INTEL, false, roots_intel_sgx},
	{ROOT_INTEL, true, roots_intel_tcb_signing},
	{ROOT_INTEL, true, roots_intel_tcb_signing_2018},
	{ROOT_AZURE_VTPM, false, roots_azure_vtpm},
};

static int append(enum root_kind kind, bool intermediate, struct x509_list *list, struct err *reterr)
{
	for (size_t i = 0; i < ARRAY_SIZE(builtin); i++) {
		int r = 0;

		if (builtin[i].kind == kind && builtin[i].intermediate == intermediate)
			r = x509_read(list, "built-in certificate", builtin[i].pem,
				      strlen(builtin[i].pem), reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

int roots_builtin(enum root_kind kind, struct x509_list *roots, struct err *reterr)
{
	return append(kind, false, roots, reterr);
}

int roots_intermediates(enum root_kind kind, struct x509_list *pool, struct err *reterr)
{
	return append(kind, true, pool, reterr);
}
