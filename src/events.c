/* SPDX-License-Identifier: MIT */
#include "events.h"

#include "json.h"

#include <string.h>

#define EVENTS_VERSION 1
#define GROUP_SIZE (1 + EVENTS_DIGEST_SHORT + 2 + 2)

/* Type codes: index + 1. Append-only, tokens hold them. */
static const uint32_t type_codes[] = {
	EV_SEPARATOR,
	0x80000007,		/* EV_EFI_ACTION */
	EV_EFI_VARIABLE_DRIVER_CONFIG,
	EV_EFI_VARIABLE_AUTHORITY,
	EV_EFI_VARIABLE_BOOT,
	EV_EFI_VARIABLE_BOOT2,
	EV_EFI_BOOT_SERVICES_APPLICATION,
	EV_EFI_BOOT_SERVICES_DRIVER,
	EV_EFI_RUNTIME_SERVICES_DRIVER,
	EV_EFI_GPT_EVENT,
	EV_EFI_PLATFORM_FIRMWARE_BLOB,
	EV_EFI_PLATFORM_FIRMWARE_BLOB2,
	EV_EFI_HANDOFF_TABLES2,
	EV_IPL,
	EV_EVENT_TAG,
	EV_S_CRTM_VERSION,
	0x0000000a,		/* EV_PLATFORM_CONFIG_FLAGS */
	0x0000000c,		/* EV_COMPACT_HASH */
	0x00000005,		/* EV_ACTION */
	0x00000001,		/* EV_POST_CODE */
};

static unsigned code_of(uint32_t type)
{
	for (unsigned i = 0; i < ARRAY_SIZE(type_codes); i++)
		if (type_codes[i] == type)
			return i + 1;
	return 0;
}

static size_t item_size(uint32_t type)
{
	return (code_of(type) ? 1 : 5) + EVENTS_DIGEST_SHORT;
}

static bool counts(const struct event *e, unsigned pcr, size_t bank)
{
	return e->pcr == pcr && e->type != EV_NO_ACTION && e->digest[bank];
}

/* Takes up to `most` events of each PCR; false if the encoding would be too long. */
static bool take(const struct eventlog *log, size_t bank, size_t most, struct events *e)
{
	size_t bytes = 0;

	e->count = 0;
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		struct events_group *g = &e->group[pcr];

		if (!(e->mask & PCR_BIT(pcr)))
			continue;
		bytes += GROUP_SIZE;
		g->total = g->count = 0;
		g->first = (uint16_t)e->count;
		for (size_t i = 0; i < log->event_count; i++) {
			const struct event *event = &log->event[i];

			if (!counts(event, pcr, bank))
				continue;
			g->total++;
			if (g->count == most)
				continue;
			bytes += item_size(event->type);
			if (bytes > EVENTS_BYTES_MAX || e->count == EVENTS_MAX)
				return false;
			e->item[e->count].type = event->type;
			memcpy(e->item[e->count].digest, event->digest[bank], EVENTS_DIGEST_SHORT);
			e->count++;
			g->count++;
		}
	}
	return bytes <= EVENTS_BYTES_MAX;
}

int events_from_log(const struct eventlog *log, uint32_t mask, struct events *ret,
		    struct err *reterr)
{
	struct events e = {.mask = mask & ((1U << PCR_COUNT) - 1) & ~PCR_BIT(PCR_CAP)};
	struct pcr_set values;
	size_t most = EVENTS_MAX;
	int r;

	r = eventlog_replay_sha256(log, &values, reterr);
	if (r < 0)
		return r;
	while (!take(log, (size_t)eventlog_bank(log, HASH_SHA256), most, &e))
		most--;		/* 0 fits always: 23 groups are shorter than EVENTS_BYTES_MAX */
	for (unsigned n = 0; n < PCR_COUNT; n++)
		if (e.mask & PCR_BIT(n))
			memcpy(e.group[n].value, values.value[n], EVENTS_DIGEST_SHORT);
	*ret = e;
	return 0;
}

static void put_group(struct buf *b, const struct events *e, unsigned pcr)
{
	const struct events_group *g = &e->group[pcr];

	buf_put_u8(b, (uint8_t)pcr);
	buf_put(b, g->value, EVENTS_DIGEST_SHORT);
	buf_put_be16(b, g->total);
	buf_put_be16(b, g->count);
	for (size_t i = g->first; i < (size_t)g->first + g->count; i++) {
		unsigned code = code_of(e->item[i].type);

		buf_put_u8(b, (uint8_t)code);
		if (code == 0)
			buf_put_be32(b, e->item[i].type);
		buf_put(b, e->item[i].digest, EVENTS_DIGEST_SHORT);
	}
}

