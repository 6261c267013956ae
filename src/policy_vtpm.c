/* SPDX-License-Identifier: MIT */
#include "policy_internal.h"

#include "codec.h"
#include "eventlog.h"
#include "hcl_claims.h"
#include "pcr_file.h"

#include <stdio.h>
#include <string.h>

static void judge_flag(struct verdict *v, enum err_code code, const char *name, enum hcl_flag want,
		       enum hcl_flag got)
{
	verdict_add(v, code, name, got == want, hcl_flag_name(want), "%s",
		    got == HCL_ABSENT ? "no such claim" : hcl_flag_name(got));
}

void policy_judge_claims(const struct policy *p, const struct hcl_claims *c, struct verdict *v)
{
	if (policy_demands_secure_boot(p))
		judge_flag(v, E_POLICY_SECURE_BOOT, "policy.secure-boot", HCL_TRUE, c->secure_boot);
	policy_claims_checks(p, c, v);
}

void policy_claims_checks(const struct policy *p, const struct hcl_claims *c, struct verdict *v)
{
	if (p->vtpm_persistent == POLICY_REQUIRED)
		judge_flag(v, E_POLICY_VTPM, "policy.vtpm-persistent", HCL_TRUE, c->tpm_persisted);
	if (p->console == POLICY_REFUSE)
		judge_flag(v, E_POLICY_CONSOLE, "policy.console", HCL_FALSE, c->console_enabled);
	if (p->interactive_console == POLICY_REFUSE)
		judge_flag(v, E_POLICY_CONSOLE, "policy.interactive-console", HCL_FALSE,
			   c->interactive_console_enabled);
}

static uint16_t bank_of_size(size_t size)
{
	return size == 20 ? HASH_SHA1 : size == 32 ? HASH_SHA256 : size == 48 ? HASH_SHA384 :
										HASH_SHA512;
}

/* The allowed values of the same PCR and bank as that at `first`. */
static void judge_pcr(const struct policy *p, size_t first, const struct pcr_values *pcrs,
		      struct verdict *v)
{
	const struct policy_pcr *wanted = &p->pcr[first];
	const struct pcr_bank *bank = pcr_values_bank(pcrs, bank_of_size(wanted->size));
	bool present = bank && (bank->mask & (1U << wanted->pcr)), good = false;
	char want[VERDICT_TEXT], got[HEX_SIZE(64)] = "no such value", name[48];
	size_t count = 0;

	for (size_t i = first; i < p->pcr_count; i++) {
		if (p->pcr[i].pcr != wanted->pcr || p->pcr[i].size != wanted->size)
			continue;
		count++;
		if (present &&
		    memcmp(bank->value[wanted->pcr], p->pcr[i].value, wanted->size) == 0)
			good = true;
	}
	if (present)
		hex_encode(got, bank->value[wanted->pcr], wanted->size);
	hex_encode(want, wanted->value, wanted->size);
	if (count > 1)
		(void)snprintf(want + strlen(want), sizeof(want) - strlen(want),
			       " or %zu other values", count - 1);
	(void)snprintf(name, sizeof(name), "policy.pcr-%u.%s", wanted->pcr,
		       hash_name(bank_of_size(wanted->size)));
	verdict_add(v, E_POLICY_PCR, name, good, want, "%s", got);
}

void policy_judge_pcrs(const struct policy *p, const struct pcr_values *pcrs, struct verdict *v)
{
	for (size_t i = 0; i < p->pcr_count; i++) {
		bool seen = false;

		for (size_t k = 0; k < i; k++)
			if (p->pcr[k].pcr == p->pcr[i].pcr && p->pcr[k].size == p->pcr[i].size)
				seen = true;
		if (!seen)
			judge_pcr(p, i, pcrs, v);
	}
}

static bool event_found(const struct eventlog *log, const struct policy_event *wanted)
{
	int bank = eventlog_bank(log, bank_of_size(wanted->size));

	for (size_t i = 0; bank >= 0 && i < log->event_count; i++) {
		const struct event *e = &log->event[i];

		if (e->pcr == wanted->pcr && e->type == wanted->type && e->digest[bank] &&
		    memcmp(e->digest[bank], wanted->digest, wanted->size) == 0)
			return true;
	}
	return false;
}

