/* SPDX-License-Identifier: MIT */
#include "tpm_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <tss2/tss2_rc.h>

uint32_t tpm_rc_base(TSS2_RC rc)
{
	TSS2_RC layer = rc & ~(TSS2_RC)0xffff;

	if (layer != 0 && layer != TSS2_RESMGR_TPM_RC_LAYER)
		return 0;
	/* Part 2, 6.6.2: format one carries the number of what was wrong beside the error */
	return rc & TPM2_RC_FMT1 ? rc & (TPM2_RC_FMT1 | 0x3f) : rc & 0xfff;
}

static enum err_code tpm_layer_code(uint32_t base)
{
	switch (base) {
	case TPM2_RC_LOCKOUT:
		return E_TPM_LOCKOUT;
	case TPM2_RC_PCR_CHANGED:
		return E_TPM_PCR_CHANGED;
	case TPM2_RC_RETRY:
	case TPM2_RC_YIELDED:
	case TPM2_RC_TESTING:
	case TPM2_RC_CANCELED:
	case TPM2_RC_NV_RATE:
	case TPM2_RC_NV_UNAVAILABLE:
	/* somebody else's objects and sessions fill the TPM; /dev/tpm0 has no resource manager */
	case TPM2_RC_OBJECT_MEMORY:
	case TPM2_RC_SESSION_MEMORY:
	case TPM2_RC_MEMORY:
	case TPM2_RC_OBJECT_HANDLES:
	case TPM2_RC_SESSION_HANDLES:
	case TPM2_RC_CONTEXT_GAP:
		return E_TPM_BUSY;
	default:
		return E_TPM_COMMAND;
	}
}

enum err_code tpm_rc_code(TSS2_RC rc)
{
	uint32_t base = tpm_rc_base(rc);

	if (base)
		return tpm_layer_code(base);
	if ((rc & TSS2_RC_LAYER_MASK) == TSS2_MU_RC_LAYER)
		return E_TPM_ANSWER;
	switch (rc & 0xffff) {
	case TSS2_BASE_RC_MEMORY:
		return E_NOMEM;
	case TSS2_BASE_RC_MALFORMED_RESPONSE:
	case TSS2_BASE_RC_INSUFFICIENT_RESPONSE:
	case TSS2_BASE_RC_RSP_AUTH_FAILED:
	case TSS2_BASE_RC_INSUFFICIENT_BUFFER:
	/* an answer before this one stopped the library */
	case TSS2_BASE_RC_BAD_SEQUENCE:
		return E_TPM_ANSWER;
	default:
		return E_TPM_COMMAND;
	}
}

/*
 * The library has a table indexed by layer that some releases overrun (CVE-2023-22745), and the
 * layer can be the host's: only layers that exist are put into words.
 */
static const char *rc_words(TSS2_RC rc)
{
	if (rc >> 24 || (rc & TSS2_RC_LAYER_MASK) > TSS2_RESMGR_TPM_RC_LAYER)
		return "unknown response code";
	return Tss2_RC_Decode(rc);
}

/* A plain error of the TPM leaves ESAPI usable; anything else does not. */
void tpm_note(struct tpm *t, TSS2_RC rc)
{
	if (rc & TSS2_RC_LAYER_MASK)
		t->poisoned = true;
}

int tpm_fail_as(struct tpm *t, TSS2_RC rc, enum err_code code, struct err *reterr, const char *fmt,
		...)
{
	char text[ERR_MSG_MAX];
	va_list ap;

	tpm_note(t, rc);
	if (!reterr)
		return -(int)code;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_native(reterr, code, ERR_TSS, rc, "%.200s: %s (0x%08x)", text, rc_words(rc), rc);
}

int tpm_fail(struct tpm *t, TSS2_RC rc, const char *command, struct err *reterr)
{
	if (t->tcti.timed_out) {
		t->tcti.timed_out = false;
		tpm_note(t, rc);
		return err_native(reterr, E_TPM_BUSY, ERR_TSS, rc, "%s: no answer within %d s",
				  command, TPM_ANSWER_MS / 1000);
	}
	return tpm_fail_as(t, rc, tpm_rc_code(rc), reterr, "%s", command);
}

int tpm_fail_owner(struct tpm *t, TSS2_RC rc, const char *command, struct err *reterr)
{
	uint32_t base = tpm_rc_base(rc);

	if (base == TPM2_RC_BAD_AUTH || base == TPM2_RC_AUTH_FAIL)
		return tpm_fail_as(t, rc, E_TPM_COMMAND, reterr,
				   "%s: the owner hierarchy has a password", command);
	return tpm_fail(t, rc, command, reterr);
}