int events_format(const struct events *e, struct buf *ret, struct err *reterr)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(EVENTS_BYTES_MAX);
	struct cJSON *root = json_new_object();
	_cleanup_free_ char *text = NULL;
	bool ok = root != NULL;
	size_t len;

	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++)
		if (e->mask & PCR_BIT(pcr))
			put_group(&bytes, e, pcr);
	if (ok) {
		json_add_string(root, "type", RECORD_EVENTS_TYPE, &ok);
		(void)json_add_array(root, "keyslots", &ok);
		json_add_number(root, "v", EVENTS_VERSION, &ok);
		json_add_base64(root, "events", bytes.data, bytes.len, &ok);
		text = ok ? json_print(root, /* indented= */ false) : NULL;
		json_free(root);
	}
	if (!text)
		return err_set(reterr, E_NOMEM, "events token");
	len = strlen(text);
	if (bytes.failed || len > RECORD_TEXT_MAX)
		return err_set(reterr, E_NO_SPACE, "events token would have more than %d bytes",
			       RECORD_TEXT_MAX);
	buf_put(ret, text, len + 1);
	if (ret->failed)
		return err_set(reterr, E_NOMEM, "events token");
	ret->len--;
	return 0;
}

static int malformed(const char *what, struct err *reterr)
{
	return err_set(reterr, E_RECORD_MALFORMED, "events token: %s", what);
}

static int parse_item(struct cursor *c, struct events *e, struct err *reterr)
{
	unsigned code = cursor_u8(c);
	uint32_t type = code == 0 ? cursor_be32(c) : 0;
	const uint8_t *digest = cursor_take(c, EVENTS_DIGEST_SHORT);

	if (!digest)
		return malformed("ends inside an event", reterr);
	if (code > ARRAY_SIZE(type_codes))
		return malformed("type code is not known", reterr);
	if (code == 0 && code_of(type))
		return malformed("type that has a code is written in full", reterr);
	if (e->count == EVENTS_MAX)
		return malformed("too many events", reterr);
	e->item[e->count].type = code == 0 ? type : type_codes[code - 1];
	memcpy(e->item[e->count].digest, digest, EVENTS_DIGEST_SHORT);
	e->count++;
	return 0;
}

static int parse_group(struct cursor *c, struct events *e, struct err *reterr)
{
	unsigned pcr = cursor_u8(c);
	const uint8_t *value = cursor_take(c, EVENTS_DIGEST_SHORT);
	struct events_group g = {.first = (uint16_t)e->count};
	int r;

	g.total = cursor_be16(c);
	g.count = cursor_be16(c);
	if (c->failed)
		return malformed("ends inside a group", reterr);
	if (pcr >= PCR_COUNT || e->mask >> pcr)
		return malformed("PCRs are not ascending", reterr);
	if (g.count > g.total || g.total > EVENTLOG_EVENTS_MAX)
		return malformed("number of events is out of range", reterr);
	for (unsigned i = 0; i < g.count; i++) {
		r = parse_item(c, e, reterr);
		if (r < 0)
			return r;
	}
	memcpy(g.value, value, EVENTS_DIGEST_SHORT);
	e->group[pcr] = g;
	e->mask |= PCR_BIT(pcr);
	return 0;
}

static int parse_object(const struct json *j, struct cursor *ret, uint8_t bytes[EVENTS_BYTES_MAX],
			struct err *reterr)
{
	static const char *const keys[] = {"type", "keyslots", "v", "events", NULL};
	const struct cJSON *keyslots = NULL;
	const char *type = NULL;
	uint64_t v = 0;
	size_t len = 0;
	int r;

	if (!json_is_object(j->root))
		return malformed("object expected", reterr);
	r = json_get_string(j, j->root, "type", &type, reterr);
	if (r == 0)
		r = json_get_u64(j, j->root, "v", UINT32_MAX, &v, reterr);
	if (r < 0)
		return r;
	if (strcmp(type, RECORD_EVENTS_TYPE) != 0)
		return malformed("type is another one", reterr);
	if (v > EVENTS_VERSION)
		return err_set(reterr, E_RECORD_TOO_NEW, "events token has version %llu",
			       (unsigned long long)v);
	if (v == 0)
		return malformed("version is 0", reterr);
	r = json_only_keys(j, j->root, keys, reterr);
	if (r == 0)
		r = json_get_array(j, j->root, "keyslots", &keyslots, reterr);
	if (r == 0 && json_count(keyslots) > 0)
		r = malformed("it names keyslots", reterr);
	if (r == 0)
		r = json_get_base64(j, j->root, "events", bytes, EVENTS_BYTES_MAX, &len, reterr);
	if (r == 0)
		*ret = CURSOR(bytes, len);
	return r;
}

int events_parse(struct events *ret, const char *text, size_t len, struct err *reterr)
{
	_cleanup_json_ struct json j = {0};
	uint8_t bytes[EVENTS_BYTES_MAX];
	struct events e = {0};
	struct cursor c;
	int r;

	if (len > RECORD_TEXT_MAX)
		return malformed("it is too long", reterr);
	r = json_parse(&j, "events token", E_RECORD_MALFORMED, text, len, reterr);
	if (r == 0)
		r = parse_object(&j, &c, bytes, reterr);
	while (r == 0 && c.left > 0)
		r = parse_group(&c, &e, reterr);
	if (r < 0)
		return r;
	*ret = e;
	return 0;
}
