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

void base64_encode(char *out, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i + 2 < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 8 | p[i + 2];

		for (int s = 18; s >= 0; s -= 6)
			*out++ = alphabet[v >> s & 63];
	}
	if (i < len) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < len ? (uint32_t)p[i + 1] << 8 : 0);

		*out++ = alphabet[v >> 18 & 63];
		*out++ = alphabet[v >> 12 & 63];
		*out++ = i + 1 < len ? alphabet[v >> 6 & 63] : '=';
		*out++ = '=';
	}
	*out = '\0';
}

static int base64_value(char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

bool base64_decode(uint8_t *out, size_t max, size_t *ret_len, const char *text)
{
	size_t text_len = strlen(text), pad = 0, n = 0;

	if (text_len % 4)
		return false;
	if (text_len && text[text_len - 1] == '=')
		pad = text[text_len - 2] == '=' ? 2 : 1;
	if (text_len / 4 * 3 - pad > max)
		return false;
	for (size_t i = 0; i < text_len; i += 4) {
		size_t pads = i + 4 == text_len ? pad : 0;
		uint32_t v = 0;

		for (size_t k = 0; k < 4; k++) {
			int digit = k >= 4 - pads ? 0 : base64_value(text[i + k]);

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
