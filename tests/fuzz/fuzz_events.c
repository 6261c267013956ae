/* SPDX-License-Identifier: MIT */
/* Input: length of the token (2 bytes, little-endian), the token, the event log beside it. */
#include "events.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(void *context, const struct events_diff *d)
{
	char line[EVENTS_LINE_SIZE], cause[EVENTS_CAUSE_SIZE];

	(void)context;
	events_diff_text(d, line);
	events_cause(d->pcr, d, cause);
	if (strnlen(line, sizeof(line)) == sizeof(line) ||
	    strnlen(cause, sizeof(cause)) == sizeof(cause))
		abort();
}

/* What was parsed must come back from its own text. */
static void check_round_trip(const struct events *e)
{
	_cleanup_buf_ struct buf text = BUF_INIT(RECORD_TEXT_MAX + 1);
	struct events again;

	if (events_format(e, &text, NULL) < 0 ||
	    events_parse(&again, (const char *)text.data, text.len, NULL) < 0 ||
	    again.mask != e->mask || again.count != e->count)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = CURSOR(data, size);
	size_t len = cursor_le16(&c);
	const uint8_t *token = cursor_take(&c, len);
	_cleanup_eventlog_ struct eventlog log = {0};
	struct events enrolled, current;
	struct events_diff d;

	if (!token || events_parse(&enrolled, (const char *)token, len, NULL) < 0)
		return 0;
	check_round_trip(&enrolled);
	if (eventlog_parse(&log, c.p, c.left, NULL) < 0)
		return 0;
	(void)events_compare(&enrolled, &log, UINT32_MAX, check_line, NULL);
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++)
		if (events_explain(&enrolled, &log, pcr, &d, NULL) == 0)
			check_line(NULL, &d);
	if (events_from_log(&log, UINT32_MAX, &current, NULL) == 0) {
		check_round_trip(&current);
		if (events_compare(&current, &log, UINT32_MAX, NULL, NULL) != 0)
			abort();
	}
	return 0;
}
