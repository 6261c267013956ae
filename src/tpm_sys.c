/* SPDX-License-Identifier: MIT */
/* Commands below ESAPI, on the SAPI context that ESAPI itself uses between its own commands. */
#include "tpm_internal.h"

#include "log.h"

#include <string.h>

const TSS2L_SYS_AUTH_COMMAND tpm_sys_empty_password = {
	.count = 1,
	.auths = {{.sessionHandle = TPM2_RH_PW}},
};

bool tpm_sys_wants_it_again(TSS2_RC rc)
{
	uint32_t base = tpm_rc_base(rc);

	return base == TPM2_RC_RETRY || base == TPM2_RC_YIELDED || base == TPM2_RC_TESTING;
}

int tpm_sys_context(struct tpm *t, TSS2_SYS_CONTEXT **ret, struct err *reterr)
{
	TSS2_RC rc = t->esys ? Esys_GetSysContext(t->esys, ret) : TSS2_ESYS_RC_BAD_REFERENCE;

	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(t, rc, "Esys_GetSysContext", reterr);
}

int tpm_guard_set(struct tpm_guard *g, ESYS_TR tr, struct err *reterr)
{
	TSS2_RC rc = Esys_TR_GetTpmHandle(g->t->esys, tr, &g->handle);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(g->t, rc, "Esys_TR_GetTpmHandle", reterr);
	g->tr = tr;
	return 0;
}

void tpm_guard_gone(struct tpm_guard *g)
{
	/* ESAPI may have forgotten it, or be a new context: then there is nothing to close */
	if (g->tr != ESYS_TR_NONE && !g->t->poisoned)
		(void)Esys_TR_Close(g->t->esys, &g->tr);
	g->tr = ESYS_TR_NONE;
}

void tpm_guard_flush(struct tpm_guard *g)
{
	TSS2_SYS_CONTEXT *sys = NULL;
	TSS2_RC rc = TSS2_RC_SUCCESS;

	if (g->tr == ESYS_TR_NONE)
		return;
	/* a context that an answer has stopped sends nothing any more */
	if (tpm_ready(g->t, NULL) == 0 && tpm_sys_context(g->t, &sys, NULL) == 0)
		TPM_SYS(rc, Tss2_Sys_FlushContext(sys, g->handle));
	if (rc != TSS2_RC_SUCCESS) {
		log_debug("flushing 0x%08x from the TPM: 0x%08x", g->handle, rc);
		tpm_note(g->t, rc);
	}
	tpm_guard_gone(g);
}

int tpm_sys_policy_nv(struct tpm *t, TPM2_HANDLE session, uint64_t number, struct err *reterr)
{
	TPM2B_OPERAND operand = {.size = TPM_COUNTER_BYTES};
	TSS2L_SYS_AUTH_RESPONSE answered = {0};
	TSS2_SYS_CONTEXT *sys = NULL;
	TSS2_RC rc = TSS2_RC_SUCCESS;
	int r = tpm_sys_context(t, &sys, reterr);

	if (r < 0)
		return r;
	for (unsigned i = 0; i < TPM_COUNTER_BYTES; i++)
		operand.buffer[i] = (uint8_t)(number >> (56 - 8 * i));
	TPM_SYS(rc, Tss2_Sys_PolicyNV(sys, TPM_COUNTER_INDEX, TPM_COUNTER_INDEX, session,
				      &tpm_sys_empty_password, &operand, 0, TPM2_EO_UNSIGNED_LE,
				      &answered));
	switch (rc == TSS2_RC_SUCCESS ? 0 : tpm_rc_base(rc)) {
	case TPM2_RC_POLICY:
		return tpm_fail_as(t, rc, E_APPROVAL_REVOKED, reterr,
				   "approval %llu is older than the revocation counter",
				   (unsigned long long)number);
	case TPM2_RC_HANDLE:
	case TPM2_RC_NV_UNINITIALIZED:
	case TPM2_RC_NV_AUTHORIZATION:
	case TPM2_RC_NV_RANGE:
	case TPM2_RC_AUTH_FAIL:
	case TPM2_RC_BAD_AUTH:
		return tpm_fail_as(t, rc, E_TPM_COUNTER, reterr, "NV index 0x%08x",
				   TPM_COUNTER_INDEX);
	default:
		return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(t, rc, "TPM2_PolicyNV", reterr);
	}
}

int tpm_sys_pcr_event(struct tpm *t, unsigned pcr, const void *data, size_t len,
		      struct err *reterr)
{
	TPM2B_EVENT event = {.size = (uint16_t)len};
	TSS2_SYS_CONTEXT *sys = NULL;
	TSS2_RC rc = TSS2_RC_SUCCESS;
	int r = tpm_sys_context(t, &sys, reterr);

	if (r < 0)
		return r;
	if (len > sizeof(event.buffer))
		return err_set(reterr, E_INTERNAL, "event of %zu bytes", len);
	memcpy(event.buffer, data, len);
	for (unsigned i = 0; i < TPM_SUBMISSIONS_MAX; i++) {
		rc = Tss2_Sys_PCR_Event_Prepare(sys, pcr, &event);
		if (rc == TSS2_RC_SUCCESS)
			rc = Tss2_Sys_SetCmdAuths(sys, &tpm_sys_empty_password);
		if (rc == TSS2_RC_SUCCESS)
			rc = Tss2_Sys_Execute(sys);
		if (!tpm_sys_wants_it_again(rc))
			break;
	}
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(t, rc, "TPM2_PCR_Event", reterr);
}

int tpm_sys_answer(struct tpm *t, struct cursor *ret, struct err *reterr)
{
	TSS2_SYS_CONTEXT *sys = NULL;
	const uint8_t *answer = NULL;
	size_t size = 0;
	TSS2_RC rc;
	int r = tpm_sys_context(t, &sys, reterr);

	if (r < 0)
		return r;
	rc = Tss2_Sys_GetRpBuffer(sys, &size, &answer);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "Tss2_Sys_GetRpBuffer", reterr);
	*ret = CURSOR(answer, size);
	return 0;
}

int tpm_sys_answered_name(struct tpm *t, uint8_t ret_name[34], struct err *reterr)
{
	struct cursor c;
	const uint8_t *area;
	size_t size;
	int r = tpm_sys_answer(t, &c, reterr);

	if (r < 0)
		return r;
	size = cursor_be16(&c);
	area = cursor_take(&c, size);
	if (!area)
		return err_set(reterr, E_TPM_ANSWER, "public area is cut off");
	ret_name[0] = HASH_SHA256 >> 8;
	ret_name[1] = HASH_SHA256 & 0xff;
	return crypto_sha256(area, size, ret_name + 2, reterr);
}

static void wipe_answer(struct tpm *t)
{
	TSS2_SYS_CONTEXT *sys = NULL;
	const uint8_t *answer = NULL;
	size_t size = 0;

	if (tpm_sys_context(t, &sys, NULL) < 0)
		return;
	if (Tss2_Sys_GetRpBuffer(sys, &size, &answer) == TSS2_RC_SUCCESS && answer)
		explicit_bzero((void *)(uintptr_t)answer, size);
}

int tpm_sys_take_secret(struct tpm *t, uint8_t *answer, size_t len, size_t room, struct secret *ret,
			struct err *reterr)
{
	int r;

	if (len == TPM_SEALED_BYTES)
		r = secret_absorb(ret, answer, TPM_SEALED_BYTES, reterr);
	else
		r = err_set(reterr, E_TPM_OBJECT, "it holds %zu bytes", len);
	explicit_bzero(answer, room);
	wipe_answer(t);
	return r;
}
