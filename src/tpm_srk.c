/* SPDX-License-Identifier: MIT */
#include "tpm_internal.h"

#include <string.h>

#define SRK_MUST_SET (TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | \
		      TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH | \
		      TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT)

/*
 * TCG TPM v2.0 Provisioning Guidance, 7.5.1, with the ECC P-256 template of the TCG EK Credential
 * Profile (template L-2) changed as said there: ECC because it is made in no time.
 */
static const TPM2B_PUBLIC srk_template = {
	.publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = SRK_MUST_SET | TPMA_OBJECT_NODA,
		.parameters.eccDetail = {
			.symmetric = {
				.algorithm = TPM2_ALG_AES,
				.keyBits.aes = 128,
				.mode.aes = TPM2_ALG_CFB,
			},
			.scheme.scheme = TPM2_ALG_NULL,
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL,
		},
		.unique.ecc = {.x.size = 32, .y.size = 32},
	},
};

static bool size_known(const TPMT_PUBLIC *p)
{
	if (p->type == TPM2_ALG_RSA)
		return p->parameters.rsaDetail.keyBits >= 2048 &&
		       p->parameters.rsaDetail.keyBits <= 4096 &&
		       p->unique.rsa.size == p->parameters.rsaDetail.keyBits / 8;
	return p->type == TPM2_ALG_ECC && (p->parameters.eccDetail.curveID == TPM2_ECC_NIST_P256 ||
					   p->parameters.eccDetail.curveID == TPM2_ECC_NIST_P384);
}

/* What a storage key of this TPM is: made in it, never to leave, decrypting for children only. */
static int check_srk(const TPMT_PUBLIC *p, struct err *reterr)
{
	const TPMT_SYM_DEF_OBJECT *sym = p->type == TPM2_ALG_RSA ?
		&p->parameters.rsaDetail.symmetric : &p->parameters.eccDetail.symmetric;
	const char *wrong = NULL;

	if (!size_known(p))
		wrong = "it is neither RSA of 2048 to 4096 bits nor ECC P-256 or P-384";
	else if (p->nameAlg != TPM2_ALG_SHA256)
		wrong = "its name is not SHA-256";
	else if ((p->objectAttributes & SRK_MUST_SET) != SRK_MUST_SET)
		wrong = "it is not a storage key of this TPM alone";
	else if (p->objectAttributes & TPMA_OBJECT_SIGN_ENCRYPT)
		wrong = "it can sign";
	else if (sym->algorithm != TPM2_ALG_AES || sym->mode.aes != TPM2_ALG_CFB)
		wrong = "it does not protect its children with AES-CFB";
	if (wrong)
		return err_set(reterr, E_TPM_OBJECT, "key at 0x%08x: %s", TPM_SRK_HANDLE, wrong);
	return 0;
}

static int create_srk(struct tpm *t, struct err *reterr)
{
	_cleanup_guard_ struct tpm_guard primary = TPM_GUARD(t);
	const TPM2B_SENSITIVE_CREATE sensitive = {0};
	const TPM2B_DATA outside = {0};
	const TPML_PCR_SELECTION pcrs = {0};
	ESYS_TR tr = ESYS_TR_NONE, persistent = ESYS_TR_NONE;
	TSS2_RC rc;
	int r;

	rc = Esys_CreatePrimary(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				ESYS_TR_NONE, &sensitive, &srk_template, &outside, &pcrs, &tr, NULL,
				NULL, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail_owner(t, rc, "TPM2_CreatePrimary", reterr);
	r = tpm_guard_set(&primary, tr, reterr);
	if (r < 0)
		return r;
	rc = Esys_EvictControl(t->esys, ESYS_TR_RH_OWNER, tr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			       ESYS_TR_NONE, TPM_SRK_HANDLE, &persistent);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail_owner(t, rc, "TPM2_EvictControl", reterr);
}

/* The library computes with the name that the answer gave. */
static int compare_name(struct tpm *t, ESYS_TR srk, const uint8_t computed[34], struct err *reterr)
{
	_cleanup_esys_ TPM2B_NAME *given = NULL;
	TSS2_RC rc = Esys_TR_GetName(t->esys, srk, &given);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "Esys_TR_GetName", reterr);
	if (given->size != 34 || !crypto_equal(given->name, computed, 34))
		return err_set(reterr, E_TPM_ANSWER, "the storage key's name is not its own");
	return 0;
}

