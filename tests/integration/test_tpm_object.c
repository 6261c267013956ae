/* SPDX-License-Identifier: MIT */
/* The sealed object: no other key, no password and no altered byte opens it. */
#include "machine.h"

#include <string.h>

/* Another key that approves: neither for our object, nor under our object's name. */
static void test_other_approver(void **state)
{
	struct machine *c = machine_of(state);
	struct ec_key *ours = c->m.key;
	struct way_tpm2 way = c->m.way;

	c->m.key = NULL;
	ok(c, ec_key_generate(&c->m.key, &c->e));
	ok(c, sealed_approve(&c->m, &c->pcrs, c->m.counter, &c->e));
	refused(c, machine_unseal(c), E_APPROVAL_FORGED);
	ok(c, ec_key_public(c->m.key, c->m.way.approver_x, c->m.way.approver_y, &c->e));
	refused(c, machine_unseal(c), E_TPM_OBJECT);
	refused(c, tpm_load_test(c->t, &c->m.way, &c->e), E_TPM_OBJECT);
	/* no point of the curve */
	c->m.way.approver_y[31] ^= 1;
	assert_true(machine_unseal(c) < 0);
	machine_holds_nothing(c);
	ec_key_freep(&c->m.key);
	c->m.key = ours;
	c->m.way = way;
	ok(c, sealed_approve(&c->m, &c->pcrs, c->m.counter, &c->e));
	ok(c, machine_unseal(c));
}

static void test_altered_object(void **state)
{
	struct machine *c = machine_of(state);
	const struct way_tpm2 way = c->m.way;

	for (size_t i = 0; i < way.public_len; i++) {
		c->m.way.public_area[i] ^= 0x40;
		refused(c, tpm_load_test(c->t, &c->m.way, &c->e), E_TPM_OBJECT);
		c->m.way = way;
	}
	for (size_t i = 0; i < way.private_len; i += 7) {
		c->m.way.private_area[i] ^= 1;
		refused(c, tpm_load_test(c->t, &c->m.way, &c->e), E_TPM_OBJECT);
		c->m.way = way;
	}
	for (size_t i = 0; i < way.public_len; i++) {
		c->m.way.public_len = i;
		refused(c, tpm_load_test(c->t, &c->m.way, &c->e), E_TPM_OBJECT);
	}
	c->m.way = way;
	for (size_t i = 0; i < way.private_len; i += 5) {
		c->m.way.private_len = i;
		refused(c, tpm_load_test(c->t, &c->m.way, &c->e), E_TPM_OBJECT);
	}
	c->m.way = way;
	c->m.way.private_len++;
	refused(c, tpm_load_test(c->t, &c->m.way, &c->e), E_TPM_OBJECT);
	c->m.way.private_len = SIZE_MAX;
	refused(c, tpm_load_test(c->t, &c->m.way, &c->e), E_TPM_OBJECT);
	machine_holds_nothing(c);
}

/* Seals as cvmcrypt does but for the attributes given. */
static void seal_with(struct machine *c, TPMA_OBJECT attributes, ESYS_TR srk)
{
	_cleanup_esys_ TPM2B_PRIVATE *private = NULL;
	_cleanup_esys_ TPM2B_PUBLIC *public = NULL;
	TPM2B_SENSITIVE_CREATE sensitive = {.sensitive.data.size = 32};
	const TPM2B_DATA outside = {0};
	const TPML_PCR_SELECTION pcrs = {0};
	TPM2B_PUBLIC template;
	size_t used = 0;

	ok(c, tpm_object_template(&c->m.way, &template, &c->e));
	template.publicArea.objectAttributes |= attributes;
	assert_int_equal(Esys_Create(c->t->esys, srk, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				     &sensitive, &template, &outside, &pcrs, &private, &public,
				     NULL, NULL, NULL), 0);
	/* TPM2B: size, big endian, then the bytes; the public area has no such flat form */
	c->m.way.private_area[used++] = (uint8_t)(private->size >> 8);
	c->m.way.private_area[used++] = (uint8_t)private->size;
	memcpy(c->m.way.private_area + used, private->buffer, private->size);
	c->m.way.private_len = used + private->size;
	/* type and nameAlg precede the attributes, unique is at the end */
	for (unsigned i = 0; i < 4; i++)
		c->m.way.public_area[6 + i] =
			(uint8_t)(template.publicArea.objectAttributes >> (24 - 8 * i));
	memcpy(c->m.way.public_area + c->m.way.public_len - 32,
	       public->publicArea.unique.keyedHash.buffer, 32);
}

static TSS2_RC unseal_by_password(struct machine *c, ESYS_TR srk)
{
	_cleanup_guard_ struct tpm_guard object = TPM_GUARD(c->t);
	_cleanup_esys_ TPM2B_SENSITIVE_DATA *data = NULL;

	ok(c, tpm_object_load(c->t, &c->m.way, srk, &object, &c->e));
	return Esys_Unseal(c->t->esys, object.tr, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
			   &data);
}

/* An empty password never unseals; and an object that it would unseal is refused. */
static void test_password(void **state)
{
	struct machine *c = machine_of(state);
	uint8_t name[34];
	ESYS_TR srk;

	ok(c, tpm_srk_any(c->t, false, &srk, name, &c->e));
	assert_int_not_equal(unseal_by_password(c, srk), 0);
	/* control: the same way of sealing, once without and once with the attribute */
	seal_with(c, 0, srk);
	ok(c, tpm_load_test(c->t, &c->m.way, &c->e));
	assert_int_not_equal(unseal_by_password(c, srk), 0);
	seal_with(c, TPMA_OBJECT_USERWITHAUTH, srk);
	refused(c, tpm_load_test(c->t, &c->m.way, &c->e), E_TPM_OBJECT);
	refused(c, machine_unseal(c), E_TPM_OBJECT);
	machine_holds_nothing(c);
}

int main(void)
{
#define with(test, setup) cmocka_unit_test_setup_teardown(test, setup, machine_off)
	const struct CMUnitTest tests[] = {
		with(test_other_approver, machine_enrolled),
		with(test_altered_object, machine_enrolled),
		with(test_password, machine_enrolled),
	};
	struct err e = {0};

	if (secret_heap_init(&e) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
