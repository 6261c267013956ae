/* SPDX-License-Identifier: MIT */
/*
 * The guest secret key on a software TPM, imported as the paravisor does: TPM2_Import under the storage
 * key with an empty password and no inner wrapper, TPM2_Load, TPM2_EvictControl to 0x81000004.
 */
#include "machine.h"

#include "file.h"
#include "tpm_policy.h"
#include "vmgs_guest_key.h"

#include <stdio.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#define SRK_HANDLE 0x81000001u
#define GUEST_KEY_HANDLE 0x81000004u
#define MASK (PCR_BIT(4) | PCR_BIT(7) | PCR_BIT(PCR_CAP))

static const TPM2B_SENSITIVE_CREATE no_password = {0};

/* An RSA storage key by the TCG's template, as such machines have it. */
static ESYS_TR make_srk(struct machine *c, struct guest_key_parent *parent)
{
	const TPM2B_PUBLIC template = {.publicArea = {
		.type = TPM2_ALG_RSA, .nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA |
			TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT,
		.parameters.rsaDetail = {.symmetric = {.algorithm = TPM2_ALG_AES, .keyBits.aes = 128,
						       .mode.aes = TPM2_ALG_CFB},
					 .scheme.scheme = TPM2_ALG_NULL, .keyBits = 2048}}};
	_cleanup_esys_ TPM2B_PUBLIC *public = NULL;
	const TPM2B_DATA outside = {0};
	const TPML_PCR_SELECTION pcrs = {0};
	ESYS_TR primary, srk;
	uint8_t bytes[1024];
	size_t used = 0;

	assert_int_equal(Esys_CreatePrimary(c->t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					    ESYS_TR_NONE, &no_password, &template, &outside, &pcrs,
					    &primary, &public, NULL, NULL, NULL), 0);
	assert_int_equal(Esys_EvictControl(c->t->esys, ESYS_TR_RH_OWNER, primary, ESYS_TR_PASSWORD,
					   ESYS_TR_NONE, ESYS_TR_NONE, SRK_HANDLE, &srk), 0);
	assert_int_equal(Esys_FlushContext(c->t->esys, primary), 0);
	assert_int_equal(Tss2_MU_TPM2B_PUBLIC_Marshal(public, bytes, sizeof(bytes), &used), 0);
	ok(c, guest_key_parent_read(bytes, used, "srk", parent, &c->e));
	return srk;
}

/* What the paravisor does; the first TPM error, or 0. */
static TSS2_RC import(struct machine *c, ESYS_TR srk, const struct buf *blob, ESYS_TR *ret)
{
	_cleanup_esys_ TPM2B_PRIVATE *private = NULL;
	const TPMT_SYM_DEF_OBJECT none = {.algorithm = TPM2_ALG_NULL};
	const TPM2B_DATA no_key = {0};
	TPM2B_ENCRYPTED_SECRET seed = {0};
	TPM2B_PRIVATE duplicate = {0};
	TPM2B_PUBLIC public = {0};
	ESYS_TR loaded;
	size_t at = 0;
	TSS2_RC rc;

	assert_int_equal(Tss2_MU_TPM2B_PUBLIC_Unmarshal(blob->data, blob->len, &at, &public), 0);
	assert_int_equal(Tss2_MU_TPM2B_PRIVATE_Unmarshal(blob->data, blob->len, &at, &duplicate), 0);
	assert_int_equal(Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(blob->data, blob->len, &at, &seed), 0);
	rc = Esys_Import(c->t->esys, srk, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &no_key, &public,
			 &duplicate, &seed, &none, &private);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	assert_int_equal(Esys_Load(c->t->esys, srk, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, private,
				   &public, &loaded), 0);
	assert_int_equal(Esys_EvictControl(c->t->esys, ESYS_TR_RH_OWNER, loaded, ESYS_TR_PASSWORD,
					   ESYS_TR_NONE, ESYS_TR_NONE, GUEST_KEY_HANDLE, ret), 0);
	assert_int_equal(Esys_FlushContext(c->t->esys, loaded), 0);
	return TSS2_RC_SUCCESS;
}

/* Encrypted to the public half as a build machine has it. */
static void encrypt(struct machine *c, const struct vmgs_rsa *key, const struct secret *in,
		    TPM2B_PUBLIC_KEY_RSA *ret)
{
	_cleanup_buf_ struct buf pem = BUF_INIT(4096);
	struct oaep_text text = {0};
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/public.pem", c->swtpm.dir);
	ok(c, vmgs_rsa_public_pem(key->modulus, sizeof(key->modulus), 65537, &pem, &c->e));
	ok(c, file_replace(path, pem.data, pem.len, 0600, &c->e));
	ok(c, crypto_rsa_oaep_encrypt(path, NULL, in, &text, &c->e));
	(void)unlink(path);
	memcpy(ret->buffer, text.bytes, text.len);
	ret->size = (uint16_t)text.len;
}

