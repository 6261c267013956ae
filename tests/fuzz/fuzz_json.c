/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(const struct json *j, const struct cJSON *node, unsigned depth)
{
	static const char *const none[] = {NULL};
	uint8_t bytes[64];
	size_t len;
	uint64_t n;
	bool flag;

	if (depth > JSON_DEPTH_MAX)
		abort();
	for (size_t i = 0; i < 16 && json_at(node, i); i++) {
		const struct cJSON *child = json_at(node, i);
		const char *key = json_key(child), *text;
		struct err e;

		if (key) {
			if (json_find(node, key) != child)
				abort();	/* a key stands twice */
			(void)json_get_u64(j, node, key, UINT64_MAX, &n, &e);
			(void)json_get_u64_string(j, node, key, &n, &e);
			(void)json_get_string(j, node, key, &text, &e);
			(void)json_get_bool(j, node, key, &flag, &e);
			(void)json_get_base64(j, node, key, bytes, sizeof(bytes), &len, &e);
			(void)json_only_keys(j, node, none, &e);
		}
		visit(j, child, depth + 1);
	}
}

/* What was accepted must be accepted again after printing. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ struct json j = {0}, again = {0};
	_cleanup_free_ char *text = NULL;
	struct err e;

	if (json_parse(&j, "fuzz", E_HEADER_MALFORMED, data, size, &e) < 0)
		return 0;
	visit(&j, j.root, 0);
	text = json_print(j.root, false);
	if (!text || json_parse(&again, "again", E_HEADER_MALFORMED, text, strlen(text), &e) < 0)
		abort();
	return 0;
}
