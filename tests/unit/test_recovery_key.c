/* SPDX-License-Identifier: MIT */
#include "file.h"
#include "recovery_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GROUP 5
#define CHARS 40

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static int parse(const char *typed, struct secret *ret, struct err *e)
{
	return recovery_key_parse(typed, strlen(typed), ret, e);
}

static void assert_canonical(const char *typed, const char *text)
{
	_cleanup_secret_ struct secret s = SECRET_INIT;
	struct err e = {0};

	if (parse(typed, &s, &e) < 0)
		fail_msg("'%s': %s", typed, e.msg);
	assert_int_equal(s.len, RECOVERY_KEY_TEXT);
	assert_memory_equal(s.bytes, text, RECOVERY_KEY_TEXT);
}

static void assert_typo(const char *typed, const char *says)
{
	_cleanup_secret_ struct secret s = SECRET_INIT;
	struct err e = {0};

	if (parse(typed, &s, &e) != -E_RECOVERY_TYPO || !strstr(e.msg, says))
		fail_msg("'%s': code %d, %s", typed, e.code, e.msg);
	assert_null(s.bytes);
}

/* Calls for each vector, which is without its line end. */
static void each_vector(void (*check)(const char *text))
{
	_cleanup_buf_ struct buf b = BUF_INIT(0);
	struct err e = {0};
	char *rest, *line;
	size_t count = 0;

	assert_int_equal(file_read("tests/vectors/recovery_key/valid.txt", 65536, &b, &e), 0);
	rest = (char *)b.data;
	while ((line = strsep(&rest, "\n")) != NULL && *line) {
		assert_int_equal(strlen(line), RECOVERY_KEY_TEXT);
		check(line);
		count++;
	}
	assert_int_equal(count, 35);
}

static void check_valid(const char *text)
{
	assert_canonical(text, text);
}

static void test_known_answers(void **state)
{
	(void)state;
	each_vector(check_valid);
}

/* The characters of group g start here in the canonical text. */
static size_t group_at(size_t g)
{
	return g * (GROUP + 1);
}

static void group_name(size_t g, char out[32])
{
	(void)snprintf(out, 32, "group %zu", g + 1);
}

static void check_substitutions(const char *text)
{
	char typed[RECOVERY_KEY_TEXT + 1], says[32];

	for (size_t i = 0; i < CHARS; i++) {
		size_t at = group_at(i / GROUP) + i % GROUP;

		group_name(i / GROUP, says);
		for (size_t k = 0; k < 32; k++) {
			memcpy(typed, text, sizeof(typed));
			typed[at] = alphabet[k];
			if (typed[at] != text[at])
				assert_typo(typed, says);
		}
	}
}

static void check_transpositions(const char *text)
{
	char typed[RECOVERY_KEY_TEXT + 1], says[32];

	for (size_t g = 0; g < RECOVERY_KEY_GROUPS; g++) {
		group_name(g, says);
		for (size_t i = 0; i < GROUP; i++) {
			for (size_t k = 0; k < i; k++) {
				size_t a = group_at(g) + i, b = group_at(g) + k;

				memcpy(typed, text, sizeof(typed));
				typed[a] = text[b];
				typed[b] = text[a];
				if (text[a] != text[b])
					assert_typo(typed, says);
			}
		}
	}
}

static void check_groups(const char *text)
{
	char typed[RECOVERY_KEY_TEXT + 1], says[32];

	for (size_t a = 0; a < RECOVERY_KEY_GROUPS; a++) {
		for (size_t b = 0; b < RECOVERY_KEY_GROUPS; b++) {
			if (a == b)
				continue;
			/* two groups exchanged */
			memcpy(typed, text, sizeof(typed));
			memcpy(typed + group_at(a), text + group_at(b), GROUP);
			memcpy(typed + group_at(b), text + group_at(a), GROUP);
			group_name(a < b ? a : b, says);
			assert_typo(typed, says);
			/* one typed twice instead of another */
			memcpy(typed, text, sizeof(typed));
			memcpy(typed + group_at(a), text + group_at(b), GROUP);
			group_name(a, says);
			assert_typo(typed, says);
		}
	}
}

