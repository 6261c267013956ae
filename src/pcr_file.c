/* SPDX-License-Identifier: MIT */
#include "pcr_file.h"

#include "codec.h"
#include "file.h"
#include "json.h"

#include <string.h>

/* tpm2-tss, tss2_tpm2_types.h: the arrays of its structures */
#define TSS_SELECTIONS 16
#define TSS_DIGESTS 8
#define TSS_LISTS_MAX 24
#define TSS_SELECTION_SIZE 8	/* hash, sizeofSelect, pcrSelect[4], a byte of padding */
#define TSS_HEAD (4 + TSS_SELECTIONS * TSS_SELECTION_SIZE + 4)
#define TSS_LIST (4 + TSS_DIGESTS * (2 + DIGEST_MAX))

static int malformed(const char *name, const char *what, struct err *reterr)
{
	return err_set(reterr, E_PCRS_MALFORMED, "%s: %s", name, what);
}

static struct pcr_bank *find_or_add(struct pcr_values *v, uint16_t hash)
{
	struct pcr_bank *b;

	for (size_t i = 0; i < v->count; i++)
		if (v->bank[i].hash == hash)
			return &v->bank[i];
	if (v->count == PCR_BANKS_MAX || hash_size(hash) == 0)
		return NULL;
	b = &v->bank[v->count++];
	*b = (struct pcr_bank){.hash = hash};
	return b;
}

const struct pcr_bank *pcr_values_bank(const struct pcr_values *v, uint16_t hash)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->bank[i].hash == hash)
			return &v->bank[i];
	return NULL;
}

int pcr_values_set(struct pcr_values *v, uint16_t hash, unsigned index, const uint8_t *value,
		   struct err *reterr)
{
	struct pcr_bank *b;

	if (index >= PCR_INDEX_MAX)
		return err_set(reterr, E_PCRS_MALFORMED, "there is no PCR %u", index);
	b = find_or_add(v, hash);
	if (!b)
		return err_set(reterr, E_PCRS_MALFORMED, "no room for a bank, or it is not known");
	memcpy(b->value[index], value, hash_size(hash));
	b->mask |= UINT32_C(1) << index;
	return 0;
}

/* The bank whose values have this many hex digits; SM3 values look like those of SHA-256. */
static uint16_t bank_by_length(const struct cJSON *values)
{
	static const uint16_t known[] = {HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512};
	const char *text = json_string(json_at(values, 0));

	for (size_t i = 0; text && i < ARRAY_SIZE(known); i++)
		if (strlen(text) == 2 * hash_size(known[i]))
			return known[i];
	return 0;
}

/* {"0":"hex",...} of one bank */
static int read_values(const struct json *j, const struct cJSON *values, uint16_t hash,
		       struct pcr_values *ret, struct err *reterr)
{
	size_t count = json_count(values);
	uint8_t value[DIGEST_MAX];

