/* SPDX-License-Identifier: MIT */
/*
 * The grammar of cvmcrypt.conf(5). Pure: text in, one call per line out.
 *
 *	file    = *( line LF ) [ line ]        a line has at most INI_LINE_MAX bytes
 *	line    = blanks [ comment / section / pair ] blanks
 *	comment = "#" *any
 *	section = "[" type [ 1*blank name ] "]"
 *	pair    = key blanks "=" blanks value  the value runs to the end of the line, "#" included
 *	type, key = lower-case letter, then lower-case letters, digits, "-"
 *	name    = letter or digit, then letters, digits, "_", ".", "-"
 *
 * Types, keys and names are shorter than INI_NAME_MAX. A blank is a space. There are no quotes,
 * escapes or continued lines. Every byte is printable ASCII; anything else is refused, in comments
 * too: what is measured can be read by eye. A value is never empty. What sections and keys exist,
 * and that none stands twice, is the visitor's business.
 */
#ifndef CVMCRYPT_INI_H
#define CVMCRYPT_INI_H

#include "err.h"

#define INI_LINE_MAX 1024
#define INI_NAME_MAX 32		/* with the NUL */

/* A section header (key and value NULL) or a pair. Strings live until the visitor returns. */
struct ini_line {
	const char *file;
	unsigned number;	/* from 1 */
	const char *section;	/* type */
	const char *name;	/* "" for a section without one */
	const char *key, *value;
	size_t start, end;	/* the line's bytes in the text, without the LF */
};

typedef int (*ini_visit)(void *context, const struct ini_line *l, struct err *reterr);

/* Stops at the first failure: E_CONFIG_SYNTAX, or what visit returned. */
int ini_parse(const char *file, const char *text, size_t len, ini_visit visit, void *context,
	      struct err *reterr);

/* "FILE:LINE: ..." */
int ini_err(struct err *reterr, enum err_code code, const struct ini_line *l, const char *fmt, ...)
	_printf_(4, 5);

/* Whole number and unit without a space: 250ms, 10s, 5min, 1h. */
bool ini_time(const char *text, int64_t max_ms, int64_t *ret_ms);
/* The next word of a list: copied, *rest moved behind it. false at the end or if it is too long. */
bool ini_word(const char **rest, char *out, size_t out_size);

#endif