int tpm_srk_read(struct tpm *t, ESYS_TR *ret_srk, bool *ret_there, uint8_t ret_name[34],
		 struct err *reterr)
{
	TSS2_RC rc = Esys_TR_FromTPMPublic(t->esys, TPM_SRK_HANDLE, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, ret_srk);
	int r;

	*ret_there = rc == TSS2_RC_SUCCESS;
	if (tpm_rc_base(rc) == TPM2_RC_HANDLE)
		return 0;
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "TPM2_ReadPublic", reterr);
	r = tpm_sys_answered_name(t, ret_name, reterr);
	return r < 0 ? r : compare_name(t, *ret_srk, ret_name, reterr);
}

int tpm_srk_pinned(struct tpm *t, const struct way_tpm2 *way, ESYS_TR *ret_srk,
		   struct err *reterr)
{
	uint8_t name[34];
	bool there;
	int r;

	if (way->srk_handle != TPM_SRK_HANDLE)
		return err_set(reterr, E_TPM_OBJECT, "storage key at 0x%08x", way->srk_handle);
	r = tpm_srk_read(t, ret_srk, &there, name, reterr);
	if (r < 0)
		return r;
	if (!there)
		return err_set(reterr, E_TPM_OTHER,
			       "this vTPM is not the enrolled one: no storage key at 0x%08x",
			       TPM_SRK_HANDLE);
	if (!crypto_equal(name, way->srk_name, sizeof(name)))
		return err_set(reterr, E_TPM_OTHER,
			       "this vTPM is not the enrolled one: another storage key");
	return 0;
}

int tpm_srk_any(struct tpm *t, bool create, ESYS_TR *ret_srk, uint8_t ret_name[34],
		struct err *reterr)
{
	_cleanup_esys_ TPM2B_PUBLIC *public = NULL;
	uint8_t name[34];
	bool there = false;
	TSS2_RC rc;
	int r = tpm_srk_read(t, ret_srk, &there, name, reterr);

	if (r == 0 && !there && create)
		r = create_srk(t, reterr);
	if (r == 0 && !there && create)
		r = tpm_srk_read(t, ret_srk, &there, name, reterr);
	if (r < 0)
		return r;
	if (!there)
		return err_set(reterr, E_TPM_OTHER,
			       "this vTPM is not the enrolled one: no storage key at 0x%08x",
			       TPM_SRK_HANDLE);
	rc = Esys_ReadPublic(t->esys, *ret_srk, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &public,
			     NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "TPM2_ReadPublic", reterr);
	r = check_srk(&public->publicArea, reterr);
	/* what was checked must be what sessions are salted to */
	if (r == 0)
		r = tpm_sys_answered_name(t, ret_name, reterr);
	if (r == 0 && !crypto_equal(name, ret_name, sizeof(name)))
		r = err_set(reterr, E_TPM_ANSWER, "storage key changed between two answers");
	return r;
}

int tpm_srk_name(struct tpm *t, bool create, uint8_t ret_name[34], struct err *reterr)
{
	ESYS_TR srk = ESYS_TR_NONE;
	int r = tpm_ready(t, reterr);

	return r < 0 ? r : tpm_srk_any(t, create, &srk, ret_name, reterr);
}

int tpm_session_start(struct tpm *t, ESYS_TR srk, TPM2_SE type, TPMA_SESSION attributes,
		      struct tpm_guard *ret, struct err *reterr)
{
	const TPMT_SYM_DEF aes = {
		.algorithm = TPM2_ALG_AES,
		.keyBits.aes = 128,
		.mode.aes = TPM2_ALG_CFB,
	};
	ESYS_TR tr = ESYS_TR_NONE;
	TSS2_RC rc;
	int r;

	rc = Esys_StartAuthSession(t->esys, srk, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   ESYS_TR_NONE, NULL, type, &aes, TPM2_ALG_SHA256, &tr);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "TPM2_StartAuthSession", reterr);
	r = tpm_guard_set(ret, tr, reterr);
	if (r < 0)
		return r;
	rc = Esys_TRSess_SetAttributes(t->esys, tr, attributes,
				       TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_ENCRYPT |
				       TPMA_SESSION_DECRYPT);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(t, rc, "session attributes", reterr);
}
