/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void passes_only_with_checks_that_all_pass(_unused_ void **state)
{
	_cleanup_verdict_ struct verdict v = {0};
	struct err e = {0};

	assert_false(verdict_pass(&v));
	assert_int_equal(verdict_err(&v, &e), -E_INTERNAL);
	assert_true(verdict_add(&v, E_SIGNATURE, "a.b", true, "good", "%s", "good"));
	assert_true(verdict_pass(&v));
	assert_int_equal(verdict_err(&v, &e), 0);
	assert_false(verdict_add(&v, E_POLICY_DEBUG, "a.debug", false, "off", "%s", "on"));
	assert_false(verdict_add(&v, E_SIGNATURE, "a.c", false, "good", "bad"));
	assert_false(verdict_pass(&v));
	assert_string_equal(verdict_first_failure(&v)->name, "a.debug");
	assert_int_equal(verdict_err(&v, &e), -E_POLICY_DEBUG);
	assert_string_equal(e.msg, "a.debug: wanted off, found on");
}

static void compares_bytes(_unused_ void **state)
{
	_cleanup_verdict_ struct verdict v = {0};
	uint8_t a[600] = {1}, b[600] = {1};

	assert_true(verdict_equal(&v, E_AK, "x", a, b, sizeof(a)));
	b[599] = 1;	/* beyond what is shown */
	assert_false(verdict_equal(&v, E_AK, "x", a, b, sizeof(a)));
	assert_string_equal(v.check[1].want + VERDICT_TEXT - 4, "...");
}

static void takes_the_code_of_the_failure(_unused_ void **state)
{
	_cleanup_verdict_ struct verdict v = {0};
	struct err e = {0};
	int r = err_set(&e, E_CERT_TIME, "SEV-VCEK: expired");

	assert_false(verdict_result(&v, E_SIGNATURE, "x", r, "verifies", &e));
	assert_int_equal(v.check[0].code, E_CERT_TIME);
	assert_string_equal(v.check[0].got, "SEV-VCEK: expired");
	assert_true(verdict_result(&v, E_SIGNATURE, "y", 0, "verifies", &e));
}

static void shows_nothing_unprintable_and_marks_cuts(_unused_ void **state)
{
	_cleanup_verdict_ struct verdict v = {0};
	char text[VERDICT_TEXT + 10];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	verdict_add(&v, E_AK, "x", true, text, "a\x1b[2Jb\xc3\xa4");
	assert_string_equal(v.check[0].got, "a?[2Jb??");
	assert_int_equal(strlen(v.check[0].want), VERDICT_TEXT - 1);
	assert_string_equal(v.check[0].want + VERDICT_TEXT - 4, "...");
}

static void fails_when_a_check_is_lost(_unused_ void **state)
{
	_cleanup_verdict_ struct verdict v = {0};
	struct err e = {0};

	for (int i = 0; i < 513; i++)
		verdict_add(&v, E_AK, "x", true, "a", "a");
	assert_false(verdict_pass(&v));
	assert_int_equal(verdict_err(&v, &e), -E_NOMEM);
}

/* A reader of the JSON must not find "E000" beside "fail". */
static void describes_what_it_decided(_unused_ void **state)
{
	_cleanup_verdict_ struct verdict v = {0};
	static const struct {
		bool lost, pass;
		int failure, code;
	} cases[] = {
		{false, true, 0, 0},
		{false, false, 0, E_POLICY_DEBUG},
		{true, true, 0, E_NOMEM},
		{false, true, E_HCL_MALFORMED, E_HCL_MALFORMED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cJSON *o = json_new_object();
		const struct err failure = {.code = cases[i].failure};
		char code[8];
		bool ok = true;

		(void)snprintf(code, sizeof(code), "E%03d", cases[i].code);
		verdict_done(&v);
		verdict_add(&v, E_POLICY_DEBUG, "a.debug", cases[i].pass, "off", "on");
		v.lost = cases[i].lost;
		verdict_describe(&v, failure.code ? &failure : NULL, o, &ok);
		verdict_describe_checks(&v, o, &ok);
		assert_true(ok);
		assert_string_equal(json_string(json_find(o, "verdict")), cases[i].code ? "fail" : "pass");
		assert_string_equal(json_string(json_find(o, "code")), code);
		assert_int_equal(json_count(json_find(o, "checks")), 1);
		json_free(o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_only_with_checks_that_all_pass),
		cmocka_unit_test(compares_bytes),
		cmocka_unit_test(takes_the_code_of_the_failure),
		cmocka_unit_test(shows_nothing_unprintable_and_marks_cuts),
		cmocka_unit_test(fails_when_a_check_is_lost),
		cmocka_unit_test(describes_what_it_decided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
