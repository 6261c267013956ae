/* SPDX-License-Identifier: MIT */
#include "policy_keys.h"

#include "codec.h"
#include "eventlog.h"
#include "pcr.h"

#include <stdio.h>
#include <string.h>

/* The words of a table, for a message. */
static void list_words(const struct config_choice *c, char *out, size_t size)
{
	size_t len = 0;

	for (*out = '\0'; c->text && len < size; c++)
		len += (size_t)snprintf(out + len, size - len, "%s%s", len ? ", " : "", c->text);
}

static int refuse_words(const struct config_key *k, const struct ini_line *l, const char *before,
			struct err *reterr)
{
	char words[160], text[220];

	list_words(k->choices, words, sizeof(words));
	(void)snprintf(text, sizeof(text), "%s%s", before, words);
	return config_refuse(reterr, l, text);
}

int policy_set_bits(const struct config_key *k, void *target, const struct ini_line *l,
		    struct err *reterr)
{
	struct policy_bits *bits = config_field(k, target);
	const char *rest = l->value;
	char word[32];

	while (ini_word(&rest, word, sizeof(word))) {
		bool no = strncmp(word, "no-", 3) == 0;
		int n = config_choice_value(k->choices, no ? word + 3 : word);

		if (n < 0)
			return refuse_words(k, l, "a list of these, or no- and one of these: ",
					    reterr);
		if ((bits->set | bits->clear) & (UINT64_C(1) << n))
			return config_refuse(reterr, l, "each bit once");
		*(no ? &bits->clear : &bits->set) |= UINT64_C(1) << n;
	}
	return *rest ? refuse_words(k, l, "a list of these, or no- and one of these: ", reterr) : 0;
}

int policy_set_mask(const struct config_key *k, void *target, const struct ini_line *l,
		    struct err *reterr)
{
	uint32_t *mask = config_field(k, target);
	const char *rest = l->value;
	char word[40];

	while (ini_word(&rest, word, sizeof(word))) {
		int n = config_choice_value(k->choices, word);

		if (n < 0)
			return refuse_words(k, l, "a list of ", reterr);
		*mask |= 1U << n;
	}
	return *rest ? refuse_words(k, l, "a list of ", reterr) : 0;
}

int policy_set_values(const struct config_key *k, void *target, const struct ini_line *l,
		      struct err *reterr)
{
	struct policy_values *v = config_field(k, target);
	const char *rest = l->value;
	char word[HEX_SIZE(POLICY_VALUE_SIZE)], expected[64];

	v->size = k->bytes;
	(void)snprintf(expected, sizeof(expected), "up to %d values of %zu hex digits",
		       POLICY_VALUES_MAX, 2 * k->bytes);
	while (ini_word(&rest, word, sizeof(word))) {
		if (v->count == POLICY_VALUES_MAX ||
		    !hex_decode(v->value[v->count], k->bytes, word))
			return config_refuse(reterr, l, expected);
		v->count++;
	}
	return *rest ? config_refuse(reterr, l, expected) : 0;
}

int policy_set_number(const struct config_key *k, void *target, const struct ini_line *l,
		      struct err *reterr)
{
	uint64_t value;

	if (!decimal_u64(l->value, UINT32_MAX, &value))
		return config_refuse(reterr, l, "a whole number");
	memcpy(config_field(k, target), &value, sizeof(value));
	return 0;
}

/* The component's place in struct policy_tcb, NULL for a name that the product does not have. */
static uint8_t *component(struct policy_tcb *t, const char *name, bool has_fmc)
{
	if (strcmp(name, "bootloader") == 0)
		return &t->bootloader;
	if (strcmp(name, "tee") == 0)
		return &t->tee;
	if (strcmp(name, "snp") == 0)
		return &t->snp;
	if (strcmp(name, "microcode") == 0)
		return &t->microcode;
	return has_fmc && strcmp(name, "fmc") == 0 ? &t->fmc : NULL;
}

int policy_set_tcb(const struct config_key *k, void *target, const struct ini_line *l,
		   struct err *reterr)
{
	static const char expected[] = "a list such as bootloader=4 tee=0 snp=24 microcode=219; "
				       "tcb-turin has fmc=1 too";
	bool has_fmc = strcmp(k->name, "tcb-turin") == 0;
	struct policy_tcb *t = config_field(k, target), seen = {0};
	const char *rest = l->value;
	char word[32];

