/* SPDX-License-Identifier: MIT */
#include "luks_table.h"

#include "codec.h"

#include <stdio.h>
#include <string.h>

#define PARAMS_MAX 1024		/* the longest honest one, a 128-byte key in hex, is below 400 */
#define WORDS_MAX 16

struct words {
	char text[PARAMS_MAX];
	char *word[WORDS_MAX];
	size_t count;
};

bool luks_mapping_name_ok(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";
	size_t len = strlen(name);

	return len > 0 && len < LUKS_MAPPING_NAME_MAX && strspn(name, allowed) == len &&
	       name[0] != '.' && name[0] != '-';
}

/* The kernel puts one space between words and none at the end. */
static bool split(struct words *w, const char *params)
{
	size_t len = strnlen(params, PARAMS_MAX);
	char *p = w->text;

	w->count = 0;
	if (len == 0 || len >= PARAMS_MAX)
		return false;
	memcpy(w->text, params, len + 1);
	while (p) {
		char *space = strchr(p, ' ');

		if (space)
			*space++ = 0;
		if (*p == 0 || w->count == WORDS_MAX)
			return false;
		w->word[w->count++] = p;
		p = space;
	}
	return true;
}

static bool is_hex_of(const char *text, size_t bytes)
{
	return strlen(text) == 2 * bytes && strspn(text, "0123456789abcdefABCDEF") == 2 * bytes;
}

/* ":64:logon:cryptsetup:UUID-d0" when the key is in the kernel's keyring, else the key in hex. */
static bool key_ok(const char *key, const struct luks_table_expect *e)
{
	char prefix[96];
	uint64_t digest;
	int n;

	if (key[0] != ':')
		return is_hex_of(key, e->key_size);
	n = snprintf(prefix, sizeof(prefix), ":%u:logon:cryptsetup:%s-d", e->key_size, e->uuid);
	if (n < 0 || (size_t)n >= sizeof(prefix) || strncmp(key, prefix, (size_t)n) != 0)
		return false;
	return decimal_u64(key + n, 31, &digest);
}

static bool device_ok(const char *text, const struct luks_table_expect *e)
{
	char want[32];

	(void)snprintf(want, sizeof(want), "%u:%u", e->device_major, e->device_minor);
	return strcmp(text, want) == 0;
}

/*
 * The optional parameters must be those that the request implies: none missing, none beside them.
 */
static int judge_options(const struct luks_table_expect *e, const struct words *w,
			 struct err *reterr)
{
	bool discards = false, sectors = false;
	char want[32];
	uint64_t count = 0;

	(void)snprintf(want, sizeof(want), "sector_size:%u", e->sector_size);
	if (w->count > 5 &&
	    (!decimal_u64(w->word[5], WORDS_MAX, &count) || count != w->count - 6))
		return err_set(reterr, E_READBACK, "optional parameters are not counted right");
	for (size_t i = 6; i < w->count; i++) {
		bool *seen = strcmp(w->word[i], "allow_discards") == 0 && e->discards ? &discards :
			     strcmp(w->word[i], want) == 0 ? &sectors : NULL;

		if (!seen || *seen)
			return err_set(reterr, E_READBACK,
				       "optional parameter '%.40s' was not asked for", w->word[i]);
		*seen = true;
	}
	if (discards != e->discards)
		return err_set(reterr, E_READBACK, "discards were asked for and are not on");
	if (e->sector_size != LUKS_SECTOR_BYTES && !sectors)
		return err_set(reterr, E_READBACK, "sector size is 512 instead of %u",
			       e->sector_size);
	return 0;
}