/* With a policy session over the PCRs as they are, or with the empty password. */
static TSS2_RC decrypt(struct machine *c, ESYS_TR key, bool policy, const TPM2B_PUBLIC_KEY_RSA *in,
		       const struct secret *wanted)
{
	const TPMT_RSA_DECRYPT oaep = {.scheme = TPM2_ALG_OAEP,
				       .details.oaep.hashAlg = TPM2_ALG_SHA256};
	const TPMT_SYM_DEF none = {.algorithm = TPM2_ALG_NULL};
	const TPML_PCR_SELECTION selection = tpm_pcr_selection(MASK);
	_cleanup_esys_ TPM2B_PUBLIC_KEY_RSA *out = NULL;
	const TPM2B_DIGEST as_they_are = {0};
	const TPM2B_DATA no_label = {0};
	ESYS_TR session = ESYS_TR_PASSWORD;
	TSS2_RC rc;

	if (policy) {
		assert_int_equal(Esys_StartAuthSession(c->t->esys, ESYS_TR_NONE, ESYS_TR_NONE,
						       ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
						       TPM2_SE_POLICY, &none, TPM2_ALG_SHA256, &session), 0);
		assert_int_equal(Esys_PolicyPCR(c->t->esys, session, ESYS_TR_NONE, ESYS_TR_NONE,
						ESYS_TR_NONE, &as_they_are, &selection), 0);
	}
	rc = Esys_RSA_Decrypt(c->t->esys, key, session, ESYS_TR_NONE, ESYS_TR_NONE, in, &oaep, &no_label,
			      &out);
	if (rc == TSS2_RC_SUCCESS) {
		assert_int_equal(out->size, wanted->len);
		assert_memory_equal(out->buffer, wanted->bytes, wanted->len);
	} else if (policy) {
		assert_int_equal(Esys_FlushContext(c->t->esys, session), 0);
	}
	return rc;
}

static void check(void **state, bool wrapped, bool bound)
{
	struct machine *c = machine_of(state);
	_cleanup_secret_ struct secret disk = SECRET_INIT;
	_cleanup_vmgs_rsa_ struct vmgs_rsa key = VMGS_RSA_INIT;
	_cleanup_buf_ struct buf blob = BUF_INIT(GUEST_KEY_BYTES_MAX);
	TPM2B_PUBLIC_KEY_RSA encrypted = {0};
	uint8_t policy[SHA256_SIZE] = {0};
	struct guest_key_parent parent;
	ESYS_TR srk = make_srk(c, &parent), handle = ESYS_TR_NONE;
	struct guest_key k;

	ok(c, tpm_pcr_read(c->t, MASK, &c->pcrs, &c->e));
	ok(c, tpm_policy_pcr_digest(&c->pcrs, MASK, policy, &c->e));
	ok(c, vmgs_rsa_generate(&key, &c->e));
	ok(c, guest_key_format(&key, bound ? policy : NULL, wrapped ? &parent : NULL, &blob, &c->e));
	ok(c, guest_key_parse(blob.data, blob.len, &k, &c->e));
	assert_int_equal(k.bound, bound);
	assert_int_equal(k.wrapped, wrapped);
	assert_int_equal(import(c, srk, &blob, &handle), 0);
	ok(c, crypto_secret_random(&disk, 32, &c->e));
	encrypt(c, &key, &disk, &encrypted);

	assert_int_equal(decrypt(c, handle, bound, &encrypted, &disk), 0);
	if (!bound)
		return;
	/* no password opens it, and no other boot, nor this one after the door is closed */
	assert_int_not_equal(decrypt(c, handle, false, &encrypted, &disk), 0);
	ok(c, tpm_pcr_extend(c->t, PCR_CAP, "closed", 6, &c->e));
	assert_int_not_equal(decrypt(c, handle, true, &encrypted, &disk), 0);
	assert_true(swtpm_reset(&c->swtpm));
	machine_reopen(c);
	assert_int_equal(Esys_TR_FromTPMPublic(c->t->esys, GUEST_KEY_HANDLE, ESYS_TR_NONE, ESYS_TR_NONE,
					       ESYS_TR_NONE, &handle), 0);
	assert_int_equal(decrypt(c, handle, true, &encrypted, &disk), 0);
	ok(c, tpm_pcr_extend(c->t, 4, "another boot loader", 19, &c->e));
	assert_int_not_equal(decrypt(c, handle, true, &encrypted, &disk), 0);
}

static void test_plain_unbound(void **state)
{
	check(state, false, false);
}

static void test_plain_bound(void **state)
{
	check(state, false, true);
}

static void test_wrapped_unbound(void **state)
{
	check(state, true, false);
}

static void test_wrapped_bound(void **state)
{
	check(state, true, true);
}

/* What is wrapped to one TPM is of no use to another, nor when a byte of it was changed. */
static void test_other_tpm(void **state)
{
	struct machine *c = machine_of(state);
	_cleanup_vmgs_rsa_ struct vmgs_rsa key = VMGS_RSA_INIT;
	_cleanup_buf_ struct buf blob = BUF_INIT(GUEST_KEY_BYTES_MAX);
	struct guest_key_parent parent;
	ESYS_TR srk = make_srk(c, &parent), handle;

	ok(c, vmgs_rsa_generate(&key, &c->e));
	ok(c, guest_key_format(&key, NULL, &parent, &blob, &c->e));
	blob.data[8] ^= TPM_OBJECT_NO_DA >> 8 & 0xff;
	assert_int_not_equal(import(c, srk, &blob, &handle), 0);
	blob.data[8] ^= TPM_OBJECT_NO_DA >> 8 & 0xff;
	parent.modulus[parent.modulus_len - 2] ^= 1;
	blob.len = 0;
	ok(c, guest_key_format(&key, NULL, &parent, &blob, &c->e));
	assert_int_not_equal(import(c, srk, &blob, &handle), 0);
}

int main(void)
{
#define with(test) cmocka_unit_test_setup_teardown(test, machine_bare, machine_off)
	const struct CMUnitTest tests[] = {
		with(test_plain_unbound),
		with(test_plain_bound),
		with(test_wrapped_unbound),
		with(test_wrapped_bound),
		with(test_other_tpm),
	};
	struct err e = {0};

	if (secret_heap_init(&e) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
