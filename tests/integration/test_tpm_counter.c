/* SPDX-License-Identifier: MIT */
/* The revocation counter: what was revoked stays so, whatever is done to the index. */
#include "machine.h"

static void test_revocation(void **state)
{
	struct machine *c = machine_of(state);
	uint64_t value;

	ok(c, tpm_counter_increment(c->t, &c->e));
	ok(c, tpm_counter_read(c->t, &value, &c->e));
	assert_int_equal(value, c->m.counter + 1);
	refused(c, machine_unseal(c), E_APPROVAL_REVOKED);
	machine_holds_nothing(c);
	ok(c, sealed_approve(&c->m, &c->pcrs, value, &c->e));
	ok(c, machine_unseal(c));
	/* a number that was changed in the record is not the one signed */
	c->m.approval.number++;
	refused(c, machine_unseal(c), E_APPROVAL_FORGED);
}

static void test_counter_gone(void **state)
{
	struct machine *c = machine_of(state);
	ESYS_TR tr;
	uint64_t value;

	assert_int_equal(Esys_TR_FromTPMPublic(c->t->esys, TPM_COUNTER_INDEX, ESYS_TR_NONE,
					       ESYS_TR_NONE, ESYS_TR_NONE, &tr), 0);
	assert_int_equal(Esys_NV_UndefineSpace(c->t->esys, ESYS_TR_RH_OWNER, tr, ESYS_TR_PASSWORD,
					       ESYS_TR_NONE, ESYS_TR_NONE), 0);
	refused(c, machine_unseal(c), E_TPM_COUNTER);
	refused(c, tpm_counter_read(c->t, &value, &c->e), E_TPM_COUNTER);
	refused(c, tpm_counter_increment(c->t, &c->e), E_TPM_COUNTER);
	machine_holds_nothing(c);
	/* made anew it goes on above what it was: what was revoked stays revoked */
	ok(c, tpm_counter_ensure(c->t, &value, &c->e));
	assert_true(value > c->m.counter);
	refused(c, machine_unseal(c), E_APPROVAL_REVOKED);
}

static const TPM2B_NV_PUBLIC ordinary_index = {
	.nvPublic = {
		.nvIndex = TPM_COUNTER_INDEX,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = TPMA_NV_OWNERWRITE | TPMA_NV_OWNERREAD | TPMA_NV_AUTHREAD |
			TPMA_NV_NO_DA,
		.dataSize = TPM_COUNTER_BYTES,
	},
};

/* An ordinary index at the counter's place would let its writer choose the value. */
static void test_counter_faked(void **state)
{
	struct machine *c = machine_of(state);
	const TPM2B_MAX_NV_BUFFER value_1 = {.size = 8, .buffer = {[7] = 1}};
	const TPM2B_AUTH none = {0};
	ESYS_TR tr;
	uint64_t value;

	assert_int_equal(Esys_TR_FromTPMPublic(c->t->esys, TPM_COUNTER_INDEX, ESYS_TR_NONE,
					       ESYS_TR_NONE, ESYS_TR_NONE, &tr), 0);
	assert_int_equal(Esys_NV_UndefineSpace(c->t->esys, ESYS_TR_RH_OWNER, tr, ESYS_TR_PASSWORD,
					       ESYS_TR_NONE, ESYS_TR_NONE), 0);
	assert_int_equal(Esys_NV_DefineSpace(c->t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
					     ESYS_TR_NONE, ESYS_TR_NONE, &none, &ordinary_index,
					     &tr), 0);
	assert_int_equal(Esys_NV_Write(c->t->esys, ESYS_TR_RH_OWNER, tr, ESYS_TR_PASSWORD,
				       ESYS_TR_NONE, ESYS_TR_NONE, &value_1, 0), 0);
	refused(c, machine_unseal(c), E_TPM_COUNTER);
	refused(c, tpm_counter_ensure(c->t, &value, &c->e), E_TPM_COUNTER);
	refused(c, tpm_counter_read(c->t, &value, &c->e), E_TPM_COUNTER);
	machine_holds_nothing(c);
}

static void test_counter_names_another(void **state)
{
	struct machine *c = machine_of(state);

	c->m.way.counter_index++;
	refused(c, machine_unseal(c), E_TPM_COUNTER);
}

/* Cut off between definition and first increment: it is finished, not refused. */
static void test_counter_half_made(void **state)
{
	struct machine *c = machine_of(state);
	TPM2B_NV_PUBLIC half = ordinary_index;
	const TPM2B_AUTH none = {0};
	ESYS_TR tr;
	uint64_t value = 0;

	half.nvPublic.attributes = TPM_COUNTER_ATTRIBUTES;
	assert_int_equal(Esys_NV_DefineSpace(c->t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
					     ESYS_TR_NONE, ESYS_TR_NONE, &none, &half, &tr), 0);
	refused(c, tpm_counter_read(c->t, &value, &c->e), E_TPM_COUNTER);
	ok(c, tpm_counter_ensure(c->t, &value, &c->e));
	assert_true(value > 0);
}

int main(void)
{
#define with(test, setup) cmocka_unit_test_setup_teardown(test, setup, machine_off)
	const struct CMUnitTest tests[] = {
		with(test_revocation, machine_enrolled),
		with(test_counter_gone, machine_enrolled),
		with(test_counter_faked, machine_enrolled),
		with(test_counter_names_another, machine_enrolled),
		with(test_counter_half_made, machine_bare),
	};
	struct err e = {0};

	if (secret_heap_init(&e) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
