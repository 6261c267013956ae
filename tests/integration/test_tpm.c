/* SPDX-License-Identifier: MIT */
/* The TPM verbs against swtpm: what opens, what does not, and that nothing is left behind. */
#include "machine.h"

#include <string.h>

/* The whole of a boot, in at most 16 commands: 15, and one that tcti-device sends on opening. */
static void test_boot(void **state)
{
	_cleanup_secret_ struct secret got = SECRET_INIT;
	struct machine *c = machine_of(state);
	const uint8_t commitment[1][32] = {{1, 2, 3}};
	uint8_t expected[SHA256_SIZE];
	struct pcr_set now;

	machine_reopen(c);
	ok(c, tpm_pcr_read(c->t, SEALED_MASK, &now, &c->e));
	ok(c, tpm_unseal(c->t, &c->m.way, &c->m.approval, &now, &got, &c->e));
	assert_true(secret_equal(&got, &c->m.s));
	ok(c, tpm_pcr_extend(c->t, PCR_CAP, commitment[0], 32, &c->e));
	ok(c, tpm_door_close(c->t, &c->e));
	assert_int_equal(tpm_command_count(c->t), 15);
	machine_holds_nothing(c);

	ok(c, tpm_door_expected(commitment, 1, true, expected, &c->e));
	ok(c, tpm_pcr_read(c->t, PCR_BIT(PCR_CAP), &now, &c->e));
	assert_memory_equal(now.value[PCR_CAP], expected, sizeof(expected));
}

/* The session is started before the record is known: same secret, same number of commands. */
static void test_prepared(void **state)
{
	_cleanup_secret_ struct secret got = SECRET_INIT;
	struct machine *c = machine_of(state);
	struct pcr_set now;

	machine_reopen(c);
	ok(c, tpm_pcr_read(c->t, SEALED_MASK, &now, &c->e));
	tpm_unseal_prepare(c->t);
	ok(c, tpm_unseal(c->t, &c->m.way, &c->m.approval, &now, &got, &c->e));
	assert_true(secret_equal(&got, &c->m.s));
	ok(c, tpm_door_close(c->t, &c->e));
	assert_int_equal(tpm_command_count(c->t), 14);
	machine_holds_nothing(c);
}

/* What was prepared for another TPM's key is of no use, and what nobody takes is not left behind. */
static void test_prepared_in_vain(void **state)
{
	struct machine *c = machine_of(state);

	tpm_unseal_prepare(c->t);
	c->m.way.srk_name[33] ^= 1;
	refused(c, machine_unseal(c), E_TPM_OTHER);
	c->m.way.srk_name[33] ^= 1;
	machine_holds_nothing(c);
	tpm_unseal_prepare(c->t);
	tpm_unseal_prepare(c->t);
	machine_reopen(c);
	machine_holds_nothing(c);
	/* a context that an answer has stopped takes its sessions along */
	tpm_unseal_prepare(c->t);
	c->t->poisoned = true;
	ok(c, machine_unseal(c));
	machine_holds_nothing(c);
	ok(c, tpm_door_close(c->t, &c->e));
	refused(c, machine_unseal(c), E_APPROVAL_FORGED);
	machine_holds_nothing(c);
}

static void test_again_after_reset(void **state)
{
	struct machine *c = machine_of(state);

	ok(c, machine_unseal(c));
	ok(c, machine_unseal(c));
	ok(c, tpm_load_test(c->t, &c->m.way, &c->e));
	ok(c, tpm_door_close(c->t, &c->e));
	refused(c, machine_unseal(c), E_APPROVAL_FORGED);
	/* after closing an object loads, and can be made: only unsealing is over */
	ok(c, tpm_load_test(c->t, &c->m.way, &c->e));
	machine_holds_nothing(c);
	tpm_freep(&c->t);
	assert_true(swtpm_reset(&c->swtpm));
	machine_reopen(c);
	ok(c, machine_unseal(c));
}

