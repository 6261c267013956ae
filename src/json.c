/* SPDX-License-Identifier: MIT */
#include "json.h"

#include "codec.h"
#include "json_scan.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#define JSON_PATH_MAX 160
#define JSON_U64_MAX (UINT64_C(1) << 53)	/* above it doubles skip whole numbers */

/* Keys are compared as decoded: "a" and "\u0061" are the same key. */
static const char *duplicate_key(const cJSON *node)
{
	const cJSON *child, *later;
	const char *found;

	cJSON_ArrayForEach(child, node) {
		for (later = child->next; cJSON_IsObject(node) && later; later = later->next)
			if (strcmp(child->string, later->string) == 0)
				return child->string;
		found = duplicate_key(child);
		if (found)
			return found;
	}
	return NULL;
}

int json_parse(struct json *ret, const char *name, enum err_code code, const void *text, size_t len,
	       struct err *reterr)
{
	struct json j = {.code = code, .name = name};
	const char *wrong;
	size_t at;

	wrong = json_scan(text, len, &at);
	if (wrong)
		return err_set(reterr, code, "%s: not JSON at byte %zu: %s", name, at, wrong);
	j.root = cJSON_ParseWithLength(text, len);
	if (!j.root)
		return err_set(reterr, E_NOMEM, "%s: no memory for the JSON tree", name);
	wrong = duplicate_key(j.root);
	if (wrong) {
		int r = err_set(reterr, code, "%s: key '%.40s' twice in one object", name, wrong);

		json_done(&j);
		return r;
	}
	*ret = j;
	return 0;
}

void json_done(struct json *j)
{
	cJSON_Delete(j->root);
	j->root = NULL;
}

static bool append_path(char *path, size_t *at, const char *text)
{
	int n = snprintf(path + *at, JSON_PATH_MAX - *at, "%s%.40s", *at ? "." : "", text);

	if (n < 0 || (size_t)n >= JSON_PATH_MAX - *at)
		return false;
	*at += (size_t)n;
	return true;
}

/* Writes the way from node down to target; cJSON has no parent pointers, and only failures ask. */
static bool find_path(const cJSON *node, const cJSON *target, char *path, size_t at)
{
	const cJSON *child;
	unsigned index = 0;

	if (node == target)
		return true;
	cJSON_ArrayForEach(child, node) {
		char number[16];
		size_t here = at;

		(void)snprintf(number, sizeof(number), "%u", index++);
		if (!append_path(path, &here, child->string ? child->string : number))
			continue;
		if (find_path(child, target, path, here))
			return true;
	}
	path[at] = '\0';
	return false;
}

int json_fail(const struct json *j, const struct cJSON *obj, const char *key, const char *what,
	      struct err *reterr)
{
	char path[JSON_PATH_MAX] = "";

	(void)find_path(j->root, obj, path, 0);
	return err_set(reterr, j->code, "%s: %s%s%.40s: %s", j->name, path, path[0] ? "." : "", key,
		       what);
}

static int get(const struct json *j, const cJSON *obj, const char *key, const cJSON **ret,
	       struct err *reterr)
{
	const cJSON *item = json_find(obj, key);

	if (!item)
		return json_fail(j, obj, key, "missing", reterr);
	*ret = item;
	return 0;
}

int json_get_object(const struct json *j, const struct cJSON *obj, const char *key,
		    const struct cJSON **ret, struct err *reterr)
{
	const cJSON *item = NULL;
	int r = get(j, obj, key, &item, reterr);

	if (r < 0)
		return r;
	if (!cJSON_IsObject(item))
		return json_fail(j, obj, key, "object expected", reterr);
	*ret = item;
	return 0;
}

int json_get_array(const struct json *j, const struct cJSON *obj, const char *key,
		   const struct cJSON **ret, struct err *reterr)
{
	const cJSON *item = NULL;
	int r = get(j, obj, key, &item, reterr);

	if (r < 0)
		return r;
	if (!cJSON_IsArray(item))
		return json_fail(j, obj, key, "array expected", reterr);
	*ret = item;
	return 0;
}

int json_get_string(const struct json *j, const struct cJSON *obj, const char *key,
		    const char **ret, struct err *reterr)
{
	const cJSON *item = NULL;
	int r = get(j, obj, key, &item, reterr);

	if (r < 0)
		return r;
	if (!cJSON_IsString(item))
		return json_fail(j, obj, key, "string expected", reterr);
	*ret = item->valuestring;
	return 0;
}

int json_get_u64(const struct json *j, const struct cJSON *obj, const char *key, uint64_t max,
		 uint64_t *ret, struct err *reterr)
{
	const cJSON *item = NULL;
	int r = get(j, obj, key, &item, reterr);

	if (r < 0)
		return r;
	if (!cJSON_IsNumber(item))
		return json_fail(j, obj, key, "number expected", reterr);
	if (max > JSON_U64_MAX)
		max = JSON_U64_MAX;
	/* range first: converting a double that doesn't fit is undefined */
	if (!(item->valuedouble >= 0 && item->valuedouble <= (double)max) ||
	    item->valuedouble != (double)(uint64_t)item->valuedouble) {
		char what[64];

		(void)snprintf(what, sizeof(what), "whole number from 0 to %llu expected",
			       (unsigned long long)max);
		return json_fail(j, obj, key, what, reterr);
	}
	*ret = (uint64_t)item->valuedouble;
	return 0;
}

int json_get_u64_string(const struct json *j, const struct cJSON *obj, const char *key,
			uint64_t *ret, struct err *reterr)
{
	const char *text = NULL;
	int r = json_get_string(j, obj, key, &text, reterr);

	if (r < 0)
		return r;
	if (!decimal_u64(text, UINT64_MAX, ret))
		return json_fail(j, obj, key, "string with a decimal number expected", reterr);
	return 0;
}

