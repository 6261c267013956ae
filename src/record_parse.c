/* SPDX-License-Identifier: MIT */
#include "record.h"

#include "codec.h"
#include "json.h"

#include <string.h>

#define KEYSLOT_MAX (LUKS2_KEYSLOTS_MAX - 1)
#define VOLUME_KEY_MAX 64
#define PCR_MASK_MAX 0xffffff
/* TPM 2.0 Library Part 2, 7.2: handle types by the first byte */
#define HANDLE_PERSISTENT 0x81
#define HANDLE_NV 0x01

struct parser {
	const struct json *j;
	struct record *r;
	bool strict; /* unknown members are refused: the record is of a version that we know */
	struct err *err;
};

static int only_keys(const struct parser *p, const struct cJSON *obj, const char *const *keys)
{
	return p->strict ? json_only_keys(p->j, obj, keys, p->err) : 0;
}

static int get_u32(const struct parser *p, const struct cJSON *obj, const char *key, uint32_t max,
		   uint32_t *ret)
{
	uint64_t value;
	int r = json_get_u64(p->j, obj, key, max, &value, p->err);

	if (r == 0)
		*ret = (uint32_t)value;
	return r;
}

/* Exactly size bytes. */
static int get_bytes(const struct parser *p, const struct cJSON *obj, const char *key, uint8_t *out,
		     size_t size)
{
	size_t len;
	int r = json_get_base64(p->j, obj, key, out, size, &len, p->err);

	if (r == 0 && len != size)
		return json_fail(p->j, obj, key, "too short", p->err);
	return r;
}

static int get_handle(const struct parser *p, const struct cJSON *obj, const char *key,
		      uint8_t type, uint32_t *ret)
{
	int r = get_u32(p, obj, key, UINT32_MAX, ret);

	if (r == 0 && *ret >> 24 != type)
		return json_fail(p->j, obj, key, "not a handle of this kind", p->err);
	return r;
}

/* An object's name begins with its nameAlg, SHA-256. */
static int get_sealed(const struct parser *p, const struct cJSON *obj, struct way_tpm2 *w)
{
	int r = get_bytes(p, obj, "name", w->srk_name, sizeof(w->srk_name));

	if (r == 0 && (w->srk_name[0] != 0 || w->srk_name[1] != HASH_SHA256))
		r = json_fail(p->j, obj, "name", "not a SHA-256 name", p->err);
	if (r == 0)
		r = json_get_base64(p->j, obj, "pub", w->public_area, sizeof(w->public_area),
				    &w->public_len, p->err);
	if (r == 0)
		r = json_get_base64(p->j, obj, "prv", w->private_area, sizeof(w->private_area),
				    &w->private_len, p->err);
	if (r == 0 && (w->public_len == 0 || w->private_len == 0))
		r = json_fail(p->j, obj, w->public_len ? "prv" : "pub", "empty", p->err);
	return r;
}

static int parse_tpm2(const struct parser *p, const struct cJSON *obj, struct way_tpm2 *w)
{
	static const char *const keys[] = {"type", "srk", "name", "key", "nv",
					   "pcrs", "pub", "prv",  NULL};
	uint8_t key[64];
	int r = only_keys(p, obj, keys);

	if (r == 0)
		r = get_handle(p, obj, "srk", HANDLE_PERSISTENT, &w->srk_handle);
	if (r == 0)
		r = get_handle(p, obj, "nv", HANDLE_NV, &w->counter_index);
	if (r == 0)
		r = get_bytes(p, obj, "key", key, sizeof(key));
	if (r == 0)
		r = get_u32(p, obj, "pcrs", PCR_MASK_MAX, &w->pcr_mask);
	if (r < 0)
		return r;
	memcpy(w->approver_x, key, 32);
	memcpy(w->approver_y, key + 32, 32);
	if (w->pcr_mask == 0 || __builtin_popcount(w->pcr_mask) > RECORD_PCRS_MAX)
		return json_fail(p->j, obj, "pcrs", "no PCRs or too many", p->err);
	if (!json_find(obj, "name") && !json_find(obj, "pub") && !json_find(obj, "prv"))
		return 0;
	return get_sealed(p, obj, w);
}

static int parse_recovery(const struct parser *p, const struct cJSON *obj, struct way_recovery *w)
{
	static const char *const keys[] = {"type", "slot", "s", NULL};
	uint32_t slot = 0;
	int r = only_keys(p, obj, keys);

	w->keyslot = -1;
	if (r == 0 && json_find(obj, "slot")) {
		r = get_u32(p, obj, "slot", KEYSLOT_MAX, &slot);
		w->keyslot = (int)slot;
	}
	if (r == 0 && w->keyslot == p->r->keyslot)
		r = json_fail(p->j, obj, "slot", "the record's own keyslot", p->err);
	return r < 0 ? r : get_bytes(p, obj, "s", w->wrapped, sizeof(w->wrapped));
}

