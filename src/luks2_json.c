/* SPDX-License-Identifier: MIT */
#include "luks2_json.h"

#include "codec.h"

#include <stdio.h>
#include <string.h>

/*
 * Object ids are decimal strings. libcryptsetup numbers keyslots, tokens and digests below 32, and
 * segments, of which there are a few even in a re-encryption, far below.
 */
#define ID_MAX 31

static bool parse_id(const char *text, int *ret)
{
	uint64_t id;

	if (!text || !decimal_u64(text, ID_MAX, &id))
		return false;
	*ret = (int)id;
	return true;
}

/* The ids of an object's members, as a bit mask; each member must be an object. */
static int object_ids(const struct json *j, const struct cJSON *obj, uint32_t *ret,
		      struct err *reterr)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < json_count(obj); i++) {
		const struct cJSON *child = json_at(obj, i);
		int id;

		if (!parse_id(json_key(child), &id))
			return json_fail(j, obj, json_key(child), "id from 0 to 31 expected",
					 reterr);
		if (!json_is_object(child))
			return json_fail(j, obj, json_key(child), "object expected", reterr);
		mask |= UINT32_C(1) << id;
	}
	*ret = mask;
	return 0;
}

/* An array of ids, each once, each naming something that is there. */
static int id_list(const struct json *j, const struct cJSON *obj, const char *key, uint32_t known,
		   uint32_t *ret, struct err *reterr)
{
	const struct cJSON *list = NULL;
	uint32_t mask = 0;
	int r = json_get_array(j, obj, key, &list, reterr);

	if (r < 0)
		return r;
	for (size_t i = 0; i < json_count(list); i++) {
		char what[48];
		int id;

		if (!parse_id(json_string(json_at(list, i)), &id))
			return json_fail(j, obj, key, "ids from 0 to 31 expected", reterr);
		if (known & ~mask & UINT32_C(1) << id) {
			mask |= UINT32_C(1) << id;
			continue;
		}
		(void)snprintf(what, sizeof(what), mask & UINT32_C(1) << id ? "names %d twice" :
			       "names %d, which is not there", id);
		return json_fail(j, obj, key, what, reterr);
	}
	*ret = mask;
	return 0;
}

/* A string that has to fit. */
static int get_text(const struct json *j, const struct cJSON *obj, const char *key, char *out,
		    size_t size, struct err *reterr)
{
	const char *text = NULL;
	int r = json_get_string(j, obj, key, &text, reterr);

	if (r < 0)
		return r;
	if (strlen(text) >= size)
		return json_fail(j, obj, key, "text is too long", reterr);
	memcpy(out, text, strlen(text) + 1);
	return 0;
}

/* A string of which the beginning is enough: types that mean nothing to us. */
static int get_type(const struct json *j, const struct cJSON *obj, char out[LUKS2_TYPE_MAX],
		    struct err *reterr)
{
	const char *text = NULL;
	int r = json_get_string(j, obj, "type", &text, reterr);

	if (r < 0)
		return r;
	(void)snprintf(out, LUKS2_TYPE_MAX, "%s", text);
	return 0;
}

static int get_u32(const struct json *j, const struct cJSON *obj, const char *key, uint32_t *ret,
		   struct err *reterr)
{
	uint64_t v = 0;
	int r = json_get_u64(j, obj, key, UINT32_MAX, &v, reterr);

	if (r < 0)
		return r;
	*ret = (uint32_t)v;
	return 0;
}

/* Fails unless obj's "type" is the one expected. */
static int need_type(const struct json *j, const struct cJSON *obj, const char *type,
		     struct err *reterr)
{
	const char *text = NULL;
	int r = json_get_string(j, obj, "type", &text, reterr);

	if (r < 0)
		return r;
	if (strcmp(text, type) != 0)
		return err_set(reterr, j->code, "%s type is '%.40s', not '%s'", json_key(obj), text,
			       type);
	return 0;
}