int json_get_bool(const struct json *j, const struct cJSON *obj, const char *key, bool *ret,
		  struct err *reterr)
{
	const cJSON *item = NULL;
	int r = get(j, obj, key, &item, reterr);

	if (r < 0)
		return r;
	if (!cJSON_IsBool(item))
		return json_fail(j, obj, key, "true or false expected", reterr);
	*ret = cJSON_IsTrue(item);
	return 0;
}

int json_get_base64(const struct json *j, const struct cJSON *obj, const char *key, uint8_t *out,
		    size_t max, size_t *ret_len, struct err *reterr)
{
	const char *text = NULL;
	int r = json_get_string(j, obj, key, &text, reterr);

	if (r < 0)
		return r;
	if (!base64_decode(out, max, ret_len, text)) {
		char what[64];

		(void)snprintf(what, sizeof(what), "base64 of at most %zu bytes expected", max);
		return json_fail(j, obj, key, what, reterr);
	}
	return 0;
}

int json_only_keys(const struct json *j, const struct cJSON *obj, const char *const *keys,
		   struct err *reterr)
{
	const cJSON *child;

	cJSON_ArrayForEach(child, obj) {
		const char *const *k = keys;

		while (*k && strcmp(*k, child->string ? child->string : "") != 0)
			k++;
		if (!*k)
			return json_fail(j, obj, child->string ? child->string : "?",
					 "unknown key", reterr);
	}
	return 0;
}

const struct cJSON *json_find(const struct cJSON *obj, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(obj, key);
}

size_t json_count(const struct cJSON *array_or_object)
{
	const cJSON *child;
	size_t n = 0;

	cJSON_ArrayForEach(child, array_or_object)
		n++;
	return n;
}

const struct cJSON *json_at(const struct cJSON *array_or_object, size_t index)
{
	const cJSON *child;

	cJSON_ArrayForEach(child, array_or_object)
		if (index-- == 0)
			return child;
	return NULL;
}

const char *json_key(const struct cJSON *node)
{
	return node ? node->string : NULL;
}

bool json_is_array(const struct cJSON *node)
{
	return cJSON_IsArray(node);
}

bool json_is_object(const struct cJSON *node)
{
	return cJSON_IsObject(node);
}

const char *json_string(const struct cJSON *node)
{
	return cJSON_GetStringValue(node);
}

struct cJSON *json_new_object(void)
{
	return cJSON_CreateObject();
}

void json_free(struct cJSON *node)
{
	cJSON_Delete(node);
}

/* Gives item to obj, which may be NULL after an earlier failure, and so may item. */
static struct cJSON *add(struct cJSON *obj, const char *key, struct cJSON *item, bool *ok)
{
	bool added = key ? cJSON_AddItemToObject(obj, key, item) : cJSON_AddItemToArray(obj, item);

	if (added)
		return item;
	cJSON_Delete(item);
	*ok = false;
	return NULL;
}

void json_add_node(struct cJSON *obj, const char *key, struct cJSON *node, bool *ok)
{
	(void)add(obj, key, node, ok);
}

struct cJSON *json_add_object(struct cJSON *obj, const char *key, bool *ok)
{
	return add(obj, key, cJSON_CreateObject(), ok);
}

struct cJSON *json_add_array(struct cJSON *obj, const char *key, bool *ok)
{
	return add(obj, key, cJSON_CreateArray(), ok);
}

void json_add_string(struct cJSON *obj, const char *key, const char *value, bool *ok)
{
	cJSON *item = cJSON_CreateString(value);

	/* a path or a label may hold anything, JSON text may not */
	for (uint8_t *p = item ? (uint8_t *)item->valuestring : NULL; p && *p;) {
		size_t n = json_utf8(p, strlen((const char *)p));

		if (n == 0)
			*p = '?';
		p += n ? n : 1;
	}
	(void)add(obj, key, item, ok);
}

void json_add_number(struct cJSON *obj, const char *key, double value, bool *ok)
{
	char text[32];

	/* cJSON prints 15 digits: 2^53 would come out as another number */
	if (value >= 0 && value <= (double)JSON_U64_MAX && value == (double)(uint64_t)value) {
		(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
		(void)add(obj, key, cJSON_CreateRaw(text), ok);
	} else {
		(void)add(obj, key, cJSON_CreateNumber(value), ok);
	}
}

void json_add_bool(struct cJSON *obj, const char *key, bool value, bool *ok)
{
	(void)add(obj, key, cJSON_CreateBool(value), ok);
}

void json_add_base64(struct cJSON *obj, const char *key, const void *data, size_t len, bool *ok)
{
	_cleanup_free_ char *text = malloc(BASE64_SIZE(len));

	if (!text) {
		*ok = false;
		return;
	}
	base64_encode(text, data, len);
	json_add_string(obj, key, text, ok);
}

void json_add_hex(struct cJSON *obj, const char *key, const void *data, size_t len, bool *ok)
{
	_cleanup_free_ char *text = malloc(HEX_SIZE(len));

	if (!text) {
		*ok = false;
		return;
	}
	hex_encode(text, data, len);
	json_add_string(obj, key, text, ok);
}

void json_add_copy(struct cJSON *obj, const char *key, const struct cJSON *value, bool *ok)
{
	(void)add(obj, key, cJSON_Duplicate(value, true), ok);
}

char *json_print(const struct cJSON *node, bool indented)
{
	return indented ? cJSON_Print(node) : cJSON_PrintUnformatted(node);
}