/* The digests of a type are alternatives; they stand behind each other. */
static size_t judge_event(const struct policy *p, size_t first, const struct eventlog *log,
			  struct verdict *v)
{
	const struct policy_event *wanted = &p->event[first];
	char want[VERDICT_TEXT], type[EVENT_NAME_SIZE], name[48];
	size_t i = first;
	bool good = false;

	for (; i < p->event_count && p->event[i].group == wanted->group; i++)
		good = good || event_found(log, &p->event[i]);
	(void)snprintf(want, sizeof(want), "%s ", event_type_name(wanted->type, type));
	hex_encode(want + strlen(want), wanted->digest,
		   wanted->size < 48 ? wanted->size : 48);
	if (i - first > 1)
		(void)snprintf(want + strlen(want), sizeof(want) - strlen(want), " or %zu others",
			       i - first - 1);
	(void)snprintf(name, sizeof(name), "policy.event-%u", wanted->pcr);
	verdict_add(v, E_POLICY_EVENT, name, good, want, "%s",
		    good ? "the log has it" : "no such event");
	return i;
}

enum { IN_ANY, IN_ALL };

/*
 * Is the event's digest that of these bytes, in any or in all banks of the log? A bank that the event
 * leaves out is one whose replay has not seen it.
 */
static bool is_digest_of(const struct eventlog *log, const struct event *e, int banks,
			 const struct cursor *bytes)
{
	uint8_t digest[DIGEST_MAX];
	bool any = false, all = true;

	for (size_t b = 0; b < log->bank_count; b++) {
		size_t size = hash_size(log->bank[b]);
		bool same;

		if (size == 0)
			continue;
		same = e->digest[b] &&
		       crypto_hash(log->bank[b], bytes->p, bytes->left, digest, NULL) == 0 &&
		       memcmp(digest, e->digest[b], size) == 0;
		any |= same;
		all &= same;
	}
	return any && (all || banks == IN_ANY);
}

/*
 * Firmware ends its part of a register with a separator (Firmware Profile, 3.3.4.8 and 10.4.1);
 * behind it anybody extends whatever he likes. No digest covers the type: what is a separator by its
 * digest is one, whatever the log calls it.
 */
static bool ends_firmware(const struct eventlog *log, const struct event *e)
{
	static const uint8_t values[][4] = {{0}, {1}, {0xff, 0xff, 0xff, 0xff}};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (is_digest_of(log, e, IN_ANY, &CURSOR(values[i], sizeof(values[i]))))
			return true;
	return e->type == EV_SEPARATOR;
}

/* UEFI 2.10, 32.3: SecureBoot is one byte, 1 when it is on. Measured into PCR 7, CC register 1. */
static void judge_secure_boot(const struct eventlog *log, struct verdict *v)
{
	uint32_t pcr = log->form == EVENTLOG_CC ? 1 : 7;
	const char *got = "no event of the firmware tells";
	bool on = false;

	for (size_t i = 0; i < log->event_count; i++) {
		const struct event *e = &log->event[i];
		struct event_variable var;

		if (e->pcr != pcr || e->type == EV_NO_ACTION)
			continue;
		if (ends_firmware(log, e))
			break;
		if (e->type != EV_EFI_VARIABLE_DRIVER_CONFIG || !event_variable(e, &var) ||
		    strcmp(var.name, "SecureBoot") != 0)
			continue;
		on = is_digest_of(log, e, IN_ALL, &CURSOR(e->data, e->data_len)) &&
		     var.data_len == 1 && var.data[0] == 1;
		got = on ? "on" : "off, or not as measured";
		if (!on)
			break;
	}
	verdict_add(v, E_POLICY_SECURE_BOOT, "policy.secure-boot", on, "on", "%s", got);
}

void policy_judge_eventlog(const struct policy *p, const struct eventlog *log, struct verdict *v)
{
	if (policy_demands_secure_boot(p))
		judge_secure_boot(log, v);
	policy_event_checks(p, log, v);
}

void policy_event_checks(const struct policy *p, const struct eventlog *log, struct verdict *v)
{
	for (size_t i = 0; i < p->event_count;)
		i = judge_event(p, i, log, v);
}