static void test_every_typo(void **state)
{
	(void)state;
	each_vector(check_substitutions);
	each_vector(check_transpositions);
	each_vector(check_groups);
}

static void check_forms(const char *text)
{
	char typed[128];
	size_t n = 0;

	for (size_t i = 0; i < RECOVERY_KEY_TEXT; i++) {
		char c = text[i];

		if (c == '-')
			continue;
		if (c >= 'A' && c <= 'Z' && i % 2)
			c = (char)(c - 'A' + 'a');
		if (c == '0')
			c = i % 2 ? 'o' : 'O';
		if (c == '1')
			c = "IiLl"[i % 4];
		typed[n++] = c;
		if (i % 3 == 0)
			typed[n++] = ' ';
	}
	typed[n++] = '\r';
	typed[n++] = '\n';
	typed[n] = '\0';
	assert_canonical(typed, text);
}

static void test_typed_forms(void **state)
{
	(void)state;
	each_vector(check_forms);
	/* the first vector: eight groups of 0000n, where n is the place */
	assert_canonical("00001 00002 00003 00004 00005 00006 00007 00008",
			 "00001-00002-00003-00004-00005-00006-00007-00008");
	assert_canonical("\tooooi-oooo2-oooo3oooo4oooo5oooo6oooo7oooo8\n",
			 "00001-00002-00003-00004-00005-00006-00007-00008");
}

static void test_refused(void **state)
{
	_cleanup_secret_ struct secret s = SECRET_INIT;
	struct err e = {0};
	char big[4096];

	(void)state;
	assert_typo("", "0 characters, and a recovery key has 40");
	assert_typo("00001-00002", "10 characters");
	assert_typo("00001-00002-00003-0004-00005-00006-00007-00008", "group 4 has not 5");
	assert_typo("00001-00002-00003-00004-00005-000006-00007-00008", "group 6 has not 5");
	assert_typo("00001-00002-00003-00004-00005-00006-00007-00008-0", "41 characters");
	assert_typo("00001-0000U-00003-00004-00005-00006-00007-00008", "group 2 has a character");
	assert_typo("00001-00002-00003-00004-00005-00006-00007-0000!", "group 8 has a character");
	assert_typo("00001_00002_00003_00004_00005_00006_00007_00008", "group 2 has a character");
	assert_typo("00000-00000-00000-00000-00000-00000-00000-00000", "group 1 of 8");
	assert_typo("\xc3\xa4", "group 1 has a character");
	memset(big, '0', sizeof(big));
	assert_int_equal(recovery_key_parse(big, sizeof(big), &s, &e), -E_RECOVERY_TYPO);
	assert_null(strstr(e.msg, "00"));
	assert_int_equal(recovery_key_parse("0\0", 2, &s, &e), -E_RECOVERY_TYPO);
}

static void test_generate(void **state)
{
	_cleanup_secret_ struct secret a = SECRET_INIT, b = SECRET_INIT, again = SECRET_INIT;
	struct err e = {0};

	(void)state;
	assert_int_equal(recovery_key_generate(&a, &e), 0);
	assert_int_equal(recovery_key_generate(&b, &e), 0);
	assert_int_equal(a.len, RECOVERY_KEY_TEXT);
	assert_false(secret_equal(&a, &b));
	assert_int_equal(recovery_key_parse((const char *)a.bytes, a.len, &again, &e), 0);
	assert_true(secret_equal(&a, &again));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answers), cmocka_unit_test(test_every_typo),
		cmocka_unit_test(test_typed_forms),   cmocka_unit_test(test_refused),
		cmocka_unit_test(test_generate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
