/* SPDX-License-Identifier: MIT */
#include "enroll.h"

#include "file.h"
#include "escrow.h"
#include "kdf.h"
#include "log.h"
#include "luks.h"
#include "platform.h"
#include "recovery_key.h"
#include "reseal.h"
#include "source.h"
#include "volume.h"

#include <stdio.h>
#include <string.h>

#define NO_SLOT (-1)

/* What is made on the way; undone from the end when a later step fails. */
struct work {
	struct luks_store *store;
	struct record record;
	struct secret s, volume_key, recovery_text;
	struct ec_key *approver;
	int slot, recovery_slot, token, escrow_token;
	char device[256];
	/* as they were judged: the volume key comes from these, whatever the disk says later */
	struct luks_device disk;
	struct luks2_header header;
};

#define WORK_INIT ((struct work){.slot = NO_SLOT, .recovery_slot = NO_SLOT, .token = -1, \
				 .escrow_token = -1, .disk = LUKS_DEVICE_INIT})

static void work_done(struct work *w)
{
	luks_store_freep(&w->store);
	luks_device_done(&w->disk);
	luks2_header_done(&w->header);
	secret_clear(&w->s);
	secret_clear(&w->volume_key);
	secret_clear(&w->recovery_text);
	ec_key_freep(&w->approver);
}

static void undo(struct work *w)
{
	if (w->token >= 0)
		(void)luks_store_remove_token(w->store, w->token, NULL);
	if (w->escrow_token >= 0)
		(void)luks_store_remove_token(w->store, w->escrow_token, NULL);
	if (w->recovery_slot >= 0)
		(void)luks_store_remove_keyslot(w->store, w->recovery_slot, NULL);
	if (w->slot >= 0)
		(void)luks_store_remove_keyslot(w->store, w->slot, NULL);
}

static int resolve_device(const struct enroll_request *q, char *out, size_t size, struct err *reterr)
{
	if (!q->device)
		return platform_device_path(q->volume->device, out, size, reterr);
	if ((size_t)snprintf(out, size, "%s", q->device) >= size)
		return err_set(reterr, E_USAGE, "device path is too long");
	return 0;
}

/* The header as it is must pass what unlock will demand, but for the record that is not there yet. */
static int check_header(struct work *w, struct err *reterr)
{
	struct luks2_header *h = &w->header;
	struct record *record = &w->record;
	const struct luks2_token *token;
	int r;

	r = luks_device_open(&w->disk, w->device, false, reterr);
	if (r == 0)
		r = luks_read_header(&w->disk, h, reterr);
	if (r == 0)
		r = luks2_header_token(h, RECORD_TYPE, &token, reterr);
	if (r < 0)
		return r;
	if (token)
		return err_set(reterr, E_ENROLLED, "'%s' carries a cvmcrypt record", w->device);
	r = luks2_header_policy(h, NO_SLOT, w->disk.size, reterr);
	/* a planted keyslot could give a volume key that the host knows, and the MAC would vouch for it */
	for (size_t i = 0; r == 0 && i < h->keyslot_count; i++)
		if (h->digest.keyslots & 1U << h->keyslot[i].id)
			r = luks2_header_keyslot_policy(h, h->keyslot[i].id, reterr);
	if (r < 0)
		return r;
	(void)snprintf(record->cipher, sizeof(record->cipher), "%s", h->segment.cipher);
	record->sector_size = h->segment.sector_size;
	record->offset = h->segment.offset;
	return 0;
}

int enroll_precheck(const struct enroll_request *q, struct err *reterr)
{
	_cleanup_(work_done) struct work w = WORK_INIT;
	int r = resolve_device(q, w.device, sizeof(w.device), reterr);

	return r < 0 ? r : check_header(&w, reterr);
}

static int load_approver(const struct enroll_request *q, struct work *w, struct err *reterr)
{
	int r;

	if (file_exists(q->approve_key))
		return ec_key_load_pem(q->approve_key, &w->approver, reterr);
	r = ec_key_generate(&w->approver, reterr);
	if (r == 0)
		r = ec_key_save_pem(w->approver, q->approve_key, reterr);
	return r;
}

static int choose_secrets(const struct enroll_request *q, struct work *w, struct err *reterr)
{
	struct record *rec = &w->record;
	int r;

	r = luks_passphrase_key(&w->disk, &w->header, q->passphrase, &w->volume_key, reterr);
	if (r == 0)
		r = crypto_random(rec->id, sizeof(rec->id), reterr);
	if (r == 0)
		r = crypto_secret_random(&w->s, 32, reterr);
	if (r == 0)
		r = recovery_key_generate(&w->recovery_text, reterr);
	rec->version = RECORD_VERSION;
	rec->min_version = RECORD_VERSION;
	rec->generation = 1;
	rec->key_size = (uint32_t)w->volume_key.len;
	return r;
}

