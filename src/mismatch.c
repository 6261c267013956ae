/* SPDX-License-Identifier: MIT */
#include "mismatch.h"

#include "eventlog.h"
#include "events.h"
#include "platform.h"

#include <stdio.h>
#include <string.h>

static int explain(const struct luks2_header *header, int pcr, struct events_diff *ret)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(0);
	_cleanup_eventlog_ struct eventlog log = {0};
	const struct luks2_token *token = NULL;
	struct events enrolled;
	int r;

	r = luks2_header_token(header, RECORD_EVENTS_TYPE, &token, NULL);
	if (r < 0 || !token)
		return -1;
	r = events_parse(&enrolled, token->text, strlen(token->text), NULL);
	if (r == 0)
		r = platform_event_log(&bytes, NULL);
	if (r == 0)
		r = eventlog_parse(&log, bytes.data, bytes.len, NULL);
	return r < 0 ? r : events_explain(&enrolled, &log, (unsigned)pcr, ret, NULL);
}

void mismatch_explain(const struct luks2_header *header, int pcr, char cause[MISMATCH_TEXT],
		      char event[MISMATCH_TEXT])
{
	char cause_text[EVENTS_CAUSE_SIZE], line[EVENTS_LINE_SIZE];
	struct events_diff diff;
	bool known = explain(header, pcr, &diff) == 0;

	events_cause((unsigned)pcr, known ? &diff : NULL, cause_text);
	(void)snprintf(cause, MISMATCH_TEXT, "%s", cause_text);
	event[0] = '\0';
	if (!known)
		return;
	events_diff_text(&diff, line);
	(void)snprintf(event, MISMATCH_TEXT, "%s", line);
}