static void test_pcrs(void **state)
{
	_cleanup_secret_ struct secret got = SECRET_INIT;
	struct machine *c = machine_of(state);

	/* not in the mask: no matter */
	ok(c, tpm_pcr_extend(c->t, 10, "x", 1, &c->e));
	ok(c, machine_unseal(c));
	ok(c, tpm_pcr_extend(c->t, 11, "x", 1, &c->e));
	refused(c, machine_unseal(c), E_APPROVAL_FORGED);
	/* the values of before, which are no longer true */
	refused(c, tpm_unseal(c->t, &c->m.way, &c->m.approval, &c->pcrs, &got, &c->e),
		E_TPM_PCR_CHANGED);
	assert_true(err_retryable(E_TPM_PCR_CHANGED));
	machine_holds_nothing(c);
	/* the approving key can allow the new ones, without the secret */
	ok(c, tpm_pcr_read(c->t, SEALED_MASK, &c->pcrs, &c->e));
	ok(c, sealed_approve(&c->m, &c->pcrs, c->m.counter, &c->e));
	ok(c, machine_unseal(c));
}

static void test_door(void **state)
{
	struct machine *c = machine_of(state);
	const uint8_t zero[SHA256_SIZE] = {0};
	uint8_t expected[SHA256_SIZE];
	struct pcr_set now;

	ok(c, tpm_pcr_read(c->t, PCR_BIT(PCR_CAP), &now, &c->e));
	assert_memory_equal(now.value[PCR_CAP], zero, sizeof(zero));
	machine_reopen(c);
	/* a process that knows nothing of the boot so far */
	ok(c, tpm_door_close(c->t, &c->e));
	assert_int_equal(tpm_command_count(c->t), 3);
	ok(c, tpm_door_expected(NULL, 0, true, expected, &c->e));
	ok(c, tpm_pcr_read(c->t, PCR_BIT(PCR_CAP), &now, &c->e));
	assert_memory_equal(now.value[PCR_CAP], expected, sizeof(expected));
}

/* Every active bank is closed, not only the one that is sealed to. */
static void test_door_banks(void **state)
{
	struct machine *c = machine_of(state);
	const TPML_PCR_SELECTION sha1 = {
		.count = 1,
		.pcrSelections = {{
			.hash = TPM2_ALG_SHA1, .sizeofSelect = 3, .pcrSelect = {0, 0x80},
		}},
	};
	const uint8_t zero[20] = {0};
	uint8_t want[20];

	ok(c, crypto_hash(HASH_SHA1, "cvmcrypt/1 close", 16, want, &c->e));
	ok(c, crypto_extend(HASH_SHA1, zero, want, want, &c->e));
	for (unsigned i = 0; i < 2; i++) {
		_cleanup_esys_ TPML_PCR_SELECTION *given = NULL;
		_cleanup_esys_ TPML_DIGEST *values = NULL;
		uint32_t update;

		assert_int_equal(Esys_PCR_Read(c->t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					       &sha1, &update, &given, &values), 0);
		if (values->count == 0)
			skip();
		assert_memory_equal(values->digests[0].buffer, i ? want : zero, 20);
		if (i == 0)
			ok(c, tpm_door_close(c->t, &c->e));
	}
}

/* Somebody else's extend between reading and closing is noticed. */
static void test_door_race(void **state)
{
	struct machine *c = machine_of(state);
	struct pcr_set now;

	ok(c, tpm_pcr_read(c->t, SEALED_MASK, &now, &c->e));
	ok(c, tpm_sys_pcr_event(c->t, PCR_CAP, "other", 5, &c->e));
	refused(c, tpm_door_close(c->t, &c->e), E_TPM_CLOSE);
}

