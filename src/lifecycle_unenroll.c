/* SPDX-License-Identifier: MIT */
#include "lifecycle_internal.h"

#include "escrow.h"

#include <string.h>

/* What is to go: from the record, or by force from the tokens alone. */
struct leftovers {
	uint32_t keyslots;
	int token[LUKS2_TOKENS_MAX];
	size_t token_count;
};

static bool is_ours(const struct luks2_token *t)
{
	return strcmp(t->type, RECORD_TYPE) == 0 || strcmp(t->type, RECORD_EVENTS_TYPE) == 0 ||
	       strcmp(t->type, ESCROW_TYPE) == 0;
}

static void collect(const struct change *c, bool record_read, struct leftovers *ret)
{
	const struct luks2_header *h = &c->volume.header;
	const struct way *recovery = record_way(&c->volume.record, WAY_RECOVERY);

	*ret = (struct leftovers){0};
	for (size_t i = 0; i < h->token_count; i++) {
		if (!is_ours(&h->token[i]))
			continue;
		ret->token[ret->token_count++] = h->token[i].id;
		ret->keyslots |= h->token[i].keyslots;
	}
	if (record_read && recovery && recovery->recovery.keyslot >= 0)
		ret->keyslots |= 1U << recovery->recovery.keyslot;
}

/* Does the passphrase open a keyslot that stays? */
static int prove_other_slot(struct change *c, const struct secret *passphrase, uint32_t leaving,
			    struct err *reterr)
{
	for (size_t i = 0; i < c->volume.header.keyslot_count; i++) {
		int slot = c->volume.header.keyslot[i].id;

		if (!(leaving & 1U << slot) &&
		    luks_store_test_keyslot(c->store, slot, passphrase, NULL) == 0)
			return 0;
	}
	return err_set(reterr, E_LAST_WAY,
		       "what was given opens no keyslot that would stay after unenrolling");
}

/* Tokens first: a keyslot without a record is a leftover, a record without its keyslot is a broken volume. */
static int remove_all(struct change *c, const struct leftovers *l, struct err *reterr)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < l->token_count; i++)
		r = luks_store_remove_token(c->store, l->token[i], reterr);
	for (int slot = 0; r == 0 && slot < LUKS2_KEYSLOTS_MAX; slot++)
		if (l->keyslots & 1U << slot && luks2_header_keyslot(&c->volume.header, slot))
			r = luks_store_remove_keyslot(c->store, slot, reterr);
	return r;
}

int unenroll_volume(const char *device, const struct secret *passphrase, bool force,
		    struct err *reterr)
{
	_cleanup_change_ struct change c = CHANGE_INIT;
	struct leftovers l;
	struct err e = {0};
	bool record_read;
	int r = change_open(&c, device, &e);

	record_read = r == 0;
	collect(&c, record_read, &l);
	if (r < 0 && !(force && c.store && l.token_count > 0)) {
		if (reterr)
			*reterr = e;
		return r;
	}
	r = prove_other_slot(&c, passphrase, l.keyslots, reterr);
	return r < 0 ? r : remove_all(&c, &l, reterr);
}
