/* SPDX-License-Identifier: MIT */
#include "codec.h"

#include <string.h>

void hex_encode(char *out, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++) {
		unsigned hi = p[i] >> 4, lo = p[i] & 15;

		/* 87 = 'a' - 10; the shifted term is -39 for digits below ten, 0 above */
		out[2 * i] = (char)(87U + hi + (((hi - 10U) >> 8) & ~38U));
		out[2 * i + 1] = (char)(87U + lo + (((lo - 10U) >> 8) & ~38U));
	}
	out[2 * len] = '\0';
}

/* The value of a hex digit, or a number above 15. */
static unsigned hex_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10U;
	return 255;
}

bool hex_decode(uint8_t *out, size_t len, const char *text)
{
	if (strlen(text) != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned hi = hex_value((unsigned char)text[2 * i]);
		unsigned lo = hex_value((unsigned char)text[2 * i + 1]);

		if (hi > 15 || lo > 15)
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(char *out, const char *digits, bool padded, const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i + 2 < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 8 | p[i + 2];

		for (int s = 18; s >= 0; s -= 6)
			*out++ = digits[v >> s & 63];
	}
	if (i < len) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < len ? (uint32_t)p[i + 1] << 8 : 0);

		*out++ = digits[v >> 18 & 63];
		*out++ = digits[v >> 12 & 63];
		if (i + 1 < len)
			*out++ = digits[v >> 6 & 63];
		else if (padded)
			*out++ = '=';
		if (padded)
			*out++ = '=';
	}
	*out = '\0';
}

void base64_encode(char *out, const void *data, size_t len)
{
	encode(out, alphabet, true, data, len);
}

void base64url_encode(char *out, const void *data, size_t len)
{
	encode(out, alphabet_url, false, data, len);
}

static int base64_value(const char *digits, char c)
{
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Without padding: the last group has two, three or four characters. */
static bool decode(uint8_t *out, size_t *ret_len, const char *digits, const char *text,
		   size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i += 4) {
		size_t pads = len - i < 4 ? 4 - (len - i) : 0;
		uint32_t v = 0;

		for (size_t k = 0; k < 4; k++) {
			int digit = k >= 4 - pads ? 0 : base64_value(digits, text[i + k]);

			if (digit < 0)
				return false;
			v = v << 6 | (uint32_t)digit;
		}
		if (v & ((1U << (8 * pads)) - 1))
			return false;
		for (size_t k = 0; k < 3 - pads; k++)
			out[n++] = (uint8_t)(v >> (16 - 8 * k));
	}
	*ret_len = n;
	return true;
}

/* Characters of text that are no padding; one or two '=' count as such only at a full group. */
static size_t unpadded(const char *text, size_t len)
{
	if (len == 0 || len % 4 || text[len - 1] != '=')
		return len;
	return text[len - 2] == '=' ? len - 2 : len - 1;
}

bool base64_decode(uint8_t *out, size_t max, size_t *ret_len, const char *text)
{
	size_t text_len = strlen(text), len = unpadded(text, text_len);

	if (text_len % 4 || len * 3 / 4 > max)
		return false;
	return decode(out, ret_len, alphabet, text, len);
}

bool base64url_decode(uint8_t *out, size_t max, size_t *ret_len, const char *text, size_t len)
{
	len = unpadded(text, len);
	if (len % 4 == 1 || len * 3 / 4 > max)
		return false;
	return decode(out, ret_len, alphabet_url, text, len);
}

bool decimal_u64(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*text || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (v > (UINT64_MAX - (uint64_t)(*text - '0')) / 10)
			return false;
		v = v * 10 + (uint64_t)(*text - '0');
	}
	if (v > max)
		return false;
	*ret = v;
	return true;
}
