/* SPDX-License-Identifier: MIT */
#include "ini.h"

#include "codec.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct parser {
	ini_visit visit;
	void *context;
	struct ini_line at;
	char section[INI_NAME_MAX], name[INI_NAME_MAX];
};

int ini_err(struct err *reterr, enum err_code code, const struct ini_line *l, const char *fmt, ...)
{
	char msg[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return err_set(reterr, code, "%s:%u: %s", l->file, l->number, msg);
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What a type or key starts with; takes it off *p. */
static bool take_word(char **p, char out[INI_NAME_MAX])
{
	size_t n = 0;

	if (!is_lower(**p))
		return false;
	while (is_lower(**p) || is_digit(**p) || **p == '-') {
		if (n == INI_NAME_MAX - 1)
			return false;
		out[n++] = *(*p)++;
	}
	out[n] = '\0';
	return true;
}

static bool take_name(char **p, char out[INI_NAME_MAX])
{
	size_t n = 0;

	while (is_lower(**p) || is_digit(**p) || (**p >= 'A' && **p <= 'Z') ||
	       (n > 0 && **p && strchr("_.-", **p))) {
		if (n == INI_NAME_MAX - 1)
			return false;
		out[n++] = *(*p)++;
	}
	out[n] = '\0';
	return n > 0;
}

static void skip_blanks(char **p)
{
	while (**p == ' ')
		(*p)++;
}

static int parse_section(struct parser *s, char *p, struct err *reterr)
{
	bool good;

	p++;
	good = take_word(&p, s->section);
	s->name[0] = '\0';
	if (good && *p == ' ') {
		skip_blanks(&p);
		good = take_name(&p, s->name);
	}
	if (!good || *p != ']')
		return ini_err(
			reterr, E_CONFIG_SYNTAX, &s->at,
			"expected a section, [TYPE] or [TYPE NAME]; a name has letters, digits, "
			"'_', '.', '-', at most %d",
			INI_NAME_MAX - 1);
	if (p[1])
		return ini_err(
			reterr, E_CONFIG_SYNTAX, &s->at,
			"nothing may follow a section on its line (a comment needs its own)");
	s->at.section = s->section;
	s->at.name = s->name;
	s->at.key = s->at.value = NULL;
	return s->visit(s->context, &s->at, reterr);
}

static int parse_pair(struct parser *s, char *p, struct err *reterr)
{
	char key[INI_NAME_MAX];

	if (!take_word(&p, key))
		return ini_err(
			reterr, E_CONFIG_SYNTAX, &s->at,
			"expected 'key = value', a [section] or a comment that starts with '#'");
	skip_blanks(&p);
	if (*p != '=')
		return ini_err(reterr, E_CONFIG_SYNTAX, &s->at, "expected '=' after '%s'", key);
	p++;
	skip_blanks(&p);
	if (!*p)
		return ini_err(reterr, E_CONFIG_SYNTAX, &s->at, "'%s' has no value", key);
	if (!s->at.section)
		return ini_err(reterr, E_CONFIG_SYNTAX, &s->at,
			       "'%s' stands before the first [section]", key);
	s->at.key = key;
	s->at.value = p;
	return s->visit(s->context, &s->at, reterr);
}

static int check_bytes(const struct parser *s, const char *text, size_t len, struct err *reterr)
{
	if (len > INI_LINE_MAX)
		return ini_err(reterr, E_CONFIG_SYNTAX, &s->at, "the line is longer than %d bytes",
			       INI_LINE_MAX);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\t')
			return ini_err(reterr, E_CONFIG_SYNTAX, &s->at, "use spaces, not tabs");
		if (c == '\r')
			return ini_err(reterr, E_CONFIG_SYNTAX, &s->at,
				       "lines end with a line feed alone, not with CR LF");
		if (c < 0x20 || c > 0x7e)
			return ini_err(reterr, E_CONFIG_SYNTAX, &s->at,
				       "byte 0x%02x in column %zu is not printable ASCII", c,
				       i + 1);
	}
	return 0;
}

static int parse_line(struct parser *s, const char *text, size_t len, struct err *reterr)
{
	char line[INI_LINE_MAX + 1], *p = line;
	int r = check_bytes(s, text, len, reterr);

	if (r < 0)
		return r;
	while (len > 0 && text[len - 1] == ' ')
		len--;
	memcpy(line, text, len);
	line[len] = '\0';
	skip_blanks(&p);
	if (!*p || *p == '#')
		return 0;
	return *p == '[' ? parse_section(s, p, reterr) : parse_pair(s, p, reterr);
}

int ini_parse(const char *file, const char *text, size_t len, ini_visit visit, void *context,
	      struct err *reterr)
{
	struct parser s = {.visit = visit, .context = context, .at.file = file};
	size_t at = 0;

	while (at < len) {
		const char *lf = memchr(text + at, '\n', len - at);
		size_t n = lf ? (size_t)(lf - (text + at)) : len - at;
		int r;

		s.at.number++;
		s.at.start = at;
		s.at.end = at + n;
		r = parse_line(&s, text + at, n, reterr);
		if (r < 0)
			return r;
		at += n + 1;
	}
	return 0;
}

bool ini_time(const char *text, int64_t max_ms, int64_t *ret_ms)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}};
	char digits[16];
	size_t n = strspn(text, "0123456789");
	uint64_t value;

	if (n == 0 || n >= sizeof(digits) || max_ms < 0)
		return false;
	memcpy(digits, text, n);
	digits[n] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(text + n, units[i].name) != 0)
			continue;
		if (!decimal_u64(digits, (uint64_t)max_ms / units[i].ms, &value))
			return false;
		*ret_ms = (int64_t)(value * units[i].ms);
		return true;
	}
	return false;
}

bool ini_word(const char **rest, char *out, size_t out_size)
{
	const char *p = *rest + strspn(*rest, " ");
	size_t n = strcspn(p, " ");

	if (n == 0 || n >= out_size)
		return false;
	memcpy(out, p, n);
	out[n] = '\0';
	*rest = p + n;
	return true;
}
