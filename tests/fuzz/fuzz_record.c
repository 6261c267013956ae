/* SPDX-License-Identifier: MIT */
#include "escrow.h"
#include "record.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read is written, and reads as the same. */
static void check_record(const struct record *r)
{
	_cleanup_buf_ struct buf text = BUF_INIT(0), again = BUF_INIT(0);
	struct record copy;
	struct err e;
	int failed = record_format(r, &text, &e);

	if (failed == -E_RECORD_TOO_NEW && r->version > RECORD_VERSION)
		return;
	/* three ways and four approvals at their longest do not fit */
	if (failed == -E_NO_SPACE && r->way_count == RECORD_WAYS_MAX)
		return;
	if (failed < 0 || record_parse(&copy, (const char *)text.data, text.len, &e) < 0)
		abort();
	if (record_format(&copy, &again, &e) < 0 || again.len != text.len ||
	    memcmp(again.data, text.data, text.len) != 0)
		abort();
}

static void check_escrow(const struct escrow *s)
{
	_cleanup_buf_ struct buf text = BUF_INIT(0);
	struct escrow copy;
	struct err e;

	if (escrow_format(s->encrypted, s->len, &text, &e) < 0 ||
	    escrow_parse(&copy, (const char *)text.data, text.len, &e) < 0 || copy.len != s->len ||
	    memcmp(copy.encrypted, s->encrypted, s->len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record r;
	struct escrow s;
	struct err e = {0};
	int failed = record_parse(&r, (const char *)data, size, &e);

	if (failed == 0)
		check_record(&r);
	else if (failed != -E_RECORD_MALFORMED && failed != -E_RECORD_TOO_NEW)
		abort();
	failed = escrow_parse(&s, (const char *)data, size, &e);
	if (failed == 0)
		check_escrow(&s);
	else if (failed != -E_RECORD_MALFORMED && failed != -E_RECORD_TOO_NEW)
		abort();
	return 0;
}
