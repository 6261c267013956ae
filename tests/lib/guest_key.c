/* SPDX-License-Identifier: MIT */
#include "guest_key.h"

#include "tpm_internal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

static void put_number(EVP_PKEY *key, const char *name, uint8_t *out, int size)
{
	BIGNUM *n = NULL;

	if (EVP_PKEY_get_bn_param(key, name, &n) == 1)
		(void)BN_bn2binpad(n, out, size);
	BN_free(n);
}

static bool save(EVP_PKEY *key, const char *path)
{
	FILE *f = fopen(path, "w");
	bool good = f && PEM_write_PUBKEY(f, key) == 1;

	return f && fclose(f) == 0 && good;
}

/* VM guest state files, GUEST_SECRET_KEY: the sensitive area as it is, without a wrapper. */
static size_t plain_duplicate(EVP_PKEY *key, uint8_t out[160])
{
	static const uint8_t head[] = {0x00, 0x88, 0x00, 0x01, 0, 0, 0, 0, 0x00, 0x80};

	memcpy(out, head, sizeof(head));
	put_number(key, OSSL_PKEY_PARAM_RSA_FACTOR1, out + sizeof(head), 128);
	return sizeof(head) + 128;
}

static TSS2_RC import(struct tpm *t, const TPM2B_PUBLIC *public, const TPM2B_PRIVATE *duplicate,
		      const TPM2B_ENCRYPTED_SECRET *seed)
{
	const TPMT_SYM_DEF_OBJECT no_wrapper = {.algorithm = TPM2_ALG_NULL};
	const TPM2B_DATA no_key = {0};
	_cleanup_esys_ TPM2B_PRIVATE *private = NULL;
	ESYS_TR srk, loaded, persistent;
	TSS2_RC rc;

	rc = Esys_TR_FromTPMPublic(t->esys, TPM_SRK_HANDLE, ESYS_TR_NONE, ESYS_TR_NONE,
				   ESYS_TR_NONE, &srk);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_Import(t->esys, srk, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				 &no_key, public, duplicate, seed, &no_wrapper, &private);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_Load(t->esys, srk, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, private,
			       public, &loaded);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	rc = Esys_EvictControl(t->esys, ESYS_TR_RH_OWNER, loaded, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			       ESYS_TR_NONE, TPM_GUEST_KEY_HANDLE, &persistent);
	(void)Esys_FlushContext(t->esys, loaded);
	return rc;
}

int guest_key_import(struct tpm *t, const TPM2B_PUBLIC *public, const TPM2B_PRIVATE *duplicate,
		     const TPM2B_ENCRYPTED_SECRET *seed, struct err *reterr)
{
	uint8_t name[34];
	int r = tpm_srk_name(t, true, name, reterr);
	TSS2_RC rc;

	if (r < 0)
		return r;
	rc = import(t, public, duplicate, seed);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(t, rc, "importing the guest secret key", reterr);
}

static int import_key(struct tpm *t, EVP_PKEY *key, const uint8_t *policy, struct err *reterr)
{
	TPM2B_PUBLIC public = {
		.publicArea = {
			.type = TPM2_ALG_RSA,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = TPMA_OBJECT_DECRYPT |
				(policy ? 0 : TPMA_OBJECT_USERWITHAUTH),
			.parameters.rsaDetail = {
				.symmetric.algorithm = TPM2_ALG_NULL,
				.scheme.scheme = TPM2_ALG_NULL,
				.keyBits = 2048,
			},
			.unique.rsa.size = 256,
		},
	};
	const TPM2B_ENCRYPTED_SECRET no_seed = {0};
	TPM2B_PRIVATE duplicate = {0};

	put_number(key, OSSL_PKEY_PARAM_RSA_N, public.publicArea.unique.rsa.buffer, 256);
	duplicate.size = (uint16_t)plain_duplicate(key, duplicate.buffer);
	if (policy) {
		public.publicArea.authPolicy.size = 32;
		memcpy(public.publicArea.authPolicy.buffer, policy, 32);
	}
	return guest_key_import(t, &public, &duplicate, &no_seed, reterr);
}

int guest_key_provision(struct tpm *t, const uint8_t *policy, const char *pem_path,
			struct err *reterr)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	int r;

	if (!key || !save(key, pem_path))
		r = err_set(reterr, E_CRYPTO, "making the guest secret key");
	else
		r = import_key(t, key, policy, reterr);
	EVP_PKEY_free(key);
	return r;
}
