/* SPDX-License-Identifier: MIT */
#include "tpm_internal.h"

#include <string.h>
#include <tss2/tss2_mu.h>

static int store(struct way_tpm2 *way, const TPM2B_PUBLIC *public, const TPM2B_PRIVATE *private,
		 struct err *reterr)
{
	TSS2_RC rc;

	way->public_len = way->private_len = 0;
	rc = Tss2_MU_TPM2B_PUBLIC_Marshal(public, way->public_area, sizeof(way->public_area),
					  &way->public_len);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_MU_TPM2B_PRIVATE_Marshal(private, way->private_area,
						   sizeof(way->private_area), &way->private_len);
	if (rc != TSS2_RC_SUCCESS)
		return err_native(reterr, E_TPM_ANSWER, ERR_TSS, rc,
				  "sealed object is too large for a record");
	return 0;
}

/* In a session of its own, so that the secret goes to the TPM encrypted to the SRK. */
static int create(struct tpm *t, struct way_tpm2 *way, ESYS_TR srk, const struct secret *s,
		  struct err *reterr)
{
	_cleanup_guard_ struct tpm_guard session = TPM_GUARD(t);
	_cleanup_esys_ TPM2B_PRIVATE *private = NULL;
	_cleanup_esys_ TPM2B_PUBLIC *public = NULL;
	TPM2B_SENSITIVE_CREATE sensitive = {.sensitive.data.size = TPM_SEALED_BYTES};
	const TPM2B_DATA outside = {0};
	const TPML_PCR_SELECTION pcrs = {0};
	TPM2B_PUBLIC template;
	TSS2_RC rc;
	int r = tpm_object_template(way, &template, reterr);

	if (r == 0)
		r = tpm_session_start(t, srk, TPM2_SE_HMAC, TPMA_SESSION_DECRYPT, &session, reterr);
	if (r < 0)
		return r;
	memcpy(sensitive.sensitive.data.buffer, s->bytes, TPM_SEALED_BYTES);
	rc = Esys_Create(t->esys, srk, session.tr, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
			 &template, &outside, &pcrs, &private, &public, NULL, NULL, NULL);
	explicit_bzero(&sensitive, sizeof(sensitive));
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "TPM2_Create", reterr);
	tpm_guard_gone(&session);
	r = tpm_object_check(way, public, reterr);
	return r < 0 ? r : store(way, public, private, reterr);
}

int tpm_seal(struct tpm *t, struct way_tpm2 *way, const struct secret *s, struct err *reterr)
{
	_cleanup_guard_ struct tpm_guard object = TPM_GUARD(t);
	struct way_tpm2 made = *way;
	ESYS_TR srk = ESYS_TR_NONE;
	int r;

	if (s->len != TPM_SEALED_BYTES)
		return err_set(reterr, E_INTERNAL, "sealing %zu bytes", s->len);
	if (way->counter_index != TPM_COUNTER_INDEX)
		return err_set(reterr, E_INTERNAL, "counter 0x%08x", way->counter_index);
	made.srk_handle = TPM_SRK_HANDLE;
	r = tpm_ready(t, reterr);
	if (r == 0)
		r = tpm_srk_any(t, true, &srk, made.srk_name, reterr);
	if (r == 0)
		r = create(t, &made, srk, s, reterr);
	/* the record's bytes load: nothing was lost on the way into it */
	if (r == 0)
		r = tpm_object_load(t, &made, srk, &object, reterr);
	if (r == 0)
		*way = made;
	return r;
}

int tpm_load_test(struct tpm *t, const struct way_tpm2 *way, struct err *reterr)
{
	_cleanup_guard_ struct tpm_guard object = TPM_GUARD(t);
	ESYS_TR srk = ESYS_TR_NONE;
	int r = tpm_ready(t, reterr);

	if (r == 0)
		r = tpm_srk_pinned(t, way, &srk, reterr);
	return r < 0 ? r : tpm_object_load(t, way, srk, &object, reterr);
}