static int parse_parent(const struct parser *p, const struct cJSON *obj, struct way_parent *w)
{
	static const char *const keys[] = {"type", "parent", "s", NULL};
	int r = only_keys(p, obj, keys);

	if (r == 0)
		r = get_bytes(p, obj, "parent", w->parent_id, sizeof(w->parent_id));
	return r < 0 ? r : get_bytes(p, obj, "s", w->wrapped, sizeof(w->wrapped));
}

static int parse_guest_key(const struct parser *p, const struct cJSON *obj,
			   struct way_guest_key *w)
{
	static const char *const keys[] = {"type", "key", "s", NULL};
	int r = only_keys(p, obj, keys);

	if (r == 0)
		r = get_bytes(p, obj, "key", w->key, sizeof(w->key));
	if (r == 0)
		r = json_get_base64(p->j, obj, "s", w->wrapped, sizeof(w->wrapped),
				    &w->wrapped_len, p->err);
	if (r == 0 && w->wrapped_len != 256 && w->wrapped_len != 384)
		r = json_fail(p->j, obj, "s", "not of an RSA key of 2048 or 3072 bits", p->err);
	return r;
}

static const struct {
	const char *name;
	enum way_type type;
} way_types[] = {
	{"tpm2", WAY_TPM2},
	{"recovery", WAY_RECOVERY},
	{"parent", WAY_PARENT},
	{"guest-secret-key", WAY_GUEST_KEY},
};

const char *record_way_name(enum way_type type)
{
	for (size_t i = 0; i < ARRAY_SIZE(way_types); i++)
		if (way_types[i].type == type)
			return way_types[i].name;
	return "unknown";
}

static enum way_type way_type(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(way_types); i++)
		if (strcmp(way_types[i].name, name) == 0)
			return way_types[i].type;
	return 0;
}

static int parse_way(const struct parser *p, const struct cJSON *obj)
{
	enum way_type type;
	struct way *w;
	const char *name;
	int r = json_get_string(p->j, obj, "type", &name, p->err);

	if (r < 0)
		return r;
	type = way_type(name);
	if (!type && !p->strict)
		return 0;
	if (!type)
		return json_fail(p->j, obj, "type", "unknown way", p->err);
	/* one way of each type: there is always room for the next */
	if (record_way(p->r, type))
		return json_fail(p->j, obj, "type", "a way of this type is there already", p->err);
	w = &p->r->ways[p->r->way_count++];
	w->type = type;
	switch (type) {
	case WAY_TPM2:
		return parse_tpm2(p, obj, &w->tpm2);
	case WAY_RECOVERY:
		return parse_recovery(p, obj, &w->recovery);
	case WAY_PARENT:
		return parse_parent(p, obj, &w->parent);
	case WAY_GUEST_KEY:
		return parse_guest_key(p, obj, &w->guest_key);
	}
	return 0;
}

static int parse_approval(const struct parser *p, const struct cJSON *obj, size_t pcrs)
{
	static const char *const keys[] = {"n", "sig", "pcr", "f", NULL};
	struct approval *a = &p->r->approvals[p->r->approval_count];
	uint32_t flags = 0;
	int r = only_keys(p, obj, keys);

	if (r == 0)
		r = json_get_u64_string(p->j, obj, "n", &a->number, p->err);
	if (r == 0)
		r = get_bytes(p, obj, "sig", a->signature, sizeof(a->signature));
	if (r == 0)
		r = get_bytes(p, obj, "pcr", a->pcr_short[0], pcrs * RECORD_PCR_SHORT);
	if (r == 0)
		r = get_u32(p, obj, "f", 3, &flags);
	if (r < 0)
		return r;
	for (const struct approval *b = p->r->approvals; b < a; b++)
		if (b->number == a->number)
			return json_fail(p->j, obj, "n", "given twice", p->err);
	a->proven = flags & 1;
	a->unexplained = flags & 2;
	p->r->approval_count++;
	return 0;
}

static int parse_lists(const struct parser *p)
{
	const struct cJSON *ways, *approvals, *root = p->j->root;
	const struct way *tpm2;
	int r = json_get_array(p->j, root, "ways", &ways, p->err);

	if (r == 0)
		r = json_get_array(p->j, root, "ok", &approvals, p->err);
	for (size_t i = 0; r == 0 && i < json_count(ways); i++)
		r = parse_way(p, json_at(ways, i));
	if (r < 0)
		return r;
	tpm2 = record_way(p->r, WAY_TPM2);
	if (json_count(approvals) > (tpm2 ? RECORD_APPROVALS_MAX : 0))
		return json_fail(p->j, root, "ok", "too many", p->err);
	for (size_t i = 0; r == 0 && i < json_count(approvals); i++)
		r = parse_approval(p, json_at(approvals, i),
				   (size_t)__builtin_popcount(tpm2->tpm2.pcr_mask));
	return r;
}

