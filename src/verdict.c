/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include "codec.h"
#include "crypto.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECKS_MAX 512

void verdict_done(struct verdict *v)
{
	free(v->check);
	*v = (struct verdict){0};
}

static struct check *append(struct verdict *v)
{
	if (v->count == v->cap) {
		size_t cap = v->cap ? 2 * v->cap : 32;
		struct check *more = NULL;

		if (cap <= CHECKS_MAX)
			more = realloc(v->check, cap * sizeof(*more));
		if (!more) {
			v->lost = true;
			return NULL;
		}
		v->check = more;
		v->cap = cap;
	}
	return &v->check[v->count++];
}

/* What evidence says ends up on a console: printable only, and the cut is seen. */
static void tidy(char text[VERDICT_TEXT], size_t full)
{
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	if (full >= VERDICT_TEXT)
		memcpy(text + VERDICT_TEXT - 4, "...", 4);
}

bool verdict_add(struct verdict *v, enum err_code code, const char *name, bool pass,
		 const char *want, const char *got_fmt, ...)
{
	struct check *c = append(v);
	va_list ap;
	int n;

	if (!c)
		return false;
	*c = (struct check){.code = code, .pass = pass};
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	n = snprintf(c->want, sizeof(c->want), "%s", want);
	tidy(c->want, n < 0 ? 0 : (size_t)n);
	va_start(ap, got_fmt);
	n = vsnprintf(c->got, sizeof(c->got), got_fmt, ap);
	va_end(ap);
	tidy(c->got, n < 0 ? 0 : (size_t)n);
	return pass;
}

bool verdict_equal(struct verdict *v, enum err_code code, const char *name, const void *want,
		   const void *got, size_t len)
{
	char want_hex[HEX_SIZE(VERDICT_TEXT / 2)], got_hex[HEX_SIZE(VERDICT_TEXT / 2)];
	size_t shown = len < VERDICT_TEXT / 2 ? len : VERDICT_TEXT / 2;

	hex_encode(want_hex, want, shown);
	hex_encode(got_hex, got, shown);
	return verdict_add(v, code, name, crypto_equal(want, got, len), want_hex, "%s", got_hex);
}

bool verdict_result(struct verdict *v, enum err_code code, const char *name, int r,
		    const char *want, const struct err *e)
{
	if (r >= 0)
		return verdict_add(v, code, name, true, want, "%s", want);
	return verdict_add(v, err_info(r) ? (enum err_code)-r : code, name, false, want, "%s",
			   e && e->msg[0] ? e->msg : "it failed");
}

bool verdict_pass(const struct verdict *v)
{
	return v->count > 0 && !v->lost && !verdict_first_failure(v);
}

const struct check *verdict_first_failure(const struct verdict *v)
{
	for (size_t i = 0; i < v->count; i++)
		if (!v->check[i].pass)
			return &v->check[i];
	return NULL;
}

int verdict_err(const struct verdict *v, struct err *reterr)
{
	const struct check *c = verdict_first_failure(v);

	if (c)
		return err_set(reterr, c->code, "%s: wanted %s, found %s", c->name, c->want, c->got);
	if (v->lost)
		return err_set(reterr, E_NOMEM, "not every check could be kept");
	if (v->count == 0)
		return err_set(reterr, E_INTERNAL, "nothing was checked");
	return 0;
}

void verdict_describe(const struct verdict *v, const struct err *failure, struct cJSON *object, bool *ok)
{
	int code = failure ? failure->code : -verdict_err(v, NULL);
	char text[8];

	(void)snprintf(text, sizeof(text), "E%03d", code);
	json_add_string(object, "verdict", code == 0 ? "pass" : "fail", ok);
	json_add_string(object, "code", text, ok);
}

void verdict_describe_checks(const struct verdict *v, struct cJSON *object, bool *ok)
{
	struct cJSON *list = json_add_array(object, "checks", ok);

	for (size_t i = 0; i < v->count; i++) {
		struct cJSON *o = json_add_object(list, NULL, ok);

		json_add_string(o, "check", v->check[i].name, ok);
		json_add_bool(o, "pass", v->check[i].pass, ok);
		json_add_string(o, "want", v->check[i].want, ok);
		json_add_string(o, "got", v->check[i].got, ok);
	}
}
