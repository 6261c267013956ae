/* SPDX-License-Identifier: MIT */
#include "boot.h"

#include "deadline.h"
#include "file.h"
#include "kdf.h"
#include "log.h"
#include "platform.h"
#include "source.h"

#include <stdio.h>
#include <string.h>

#define TPM_TRIES 4

/* What one try knows, so that a failure can be explained. */
struct attempt {
	const struct admission *leave;
	struct volume volume;
	struct secret s;
	int pcr;		/* that differs, or -1 */
	bool asked;		/* S came from a person */
	bool first;		/* or from the guest secret key: nothing is sealed yet, or not to this TPM */
};

static void attempt_done(struct attempt *a)
{
	volume_done(&a->volume);
	secret_clear(&a->s);
}

int boot_open_tpm(struct boot *b, struct err *reterr)
{
	const struct config *c = b->config;

	if (b->tpm)
		return 0;
	if (!platform_wait_path(c->tpm, deadline_in(c->tpm_timeout_ms)))
		return err_set(reterr, E_TPM_ABSENT, "'%s' did not appear in %lld s", c->tpm,
			       (long long)(c->tpm_timeout_ms / 1000));
	return tpm_open(&b->tpm, c->tpm, false, reterr);
}

/* With the PCR values of the moment of unlock, unless the evidence has them. */
static int reach_tpm(struct boot *b, struct err *reterr)
{
	const struct config *c = b->config;
	int r;

	if (b->tpm && b->report.pcrs.mask)
		return 0;
	r = boot_open_tpm(b, reterr);
	if (r == 0)
		r = tpm_pcr_read(b->tpm, config_pcr_mask(c), &b->report.pcrs, reterr);
	if (r < 0)
		tpm_freep(&b->tpm);
	return r;
}

/* Until the disk appears there is nothing to wait with: what does not need it is done now. */
static void use_the_wait(struct boot *b, const struct volume_config *vc)
{
	for (size_t i = 0; i < vc->source_count; i++)
		if (vc->sources[i] == SOURCE_TPM2)
			tpm_unseal_prepare(b->tpm);
	volume_rehearse();
}

static int find_device(struct boot *b, const struct volume_config *vc, char *out, size_t size,
		       struct err *reterr)
{
	int r = platform_device_path(vc->device, out, size, reterr);

	if (r < 0)
		return r;
	if (!file_exists(out))
		use_the_wait(b, vc);
	if (!platform_wait_path(out, deadline_in(b->config->device_timeout_ms)))
		return err_set(reterr, E_DEVICE_ABSENT, "'%s' did not appear in %lld s", vc->device,
			       (long long)(b->config->device_timeout_ms / 1000));
	return 0;
}

/* Another program's extend (or a slow vTPM) between policy and unseal is no refusal: try again, from fresh values. */
static int ask_tpm(struct boot *b, struct attempt *a, struct boot_volume *bv, struct err *reterr)
{
	int approval = -1, r = 0;

	for (int i = 0; i < TPM_TRIES; i++) {
		/* a context that had no answer is of no use any more */
		if (r == -E_TPM_BUSY) {
			tpm_freep(&b->tpm);
			b->report.pcrs.mask = 0;
		}
		if (i > 0 && b->tpm)
			r = tpm_pcr_read(b->tpm, config_pcr_mask(b->config), &b->report.pcrs, reterr);
		else
			r = reach_tpm(b, reterr);
		if (r < 0)
			return r;
		r = source_tpm2(b->tpm, &a->volume.record, &b->report.pcrs, &a->s, &approval, &a->pcr,
				reterr);
		if (r != -E_TPM_PCR_CHANGED && r != -E_TPM_BUSY)
			break;
	}
	if (r == 0)
		bv->approval = a->volume.record.approvals[approval].number;
	return r;
}

static int ask_guest_key(struct boot *b, struct attempt *a, bool unbound, struct err *reterr)
{
	int r = reach_tpm(b, reterr);

	if (r == 0)
		r = source_guest_key(b->tpm, &a->volume.record, config_pcr_mask(b->config), unbound,
				     &a->s, reterr);
	a->first = r == 0;
	return r;
}

static int ask_source(struct boot *b, struct attempt *a, enum source_type source,
		      struct boot_volume *bv, struct err *reterr)
{
	static const enum way_type ways[] = {
		[SOURCE_TPM2] = WAY_TPM2,
		[SOURCE_PARENT] = WAY_PARENT,
		[SOURCE_GUEST_KEY] = WAY_GUEST_KEY,
		[SOURCE_GUEST_KEY_UNBOUND] = WAY_GUEST_KEY,
	};
	int r;

	(void)snprintf(bv->source, sizeof(bv->source), "%s", record_way_name(ways[source]));
	if (source == SOURCE_TPM2)
		return ask_tpm(b, a, bv, reterr);
	if (source != SOURCE_PARENT)
		return ask_guest_key(b, a, source == SOURCE_GUEST_KEY_UNBOUND, reterr);
	if (!b->os_open)
		return err_set(reterr, E_PARENT_CLOSED, "the OS volume is not open");
	r = source_parent(&a->volume.record, &b->child_wrap, b->os_id, &a->s, reterr);
	return r;
}

/* A record that has no approval yet is being enrolled: its first boot is observed, the key is typed. */
static bool may_ask_a_person(const struct boot *b, const struct volume_config *vc,
			     const struct record *record)
{
	if (vc->role != ROLE_OS)
		return false;
	return record->approval_count == 0 || b->config->recovery == RECOVERY_CONSOLE;
}

