/* SPDX-License-Identifier: MIT */
/* The table of docs/time.md. */
#include "rfc3339.h"
#include "trust_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define FLOOR "2026-06-01T00:00:00Z"

static int64_t at(const char *text)
{
	int64_t t;

	if (!rfc3339_parse(text, &t))
		fail_msg("%s", text);
	return t;
}

enum outcome { ACCEPTED, EXPIRED };

struct row {
	const char *from, *to;		/* validity of the certificate */
	const char *clock;
	const char *judged_at;
	enum outcome outcome;
};

static const struct row table[] = {
	/* issued before the image was built, valid for years */
	{"2024-01-01T00:00:00Z", "2031-01-01T00:00:00Z", "1970-01-01T00:00:00Z", FLOOR, ACCEPTED},
	{"2024-01-01T00:00:00Z", "2031-01-01T00:00:00Z", "2010-01-01T00:00:00Z", FLOOR, ACCEPTED},
	{"2024-01-01T00:00:00Z", "2031-01-01T00:00:00Z", "2027-01-01T00:00:00Z",
	 "2027-01-01T00:00:00Z", ACCEPTED},
	{"2024-01-01T00:00:00Z", "2031-01-01T00:00:00Z", "2100-01-01T00:00:00Z", FLOOR, ACCEPTED},
	/* issued after the image was built */
	{"2026-09-01T00:00:00Z", "2033-09-01T00:00:00Z", "1970-01-01T00:00:00Z",
	 "2026-09-01T00:00:00Z", ACCEPTED},
	{"2026-09-01T00:00:00Z", "2033-09-01T00:00:00Z", "2010-01-01T00:00:00Z",
	 "2026-09-01T00:00:00Z", ACCEPTED},
	{"2026-09-01T00:00:00Z", "2033-09-01T00:00:00Z", "2027-01-01T00:00:00Z",
	 "2027-01-01T00:00:00Z", ACCEPTED},
	{"2026-09-01T00:00:00Z", "2033-09-01T00:00:00Z", "2100-01-01T00:00:00Z",
	 "2026-09-01T00:00:00Z", ACCEPTED},
	/* expired when the image was built: no clock brings it back */
	{"2019-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "1970-01-01T00:00:00Z", FLOOR, EXPIRED},
	{"2019-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2010-01-01T00:00:00Z", FLOOR, EXPIRED},
	{"2019-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z", FLOOR, EXPIRED},
	{"2019-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2100-01-01T00:00:00Z", FLOOR, EXPIRED},
};

static void outcomes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct row *r = &table[i];
		int64_t t = trust_time(at(FLOOR), at(r->clock), at(r->from), at(r->to));

		if (t != at(r->judged_at))
			fail_msg("row %zu: judged at %lld", i, (long long)t);
		assert_int_equal(t >= at(r->from) && t <= at(r->to), r->outcome == ACCEPTED);
		assert_true(t >= at(FLOOR));
	}
}

static void floors(void **state)
{
	struct x509_list none = {0};

	(void)state;
	assert_int_equal(trust_time_of(&none, 10, 5), 10);
	assert_int_equal(trust_time_of(&none, 10, 15), 15);
}

/* On real certificates: the leaf decides, and CAs of a longer life do not. */
static void of_lists(void **state)
{
	struct x509_list certs = {0};
	int64_t from, to, floor, found = -1;
	struct err e = {0};

	(void)state;
	if (x509_read_file(&certs, "tests/vectors/snp/snp-10-vcek.der", &e) < 0 ||
	    x509_read_file(&certs, "tests/vectors/x509/az-tdx-06-ak-intermediate-0.der", &e) < 0)
		fail_msg("%s", e.msg);
	for (size_t i = 0; i < certs.count; i++)
		if (!x509_is_ca(certs.cert[i])) {
			x509_validity(certs.cert[i], &from, &to);
			found = (int64_t)i;
		}
	assert_true(found >= 0);
	floor = from + 1000;
	assert_int_equal(trust_time_of(&certs, floor, 0), floor);
	assert_int_equal(trust_time_of(&certs, floor, at("2100-01-01T00:00:00Z")), floor);
	assert_int_equal(trust_time_of(&certs, floor, to - 5), to - 5);
	assert_int_equal(trust_time_of(&certs, from - 50, 0), from);
	assert_int_equal(trust_time_of(&certs, to + 1, 0), to + 1);
	x509_list_done(&certs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes),
		cmocka_unit_test(floors),
		cmocka_unit_test(of_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
