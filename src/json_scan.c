/* SPDX-License-Identifier: MIT */
#include "json_scan.h"

#include "json.h"

#include <string.h>

struct scan {
	const uint8_t *text;
	size_t len, at;
	size_t nodes;
	const char *wrong;
};

static bool fail(struct scan *s, const char *wrong)
{
	s->wrong = wrong;
	return false;
}

/* The byte at the cursor; -1 at the end, so that no caller compares with what isn't there. */
static int peek(const struct scan *s)
{
	return s->at < s->len ? s->text[s->at] : -1;
}

static void skip_space(struct scan *s)
{
	for (int c = peek(s); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(s))
		s->at++;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

size_t json_utf8(const uint8_t *p, size_t left)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t n;

	if (left == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (left < n)
		return 0;
	/* no overlong forms, no surrogates, nothing above U+10FFFF: RFC 3629 section 4 */
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* The four digits behind \u; -1 if they aren't. */
static int hex4(struct scan *s)
{
	int v = 0;

	for (int i = 0; i < 4; i++, s->at++) {
		int c = peek(s);

		if (is_digit(c))
			v = v << 4 | (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v << 4 | ((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return v;
}

static bool scan_escape(struct scan *s)
{
	int c = peek(s), unit;

	s->at++;
	if (c != 'u')
		return c > 0 && strchr("\"\\/bfnrt", c) ? true : fail(s, "unknown escape in a string");
	unit = hex4(s);
	if (unit < 0)
		return fail(s, "unknown escape in a string");
	if (unit == 0)
		return fail(s, "NUL in a string");
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return fail(s, "half a surrogate pair in a string");
	if (unit < 0xd800 || unit > 0xdbff)
		return true;
	if (peek(s) != '\\')
		return fail(s, "half a surrogate pair in a string");
	s->at++;
	if (peek(s) != 'u')
		return fail(s, "half a surrogate pair in a string");
	s->at++;
	unit = hex4(s);
	if (unit < 0xdc00 || unit > 0xdfff)
		return fail(s, "half a surrogate pair in a string");
	return true;
}

static bool scan_string(struct scan *s)
{
	if (peek(s) != '"')
		return fail(s, "string expected");
	s->at++;
	for (;;) {
		int c = peek(s);
		size_t n;

		if (c < 0)
			return fail(s, "string without end");
		if (c == '"')
			break;
		if (c < 0x20)
			return fail(s, "control character in a string");
		if (c == '\\') {
			s->at++;
			if (!scan_escape(s))
				return false;
			continue;
		}
		n = json_utf8(s->text + s->at, s->len - s->at);
		if (n == 0)
			return fail(s, "invalid UTF-8 in a string");
		s->at += n;
	}
	s->at++;
	return true;
}

static bool scan_digits(struct scan *s)
{
	if (!is_digit(peek(s)))
		return fail(s, "digit expected");
	while (is_digit(peek(s)))
		s->at++;
	return true;
}

static bool scan_number(struct scan *s)
{
	size_t start = s->at;

	if (peek(s) == '-')
		s->at++;
	if (peek(s) == '0')
		s->at++;
	else if (!scan_digits(s))
		return false;
	if (peek(s) == '.') {
		s->at++;
		if (!scan_digits(s))
			return false;
	}
	if (peek(s) == 'e' || peek(s) == 'E') {
		s->at++;
		if (peek(s) == '+' || peek(s) == '-')
			s->at++;
		if (!scan_digits(s))
			return false;
	}
	return s->at - start <= JSON_NUMBER_TEXT_MAX ? true : fail(s, "number too long");
}

static bool scan_word(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if (s->len - s->at < n || memcmp(s->text + s->at, word, n) != 0)
		return fail(s, "value expected");
	s->at += n;
	return true;
}

static bool scan_value(struct scan *s, unsigned depth);

/* The members of an object or the elements of an array, the opening bracket being taken. */
static bool scan_members(struct scan *s, int close, unsigned depth)
{
	skip_space(s);
	if (peek(s) == close) {
		s->at++;
		return true;
	}
	for (;;) {
		skip_space(s);
		if (close == '}') {
			if (!scan_string(s))
				return false;
			skip_space(s);
			if (peek(s) != ':')
				return fail(s, "':' expected");
			s->at++;
		}
		if (!scan_value(s, depth))
			return false;
		skip_space(s);
		if (peek(s) == close)
			break;
		if (peek(s) != ',')
			return fail(s, "',' or closing bracket expected");
		s->at++;
	}
	s->at++;
	return true;
}

static bool scan_value(struct scan *s, unsigned depth)
{
	int c;

	if (++s->nodes > JSON_NODES_MAX)
		return fail(s, "too many values");
	skip_space(s);
	c = peek(s);
	switch (c) {
	case '{':
	case '[':
		if (depth >= JSON_DEPTH_MAX)
			return fail(s, "nested too deeply");
		s->at++;
		return scan_members(s, c == '{' ? '}' : ']', depth + 1);
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		if (c == '-' || is_digit(c))
			return scan_number(s);
		return fail(s, "value expected");
	}
}

const char *json_scan(const void *text, size_t len, size_t *ret_at)
{
	struct scan s = {.text = text, .len = len};

	if (scan_value(&s, 0)) {
		skip_space(&s);
		if (s.at < s.len)
			s.wrong = "text behind the value";
	}
	*ret_at = s.at;
	return s.wrong;
}

bool json_scan_member(const void *text, size_t len, const char *key, size_t *ret_at,
		      size_t *ret_len)
{
	struct scan s = {.text = text, .len = len};

	skip_space(&s);
	if (peek(&s) != '{')
		return false;
	s.at++;
	for (skip_space(&s); peek(&s) == '"'; skip_space(&s)) {
		size_t key_at = s.at + 1, key_len, at;

		if (!scan_string(&s))
			return false;
		key_len = s.at - 1 - key_at;
		skip_space(&s);
		s.at++;		/* the colon */
		skip_space(&s);
		at = s.at;
		if (!scan_value(&s, 1))
			return false;
		if (key_len == strlen(key) && memcmp(s.text + key_at, key, key_len) == 0) {
			*ret_at = at;
			*ret_len = s.at - at;
			return true;
		}
		skip_space(&s);
		if (peek(&s) != ',')
			return false;
		s.at++;
	}
	return false;
}
