/* SPDX-License-Identifier: MIT */
/*
 * JSON, on cJSON: strict reading of bytes from outside, and writing. json_parse() refuses what
 * cJSON lets pass: text behind the value, duplicate keys in one object, NUL bytes, invalid UTF-8,
 * loose numbers, nesting above JSON_DEPTH_MAX, more than JSON_NODES_MAX values. Getters are typed,
 * and name the path in errors. Numbers are doubles in cJSON: 64-bit values travel as decimal strings.
 * All getters fail with the code that json_parse() was given, so a caller's format has one code.
 */
#ifndef CVMCRYPT_JSON_H
#define CVMCRYPT_JSON_H

#include "err.h"

struct cJSON;

#define JSON_DEPTH_MAX 8
#define JSON_NODES_MAX 4096

/* A parsed document: owns the tree. */
struct json {
	struct cJSON *root;
	enum err_code code;	/* what failures are reported as */
	const char *name;	/* of the document, for messages; borrowed */
};

#define _cleanup_json_ _cleanup_(json_done)

/* text need not end with NUL; trailing white space is fine. */
int json_parse(struct json *ret, const char *name, enum err_code code, const void *text, size_t len,
	       struct err *reterr);
void json_done(struct json *j);

/* A required member of an object. *ret is borrowed from the document. */
int json_get_object(const struct json *j, const struct cJSON *obj, const char *key,
		    const struct cJSON **ret, struct err *reterr);
int json_get_array(const struct json *j, const struct cJSON *obj, const char *key,
		   const struct cJSON **ret, struct err *reterr);
int json_get_string(const struct json *j, const struct cJSON *obj, const char *key,
		    const char **ret, struct err *reterr);
/* A JSON number that is a whole number from 0 to max (max <= 2^53). */
int json_get_u64(const struct json *j, const struct cJSON *obj, const char *key, uint64_t max,
		 uint64_t *ret, struct err *reterr);
/* A decimal string, as LUKS2 writes 64-bit values. */
int json_get_u64_string(const struct json *j, const struct cJSON *obj, const char *key,
			uint64_t *ret, struct err *reterr);
int json_get_bool(const struct json *j, const struct cJSON *obj, const char *key, bool *ret,
		  struct err *reterr);
/* base64 into out; *ret_len bytes. */
int json_get_base64(const struct json *j, const struct cJSON *obj, const char *key, uint8_t *out,
		    size_t max, size_t *ret_len, struct err *reterr);
/* Fails if obj has a member that is not in the NULL-terminated list. */
int json_only_keys(const struct json *j, const struct cJSON *obj, const char *const *keys,
		   struct err *reterr);

/* The same failure for what a caller finds wrong with a member: "NAME: PATH.KEY: WHAT". */
int json_fail(const struct json *j, const struct cJSON *obj, const char *key, const char *what,
	      struct err *reterr);

/* Optional members: NULL when absent. */
const struct cJSON *json_find(const struct cJSON *obj, const char *key);
size_t json_count(const struct cJSON *array_or_object);
const struct cJSON *json_at(const struct cJSON *array_or_object, size_t index);
/* The member's own key; NULL for array elements. */
const char *json_key(const struct cJSON *node);
bool json_is_object(const struct cJSON *node);
bool json_is_array(const struct cJSON *node);
/* The value if it is a string, else NULL. */
const char *json_string(const struct cJSON *node);

/*
 * Writing. Every json_add_* remembers a failed allocation by setting *ok to false, which the caller
 * looks at once, at the end. Objects and arrays that were added belong to the parent.
 */
struct cJSON *json_new_object(void);
void json_free(struct cJSON *node);
struct cJSON *json_add_object(struct cJSON *obj, const char *key, bool *ok);	/* key NULL: append */
struct cJSON *json_add_array(struct cJSON *obj, const char *key, bool *ok);
void json_add_string(struct cJSON *obj, const char *key, const char *value, bool *ok);
void json_add_number(struct cJSON *obj, const char *key, double value, bool *ok);
void json_add_bool(struct cJSON *obj, const char *key, bool value, bool *ok);
void json_add_base64(struct cJSON *obj, const char *key, const void *data, size_t len, bool *ok);
void json_add_hex(struct cJSON *obj, const char *key, const void *data, size_t len, bool *ok);
/* Takes node, which must belong to no parent; NULL counts as a failed allocation. */
void json_add_node(struct cJSON *obj, const char *key, struct cJSON *node, bool *ok);
/* A copy of a value of another document. */
void json_add_copy(struct cJSON *obj, const char *key, const struct cJSON *value, bool *ok);
/* Unformatted (compact) or indented text; malloc'ed, NULL when memory is out. */
char *json_print(const struct cJSON *node, bool indented);

#endif
