/* SPDX-License-Identifier: MIT */
/*
 * The quote of `verify tdx-quote FILE` and of `verify hcl-report ... --tdx-quote FILE`: one way to
 * read and judge it, by the options --cert, --root, --at and --collateral.
 */
#ifndef CVMCRYPT_VERIFY_TDX_H
#define CVMCRYPT_VERIFY_TDX_H

#include "tdx_verify.h"
#include "verify.h"

struct tdx_evidence {
	struct buf bytes;
	struct tdx_quote quote;		/* borrows bytes */
	struct tdx_findings findings;
};

#define _cleanup_tdx_evidence_ _cleanup_(tdx_evidence_done)
void tdx_evidence_done(struct tdx_evidence *e);

/*
 * Reads the quote in a file and adds the checks of tdx_verify_quote() to v. Negative: malformed, or a
 * file cannot be read. Describing it is tdx_describe.h; comparing it with a TDREPORT is
 * tdx_verify_same_td().
 */
int verify_tdx_quote_file(const struct verify_options *o, const char *path,
			  struct tdx_evidence *ret, struct verdict *v, struct err *reterr);
/* The note for a policy that demands a status which only collateral tells. */
void verify_tdx_note(const struct verify_options *o, struct cJSON *decoded, bool *ok);

#endif
