/* SPDX-License-Identifier: MIT */
/*
 * Failures: one table (err.def), one fixed-size carrier. A function that can fail returns 0 or a
 * negative enum err_code and fills *reterr, its last parameter, on failure only. reterr may be NULL.
 * Nothing here allocates, so a failure can be told when memory is gone.
 */
#ifndef CVMCRYPT_ERR_H
#define CVMCRYPT_ERR_H

#include "base.h"

enum err_code {
#define ERR(num, sym, exit_status, retry, text, hint) E_##sym = num,
#include "err.def"
#undef ERR
};

/* Whose number err.native is. */
enum err_domain { ERR_NONE, ERR_ERRNO, ERR_TSS, ERR_CRYPTSETUP };

#define ERR_MSG_MAX 320

struct err {
	int code;		/* enum err_code, positive; 0 = nothing failed */
	enum err_domain domain;
	int64_t native;
	char msg[ERR_MSG_MAX];	/* one line, no trailing full stop, no secrets */
};

struct err_info {
	int code;
	const char *symbol;
	int exit_status;
	bool retryable;
	const char *text;
	const char *hint;
};

/* Fills *e (which may be NULL) and returns -code, so a failure is one statement. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...) _printf_(3, 4);
/* The same with errno appended in words; keeps errno as the native code. */
int err_errno(struct err *e, enum err_code code, int errnum, const char *fmt, ...) _printf_(4, 5);
/* The same with a foreign number that the caller has put into words itself. */
int err_native(struct err *e, enum err_code code, enum err_domain domain, int64_t native,
	       const char *fmt, ...) _printf_(5, 6);
/* Puts "context: " in front of the message, but a name in quotes once only; returns r unchanged. */
int err_wrap(struct err *e, int r, const char *fmt, ...) _printf_(3, 4);

/* Row of the table; code may be negative. NULL for a number that is not in it. */
const struct err_info *err_info(int code);
/* Rows in order of number, for the manual page and tests. */
const struct err_info *err_table(size_t *ret_count);
int err_exit_status(int code);
bool err_retryable(int code);

#endif
