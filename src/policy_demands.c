/* SPDX-License-Identifier: MIT */
#include "policy_internal.h"

#include "json.h"

#include <stdio.h>
#include <string.h>

/* The bytes of a row's field; rows of [policy] point into the config. */
static const uint8_t *field_of(const struct config_key *k, const struct policy *p)
{
	return (const uint8_t *)p + (k->offset - offsetof(struct config, policy));
}

static bool any_set(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return true;
	return false;
}

/* Does the policy demand anything by this key? */
static bool demanded(const struct config_key *k, const struct policy *p)
{
	const char *word;
	int value;

	if (strcmp(k->name, "secure-boot") == 0)
		return policy_demands_secure_boot(p);
	/* what to trust, and what to do without evidence: no demand on evidence */
	if (strcmp(k->name, "evidence-offline") == 0 || (k->fallback && !k->choices))
		return false;
	if (!k->fallback)
		return any_set(field_of(k, p), k->size);
	memcpy(&value, field_of(k, p), sizeof(value));
	word = policy_word(k->choices, value);
	return word && strcmp(word, "allow") != 0 && strcmp(word, "any") != 0;
}

/* Checks are named "policy.KEY", and ".WHAT" behind it where there are several. */
static bool judged(const char *key, const struct verdict *v)
{
	char stem[48];
	size_t len;

	/* the minimum of another product */
	if (strncmp(key, "tcb-", 4) == 0 && strcmp(key, "tcb-status") != 0)
		key = "tcb-order";
	len = (size_t)snprintf(stem, sizeof(stem), "policy.%s", key);
	if (stem[len - 1] == 'N')
		len--;
	for (size_t i = 0; i < v->count; i++) {
		const char *name = v->check[i].name;

		if (strncmp(name, stem, len) == 0 &&
		    (stem[len] == 'N' || name[len] == '\0' || name[len] == '.'))
			return true;
	}
	return false;
}

int policy_not_judged(const struct policy *p, const struct verdict *v, struct cJSON *decoded,
		      struct err *reterr)
{
	struct cJSON *list = NULL;
	bool ok = true;
	size_t count;
	const struct config_key *keys = config_keys(&count);

	list = json_add_array(decoded, "not_judged", &ok);
	if (policy_demands_isolation(p) && !judged("isolation", v))
		json_add_string(list, NULL, "isolation", &ok);
	for (size_t i = 0; i < count; i++)
		if (strcmp(keys[i].section, "policy") == 0 && demanded(&keys[i], p) &&
		    !judged(keys[i].name, v))
			json_add_string(list, NULL, keys[i].name, &ok);
	return ok ? 0 : err_set(reterr, E_NOMEM, "no memory for the result");
}
