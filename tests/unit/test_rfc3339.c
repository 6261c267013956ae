/* SPDX-License-Identifier: MIT */
#include "rfc3339.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static void accepted(void **state)
{
	static const struct {
		const char *text;
		int64_t at;
	} good[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"1969-12-31T23:59:59Z", -1},
		{"2026-11-21T08:30:00Z", 1795249800},
		{"2026-11-21t08:30:00z", 1795249800},
		{"2026-11-21T09:30:00+01:00", 1795249800},
		{"2026-11-21T00:00:00-08:30", 1795249800},
		{"2026-11-21T08:30:00.999999999Z", 1795249800},
		{"2024-02-29T12:00:00Z", 1709208000},
		{"2000-02-29T00:00:00-00:00", 951782400},
		{"2100-01-01T00:00:00Z", 4102444800},
		{"2016-12-31T23:59:60Z", 1483228799},
		{"0000-01-01T00:00:00Z", -62167219200},
		{"9999-12-31T23:59:59Z", 253402300799},
	};
	int64_t at;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		if (!rfc3339_parse(good[i].text, &at))
			fail_msg("%s", good[i].text);
		assert_int_equal(at, good[i].at);
	}
}

static void refused(void **state)
{
	static const char *const bad[] = {
		"", "now", "2026-11-21", "2026-11-21T08:30:00", "2026-11-21 08:30:00Z",
		"2026-11-21T08:30Z", "2026-11-21T08:30:00ZZ", "2026-11-21T08:30:00Z ",
		" 2026-11-21T08:30:00Z", "2026-11-21T08:30:00.Z", "2026-11-21T08:30:00+0100",
		"2026-11-21T08:30:00+24:00", "2026-11-21T08:30:00+01:60", "2026-11-21T24:00:00Z",
		"2026-11-21T08:60:00Z", "2026-11-21T08:30:61Z", "2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-00T00:00:00Z",
		"2025-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "26-11-21T08:30:00Z",
		"+2026-11-21T08:30:00Z", "2026-1-21T08:30:00Z", "1795249800", "2026-11-21T08:30:00+",
		"2026-11-21T08:30:00,5Z",
	};
	int64_t at;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (rfc3339_parse(bad[i], &at))
			fail_msg("'%s'", bad[i]);
}

/* Against the C library, and back. */
static void round_trip(void **state)
{
	char text[RFC3339_SIZE], wanted[RFC3339_SIZE];
	int64_t back;

	(void)state;
	for (int64_t at = -3000000000; at < 10000000000; at += 12345678) {
		time_t t = (time_t)at;
		struct tm tm;

		rfc3339_format(at, text);
		assert_non_null(gmtime_r(&t, &tm));
		assert_true(strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0);
		assert_string_equal(text, wanted);
		assert_true(rfc3339_parse(text, &back));
		assert_int_equal(back, at);
	}
	rfc3339_format(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	rfc3339_format(INT64_MIN, text);
	assert_string_equal(text, "0000-01-01T00:00:00Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepted),
		cmocka_unit_test(refused),
		cmocka_unit_test(round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
