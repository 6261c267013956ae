/* SPDX-License-Identifier: MIT */
#include "json.h"
#include "json_scan.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int parse(struct json *j, const char *text, struct err *e)
{
	return json_parse(j, "doc", E_RECORD_MALFORMED, text, strlen(text), e);
}

static void test_accepts(void **state)
{
	static const char *const good[] = {
		"{}", "[]", " [ ] \n", "0", "-0", "-1.5e+10", "true", "null", "\"\"",
		"{\"a\":{\"b\":[1,2,{\"c\":\"x\"}]}}",
		"\"\\u00e4\\ud83d\\ude00\\n\\/\\\\\"", "\"\xc3\xa4\xf0\x9f\x98\x80\"",
		"[[[[[[[[]]]]]]]]", "{\"a\":1,\"A\":2}", "[1,1]",
		"12345678901234567890123456789012",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_json_ struct json j = {0};
		struct err e = {0};

		if (parse(&j, good[i], &e) < 0)
			fail_msg("%s: %s", good[i], e.msg);
	}
}

static void test_refuses(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"", "value expected"},
		{" ", "value expected"},
		{"{} x", "text behind the value"},
		{"{}{}", "text behind the value"},
		{"1 2", "text behind the value"},
		{"{\"a\":1,\"a\":2}", "key 'a' twice"},
		{"{\"x\":[{\"a\":1,\"b\":0,\"\\u0061\":2}]}", "key 'a' twice"},
		{"[[[[[[[[[]]]]]]]]]", "nested too deeply"},
		{"{\"a\"1}", "':' expected"},
		{"{\"a\":1,}", "string expected"},
		{"{a:1}", "string expected"},
		{"[1,]", "value expected"},
		{"[1 2]", "',' or closing bracket"},
		{"{\"1\":1,", "string expected"},
		{"[", "value expected"},
		{"\"abc", "string without end"},
		{"\"a\nb\"", "control character"},
		{"\"\\u0000\"", "NUL in a string"},
		{"\"\\x41\"", "unknown escape"},
		{"\"\\u12g4\"", "unknown escape"},
		{"\"\\", "unknown escape"},
		{"\"\\u12", "unknown escape"},
		{"\"\\ud800\"", "half a surrogate"},
		{"\"\\udc00\"", "half a surrogate"},
		{"\"\\ud800\\u0041\"", "half a surrogate"},
		{"\"\xff\"", "invalid UTF-8"},
		{"\"\xc0\xaf\"", "invalid UTF-8"},
		{"\"\xe0\x80\x80\"", "invalid UTF-8"},
		{"\"\xed\xa0\x80\"", "invalid UTF-8"},
		{"\"\xf4\x90\x80\x80\"", "invalid UTF-8"},
		{"\"\xc3\"", "invalid UTF-8"},
		{"01", "text behind the value"},
		{"+1", "value expected"},
		{"1.", "digit expected"},
		{".5", "value expected"},
		{"1e", "digit expected"},
		{"-", "digit expected"},
		{"0x10", "text behind the value"},
		{"NaN", "value expected"},
		{"nul", "value expected"},
		{"True", "value expected"},
		{"123456789012345678901234567890123", "number too long"},
		{"\xef\xbb\xbf{}", "value expected"},
		{"// c\n{}", "value expected"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct json j = {0};
		struct err e = {0};

		assert_int_equal(parse(&j, bad[i].text, &e), -E_RECORD_MALFORMED);
		assert_null(j.root);
		if (!strstr(e.msg, bad[i].says))
			fail_msg("%s: says '%s', not '%s'", bad[i].text, e.msg, bad[i].says);
	}
}

static void test_length_rules(void **state)
{
	static const char nul[] = "{}\0";
	static const char inside[] = "\"a\0b\"";
	struct json j = {0};
	struct err e = {0};

	(void)state;
	assert_int_equal(json_parse(&j, "doc", E_RECORD_MALFORMED, nul, 3, &e), -E_RECORD_MALFORMED);
	assert_int_equal(json_parse(&j, "doc", E_RECORD_MALFORMED, inside, 5, &e),
			 -E_RECORD_MALFORMED);
	/* the text ends where the length says, not where a NUL stands */
	assert_int_equal(json_parse(&j, "doc", E_RECORD_MALFORMED, "12", 1, &e), 0);
	assert_int_equal(json_parse(&j, "doc", E_RECORD_MALFORMED, "", 0, NULL),
			 -E_RECORD_MALFORMED);
	json_done(&j);
	json_done(&j);
}

