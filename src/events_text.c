/* SPDX-License-Identifier: MIT */
#include "events.h"

#include <stdio.h>
#include <string.h>

/* Cuts text to `room` characters: of a path the end says more, of other text the beginning. */
static void shorten(char *text, size_t room)
{
	size_t len = strlen(text);

	if (len <= room)
		return;
	if (room < 8) {
		text[0] = '\0';
		return;
	}
	if (text[0] == '\\' || text[0] == '/') {
		memmove(text + 3, text + len - (room - 3), room - 3);
		memcpy(text, "...", 3);
	} else {
		memcpy(text + room - 3, "...", 3);
	}
	text[room] = '\0';
}

/* "<front> <middle><back>", the middle shortened so that the whole fits. */
static void join(char out[EVENTS_LINE_SIZE], const char *front, char *middle, const char *back)
{
	size_t fixed = strlen(front) + strlen(back) + 2;

	shorten(middle, fixed < EVENTS_LINE_SIZE ? EVENTS_LINE_SIZE - fixed : 0);
	(void)snprintf(out, EVENTS_LINE_SIZE, "%s%s%s%s", front, middle[0] ? " " : "", middle,
		       back);
}

static bool is_variable(uint32_t type)
{
	return type == EV_EFI_VARIABLE_DRIVER_CONFIG || type == EV_EFI_VARIABLE_BOOT ||
	       type == EV_EFI_VARIABLE_BOOT2 || type == EV_EFI_VARIABLE_AUTHORITY;
}

/* A section of a UKI is named as such: ".cmdline" alone says little. */
static void describe_object(const struct events_diff *d, char out[EVENT_TEXT_SIZE])
{
	if (d->pcr == 11 && d->object[0] == '.')
		(void)snprintf(out, EVENT_TEXT_SIZE, "section %s", d->object);
	else if (is_variable(d->type) && d->object[0])
		(void)snprintf(out, EVENT_TEXT_SIZE, "%s", d->object);
	else
		(void)snprintf(out, EVENT_TEXT_SIZE, "%s", d->text);
}

void events_diff_text(const struct events_diff *d, char out[EVENTS_LINE_SIZE])
{
	char name[EVENT_NAME_SIZE], front[80], object[EVENT_TEXT_SIZE], back[48];
	const char *type = event_type_name(d->type, name);

	describe_object(d, object);
	(void)snprintf(front, sizeof(front), "event %u %s", d->number, type);
	switch (d->kind) {
	case EVENTS_CHANGED:
		if (d->boolean)
			(void)snprintf(back, sizeof(back), ": enrolled %02x, now %02x",
				       d->enrolled_value, d->value);
		else
			(void)snprintf(back, sizeof(back), ": not as enrolled");
		join(out, front, object, back);
		return;
	case EVENTS_EXTRA:
		join(out, front, object, ": was not enrolled");
		return;
	case EVENTS_MISSING:
		if (d->at_end)
			(void)snprintf(back, sizeof(back), " is missing at the end");
		else
			(void)snprintf(back, sizeof(back), " is missing before event %u",
				       d->number);
		join(out, type, object, back);
		return;
	case EVENTS_CUT:
		(void)snprintf(out, EVENTS_LINE_SIZE,
			       "behind the first %u of %u enrolled events; there are %u now",
			       d->enrolled_index, d->enrolled_total, d->total);
		return;
	case EVENTS_SAME:
		(void)snprintf(out, EVENTS_LINE_SIZE,
			       "no event differs: what was extended is not in the event log");
		return;
	}
	out[0] = '\0';
}

const char *events_diff_kind_name(enum events_diff_kind kind)
{
	switch (kind) {
	case EVENTS_SAME:
		return "same";
	case EVENTS_CHANGED:
		return "changed";
	case EVENTS_MISSING:
		return "missing";
	case EVENTS_EXTRA:
		return "extra";
	case EVENTS_CUT:
		return "cut";
	}
	return "unknown";
}

