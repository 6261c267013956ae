/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_only_with_checks_that_all_pass),
		cmocka_unit_test(compares_bytes),
		cmocka_unit_test(takes_the_code_of_the_failure),
		cmocka_unit_test(shows_nothing_unprintable_and_marks_cuts),
		cmocka_unit_test(fails_when_a_check_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
