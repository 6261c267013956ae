/* SPDX-License-Identifier: MIT */
#include "lifecycle_internal.h"

#include "escrow.h"

#include <string.h>

/* Does the passphrase open a keyslot that is not ours? */
static int prove_other_slot(struct change *c, const struct secret *passphrase, int recovery_slot,
			    struct err *reterr)
{
	for (size_t i = 0; i < c->volume.header.keyslot_count; i++) {
		int slot = c->volume.header.keyslot[i].id;

		if (slot == c->volume.record.keyslot || slot == recovery_slot)
			continue;
		if (luks_store_test_keyslot(c->store, slot, passphrase, NULL) == 0)
			return 0;
	}
	return err_set(reterr, E_LAST_WAY,
		       "what was given opens no keyslot that would stay after unenrolling");
}

/* Tokens first: a keyslot without a record is a leftover, a record without its keyslot is a broken volume. */
static int remove_tokens(struct change *c, struct err *reterr)
{
	const struct luks2_token *escrow;
	int r;

	r = luks2_header_token(&c->volume.header, ESCROW_TYPE, &escrow, reterr);
	if (r == 0)
		r = luks_store_remove_token(c->store, c->token, reterr);
	if (r == 0 && c->events_token >= 0)
		r = luks_store_remove_token(c->store, c->events_token, reterr);
	if (r == 0 && escrow)
		r = luks_store_remove_token(c->store, escrow->id, reterr);
	return r;
}

int unenroll_volume(const char *device, const struct secret *passphrase, struct err *reterr)
{
	_cleanup_change_ struct change c = CHANGE_INIT;
	const struct way *recovery;
	int recovery_slot = -1, r;

	r = change_open(&c, device, reterr);
	if (r < 0)
		return r;
	recovery = record_way(&c.volume.record, WAY_RECOVERY);
	if (recovery)
		recovery_slot = recovery->recovery.keyslot;
	r = prove_other_slot(&c, passphrase, recovery_slot, reterr);
	if (r == 0)
		r = remove_tokens(&c, reterr);
	if (r == 0)
		r = luks_store_remove_keyslot(c.store, c.volume.record.keyslot, reterr);
	if (r == 0 && recovery_slot >= 0)
		r = luks_store_remove_keyslot(c.store, recovery_slot, reterr);
	return r;
}
