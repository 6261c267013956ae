/* SPDX-License-Identifier: MIT */
#include "boot.h"

#include "log.h"
#include "mismatch.h"

#include <string.h>

void boot_say_failure(const char *volume, const struct err *e, const struct luks2_header *header,
		      int pcr)
{
	const struct err_info *info = err_info(e->code);
	char cause[MISMATCH_TEXT] = "", event[MISMATCH_TEXT] = "";

	if (e->code == E_PCR_MISMATCH && header && pcr >= 0)
		mismatch_explain(header, pcr, cause, event);
	log_error("E%03d %s: %s%s%s", e->code, volume, e->msg, cause[0] ? ": " : "", cause);
	if (event[0])
		log_error("     %s", event);
	if (info)
		log_error("     %s", info->hint);
}

void boot_say_results(const struct boot_report *report)
{
	for (size_t i = 0; i < report->volume_count; i++) {
		const struct boot_volume *v = &report->volume[i];

		log_notice("result volume=%s state=%s code=E%03d source=%s ms=%lld", v->name,
			   volume_state_name(v->state), v->code, v->source[0] ? v->source : "none",
			   (long long)v->ms);
	}
}
