/* SPDX-License-Identifier: MIT */
#include "record.h"

#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* 64 bits do not fit a JSON number. */
static void add_u64(struct cJSON *obj, const char *key, uint64_t value, bool *ok)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	json_add_string(obj, key, text, ok);
}

static void add_tpm2(struct cJSON *obj, const struct way_tpm2 *w, bool *ok)
{
	uint8_t key[64];

	memcpy(key, w->approver_x, 32);
	memcpy(key + 32, w->approver_y, 32);
	json_add_string(obj, "type", "tpm2", ok);
	json_add_number(obj, "srk", w->srk_handle, ok);
	json_add_number(obj, "nv", w->counter_index, ok);
	json_add_number(obj, "pcrs", w->pcr_mask, ok);
	json_add_base64(obj, "key", key, sizeof(key), ok);
	if (w->public_len == 0 && w->private_len == 0)
		return;
	json_add_base64(obj, "name", w->srk_name, sizeof(w->srk_name), ok);
	json_add_base64(obj, "pub", w->public_area, w->public_len, ok);
	json_add_base64(obj, "prv", w->private_area, w->private_len, ok);
}

static void add_way(struct cJSON *obj, const struct way *w, bool *ok)
{
	switch (w->type) {
	case WAY_TPM2:
		add_tpm2(obj, &w->tpm2, ok);
		return;
	case WAY_RECOVERY:
		json_add_string(obj, "type", "recovery", ok);
		if (w->recovery.keyslot >= 0)
			json_add_number(obj, "slot", w->recovery.keyslot, ok);
		json_add_base64(obj, "s", w->recovery.wrapped, RECORD_S_WRAPPED, ok);
		return;
	case WAY_PARENT:
		json_add_string(obj, "type", "parent", ok);
		json_add_base64(obj, "parent", w->parent.parent_id, RECORD_ID_SIZE, ok);
		json_add_base64(obj, "s", w->parent.wrapped, RECORD_S_WRAPPED, ok);
		return;
	case WAY_GUEST_KEY:
		json_add_string(obj, "type", record_way_name(w->type), ok);
		json_add_base64(obj, "key", w->guest_key.key, sizeof(w->guest_key.key), ok);
		json_add_base64(obj, "s", w->guest_key.wrapped, w->guest_key.wrapped_len, ok);
		return;
	}
	*ok = false;
}

static void add_approval(struct cJSON *obj, const struct approval *a, size_t pcrs, bool *ok)
{
	add_u64(obj, "n", a->number, ok);
	json_add_base64(obj, "sig", a->signature, sizeof(a->signature), ok);
	json_add_base64(obj, "pcr", a->pcr_short, pcrs * RECORD_PCR_SHORT, ok);
	json_add_number(obj, "f", (a->proven ? 1 : 0) + (a->unexplained ? 2 : 0), ok);
}

static void add_lists(struct cJSON *root, const struct record *r, bool *ok)
{
	const struct way *tpm2 = record_way(r, WAY_TPM2);
	size_t pcrs = tpm2 ? (size_t)__builtin_popcount(tpm2->tpm2.pcr_mask) : 0;
	struct cJSON *list = json_add_array(root, "ways", ok);

	for (size_t i = 0; *ok && i < r->way_count; i++)
		add_way(json_add_object(list, NULL, ok), &r->ways[i], ok);
	json_add_base64(root, "mac", r->mac, sizeof(r->mac), ok);
	list = json_add_array(root, "ok", ok);
	for (size_t i = 0; *ok && i < r->approval_count; i++)
		add_approval(json_add_object(list, NULL, ok), &r->approvals[i], pcrs, ok);
}

