/* SPDX-License-Identifier: MIT */
#include "eventlog.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_eventlog_ struct eventlog log = {0};
	struct eventlog_pcrs pcrs;
	struct pcr_set set;

	if (eventlog_parse(&log, data, size, NULL) < 0)
		return 0;
	for (size_t i = 0; i < log.event_count; i++) {
		char text[EVENT_TEXT_SIZE];

		event_describe(&log.event[i], text);
		if (strnlen(text, sizeof(text)) == sizeof(text))
			abort();
		event_string(&log.event[i], text);
	}
	for (size_t b = 0; b < log.bank_count; b++)
		(void)eventlog_replay(&log, b, &pcrs, NULL);
	(void)eventlog_replay_sha256(&log, &set, NULL);
	return 0;
}
