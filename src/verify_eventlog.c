/* SPDX-License-Identifier: MIT */
#include "codec.h"
#include "eventlog_digest.h"
#include "eventlog_json.h"
#include "file.h"
#include "json.h"
#include "pcr_file.h"
#include "verify.h"

#include <stdio.h>
#include <string.h>

/* The first event whose digests are not of its data, or NULL. */
static const struct event *find_altered(const struct eventlog *log, size_t *ret_matching)
{
	*ret_matching = 0;
	for (size_t i = 0; i < log->event_count; i++) {
		enum event_match m = event_match(log, &log->event[i]);

		if (m == EVENT_DIFFERS)
			return &log->event[i];
		if (m == EVENT_MATCHES)
			(*ret_matching)++;
	}
	return NULL;
}

static void check_digests(struct verdict *v, const struct eventlog *log)
{
	static const char want[] = "digests of what the events say";
	char name[EVENT_NAME_SIZE];
	size_t matching;
	const struct event *e = find_altered(log, &matching);

	if (e)
		verdict_add(v, E_REPLAY, "eventlog.digests", false, want,
			    "event %u, %s of PCR %u, has another one", e->number,
			    event_type_name(e->type, name), e->pcr);
	else
		verdict_add(v, E_REPLAY, "eventlog.digests", true, want,
			    "%zu of %zu events recomputed", matching, log->event_count);
}

/* IMA of Linux extends it and keeps a log of its own; firmware leaves it alone. */
#define PCR_IMA 10

/* A PCR that the log does not extend has the value that a reset gives it. */
static void check_pcr(struct verdict *v, const struct pcr_bank *given, unsigned n,
		      const struct eventlog_pcrs *replay)
{
	static const uint8_t zero[DIGEST_MAX];
	const uint8_t *found = n < PCR_COUNT ? replay->value[n] : zero;
	size_t size = hash_size(given->hash);
	char name[48];

	(void)snprintf(name, sizeof(name), "eventlog.pcr-%u.%s", n, hash_name(given->hash));
	if (n == PCR_IMA && !(replay->mask & PCR_BIT(n)))
		verdict_add(v, E_REPLAY, name, true, "whatever IMA's own log gives", "%s",
			    "not in this log");
	else
		verdict_equal(v, E_REPLAY, name, given->value[n], found, size);
}

static int check_bank(struct verdict *v, const struct pcr_bank *given, const struct eventlog *log,
		      struct err *reterr)
{
	int r, bank = eventlog_bank(log, given->hash);
	struct eventlog_pcrs replay;
	char name[48];

	if (bank < 0) {
		(void)snprintf(name, sizeof(name), "eventlog.pcrs.%s", hash_name(given->hash));
		verdict_add(v, E_REPLAY, name, false, "digests of this bank", "%s",
			    "the log has none");
		return 0;
	}
	r = eventlog_replay(log, (size_t)bank, &replay, reterr);
	for (unsigned n = 0; r == 0 && n < PCR_INDEX_MAX; n++)
		if (given->mask & (1U << n))
			check_pcr(v, given, n, &replay);
	return r;
}

static int check_pcrs(struct verdict *v, const char *path, const struct eventlog *log,
		      struct err *reterr)
{
	struct pcr_values given;
	int r = pcr_file_read(&given, path, reterr);

	if (r < 0)
		return r;
	if (given.count == 0)
		verdict_add(v, E_REPLAY, "eventlog.pcrs", false, "PCR values", "none in the file");
	for (size_t i = 0; r == 0 && i < given.count; i++)
		r = check_bank(v, &given.bank[i], log, reterr);
	return r;
}

/* A policy's PCR values are those of a TPM: the registers of a CC log are counted otherwise. */
static int judge(const struct policy *p, const struct eventlog *log, struct verdict *v,
		 struct err *reterr)
{
	struct pcr_values values = {0};

	policy_judge_eventlog(p, log, v);
	if (log->form == EVENTLOG_CC)
		return 0;
	for (size_t b = 0; b < log->bank_count; b++) {
		struct eventlog_pcrs replay;
		int r = 0;

		if (hash_size(log->bank[b]) == 0)
			continue;
		r = eventlog_replay(log, b, &replay, reterr);
		for (unsigned n = 0; r == 0 && n < PCR_COUNT; n++)
			r = pcr_values_set(&values, log->bank[b], n, replay.value[n], reterr);
		if (r < 0)
			return r;
	}
	policy_judge_pcrs(p, &values, v);
	return 0;
}

static int decode(const struct verify_options *o, struct verify_result *result,
		  const struct eventlog *log, struct err *reterr)
{
	bool ok = true;
	int r;

	result->pcrs = json_new_object();
	if (!result->pcrs)
		return err_set(reterr, E_NOMEM, "no memory for the result");
	json_add_string(result->decoded, "form", eventlog_form_name(log->form), &ok);
	json_add_number(result->decoded, "startup_locality", log->startup_locality, &ok);
	if (!o->pcrs)
		json_add_string(result->decoded, "note", "nothing vouches for the log: anybody can write "
				"one; compare it with quoted PCR values by --pcrs", &ok);
	r = eventlog_json_pcrs(result->pcrs, log, &ok, reterr);
	if (r < 0)
		return r;
	eventlog_json_events(json_add_array(result->decoded, "events", &ok), log, &ok);
	return ok ? 0 : err_set(reterr, E_NOMEM, "no memory for the result");
}

int verify_eventlog(const struct verify_options *o, struct verify_result *result,
		    struct err *reterr)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(0);
	_cleanup_eventlog_ struct eventlog log = {0};
	int r;

	r = file_read(o->file, EVENTLOG_SIZE_MAX, &bytes, reterr);
	if (r == 0)
		r = eventlog_parse(&log, bytes.data, bytes.len, reterr);
	if (r < 0)
		return err_wrap(reterr, r, "'%.100s'", o->file);
	r = decode(o, result, &log, reterr);
	if (r < 0)
		return r;
	verdict_add(&result->verdict, E_EVENTLOG_MALFORMED, "eventlog.form", true, "well-formed",
		    "%s, %zu events", eventlog_form_name(log.form), log.event_count);
	check_digests(&result->verdict, &log);
	if (o->pcrs)
		r = check_pcrs(&result->verdict, o->pcrs, &log, reterr);
	if (r == 0 && o->policy)
		r = judge(o->policy, &log, &result->verdict, reterr);
	return r;
}
