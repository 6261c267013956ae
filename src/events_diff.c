/* SPDX-License-Identifier: MIT */
#include "events.h"

#include <string.h>

#define CURRENT_MAX 512 /* more of one PCR are only counted: at most EVENTS_MAX were enrolled */
#define LOOK_AHEAD 24 /* how far both sides together are searched for the next common event */

/* One PCR: the enrolled events and this log's. */
struct pair {
	const struct events_group *group;
	const struct events_item *enrolled;
	const struct eventlog *log;
	const struct event *current[CURRENT_MAX];
	size_t count, total;		/* of current */
	size_t bank;
	unsigned pcr;
};

/* Sections of a UKI; systemd-stub measures the name with its NUL, then the contents. */
static const char *const sections[] = {
	".linux",   ".osrel", ".cmdline", ".initrd",  ".ucode",	  ".splash", ".dtb",
	".dtbauto", ".uname", ".sbat",	  ".pcrpkey", ".profile", ".hwids",  ".efifw",
};

static bool is_section_name(const char *section, const uint8_t digest[EVENTS_DIGEST_SHORT])
{
	uint8_t hash[SHA256_SIZE];

	return crypto_sha256(section, strlen(section) + 1, hash, NULL) == 0 &&
	       memcmp(hash, digest, EVENTS_DIGEST_SHORT) == 0;
}

static void copy_text(char *out, size_t size, const char *text)
{
	size_t len = strnlen(text, size - 1);

	memcpy(out, text, len);
	out[len] = '\0';
}

static bool same(const struct pair *p, size_t i, size_t j)
{
	return p->enrolled[i].type == p->current[j]->type &&
	       memcmp(p->enrolled[i].digest, p->current[j]->digest[p->bank], EVENTS_DIGEST_SHORT) ==
		       0;
}

static int pair_init(struct pair *p, const struct events *enrolled, const struct eventlog *log,
		     unsigned pcr, struct err *reterr)
{
	int bank = eventlog_bank(log, HASH_SHA256);

	if (bank < 0 || log->form == EVENTLOG_CC)
		return err_set(reterr, E_EVENTLOG_ABSENT,
			       "event log has no sha256 digests of PCRs");
	if (pcr >= PCR_COUNT || !(enrolled->mask & PCR_BIT(pcr)))
		return err_set(reterr, E_EVENTLOG_ABSENT, "no events of PCR %u were enrolled", pcr);
	*p = (struct pair){.group = &enrolled->group[pcr], .log = log, .bank = (size_t)bank,
			   .pcr = pcr};
	p->enrolled = &enrolled->item[p->group->first];
	for (size_t i = 0; i < log->event_count; i++) {
		const struct event *e = &log->event[i];

		if (e->pcr != pcr || e->type == EV_NO_ACTION || !e->digest[bank])
			continue;
		if (p->count < CURRENT_MAX)
			p->current[p->count++] = e;
		p->total++;
	}
	return 0;
}

/*
 * A one-byte variable's value when it was enrolled: the event's data with 00 or 01 in its place
 * must give the enrolled digest, and its data as it is the current one (else the log's data is not
 * what was measured).
 */
static void find_boolean(const struct pair *p, const struct events_item *was, const struct event *e,
			 struct events_diff *d)
{
	_cleanup_free_ uint8_t *copy = NULL;
	struct event_variable v;
	uint8_t hash[SHA256_SIZE];
	uint8_t *value;

	if (was->type != e->type || !event_variable(e, &v) || v.data_len != 1)
		return;
	if (crypto_sha256(e->data, e->data_len, hash, NULL) < 0 ||
	    memcmp(hash, e->digest[p->bank], SHA256_SIZE) != 0)
		return;
	copy = malloc(e->data_len);
	if (!copy)
		return;
	memcpy(copy, e->data, e->data_len);
	value = copy + (v.data - e->data);
	d->value = *value;
	for (*value = 0; *value <= 1; (*value)++) {
		if (crypto_sha256(copy, e->data_len, hash, NULL) < 0 ||
		    memcmp(hash, was->digest, EVENTS_DIGEST_SHORT) != 0)
			continue;
		d->enrolled_value = *value;
		d->boolean = true;
		return;
	}
}

static void describe_current(const struct event *e, struct events_diff *d)
{
	struct event_variable v;
	char text[EVENT_TEXT_SIZE];

	d->number = e->number;
	d->type = e->type;
	event_describe(e, d->text);
	event_string(e, text);
	if (event_variable(e, &v))
		copy_text(d->object, sizeof(d->object), v.name);
	else
		copy_text(d->object, sizeof(d->object), text[0] ? text : d->text);
}

/* What stood there can only be said of what has a known digest. */
static void describe_enrolled(const struct events_item *was, struct events_diff *d)
{
	d->type = was->type;
	for (size_t i = 0; was->type == EV_IPL && i < ARRAY_SIZE(sections); i++)
		if (is_section_name(sections[i], was->digest))
			copy_text(d->object, sizeof(d->object), sections[i]);
}

