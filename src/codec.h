/* SPDX-License-Identifier: MIT */
/*
 * The one hex, base64 (RFC 4648 section 4, padded, canonical), base64url (section 5) and decimal
 * codec. Decoding is strict: no white space, no missing padding, no non-zero trailing bits. Secrets
 * that pass through hex are handled by callers in secret memory; hex here has no data-dependent
 * branches or table look-ups.
 */
#ifndef CVMCRYPT_CODEC_H
#define CVMCRYPT_CODEC_H

#include "base.h"

/* Room for the text of n bytes with its NUL. */
#define HEX_SIZE(n) (2 * (n) + 1)
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/* Lower case; out has HEX_SIZE(len). */
void hex_encode(char *out, const void *data, size_t len);
/* Either case; the text must be exactly 2 * len digits. */
bool hex_decode(uint8_t *out, size_t len, const char *text);

/* out has BASE64_SIZE(len). */
void base64_encode(char *out, const void *data, size_t len);
/* Decodes at most max bytes; false if the text is not canonical or does not fit. */
bool base64_decode(uint8_t *out, size_t max, size_t *ret_len, const char *text);

/* Without padding, as JOSE writes it (RFC 7515, section 2); out has BASE64_SIZE(len). */
void base64url_encode(char *out, const void *data, size_t len);
/* The same of len characters of text; padding may be there in full or not at all. */
bool base64url_decode(uint8_t *out, size_t max, size_t *ret_len, const char *text, size_t len);

/* Decimal without sign, leading zeros or white space; at most max. */
bool decimal_u64(const char *text, uint64_t max, uint64_t *ret);

#endif
