/* SPDX-License-Identifier: MIT */
/* Two commands, below ESAPI for the same reason as tpm_nv.c. */
#include "tpm_internal.h"

#include <string.h>

/* Part 2, 10.5.2: TPM2B_DATA holds a digest and its algorithm; 32 bytes always fit. */
#define NONCE_MAX 32

static int ak_fail(struct tpm *t, TSS2_RC rc, const char *command, struct err *reterr)
{
	switch (tpm_rc_base(rc)) {
	case TPM2_RC_HANDLE:
		return tpm_fail_as(t, rc, E_AK, reterr, "there is no attestation key at 0x%08x",
				   TPM_AK_HANDLE);
	case TPM2_RC_KEY:
	case TPM2_RC_SCHEME:
	case TPM2_RC_ATTRIBUTES:
	case TPM2_RC_AUTH_FAIL:
	case TPM2_RC_BAD_AUTH:
	case TPM2_RC_AUTH_UNAVAILABLE:
		return tpm_fail_as(t, rc, E_AK, reterr, "the key at 0x%08x cannot quote",
				   TPM_AK_HANDLE);
	default:
		return tpm_fail(t, rc, command, reterr);
	}
}

int tpm_ak_public(struct tpm *t, struct buf *ret, struct err *reterr)
{
	TPM2B_PUBLIC public = {0};
	TPM2B_NAME name = {0}, qualified = {0};
	TSS2_SYS_CONTEXT *sys = NULL;
	TSS2_RC rc = TSS2_RC_SUCCESS;
	const uint8_t *area;
	struct cursor c;
	size_t len;
	int r = tpm_ready(t, reterr);

	if (r == 0)
		r = tpm_sys_context(t, &sys, reterr);
	if (r < 0)
		return r;
	TPM_SYS(rc, Tss2_Sys_ReadPublic(sys, TPM_AK_HANDLE, NULL, &public, &name, &qualified, NULL));
	if (rc != TSS2_RC_SUCCESS)
		return ak_fail(t, rc, "TPM2_ReadPublic", reterr);
	r = tpm_sys_answer(t, &c, reterr);
	if (r < 0)
		return r;
	len = cursor_be16(&c);
	area = cursor_take(&c, len);
	if (!area)
		return err_set(reterr, E_TPM_ANSWER, "public area is cut off");
	buf_put_be16(ret, (uint16_t)len);
	buf_put(ret, area, len);
	return ret->failed ? err_set(reterr, E_NOMEM, "public area") : 0;
}

/* TPM2B_ATTEST, then TPMT_SIGNATURE up to the end of the parameters. */
static int take_quote(struct tpm *t, struct buf *ret_attest, struct buf *ret_signature,
		      struct err *reterr)
{
	const uint8_t *attest, *signature;
	struct cursor c;
	size_t len, left;
	int r = tpm_sys_answer(t, &c, reterr);

	if (r < 0)
		return r;
	len = cursor_be16(&c);
	attest = cursor_take(&c, len);
	left = c.left;
	signature = cursor_take(&c, left);
	if (!attest || !signature)
		return err_set(reterr, E_TPM_ANSWER, "quote is cut off");
	buf_put(ret_attest, attest, len);
	buf_put(ret_signature, signature, left);
	return ret_attest->failed || ret_signature->failed ?
		err_set(reterr, E_TPM_ANSWER, "quote of %zu bytes", len + left) : 0;
}

int tpm_ak_quote(struct tpm *t, const void *nonce, size_t nonce_len, uint32_t mask,
		 struct buf *ret_attest, struct buf *ret_signature, struct err *reterr)
{
	const TPML_PCR_SELECTION selection = tpm_pcr_selection(mask);
	const TPMT_SIG_SCHEME own = {.scheme = TPM2_ALG_NULL};
	TPM2B_DATA extra = {.size = (uint16_t)nonce_len};
	TSS2L_SYS_AUTH_RESPONSE answered = {0};
	TPM2B_ATTEST quoted = {0};
	TPMT_SIGNATURE signature = {0};
	TSS2_SYS_CONTEXT *sys = NULL;
	TSS2_RC rc = TSS2_RC_SUCCESS;
	int r = tpm_ready(t, reterr);

	if (nonce_len > NONCE_MAX)
		return err_set(reterr, E_INTERNAL, "nonce of %zu bytes", nonce_len);
	memcpy(extra.buffer, nonce, nonce_len);
	if (r == 0)
		r = tpm_sys_context(t, &sys, reterr);
	if (r < 0)
		return r;
	TPM_SYS(rc, Tss2_Sys_Quote(sys, TPM_AK_HANDLE, &tpm_sys_empty_password, &extra, &own,
				   &selection, &quoted, &signature, &answered));
	return rc == TSS2_RC_SUCCESS ? take_quote(t, ret_attest, ret_signature, reterr) :
				       ak_fail(t, rc, "TPM2_Quote", reterr);
}
