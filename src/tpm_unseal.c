/* SPDX-License-Identifier: MIT */
#include "tpm_internal.h"

#include <string.h>

/* What the approval is for, computed here. */
struct wanted {
	TPM2B_NAME approver;
	TPM2B_DIGEST policy, ahash, pcrs;
};

static int compute(const struct way_tpm2 *way, uint64_t number, const struct pcr_set *current,
		   struct wanted *ret, struct err *reterr)
{
	uint8_t counter[34];
	int r;

	*ret = (struct wanted){
		.approver.size = 34,
		.policy.size = SHA256_SIZE,
		.ahash.size = SHA256_SIZE,
		.pcrs.size = SHA256_SIZE,
	};
	r = tpm_counter_name(counter, reterr);
	if (r == 0)
		r = tpm_policy_approver_name(way->approver_x, way->approver_y, ret->approver.name,
					     reterr);
	if (r == 0)
		r = pcr_digest(current, way->pcr_mask, ret->pcrs.buffer, reterr);
	if (r == 0)
		r = tpm_policy_approved(current, way->pcr_mask, counter, number, ret->policy.buffer,
					ret->ahash.buffer, reterr);
	return r;
}

/* Part 3, TPM2_LoadExternal: under the owner, or the ticket would be empty. */
static int load_approver(struct tpm *t, const struct way_tpm2 *way, struct tpm_guard *ret,
			 struct err *reterr)
{
	TPM2B_PUBLIC public = {
		.publicArea = {
			.type = TPM2_ALG_ECC,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_USERWITHAUTH,
			.parameters.eccDetail = {
				.symmetric.algorithm = TPM2_ALG_NULL,
				.scheme = {
					.scheme = TPM2_ALG_ECDSA,
					.details.ecdsa.hashAlg = TPM2_ALG_SHA256,
				},
				.curveID = TPM2_ECC_NIST_P256,
				.kdf.scheme = TPM2_ALG_NULL,
			},
			.unique.ecc = {.x.size = 32, .y.size = 32},
		},
	};
	ESYS_TR tr = ESYS_TR_NONE;
	TSS2_RC rc;

	memcpy(public.publicArea.unique.ecc.x.buffer, way->approver_x, 32);
	memcpy(public.publicArea.unique.ecc.y.buffer, way->approver_y, 32);
	rc = Esys_LoadExternal(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL, &public,
			       ESYS_TR_RH_OWNER, &tr);
	if (tpm_rc_base(rc) == TPM2_RC_ECC_POINT)
		return tpm_fail_as(t, rc, E_TPM_OBJECT, reterr,
				   "the approving key is no point of its curve");
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "TPM2_LoadExternal", reterr);
	return tpm_guard_set(ret, tr, reterr);
}

static int verify_approval(struct tpm *t, const struct way_tpm2 *way,
			   const struct approval *approval, const struct wanted *w,
			   TPMT_TK_VERIFIED **ret_ticket, struct err *reterr)
{
	_cleanup_guard_ struct tpm_guard approver = TPM_GUARD(t);
	TPMT_SIGNATURE signature = {
		.sigAlg = TPM2_ALG_ECDSA,
		.signature.ecdsa = {
			.hash = TPM2_ALG_SHA256,
			.signatureR.size = 32,
			.signatureS.size = 32,
		},
	};
	TSS2_RC rc;
	int r = load_approver(t, way, &approver, reterr);

	if (r < 0)
		return r;
	memcpy(signature.signature.ecdsa.signatureR.buffer, approval->signature, 32);
	memcpy(signature.signature.ecdsa.signatureS.buffer, approval->signature + 32, 32);
	rc = Esys_VerifySignature(t->esys, approver.tr, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				  &w->ahash, &signature, ret_ticket);
	if (tpm_rc_base(rc) == TPM2_RC_SIGNATURE)
		return tpm_fail_as(t, rc, E_APPROVAL_FORGED, reterr,
				   "the approving key has not signed these PCR values");
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(t, rc, "TPM2_VerifySignature", reterr);
}

int tpm_policy_pcr(struct tpm *t, const struct tpm_guard *session, uint32_t mask,
		   const TPM2B_DIGEST *values, struct err *reterr)
{
	const TPML_PCR_SELECTION pcrs = tpm_pcr_selection(mask);
	TSS2_RC rc = Esys_PolicyPCR(t->esys, session->tr, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				    values, &pcrs);

	if (tpm_rc_base(rc) == TPM2_RC_VALUE)
		return tpm_fail_as(t, rc, E_TPM_PCR_CHANGED, reterr,
				   "PCRs are not what they were when they were read");
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(t, rc, "TPM2_PolicyPCR", reterr);
}

