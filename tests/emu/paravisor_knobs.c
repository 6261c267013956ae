/* SPDX-License-Identifier: MIT */
#include "paravisor.h"

#include "codec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum kind { K_WORD, K_NUMBER, K_LONG, K_FLAG, K_BYTES, K_TEXT };

struct knob {
	const char *name;
	enum kind kind;
	size_t offset, size;
	const char *const *words;
};

static const char *const tees[] = {"snp", "tdx", "none", NULL};
static const char *const user_datas[] = {"lower", "upper", "omit", NULL};
static const char *const aks[] = {"right", "other", NULL};
static const char *const jsons[] = {"plain", "duplicate", "second-ak", "trailing", NULL};
static const char *const report_datas[] = {"right", "wrong", "upper-half", NULL};

#define KNOB(text, type, member, ...) \
	{.name = text, .kind = type, .offset = offsetof(struct knobs, member), \
	 .size = sizeof(((struct knobs *)0)->member), __VA_ARGS__}

static const struct knob knobs[] = {
	KNOB("tee", K_WORD, tee, .words = tees),
	KNOB("ak-attributes", K_NUMBER, ak_attributes),
	KNOB("ak", K_WORD, ak, .words = aks),
	KNOB("user-data-attributes", K_NUMBER, user_data_attributes),
	KNOB("user-data-size", K_NUMBER, user_data_size),
	KNOB("period-ms", K_NUMBER, period_ms),
	KNOB("stale", K_NUMBER, stale),
	KNOB("user-data", K_WORD, user_data, .words = user_datas),
	KNOB("json", K_WORD, json, .words = jsons),
	KNOB("secure-boot", K_FLAG, secure_boot),
	KNOB("tpm-enabled", K_FLAG, tpm),
	KNOB("tpm-persisted", K_FLAG, persisted),
	KNOB("console", K_FLAG, console),
	KNOB("interactive-console", K_FLAG, interactive),
	KNOB("report-data", K_WORD, report_data, .words = report_datas),
	KNOB("signature-wrong", K_FLAG, signature_wrong),
	KNOB("version", K_NUMBER, version),
	KNOB("product", K_TEXT, product),
	KNOB("chip", K_BYTES, chip),
	KNOB("tcb", K_BYTES, tcb),
	KNOB("measurement", K_BYTES, measurement),
	KNOB("host-data", K_BYTES, host_data),
	KNOB("id-key", K_BYTES, id_key),
	KNOB("policy", K_LONG, policy),
	KNOB("platform-info", K_LONG, platform_info),
	KNOB("td-attributes", K_LONG, td_attributes),
	KNOB("vmpl", K_NUMBER, vmpl),
	KNOB("guest-svn", K_NUMBER, guest_svn),
};

void knobs_init(struct knobs *k)
{
	*k = (struct knobs){
		.tee = TEE_SNP,
		.ak_attributes = AK_ATTRIBUTES,
		.user_data_size = USER_DATA_SIZE,
		.period_ms = 2000,
		.secure_boot = true,
		.tpm = true,
		.persisted = true,
		.version = 3,
		.product = "Milan",
		.tcb = {4, 0, 0, 0, 0, 0, 24, 219},
		.policy = 0x3001f,
		.platform_info = 0x25,
		.guest_svn = 7,
	};
	memset(k->chip, 0xc1, sizeof(k->chip));
	memset(k->measurement, 0x3e, sizeof(k->measurement));
	memset(k->id_key, 0x1d, sizeof(k->id_key));
}

static bool number(const char *text, uint64_t max, uint64_t *ret)
{
	char *end = NULL;

	errno = 0;
	*ret = strtoull(text, &end, 0);
	return errno == 0 && *text && !*end && *ret <= max;
}

/* Two digits fill all of it. */
static bool bytes(uint8_t *out, size_t size, const char *text)
{
	uint8_t fill;

	if (strlen(text) == 2 && hex_decode(&fill, 1, text)) {
		memset(out, fill, size);
		return true;
	}
	return hex_decode(out, size, text);
}

static bool set(const struct knob *knob, struct knobs *k, const char *value)
{
	void *field = (char *)k + knob->offset;
	uint64_t v = 0;

	switch (knob->kind) {
	case K_WORD:
		for (uint32_t i = 0; knob->words[i]; i++)
			if (strcmp(knob->words[i], value) == 0) {
				memcpy(field, &i, sizeof(i));
				return true;
			}
		return false;
	case K_NUMBER:
		if (!number(value, UINT32_MAX, &v))
			return false;
		memcpy(field, &(uint32_t){(uint32_t)v}, sizeof(uint32_t));
		return true;
	case K_LONG:
		if (!number(value, UINT64_MAX, &v))
			return false;
		memcpy(field, &v, sizeof(v));
		return true;
	case K_FLAG:
		if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
			return false;
		*(bool *)field = value[0] == 'y';
		return true;
	case K_BYTES:
		return bytes(field, knob->size, value);
	case K_TEXT:
		return (size_t)snprintf(field, knob->size, "%s", value) < knob->size;
	}
	return false;
}

bool knobs_set(struct knobs *k, const char *text)
{
	const char *equals = strchr(text, '=');

	for (size_t i = 0; equals && i < ARRAY_SIZE(knobs); i++)
		if (strlen(knobs[i].name) == (size_t)(equals - text) &&
		    strncmp(knobs[i].name, text, (size_t)(equals - text)) == 0)
			return set(&knobs[i], k, equals + 1);
	return false;
}

void knobs_print(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++) {
		fprintf(stderr, "  %s=", knobs[i].name);
		for (size_t w = 0; knobs[i].words && knobs[i].words[w]; w++)
			fprintf(stderr, "%s%s", w ? "|" : "", knobs[i].words[w]);
		fprintf(stderr, "%s\n", knobs[i].kind == K_FLAG ? "yes|no" :
					knobs[i].kind == K_BYTES ? "HEX, or two digits to fill it" :
					knobs[i].kind == K_WORD ? "" : "VALUE");
	}
}
