/* SPDX-License-Identifier: MIT */
#include "fetch_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct fetch_setup a_setup(void)
{
	struct fetch_setup m = {.floor = 1700000000, .roots = "/etc/roots.pem", .count = 3};

	strcpy(m.endpoint[0].base, "http://169.254.169.254");
	strcpy(m.endpoint[2].base, "https://kdsintf.amd.com");
	strcpy(m.endpoint[2].pins, "sha256//x");
	return m;
}

static struct fetch_query a_query(void)
{
	static char header[] = "Metadata: true";
	struct fetch_query m = {.id = 7, .endpoint = 2, .headers = {header}, .header_count = 1,
				.has_body = true, .body = (const uint8_t *)"a\0b", .body_len = 3,
				.max = 1000, .time_ms = 2000};

	strcpy(m.path, "/a?b=c");
	return m;
}

static struct fetch_answer an_answer(void)
{
	struct fetch_answer m = {.id = 9, .code = FETCH_DONE, .status = 200, .retry_after_s = 5,
				 .request_id = "r", .type = "application/json", .detail = "",
				 .body = (const uint8_t *)"{}", .body_len = 2};

	return m;
}

static bool get_any(const uint8_t *data, size_t len)
{
	static struct fetch_setup setup;
	struct fetch_ready ready;
	struct fetch_query query;
	struct fetch_answer answer;
	bool any = false;

	any |= fetch_get_setup(&setup, data, len);
	any |= fetch_get_ready(&ready, data, len);
	any |= fetch_get_answer(&answer, data, len);
	if (fetch_get_query(&query, data, len)) {
		any = true;
		fetch_query_done(&query);
	}
	return any;
}

/* Cut anywhere, or with a byte more, a message is none; and it is of its own kind only. */
static void check_strict(const struct buf *packet)
{
	uint8_t *copy = malloc(packet->len + 1);

	assert_false(packet->failed);
	assert_non_null(copy);
	memcpy(copy, packet->data, packet->len);
	copy[packet->len] = 0;
	for (size_t len = 0; len < packet->len; len++)
		assert_false(get_any(copy, len));
	assert_true(get_any(copy, packet->len));
	assert_false(get_any(copy, packet->len + 1));
	copy[1]++;
	assert_false(get_any(copy, packet->len));
	copy[1]--;
	for (int kind = 0; kind < 256; kind++) {
		if (kind == packet->data[2])
			continue;
		copy[2] = (uint8_t)kind;
		assert_false(get_any(copy, packet->len));
	}
	free(copy);
}

static void test_setup(void **state)
{
	struct fetch_setup m = a_setup(), got;
	struct buf packet = {0};

	(void)state;
	fetch_put_setup(&packet, &m);
	assert_true(fetch_get_setup(&got, packet.data, packet.len));
	assert_memory_equal(&m, &got, sizeof(m));
	check_strict(&packet);
	buf_done(&packet);
	/* endpoints are judged again, whoever named them */
	strcpy(m.endpoint[1].base, "file:///etc/shadow");
	fetch_put_setup(&packet, &m);
	assert_false(fetch_get_setup(&got, packet.data, packet.len));
	buf_done(&packet);
}

static void test_ready(void **state)
{
	struct fetch_ready m = {.landlock = 4, .problem = "none"}, got;
	struct buf packet = {0};

	(void)state;
	fetch_put_ready(&packet, &m);
	assert_true(fetch_get_ready(&got, packet.data, packet.len));
	assert_int_equal(got.landlock, 4);
	assert_string_equal(got.problem, "none");
	check_strict(&packet);
	packet.data[packet.len - 1] = '\x1b';
	assert_false(fetch_get_ready(&got, packet.data, packet.len));
	buf_done(&packet);
}

static bool query_is_read(const struct fetch_query *m)
{
	struct buf packet = {0};
	struct fetch_query got;
	bool ok;

	fetch_put_query(&packet, m);
	ok = !packet.failed && fetch_get_query(&got, packet.data, packet.len);
	if (ok)
		fetch_query_done(&got);
	buf_done(&packet);
	return ok;
}

