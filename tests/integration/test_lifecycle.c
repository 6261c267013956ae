/* SPDX-License-Identifier: MIT */
/*
 * A volume's life on an image file and a software TPM: enrolled, observed, opened by the TPM, committed,
 * changed, refused, revoked, moved to another TPM, unenrolled. `--op NAME FOLDER` does one step alone:
 * tests/fault cuts it.
 */
#include "child.h"
#include "file.h"
#include "guest_fixture.h"
#include "guest_operation.h"
#include "source.h"
#include "volume.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* --- tests --- */

static void test_life(void **state)
{
	struct guest *g = *state;
	struct commit_result res;
	struct err e = {0};

	FAILS(E_RECORD_ABSENT, guest_unlock(g, &e));
	guest_first_boot(g, false);
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	OK(guest_unlock(g, &e));
	OK(tpm_door_close(g->tpm, &e));
	OK(guest_commit(g, &res, &e));
	assert_true(res.proven);
	OK(guest_commit(g, &res, &e));
	assert_false(res.proven);
	/* the door is closed: not again in this boot */
	OK(tpm_pcr_read(g->tpm, config_pcr_mask(&g->config), &g->report.pcrs, &e));
	FAILS(E_DOOR_CLOSED, guest_unlock(g, &e));
}

static void test_enrolled_with_tpm(void **state)
{
	struct guest *g = *state;
	struct err e = {0};

	guest_first_boot(g, true);
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	OK(guest_unlock(g, &e));
	FAILS(E_ENROLLED, guest_enroll(g, true, &e));
}

static void test_changed_boot(void **state)
{
	struct guest *g = *state;
	struct commit_result res;
	struct err e = {0};

	guest_first_boot(g, false);
	guest_boot(g, "uki 1", "root=/dev/mapper/root evil");
	FAILS(E_PCR_MISMATCH, guest_unlock(g, &e));
	assert_non_null(strstr(e.msg, "PCR 11"));
	/* a typed key opens it, but approves nothing by itself */
	OK(guest_observe(g, &e));
	OK(guest_commit(g, &res, &e));
	assert_false(res.approved);
	FAILS(E_CHANGES, guest_approve(g, false, &e));
	assert_int_equal(guest_approvals(g), 1);
	OK(guest_approve(g, true, &e));
	assert_int_equal(guest_approvals(g), 2);
	OK(guest_approve(g, false, &e));
	assert_int_equal(guest_approvals(g), 2);
}

static void test_uncovered(void **state)
{
	struct guest *g = *state;
	struct commit_result res;
	struct err e = {0};

	OK(guest_enroll(g, false, &e));
	guest_boot(g, "uki 1", NULL);
	OK(guest_observe(g, &e));
	FAILS(E_PROFILE_UNCOVERED, guest_commit(g, &res, &e));
	assert_non_null(strstr(e.msg, ".cmdline"));
	OK(file_replace(g->log, "", 0, 0600, &e));
	FAILS(E_EVENTLOG_ABSENT, guest_commit(g, &res, &e));
}

/* The host takes the approvals out of the header: somebody types the key, nothing is approved. */
static void test_approvals_stripped(void **state)
{
	struct guest *g = *state;
	struct commit_result res;
	struct err e = {0};

	guest_first_boot(g, false);
	guest_boot(g, "other", "root=/dev/mapper/root");
	OK(guest_observe(g, &e));
	g->report.volume[0].state = VOLUME_OBSERVED;
	OK(guest_commit(g, &res, &e));
	assert_false(res.approved);
	assert_int_equal(guest_approvals(g), 1);
}

static void boot_and_commit(struct guest *g, const char *uki, struct commit_result *res)
{
	struct err e = {0};

	guest_boot(g, uki, "root=/dev/mapper/root");
	if (guest_unlock(g, &e) < 0) {
		OK(guest_observe(g, &e));
		OK(guest_approve(g, true, &e));
		guest_boot(g, uki, "root=/dev/mapper/root");
		OK(guest_unlock(g, &e));
	}
	OK(guest_commit(g, res, &e));
}

/* Current and last good stay; what is older is revoked, also for a host that kept the old header. */
static void test_revocation(void **state)
{
	struct guest *g = *state;
	_cleanup_volume_ struct volume old = VOLUME_INIT;
	_cleanup_secret_ struct secret s = SECRET_INIT;
	struct commit_result res;
	struct err e = {0};
	int approval, pcr;

	guest_first_boot(g, false);
	OK(volume_load(&old, g->image, false, &e));
	boot_and_commit(g, "uki 1", &res);
	boot_and_commit(g, "uki 2", &res);
	assert_int_equal(res.revoked, 0);
	assert_int_equal(guest_approvals(g), 2);
	boot_and_commit(g, "uki 3", &res);
	assert_int_equal(res.revoked, 1);
	boot_and_commit(g, "uki 2", &res);
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	FAILS(E_PCR_MISMATCH, guest_unlock(g, &e));
	FAILS(E_APPROVAL_REVOKED, source_tpm2(g->tpm, &old.record, &g->report.pcrs, &s, &approval, &pcr, &e));
}

