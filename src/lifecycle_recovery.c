/* SPDX-License-Identifier: MIT */
#include "lifecycle_internal.h"

#include "escrow.h"
#include "recovery_key.h"
#include "source.h"

#include <string.h>

static struct way *recovery_way(struct record *record)
{
	for (size_t i = 0; i < record->way_count; i++)
		if (record->ways[i].type == WAY_RECOVERY)
			return &record->ways[i];
	return NULL;
}

/* The new wrap goes into the record and under its MAC. */
static int rewrap(struct change *c, const struct secret *s, const struct secret *text, int slot,
		  struct err *reterr)
{
	struct record *rec = &c->volume.record;
	struct way *way = recovery_way(rec);
	int r;

	way->recovery.keyslot = slot;
	rec->generation++;
	r = source_recovery_wrap(rec, text, s, &way->recovery, reterr);
	return r < 0 ? r : volume_mac(rec, &c->volume.header, s, rec->mac, reterr);
}

/* The new key for somebody, beside the old one: nothing may depend on a key that nobody has. */
static int add_escrow(struct change *c, const struct recovery_sink *sink, int *ret_token,
		      struct err *reterr)
{
	_cleanup_buf_ struct buf text = BUF_INIT(RECORD_TEXT_MAX + 1);
	int r;

	if (sink->escrow_len == 0)
		return 0;
	r = escrow_format(sink->escrow, sink->escrow_len, &text, reterr);
	return r < 0 ? r : luks_store_put_token(c->store, -1, (const char *)text.data, ret_token, reterr);
}

/* Every escrow token that was there before, also what a cut left behind. */
static int drop_old_escrow(struct change *c, struct err *reterr)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->volume.header.token_count; i++)
		if (strcmp(c->volume.header.token[i].type, ESCROW_TYPE) == 0)
			r = luks_store_remove_token(c->store, c->volume.header.token[i].id, reterr);
	return r;
}

static int add_new_slot(struct change *c, const struct secret *s, const struct secret *text,
			int *ret_slot, struct err *reterr)
{
	_cleanup_secret_ struct secret key = SECRET_INIT;
	int r = volume_key(&c->volume, s, &key, reterr);

	if (r == 0)
		r = luks_store_add_keyslot(c->store, &key, text, ret_slot, reterr);
	if (r == 0)
		r = luks_store_test_keyslot(c->store, *ret_slot, text, reterr);
	return r;
}

/* The disk must give S back through the new key before the old one goes. */
static int prove_new_key(const struct change *c, const struct secret *text, struct err *reterr)
{
	_cleanup_volume_ struct volume again = VOLUME_INIT;
	_cleanup_secret_ struct secret s = SECRET_INIT;
	int r = volume_load(&again, c->volume.device.path, false, reterr);

	if (r == 0)
		r = source_recovery(&again.record, text, &s, reterr);
	return r < 0 ? r : volume_accept(&again, &s, NULL, reterr);
}

/* Until the record is written the old key is the key: what was added goes again. */
static void undo(struct change *c, int slot, int escrow)
{
	if (escrow >= 0)
		(void)luks_store_remove_token(c->store, escrow, NULL);
	if (slot >= 0)
		(void)luks_store_remove_keyslot(c->store, slot, NULL);
}

static int add_new_key(struct change *c, const struct secret *s, const struct secret *text,
		       const struct recovery_sink *sink, struct err *reterr)
{
	struct record old = c->volume.record;
	int slot = -1, escrow = -1;
	int r = add_new_slot(c, s, text, &slot, reterr);

	if (r == 0)
		r = add_escrow(c, sink, &escrow, reterr);
	if (r == 0)
		r = rewrap(c, s, text, slot, reterr);
	if (r == 0)
		r = change_write_record(c, reterr);
	if (r == 0)
		return prove_new_key(c, text, reterr);
	c->volume.record = old;
	if (change_write_record(c, NULL) == 0)
		undo(c, slot, escrow);
	return r;
}

int recovery_replace(const char *device, const uint8_t *anchor, const struct secret *old_text,
		     const char *volume, struct recovery_sink *sink, struct err *reterr)
{
	_cleanup_change_ struct change c = CHANGE_INIT;
	_cleanup_secret_ struct secret s = SECRET_INIT, text = SECRET_INIT;
	int r, old_slot;

	r = change_open(&c, device, reterr);
	if (r == 0)
		r = source_recovery(&c.volume.record, old_text, &s, reterr);
	if (r == 0)
		r = volume_accept(&c.volume, &s, anchor, reterr);
	if (r == 0)
		r = recovery_key_generate(&text, reterr);
	if (r == 0)
		r = sink->deliver(sink, volume, &text, reterr);
	if (r < 0)
		return r;
	old_slot = recovery_way(&c.volume.record)->recovery.keyslot;
	r = add_new_key(&c, &s, &text, sink, reterr);
	if (r < 0)
		return r;
	r = drop_old_escrow(&c, reterr);
	if (r == 0 && old_slot >= 0)
		r = luks_store_remove_keyslot(c.store, old_slot, reterr);
	/* the volume does not open "as before": keep the key that was just handed out */
	return r < 0 ? err_wrap(reterr, r, "the new recovery key is in force, but the old one's "
				"keyslot %d or its copy is still there", old_slot) : 0;
}
