/* SPDX-License-Identifier: MIT */
#include "tpm_internal.h"

#include <string.h>
#include <tss2/tss2_mu.h>

/* userWithAuth must stay clear: with it, an empty password unseals without any policy. */
#define SEALED_ATTRIBUTES (TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | \
			   TPMA_OBJECT_ADMINWITHPOLICY | TPMA_OBJECT_NODA)

int tpm_object_template(const struct way_tpm2 *way, TPM2B_PUBLIC *ret, struct err *reterr)
{
	TPMT_PUBLIC *p = &ret->publicArea;
	uint8_t approver[34];
	int r;

	*ret = (TPM2B_PUBLIC){
		.publicArea = {
			.type = TPM2_ALG_KEYEDHASH,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = SEALED_ATTRIBUTES,
			.authPolicy.size = SHA256_SIZE,
			.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
		},
	};
	r = tpm_policy_approver_name(way->approver_x, way->approver_y, approver, reterr);
	return r < 0 ? r : tpm_policy_authorize(approver, p->authPolicy.buffer, reterr);
}

int tpm_object_check(const struct way_tpm2 *way, const TPM2B_PUBLIC *public, struct err *reterr)
{
	const TPMT_PUBLIC *p = &public->publicArea, *want;
	const char *wrong = NULL;
	TPM2B_PUBLIC template;
	int r = tpm_object_template(way, &template, reterr);

	if (r < 0)
		return r;
	want = &template.publicArea;
	if (p->type != want->type || p->nameAlg != want->nameAlg ||
	    p->parameters.keyedHashDetail.scheme.scheme != TPM2_ALG_NULL ||
	    p->unique.keyedHash.size != SHA256_SIZE)
		wrong = "it is not a sealed object";
	else if (p->objectAttributes != want->objectAttributes)
		wrong = "its attributes would let others unseal it";
	else if (p->authPolicy.size != SHA256_SIZE ||
		 !crypto_equal(p->authPolicy.buffer, want->authPolicy.buffer, SHA256_SIZE))
		wrong = "its policy is not the approving key's";
	if (wrong)
		return err_set(reterr, E_TPM_OBJECT, "%s", wrong);
	return 0;
}

/* One form only: the library does not look at the size in front, and there may be more. */
static bool canonical(const struct way_tpm2 *way, const TPM2B_PUBLIC *public)
{
	uint8_t again[sizeof(way->public_area)];
	size_t len = 0;

	return Tss2_MU_TPM2B_PUBLIC_Marshal(public, again, sizeof(again), &len) ==
	       TSS2_RC_SUCCESS && len == way->public_len &&
	       memcmp(again, way->public_area, len) == 0;
}

static int unmarshal(const struct way_tpm2 *way, TPM2B_PUBLIC *public, TPM2B_PRIVATE *private,
		     struct err *reterr)
{
	size_t offset = 0, length = 0;
	TSS2_RC rc = TSS2_RC_SUCCESS;

	*public = (TPM2B_PUBLIC){0};
	*private = (TPM2B_PRIVATE){0};
	if (way->public_len > sizeof(way->public_area) ||
	    way->private_len > sizeof(way->private_area))
		return err_set(reterr, E_TPM_OBJECT, "areas are too long");
	rc = Tss2_MU_TPM2B_PUBLIC_Unmarshal(way->public_area, way->public_len, &offset, public);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_MU_TPM2B_PRIVATE_Unmarshal(way->private_area, way->private_len, &length,
						     private);
	if (rc != TSS2_RC_SUCCESS || !canonical(way, public) || length != way->private_len ||
	    private->size == 0)
		return err_set(reterr, E_TPM_OBJECT, "its areas are malformed");
	return 0;
}

int tpm_object_load(struct tpm *t, const struct way_tpm2 *way, ESYS_TR srk, struct tpm_guard *ret,
		    struct err *reterr)
{
	TPM2B_PRIVATE private;
	TPM2B_PUBLIC public;
	ESYS_TR tr = ESYS_TR_NONE;
	TSS2_RC rc;
	int r = unmarshal(way, &public, &private, reterr);

	if (r == 0)
		r = tpm_object_check(way, &public, reterr);
	if (r < 0)
		return r;
	rc = Esys_Load(t->esys, srk, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &private,
		       &public, &tr);
	switch (rc == TSS2_RC_SUCCESS ? 0 : tpm_rc_base(rc)) {
	/* The parent is the right one, its name was compared: so the private area was altered. */
	case TPM2_RC_INTEGRITY:
	case TPM2_RC_BINDING:
	case TPM2_RC_SIZE:
	case TPM2_RC_INSUFFICIENT:
	case TPM2_RC_SENSITIVE:
		return tpm_fail_as(t, rc, E_TPM_OBJECT, reterr,
				   "the TPM does not take its private area");
	default:
		if (rc != TSS2_RC_SUCCESS)
			return tpm_fail(t, rc, "TPM2_Load", reterr);
	}
	return tpm_guard_set(ret, tr, reterr);
}