static void test_query(void **state)
{
	struct fetch_query m = a_query(), got;
	struct buf packet = {0};
	char bad[] = "Host: evil", long_body[FETCH_REQUEST_BODY_MAX + 1] = "";

	(void)state;
	fetch_put_query(&packet, &m);
	assert_true(fetch_get_query(&got, packet.data, packet.len));
	assert_int_equal(got.id, 7);
	assert_int_equal(got.endpoint, 2);
	assert_string_equal(got.path, "/a?b=c");
	assert_int_equal(got.header_count, 1);
	assert_string_equal(got.headers[0], "Metadata: true");
	assert_true(got.has_body);
	assert_memory_equal(got.body, "a\0b", 3);
	assert_int_equal(got.max, 1000);
	assert_int_equal(got.time_ms, 2000);
	fetch_query_done(&got);
	check_strict(&packet);
	buf_done(&packet);
	strcpy(m.path, "/../x");
	assert_false(query_is_read(&m));
	m = a_query();
	m.headers[0] = bad;
	assert_false(query_is_read(&m));
	m = a_query();
	m.body = (const uint8_t *)long_body;
	m.body_len = FETCH_REQUEST_BODY_MAX;
	assert_true(query_is_read(&m));
	m.body_len++;
	assert_false(query_is_read(&m));
	m = a_query();
	m.has_body = false;
	assert_false(query_is_read(&m));
	m = a_query();
	m.max = FETCH_BODY_MAX + 1;
	assert_false(query_is_read(&m));
	m.max = 0;
	assert_false(query_is_read(&m));
	m = a_query();
	m.time_ms = 0;
	assert_false(query_is_read(&m));
}

static bool answer_is_read(const struct fetch_answer *m)
{
	struct buf packet = {0};
	struct fetch_answer got;
	bool ok;

	fetch_put_answer(&packet, m);
	ok = !packet.failed && fetch_get_answer(&got, packet.data, packet.len);
	buf_done(&packet);
	return ok;
}

static void test_answer(void **state)
{
	static uint8_t body[FETCH_BODY_MAX + 1];
	struct fetch_answer m = an_answer(), got;
	struct buf packet = {0};

	(void)state;
	fetch_put_answer(&packet, &m);
	assert_true(fetch_get_answer(&got, packet.data, packet.len));
	assert_int_equal(got.id, 9);
	assert_int_equal(got.code, FETCH_DONE);
	assert_int_equal(got.status, 200);
	assert_int_equal(got.retry_after_s, 5);
	assert_string_equal(got.request_id, "r");
	assert_string_equal(got.type, "application/json");
	assert_memory_equal(got.body, "{}", 2);
	check_strict(&packet);
	buf_done(&packet);
	m.body = body;
	m.body_len = FETCH_BODY_MAX;
	assert_true(answer_is_read(&m));
	m.body_len++;
	assert_false(answer_is_read(&m));
	m = an_answer();
	m.status = 99;
	assert_false(answer_is_read(&m));
	/* no answer, no body */
	m = an_answer();
	m.code = FETCH_TIME_OUT;
	assert_false(answer_is_read(&m));
	m.body_len = 0;
	assert_true(answer_is_read(&m));
	m.code = FETCH_CODE_COUNT;
	assert_false(answer_is_read(&m));
	m = an_answer();
	strcpy(m.request_id, "a\x1b[2J");
	assert_false(answer_is_read(&m));
	m = an_answer();
	m.retry_after_s = -1;
	fetch_put_answer(&packet, &m);
	assert_true(fetch_get_answer(&got, packet.data, packet.len));
	assert_int_equal(got.retry_after_s, -1);
	buf_done(&packet);
}

static void test_text(void **state)
{
	char out[6];

	(void)state;
	fetch_text(out, sizeof(out), "a\x1b" "b\xff" "cdef", 8);
	assert_string_equal(out, "a?b?c");
	fetch_text(out, sizeof(out), "x\0y", 3);
	assert_string_equal(out, "x?y");
	fetch_text(out, sizeof(out), "", 0);
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_setup),
		cmocka_unit_test(test_ready),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
