/* SPDX-License-Identifier: MIT */
#include "lifecycle_internal.h"

#include "coverage.h"
#include "events.h"
#include "explain.h"
#include "log.h"
#include "platform.h"
#include "reseal.h"

#include <string.h>

/* This boot's log, if the firmware gave one. */
struct boot_log {
	struct buf bytes;
	struct eventlog log;
	bool usable;
};

static void boot_log_done(struct boot_log *l)
{
	eventlog_done(&l->log);
	buf_done(&l->bytes);
}

static int read_log(struct boot_log *l, struct err *reterr)
{
	int r = platform_event_log(&l->bytes, reterr);

	if (r == 0)
		r = eventlog_parse(&l->log, l->bytes.data, l->bytes.len, reterr);
	l->usable = r == 0;
	return r;
}

/* The PCRs by which coverage_check() knows what booted. */
static uint32_t coverage_mask(enum profile profile)
{
	return profile == PROFILE_UKI ? PCR_BIT(11) : PCR_BIT(8) | PCR_BIT(9);
}

/* Which of the values seen at unlock do log and known extends not give? */
static int unexplained_values(const struct approve_request *q, const struct boot_log *l, uint32_t mask,
			      uint32_t *ret, struct err *reterr)
{
	struct pcr_set replay;
	int r = eventlog_replay_sha256(&l->log, &replay, reterr);

	return r < 0 ? r : explain_at_unlock(&replay, &q->report->pcrs, mask & ~PCR_BIT(PCR_CAP), ret,
					     reterr);
}

/*
 * What may be approved: a boot that the profile covers, told by a log that the PCRs bear out: the log
 * itself is the host's. Values that were observed may be approved though the log does not give them, and
 * this is recorded; without any log (real confidential VMs have empty ones) it has to be accepted.
 */
static int judge_boot(const struct approve_request *q, struct boot_log *l, uint32_t mask,
		      bool *ret_unexplained, struct err *reterr)
{
	char text[PCR_MASK_TEXT];
	uint32_t unexplained = 0;
	int r = read_log(l, reterr);

	if (r == 0)
		r = unexplained_values(q, l, mask, &unexplained, reterr);
	*ret_unexplained = r < 0 || unexplained != 0;
	if (r < 0)
		return q->accept_unexplained ? 0 : r;
	pcr_mask_text(unexplained, text);
	if (unexplained & coverage_mask(q->config->profile))
		return q->accept_unexplained ? 0 :
			err_set(reterr, E_UNEXPLAINED, "the event log does not explain PCR %s, so it "
				"does not tell what booted; --accept-unexplained accepts it", text);
	return coverage_check(&l->log, q->config->profile, reterr);
}

/* Events that differ from the enrolled ones, each to the caller; how many. */
static size_t compare_events(const struct approve_request *q, const struct change *c,
			     const struct boot_log *l, uint32_t mask)
{
	const struct luks2_token *token = NULL;
	struct events enrolled;

	(void)luks2_header_token(&c->volume.header, RECORD_EVENTS_TYPE, &token, NULL);
	if (!token || !l->usable ||
	    events_parse(&enrolled, token->text, strlen(token->text), NULL) < 0)
		return 0;
	return events_differences(&enrolled, &l->log, mask, q->on_difference, q->context);
}

static int check_changes(const struct approve_request *q, const struct change *c,
			 const struct boot_log *l, const struct approval_state *state, bool known,
			 struct err *reterr)
{
	size_t differences;

	/* what this machine keeps about its own volume of that name stays */
	if (state->other && q->device_named)
		return err_set(reterr, E_USAGE, "this machine has another volume '%s'; approve on the machine "
			       "that '%s' belongs to", q->volume->name, q->device);
	/* the numbers go on above what was given out, whoever the record is from */
	if (state->other && !q->accept_changes)
		return err_set(reterr, E_RECORD_OTHER, "'%s' has another record than the one whose boots were "
			       "approved here", q->volume->name);
	if (known)
		return 0;
	/*
	 * An enrolment that is not finished has nothing to compare with: the boot that finishes it is the
	 * observed one. Another would end the observing before the image that is to boot was seen.
	 */
	if (!state->written)
		return !q->told || q->accept_changes ? 0 :
			err_set(reterr, E_ENROLLED, "'%s' is enrolled and waits for its observed boot; "
				"--accept-changes approves the one that is running instead", q->volume->name);
	differences = compare_events(q, c, l, config_pcr_mask(q->config));
	if (q->accept_changes)
		return 0;
	if (differences == 0)
		return err_set(reterr, E_CHANGES,
			       "PCR values differ from the enrolled ones, and no logged event says why");
	return err_set(reterr, E_CHANGES, "%zu event%s of this boot differ%s from the enrolled ones",
		       differences, differences == 1 ? "" : "s", differences == 1 ? "s" : "");
}