static void test_bank(void **state)
{
	struct machine *c = machine_of(state);
	struct pcr_set now = {.mask = 1};

	refused(c, tpm_pcr_read(c->t, SEALED_MASK, &now, &c->e), E_TPM_BANK);
	assert_int_equal(now.mask, 1);
	refused(c, tpm_door_close(c->t, &c->e), E_TPM_CLOSE);
	/* control: the extend itself succeeds and protects nothing */
	ok(c, tpm_pcr_extend(c->t, PCR_CAP, "x", 1, &c->e));
}

static void test_many_pcrs(void **state)
{
	struct machine *c = machine_of(state);
	struct pcr_set all;

	ok(c, tpm_pcr_read(c->t, 0xffffff, &all, &c->e));
	assert_int_equal(all.mask, 0xffffff);
	assert_int_equal(all.value[17][0], 0xff);
	assert_int_equal(all.value[4][0], 0);
	assert_true(tpm_pcr_read(c->t, 1U << 24, &all, &c->e) < 0);
	assert_true(tpm_pcr_extend(c->t, 24, "x", 1, &c->e) < 0);
}

static void test_other_tpm(void **state)
{
	struct machine *c = machine_of(state);
	uint8_t name[34];
	uint64_t value;

	tpm_freep(&c->t);
	assert_true(swtpm_replace(&c->swtpm));
	machine_reopen(c);
	refused(c, machine_unseal(c), E_TPM_OTHER);
	refused(c, tpm_load_test(c->t, &c->m.way, &c->e), E_TPM_OTHER);
	refused(c, tpm_srk_name(c->t, false, name, &c->e), E_TPM_OTHER);
	ok(c, tpm_srk_name(c->t, true, name, &c->e));
	ok(c, tpm_counter_ensure(c->t, &value, &c->e));
	refused(c, machine_unseal(c), E_TPM_OTHER);
	refused(c, tpm_load_test(c->t, &c->m.way, &c->e), E_TPM_OTHER);
	/* and it does not help to write the new name into the record */
	memcpy(c->m.way.srk_name, name, sizeof(name));
	refused(c, machine_unseal(c), E_TPM_OBJECT);
	machine_holds_nothing(c);
}