static int get_secret(struct boot *b, const struct volume_config *vc, struct attempt *a,
		      struct boot_volume *bv, struct err *reterr)
{
	int r = err_set(reterr, E_SOURCES_SPENT, "no source is configured");

	for (size_t i = 0; i < vc->source_count; i++) {
		r = ask_source(b, a, vc->sources[i], bv, reterr);
		if (r == 0)
			return 0;
		log_debug("%s: source %s: E%03d %s", vc->name, bv->source, -r, reterr->msg);
	}
	if (!may_ask_a_person(b, vc, &a->volume.record))
		return r;
	if (r != -E_NOT_APPROVED)
		boot_say_failure(vc->name, reterr, &a->volume.header, a->pcr);
	(void)snprintf(bv->source, sizeof(bv->source), "recovery");
	a->asked = true;
	return boot_ask_recovery(b, a->leave, vc, &a->volume.record, reterr, &a->s, reterr);
}

/* MAC and anchor, then the mapping, then PCR 15 learns whose volume it is. */
static int accept_and_map(struct boot *b, const struct volume_config *vc, struct attempt *a,
			  struct boot_volume *bv, struct err *reterr)
{
	struct volume *v = &a->volume;
	int r;

	r = volume_accept(v, &a->s, vc->measured ? NULL : vc->id, reterr);
	if (r == 0)
		r = volume_activate(v, &a->s, vc->mapping, vc->discards, reterr);
	if (r < 0)
		return r;
	bv->opened = true;
	memcpy(bv->commitment, v->commitment, sizeof(bv->commitment));
	memcpy(bv->record, v->record.id, sizeof(bv->record));
	r = tpm_pcr_extend(b->tpm, PCR_CAP, v->commitment, sizeof(v->commitment), reterr);
	if (r < 0)
		return err_wrap(reterr, r, "measuring the volume into PCR %d", PCR_CAP);
	bv->state = (a->asked || a->first) && v->record.approval_count == 0 ? VOLUME_OBSERVED : VOLUME_OPEN;
	return 0;
}

static int keep_os_keys(struct boot *b, struct attempt *a, struct err *reterr)
{
	memcpy(b->os_id, a->volume.record.id, sizeof(b->os_id));
	b->os_open = true;
	return kdf_key(&a->s, a->volume.record.id, KDF_CHILD_WRAP, &b->child_wrap, reterr);
}

static void say_damaged_copy(const struct volume_config *vc, const struct luks2_header *h)
{
	for (int i = 0; i < 2; i++)
		if (h->copy[i] == LUKS2_COPY_BAD || h->copy_reason[i][0])
			log_warning("%s: %s header copy: %s; the other one is used", vc->name,
				    i ? "secondary" : "primary", h->copy_reason[i]);
}

/* What commit is to write; without it the volume opens as it did. */
static void stage(struct boot *b, const struct volume_config *vc, struct attempt *a,
		  const struct boot_volume *bv)
{
	struct err e = {0};

	if (a->asked || a->first) {
		if (record_way(&a->volume.record, WAY_TPM2) &&
		    boot_stage_record(b, vc, &a->volume, &a->s, &e) < 0)
			log_warning("%s: not sealed to this vTPM: %s", vc->name, e.msg);
	} else if (strcmp(bv->source, "tpm2") == 0 &&
		   record_way(&a->volume.record, WAY_GUEST_KEY)) {
		if (boot_stage_without_guest_key(vc, &a->volume, &a->s, &e) < 0)
			log_warning("%s: the way by the guest secret key stays: %s", vc->name, e.msg);
	}
}

static int try_volume(struct boot *b, const struct volume_config *vc, struct attempt *a,
		      struct boot_volume *bv, struct err *reterr)
{
	int r;

	r = reach_tpm(b, reterr);
	if (r == 0)
		r = find_device(b, vc, bv->device, sizeof(bv->device), reterr);
	if (r == 0)
		r = volume_load(&a->volume, bv->device, false, reterr);
	if (r < 0)
		return r;
	(void)snprintf(bv->uuid, sizeof(bv->uuid), "%s", a->volume.header.uuid);
	say_damaged_copy(vc, &a->volume.header);
	r = get_secret(b, vc, a, bv, reterr);
	/* sealing needs no open door, but what is staged must be there before the root takes over */
	if (r == 0)
		r = accept_and_map(b, vc, a, bv, reterr);
	if (r == 0)
		stage(b, vc, a, bv);
	if (r == 0 && vc->role == ROLE_OS)
		r = keep_os_keys(b, a, reterr);
	return r;
}

int boot_open_volume(struct boot *b, const struct admission *leave, const struct volume_config *vc,
		     struct boot_volume *bv, struct err *reterr)
{
	_cleanup_(attempt_done) struct attempt a = {.leave = leave, .volume = VOLUME_INIT, .pcr = -1};
	int r = try_volume(b, vc, &a, bv, reterr);

	if (r < 0 && bv->opened) {
		(void)luks_deactivate(vc->mapping, NULL);
		bv->opened = false;
	}
	/* a transient failure is told in one line by the retry loop */
	if (r < 0 && !(err_retryable(r) && b->config->on_transient_retry) && vc->required)
		boot_say_failure(vc->name, reterr, &a.volume.header, a.pcr);
	return r;
}
