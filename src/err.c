/* SPDX-License-Identifier: MIT */
#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct err_info table[] = {
#define ERR(num, sym, exit_status, retry, text, hint) {num, #sym, exit_status, retry, text, hint},
#include "err.def"
#undef ERR
};

/*
 * The message goes to a console: a control byte that came from outside must not reach it. Bytes
 * above ASCII go as well: 9b begins a control sequence on some terminals, c2 9b on others.
 */
static void make_printable(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7f)
			*s = '?';
}

static void fill(struct err *e, enum err_code code, enum err_domain domain, int64_t native,
		 const char *fmt, va_list ap)
{
	e->code = code;
	e->domain = domain;
	e->native = native;
	(void)vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	make_printable(e->msg);
}

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -(int)code;
	va_start(ap, fmt);
	fill(e, code, ERR_NONE, 0, fmt, ap);
	va_end(ap);
	return -(int)code;
}

int err_errno(struct err *e, enum err_code code, int errnum, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	if (!e)
		return -(int)code;
	va_start(ap, fmt);
	fill(e, code, ERR_ERRNO, errnum, fmt, ap);
	va_end(ap);
	len = strlen(e->msg);
	(void)snprintf(e->msg + len, sizeof(e->msg) - len, ": %s", strerror(errnum));
	return -(int)code;
}

int err_native(struct err *e, enum err_code code, enum err_domain domain, int64_t native,
	       const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -(int)code;
	va_start(ap, fmt);
	fill(e, code, domain, native, fmt, ap);
	va_end(ap);
	return -(int)code;
}

int err_wrap(struct err *e, int r, const char *fmt, ...)
{
	char context[100], old[ERR_MSG_MAX];
	va_list ap;

	if (!e)
		return r;
	va_start(ap, fmt);
	(void)vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
	make_printable(context);
	/* a name in quotes that the message has already */
	if (*context == '\'' && strstr(e->msg, context))
		return r;
	memcpy(old, e->msg, sizeof(old));
	(void)snprintf(e->msg, sizeof(e->msg), "%s: %.*s", context,
		       (int)(sizeof(e->msg) - sizeof(context) - 3), old);
	return r;
}

const struct err_info *err_info(int code)
{
	if (code < 0)
		code = -code;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].code == code)
			return &table[i];
	return NULL;
}

const struct err_info *err_table(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(table);
	return table;
}

int err_exit_status(int code)
{
	const struct err_info *info = err_info(code);

	return code == 0 ? 0 : info ? info->exit_status : 1;
}

bool err_retryable(int code)
{
	const struct err_info *info = err_info(code);

	return info && info->retryable;
}
