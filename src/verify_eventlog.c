/* SPDX-License-Identifier: MIT */
#include "codec.h"
#include "eventlog_json.h"
#include "file.h"
#include "json.h"
#include "pcr_file.h"
#include "verify.h"

#include <stdio.h>

static void decode(struct verify_result *result, const struct eventlog *log, bool *ok)
{
	json_add_string(result->decoded, "form", eventlog_form_name(log->form), ok);
	json_add_number(result->decoded, "startup_locality", log->startup_locality, ok);
	eventlog_json_events(json_add_array(result->decoded, "events", ok), log, ok);
}

int verify_eventlog(const struct verify_options *o, struct verify_result *result,
		    struct err *reterr)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(0);
	_cleanup_eventlog_ struct eventlog log = {0};
	bool ok = true;
	int r;

	r = file_read(o->file, EVENTLOG_SIZE_MAX, &bytes, reterr);
	if (r == 0)
		r = eventlog_parse(&log, bytes.data, bytes.len, reterr);
	if (r < 0)
		return err_wrap(reterr, r, "'%.100s'", o->file);
	result->pcrs = json_new_object();
	r = eventlog_json_pcrs(result->pcrs, &log, &ok, reterr);
	if (r < 0)
		return r;
	decode(result, &log, &ok);
	if (!ok || !result->pcrs)
		return err_set(reterr, E_NOMEM, "no memory for the result");
	verdict_add(&result->verdict, E_EVENTLOG_MALFORMED, "eventlog.form", true, "well-formed",
		    "%s, %zu events", eventlog_form_name(log.form), log.event_count);
	return 0;
}