/* Puts a primary key at the SRK's place. */
static void place_key(struct machine *c, const TPM2B_PUBLIC *template)
{
	const TPM2B_SENSITIVE_CREATE sensitive = {0};
	const TPM2B_DATA outside = {0};
	const TPML_PCR_SELECTION pcrs = {0};
	ESYS_TR tr, persistent;

	assert_int_equal(Esys_CreatePrimary(c->t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
					    ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, template,
					    &outside, &pcrs, &tr, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(Esys_EvictControl(c->t->esys, ESYS_TR_RH_OWNER, tr, ESYS_TR_PASSWORD,
					   ESYS_TR_NONE, ESYS_TR_NONE, TPM_SRK_HANDLE,
					   &persistent), 0);
	assert_int_equal(Esys_FlushContext(c->t->esys, tr), 0);
}

static const TPM2B_PUBLIC rsa_key = {
	.publicArea = {
		.type = TPM2_ALG_RSA,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
			TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT,
		.parameters.rsaDetail = {
			.symmetric = {
				.algorithm = TPM2_ALG_AES,
				.keyBits.aes = 128,
				.mode.aes = TPM2_ALG_CFB,
			},
			.scheme.scheme = TPM2_ALG_NULL,
			.keyBits = 2048,
		},
	},
};

/* As Azure has one: an RSA SRK that was there before us. */
static void test_rsa_srk(void **state)
{
	struct machine *c = machine_of(state);

	place_key(c, &rsa_key);
	ok(c, sealed_enrol(&c->m, c->t, &c->pcrs, &c->e));
	ok(c, machine_unseal(c));
	machine_holds_nothing(c);
}

static void test_no_srk(void **state)
{
	struct machine *c = machine_of(state);
	TPM2B_PUBLIC signer = rsa_key;
	uint8_t name[34];

	signer.publicArea.objectAttributes &= ~(TPMA_OBJECT)TPMA_OBJECT_DECRYPT;
	signer.publicArea.objectAttributes |= TPMA_OBJECT_SIGN_ENCRYPT;
	signer.publicArea.parameters.rsaDetail.symmetric.algorithm = TPM2_ALG_NULL;
	signer.publicArea.parameters.rsaDetail.scheme.scheme = TPM2_ALG_RSASSA;
	signer.publicArea.parameters.rsaDetail.scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
	place_key(c, &signer);
	refused(c, tpm_srk_name(c->t, true, name, &c->e), E_TPM_OBJECT);
	refused(c, sealed_enrol(&c->m, c->t, &c->pcrs, &c->e), E_TPM_OBJECT);
	machine_holds_nothing(c);
}

static void test_owner_password(void **state)
{
	struct machine *c = machine_of(state);
	const TPM2B_AUTH secret = {.size = 3, .buffer = "abc"};
	uint8_t name[34];
	uint64_t value;

	assert_int_equal(Esys_HierarchyChangeAuth(c->t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
						  ESYS_TR_NONE, ESYS_TR_NONE, &secret), 0);
	machine_reopen(c);
	refused(c, tpm_srk_name(c->t, true, name, &c->e), E_TPM_COMMAND);
	assert_non_null(strstr(c->e.msg, "owner hierarchy has a password"));
	refused(c, tpm_counter_ensure(c->t, &value, &c->e), E_TPM_COMMAND);
	assert_non_null(strstr(c->e.msg, "owner hierarchy has a password"));
	machine_holds_nothing(c);
}

/* Lockout concerns passwords; nothing here has one. */
static void test_lockout(void **state)
{
	struct machine *c = machine_of(state);

	assert_int_equal(Esys_DictionaryAttackParameters(c->t->esys, ESYS_TR_RH_LOCKOUT,
							 ESYS_TR_PASSWORD, ESYS_TR_NONE,
							 ESYS_TR_NONE, 0, 1000, 1000), 0);
	ok(c, machine_unseal(c));
	ok(c, tpm_door_close(c->t, &c->e));
}

static void test_conf(void **state)
{
	struct machine *c = machine_of(state);
	struct tpm *t = NULL;

	refused(c, tpm_open(&t, c->swtpm.conf, false, &c->e), E_USAGE);
	refused(c, tpm_open(&t, "", true, &c->e), E_USAGE);
	refused(c, tpm_open(&t, "../x:y", true, &c->e), E_USAGE);
	refused(c, tpm_open(&t, "nosuchtcti:", true, &c->e), E_USAGE);
	refused(c, tpm_open(&t, "device:swtpm:path=x", true, &c->e), E_USAGE);
	refused(c, tpm_open(&t, "swtpm:path=/nonexistent/s", true, &c->e), E_TPM_ABSENT);
	refused(c, tpm_open(&t, "/dev/nonexistent", false, &c->e), E_TPM_ABSENT);
	refused(c, tpm_open(&t, "device:/dev/null", false, &c->e), E_TPM_ABSENT);
	assert_null(t);
}

int main(void)
{
#define with(test, setup) cmocka_unit_test_setup_teardown(test, setup, machine_off)
	const struct CMUnitTest tests[] = {
		with(test_boot, machine_enrolled),
		with(test_prepared, machine_enrolled),
		with(test_prepared_in_vain, machine_enrolled),
		with(test_again_after_reset, machine_enrolled),
		with(test_pcrs, machine_enrolled),
		with(test_door, machine_bare),
		with(test_door_banks, machine_bare),
		with(test_door_race, machine_bare),
		with(test_bank, machine_sha1_only),
		with(test_many_pcrs, machine_bare),
		with(test_other_tpm, machine_enrolled),
		with(test_rsa_srk, machine_bare),
		with(test_no_srk, machine_bare),
		with(test_owner_password, machine_bare),
		with(test_lockout, machine_enrolled),
		with(test_conf, machine_bare),
	};
	struct err e = {0};

	if (secret_heap_init(&e) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
