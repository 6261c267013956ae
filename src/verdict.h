/* SPDX-License-Identifier: MIT */
/*
 * A verdict: every check that was made, with what was wanted and what was found. Verifiers of
 * formats add the checks of authenticity, the policy adds its own; nothing here decides anything
 * but "did all pass". A check is never removed or changed. When memory runs out the verdict fails.
 */
#ifndef CVMCRYPT_VERDICT_H
#define CVMCRYPT_VERDICT_H

#include "err.h"
#include "json.h"

#define VERDICT_TEXT 200

struct check {
	enum err_code code;		/* what its failure is reported as */
	bool pass;
	char name[48];			/* "snp-report.signature": type, dot, what; lower case */
	char want[VERDICT_TEXT];	/* printable, cut with "..." when longer */
	char got[VERDICT_TEXT];
};

struct verdict {
	struct check *check;
	size_t count, cap;
	bool lost;			/* a check could not be stored */
};

#define _cleanup_verdict_ _cleanup_(verdict_done)
void verdict_done(struct verdict *v);

/* Adds one check; returns pass, so a verifier can stop where going on makes no sense. */
bool verdict_add(struct verdict *v, enum err_code code, const char *name, bool pass,
		 const char *want, const char *got_fmt, ...) _printf_(6, 7);
/* The same for bytes that must be equal (shown as hex; compared in constant time). */
bool verdict_equal(struct verdict *v, enum err_code code, const char *name, const void *want,
		   const void *got, size_t len);
/*
 * The same for the result of a function with reterr: r == 0 passes; else the check fails with e's
 * code (or code if e has none) and got is e's message. E_NOMEM and other internal errors count as a
 * failed check too.
 */
bool verdict_result(struct verdict *v, enum err_code code, const char *name, int r,
		    const char *want, const struct err *e);

/* At least one check, all passed, none lost. */
bool verdict_pass(const struct verdict *v);
/* NULL if all passed. */
const struct check *verdict_first_failure(const struct verdict *v);
/* 0, or the first failure as an error: "NAME: wanted WANT, found GOT". */
int verdict_err(const struct verdict *v, struct err *reterr);
/*
 * As JSON, into an object. "verdict", "code": pass and E000, or fail and failure's code (NULL: that of
 * verdict_err). "checks": what was wanted and found, each. ok as in json.h.
 */
void verdict_describe(const struct verdict *v, const struct err *failure, struct cJSON *object, bool *ok);
void verdict_describe_checks(const struct verdict *v, struct cJSON *object, bool *ok);

#endif
