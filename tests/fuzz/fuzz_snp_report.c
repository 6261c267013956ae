/* SPDX-License-Identifier: MIT */
#include "json.h"
#include "snp_describe.h"
#include "verify.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cJSON *decoded = json_new_object();
	struct snp_report r;
	char *text;

	if (!decoded)
		return 0;
	if (snp_report_parse(&r, data, size, NULL) == 0) {
		char tcb[SNP_TCB_TEXT];

		snp_tcb_text(&r.reported_tcb, tcb);
		if (size != SNP_REPORT_SIZE || r.version < 2 || r.version > 5)
			abort();
		if (!r.has_cpuid && r.product != SNP_UNKNOWN)
			abort();
	}
	if (inspect_snp_report("fuzz", data, size, decoded, NULL) == 0) {
		text = json_print(decoded, false);
		free(text);
	}
	json_free(decoded);
	return 0;
}
