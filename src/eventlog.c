/* SPDX-License-Identifier: MIT */
#include "eventlog.h"

#include "buf.h"

#include <string.h>

/* UEFI 2.10, 38.4.1: index 0 is the build-time measurement, 1..4 are the run-time registers. */
#define CC_INDEX_COUNT 5

static const char spec_id_agile[16] = "Spec ID Event03";	/* Firmware Profile 10.4.5.1 */
static const char startup_locality[16] = "StartupLocality";	/* 10.4.5.3 */
static const char td_shim[7] = {'t', 'd', '-', 's', 'h', 'i', 'm'};

struct parser {
	struct cursor at;
	const uint8_t *tail;	/* from here on all bytes are the same, 0x00 or 0xff */
	struct eventlog log;
	size_t room;		/* of log.event */
	bool locality_given;
};

void eventlog_done(struct eventlog *log)
{
	free(log->event);
	log->event = NULL;
	log->event_count = 0;
}

int eventlog_bank(const struct eventlog *log, uint16_t alg)
{
	for (size_t i = 0; i < log->bank_count; i++)
		if (log->bank[i] == alg)
			return (int)i;
	return -1;
}

const char *eventlog_form_name(enum eventlog_form form)
{
	switch (form) {
	case EVENTLOG_SHA1:
		return "sha1";
	case EVENTLOG_CRYPTO_AGILE:
		return "crypto-agile";
	case EVENTLOG_CC:
		return "cc";
	}
	return "unknown";
}

static int malformed(const struct parser *p, const char *what, struct err *reterr)
{
	return err_set(reterr, E_EVENTLOG_MALFORMED, "event %zu: %s", p->log.event_count, what);
}

/* Found once, from the end: looking ahead from each event would be quadratic in a hostile log. */
static const uint8_t *find_tail(const uint8_t *bytes, size_t len)
{
	uint8_t last = len > 0 ? bytes[len - 1] : 0;

	if (last == 0x00 || last == 0xff)
		while (len > 0 && bytes[len - 1] == last)
			len--;
	return bytes + len;
}

static int add_event(struct parser *p, const struct event *e, struct err *reterr)
{
	if (p->log.event_count == EVENTLOG_EVENTS_MAX)
		return err_set(reterr, E_EVENTLOG_MALFORMED, "more than %d events",
			       EVENTLOG_EVENTS_MAX);
	if (p->log.event_count == p->room) {
		size_t room = p->room ? 2 * p->room : 64;
		struct event *grown = reallocarray(p->log.event, room, sizeof(*grown));

		if (!grown)
			return err_set(reterr, E_NOMEM, "no memory for %zu events", room);
		p->log.event = grown;
		p->room = room;
	}
	p->log.event[p->log.event_count] = *e;
	p->log.event[p->log.event_count].number = (uint32_t)p->log.event_count;
	p->log.event_count++;
	return 0;
}

/* Reads the length and the data that end an event of either form. */
static int take_data(struct parser *p, struct event *e, struct err *reterr)
{
	e->data_len = cursor_le32(&p->at);
	e->data = cursor_take(&p->at, e->data_len);
	if (p->at.failed)
		return malformed(p, "the log ends inside it", reterr);
	return 0;
}

/* TCG_PCR_EVENT: the whole of the SHA-1 form, and the first event of the others. */
static int take_event_sha1(struct parser *p, struct event *e, struct err *reterr)
{
	e->pcr = cursor_le32(&p->at);
	e->type = cursor_le32(&p->at);
	e->digest[0] = cursor_take(&p->at, 20);
	return take_data(p, e, reterr);
}

/* TCG_PCR_EVENT2 */
static int take_event_agile(struct parser *p, struct event *e, struct err *reterr)
{
	uint32_t count;

	e->pcr = cursor_le32(&p->at);
	e->type = cursor_le32(&p->at);
	count = cursor_le32(&p->at);
	if (p->at.failed)
		return malformed(p, "the log ends inside it", reterr);
	if (count < 1 || count > p->log.bank_count)
		return malformed(p, "number of digests is not that of the log's banks", reterr);
	for (uint32_t i = 0; i < count; i++) {
		int bank = eventlog_bank(&p->log, cursor_le16(&p->at));

		if (p->at.failed)
			return malformed(p, "the log ends inside it", reterr);
		if (bank < 0)
			return malformed(p, "digest of a bank that the log does not name", reterr);
		if (e->digest[bank])
			return malformed(p, "two digests of one bank", reterr);
		e->digest[bank] = cursor_take(&p->at, p->log.digest_size[bank]);
	}
	return take_data(p, e, reterr);
}

