/* SPDX-License-Identifier: MIT */
#include "tpm_internal.h"

#include <string.h>

_Static_assert(TPM_COUNTER_ATTRIBUTES ==
	       (TPMA_NV_OWNERWRITE | TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT | TPMA_NV_OWNERREAD |
		TPMA_NV_AUTHREAD | TPMA_NV_NO_DA), "TPM_COUNTER_ATTRIBUTES");
_Static_assert(TPM_COUNTER_WRITTEN == TPMA_NV_WRITTEN, "TPM_COUNTER_WRITTEN");

enum counter_state { COUNTER_ABSENT, COUNTER_NEW, COUNTER_RUNNING };

/* Part 2, 13.5: everything must be as we define it, but for the bit that says "written". */
static int judge(const TPMS_NV_PUBLIC *p, enum counter_state *ret, struct err *reterr)
{
	if (p->nvIndex != TPM_COUNTER_INDEX || p->nameAlg != TPM2_ALG_SHA256 ||
	    (p->attributes & ~TPMA_NV_WRITTEN) != TPM_COUNTER_ATTRIBUTES ||
	    p->authPolicy.size != 0 || p->dataSize != TPM_COUNTER_BYTES)
		return err_set(reterr, E_TPM_COUNTER,
			       "NV index 0x%08x is in use for something else", TPM_COUNTER_INDEX);
	*ret = p->attributes & TPMA_NV_WRITTEN ? COUNTER_RUNNING : COUNTER_NEW;
	return 0;
}

static int find(struct tpm *t, ESYS_TR *ret_tr, enum counter_state *ret, struct err *reterr)
{
	_cleanup_esys_ TPM2B_NV_PUBLIC *public = NULL;
	TSS2_RC rc;

	rc = Esys_TR_FromTPMPublic(t->esys, TPM_COUNTER_INDEX, ESYS_TR_NONE, ESYS_TR_NONE,
				   ESYS_TR_NONE, ret_tr);
	if (tpm_rc_base(rc) == TPM2_RC_HANDLE) {
		*ret = COUNTER_ABSENT;
		return 0;
	}
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "TPM2_NV_ReadPublic", reterr);
	rc = Esys_NV_ReadPublic(t->esys, *ret_tr, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &public,
				NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "TPM2_NV_ReadPublic", reterr);
	return judge(&public->nvPublic, ret, reterr);
}

static int define(struct tpm *t, ESYS_TR *ret_tr, struct err *reterr)
{
	const TPM2B_AUTH none = {0};
	const TPM2B_NV_PUBLIC public = {
		.nvPublic = {
			.nvIndex = TPM_COUNTER_INDEX,
			.nameAlg = TPM2_ALG_SHA256,
			.attributes = TPM_COUNTER_ATTRIBUTES,
			.dataSize = TPM_COUNTER_BYTES,
		},
	};
	TSS2_RC rc = Esys_NV_DefineSpace(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					 ESYS_TR_NONE, &none, &public, ret_tr);

	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail_owner(t, rc, "TPM2_NV_DefineSpace", reterr);
}

static int increment(struct tpm *t, ESYS_TR tr, struct err *reterr)
{
	TSS2_RC rc = Esys_NV_Increment(t->esys, ESYS_TR_RH_OWNER, tr, ESYS_TR_PASSWORD,
				       ESYS_TR_NONE, ESYS_TR_NONE);

	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail_owner(t, rc, "TPM2_NV_Increment", reterr);
}

static int read_value(struct tpm *t, ESYS_TR tr, uint64_t *ret, struct err *reterr)
{
	_cleanup_esys_ TPM2B_MAX_NV_BUFFER *data = NULL;
	struct cursor c;
	TSS2_RC rc;

	rc = Esys_NV_Read(t->esys, tr, tr, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
			  TPM_COUNTER_BYTES, 0, &data);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "TPM2_NV_Read", reterr);
	if (data->size != TPM_COUNTER_BYTES)
		return err_set(reterr, E_TPM_ANSWER, "counter of %u bytes", data->size);
	c = CURSOR(data->buffer, data->size);
	*ret = cursor_be64(&c);
	return 0;
}

/* A counter that runs, or E_TPM_COUNTER. */
static int find_running(struct tpm *t, ESYS_TR *ret_tr, struct err *reterr)
{
	enum counter_state state = COUNTER_ABSENT;
	int r = tpm_ready(t, reterr);

	if (r == 0)
		r = find(t, ret_tr, &state, reterr);
	if (r == 0 && state != COUNTER_RUNNING)
		r = err_set(reterr, E_TPM_COUNTER, "NV index 0x%08x %s", TPM_COUNTER_INDEX,
			    state == COUNTER_ABSENT ? "does not exist" : "was never counted up");
	return r;
}

int tpm_counter_ensure(struct tpm *t, uint64_t *ret_value, struct err *reterr)
{
	enum counter_state state = COUNTER_ABSENT;
	ESYS_TR tr = ESYS_TR_NONE;
	int r = tpm_ready(t, reterr);

	if (r == 0)
		r = find(t, &tr, &state, reterr);
	if (r == 0 && state == COUNTER_ABSENT)
		r = define(t, &tr, reterr);
	/* The first increment starts it, at the highest value that any counter of this TPM had. */
	if (r == 0 && state != COUNTER_RUNNING)
		r = increment(t, tr, reterr);
	if (r == 0)
		r = tpm_counter_read(t, ret_value, reterr);
	return r;
}

int tpm_counter_read(struct tpm *t, uint64_t *ret_value, struct err *reterr)
{
	ESYS_TR tr = ESYS_TR_NONE;
	int r = find_running(t, &tr, reterr);

	return r < 0 ? r : read_value(t, tr, ret_value, reterr);
}

int tpm_counter_increment(struct tpm *t, struct err *reterr)
{
	ESYS_TR tr = ESYS_TR_NONE;
	int r = find_running(t, &tr, reterr);

	return r < 0 ? r : increment(t, tr, reterr);
}
