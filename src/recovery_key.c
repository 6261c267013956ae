/* SPDX-License-Identifier: MIT */
#include "recovery_key.h"

#include "crypto.h"

#include <string.h>

#define GROUP_DATA 4 /* characters that are random */
#define GROUP (GROUP_DATA + 1)
#define CHARS (RECOVERY_KEY_GROUPS * GROUP)

_Static_assert(RECOVERY_KEY_TEXT == CHARS + RECOVERY_KEY_GROUPS - 1, "characters and separators");

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Multiplies by x in GF(2)[x]/(x^5 + x^2 + 1). */
static uint8_t times_x(uint8_t v)
{
	return (uint8_t)((v << 1 & 31) ^ (0x05 & -(v >> 4 & 1)));
}

/* The character that makes the group at this place (from 0) right: Horner's rule, x^4 c4 first. */
static uint8_t check_value(const uint8_t *data, size_t place)
{
	uint8_t sum = 0;

	for (size_t i = GROUP_DATA; i > 0; i--)
		sum = times_x(sum ^ data[i - 1]);
	return sum ^ (uint8_t)(place + 1);
}

static int format(const uint8_t values[CHARS], struct secret *ret_text, struct err *reterr)
{
	int r = secret_alloc(ret_text, RECOVERY_KEY_TEXT, reterr);
	uint8_t *out = ret_text->bytes;

	for (size_t i = 0; r == 0 && i < CHARS; i++) {
		if (i > 0 && i % GROUP == 0)
			*out++ = '-';
		*out++ = (uint8_t)alphabet[values[i]];
	}
	return r;
}

int recovery_key_generate(struct secret *ret_text, struct err *reterr)
{
	_cleanup_secret_ struct secret values = SECRET_INIT;
	int r = crypto_secret_random(&values, CHARS, reterr);

	if (r < 0)
		return r;
	for (size_t g = 0; g < RECOVERY_KEY_GROUPS; g++) {
		uint8_t *group = values.bytes + g * GROUP;

		for (size_t i = 0; i < GROUP_DATA; i++)
			group[i] &= 31;
		group[GROUP_DATA] = check_value(group, g);
	}
	return format(values.bytes, ret_text, reterr);
}

static bool is_separator(char c)
{
	return c && strchr("- \t\r\n", c);
}

/* The number of a typed character, or -1. */
static int value_of(char c)
{
	const char *at;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'O')
		c = '0';
	if (c == 'I' || c == 'L')
		c = '1';
	at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

/*
 * A wrong number of characters. If they were typed in eight groups, the first that is too short or
 * too long is the one to look at.
 */
static int wrong_length(const char *typed, size_t len, size_t count, struct err *reterr)
{
	size_t groups = 0, in_group = 0, odd = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && !is_separator(typed[i])) {
			in_group++;
			continue;
		}
		groups += in_group > 0;
		if (in_group > 0 && in_group != GROUP && odd == 0)
			odd = groups;
		in_group = 0;
	}
	if (groups == RECOVERY_KEY_GROUPS && odd > 0)
		return err_set(reterr, E_RECOVERY_TYPO, "group %zu has not %d characters", odd,
			       GROUP);
	return err_set(reterr, E_RECOVERY_TYPO, "%zu characters, and a recovery key has %d", count,
		       CHARS);
}

int recovery_key_parse(const char *typed, size_t len, struct secret *ret_text, struct err *reterr)
{
	_cleanup_secret_ struct secret values = SECRET_INIT;
	size_t count = 0;
	int r = secret_alloc(&values, CHARS, reterr);

	for (size_t i = 0; r == 0 && i < len; i++) {
		int value = value_of(typed[i]);

		if (is_separator(typed[i]))
			continue;
		if (value < 0)
			return err_set(reterr, E_RECOVERY_TYPO,
				       "group %zu has a character that no recovery key has",
				       count / GROUP + 1);
		if (count < CHARS)
			values.bytes[count] = (uint8_t)value;
		count++;
	}
	if (r < 0)
		return r;
	if (count != CHARS)
		return wrong_length(typed, len, count, reterr);
	for (size_t g = 0; g < RECOVERY_KEY_GROUPS; g++) {
		const uint8_t *group = values.bytes + g * GROUP;

		if (check_value(group, g) != group[GROUP_DATA])
			return err_set(reterr, E_RECOVERY_TYPO, "group %zu of %d", g + 1,
				       RECOVERY_KEY_GROUPS);
	}
	return format(values.bytes, ret_text, reterr);
}
