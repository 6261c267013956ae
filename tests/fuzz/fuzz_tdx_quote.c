/* SPDX-License-Identifier: MIT */
#include "json.h"
#include "roots.h"
#include "tdx_describe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct tdx_quote *q)
{
	static struct x509_list roots;
	_cleanup_verdict_ struct verdict v = {0};
	struct tdx_trust trust = {.roots = &roots, .at = 1780272000};
	struct tdx_findings findings;

	if (roots.count == 0 && roots_builtin(ROOT_INTEL, &roots, NULL) < 0)
		abort();
	tdx_verify_quote(q, &trust, &findings, &v);
	if (v.lost || v.count == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cJSON *obj = json_new_object();
	struct tdx_report report;
	struct tdx_quote q;
	bool ok = true;

	if (tdx_report_parse(&report, data, size, NULL) == 0) {
		_cleanup_verdict_ struct verdict v = {0};

		tdx_report_check(&report, &v);
		tdx_describe_report(obj, &report, &ok);
	}
	if (tdx_quote_parse(&q, data, size, NULL) == 0) {
		if (q.used + q.trailing != size || q.signed_len >= q.used)
			abort();
		judge(&q);
		tdx_describe_quote(obj, &q, &ok);
	}
	json_free(obj);
	return 0;
}
