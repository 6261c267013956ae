/* SPDX-License-Identifier: MIT */
#include "inspect_eventlog.h"

#include "codec.h"
#include "eventlog_json.h"
#include "file.h"
#include "json.h"

#include <stdio.h>

/* What the log's indices are. */
static const char *index_name(const struct eventlog *log)
{
	return log->form == EVENTLOG_CC ? "register" : "PCR";
}

static void print_head(const struct eventlog *log)
{
	char name[BANK_NAME_SIZE];

	printf("form      %s\nbanks    ", eventlog_form_name(log->form));
	for (size_t b = 0; b < log->bank_count; b++)
		printf(" %s", bank_name(log->bank[b], name));
	printf("\nevents    %zu\n", log->event_count);
	if (log->startup_locality)
		printf("start-up  locality %u\n", log->startup_locality);
}

static int print_bank(const struct eventlog *log, size_t bank, struct err *reterr)
{
	char name[BANK_NAME_SIZE], hex[HEX_SIZE(DIGEST_MAX)];
	uint16_t alg = log->bank[bank];
	struct eventlog_pcrs pcrs;
	int r;

	if (hash_size(alg) == 0) {
		printf("\n%s: not replayed, the algorithm is not known\n", bank_name(alg, name));
		return 0;
	}
	r = eventlog_replay(log, bank, &pcrs, reterr);
	if (r < 0)
		return r;
	printf("\n%s %s\n", index_name(log), bank_name(alg, name));
	for (unsigned n = 0; n < PCR_COUNT; n++) {
		if (!(pcrs.mask & PCR_BIT(n)))
			continue;
		hex_encode(hex, pcrs.value[n], hash_size(alg));
		printf("%3u %s\n", n, hex);
	}
	return 0;
}

static void print_events(const struct eventlog *log)
{
	char name[EVENT_NAME_SIZE], text[EVENT_TEXT_SIZE], index[12];

	printf("\nevent %-8s %-34s about\n", index_name(log), "type");
	for (size_t i = 0; i < log->event_count; i++) {
		const struct event *e = &log->event[i];

		event_describe(e, text);
		(void)snprintf(index, sizeof(index), "%u", e->pcr);
		printf("%5u %-8s %-34s %s\n", e->number, e->pcr == EVENT_PCR_NONE ? "-" : index,
		       event_type_name(e->type, name), text);
	}
}

static int print_text(const struct eventlog *log, struct err *reterr)
{
	int r = 0;

	print_head(log);
	for (size_t b = 0; r == 0 && b < log->bank_count; b++)
		r = print_bank(log, b, reterr);
	if (r == 0)
		print_events(log);
	return r;
}

static int fill_root(struct cJSON *root, const char *file, const struct eventlog *log, bool *ok,
		     struct err *reterr)
{
	int r;

	json_add_string(root, "schema", "cvmcrypt.eventlog/1", ok);
	json_add_string(root, "type", "eventlog", ok);
	json_add_string(root, "file", file, ok);
	json_add_string(root, "form", eventlog_form_name(log->form), ok);
	json_add_number(root, "startup_locality", log->startup_locality, ok);
	r = eventlog_json_pcrs(json_add_object(root, "pcrs", ok), log, ok, reterr);
	if (r < 0)
		return r;
	eventlog_json_events(json_add_array(root, "events", ok), log, ok);
	return 0;
}

static int print_json(const char *file, const struct eventlog *log, struct err *reterr)
{
	struct cJSON *root = json_new_object();
	_cleanup_free_ char *text = NULL;
	bool ok = root != NULL;
	int r;

	r = fill_root(root, file, log, &ok, reterr);
	if (r == 0 && ok)
		text = json_print(root, /* indented= */ true);
	json_free(root);
	if (r < 0)
		return r;
	if (!text)
		return err_set(reterr, E_NOMEM, "no memory for the result");
	printf("%s\n", text);
	return 0;
}

int cmd_inspect_eventlog(const char *file, bool json, struct err *reterr)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(0);
	_cleanup_eventlog_ struct eventlog log = {0};
	int r;

	r = file_read(file, EVENTLOG_SIZE_MAX, &bytes, reterr);
	if (r == 0)
		r = eventlog_parse(&log, bytes.data, bytes.len, reterr);
	if (r < 0)
		return err_wrap(reterr, r, "'%.100s'", file);
	return json ? print_json(file, &log, reterr) : print_text(&log, reterr);
}