static int policy_authorize(struct tpm *t, const struct tpm_guard *session, const struct wanted *w,
			    const TPMT_TK_VERIFIED *ticket, struct err *reterr)
{
	const TPM2B_NONCE no_ref = {0};
	TSS2_RC rc = Esys_PolicyAuthorize(t->esys, session->tr, ESYS_TR_NONE, ESYS_TR_NONE,
					  ESYS_TR_NONE, &w->policy, &no_ref, &w->approver, ticket);

	/* The TPM knows the PCR values and the number already: only the index is left to differ. */
	if (tpm_rc_base(rc) == TPM2_RC_VALUE)
		return tpm_fail_as(t, rc, E_TPM_COUNTER, reterr,
				   "NV index 0x%08x is not the counter that was enrolled",
				   TPM_COUNTER_INDEX);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(t, rc, "TPM2_PolicyAuthorize", reterr);
}

static int unseal(struct tpm *t, const struct way_tpm2 *way, ESYS_TR srk,
		  struct tpm_guard *session, struct secret *ret, struct err *reterr)
{
	_cleanup_guard_ struct tpm_guard object = TPM_GUARD(t);
	_cleanup_esys_ TPM2B_SENSITIVE_DATA *data = NULL;
	TSS2_RC rc;
	int r = tpm_object_load(t, way, srk, &object, reterr);

	if (r < 0)
		return r;
	rc = Esys_Unseal(t->esys, object.tr, session->tr, ESYS_TR_NONE, ESYS_TR_NONE, &data);
	if (tpm_rc_base(rc) == TPM2_RC_POLICY_FAIL)
		return tpm_fail_as(t, rc, E_PCR_MISMATCH, reterr,
				   "the TPM finds the policy not fulfilled");
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "TPM2_Unseal", reterr);
	tpm_guard_gone(session);
	return tpm_sys_take_secret(t, data->buffer, data->size, sizeof(data->buffer), ret, reterr);
}

void tpm_unseal_prepare(struct tpm *t)
{
	bool there;

	if (tpm_ready(t, NULL) < 0)
		return;
	tpm_guard_flush(&t->ahead.session);
	if (tpm_srk_read(t, &t->ahead.srk, &there, t->ahead.srk_name, NULL) < 0 || !there)
		return;
	(void)tpm_session_start(t, t->ahead.srk, TPM2_SE_POLICY, TPMA_SESSION_ENCRYPT,
				&t->ahead.session, NULL);
}

/*
 * A session that was started ahead is good if it is salted to the SRK that the record pins: to
 * another key, which a host can plant, the answer must not be encrypted.
 */
static bool take_prepared(struct tpm *t, const struct way_tpm2 *way, ESYS_TR *ret_srk,
			  struct tpm_guard *session)
{
	if (t->ahead.session.tr == ESYS_TR_NONE)
		return false;
	if (way->srk_handle != TPM_SRK_HANDLE ||
	    !crypto_equal(t->ahead.srk_name, way->srk_name, sizeof(t->ahead.srk_name))) {
		tpm_guard_flush(&t->ahead.session);
		return false;
	}
	*ret_srk = t->ahead.srk;
	*session = t->ahead.session;
	t->ahead.session.tr = ESYS_TR_NONE;
	return true;
}

/*
 * Unless the session was started ahead, the order keeps little loaded for long: a resource manager
 * saves and restores all of it around every command.
 */
int tpm_unseal(struct tpm *t, const struct way_tpm2 *way, const struct approval *approval,
	       const struct pcr_set *current, struct secret *ret, struct err *reterr)
{
	_cleanup_guard_ struct tpm_guard session = TPM_GUARD(t);
	_cleanup_esys_ TPMT_TK_VERIFIED *ticket = NULL;
	ESYS_TR srk = ESYS_TR_NONE;
	struct wanted w;
	bool prepared;
	int r;

	if (way->counter_index != TPM_COUNTER_INDEX)
		return err_set(reterr, E_TPM_COUNTER, "record names NV index 0x%08x",
			       way->counter_index);
	r = tpm_ready(t, reterr);
	if (r == 0)
		r = compute(way, approval->number, current, &w, reterr);
	prepared = r == 0 && take_prepared(t, way, &srk, &session);
	if (r == 0 && !prepared)
		r = tpm_srk_pinned(t, way, &srk, reterr);
	if (r == 0)
		r = verify_approval(t, way, approval, &w, &ticket, reterr);
	if (r == 0 && !prepared)
		r = tpm_session_start(t, srk, TPM2_SE_POLICY, TPMA_SESSION_ENCRYPT, &session,
				      reterr);
	if (r == 0)
		r = tpm_policy_pcr(t, &session, way->pcr_mask, &w.pcrs, reterr);
	if (r == 0)
		r = tpm_sys_policy_nv(t, session.handle, approval->number, reterr);
	if (r == 0)
		r = policy_authorize(t, &session, &w, ticket, reterr);
	return r < 0 ? r : unseal(t, way, srk, &session, ret, reterr);
}