static int decode_af(const struct json *j, const struct cJSON *slot, struct luks2_keyslot *k,
		     struct err *reterr)
{
	static const char *const keys[] = {"type", "stripes", "hash", NULL};
	const struct cJSON *af = NULL;
	int r = json_get_object(j, slot, "af", &af, reterr);

	if (r < 0)
		return r;
	r = need_type(j, af, "luks1", reterr);
	if (r < 0)
		return r;
	r = json_only_keys(j, af, keys, reterr);
	if (r < 0)
		return r;
	r = get_u32(j, af, "stripes", &k->af_stripes, reterr);
	if (r < 0)
		return r;
	return get_text(j, af, "hash", k->af_hash, sizeof(k->af_hash), reterr);
}

static int decode_area(const struct json *j, const struct cJSON *slot, struct luks2_keyslot *k,
		       struct err *reterr)
{
	static const char *const keys[] = {"type", "offset", "size", "encryption", "key_size", NULL};
	const struct cJSON *area = NULL;
	int r = json_get_object(j, slot, "area", &area, reterr);

	if (r < 0)
		return r;
	r = need_type(j, area, "raw", reterr);
	if (r < 0)
		return r;
	r = json_only_keys(j, area, keys, reterr);
	if (r < 0)
		return r;
	r = get_text(j, area, "encryption", k->area_cipher, sizeof(k->area_cipher), reterr);
	if (r < 0)
		return r;
	return get_u32(j, area, "key_size", &k->area_key_size, reterr);
}

static int decode_kdf(const struct json *j, const struct cJSON *slot, struct luks2_keyslot *k,
		      struct err *reterr)
{
	static const char *const pbkdf2_keys[] = {"type", "salt", "hash", "iterations", NULL};
	static const char *const argon_keys[] = {"type", "salt", "time", "memory", "cpus", NULL};
	const struct cJSON *kdf = NULL;
	bool pbkdf2;
	int r = json_get_object(j, slot, "kdf", &kdf, reterr);

	if (r < 0)
		return r;
	r = get_text(j, kdf, "type", k->kdf, sizeof(k->kdf), reterr);
	if (r < 0)
		return r;
	pbkdf2 = strcmp(k->kdf, "pbkdf2") == 0;
	if (!pbkdf2 && strcmp(k->kdf, "argon2i") != 0 && strcmp(k->kdf, "argon2id") != 0)
		return err_set(reterr, j->code, "kdf type is '%s'", k->kdf);
	r = json_only_keys(j, kdf, pbkdf2 ? pbkdf2_keys : argon_keys, reterr);
	if (r < 0)
		return r;
	r = json_get_base64(j, kdf, "salt", k->kdf_salt, sizeof(k->kdf_salt), &k->kdf_salt_len,
			    reterr);
	if (r < 0)
		return r;
	r = get_u32(j, kdf, pbkdf2 ? "iterations" : "time", &k->kdf_iterations, reterr);
	if (r < 0)
		return r;
	if (pbkdf2)
		return get_text(j, kdf, "hash", k->kdf_hash, sizeof(k->kdf_hash), reterr);
	r = get_u32(j, kdf, "memory", &k->kdf_memory, reterr);
	if (r < 0)
		return r;
	return get_u32(j, kdf, "cpus", &k->kdf_cpus, reterr);
}

/* Where a keyslot's area lies; any type may have one, and ours must not overlap it. */
static int decode_place(const struct json *j, const struct cJSON *slot, struct luks2_keyslot *k,
			struct err *reterr)
{
	const struct cJSON *area = NULL;
	int r = json_get_object(j, slot, "area", &area, reterr);

	if (r < 0)
		return r;
	r = json_get_u64_string(j, area, "offset", &k->area_offset, reterr);
	if (r < 0)
		return r;
	r = json_get_u64_string(j, area, "size", &k->area_size, reterr);
	if (r < 0)
		k->area_offset = 0;
	return r;
}

static int decode_plain(const struct json *j, const struct cJSON *slot, struct luks2_keyslot *k,
			struct err *reterr)
{
	static const char *const keys[] = {"type", "key_size", "af", "area", "kdf", "priority", NULL};
	int r = json_only_keys(j, slot, keys, reterr);