static void test_node_limit(void **state)
{
	static char text[2 * JSON_NODES_MAX + 8];
	struct json j = {0};
	struct err e = {0};

	(void)state;
	text[0] = '[';
	for (size_t i = 0; i < JSON_NODES_MAX; i++)
		memcpy(text + 1 + 2 * i, "1,", 2);
	/* the array and JSON_NODES_MAX - 1 elements */
	text[2 * JSON_NODES_MAX - 2] = ']';
	assert_int_equal(json_parse(&j, "doc", E_RECORD_MALFORMED, text, 2 * JSON_NODES_MAX - 1, &e),
			 0);
	assert_int_equal(json_count(j.root), JSON_NODES_MAX - 1);
	json_done(&j);
	text[2 * JSON_NODES_MAX - 2] = ',';
	text[2 * JSON_NODES_MAX] = ']';
	assert_int_equal(json_parse(&j, "doc", E_RECORD_MALFORMED, text, 2 * JSON_NODES_MAX + 1, &e),
			 -E_RECORD_MALFORMED);
	assert_non_null(strstr(e.msg, "too many values"));
}

static void test_getters(void **state)
{
	static const char text[] =
		"{\"o\":{\"n\":42,\"s\":\"text\",\"u\":\"18446744073709551615\",\"t\":true,\"f\":false,"
		"\"b\":\"AAEC\",\"l\":[1,2]},\"z\":null}";
	_cleanup_json_ struct json j = {0};
	struct err e = {0};
	const struct cJSON *o = NULL, *l = NULL;
	const char *s = NULL;
	uint64_t n = 0;
	uint8_t bytes[3];
	size_t len = 0;
	bool flag = false;

	(void)state;
	assert_int_equal(parse(&j, text, &e), 0);
	assert_int_equal(json_get_object(&j, j.root, "o", &o, &e), 0);
	assert_int_equal(json_get_u64(&j, o, "n", 42, &n, &e), 0);
	assert_int_equal(n, 42);
	assert_int_equal(json_get_string(&j, o, "s", &s, &e), 0);
	assert_string_equal(s, "text");
	assert_int_equal(json_get_u64_string(&j, o, "u", &n, &e), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(json_get_bool(&j, o, "t", &flag, &e), 0);
	assert_true(flag);
	assert_int_equal(json_get_bool(&j, o, "f", &flag, &e), 0);
	assert_false(flag);
	assert_int_equal(json_get_base64(&j, o, "b", bytes, sizeof(bytes), &len, &e), 0);
	assert_int_equal(len, 3);
	assert_memory_equal(bytes, "\0\1\2", 3);
	assert_int_equal(json_get_array(&j, o, "l", &l, &e), 0);
	assert_int_equal(json_count(l), 2);
	assert_null(json_key(json_at(l, 0)));
	assert_null(json_at(l, 2));
	assert_string_equal(json_key(json_at(o, 1)), "s");
	assert_string_equal(json_string(json_at(o, 1)), "text");
	assert_null(json_string(o));
	assert_true(json_is_object(o));
	assert_false(json_is_object(l));
	assert_null(json_find(o, "N"));
	assert_null(json_find(l, "x"));
}

static void test_getter_failures(void **state)
{
	static const char text[] =
		"{\"o\":{\"list\":[{\"n\":-1,\"h\":1.5,\"big\":1e300,\"s\":\"01\",\"b\":\"A===\"}]}}";
	_cleanup_json_ struct json j = {0};
	struct err e = {0};
	const struct cJSON *o = NULL, *l = NULL, *m;
	const char *s = NULL;
	uint64_t n = 7;
	uint8_t bytes[3];
	size_t len = 7;
	bool flag = false;

	(void)state;
	assert_int_equal(parse(&j, text, &e), 0);
	assert_int_equal(json_get_object(&j, j.root, "o", &o, &e), 0);
	assert_int_equal(json_get_array(&j, o, "list", &l, &e), 0);
	m = json_at(l, 0);
	assert_int_equal(json_get_u64(&j, m, "n", 10, &n, &e), -E_RECORD_MALFORMED);
	assert_string_equal(e.msg, "doc: o.list.0.n: whole number from 0 to 10 expected");
	assert_int_equal(json_get_u64(&j, m, "h", 10, &n, &e), -E_RECORD_MALFORMED);
	assert_int_equal(json_get_u64(&j, m, "big", UINT64_MAX, &n, &e), -E_RECORD_MALFORMED);
	assert_int_equal(json_get_u64(&j, m, "s", 10, &n, &e), -E_RECORD_MALFORMED);
	assert_int_equal(json_get_u64_string(&j, m, "s", &n, &e), -E_RECORD_MALFORMED);
	assert_int_equal(json_get_u64_string(&j, m, "n", &n, &e), -E_RECORD_MALFORMED);
	assert_true(n == 7);
	assert_int_equal(json_get_base64(&j, m, "b", bytes, 3, &len, &e), -E_RECORD_MALFORMED);
	assert_int_equal(json_get_bool(&j, m, "s", &flag, &e), -E_RECORD_MALFORMED);
	assert_int_equal(json_get_string(&j, m, "n", &s, &e), -E_RECORD_MALFORMED);
	assert_int_equal(json_get_object(&j, m, "s", &o, &e), -E_RECORD_MALFORMED);
	assert_int_equal(json_get_array(&j, m, "s", &o, &e), -E_RECORD_MALFORMED);
	assert_int_equal(json_get_string(&j, j.root, "q", &s, &e), -E_RECORD_MALFORMED);
	assert_string_equal(e.msg, "doc: q: missing");
	assert_int_equal(json_get_string(&j, j.root, "q", &s, NULL), -E_RECORD_MALFORMED);
}

static void test_only_keys(void **state)
{
	static const char *const known[] = {"a", "b", NULL};
	_cleanup_json_ struct json j = {0};
	struct err e = {0};

	(void)state;
	assert_int_equal(parse(&j, "{\"b\":1,\"a\":{\"c\":1}}", &e), 0);
	assert_int_equal(json_only_keys(&j, j.root, known, &e), 0);
	assert_int_equal(json_only_keys(&j, json_find(j.root, "a"), known, &e), -E_RECORD_MALFORMED);
	assert_string_equal(e.msg, "doc: a.c: unknown key");
}

static void test_writing(void **state)
{
	struct cJSON *root = json_new_object(), *list;
	_cleanup_free_ char *text = NULL;
	bool ok = true;

	(void)state;
	json_add_string(root, "s", "a\"\xff\xc3\xa4\n", &ok);
	json_add_number(root, "n", 4294967296.0, &ok);
	json_add_number(root, "max", 9007199254740992.0, &ok);
	json_add_bool(root, "t", true, &ok);
	json_add_base64(root, "b", "\0\1\2\3", 4, &ok);
	json_add_hex(root, "h", "\xde\xad", 2, &ok);
	list = json_add_array(root, "l", &ok);
	json_add_string(list, NULL, "x", &ok);
	json_add_bool(json_add_object(list, NULL, &ok), "f", false, &ok);
	json_add_copy(root, "copy", list, &ok);
	assert_true(ok);
	text = json_print(root, false);
	assert_string_equal(text, "{\"s\":\"a\\\"?\xc3\xa4\\n\",\"n\":4294967296,"
			    "\"max\":9007199254740992,\"t\":true,\"b\":\"AAECAw==\",\"h\":\"dead\","
			    "\"l\":[\"x\",{\"f\":false}],\"copy\":[\"x\",{\"f\":false}]}");
	json_free(root);
	json_add_bool(NULL, "k", true, &ok);
	assert_false(ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_length_rules),
		cmocka_unit_test(test_node_limit),
		cmocka_unit_test(test_getters),
		cmocka_unit_test(test_getter_failures),
		cmocka_unit_test(test_only_keys),
		cmocka_unit_test(test_writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
