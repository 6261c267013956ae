/* SPDX-License-Identifier: MIT */
/*
 * The guest secret key: an RSA key from the VM guest state file, which the paravisor imports into the
 * vTPM before the firmware runs. TPM 2.0 Part 3, TPM2_RSA_Decrypt.
 */
#include "tpm_internal.h"

#include <string.h>

#define EXPONENT 65537		/* 0 stands for it, Part 2, 12.2.3.5 */
#define MUST_CLEAR (TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT)

/* The public area that tells how the key wants to be used; checked against the record's modulus. */
static int check_key(const TPMT_PUBLIC *p, const struct way_guest_key *way, bool *ret_bound,
		     struct err *reterr)
{
	const TPM2B_PUBLIC_KEY_RSA *n = &p->unique.rsa;
	uint32_t exponent = p->parameters.rsaDetail.exponent;
	uint8_t digest[SHA256_SIZE];
	int r;

	if (p->type != TPM2_ALG_RSA || (p->objectAttributes & MUST_CLEAR) ||
	    !(p->objectAttributes & TPMA_OBJECT_DECRYPT) || n->size != way->wrapped_len)
		return err_set(reterr, E_TPM_OBJECT, "key at 0x%08x is no guest secret key",
			       TPM_GUEST_KEY_HANDLE);
	/* the session's salt is encrypted with it: with 1, say, somebody on the bus reads the salt */
	if (exponent != 0 && exponent != EXPONENT)
		return err_set(reterr, E_TPM_OBJECT, "the guest secret key has the exponent %u", exponent);
	r = crypto_sha256(n->buffer, n->size, digest, reterr);
	if (r < 0)
		return r;
	if (!crypto_equal(digest, way->key, sizeof(digest)))
		return err_set(reterr, E_TPM_OTHER, "the guest secret key of this vTPM is not the "
			       "one that the volume was encrypted for");
	*ret_bound = !(p->objectAttributes & TPMA_OBJECT_USERWITHAUTH) &&
		     p->authPolicy.size == SHA256_SIZE && p->nameAlg == TPM2_ALG_SHA256;
	return 0;
}

/* The library salts with the answer to the first reading; what the second gave is looked at. */
static int find_key(struct tpm *t, const struct way_guest_key *way, ESYS_TR *ret_key,
		    bool *ret_bound, struct err *reterr)
{
	_cleanup_esys_ TPM2B_PUBLIC *public = NULL;
	uint8_t salted[34], name[34];
	TSS2_RC rc = Esys_TR_FromTPMPublic(t->esys, TPM_GUEST_KEY_HANDLE, ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE, ret_key);
	int r;

	if (tpm_rc_base(rc) == TPM2_RC_HANDLE)
		return err_set(reterr, E_TPM_OTHER, "this vTPM has no guest secret key at 0x%08x",
			       TPM_GUEST_KEY_HANDLE);
	r = rc == TSS2_RC_SUCCESS ? tpm_sys_answered_name(t, salted, reterr) : 0;
	if (r < 0)
		return r;
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_ReadPublic(t->esys, *ret_key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				     &public, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "TPM2_ReadPublic", reterr);
	r = tpm_sys_answered_name(t, name, reterr);
	if (r == 0 && !crypto_equal(salted, name, sizeof(name)))
		r = err_set(reterr, E_TPM_ANSWER, "guest secret key changed between two answers");
	return r < 0 ? r : check_key(&public->publicArea, way, ret_bound, reterr);
}

static int decrypt(struct tpm *t, const struct way_guest_key *way, ESYS_TR key,
		   struct tpm_guard *session, struct secret *ret, struct err *reterr)
{
	const TPMT_RSA_DECRYPT oaep = {
		.scheme = TPM2_ALG_OAEP,
		.details.oaep.hashAlg = TPM2_ALG_SHA256,
	};
	_cleanup_esys_ TPM2B_PUBLIC_KEY_RSA *data = NULL;
	TPM2B_PUBLIC_KEY_RSA cipher = {.size = (uint16_t)way->wrapped_len};
	TPM2B_DATA label = {.size = sizeof(RECORD_GUEST_LABEL)};
	TSS2_RC rc;

	memcpy(cipher.buffer, way->wrapped, way->wrapped_len);
	memcpy(label.buffer, RECORD_GUEST_LABEL, sizeof(RECORD_GUEST_LABEL));
	rc = Esys_RSA_Decrypt(t->esys, key, session->tr, ESYS_TR_NONE, ESYS_TR_NONE, &cipher,
			      &oaep, &label, &data);
	if (tpm_rc_base(rc) == TPM2_RC_POLICY_FAIL)
		return tpm_fail_as(t, rc, E_PCR_MISMATCH, reterr,
				   "the PCRs are not those that the guest secret key is bound to");
	/* libtpms says FAILURE to wrong padding, and goes on */
	if (tpm_rc_base(rc) == TPM2_RC_VALUE || tpm_rc_base(rc) == TPM2_RC_SIZE ||
	    tpm_rc_base(rc) == TPM2_RC_FAILURE)
		return tpm_fail_as(t, rc, E_UNWRAP, reterr,
				   "the guest secret key does not decrypt it");
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "TPM2_RSA_Decrypt", reterr);
	tpm_guard_gone(session);
	return tpm_sys_take_secret(t, data->buffer, data->size, sizeof(data->buffer), ret, reterr);
}

int tpm_guest_key_decrypt(struct tpm *t, const struct way_guest_key *way, uint32_t pcr_mask,
			  bool allow_unbound, struct secret *ret, struct err *reterr)
{
	_cleanup_guard_ struct tpm_guard session = TPM_GUARD(t);
	ESYS_TR key = ESYS_TR_NONE;
	bool bound = false;
	int r = tpm_ready(t, reterr);

	if (r == 0)
		r = find_key(t, way, &key, &bound, reterr);
	if (r == 0 && !bound && !allow_unbound)
		r = err_set(reterr, E_TPM_OBJECT, "the guest secret key is bound to no PCR values; "
			    "'sources = guest-secret-key:unbound' takes it all the same");
	if (r == 0)
		r = tpm_session_start(t, key, bound ? TPM2_SE_POLICY : TPM2_SE_HMAC,
				      TPMA_SESSION_ENCRYPT, &session, reterr);
	if (r == 0 && bound)
		r = tpm_policy_pcr(t, &session, pcr_mask, NULL, reterr);
	return r < 0 ? r : decrypt(t, way, key, &session, ret, reterr);
}