/* The name goes to device-mapper and into messages: one plain word. */
static int get_cipher(const struct parser *p)
{
	const char *text;
	int r = json_get_string(p->j, p->j->root, "cipher", &text, p->err);

	if (r < 0)
		return r;
	if (!*text || strlen(text) >= sizeof(p->r->cipher) ||
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		return json_fail(p->j, p->j->root, "cipher", "not the name of a cipher", p->err);
	memcpy(p->r->cipher, text, strlen(text) + 1);
	return 0;
}

static int parse_geometry(const struct parser *p)
{
	const struct cJSON *root = p->j->root;
	struct record *rec = p->r;
	int r = get_cipher(p);

	if (r == 0)
		r = get_u32(p, root, "key", VOLUME_KEY_MAX, &rec->key_size);
	if (r == 0 && rec->key_size < 16)
		r = json_fail(p->j, root, "key", "too short", p->err);
	if (r == 0)
		r = get_u32(p, root, "sector", 4096, &rec->sector_size);
	if (r == 0 && (rec->sector_size < 512 || rec->sector_size & (rec->sector_size - 1)))
		r = json_fail(p->j, root, "sector", "not a sector size", p->err);
	if (r == 0)
		r = json_get_u64_string(p->j, root, "offset", &rec->offset, p->err);
	if (r == 0 && (rec->offset % 512 || rec->offset > INT64_MAX))
		r = json_fail(p->j, root, "offset", "not a place on a disk", p->err);
	if (r == 0)
		r = json_get_base64(p->j, root, "vk", rec->volume_key, sizeof(rec->volume_key),
				    &rec->volume_key_len, p->err);
	if (r == 0 && rec->volume_key_len != KWP_SIZE(rec->key_size))
		r = json_fail(p->j, root, "vk", "not the length for this key", p->err);
	return r;
}

static int parse_keyslot(const struct parser *p)
{
	const struct cJSON *slots;
	const char *text;
	uint64_t slot;
	int r = json_get_array(p->j, p->j->root, "keyslots", &slots, p->err);

	if (r < 0)
		return r;
	text = json_count(slots) == 1 ? json_string(json_at(slots, 0)) : NULL;
	if (!text || !decimal_u64(text, KEYSLOT_MAX, &slot))
		return json_fail(p->j, p->j->root, "keyslots", "not exactly one keyslot", p->err);
	p->r->keyslot = (int)slot;
	return 0;
}

/* What says how the rest is to be read. */
static int parse_version(struct parser *p)
{
	const struct cJSON *root = p->j->root;
	const char *type;
	int r = json_get_string(p->j, root, "type", &type, p->err);

	if (r == 0 && strcmp(type, RECORD_TYPE) != 0)
		r = json_fail(p->j, root, "type", "not a cvmcrypt record", p->err);
	if (r == 0)
		r = get_u32(p, root, "v", UINT32_MAX, &p->r->version);
	if (r == 0)
		r = get_u32(p, root, "min", UINT32_MAX, &p->r->min_version);
	if (r < 0)
		return r;
	if (p->r->min_version == 0 || p->r->min_version > p->r->version)
		return json_fail(p->j, root, "min", "not between 1 and \"v\"", p->err);
	if (p->r->min_version > RECORD_VERSION)
		return err_set(p->err, E_RECORD_TOO_NEW,
			       "the record needs a cvmcrypt that reads records of version %u; "
			       "this one reads up to %d",
			       p->r->min_version, RECORD_VERSION);
	p->strict = p->r->version <= RECORD_VERSION;
	return 0;
}

static int parse_root(struct parser *p)
{
	static const char *const keys[] = {"type", "keyslots", "v",   "min",	"id",
					   "gen",  "cipher",   "key", "sector", "offset",
					   "vk",   "ways",     "mac", "ok",	NULL};
	const struct cJSON *root = p->j->root;
	int r = parse_version(p);

	if (r == 0)
		r = only_keys(p, root, keys);
	if (r == 0)
		r = parse_keyslot(p);
	if (r == 0)
		r = get_bytes(p, root, "id", p->r->id, sizeof(p->r->id));
	if (r == 0)
		r = json_get_u64_string(p->j, root, "gen", &p->r->generation, p->err);
	if (r == 0)
		r = parse_geometry(p);
	if (r == 0)
		r = parse_lists(p);
	if (r == 0)
		r = get_bytes(p, root, "mac", p->r->mac, sizeof(p->r->mac));
	return r;
}

int record_parse(struct record *ret, const char *text, size_t len, struct err *reterr)
{
	_cleanup_json_ struct json j = {0};
	struct parser p = {.j = &j, .r = ret, .err = reterr};
	int r;

	memset(ret, 0, sizeof(*ret));
	if (len > RECORD_TEXT_MAX)
		return err_set(reterr, E_RECORD_MALFORMED, "record: larger than %d bytes",
			       RECORD_TEXT_MAX);
	r = json_parse(&j, "record", E_RECORD_MALFORMED, text, len, reterr);
	return r < 0 ? r : parse_root(&p);
}
