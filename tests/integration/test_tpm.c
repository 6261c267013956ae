/* SPDX-License-Identifier: MIT */
/* The TPM verbs against swtpm: what opens, what does not, and that nothing is left behind. */
#include "sealed.h"
#include "swtpm.h"
#include "tpm_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A machine: its TPM, a connection to it, and what was sealed there */
struct machine {
	struct swtpm swtpm;
	struct tpm *t;
	struct sealed m;
	struct pcr_set pcrs;
	struct err e;
};

#define ok(machine, call) \
	do { \
		if ((call) < 0) \
			fail_msg("%s: %s", #call, (machine)->e.msg); \
	} while (0)
#define refused(machine, call, expected) \
	do { \
		int r_ = (call); \
		if (r_ != -(expected)) \
			fail_msg("%s: %d instead of %d: %s", #call, -r_, expected, \
				 r_ < 0 ? (machine)->e.msg : "success"); \
	} while (0)

static void reopen(struct machine *c)
{
	tpm_freep(&c->t);
	ok(c, tpm_open(&c->t, c->swtpm.conf, true, &c->e));
}

static int power_on(void **state, const char *banks)
{
	struct machine *c = calloc(1, sizeof(*c));

	*state = c;
	if (!swtpm_available())
		return 0;
	if (!c || !swtpm_start(&c->swtpm, banks))
		return -1;
	return tpm_open(&c->t, c->swtpm.conf, true, &c->e);
}

static int bare(void **state)
{
	return power_on(state, NULL);
}

static int sha1_only(void **state)
{
	return power_on(state, "sha1");
}

static int enrolled(void **state)
{
	int r = power_on(state, NULL);
	struct machine *c = *state;

	return r < 0 || !c->t ? r : sealed_enrol(&c->m, c->t, &c->pcrs, &c->e);
}

static int power_off(void **state)
{
	struct machine *c = *state;

	tpm_freep(&c->t);
	sealed_done(&c->m);
	swtpm_stop(&c->swtpm);
	free(c);
	return 0;
}

static struct machine *machine_of(void **state)
{
	struct machine *c = *state;

	if (!c->t) {
		print_message("no swtpm\n");
		skip();
	}
	return c;
}

/* Reads the PCRs and unseals; on success the secret must be the one sealed. */
static int unseal_now(struct machine *c)
{
	_cleanup_secret_ struct secret got = SECRET_INIT;
	struct pcr_set now;
	int r = tpm_pcr_read(c->t, SEALED_MASK, &now, &c->e);

	if (r == 0)
		r = tpm_unseal(c->t, &c->m.way, &c->m.approval, &now, &got, &c->e);
	if (r == 0)
		assert_true(secret_equal(&got, &c->m.s));
	else
		assert_null(got.bytes);
	return r;
}

static unsigned handles(struct machine *c, uint32_t first)
{
	_cleanup_esys_ TPMS_CAPABILITY_DATA *data = NULL;
	TPMI_YES_NO more;

	assert_int_equal(Esys_GetCapability(c->t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					    TPM2_CAP_HANDLES, first, 64, &more, &data), 0);
	return data->data.handles.count;
}

static void nothing_loaded(struct machine *c)
{
	ok(c, tpm_ready(c->t, &c->e));
	/* Part 2, 7.4: transient objects, loaded and saved sessions */
	assert_int_equal(handles(c, 0x80000000), 0);
	assert_int_equal(handles(c, 0x02000000), 0);
	assert_int_equal(handles(c, 0x03000000), 0);
}

/* The whole of a boot, in at most 16 commands: 15, and one that tcti-device sends on opening. */
static void test_boot(void **state)
{
	_cleanup_secret_ struct secret got = SECRET_INIT;
	struct machine *c = machine_of(state);
	const uint8_t commitment[1][32] = {{1, 2, 3}};
	uint8_t expected[SHA256_SIZE];
	struct pcr_set now;

	reopen(c);
	ok(c, tpm_pcr_read(c->t, SEALED_MASK, &now, &c->e));
	ok(c, tpm_unseal(c->t, &c->m.way, &c->m.approval, &now, &got, &c->e));
	assert_true(secret_equal(&got, &c->m.s));
	ok(c, tpm_pcr_extend(c->t, PCR_CAP, commitment[0], 32, &c->e));
	ok(c, tpm_door_close(c->t, &c->e));
	assert_int_equal(tpm_command_count(c->t), 15);
	nothing_loaded(c);

	ok(c, tpm_door_expected(commitment, 1, true, expected, &c->e));
	ok(c, tpm_pcr_read(c->t, PCR_BIT(PCR_CAP), &now, &c->e));
	assert_memory_equal(now.value[PCR_CAP], expected, sizeof(expected));
}

static void test_again_after_reset(void **state)
{
	struct machine *c = machine_of(state);

	ok(c, unseal_now(c));
	ok(c, unseal_now(c));
	ok(c, tpm_load_test(c->t, &c->m.way, &c->e));
	ok(c, tpm_door_close(c->t, &c->e));
	refused(c, unseal_now(c), E_PCR_MISMATCH);
	/* after closing an object loads, and can be made: only unsealing is over */
	ok(c, tpm_load_test(c->t, &c->m.way, &c->e));
	nothing_loaded(c);
	tpm_freep(&c->t);
	assert_true(swtpm_reset(&c->swtpm));
	reopen(c);
	ok(c, unseal_now(c));
}

static void test_pcrs(void **state)
{
	_cleanup_secret_ struct secret got = SECRET_INIT;
	struct machine *c = machine_of(state);

	/* not in the mask: no matter */
	ok(c, tpm_pcr_extend(c->t, 10, "x", 1, &c->e));
	ok(c, unseal_now(c));
	ok(c, tpm_pcr_extend(c->t, 11, "x", 1, &c->e));
	refused(c, unseal_now(c), E_PCR_MISMATCH);
	/* the values of before, which are no longer true */
	refused(c, tpm_unseal(c->t, &c->m.way, &c->m.approval, &c->pcrs, &got, &c->e),
		E_TPM_PCR_CHANGED);
	assert_true(err_retryable(E_TPM_PCR_CHANGED));
	nothing_loaded(c);
	/* the approving key can allow the new ones, without the secret */
	ok(c, tpm_pcr_read(c->t, SEALED_MASK, &c->pcrs, &c->e));
	ok(c, sealed_approve(&c->m, &c->pcrs, c->m.counter, &c->e));
	ok(c, unseal_now(c));
}

static void test_door(void **state)
{
	struct machine *c = machine_of(state);
	uint8_t expected[SHA256_SIZE];
	struct pcr_set now;
	bool open = false;

	ok(c, tpm_door_is_open(c->t, &open, &c->e));
	assert_true(open);
	reopen(c);
	/* a process that knows nothing of the boot so far */
	ok(c, tpm_door_close(c->t, &c->e));
	assert_int_equal(tpm_command_count(c->t), 3);
	ok(c, tpm_door_is_open(c->t, &open, &c->e));
	assert_false(open);
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
		.pcrSelections = {{.hash = TPM2_ALG_SHA1, .sizeofSelect = 3, .pcrSelect = {0, 0x80}}},
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

static void test_revocation(void **state)
{
	struct machine *c = machine_of(state);
	uint64_t value;

	ok(c, tpm_counter_increment(c->t, &c->e));
	ok(c, tpm_counter_read(c->t, &value, &c->e));
	assert_int_equal(value, c->m.counter + 1);
	refused(c, unseal_now(c), E_APPROVAL_REVOKED);
	nothing_loaded(c);
	ok(c, sealed_approve(&c->m, &c->pcrs, value, &c->e));
	ok(c, unseal_now(c));
	/* a number that was changed in the record is not the one signed */
	c->m.approval.number++;
	refused(c, unseal_now(c), E_PCR_MISMATCH);
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
	refused(c, unseal_now(c), E_TPM_COUNTER);
	refused(c, tpm_counter_read(c->t, &value, &c->e), E_TPM_COUNTER);
	refused(c, tpm_counter_increment(c->t, &c->e), E_TPM_COUNTER);
	nothing_loaded(c);
	/* made anew it goes on above what it was: what was revoked stays revoked */
	ok(c, tpm_counter_ensure(c->t, &value, &c->e));
	assert_true(value > c->m.counter);
	refused(c, unseal_now(c), E_APPROVAL_REVOKED);
}

static const TPM2B_NV_PUBLIC ordinary_index = {
	.nvPublic = {
		.nvIndex = TPM_COUNTER_INDEX,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = TPMA_NV_OWNERWRITE | TPMA_NV_OWNERREAD | TPMA_NV_AUTHREAD | TPMA_NV_NO_DA,
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
	refused(c, unseal_now(c), E_TPM_COUNTER);
	refused(c, tpm_counter_ensure(c->t, &value, &c->e), E_TPM_COUNTER);
	refused(c, tpm_counter_read(c->t, &value, &c->e), E_TPM_COUNTER);
	nothing_loaded(c);
}

static void test_counter_names_another(void **state)
{
	struct machine *c = machine_of(state);

	c->m.way.counter_index++;
	refused(c, unseal_now(c), E_TPM_COUNTER);
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

static void test_other_tpm(void **state)
{
	struct machine *c = machine_of(state);
	uint8_t name[34];
	uint64_t value;

	tpm_freep(&c->t);
	assert_true(swtpm_replace(&c->swtpm));
	reopen(c);
	refused(c, unseal_now(c), E_TPM_OTHER);
	refused(c, tpm_load_test(c->t, &c->m.way, &c->e), E_TPM_OTHER);
	refused(c, tpm_srk_name(c->t, false, name, &c->e), E_TPM_OTHER);
	ok(c, tpm_srk_name(c->t, true, name, &c->e));
	ok(c, tpm_counter_ensure(c->t, &value, &c->e));
	refused(c, unseal_now(c), E_TPM_OTHER);
	refused(c, tpm_load_test(c->t, &c->m.way, &c->e), E_TPM_OTHER);
	/* and it does not help to write the new name into the record */
	memcpy(c->m.way.srk_name, name, sizeof(name));
	refused(c, unseal_now(c), E_TPM_OBJECT);
	nothing_loaded(c);
}

/* Another key that approves: neither for our object, nor under our object's name. */
static void test_other_approver(void **state)
{
	struct machine *c = machine_of(state);
	struct ec_key *ours = c->m.key;
	struct way_tpm2 way = c->m.way;

	c->m.key = NULL;
	ok(c, ec_key_generate(&c->m.key, &c->e));
	ok(c, sealed_approve(&c->m, &c->pcrs, c->m.counter, &c->e));
	refused(c, unseal_now(c), E_PCR_MISMATCH);
	ok(c, ec_key_public(c->m.key, c->m.way.approver_x, c->m.way.approver_y, &c->e));
	refused(c, unseal_now(c), E_TPM_OBJECT);
	refused(c, tpm_load_test(c->t, &c->m.way, &c->e), E_TPM_OBJECT);
	/* no point of the curve */
	c->m.way.approver_y[31] ^= 1;
	assert_true(unseal_now(c) < 0);
	nothing_loaded(c);
	ec_key_freep(&c->m.key);
	c->m.key = ours;
	c->m.way = way;
	ok(c, sealed_approve(&c->m, &c->pcrs, c->m.counter, &c->e));
	ok(c, unseal_now(c));
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
	nothing_loaded(c);
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
	refused(c, unseal_now(c), E_TPM_OBJECT);
	nothing_loaded(c);
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
	ok(c, unseal_now(c));
	nothing_loaded(c);
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
	nothing_loaded(c);
}

static void test_owner_password(void **state)
{
	struct machine *c = machine_of(state);
	const TPM2B_AUTH secret = {.size = 3, .buffer = "abc"};
	uint8_t name[34];
	uint64_t value;

	assert_int_equal(Esys_HierarchyChangeAuth(c->t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
						  ESYS_TR_NONE, ESYS_TR_NONE, &secret), 0);
	reopen(c);
	refused(c, tpm_srk_name(c->t, true, name, &c->e), E_TPM_COMMAND);
	assert_non_null(strstr(c->e.msg, "owner hierarchy has a password"));
	refused(c, tpm_counter_ensure(c->t, &value, &c->e), E_TPM_COMMAND);
	assert_non_null(strstr(c->e.msg, "owner hierarchy has a password"));
	nothing_loaded(c);
}

/* Lockout concerns passwords; nothing here has one. */
static void test_lockout(void **state)
{
	struct machine *c = machine_of(state);

	assert_int_equal(Esys_DictionaryAttackParameters(c->t->esys, ESYS_TR_RH_LOCKOUT,
							 ESYS_TR_PASSWORD, ESYS_TR_NONE,
							 ESYS_TR_NONE, 0, 1000, 1000), 0);
	ok(c, unseal_now(c));
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
#define with(test, setup) cmocka_unit_test_setup_teardown(test, setup, power_off)
	const struct CMUnitTest tests[] = {
		with(test_boot, enrolled),
		with(test_again_after_reset, enrolled),
		with(test_pcrs, enrolled),
		with(test_door, bare),
		with(test_door_banks, bare),
		with(test_door_race, bare),
		with(test_bank, sha1_only),
		with(test_many_pcrs, bare),
		with(test_revocation, enrolled),
		with(test_counter_gone, enrolled),
		with(test_counter_faked, enrolled),
		with(test_counter_names_another, enrolled),
		with(test_counter_half_made, bare),
		with(test_other_tpm, enrolled),
		with(test_other_approver, enrolled),
		with(test_altered_object, enrolled),
		with(test_password, enrolled),
		with(test_rsa_srk, bare),
		with(test_no_srk, bare),
		with(test_owner_password, bare),
		with(test_lockout, enrolled),
		with(test_conf, bare),
	};
	struct err e = {0};

	if (secret_heap_init(&e) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