	if (count > PCR_INDEX_MAX)
		return malformed(j->name, "more PCRs than there are", reterr);
	for (size_t i = 0; i < count; i++) {
		const struct cJSON *node = json_at(values, i);
		const char *text = json_string(node);
		uint64_t index;
		int r;

		if (!decimal_u64(json_key(node), PCR_INDEX_MAX - 1, &index))
			return json_fail(j, values, json_key(node), "number of a PCR expected",
					 reterr);
		if (!text || !hex_decode(value, hash_size(hash), text))
			return json_fail(j, values, json_key(node),
					 "hex of the bank's size expected", reterr);
		r = pcr_values_set(ret, hash, (unsigned)index, value, reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_one_bank(const struct json *j, struct pcr_values *ret, struct err *reterr)
{
	static const char *const keys[] = {"bank", "pcrs", NULL};
	const struct cJSON *values = NULL;
	const char *name = "?";
	uint16_t hash;
	int r;

	r = json_only_keys(j, j->root, keys, reterr);
	if (r == 0)
		r = json_get_object(j, j->root, "pcrs", &values, reterr);
	if (r == 0 && json_find(j->root, "bank"))
		r = json_get_string(j, j->root, "bank", &name, reterr);
	if (r < 0)
		return r;
	hash = strcmp(name, "?") == 0 ? bank_by_length(values) : hash_by_name(name);
	if (!hash)
		return json_fail(j, j->root, "bank", "name of a bank expected", reterr);
	return read_values(j, values, hash, ret, reterr);
}

static int read_json(const struct json *j, struct pcr_values *ret, struct err *reterr)
{
	if (!json_is_object(j->root))
		return malformed(j->name, "an object expected", reterr);
	if (json_find(j->root, "pcrs"))
		return read_one_bank(j, ret, reterr);
	for (size_t i = 0, n = json_count(j->root); i < n; i++) {
		const struct cJSON *values = json_at(j->root, i);
		uint16_t hash = hash_by_name(json_key(values));
		int r;

		if (!hash || !json_is_object(values))
			return json_fail(j, j->root, json_key(values), "values of a bank expected",
					 reterr);
		r = read_values(j, values, hash, ret, reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

struct tss_file {
	struct cursor lists;
	uint32_t lists_left, digests_left;	/* of all lists, of this list */
	struct cursor digests;
};

/* The next value, in the order of the selections; NULL when there is none or its size is wrong. */
static const uint8_t *next_value(struct tss_file *f, size_t size)
{
	const uint8_t *value;
	uint16_t value_size;

	if (f->digests_left == 0) {
		if (f->lists_left == 0)
			return NULL;
		f->lists_left--;
		f->digests = CURSOR(cursor_take(&f->lists, TSS_LIST), TSS_LIST);
		f->digests_left = cursor_le32(&f->digests);
		if (f->digests_left == 0 || f->digests_left > TSS_DIGESTS)
			return NULL;
	}
	f->digests_left--;
	value_size = cursor_le16(&f->digests);
	value = cursor_take(&f->digests, DIGEST_MAX);
	return value_size == size ? value : NULL;
}

static int read_selection(struct tss_file *f, struct cursor *c, struct pcr_values *ret,
			  const char *name, struct err *reterr)
{
	uint16_t hash = cursor_le16(c);
	uint8_t select_size = cursor_u8(c);
	uint32_t mask = cursor_le32(c);
	size_t size = hash_size(hash);

	(void)cursor_u8(c);
	if (size == 0 || select_size > 4 || pcr_values_bank(ret, hash))
		return malformed(name, "selection of a bank is wrong", reterr);
	if (select_size < 4 && mask >> (8 * select_size))
		return malformed(name, "selection is longer than it says", reterr);
	for (unsigned i = 0; i < PCR_INDEX_MAX; i++) {
		const uint8_t *value;
		int r;

		if (!(mask >> i & 1))
			continue;
		value = next_value(f, size);
		if (!value)
			return malformed(name, "values don't fit the selection", reterr);
		r = pcr_values_set(ret, hash, i, value, reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Sizes are checked before this is called, so the cursors never end early. */
static int read_tss(const char *name, const uint8_t *bytes, size_t len, struct pcr_values *ret,
		    struct err *reterr)
{
	struct cursor c = CURSOR(bytes, TSS_HEAD);
	struct tss_file f = {.lists = CURSOR(bytes + TSS_HEAD, len - TSS_HEAD)};
	struct cursor selections;
	uint32_t count = cursor_le32(&c);

	selections = CURSOR(cursor_take(&c, TSS_SELECTIONS * TSS_SELECTION_SIZE),
			    TSS_SELECTIONS * TSS_SELECTION_SIZE);
	f.lists_left = cursor_le32(&c);
	if (count == 0 || count > TSS_SELECTIONS || f.lists_left > TSS_LISTS_MAX ||
	    len != TSS_HEAD + (size_t)f.lists_left * TSS_LIST)
		return malformed(name, "counts don't fit its size", reterr);
	for (uint32_t i = 0; i < count; i++) {
		int r = read_selection(&f, &selections, ret, name, reterr);

		if (r < 0)
			return r;
	}
	if (f.lists_left > 0 || f.digests_left > 0)
		return malformed(name, "more values than are selected", reterr);
	return 0;
}

int pcr_file_parse(struct pcr_values *ret, const char *name, const uint8_t *bytes, size_t len,
		   struct err *reterr)
{
	struct pcr_values values = {0};
	struct json j = {0};
	int r;

	if (len > PCR_FILE_SIZE_MAX)
		return malformed(name, "too large", reterr);
	/* no JSON has a zero byte, and no count of banks fills two */
	if (len >= TSS_HEAD && bytes[1] == 0) {
		r = read_tss(name, bytes, len, &values, reterr);
	} else {
		r = json_parse(&j, name, E_PCRS_MALFORMED, bytes, len, reterr);
		if (r == 0)
			r = read_json(&j, &values, reterr);
		json_done(&j);
	}
	if (r == 0 && values.count == 0)
		r = malformed(name, "it has no values", reterr);
	if (r == 0)
		*ret = values;
	return r;
}

int pcr_file_read(struct pcr_values *ret, const char *path, struct err *reterr)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(0);
	int r;

	r = file_read(path, PCR_FILE_SIZE_MAX, &bytes, reterr);
	if (r < 0)
		return r;
	return pcr_file_parse(ret, path, bytes.data, bytes.len, reterr);
}