struct text_sink {
	void (*each)(void *context, const char *text);
	void *context;
};

static void pass_text(void *context, const struct events_diff *d)
{
	const struct text_sink *s = context;
	char line[EVENTS_LINE_SIZE], text[EVENTS_LINE_SIZE + 8];

	if (!s->each)
		return;
	events_diff_text(d, line);
	(void)snprintf(text, sizeof(text), "PCR %u %s", d->pcr, line);
	s->each(s->context, text);
}

size_t events_differences(const struct events *enrolled, const struct eventlog *log, uint32_t mask,
			  void (*each)(void *context, const char *text), void *context)
{
	struct text_sink s = {.each = each, .context = context};

	return events_compare(enrolled, log, mask, pass_text, &s);
}

static void cause_secure_boot(const struct events_diff *d, char out[EVENTS_CAUSE_SIZE])
{
	if (strcmp(d->object, "SecureBoot") == 0 && d->boolean && d->value != d->enrolled_value)
		(void)snprintf(out, EVENTS_CAUSE_SIZE, "Secure Boot was turned %s",
			       d->value ? "on" : "off");
	else if (d->type == EV_EFI_VARIABLE_DRIVER_CONFIG && d->object[0] &&
		 strcmp(d->object, "SecureBoot") != 0)
		(void)snprintf(out, EVENTS_CAUSE_SIZE, "Secure Boot keys (%.32s) changed",
			       d->object);
	else if (d->type == EV_EFI_VARIABLE_AUTHORITY && strcmp(d->object, "db") == 0)
		(void)snprintf(out, EVENTS_CAUSE_SIZE, "what boots is signed with another key");
	else if (d->type == EV_EFI_VARIABLE_AUTHORITY && d->object[0])
		(void)snprintf(out, EVENTS_CAUSE_SIZE, "shim's keys or revocations (%.32s) changed",
			       d->object);
	else
		(void)snprintf(out, EVENTS_CAUSE_SIZE, "Secure Boot state changed");
}

/* TCG PC Client Platform Firmware Profile 1.06, 3.3.4; UAPI group's Linux TPM PCR registry. */
static const char *const pcr_meanings[PCR_COUNT] = {
	[0] = "another firmware",
	[1] = "firmware settings or hardware changed",
	[2] = "another option ROM",
	[3] = "option ROM settings changed",
	[4] = "another boot loader or UKI",
	[5] = "partition table or boot settings changed",
	[6] = "the platform's own events changed",
	[7] = "Secure Boot state changed",
	[8] = "GRUB commands or kernel command line changed",
	[9] = "kernel, initrd or another file that GRUB reads changed",
	[10] = "IMA measurements",
	[11] = "UKI contents changed",
	[12] = "command line, credentials or addons from outside the UKI",
	[13] = "system extensions from beside the UKI",
	[14] = "shim's keys (MOK) changed",
	[PCR_CAP] = "the door was used in this boot already",
};

void events_cause(unsigned pcr, const struct events_diff *d, char out[EVENTS_CAUSE_SIZE])
{
	const char *meaning = pcr < PCR_COUNT && pcr_meanings[pcr] ? pcr_meanings[pcr] : "";

	if (d && d->kind == EVENTS_SAME && pcr == 11)
		(void)snprintf(out, EVENTS_CAUSE_SIZE,
			       "a boot phase was measured that was not enrolled");
	else if (d && d->kind == EVENTS_SAME && pcr != PCR_CAP)
		(void)snprintf(out, EVENTS_CAUSE_SIZE, "something extended it without logging");
	else if (d && pcr == 7 && d->kind != EVENTS_CUT)
		cause_secure_boot(d, out);
	else if (d && pcr == 11 && d->object[0] == '.')
		(void)snprintf(out, EVENTS_CAUSE_SIZE, "UKI contents (section %.32s) changed",
			       d->object);
	else
		(void)snprintf(out, EVENTS_CAUSE_SIZE, "%s", meaning);
}
