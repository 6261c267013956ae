/* SPDX-License-Identifier: MIT */
#include "lifecycle_internal.h"

#include "log.h"
#include "reseal.h"

#include <string.h>

static struct approval *find_approval(struct record *record, uint64_t number)
{
	for (size_t i = 0; i < record->approval_count; i++)
		if (record->approvals[i].number == number)
			return &record->approvals[i];
	return NULL;
}

/* Header first, counter second: a cut between them is made good by the next boot's commit. */
static int raise_counter(struct tpm *t, uint64_t floor, struct err *reterr)
{
	uint64_t value;
	int r = tpm_counter_read(t, &value, reterr);

	while (r == 0 && value < floor) {
		r = tpm_counter_increment(t, reterr);
		value++;
	}
	return r;
}

/* Nobody is asked here, so a record that is not known stays unknown. */
static int load_state_of(const char *volume, const uint8_t *id, struct approval_state *ret,
			 struct err *reterr)
{
	int r = state_load(volume, id, ret, reterr);

	return r < 0 || !ret->other ? r :
		err_set(reterr, E_RECORD_OTHER, "'%s' has another record than the one whose boots were approved "
			"here", volume);
}

/*
 * The boot that opened the volume moves `current`; what was current becomes the last good one. The
 * number is one that the TPM has verified; the flags in the record are the host's and decide nothing.
 */
static int move_state(const char *volume, const uint8_t *id, uint64_t booted, uint64_t *ret_floor,
		      struct err *reterr)
{
	struct approval_state state;
	int r = load_state_of(volume, id, &state, reterr);

	if (r < 0)
		return r;
	if (!state.booted || booted > state.current) {
		state.last_good = state.booted ? state.current : booted;
		state.current = booted;
		state.booted = state.written = true;
		if (state.highest < booted)
			state.highest = booted;
		r = state_store(volume, &state, reterr);
	}
	/* an older one that is still good boots too, and must stay so */
	*ret_floor = booted < state.last_good ? booted : state.last_good;
	return r;
}

static int commit_proven(const struct approve_request *q, const struct boot_volume *bv,
			 struct commit_result *ret, struct err *reterr)
{
	_cleanup_change_ struct change c = CHANGE_INIT;
	struct approval *a;
	uint64_t floor;
	bool staged;
	int r;

	r = change_open_for(&c, q, bv, reterr);
	if (r == 0)
		r = change_take_staged(&c, q->volume->name, &staged, reterr);
	if (r < 0)
		return r;
	a = find_approval(&c.volume.record, bv->approval);
	if (!a)
		return err_set(reterr, E_NOT_APPROVED,
			       "the approval that opened the volume is gone from its header");
	r = move_state(q->volume->name, c.volume.record.id, bv->approval, &floor, reterr);
	if (r < 0)
		return r;
	ret->proven = !a->proven;
	a->proven = true;
	ret->revoked = approvals_drop_revoked(&c.volume.record, floor);
	if (ret->proven || ret->revoked > 0 || staged)
		r = change_write_record(&c, reterr);
	if (r == 0 && staged)
		boot_stage_remove(q->volume->name);
	return r < 0 ? r : raise_counter(q->tpm, floor, reterr);
}

/* Did this machine finish the enrolment of this very record before? */
static int finished(const struct approve_request *q, const struct boot_volume *bv, bool *ret,
		    struct err *reterr)
{
	_cleanup_change_ struct change c = CHANGE_INIT;
	struct approval_state state;
	int r = change_open_for(&c, q, bv, reterr);

	if (r == 0)
		r = load_state_of(q->volume->name, c.volume.record.id, &state, reterr);
	*ret = r == 0 && state.written;
	return r;
}

int commit_volume(const struct approve_request *q, struct commit_result *ret, struct err *reterr)
{
	const struct boot_volume *bv = boot_report_volume(q->report, q->volume->name);
	uint64_t number;
	int r;

	*ret = (struct commit_result){0};
	if (!bv || !bv->opened)
		return 0;
	if (strcmp(bv->source, "tpm2") == 0)
		return commit_proven(q, bv, ret, reterr);
	/*
	 * A typed key proves a person, not a boot image. Only the boot that finishes the enrolment is
	 * approved without being asked for; the mark lies on the encrypted root, so that the host
	 * cannot bring that state back by taking the approvals out of the header.
	 */
	if (bv->state != VOLUME_OBSERVED)
		return 0;
	r = finished(q, bv, &ret->not_approved, reterr);
	if (r < 0 || ret->not_approved)
		return r;
	r = approve_boot(q, &number, reterr);
	ret->approved = r >= 0;
	return r < 0 ? r : 0;
}
