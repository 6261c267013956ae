/* SPDX-License-Identifier: MIT */
#include "hcl_claims.h"

#include "codec.h"
#include "json.h"

#include <stdio.h>
#include <string.h>

#define CLAIMS_KEYS_MAX 16

struct reader {
	struct json json;
	const struct cJSON *at;		/* the object that is being read */
	struct err *reterr;
};

/* An optional text of printable ASCII; "" when absent. */
static int read_text(const struct reader *rd, const char *key, char *out, size_t size)
{
	const char *text = NULL;
	int r;

	if (!json_find(rd->at, key))
		return 0;
	r = json_get_string(&rd->json, rd->at, key, &text, rd->reterr);
	if (r < 0)
		return r;
	if (strlen(text) >= size)
		return json_fail(&rd->json, rd->at, key, "too long", rd->reterr);
	for (const char *p = text; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			return json_fail(&rd->json, rd->at, key, "not printable", rd->reterr);
	(void)snprintf(out, size, "%s", text);
	return 0;
}

static int read_flag(const struct reader *rd, const char *key, enum hcl_flag *ret)
{
	bool value;
	int r;

	if (!json_find(rd->at, key))
		return 0;
	r = json_get_bool(&rd->json, rd->at, key, &value, rd->reterr);
	if (r == 0)
		*ret = value ? HCL_TRUE : HCL_FALSE;
	return r;
}

/* base64url of a number, without its leading zeros. */
static int read_number(const struct reader *rd, const char *key, uint8_t out[HCL_MODULUS_MAX],
		       size_t *ret_len)
{
	const char *text = NULL;
	size_t len, zeros = 0;
	int r;

	r = json_get_string(&rd->json, rd->at, key, &text, rd->reterr);
	if (r < 0)
		return r;
	if (!base64url_decode(out, HCL_MODULUS_MAX, &len, text, strlen(text)))
		return json_fail(&rd->json, rd->at, key, "base64url of at most 512 bytes expected",
				 rd->reterr);
	while (zeros < len && out[zeros] == 0)
		zeros++;
	memmove(out, out + zeros, len - zeros);
	if (len == zeros)
		return json_fail(&rd->json, rd->at, key, "it is zero", rd->reterr);
	*ret_len = len - zeros;
	return 0;
}

static int read_operations(const struct reader *rd, struct hcl_key *key)
{
	const struct cJSON *list = NULL;
	int r;

	if (!json_find(rd->at, "key_ops"))
		return 0;
	r = json_get_array(&rd->json, rd->at, "key_ops", &list, rd->reterr);
	if (r < 0)
		return r;
	for (size_t i = 0, n = json_count(list); i < n; i++) {
		const char *op = json_string(json_at(list, i));

		if (!op)
			return json_fail(&rd->json, rd->at, "key_ops", "strings expected",
					 rd->reterr);
		key->sign |= strcmp(op, "sign") == 0;
		key->encrypt |= strcmp(op, "encrypt") == 0;
	}
	return 0;
}

/* An RSA key as a JWK (RFC 7518, 6.3.1). */
static int read_rsa(const struct reader *rd, struct hcl_key *key)
{
	uint8_t e[HCL_MODULUS_MAX];
	const char *kty = NULL;
	size_t e_len = 0;
	int r;

	r = json_get_string(&rd->json, rd->at, "kty", &kty, rd->reterr);
	if (r < 0)
		return r;
	if (strcmp(kty, "RSA") != 0)
		return json_fail(&rd->json, rd->at, "kty", "RSA expected", rd->reterr);
	r = read_number(rd, "n", key->n, &key->n_len);
	if (r == 0)
		r = read_number(rd, "e", e, &e_len);
	if (r == 0)
		r = read_operations(rd, key);
	if (r < 0)
		return r;
	if (e_len > sizeof(key->e))
		return json_fail(&rd->json, rd->at, "e", "more than 8 bytes", rd->reterr);
	for (size_t i = 0; i < e_len; i++)
		key->e = key->e << 8 | e[i];
	key->present = true;
	return 0;
}

/* Names are compared among all keys: a second one of any name leaves open which is meant. */
static int read_kid(const struct reader *rd, const struct cJSON *list, size_t index,
		    const char **ret)
{
	const char *kid = NULL;
	int r;

	r = json_get_string(&rd->json, rd->at, "kid", &kid, rd->reterr);
	if (r < 0)
		return r;
	for (size_t i = 0; i < index; i++)
		if (strcmp(json_string(json_find(json_at(list, i), "kid")), kid) == 0)
			return json_fail(&rd->json, rd->at, "kid", "a second key of this name",
					 rd->reterr);
	*ret = kid;
	return 0;
}

static int read_keys(struct reader *rd, struct hcl_claims *c)
{
	const struct cJSON *list = NULL, *root = rd->json.root;
	size_t count;
	int r;

	if (!json_find(root, "keys"))
		return 0;
	r = json_get_array(&rd->json, root, "keys", &list, rd->reterr);
	if (r < 0)
		return r;
	count = json_count(list);
	if (count > CLAIMS_KEYS_MAX)
		return json_fail(&rd->json, root, "keys", "more than 16", rd->reterr);
	for (size_t i = 0; i < count; i++) {
		const char *kid = NULL;

		rd->at = json_at(list, i);
		if (!json_is_object(rd->at))
			return json_fail(&rd->json, root, "keys", "objects expected", rd->reterr);
		r = read_kid(rd, list, i, &kid);
		if (r == 0 && strcmp(kid, "HCLAkPub") == 0)
			r = read_rsa(rd, &c->ak);
		else if (r == 0 && strcmp(kid, "HCLEkPub") == 0)
			r = read_rsa(rd, &c->ek);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_configuration(struct reader *rd, struct hcl_claims *c)
{
	const struct {
		const char *key;
		enum hcl_flag *flag;
	} flags[] = {
		{"console-enabled", &c->console_enabled},
		{"interactive-console-enabled", &c->interactive_console_enabled},
		{"secure-boot", &c->secure_boot},
		{"tpm-enabled", &c->tpm_enabled},
		{"tpm-persisted", &c->tpm_persisted},
		{"filtered-vpci-devices-allowed", &c->filtered_vpci_devices_allowed},
	};
	int r;

	if (!json_find(rd->json.root, "vm-configuration"))
		return 0;
	r = json_get_object(&rd->json, rd->json.root, "vm-configuration", &rd->at, rd->reterr);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(flags); i++)
		r = read_flag(rd, flags[i].key, flags[i].flag);
	if (r == 0)
		r = read_text(rd, "vmUniqueId", c->vm_unique_id, sizeof(c->vm_unique_id));
	if (r == 0)
		r = read_text(rd, "root-cert-thumbprint", c->root_cert_thumbprint,
			      sizeof(c->root_cert_thumbprint));
	if (r == 0)
		r = read_text(rd, "hardware-sealing-policy", c->hardware_sealing_policy,
			      sizeof(c->hardware_sealing_policy));
	if (r == 0 && json_find(rd->at, "current-time")) {
		r = json_get_u64(&rd->json, rd->at, "current-time", UINT64_MAX, &c->current_time,
				 rd->reterr);
		c->current_time_present = r == 0;
	}
	return r;
}

static int read_user_data(struct reader *rd, struct hcl_claims *c)
{
	const char *text = NULL;
	int r;

	if (!json_find(rd->json.root, "user-data"))
		return 0;
	r = json_get_string(&rd->json, rd->json.root, "user-data", &text, rd->reterr);
	if (r < 0)
		return r;
	if (!hex_decode(c->user_data, sizeof(c->user_data), text))
		return json_fail(&rd->json, rd->json.root, "user-data", "hex of 64 bytes expected",
				 rd->reterr);
	c->user_data_present = true;
	return 0;
}

int hcl_claims_parse(struct hcl_claims *ret, const uint8_t *json, size_t len, struct err *reterr)
{
	struct reader rd = {.reterr = reterr};
	struct hcl_claims claims = {0};
	int r;

	if (len > HCL_JSON_SIZE_MAX)
		return err_set(reterr, E_HCL_MALFORMED, "claims of %zu bytes, more than %d", len,
			       HCL_JSON_SIZE_MAX);
	r = json_parse(&rd.json, "claims", E_HCL_MALFORMED, json, len, reterr);
	if (r < 0)
		return r;
	if (!json_is_object(rd.json.root))
		r = err_set(reterr, E_HCL_MALFORMED, "claims: an object expected");
	if (r == 0)
		r = read_keys(&rd, &claims);
	if (r == 0)
		r = read_configuration(&rd, &claims);
	if (r == 0)
		r = read_user_data(&rd, &claims);
	json_done(&rd.json);
	if (r == 0)
		*ret = claims;
	return r;
}

int hcl_claims_ak(const struct hcl_claims *c, struct pubkey **ret, struct err *reterr)
{
	if (!c->ak.present)
		return err_set(reterr, E_HCL_MALFORMED, "claims: no key HCLAkPub");
	return pubkey_rsa(ret, c->ak.n, c->ak.n_len, c->ak.e, reterr);
}

const char *hcl_flag_name(enum hcl_flag flag)
{
	switch (flag) {
	case HCL_ABSENT:
		return NULL;
	case HCL_FALSE:
		return "false";
	case HCL_TRUE:
		return "true";
	}
	return NULL;
}