	if (r < 0)
		return r;
	r = get_u32(j, slot, "key_size", &k->key_size, reterr);
	if (r < 0)
		return r;
	r = decode_af(j, slot, k, reterr);
	if (r < 0)
		return r;
	r = decode_area(j, slot, k, reterr);
	if (r < 0)
		return r;
	return decode_kdf(j, slot, k, reterr);
}

/* A keyslot that is not understood is not used: that it is there must not keep a volume closed. */
static int decode_keyslot(const struct json *j, const struct cJSON *slot, struct luks2_header *h,
			  struct err *reterr)
{
	struct luks2_keyslot k = {0}, bare;
	struct err why = {0};
	int r;

	(void)parse_id(json_key(slot), &k.id);
	r = get_type(j, slot, k.type, reterr);
	if (r < 0)
		return r;
	r = decode_place(j, slot, &k, &why);
	bare = k;
	if (strcmp(k.type, "reencrypt") == 0)
		h->reencrypt_keyslot = true;
	if (strcmp(k.type, "luks2") != 0)
		(void)err_set(&why, j->code, "keyslot type is '%s', not 'luks2'", k.type);
	else if (r == 0 && decode_plain(j, slot, &k, &why) == 0)
		k.plain = true;
	if (!k.plain) {
		k = bare;
		(void)snprintf(k.reason, sizeof(k.reason), "%.*s", LUKS2_REASON_MAX - 1, why.msg);
	}
	h->keyslot[h->keyslot_count++] = k;
	return 0;
}

static int decode_crypt_segment(const struct json *j, const struct cJSON *seg,
				struct luks2_segment *s, struct err *reterr)
{
	static const char *const keys[] = {"type", "offset", "size", "iv_tweak", "encryption",
					   "sector_size", "integrity", "flags", NULL};
	const struct cJSON *flags = NULL;
	const char *size = NULL;
	int r = json_only_keys(j, seg, keys, reterr);

	if (r < 0)
		return r;
	r = json_get_u64_string(j, seg, "offset", &s->offset, reterr);
	if (r < 0)
		return r;
	r = json_get_string(j, seg, "size", &size, reterr);
	if (r < 0)
		return r;
	s->dynamic = strcmp(size, "dynamic") == 0;
	if (!s->dynamic) {
		r = json_get_u64_string(j, seg, "size", &s->size, reterr);
		if (r < 0)
			return r;
	}
	r = json_get_u64_string(j, seg, "iv_tweak", &s->iv_tweak, reterr);
	if (r < 0)
		return r;
	r = get_text(j, seg, "encryption", s->cipher, sizeof(s->cipher), reterr);
	if (r < 0)
		return r;
	s->integrity = json_find(seg, "integrity") != NULL;
	if (json_find(seg, "flags")) {
		r = json_get_array(j, seg, "flags", &flags, reterr);
		if (r < 0)
			return r;
		s->flag_count = json_count(flags);
	}
	return get_u32(j, seg, "sector_size", &s->sector_size, reterr);
}

static int decode_segments(const struct json *j, struct luks2_header *h, uint32_t *ret_ids,
			   struct err *reterr)
{
	const struct cJSON *all = NULL, *seg;
	int r = json_get_object(j, j->root, "segments", &all, reterr);

	if (r < 0)
		return r;
	r = object_ids(j, all, ret_ids, reterr);
	if (r < 0)
		return r;
	h->segment_count = json_count(all);
	seg = json_find(all, "0");
	if (!seg)
		return 0;
	r = get_type(j, seg, h->segment.type, reterr);
	if (r < 0 || strcmp(h->segment.type, "crypt") != 0)
		return r;
	return decode_crypt_segment(j, seg, &h->segment, reterr);
}

static int decode_keyslots(const struct json *j, struct luks2_header *h, uint32_t *ret_ids,
			   struct err *reterr)
{
	const struct cJSON *all = NULL;
	int r = json_get_object(j, j->root, "keyslots", &all, reterr);

