/* SPDX-License-Identifier: MIT */
#include "escrow.h"

#include "json.h"

#include <string.h>

#define ALGORITHM "rsa-oaep-sha256"

static int parse_members(struct escrow *ret, const struct json *j, struct err *reterr)
{
	static const char *const keys[] = {"type", "keyslots", "v", "alg", "key", NULL};
	const struct cJSON *slots;
	const char *type, *alg;
	uint64_t version;
	int r = json_get_string(j, j->root, "type", &type, reterr);

	if (r == 0 && strcmp(type, ESCROW_TYPE) != 0)
		r = json_fail(j, j->root, "type", "not an escrowed recovery key", reterr);
	if (r == 0)
		r = json_get_u64(j, j->root, "v", UINT32_MAX, &version, reterr);
	if (r == 0 && version == 0)
		r = json_fail(j, j->root, "v", "is 0", reterr);
	if (r == 0 && version > ESCROW_VERSION)
		r = err_set(reterr, E_RECORD_TOO_NEW,
			    "escrow: version %u, and this cvmcrypt reads up to %d",
			    (unsigned)version, ESCROW_VERSION);
	if (r == 0)
		r = json_only_keys(j, j->root, keys, reterr);
	if (r == 0)
		r = json_get_array(j, j->root, "keyslots", &slots, reterr);
	if (r == 0 && json_count(slots) > 0)
		r = json_fail(j, j->root, "keyslots", "not empty", reterr);
	if (r == 0)
		r = json_get_string(j, j->root, "alg", &alg, reterr);
	if (r == 0 && strcmp(alg, ALGORITHM) != 0)
		r = json_fail(j, j->root, "alg", "not " ALGORITHM, reterr);
	if (r == 0)
		r = json_get_base64(j, j->root, "key", ret->encrypted, sizeof(ret->encrypted),
				    &ret->len, reterr);
	if (r == 0 && ret->len == 0)
		r = json_fail(j, j->root, "key", "empty", reterr);
	return r;
}

int escrow_parse(struct escrow *ret, const char *text, size_t len, struct err *reterr)
{
	_cleanup_json_ struct json j = {0};
	int r;

	memset(ret, 0, sizeof(*ret));
	if (len > ESCROW_TEXT_MAX)
		return err_set(reterr, E_RECORD_MALFORMED, "escrow: larger than %d bytes",
			       ESCROW_TEXT_MAX);
	r = json_parse(&j, "escrow", E_RECORD_MALFORMED, text, len, reterr);
	return r < 0 ? r : parse_members(ret, &j, reterr);
}

int escrow_format(const uint8_t *encrypted, size_t len, struct buf *ret, struct err *reterr)
{
	struct cJSON *root = json_new_object();
	_cleanup_free_ char *text = NULL;
	bool ok = root != NULL;

	if (len == 0 || len > ESCROW_SIZE_MAX) {
		json_free(root);
		return err_set(reterr, E_INTERNAL, "escrow of %zu bytes", len);
	}
	json_add_string(root, "type", ESCROW_TYPE, &ok);
	(void)json_add_array(root, "keyslots", &ok);
	json_add_number(root, "v", ESCROW_VERSION, &ok);
	json_add_string(root, "alg", ALGORITHM, &ok);
	json_add_base64(root, "key", encrypted, len, &ok);
	if (ok)
		text = json_print(root, false);
	json_free(root);
	ret->max = ESCROW_TEXT_MAX + 1; /* the NUL */
	if (text)
		buf_put(ret, text, strlen(text) + 1);
	if (!text || ret->failed)
		return err_set(reterr, E_NOMEM, "the escrow token's text");
	ret->len--;
	return 0;
}