static int add_keyslots(struct work *w, struct err *reterr)
{
	_cleanup_secret_ struct secret passphrase = SECRET_INIT;
	int r;

	r = kdf_luks_passphrase(&w->s, w->record.id, &passphrase, reterr);
	if (r == 0)
		r = luks_store_add_keyslot(w->store, &w->volume_key, &passphrase, &w->slot, reterr);
	if (r == 0)
		r = luks_store_add_keyslot(w->store, &w->volume_key, &w->recovery_text,
					   &w->recovery_slot, reterr);
	if (r == 0)
		r = luks_store_test_keyslot(w->store, w->slot, &passphrase, reterr);
	if (r == 0)
		r = luks_store_test_keyslot(w->store, w->recovery_slot, &w->recovery_text, reterr);
	w->record.keyslot = w->slot;
	return r;
}

static int wrap_volume_key(struct work *w, struct err *reterr)
{
	_cleanup_secret_ struct secret kek = SECRET_INIT;
	int r = kdf_key(&w->s, w->record.id, KDF_VOLUME_KEY_WRAP, &kek, reterr);

	return r < 0 ? r : crypto_wrap(&kek, &w->volume_key, w->record.volume_key,
				       sizeof(w->record.volume_key), &w->record.volume_key_len,
				       reterr);
}

static struct way *add_way(struct record *rec, enum way_type type)
{
	struct way *way = &rec->ways[rec->way_count++];

	way->type = type;
	return way;
}

static int add_recovery_way(struct work *w, struct err *reterr)
{
	struct way *way = add_way(&w->record, WAY_RECOVERY);

	way->recovery.keyslot = w->recovery_slot;
	return source_recovery_wrap(&w->record, &w->recovery_text, &w->s, &way->recovery, reterr);
}

/* Without a TPM the way holds the approver only: the first boot seals. */
static int add_tpm2_way(const struct enroll_request *q, struct work *w, struct err *reterr)
{
	struct way_tpm2 *way;
	uint64_t counter;
	int r;

	r = load_approver(q, w, reterr);
	if (r < 0)
		return r;
	way = &add_way(&w->record, WAY_TPM2)->tpm2;
	way->srk_handle = TPM_SRK_HANDLE;
	way->counter_index = TPM_COUNTER_INDEX;
	way->pcr_mask = config_pcr_mask(q->config);
	r = ec_key_public(w->approver, way->approver_x, way->approver_y, reterr);
	if (r < 0 || !q->tpm)
		return r;
	r = tpm_srk_name(q->tpm, true, way->srk_name, reterr);
	if (r == 0)
		r = tpm_counter_ensure(q->tpm, &counter, reterr);
	if (r == 0)
		r = tpm_seal(q->tpm, way, &w->s, reterr);
	return r;
}

static int add_parent_way(const struct enroll_request *q, struct work *w, struct err *reterr)
{
	_cleanup_secret_ struct secret child_wrap = SECRET_INIT;
	int r;

	if (!q->parent_s)
		return err_set(reterr, E_USAGE,
			       "'%s' hangs on the OS volume: enrol them together, or give "
			       "--parent-recovery-key FILE", q->volume->name);
	r = kdf_key(q->parent_s, q->parent_id, KDF_CHILD_WRAP, &child_wrap, reterr);
	return r < 0 ? r : source_parent_wrap(&child_wrap, q->parent_id, &w->s,
					      &add_way(&w->record, WAY_PARENT)->parent, reterr);
}

static int add_guest_key_way(const struct enroll_request *q, struct work *w, struct err *reterr)
{
	if (!q->guest_key)
		return err_set(reterr, E_USAGE, "'%s' has a source guest-secret-key: give "
			       "--guest-secret-key FILE", q->volume->name);
	/* one way, whether the config takes unbound keys or not */
	if (record_way(&w->record, WAY_GUEST_KEY))
		return 0;
	return source_guest_key_wrap(q->guest_key, &w->s,
				     &add_way(&w->record, WAY_GUEST_KEY)->guest_key, reterr);
}

static int add_way_of(const struct enroll_request *q, enum source_type source, struct work *w,
		      struct err *reterr)
{
	switch (source) {
	case SOURCE_TPM2:
		return add_tpm2_way(q, w, reterr);
	case SOURCE_PARENT:
		return add_parent_way(q, w, reterr);
	case SOURCE_GUEST_KEY:
	case SOURCE_GUEST_KEY_UNBOUND:
		return add_guest_key_way(q, w, reterr);
	}
	return err_set(reterr, E_INTERNAL, "unknown source %d", source);
}

