/* SPDX-License-Identifier: MIT */
/* Any packet, from either side. What was read must come back from its own bytes. */
#include "fetch_message.h"

#include "url.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(struct buf *again, const uint8_t *data, size_t size)
{
	if (again->failed || again->len != size || memcmp(again->data, data, size) != 0)
		abort();
	buf_done(again);
}

static void check_query(const uint8_t *data, size_t size)
{
	struct fetch_query q;
	struct buf again = {0};

	if (!fetch_get_query(&q, data, size))
		return;
	if (!url_is_path(q.path))
		abort();
	fetch_put_query(&again, &q);
	check_same(&again, data, size);
	fetch_query_done(&q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fetch_setup setup;
	struct fetch_answer answer;
	struct fetch_ready ready;
	struct buf again = {0};

	if (fetch_get_setup(&setup, data, size)) {
		fetch_put_setup(&again, &setup);
		check_same(&again, data, size);
	}
	if (fetch_get_ready(&ready, data, size)) {
		fetch_put_ready(&again, &ready);
		check_same(&again, data, size);
	}
	if (fetch_get_answer(&answer, data, size)) {
		fetch_put_answer(&again, &answer);
		check_same(&again, data, size);
	}
	check_query(data, size);
	return 0;
}
