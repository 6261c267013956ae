/* SPDX-License-Identifier: MIT */
/*
 * TDX evidence in JSON, for `decoded`. Byte strings as they stand in the quote (so TD attributes and
 * XFAM, too, in their byte order), in lower-case hex. Each sets *ok to false when memory runs out.
 */
#ifndef CVMCRYPT_TDX_DESCRIBE_H
#define CVMCRYPT_TDX_DESCRIBE_H

#include "tdx_verify.h"

struct cJSON;

void tdx_describe_body(struct cJSON *obj, const struct tdx_body *td, bool *ok);
void tdx_describe_report(struct cJSON *obj, const struct tdx_report *report, bool *ok);
/* The quote, its enclave, and the PCK certificate as far as it can be read. */
void tdx_describe_quote(struct cJSON *obj, const struct tdx_quote *q, bool *ok);
void tdx_describe_tcb(struct cJSON *obj, const struct tdx_tcb *tcb, bool *ok);

#endif