static void fill(const struct pair *p, enum events_diff_kind kind, size_t i, size_t j,
		 struct events_diff *d)
{
	*d = (struct events_diff){
		.kind = kind,
		.pcr = p->pcr,
		.enrolled_total = p->group->total,
		.total = (uint16_t)p->total,
		.enrolled_index = (uint16_t)i,
		.number = j < p->count ? p->current[j]->number : 0,
		.at_end = j >= p->count,
	};
	if (kind == EVENTS_CHANGED || kind == EVENTS_EXTRA)
		describe_current(p->current[j], d);
	if (kind == EVENTS_CHANGED)
		find_boolean(p, &p->enrolled[i], p->current[j], d);
	if (kind == EVENTS_MISSING)
		describe_enrolled(&p->enrolled[i], d);
}

/* a enrolled events from i on, and b of this log's from j on, that have nothing in common. */
struct stretch {
	size_t i, a, j, b;
};

/* Steps over both sides until they have an event in common again, the fewest first. */
static void find_stretch(const struct pair *p, struct stretch *s)
{
	size_t left_i = p->group->count - s->i, left_j = p->count - s->j;

	for (size_t d = 1; d <= LOOK_AHEAD; d++)
		for (s->a = 0; s->a <= d; s->a++) {
			s->b = d - s->a;
			if (s->a < left_i && s->b < left_j && same(p, s->i + s->a, s->j + s->b))
				return;
		}
	s->a = left_i;
	s->b = left_j;
}

/* Where the enrolled list was cut, what the log has behind it is not an extra event. */
static bool is_cut(const struct pair *p)
{
	return p->group->total > p->group->count;
}

typedef bool (*visit_fn)(void *context, const struct events_diff *d);

/* Pairs first, then what only one side has. */
static bool visit_stretch(const struct pair *p, const struct stretch *s, visit_fn visit,
			  void *context)
{
	struct events_diff d;

	for (size_t n = 0; n < s->a || n < s->b; n++) {
		enum events_diff_kind kind = n >= s->a ? EVENTS_EXTRA :
					     n >= s->b ? EVENTS_MISSING : EVENTS_CHANGED;

		fill(p, kind, s->i + (n < s->a ? n : s->a), s->j + (n < s->b ? n : s->b), &d);
		if (!visit(context, &d))
			return false;
	}
	return true;
}

/* Calls visit for each difference until it says false. */
static void walk(const struct pair *p, visit_fn visit, void *context)
{
	struct stretch s = {0};

	while (s.i < p->group->count || s.j < p->count) {
		if (s.i == p->group->count && is_cut(p))
			return;
		if (s.i < p->group->count && s.j < p->count && same(p, s.i, s.j)) {
			s.i++;
			s.j++;
			continue;
		}
		find_stretch(p, &s);
		/* nothing in common up to the cut: what is behind it may be enrolled, too */
		if (is_cut(p) && s.i + s.a == p->group->count && s.b > s.a)
			s.b = s.a;
		if (!visit_stretch(p, &s, visit, context))
			return;
		s.i += s.a;
		s.j += s.b;
	}
}

static bool keep_first(void *context, const struct events_diff *d)
{
	*(struct events_diff *)context = *d;
	return false;
}

/* The PCR's value by the log says whether anything differs at all, also behind a cut. */
static int value_differs(const struct pair *p, bool *ret, struct err *reterr)
{
	struct pcr_set values;
	int r = eventlog_replay_sha256(p->log, &values, reterr);

	if (r == 0)
		*ret = memcmp(values.value[p->pcr], p->group->value, EVENTS_DIGEST_SHORT) != 0;
	return r;
}

int events_explain(const struct events *enrolled, const struct eventlog *log, unsigned pcr,
		   struct events_diff *ret, struct err *reterr)
{
	struct events_diff d;
	struct pair p;
	bool differs = false;
	int r;

	r = pair_init(&p, enrolled, log, pcr, reterr);
	if (r == 0)
		r = value_differs(&p, &differs, reterr);
	if (r < 0)
		return r;
	fill(&p, differs ? EVENTS_CUT : EVENTS_SAME, p.group->count, p.group->count, &d);
	if (differs)
		walk(&p, keep_first, &d);
	*ret = d;
	return 0;
}

struct counter {
	size_t count;
	void (*each)(void *context, const struct events_diff *diff);
	void *context;
};

static bool count_one(void *context, const struct events_diff *d)
{
	struct counter *c = context;

	c->count++;
	if (c->each)
		c->each(c->context, d);
	return true;
}

size_t events_compare(const struct events *enrolled, const struct eventlog *log, uint32_t mask,
		      void (*each)(void *context, const struct events_diff *diff), void *context)
{
	struct counter c = {.each = each, .context = context};

	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		size_t before = c.count;
		struct events_diff d;
		struct pair p;
		bool differs = false;

		if (!(mask & enrolled->mask & PCR_BIT(pcr)) ||
		    pair_init(&p, enrolled, log, pcr, NULL) < 0 ||
		    value_differs(&p, &differs, NULL) < 0 || !differs)
			continue;
		walk(&p, count_one, &c);
		if (c.count > before)
			continue;
		fill(&p, EVENTS_CUT, p.group->count, p.group->count, &d);
		(void)count_one(&c, &d);
	}
	return c.count;
}