/* TCG_EfiSpecIDEvent, Firmware Profile 10.4.5.1 */
static int parse_spec_id(struct parser *p, const struct event *first, struct err *reterr)
{
	struct cursor c = CURSOR(first->data, first->data_len);
	const uint8_t *vendor;
	uint32_t count;
	uint8_t vendor_len;

	(void)cursor_take(&c, sizeof(spec_id_agile));
	(void)cursor_take(&c, 8);	/* platform class, version, errata, size of UINTN */
	count = cursor_le32(&c);
	if (c.failed || count < 1 || count > EVENTLOG_BANKS_MAX)
		return malformed(p, "number of digest algorithms is out of range", reterr);
	for (uint32_t i = 0; i < count; i++) {
		uint16_t alg = cursor_le16(&c), size = cursor_le16(&c);

		if (c.failed || size < 1 || size > DIGEST_MAX ||
		    (hash_size(alg) > 0 && size != hash_size(alg)))
			return malformed(p, "size of a digest algorithm is wrong", reterr);
		if (eventlog_bank(&p->log, alg) >= 0)
			return malformed(p, "digest algorithm named twice", reterr);
		p->log.bank[i] = alg;
		p->log.digest_size[i] = size;
		p->log.bank_count++;
	}
	vendor_len = cursor_u8(&c);
	vendor = cursor_take(&c, vendor_len);
	if (c.failed || c.left > 0)
		return malformed(p, "vendor information does not end where the event ends", reterr);
	/* td-shim numbers its first event 0; other firmware says by a 1 that it counts registers */
	if (first->pcr == 1 ||
	    (vendor_len >= sizeof(td_shim) && memcmp(vendor, td_shim, sizeof(td_shim)) == 0))
		p->log.form = EVENTLOG_CC;
	else if (first->pcr == 0)
		p->log.form = EVENTLOG_CRYPTO_AGILE;
	else
		return malformed(p, "register of the first event is neither 0 nor 1", reterr);
	return 0;
}

static int parse_first(struct parser *p, struct event *e, struct err *reterr)
{
	int r = take_event_sha1(p, e, reterr);

	if (r < 0)
		return r;
	if (e->type == EV_NO_ACTION && e->data_len >= sizeof(spec_id_agile) &&
	    memcmp(e->data, spec_id_agile, sizeof(spec_id_agile)) == 0) {
		e->digest[0] = NULL;	/* zeros of SHA-1's size whatever the banks are */
		return parse_spec_id(p, e, reterr);
	}
	p->log.form = EVENTLOG_SHA1;
	p->log.bank[0] = HASH_SHA1;
	p->log.digest_size[0] = 20;
	p->log.bank_count = 1;
	return 0;
}

/* PCR 0 starts with the locality of TPM2_Startup, 4 after an H-CRTM (TPM 2.0 Part 1, 34). */
static int note_locality(struct parser *p, const struct event *e, struct err *reterr)
{
	uint8_t locality;

	if (e->pcr != 0 || p->log.form == EVENTLOG_CC)
		return 0;
	if (e->type == EV_EFI_HCRTM_EVENT)
		locality = 4;
	else if (e->type == EV_NO_ACTION && e->data_len == sizeof(startup_locality) + 1 &&
		 memcmp(e->data, startup_locality, sizeof(startup_locality)) == 0)
		locality = e->data[sizeof(startup_locality)];
	else
		return 0;
	if (locality != 0 && locality != 3 && locality != 4)
		return malformed(p, "start-up locality is not 0, 3 or 4", reterr);
	if (p->locality_given && locality != p->log.startup_locality)
		return malformed(p, "a second, different start-up locality", reterr);
	p->log.startup_locality = locality;
	p->locality_given = true;
	return 0;
}

static int check_event(struct parser *p, const struct event *e, struct err *reterr)
{
	uint32_t count = p->log.form == EVENTLOG_CC ? CC_INDEX_COUNT : PCR_COUNT;

	if (e->pcr >= count && !(e->pcr == EVENT_PCR_NONE && e->type == EV_NO_ACTION))
		return malformed(p, "it names a PCR that does not exist", reterr);
	return note_locality(p, e, reterr);
}

static int parse_events(struct parser *p, struct err *reterr)
{
	int r = 0;

	while (r == 0 && p->at.left > 0 && p->at.p < p->tail) {
		struct event e = {0};

		if (p->log.event_count == 0)
			r = parse_first(p, &e, reterr);
		else if (p->log.form == EVENTLOG_SHA1)
			r = take_event_sha1(p, &e, reterr);
		else
			r = take_event_agile(p, &e, reterr);
		if (r == 0)
			r = check_event(p, &e, reterr);
		if (r == 0)
			r = add_event(p, &e, reterr);
	}
	return r;
}

int eventlog_parse(struct eventlog *ret, const uint8_t *bytes, size_t len, struct err *reterr)
{
	struct parser p = {.at = CURSOR(bytes, len)};
	int r;

	if (len > EVENTLOG_SIZE_MAX)
		return err_set(reterr, E_EVENTLOG_MALFORMED, "event log is larger than %u bytes",
			       EVENTLOG_SIZE_MAX);
	p.tail = find_tail(bytes, len);
	if (p.tail == bytes)
		return err_set(reterr, E_EVENTLOG_ABSENT, "event log is empty");
	r = parse_events(&p, reterr);
	if (r < 0) {
		eventlog_done(&p.log);
		return r;
	}
	*ret = p.log;
	return 0;
}