	while (ini_word(&rest, word, sizeof(word))) {
		char *equals = strchr(word, '=');
		uint8_t *given, *value;
		uint64_t number;

		if (!equals || !decimal_u64(equals + 1, UINT8_MAX, &number))
			return config_refuse(reterr, l, expected);
		*equals = '\0';
		given = component(&seen, word, has_fmc);
		value = component(t, word, has_fmc);
		if (!value || *given)
			return config_refuse(reterr, l, expected);
		*given = 1;
		*value = (uint8_t)number;
		t->given = true;
	}
	return *rest ? config_refuse(reterr, l, expected) : 0;
}

int policy_set_svn(const struct config_key *k, void *target, const struct ini_line *l,
		   struct err *reterr)
{
	static const char expected[] = "up to 16 numbers from 0 to 255, such as 5 0 6";
	uint8_t *svn = config_field(k, target);
	const char *rest = l->value;
	size_t count = 0;
	char word[8];
	uint64_t number;

	while (ini_word(&rest, word, sizeof(word))) {
		if (count == 16 || !decimal_u64(word, UINT8_MAX, &number))
			return config_refuse(reterr, l, expected);
		svn[count++] = (uint8_t)number;
	}
	return *rest ? config_refuse(reterr, l, expected) : 0;
}

/* The N of "pcr-N", which config_key_is() has judged. */
static uint8_t key_number(const struct ini_line *l)
{
	uint64_t n = 0;

	(void)decimal_u64(strrchr(l->key, '-') + 1, PCR_COUNT - 1, &n);
	return (uint8_t)n;
}

/* A digest in hex: its size tells the bank. */
static bool take_digest(const char *word, uint8_t out[64], uint8_t *ret_size)
{
	size_t size = strlen(word) / 2;

	if ((size != 20 && size != 32 && size != 48 && size != 64) || !hex_decode(out, size, word))
		return false;
	*ret_size = (uint8_t)size;
	return true;
}

int policy_set_pcr(_unused_ const struct config_key *k, void *target, const struct ini_line *l,
		   struct err *reterr)
{
	static const char expected[] = "values of the PCR: 40, 64, 96 or 128 hex digits each";
	struct policy *p = &((struct config *)target)->policy;
	uint8_t n = key_number(l);
	const char *rest = l->value;
	char word[HEX_SIZE(64)];

	for (size_t i = 0; i < p->pcr_count; i++)
		if (p->pcr[i].pcr == n)
			return ini_err(reterr, E_CONFIG_DUPLICATE, l, "'%s' is given twice", l->key);
	while (ini_word(&rest, word, sizeof(word))) {
		struct policy_pcr *v = &p->pcr[p->pcr_count];

		if (p->pcr_count == POLICY_PCRS_MAX)
			return config_refuse(reterr, l, "at most 64 PCR values in all");
		if (!take_digest(word, v->value, &v->size))
			return config_refuse(reterr, l, expected);
		v->pcr = n;
		p->pcr_count++;
	}
	return *rest ? config_refuse(reterr, l, expected) : 0;
}

int policy_set_event(_unused_ const struct config_key *k, void *target, const struct ini_line *l,
		     struct err *reterr)
{
	static const char expected[] = "an event type such as EV_EFI_ACTION, then its digests of 40, "
				       "64, 96 or 128 hex digits; and again";
	struct policy *p = &((struct config *)target)->policy;
	uint8_t n = key_number(l), group = 0;
	size_t in_group = 1;	/* digests behind the last type; before the first none may stand */
	bool typed = false;
	const char *rest = l->value;
	char word[HEX_SIZE(64)];
	uint32_t type = 0;

	for (size_t i = 0; i < p->event_count; i++) {
		if (p->event[i].pcr == n)
			return ini_err(reterr, E_CONFIG_DUPLICATE, l, "'%s' is given twice", l->key);
		group = p->event[i].group;
	}
	while (ini_word(&rest, word, sizeof(word))) {
		struct policy_event *e = &p->event[p->event_count];

		if (event_type_by_name(word, &type)) {
			if (in_group == 0)
				return config_refuse(reterr, l, expected);
			group++;
			in_group = 0;
			typed = true;
			continue;
		}
		if (p->event_count == POLICY_EVENTS_MAX)
			return config_refuse(reterr, l, "at most 48 digests of events in all");
		if (!typed || !take_digest(word, e->digest, &e->size))
			return config_refuse(reterr, l, expected);
		e->pcr = n;
		e->type = type;
		e->group = group;
		p->event_count++;
		in_group++;
	}
	if (*rest || in_group == 0)
		return config_refuse(reterr, l, expected);
	return 0;
}
