/* SPDX-License-Identifier: MIT */
#include "boot.h"

#include "deadline.h"
#include "log.h"
#include "platform.h"
#include "reseal.h"
#include "recovery_key.h"
#include "source.h"

#include <stdio.h>
#include <string.h>

#define TYPED_MAX 256

static void say_why(const struct volume_config *vc, const struct record *record,
		    const struct err *reason)
{
	if (record->approval_count == 0) {
		log_notice("%s: its header has no approval: enrolment is not finished, and this boot is observed;",
			   vc->name);
		log_notice("     or somebody removed it: if this machine has booted by itself before, type nothing");
	} else {
		log_notice("%s: E%03d: the recovery key can open the volume", vc->name, reason->code);
	}
	log_notice("     whoever runs this host can read what is typed here, and this prompt cannot");
	log_notice("     prove that it is genuine; cvmcrypt-recover(7) says what that means for the key");
}

int boot_ask_recovery(struct boot *b, _unused_ const struct admission *leave,
		      const struct volume_config *vc, const struct record *record,
		      const struct err *reason, struct secret *ret_s, struct err *reterr)
{
	struct deadline end = deadline_in(b->config->recovery_timeout_ms);
	char typed[TYPED_MAX], prompt[96];
	struct err e = *reason;
	int r;

	say_why(vc, record, reason);
	(void)snprintf(prompt, sizeof(prompt), "cvmcrypt: recovery key of %s: ", vc->name);
	for (;;) {
		_cleanup_secret_ struct secret text = SECRET_INIT;

		r = platform_ask_console(prompt, typed, sizeof(typed), end, reterr);
		if (r < 0) {
			/* nobody answered: what is told is why somebody was asked */
			*reterr = e;
			return -e.code;
		}
		r = recovery_key_parse(typed, strlen(typed), &text, reterr);
		explicit_bzero(typed, sizeof(typed));
		if (r == 0)
			r = source_recovery(record, &text, ret_s, reterr);
		if (r == 0)
			return 0;
		log_error("E%03d %s: %s", -r, vc->name, reterr->msg);
	}
}

static int write_stage(const struct volume_config *vc, const struct record *record,
		       struct err *reterr)
{
	_cleanup_buf_ struct buf text = BUF_INIT(RECORD_TEXT_MAX);
	int r = record_format(record, &text, reterr);

	return r < 0 ? r : boot_stage_write(vc->name, text.data, text.len, reterr);
}

int boot_stage_record(struct boot *b, const struct volume_config *vc, const struct volume *v,
		      const struct secret *s, struct err *reterr)
{
	struct record record = v->record;
	int r;

	r = reseal_record(b->tpm, &record, &v->header, s, reterr);
	if (r <= 0)
		return r;
	/* sealed at enrolment, and no boot between: this vTPM has lost what it was given, or is another one */
	if (v->record.approval_count == 0 && record_way(&v->record, WAY_TPM2)->tpm2.public_len > 0)
		return err_set(reterr, E_VTPM_FORGETS, "what was sealed at enrolment does not load any more");
	return write_stage(vc, &record, reterr);
}

int boot_stage_without_guest_key(const struct volume_config *vc, const struct volume *v,
				 const struct secret *s, struct err *reterr)
{
	struct record record = v->record;
	size_t kept = 0;
	int r;

	for (size_t i = 0; i < record.way_count; i++)
		if (record.ways[i].type != WAY_GUEST_KEY)
			record.ways[kept++] = record.ways[i];
	record.way_count = kept;
	record.generation++;
	r = volume_mac(&record, &v->header, s, record.mac, reterr);
	return r < 0 ? r : write_stage(vc, &record, reterr);
}
