/* SPDX-License-Identifier: MIT */
/*
 * How 'verify', 'attest' and 'inspect' print: one object as JSON, or lines of at most 100 columns.
 */
#ifndef CVMCRYPT_VERIFY_PRINT_H
#define CVMCRYPT_VERIFY_PRINT_H

#include "verify.h"

/*
 * Prints a failure as main does, but where a file is malformed: who inspects or verifies it is not told to
 * inspect it, but what the file looks like.
 */
void verify_print_failure(const char *type, const char *file, int r, const struct err *e);
/*
 * The exit status of a file that was given: 2 when it is malformed or can't be read, whatever the
 * boot makes of the same failure, 1 when the failure is ours. Prints it. r >= 0: r.
 */
int verify_status(const char *type, const char *file, int r, const struct err *e);
/* What 'inspect --json' gives of a file that it cannot decode: {"type":..,"file":..,"code":..,"error":..}. */
int verify_print_undecoded(const char *type, const char *file, const struct err *e, struct err *reterr);
/*
 * failure: why the input could not be judged to the end, NULL when it was. Prints
 *   {"type":..,"verdict":"pass"|"fail","code":"E000"..,"error":..,"checks":[..],"pcrs":..,"decoded":..}
 * where code is that of the failure or of the first check that failed, error stands there with a
 * failure only, pcrs with event logs only. Takes result->decoded and result->pcrs. E_NOMEM.
 */
int verify_print_json(const char *type, struct verify_result *result, const struct err *failure,
		      struct err *reterr);
/* A line a check, then the verdict, then decoded's "note": what a pass doesn't say. */
void verify_print_text(const char *type, const struct verify_result *result);
/* What 'inspect' decoded: {"type":..,"file":..,"decoded":..} or "name  value" lines. Takes decoded. */
int verify_print_decoded(const char *type, const char *file, struct cJSON *decoded, bool json,
			 struct err *reterr);

#endif