/* Explanations only: too long for the header is no failure. */
static void write_events(struct change *c, const struct boot_log *l, uint32_t mask)
{
	_cleanup_buf_ struct buf text = BUF_INIT(RECORD_TEXT_MAX + 1);
	struct events events;

	if (!l->usable || events_from_log(&l->log, mask, &events, NULL) < 0 ||
	    events_format(&events, &text, NULL) < 0)
		return;
	if (luks_store_put_token(c->store, c->events_token, (const char *)text.data,
				 &c->events_token, NULL) < 0)
		log_debug("no room for the events token");
}

static int write_all(const struct approve_request *q, struct change *c, const struct boot_log *l,
		     uint32_t mask, struct err *reterr)
{
	int r = change_write_record(c, reterr);

	if (r < 0)
		return r;
	write_events(c, l, mask);
	boot_stage_remove(q->volume->name);
	return 0;
}

static int open_volume_of_boot(const struct approve_request *q, struct change *c, struct err *reterr)
{
	const struct boot_volume *bv = boot_report_volume(q->report, q->volume->name);

	if (!bv || !bv->opened)
		return err_set(reterr, E_UNEXPLAINED, "this boot did not open '%s' through cvmcrypt",
			       q->volume->name);
	return change_open_for(c, q, bv, reterr);
}

/* Approving values for an object that this vTPM cannot load would promise a boot that fails. */
static int check_object(const struct approve_request *q, const struct record *record,
			struct err *reterr)
{
	const struct way *way = record_way(record, WAY_TPM2);

	if (!way || way->tpm2.public_len == 0)
		return err_set(reterr, E_WAY_ABSENT, "nothing is sealed to a vTPM for '%s'",
			       q->volume->name);
	return tpm_load_test(q->tpm, &way->tpm2, reterr);
}

/* Above every number given out before, and one that the counter has not passed. */
static uint64_t next_number(const struct approval_state *state, uint64_t counter)
{
	return state->numbered && state->highest >= counter ? state->highest + 1 : counter;
}

/* Before the header is written: a number is never given out twice, whatever happens then. */
static int note_number(const struct approve_request *q, struct approval_state *state, uint64_t number,
		       bool added, struct err *reterr)
{
	if (!added)
		return 0;
	state->numbered = true;
	state->highest = number;
	return state_store(q->volume->name, state, reterr);
}

int approve_boot(const struct approve_request *q, uint64_t *ret_number, struct err *reterr)
{
	_cleanup_change_ struct change c = CHANGE_INIT;
	_cleanup_(boot_log_done) struct boot_log l = {0};
	_cleanup_ec_key_ struct ec_key *approver = NULL;
	uint32_t mask = config_pcr_mask(q->config);
	bool unexplained = false;
	struct approve_values values;
	struct approval_state state;
	uint64_t counter;
	int r, added;

	r = open_volume_of_boot(q, &c, reterr);
	if (r == 0)
		r = judge_boot(q, &l, mask, &unexplained, reterr);
	if (r == 0)
		r = state_load(q->volume->name, c.volume.record.id, &state, reterr);
	if (r == 0)
		r = ec_key_load_pem(q->approve_key, &approver, reterr);
	if (r == 0)
		r = tpm_counter_read(q->tpm, &counter, reterr);
	if (r < 0)
		return r;
	values = (struct approve_values){
		.pcrs = &q->report->pcrs, .mask = mask, .number = next_number(&state, counter),
		.counter = counter, .limit = state.numbered ? state.highest + 1 : 0,
		.approver = approver, .unexplained = unexplained, .fresh = q->revoke_others};
	r = check_changes(q, &c, &l, &state, approval_is_known(&c.volume.record, &values), reterr);
	if (r == 0)
		r = change_take_staged(&c, q->volume->name, NULL, reterr);
	if (r == 0)
		r = check_object(q, &c.volume.record, reterr);
	added = r < 0 ? r : approve_values(&c.volume.record, &values, ret_number, reterr);
	if (added < 0 || q->dry_run)
		return added;
	r = note_number(q, &state, *ret_number, added, reterr);
	if (r == 0)
		r = write_all(q, &c, &l, mask, reterr);
	if (r == 0 && !state.written) {
		state.written = true;
		r = state_store(q->volume->name, &state, reterr);
	}
	while (r == 0 && q->revoke_others && counter++ < *ret_number)
		r = tpm_counter_increment(q->tpm, reterr);
	return r < 0 ? r : added;
}
