/* SPDX-License-Identifier: MIT */
#include "eventlog_digest.h"

#include <string.h>

#define FORMS_MAX 3

/* What may have been hashed. */
struct forms {
	const uint8_t *data[FORMS_MAX];
	size_t len[FORMS_MAX];
	size_t count;
};

static void add(struct forms *f, const uint8_t *data, size_t len)
{
	f->data[f->count] = data;
	f->len[f->count++] = len;
}

/* Some firmware hashes a string without the NUL that it logs. */
static void add_text(struct forms *f, const struct event *e)
{
	size_t len = e->data_len;

	while (len > 0 && e->data[len - 1] == '\0')
		len--;
	if (len != e->data_len)
		add(f, e->data, len);
}

/*
 * 10.4.1: after an error a separator is the hash of 1, in older profiles of ffffffff, and its data
 * says what went wrong. Other separators are the hash of their data, 0 or ffffffff.
 */
static void add_error(struct forms *f, const struct event *e)
{
	static const uint8_t one[4] = {1, 0, 0, 0}, ones[4] = {0xff, 0xff, 0xff, 0xff};
	static const uint8_t zero[4];

	if (e->data_len == 4 && (memcmp(e->data, zero, 4) == 0 || memcmp(e->data, ones, 4) == 0))
		return;
	add(f, one, sizeof(one));
	add(f, ones, sizeof(ones));
}

/* Before EV_EFI_VARIABLE_BOOT2 only the value of a boot variable was hashed, by most. */
static void add_value(struct forms *f, const struct event *e)
{
	struct event_variable var;

	if (event_variable(e, &var))
		add(f, var.data, var.data_len);
}

static bool find_forms(const struct event *e, struct forms *f)
{
	*f = (struct forms){0};
	add(f, e->data, e->data_len);
	switch (e->type) {
	case EV_SEPARATOR:
		add_error(f, e);
		return true;
	case EV_ACTION:
	case EV_EFI_ACTION:
	case EV_S_CRTM_VERSION:
		add_text(f, e);
		return true;
	case EV_EFI_VARIABLE_DRIVER_CONFIG:
	case EV_EFI_VARIABLE_BOOT:
	case EV_EFI_VARIABLE_BOOT2:
		add_value(f, e);
		return true;
	case EV_EFI_GPT_EVENT:
		return true;
	default:
		return false;
	}
}

static bool is_one_of(uint16_t alg, const struct forms *f, const uint8_t *wanted)
{
	uint8_t digest[DIGEST_MAX];

	for (size_t i = 0; i < f->count; i++)
		if (crypto_hash(alg, f->data[i], f->len[i], digest, NULL) == 0 &&
		    memcmp(digest, wanted, hash_size(alg)) == 0)
			return true;
	return false;
}

enum event_match event_match(const struct eventlog *log, const struct event *e)
{
	enum event_match match = EVENT_NOT_RECOMPUTED;
	struct forms forms;

	if (!find_forms(e, &forms))
		return EVENT_NOT_RECOMPUTED;
	for (size_t b = 0; b < log->bank_count; b++) {
		if (!e->digest[b] || hash_size(log->bank[b]) == 0)
			continue;
		if (!is_one_of(log->bank[b], &forms, e->digest[b]))
			return EVENT_DIFFERS;
		match = EVENT_MATCHES;
	}
	return match;
}