static int add_ways(const struct enroll_request *q, struct work *w, struct err *reterr)
{
	int r = wrap_volume_key(w, reterr);

	for (size_t i = 0; r == 0 && i < q->volume->source_count; i++)
		r = add_way_of(q, q->volume->sources[i], w, reterr);
	return r == 0 ? add_recovery_way(w, reterr) : r;
}

static int put_token(struct luks_store *store, struct buf *text, int *ret, struct err *reterr)
{
	return luks_store_put_token(store, -1, (const char *)text->data, ret, reterr);
}

/* The MAC is over the header as it is on the disk now, with both keyslots in it. */
static int write_record(struct work *w, struct err *reterr)
{
	_cleanup_luks_device_ struct luks_device d = LUKS_DEVICE_INIT;
	_cleanup_luks2_header_ struct luks2_header h = {0};
	_cleanup_buf_ struct buf text = BUF_INIT(RECORD_TEXT_MAX + 1);
	int r;

	r = luks_device_open(&d, w->device, false, reterr);
	if (r == 0)
		r = luks_read_header(&d, &h, reterr);
	if (r == 0)
		r = luks2_header_policy(&h, w->slot, d.size, reterr);
	if (r == 0)
		r = volume_mac(&w->record, &h, &w->s, w->record.mac, reterr);
	if (r == 0)
		r = record_format(&w->record, &text, reterr);
	if (r == 0)
		r = put_token(w->store, &text, &w->token, reterr);
	return r;
}

static int write_escrow(const struct enroll_request *q, struct work *w, struct err *reterr)
{
	_cleanup_buf_ struct buf text = BUF_INIT(RECORD_TEXT_MAX + 1);
	int r;

	if (q->sink->escrow_len == 0)
		return 0;
	r = escrow_format(q->sink->escrow, q->sink->escrow_len, &text, reterr);
	return r < 0 ? r : put_token(w->store, &text, &w->escrow_token, reterr);
}

/* Everything that a boot or a rescue will need, done once from what the disk gives back. */
static int prove(const struct enroll_request *q, const struct work *w, const uint8_t *commitment,
		 struct err *reterr)
{
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	_cleanup_secret_ struct secret s = SECRET_INIT, key = SECRET_INIT;
	const struct way *way;
	int r;

	r = volume_load(&v, w->device, false, reterr);
	if (r == 0)
		r = source_recovery(&v.record, &w->recovery_text, &s, reterr);
	if (r == 0)
		r = volume_accept(&v, &s, commitment, reterr);
	if (r == 0)
		r = volume_key(&v, &s, &key, reterr);
	if (r < 0)
		return err_wrap(reterr, r, "reading the enrolment back");
	if (!secret_equal(&key, &w->volume_key))
		return err_set(reterr, E_KEYTEST, "the wrapped volume key is not the volume's");
	way = record_way(&v.record, WAY_TPM2);
	if (q->tpm && way)
		r = tpm_load_test(q->tpm, &way->tpm2, reterr);
	return r;
}

static int run(const struct enroll_request *q, struct work *w, struct enroll_result *ret,
	       struct err *reterr)
{
	int r;

	r = resolve_device(q, w->device, sizeof(w->device), reterr);
	if (r == 0)
		r = check_header(w, reterr);
	if (r == 0)
		r = luks_store_open(&w->store, w->device, reterr);
	if (r == 0)
		r = choose_secrets(q, w, reterr);
	if (r == 0)
		r = add_keyslots(w, reterr);
	if (r == 0)
		r = add_ways(q, w, reterr);
	if (r == 0)
		r = kdf_commitment(&w->s, w->record.id, ret->commitment, reterr);
	if (r == 0)
		r = q->sink->deliver(q->sink, q->volume->name, &w->recovery_text, reterr);
	if (r == 0)
		r = write_escrow(q, w, reterr);
	if (r == 0 && !q->volume->measured)
		r = config_write_id(q->volume, ret->commitment, reterr);
	if (r == 0)
		r = write_record(w, reterr);
	return r == 0 ? prove(q, w, ret->commitment, reterr) : r;
}

int enroll_volume(const struct enroll_request *q, struct enroll_result *ret, struct err *reterr)
{
	_cleanup_(work_done) struct work w = WORK_INIT;
	const struct way *way;
	int r = run(q, &w, ret, reterr);

	if (r < 0) {
		if (w.store)
			undo(&w);
		return r;
	}
	way = record_way(&w.record, WAY_TPM2);
	secret_take(&ret->s, &w.s);
	memcpy(ret->id, w.record.id, sizeof(ret->id));
	ret->keyslot = w.slot;
	ret->recovery_keyslot = w.recovery_slot;
	ret->sealed = way && way->tpm2.public_len > 0;
	return 0;
}