static char *print(const struct record *r)
{
	struct cJSON *root = json_new_object();
	bool ok = root != NULL;
	char slot[12], *text = NULL;
	struct cJSON *slots;

	(void)snprintf(slot, sizeof(slot), "%d", r->keyslot);
	json_add_string(root, "type", RECORD_TYPE, &ok);
	slots = json_add_array(root, "keyslots", &ok);
	json_add_string(slots, NULL, slot, &ok);
	json_add_number(root, "v", r->version, &ok);
	json_add_number(root, "min", r->min_version, &ok);
	json_add_base64(root, "id", r->id, sizeof(r->id), &ok);
	add_u64(root, "gen", r->generation, &ok);
	json_add_string(root, "cipher", r->cipher, &ok);
	json_add_number(root, "key", r->key_size, &ok);
	json_add_number(root, "sector", r->sector_size, &ok);
	add_u64(root, "offset", r->offset, &ok);
	json_add_base64(root, "vk", r->volume_key, r->volume_key_len, &ok);
	add_lists(root, r, &ok);
	if (ok)
		text = json_print(root, false);
	json_free(root);
	return text;
}

static bool way_in_bounds(const struct way *w)
{
	if (w->type == WAY_GUEST_KEY)
		return w->guest_key.wrapped_len <= sizeof(w->guest_key.wrapped);
	return w->type != WAY_TPM2 || (w->tpm2.public_len <= sizeof(w->tpm2.public_area) &&
				       w->tpm2.private_len <= sizeof(w->tpm2.private_area) &&
				       __builtin_popcount(w->tpm2.pcr_mask) <= RECORD_PCRS_MAX);
}

/* Counts and lengths come from our own code: out of range is our mistake, not the header's. */
static bool in_bounds(const struct record *r)
{
	if (r->way_count > RECORD_WAYS_MAX || r->approval_count > RECORD_APPROVALS_MAX ||
	    r->volume_key_len > sizeof(r->volume_key) ||
	    strnlen(r->cipher, sizeof(r->cipher)) == sizeof(r->cipher))
		return false;
	for (size_t i = 0; i < r->way_count; i++)
		if (!way_in_bounds(&r->ways[i]))
			return false;
	return true;
}

/* What was written must mean the same again: the MAC is over the struct, the disk has the text. */
static int read_back(const struct record *r, const char *text, struct err *reterr)
{
	_cleanup_free_ char *again = NULL;
	struct record copy;
	struct err e = {0};
	const struct way *tpm2 = record_way(r, WAY_TPM2);
	static const uint8_t no_name[sizeof(tpm2->tpm2.srk_name)];

	if (record_parse(&copy, text, strlen(text), &e) < 0)
		return err_set(reterr, E_INTERNAL, "the record does not read back: %s", e.msg);
	again = print(&copy);
	if (!again)
		return err_set(reterr, E_NOMEM, "the record's text");
	if (strcmp(text, again) != 0)
		return err_set(reterr, E_INTERNAL, "the record reads back as another");
	if (tpm2 && tpm2->tpm2.public_len == 0 &&
	    memcmp(tpm2->tpm2.srk_name, no_name, sizeof(no_name)) != 0)
		return err_set(reterr, E_INTERNAL, "the name of an SRK without a sealed object");
	return 0;
}

int record_format(const struct record *r, struct buf *ret, struct err *reterr)
{
	_cleanup_free_ char *text = NULL;
	int failed;

	if (r->version != RECORD_VERSION)
		return err_set(reterr, E_RECORD_TOO_NEW,
			       "the record is of version %u; this cvmcrypt writes version %d only",
			       r->version, RECORD_VERSION);
	if (!in_bounds(r))
		return err_set(reterr, E_INTERNAL, "a record out of bounds");
	text = print(r);
	if (!text)
		return err_set(reterr, E_NOMEM, "the record's text");
	if (strlen(text) > RECORD_TEXT_MAX)
		return err_set(reterr, E_NO_SPACE, "the record takes %zu bytes, and %d is the most",
			       strlen(text), RECORD_TEXT_MAX);
	failed = read_back(r, text, reterr);
	if (failed < 0)
		return failed;
	ret->max = RECORD_TEXT_MAX + 1; /* the NUL */
	buf_put(ret, text, strlen(text) + 1);
	if (ret->failed)
		return err_set(reterr, E_NOMEM, "the record's text");
	ret->len--;
	return 0;
}