static void narrow_mask(struct record *r)
{
	for (size_t i = 0; i < r->way_count; i++)
		if (r->ways[i].type == WAY_TPM2)
			r->ways[i].tpm2.pcr_mask = PCR_BIT(4) | PCR_BIT(15);
	r->approval_count = 0;
}

static void test_narrow_mask(void **state)
{
	struct guest *g = *state;
	struct err e = {0};

	guest_first_boot(g, false);
	guest_boot(g, "uki 2", "root=/dev/mapper/root");
	OK(guest_observe(g, &e));
	guest_tamper(g, narrow_mask);
	FAILS(E_RECORD_MALFORMED, guest_approve(g, true, &e));
	assert_non_null(strstr(e.msg, "4+7+11+12+13+15"));
}

static void high_number(struct record *r)
{
	r->approvals[0].number = UINT64_MAX - 1;
	r->approvals[0].pcr_short[0][0] ^= 1;
}

static void test_high_number(void **state)
{
	struct guest *g = *state;
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	uint64_t counter;
	struct err e = {0};

	guest_first_boot(g, false);
	guest_boot(g, "uki 2", "root=/dev/mapper/root");
	OK(guest_observe(g, &e));
	guest_tamper(g, high_number);
	OK(guest_approve(g, true, &e));
	OK(tpm_counter_read(g->tpm, &counter, &e));
	assert_int_equal(volume_load(&v, g->image, false, NULL), 0);
	/* the forged one is gone, the new one has a number that the counter can reach */
	assert_int_equal(v.record.approval_count, 1);
	assert_in_range(v.record.approvals[0].number, counter, counter + 1);
}

/* An approval of the present values that nobody signed. */
static void forge(struct record *r)
{
	struct approval *a = &r->approvals[r->approval_count++];

	*a = r->approvals[0];
	a->number += 1;
	a->signature[0] ^= 1;
}

static void test_forged_approval(void **state)
{
	struct guest *g = *state;
	struct commit_result res;
	struct err e = {0};

	guest_first_boot(g, false);
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	/* it does not stand before the genuine one */
	guest_tamper(g, forge);
	OK(guest_unlock(g, &e));
	OK(guest_commit(g, &res, &e));
	/* nor is it believed where values are approved */
	OK(guest_approve(g, false, &e));
	assert_int_equal(guest_approvals(g), 1);
}

/* Revoking goes by what is newer, too: image 1 is booted, image 2 has to go. */
static void test_revoke_others(void **state)
{
	struct guest *g = *state;
	struct approve_request q;
	struct commit_result res;
	uint64_t number;
	struct err e = {0};

	guest_first_boot(g, false);
	boot_and_commit(g, "uki 1", &res);
	boot_and_commit(g, "uki 2", &res);
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	OK(guest_unlock(g, &e));
	q = guest_approve_request(g);
	q.revoke_others = true;
	OK(approve_boot(&q, &number, &e));
	guest_boot(g, "uki 2", "root=/dev/mapper/root");
	FAILS(E_APPROVAL_REVOKED, guest_unlock(g, &e));
	e = (struct err){0};
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	OK(guest_unlock(g, &e));
}

/* The log was written by the host: PCR 11 does not bear it out. */
static void test_invented_log(void **state)
{
	struct guest *g = *state;
	struct commit_result res;
	struct err e = {0};

	OK(guest_enroll(g, false, &e));
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	g->report.pcrs.value[11][0] ^= 1;
	OK(guest_observe(g, &e));
	FAILS(E_UNEXPLAINED, guest_commit(g, &res, &e));
	assert_non_null(strstr(e.msg, "PCR 11"));
}

/* Keeps the oldest approval, as if it were the last good one. */
static struct approval oldest;

static void keep_oldest(struct record *r)
{
	r->approvals[r->approval_count++] = oldest;
}

static void test_flags_decide_nothing(void **state)
{
	struct guest *g = *state;
	_cleanup_volume_ struct volume old = VOLUME_INIT;
	_cleanup_secret_ struct secret s = SECRET_INIT;
	struct commit_result res;
	struct err e = {0};
	int approval, pcr;

	guest_first_boot(g, false);
	boot_and_commit(g, "uki 1", &res);
	OK(volume_load(&old, g->image, false, &e));
	oldest = old.record.approvals[0];
	assert_true(oldest.proven);
	boot_and_commit(g, "uki 2", &res);
	boot_and_commit(g, "uki 3", &res);
	guest_tamper(g, keep_oldest);
	boot_and_commit(g, "uki 3", &res);
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	FAILS(E_APPROVAL_REVOKED, source_tpm2(g->tpm, &old.record, &g->report.pcrs, &s, &approval, &pcr, &e));
}

