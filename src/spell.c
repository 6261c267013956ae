/* SPDX-License-Identifier: MIT */
#include "spell.h"

#include <string.h>

#define WORD_MAX 31

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein distance, one row at a time. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned row[WORD_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned above = row[j];

			row[j] =
				least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

bool spell_near(const char *typed, const char *known)
{
	size_t typed_len = strlen(typed), known_len = strlen(known);

	if (typed_len > WORD_MAX || known_len > WORD_MAX)
		return false;
	return 2 * distance(typed, typed_len, known, known_len) <= (known_len < 4 ? known_len : 4);
}
