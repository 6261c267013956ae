/* SPDX-License-Identifier: MIT */
/* The guest secret key in the vTPM: opens what was wrapped to it, under its PCR values only. */
#include "guest_key.h"
#include "machine.h"
#include "source.h"
#include "tap.h"
#include "tpm_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MASK PCR_PROFILE_UKI

/* TPM 2.0 Part 3, TPM2_PolicyPCR: from a digest of zeros */
static void policy_of(const struct pcr_set *pcrs, uint8_t out[32])
{
	static const uint8_t head[] = {0, 0, 0x01, 0x7f, 0, 0, 0, 1, 0x00, 0x0b, 3};
	uint8_t text[32 + sizeof(head) + 3 + 32] = {0};

	memcpy(text + 32, head, sizeof(head));
	for (int i = 0; i < 3; i++)
		text[32 + sizeof(head) + i] = (uint8_t)(MASK >> 8 * i);
	assert_int_equal(pcr_digest(pcrs, MASK, text + sizeof(text) - 32, NULL), 0);
	assert_int_equal(crypto_sha256(text, sizeof(text), out, NULL), 0);
}

struct wrapped {
	struct record record;
	struct secret s;
	struct pcr_set pcrs;
};

static void provision(struct machine *c, bool bound, struct wrapped *w)
{
	char pem[96];
	uint8_t policy[32];

	(void)snprintf(pem, sizeof(pem), "%s/guest.pem", c->swtpm.dir);
	*w = (struct wrapped){.s = SECRET_INIT, .record.way_count = 1};
	ok(c, tpm_pcr_read(c->t, MASK, &w->pcrs, &c->e));
	policy_of(&w->pcrs, policy);
	ok(c, guest_key_provision(c->t, bound ? policy : NULL, pem, &c->e));
	ok(c, crypto_secret_random(&w->s, 32, &c->e));
	w->record.ways[0].type = WAY_GUEST_KEY;
	ok(c, source_guest_key_wrap(pem, &w->s, &w->record.ways[0].guest_key, &c->e));
	(void)unlink(pem);
	machine_reopen(c);
}

static void opens(struct machine *c, const struct wrapped *w, bool unbound)
{
	_cleanup_secret_ struct secret got = SECRET_INIT;

	ok(c, source_guest_key(c->t, &w->record, MASK, unbound, &got, &c->e));
	assert_true(secret_equal(&got, &w->s));
	machine_holds_nothing(c);
}

static void does_not(struct machine *c, const struct wrapped *w, int code)
{
	_cleanup_secret_ struct secret got = SECRET_INIT;

	refused(c, source_guest_key(c->t, &w->record, MASK, false, &got, &c->e), code);
	assert_null(got.bytes);
	machine_holds_nothing(c);
}

static void test_bound(void **state)
{
	struct machine *c = machine_of(state);
	struct wrapped w;

	provision(c, true, &w);
	opens(c, &w, false);
	opens(c, &w, true);
	/* once a boot: closing ends it */
	ok(c, tpm_door_close(c->t, &c->e));
	does_not(c, &w, E_PCR_MISMATCH);
	tpm_freep(&c->t);
	assert_true(swtpm_reset(&c->swtpm));
	machine_reopen(c);
	opens(c, &w, false);
	/* another boot image */
	ok(c, tpm_pcr_extend(c->t, 11, "x", 1, &c->e));
	does_not(c, &w, E_PCR_MISMATCH);
	secret_clear(&w.s);
}

static void test_unbound(void **state)
{
	struct machine *c = machine_of(state);
	struct wrapped w;

	provision(c, false, &w);
	does_not(c, &w, E_TPM_OBJECT);
	opens(c, &w, true);
	secret_clear(&w.s);
}

static void test_wrong(void **state)
{
	struct machine *c = machine_of(state);
	struct way_guest_key *way;
	struct wrapped w;

	provision(c, true, &w);
	way = &w.record.ways[0].guest_key;
	way->key[0] ^= 1;
	does_not(c, &w, E_TPM_OTHER);
	way->key[0] ^= 1;
	way->wrapped[200] ^= 1;
	does_not(c, &w, E_UNWRAP);
	way->wrapped[200] ^= 1;
	w.record.way_count = 0;
	does_not(c, &w, E_WAY_ABSENT);
	w.record.way_count = 1;
	tpm_freep(&c->t);
	assert_true(swtpm_replace(&c->swtpm));
	machine_reopen(c);
	does_not(c, &w, E_TPM_OTHER);
	secret_clear(&w.s);
}

/* Somebody on the bus, who changes the public area in these answers to TPM2_ReadPublic. */
struct liar {
	unsigned seen, from, until;
	bool modulus;		/* else the exponent: 1 */
	bool old_name;		/* the name stays as it was */
};

static TSS2_RC lie(void *user, unsigned command _unused_, struct tap_answer *a)
{
	struct liar *l = user;
	size_t size = (size_t)a->bytes[10] << 8 | a->bytes[11];
	uint8_t *area = a->bytes + 12, *tail = area + size - 4 - 2 - 256;

	/* an RSA area of 2048 bits, then its name */
	if (a->size < 12 + 300 || size < 270 || 12 + size + 36 > a->size || area[0] || area[1] != 1)
		return 0;
	if (l->seen++ < l->from || l->seen > l->until)
		return 0;
	if (l->modulus)
		tail[6 + 9] ^= 1;
	else
		memcpy(tail, "\0\0\0\1", 4);
	if (!l->old_name)
		assert_int_equal(crypto_sha256(area, size, area + size + 4, NULL), 0);
	return 0;
}

static void lied_to(struct machine *c, const struct wrapped *w, struct liar l, int code)
{
	const struct tap_hooks hooks = {.change = lie, .user = &l};

	tpm_freep(&c->t);
	ok(c, tap_open(&c->t, &c->tap, c->swtpm.conf, &c->e));
	tap_hook(c->tap, &hooks);
	does_not(c, w, code);
	assert_true(l.seen > 0);
}

/* The salt of the session, and with it the answer, would be the liar's to read. */
static void test_lies(void **state)
{
	struct machine *c = machine_of(state);
	struct wrapped w;

	provision(c, true, &w);
	lied_to(c, &w, (struct liar){.until = 9}, E_TPM_OBJECT);
	lied_to(c, &w, (struct liar){.until = 9, .modulus = true}, E_TPM_OTHER);
	for (int i = 0; i < 8; i++)
		lied_to(c, &w, (struct liar){.from = (unsigned)i % 2, .until = (unsigned)i % 2 + 1,
					     .modulus = i & 2, .old_name = i & 4}, E_TPM_ANSWER);
	machine_reopen(c);
	opens(c, &w, false);
	secret_clear(&w.s);
}

int main(void)
{
#define with(test) cmocka_unit_test_setup_teardown(test, machine_bare, machine_off)
	const struct CMUnitTest tests[] = {with(test_bound), with(test_unbound), with(test_wrong),
					   with(test_lies)};
	struct err e = {0};

	if (secret_heap_init(&e) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