static void test_other_tpm(void **state)
{
	struct guest *g = *state;
	struct commit_result res;
	struct err e = {0};

	guest_first_boot(g, false);
	tpm_freep(&g->tpm);
	assert_true(swtpm_replace(&g->swtpm));
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	FAILS(E_TPM_OTHER, guest_unlock(g, &e));
	/* recovery seals to the new one; a person has to accept it */
	OK(guest_observe(g, &e));
	OK(guest_commit(g, &res, &e));
	assert_false(res.approved);
	OK(guest_approve(g, true, &e));
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	OK(guest_unlock(g, &e));
}

/* Another OS on the same TPM seals its own secret to our values and plants its whole disk. */
static void test_planted_disk(void **state)
{
	struct guest *g = *state;
	struct config ours;
	struct err e = {0};

	guest_first_boot(g, false);
	ours = g->config;
	assert_true(guest_new_disk(g));
	guest_first_boot(g, false);
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	OK(guest_unlock(g, &e));
	g->config = ours;
	FAILS(E_ANCHOR, guest_unlock(g, &e));
}

static void test_recovery_replace(void **state)
{
	struct guest *g = *state;
	_cleanup_secret_ struct secret old = SECRET_INIT;
	struct err e = {0};

	guest_first_boot(g, false);
	OK(guest_recovery_key(g, &old, &e));
	OK(guest_recovery_replace(g, &old, &e));
	FAILS(E_RECOVERY_WRONG, guest_recovery_replace(g, &old, &e));
	/* who read the old key made a whole record with it: that is not the volume of this machine */
	g->config.volume[0].id[0] ^= 1;
	secret_clear(&old);
	OK(guest_recovery_key(g, &old, &e));
	FAILS(E_ANCHOR, guest_recovery_replace(g, &old, &e));
	g->config.volume[0].id[0] ^= 1;
	OK(guest_observe(g, &e));
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	OK(guest_unlock(g, &e));
}

static void test_unenroll(void **state)
{
	struct guest *g = *state;
	_cleanup_secret_ struct secret old = SECRET_INIT, text = SECRET_INIT;
	struct err e = {0};

	guest_first_boot(g, false);
	OK(guest_recovery_key(g, &text, &e));
	FAILS(E_LAST_WAY, unenroll_volume(g->image, &text, false, &e));
	OK(guest_passphrase(&old, &e));
	OK(unenroll_volume(g->image, &old, false, &e));
	FAILS(E_RECORD_ABSENT, guest_unlock(g, &e));
	OK(guest_enroll(g, false, &e));
}

/* A record of another program's making: cryptsetup reencrypt leaves one whose keyslot is another. */
static void test_unenroll_by_force(void **state)
{
	struct guest *g = *state;
	_cleanup_luks_store_ struct luks_store *store = NULL;
	_cleanup_secret_ struct secret old = SECRET_INIT;
	struct err e = {0};

	OK(guest_enroll(g, false, &e));
	OK(luks_store_open(&store, g->image, &e));
	OK(luks_store_put_token(store, 0, "{\"type\":\"cvmcrypt\",\"keyslots\":[\"1\"],\"v\":1}",
				&(int){0}, &e));
	luks_store_freep(&store);
	OK(guest_passphrase(&old, &e));
	FAILS(E_RECORD_MALFORMED, unenroll_volume(g->image, &old, false, &e));
	OK(unenroll_volume(g->image, &old, true, &e));
	OK(guest_enroll(g, false, &e));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		GUEST_TEST(test_life), GUEST_TEST(test_enrolled_with_tpm), GUEST_TEST(test_changed_boot),
		GUEST_TEST(test_uncovered), GUEST_TEST(test_approvals_stripped), GUEST_TEST(test_revocation),
		GUEST_TEST(test_other_tpm), GUEST_TEST(test_planted_disk), GUEST_TEST(test_recovery_replace),
		GUEST_TEST(test_unenroll), GUEST_TEST(test_unenroll_by_force), GUEST_TEST(test_narrow_mask), GUEST_TEST(test_high_number),
		GUEST_TEST(test_flags_decide_nothing), GUEST_TEST(test_forged_approval), GUEST_TEST(test_revoke_others),
		GUEST_TEST(test_invented_log),
	};

	if (secret_heap_init(NULL) < 0)
		return 1;
	if (argc == 4 && strcmp(argv[1], "--op") == 0)
		return guest_operation(argv[2], argv[3]);
	return cmocka_run_group_tests(tests, guest_fixture_make, guest_fixture_free);
}