	if (r < 0)
		return r;
	r = object_ids(j, all, ret_ids, reterr);
	if (r < 0)
		return r;
	/* ids are below 32 and no key stands twice, so there are at most 32 */
	for (size_t i = 0; i < json_count(all); i++) {
		r = decode_keyslot(j, json_at(all, i), h, reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

static int decode_tokens(const struct json *j, struct luks2_header *h, uint32_t keyslot_ids,
			 struct err *reterr)
{
	const struct cJSON *all = NULL;
	uint32_t ids = 0;
	int r = json_get_object(j, j->root, "tokens", &all, reterr);

	if (r < 0)
		return r;
	r = object_ids(j, all, &ids, reterr);
	if (r < 0)
		return r;
	for (size_t i = 0; i < json_count(all); i++) {
		struct luks2_token *t = &h->token[h->token_count];
		const struct cJSON *token = json_at(all, i);

		(void)parse_id(json_key(token), &t->id);
		r = get_type(j, token, t->type, reterr);
		if (r < 0)
			return r;
		r = id_list(j, token, "keyslots", keyslot_ids, &t->keyslots, reterr);
		if (r < 0)
			return r;
		t->text = json_print(token, false);
		if (!t->text)
			return err_set(reterr, E_NOMEM, "no memory for token %d", t->id);
		h->token_count++;
	}
	return 0;
}

static int decode_digest(const struct json *j, const struct cJSON *node, struct luks2_digest *d,
			 struct err *reterr)
{
	static const char *const keys[] = {"type", "keyslots", "segments", "hash", "iterations",
					   "salt", "digest", NULL};
	int r = get_type(j, node, d->type, reterr);

	if (r < 0 || strcmp(d->type, "pbkdf2") != 0)
		return r;
	r = json_only_keys(j, node, keys, reterr);
	if (r < 0)
		return r;
	r = get_text(j, node, "hash", d->hash, sizeof(d->hash), reterr);
	if (r < 0)
		return r;
	r = get_u32(j, node, "iterations", &d->iterations, reterr);
	if (r < 0)
		return r;
	r = json_get_base64(j, node, "salt", d->salt, sizeof(d->salt), &d->salt_len, reterr);
	if (r < 0)
		return r;
	return json_get_base64(j, node, "digest", d->digest, sizeof(d->digest), &d->digest_len,
			       reterr);
}

static int decode_digests(const struct json *j, struct luks2_header *h, uint32_t keyslot_ids,
			  uint32_t segment_ids, struct err *reterr)
{
	const struct cJSON *all = NULL;
	uint32_t ids = 0;
	int r = json_get_object(j, j->root, "digests", &all, reterr);

	if (r < 0)
		return r;
	r = object_ids(j, all, &ids, reterr);
	if (r < 0)
		return r;
	for (size_t i = 0; i < json_count(all); i++) {
		struct luks2_digest d = {0};
		uint32_t segments = 0;

		r = id_list(j, json_at(all, i), "keyslots", keyslot_ids, &d.keyslots, reterr);
		if (r < 0)
			return r;
		r = id_list(j, json_at(all, i), "segments", segment_ids, &segments, reterr);
		if (r < 0)
			return r;
		if (!(segments & 1)) {
			h->other_keyslots |= d.keyslots;
			continue;
		}
		r = decode_digest(j, json_at(all, i), &d, reterr);
		if (r < 0)
			return r;
		h->digest = d;
		h->digest_count++;
	}
	return 0;
}

/* An optional array of words; *ret is NULL when it isn't there. */
static int word_list(const struct json *j, const struct cJSON *obj, const char *key,
		     const struct cJSON **ret, struct err *reterr)
{
	int r;

	*ret = NULL;
	if (!json_find(obj, key))
		return 0;
	r = json_get_array(j, obj, key, ret, reterr);
	if (r < 0)
		return r;
	for (size_t i = 0; i < json_count(*ret); i++)
		if (!json_string(json_at(*ret, i)))
			return json_fail(j, obj, key, "strings expected", reterr);
	return 0;
}

static void keep_first(const struct cJSON *list, size_t *ret_count, char first[LUKS2_WORD_SIZE])
{
	*ret_count = json_count(list);
	if (*ret_count)
		(void)snprintf(first, LUKS2_WORD_SIZE, "%s", json_string(json_at(list, 0)));
}

static int decode_requirements(const struct json *j, const struct cJSON *config,
			       struct luks2_header *h, struct err *reterr)
{
	static const char *const keys[] = {"mandatory", NULL};
	const struct cJSON *requirements = NULL, *list;
	int r;

	if (!json_find(config, "requirements"))
		return 0;
	r = json_get_object(j, config, "requirements", &requirements, reterr);
	if (r < 0)
		return r;
	r = json_only_keys(j, requirements, keys, reterr);
	if (r < 0)
		return r;
	r = word_list(j, requirements, "mandatory", &list, reterr);
	if (r < 0)
		return r;
	keep_first(list, &h->requirement_count, h->first_requirement);
	return 0;
}

static int decode_config(const struct json *j, struct luks2_header *h, struct err *reterr)
{
	static const char *const keys[] = {"json_size", "keyslots_size", "flags", "requirements",
					   NULL};
	const struct cJSON *config = NULL, *list;
	int r = json_get_object(j, j->root, "config", &config, reterr);

	if (r < 0)
		return r;
	r = json_only_keys(j, config, keys, reterr);
	if (r < 0)
		return r;
	r = json_get_u64_string(j, config, "json_size", &h->json_size, reterr);
	if (r < 0)
		return r;
	if (h->json_size != h->hdr_size - LUKS2_BIN_HDR_SIZE)
		return err_set(reterr, j->code, "%s: config.json_size is %llu, not %llu", j->name,
			       (unsigned long long)h->json_size,
			       (unsigned long long)(h->hdr_size - LUKS2_BIN_HDR_SIZE));
	r = json_get_u64_string(j, config, "keyslots_size", &h->keyslots_size, reterr);
	if (r < 0)
		return r;
	if (h->keyslots_size % 4096 || h->keyslots_size > LUKS2_KEYSLOTS_SIZE_MAX)
		return err_set(reterr, j->code, "%s: config.keyslots_size is %llu, not a multiple "
			       "of 4096 up to %d", j->name, (unsigned long long)h->keyslots_size,
			       LUKS2_KEYSLOTS_SIZE_MAX);
	r = word_list(j, config, "flags", &list, reterr);
	if (r < 0)
		return r;
	keep_first(list, &h->flag_count, h->first_flag);
	return decode_requirements(j, config, h, reterr);
}

static int decode_root(const struct json *j, struct luks2_header *h, struct err *reterr)
{
	static const char *const keys[] = {"keyslots", "tokens", "segments", "digests", "config",
					   NULL};
	uint32_t keyslot_ids = 0, segment_ids = 0;
	int r;

	if (!json_is_object(j->root))
		return err_set(reterr, j->code, "%s: object expected", j->name);
	r = json_only_keys(j, j->root, keys, reterr);
	if (r < 0)
		return r;
	r = decode_config(j, h, reterr);
	if (r < 0)
		return r;
	r = decode_keyslots(j, h, &keyslot_ids, reterr);
	if (r < 0)
		return r;
	r = decode_segments(j, h, &segment_ids, reterr);
	if (r < 0)
		return r;
	r = decode_digests(j, h, keyslot_ids, segment_ids, reterr);
	if (r < 0)
		return r;
	return decode_tokens(j, h, keyslot_ids, reterr);
}

int luks2_json_decode(struct luks2_header *h, const char *text, size_t len, struct err *reterr)
{
	_cleanup_json_ struct json j = {0};
	int r;

	r = json_parse(&j, "metadata", E_HEADER_MALFORMED, text, len, reterr);
	if (r < 0)
		return r;
	return decode_root(&j, h, reterr);
}
