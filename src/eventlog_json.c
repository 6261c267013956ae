/* SPDX-License-Identifier: MIT */
#include "eventlog_json.h"

#include "codec.h"
#include "json.h"

#include <stdio.h>

const char *bank_name(uint16_t alg, char buf[BANK_NAME_SIZE])
{
	const char *name = hash_name(alg);

	if (name)
		return name;
	(void)snprintf(buf, BANK_NAME_SIZE, "0x%04x", alg);
	return buf;
}

static int add_bank(struct cJSON *banks, const struct eventlog *log, size_t bank, bool *ok,
		    struct err *reterr)
{
	char name[BANK_NAME_SIZE], number[12];
	struct eventlog_pcrs pcrs;
	struct cJSON *values;
	int r;

	if (hash_size(log->bank[bank]) == 0)
		return 0;
	r = eventlog_replay(log, bank, &pcrs, reterr);
	if (r < 0)
		return r;
	values = json_add_object(banks, bank_name(log->bank[bank], name), ok);
	for (unsigned n = 0; n < PCR_COUNT; n++) {
		if (!(pcrs.mask & PCR_BIT(n)))
			continue;
		(void)snprintf(number, sizeof(number), "%u", n);
		json_add_hex(values, number, pcrs.value[n], hash_size(log->bank[bank]), ok);
	}
	return 0;
}

int eventlog_json_pcrs(struct cJSON *banks, const struct eventlog *log, bool *ok,
		       struct err *reterr)
{
	for (size_t b = 0; b < log->bank_count; b++) {
		int r = add_bank(banks, log, b, ok, reterr);

		if (r < 0)
			return r;
	}
	return 0;
}

static void add_event(struct cJSON *list, const struct eventlog *log, const struct event *e,
		      bool *ok)
{
	char name[EVENT_NAME_SIZE], text[EVENT_TEXT_SIZE], bank[BANK_NAME_SIZE];
	struct cJSON *o = json_add_object(list, NULL, ok), *digests;

	json_add_number(o, "number", e->number, ok);
	if (e->pcr != EVENT_PCR_NONE)
		json_add_number(o, "pcr", e->pcr, ok);
	json_add_string(o, "type", event_type_name(e->type, name), ok);
	digests = json_add_object(o, "digests", ok);
	for (size_t b = 0; b < log->bank_count; b++)
		if (e->digest[b])
			json_add_hex(digests, bank_name(log->bank[b], bank), e->digest[b],
				     log->digest_size[b], ok);
	event_describe(e, text);
	json_add_string(o, "text", text, ok);
	json_add_number(o, "data_size", e->data_len, ok);
}

void eventlog_json_events(struct cJSON *list, const struct eventlog *log, bool *ok)
{
	for (size_t i = 0; i < log->event_count; i++)
		add_event(list, log, &log->event[i], ok);
}
