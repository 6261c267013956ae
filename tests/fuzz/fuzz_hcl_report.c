/* SPDX-License-Identifier: MIT */
/* Input: an HCL report. What is taken must lie inside the input; its claims are read too. */
#include "hcl_claims.h"
#include "hcl_report.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_claims(const struct hcl_report *r)
{
	_cleanup_pubkey_ struct pubkey *key = NULL;
	struct hcl_claims c;

	if (hcl_claims_parse(&c, r->json, r->json_len, NULL) < 0)
		return;
	if (c.ak.present && (c.ak.n_len == 0 || c.ak.n_len > HCL_MODULUS_MAX || c.ak.n[0] == 0))
		abort();
	if (strnlen(c.vm_unique_id, sizeof(c.vm_unique_id)) == sizeof(c.vm_unique_id))
		abort();
	(void)hcl_claims_ak(&c, &key, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_verdict_ struct verdict v = {0};
	struct hcl_report r;

	if (hcl_report_parse(&r, data, size, NULL) < 0) {
		/* the claims alone, so that the JSON needs no intact container */
		r = (struct hcl_report){.json = data, .json_len = size};
		check_claims(&r);
		return 0;
	}
	if (r.hardware + r.hardware_len > r.json || r.json + r.json_len > data + size)
		abort();
	(void)hcl_report_binding(&v, &r);
	check_claims(&r);
	return 0;
}
