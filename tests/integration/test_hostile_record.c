/* SPDX-License-Identifier: MIT */
/*
 * Who serves the disk changes the record between unlock and what the real root does with it. Nobody there
 * can check the MAC; what is approved and revoked must not follow from what the disk says.
 */
#include "guest_fixture.h"
#include "source.h"
#include "volume.h"

#include <string.h>

static void flip_id(struct record *r)
{
	r->id[0] ^= 1;
}

static void strip_approvals(struct record *r)
{
	r->approval_count = 0;
}

static const struct pcr_set *fitting;

/* The newest approval, of these values instead: the number was given out, but nobody signed this. */
static void plant_approval(struct record *r)
{
	struct approval *a = &r->approvals[r->approval_count - 1];
	const struct way *way = record_way(r, WAY_TPM2);
	size_t at = 0;

	memset(a->signature, 7, sizeof(a->signature));
	for (int pcr = 0; pcr < PCR_COUNT; pcr++)
		if (way->tpm2.pcr_mask & PCR_BIT(pcr))
			memcpy(a->pcr_short[at++], fitting->value[pcr], RECORD_PCR_SHORT);
}

static void next_boot(struct guest *g, const char *uki)
{
	struct commit_result res;
	struct err e = {0};

	guest_boot(g, uki, "root=/dev/mapper/root");
	OK(guest_observe(g, &e));
	OK(guest_approve(g, true, &e));
	guest_boot(g, uki, "root=/dev/mapper/root");
	OK(guest_unlock(g, &e));
	OK(guest_commit(g, &res, &e));
}

/* Under another id the local state seems to be about nothing: numbers would begin again. */
static void revoking_needs_the_record_that_was_opened(void **state)
{
	struct guest *g = *state;
	struct approve_request q;
	uint64_t number, before, after;
	struct err e = {0};

	guest_first_boot(g, false);
	next_boot(g, "uki 1");
	next_boot(g, "uki 2");
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	OK(guest_unlock(g, &e));
	OK(tpm_counter_read(g->tpm, &before, &e));
	guest_tamper(g, flip_id);
	q = guest_approve_request(g);
	q.revoke_others = true;
	FAILS(E_RECORD_OTHER, approve_boot(&q, &number, &e));
	guest_tamper(g, flip_id);
	e = (struct err){0};
	OK(approve_boot(&q, &number, &e));
	OK(tpm_counter_read(g->tpm, &after, &e));
	assert_true(after > before);
	guest_boot(g, "uki 2", "root=/dev/mapper/root");
	FAILS(E_APPROVAL_REVOKED, guest_unlock(g, &e));
}

/* In a boot that did not go through unlock nothing has proven an id: the state is asked. */
static void numbers_go_on_under_another_id(void **state)
{
	struct guest *g = *state;
	struct approve_request q;
	struct approval_state kept;
	uint64_t first, number;
	struct err e = {0};

	guest_first_boot(g, false);
	next_boot(g, "uki 1");
	OK(state_load("root", NULL, &kept, &e));
	first = kept.highest;
	guest_tamper(g, flip_id);
	q = guest_approve_request(g);
	q.told = true;
	FAILS(E_RECORD_OTHER, approve_boot(&q, &number, &e));
	q.accept_changes = q.revoke_others = true;
	e = (struct err){0};
	OK(approve_boot(&q, &number, &e));
	assert_true(number > first);
	OK(state_load("root", NULL, &kept, &e));
	assert_true(kept.highest == number);
}

static void an_approval_once_given_is_not_given_again_unasked(void **state)
{
	struct guest *g = *state;
	struct commit_result res;
	struct err e = {0};

	guest_first_boot(g, false);
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	OK(guest_unlock(g, &e));
	guest_tamper(g, flip_id);
	FAILS(E_RECORD_OTHER, guest_commit(g, &res, &e));
	guest_tamper(g, flip_id);
	guest_tamper(g, strip_approvals);
	guest_boot(g, "another", "root=/dev/mapper/root");
	e = (struct err){0};
	OK(guest_observe(g, &e));
	OK(guest_commit(g, &res, &e));
	assert_true(!res.approved && res.not_approved);
	guest_boot(g, "another", "root=/dev/mapper/root");
	FAILS(E_NOT_APPROVED, guest_unlock(g, &e));
}

/* Enrolled anew on another machine: a person says so, once, and the numbers go on. */
static void a_new_record_is_taken_when_a_person_says_so(void **state)
{
	struct guest *g = *state;
	struct approval_state mine = {.id = {9}, .numbered = true, .highest = 40, .written = true, .booted = true,
				      .current = 40, .last_good = 39}, kept;
	struct commit_result res;
	struct err e = {0};

	OK(guest_enroll(g, false, &e));
	OK(state_store("root", &mine, &e));
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	OK(guest_observe(g, &e));
	FAILS(E_RECORD_OTHER, guest_commit(g, &res, &e));
	FAILS(E_RECORD_OTHER, guest_approve(g, false, &e));
	assert_int_equal(guest_approvals(g), 0);
	e = (struct err){0};
	OK(guest_approve(g, true, &e));
	OK(state_load("root", NULL, &kept, &e));
	assert_true(kept.highest == 41 && kept.written && !kept.booted);
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	OK(guest_unlock(g, &e));
	OK(guest_commit(g, &res, &e));
}

/* Fitting bytes are not a signature: the person is asked all the same. */
static void a_planted_approval_accepts_nothing(void **state)
{
	struct guest *g = *state;
	struct err e = {0};

	guest_first_boot(g, false);
	next_boot(g, "uki 1");
	next_boot(g, "uki 2");
	guest_boot(g, "uki 3", "root=/dev/mapper/root");
	OK(guest_observe(g, &e));
	FAILS(E_CHANGES, guest_approve(g, false, &e));
	fitting = &g->report.pcrs;
	guest_tamper(g, plant_approval);
	FAILS(E_CHANGES, guest_approve(g, false, &e));
	guest_boot(g, "uki 3", "root=/dev/mapper/root");
	assert_true(guest_unlock(g, &e) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GUEST_TEST(revoking_needs_the_record_that_was_opened),
		GUEST_TEST(numbers_go_on_under_another_id),
		GUEST_TEST(an_approval_once_given_is_not_given_again_unasked),
		GUEST_TEST(a_new_record_is_taken_when_a_person_says_so),
		GUEST_TEST(a_planted_approval_accepts_nothing),
	};

	if (secret_heap_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests(tests, guest_fixture_make, guest_fixture_free);
}