static int judge_params(const struct luks_table_expect *e, const char *params, struct err *reterr)
{
	struct words w;
	uint64_t number;
	int r = 0;

	if (!split(&w, params) || w.count < 5)
		r = err_set(reterr, E_READBACK, "table is not a dm-crypt table");
	else if (strcmp(w.word[0], e->cipher) != 0)
		r = err_set(reterr, E_READBACK, "cipher is '%.40s' instead of '%.32s'", w.word[0],
			    e->cipher);
	else if (!key_ok(w.word[1], e))
		r = err_set(reterr, E_READBACK, "key is not the volume's, or not of %u bytes",
			    e->key_size);
	else if (!decimal_u64(w.word[2], UINT64_MAX, &number) || number != 0)
		r = err_set(reterr, E_READBACK, "IV offset is '%.24s' instead of 0", w.word[2]);
	else if (!device_ok(w.word[3], e))
		r = err_set(reterr, E_READBACK, "device is '%.24s' instead of '%u:%u'", w.word[3],
			    e->device_major, e->device_minor);
	else if (!decimal_u64(w.word[4], UINT64_MAX, &number) ||
		 number != e->offset / LUKS_SECTOR_BYTES)
		r = err_set(reterr, E_READBACK, "data starts at sector '%.24s' instead of %llu",
			    w.word[4], (unsigned long long)(e->offset / LUKS_SECTOR_BYTES));
	if (r == 0)
		r = judge_options(e, &w, reterr);
	explicit_bzero(&w, sizeof(w));
	return r;
}

/* "CRYPT-LUKS2-" UUID without dashes "-" mapping. */
static bool dm_uuid_ok(const struct luks_table_expect *e, const char *dm_uuid)
{
	char want[LUKS_DM_UUID_MAX + 1], bare[64];
	size_t n = 0;
	int len;

	for (const char *p = e->uuid; *p; p++) {
		if (n == sizeof(bare) - 1)
			return false;
		if (*p != '-')
			bare[n++] = *p;
	}
	bare[n] = 0;
	len = snprintf(want, sizeof(want), "CRYPT-LUKS2-%s-%s", bare, e->mapping);
	return len > 0 && len < LUKS_DM_UUID_MAX && strcmp(dm_uuid, want) == 0;
}

static int judge_shape(const struct luks_table_expect *e, const struct luks_table_live *live,
		       struct err *reterr)
{
	uint64_t length = (e->device_size - e->offset) / LUKS_SECTOR_BYTES;

	if (strcmp(live->name, e->mapping) != 0)
		return err_set(reterr, E_READBACK, "mapping has another name");
	if (!dm_uuid_ok(e, live->uuid))
		return err_set(reterr, E_READBACK, "mapping's UUID is not this volume's");
	if (live->suspended || live->read_only || live->inactive_table)
		return err_set(reterr, E_READBACK, "mapping is %s",
			       live->suspended ? "suspended" : live->read_only ? "read-only" :
			       "about to be given another table");
	if (live->target_count != 1)
		return err_set(reterr, E_READBACK, "mapping has %zu targets instead of one",
			       live->target_count);
	if (strcmp(live->type, "crypt") != 0)
		return err_set(reterr, E_READBACK, "target is '%.16s' instead of 'crypt'",
			       live->type);
	if (live->start_sectors != 0 || live->length_sectors != length)
		return err_set(reterr, E_READBACK,
			       "mapping covers %llu sectors from %llu instead of %llu from 0",
			       (unsigned long long)live->length_sectors,
			       (unsigned long long)live->start_sectors, (unsigned long long)length);
	return 0;
}

int luks_table_judge(const struct luks_table_expect *e, const struct luks_table_live *live,
		     struct err *reterr)
{
	int r;

	if (e->offset >= e->device_size || e->offset % LUKS_SECTOR_BYTES || e->key_size == 0 ||
	    e->device_size % LUKS_SECTOR_BYTES || !e->uuid[0] || !luks_mapping_name_ok(e->mapping))
		return err_set(reterr, E_READBACK, "the request itself is not one");
	r = judge_shape(e, live, reterr);
	return r < 0 ? r : judge_params(e, live->params, reterr);
}
