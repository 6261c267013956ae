/* SPDX-License-Identifier: MIT */
#include "boot.h"

#include "log.h"
#include "mismatch.h"

#include <stdio.h>
#include <string.h>

#define LINE_WIDTH 90	/* of 100 columns, less "cvmcrypt: " */

/* A serial console of 100 columns: long sentences go on in the next line, between words. */
static void say(const char *text)
{
	const char *indent = "";

	while (strlen(text) > LINE_WIDTH) {
		size_t cut = LINE_WIDTH;

		while (cut > LINE_WIDTH / 2 && text[cut] != ' ')
			cut--;
		if (text[cut] != ' ')
			break;
		log_error("%s%.*s", indent, (int)cut, text);
		text += cut + 1;
		indent = "     ";
	}
	log_error("%s%s", indent, text);
}

void boot_say_failure(const char *volume, const struct err *e, const struct luks2_header *header,
		      int pcr)
{
	const struct err_info *info = err_info(e->code);
	char cause[MISMATCH_TEXT] = "", event[MISMATCH_TEXT] = "";
	char line[ERR_MSG_MAX + MISMATCH_TEXT + 64];

	if (e->code == E_PCR_MISMATCH && header && pcr >= 0)
		mismatch_explain(header, pcr, cause, event);
	(void)snprintf(line, sizeof(line), "E%03d %s: %s%s%s", e->code, volume, e->msg,
		       cause[0] ? ": " : "", cause);
	say(line);
	if (event[0])
		log_error("     %s", event);
	if (!info)
		return;
	(void)snprintf(line, sizeof(line), "     %s", info->hint);
	say(line);
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
