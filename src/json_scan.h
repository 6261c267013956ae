/* SPDX-License-Identifier: MIT */
/*
 * Is this text strictly JSON (RFC 8259)? One pass, no memory. cJSON only ever sees text that passed
 * here, so what cJSON lets pass, and what old versions read beyond the end, doesn't matter.
 */
#ifndef CVMCRYPT_JSON_SCAN_H
#define CVMCRYPT_JSON_SCAN_H

#include "base.h"

#define JSON_NUMBER_TEXT_MAX 32

/*
 * NULL if text is one JSON value in UTF-8 (white space around it is fine) within JSON_DEPTH_MAX and
 * JSON_NODES_MAX, else what is wrong, and *ret_at = offset in bytes where.
 */
const char *json_scan(const void *text, size_t len, size_t *ret_at);

/*
 * Where the value of a member of the outermost object stands in the text, byte for byte: for what is
 * signed as it was written. text must have passed json_parse(). false: not an object, or no member
 * whose key is written exactly so (without escapes).
 */
bool json_scan_member(const void *text, size_t len, const char *key, size_t *ret_at,
		      size_t *ret_len);

/* Bytes of the well-formed UTF-8 sequence at p (RFC 3629), 0 if there is none. */
size_t json_utf8(const uint8_t *p, size_t left);

#endif
