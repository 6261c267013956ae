/* SPDX-License-Identifier: MIT */
#include "rfc3339.h"

#include <stdio.h>
#include <string.h>

#define DAY 86400LL
#define FIRST (-62167219200LL)	/* 0000-01-01T00:00:00Z */
#define LAST 253402300799LL	/* 9999-12-31T23:59:59Z */

/* n digits at *p, which is moved behind them. */
static bool take_number(const char **p, int n, int *ret)
{
	*ret = 0;
	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*ret = *ret * 10 + (**p - '0');
	}
	return true;
}

static bool take_char(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && leap(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01; the year starts in March, so that the leap day is its last. */
static int64_t days_from_civil(int year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool take_offset(const char **p, int64_t *ret)
{
	int hours, minutes, sign = **p == '-' ? -1 : 1;

	*ret = 0;
	if (take_char(p, 'Z') || take_char(p, 'z'))
		return true;
	if (!take_char(p, '+') && !take_char(p, '-'))
		return false;
	if (!take_number(p, 2, &hours) || !take_char(p, ':') || !take_number(p, 2, &minutes) ||
	    hours > 23 || minutes > 59)
		return false;
	*ret = sign * (hours * 3600LL + minutes * 60LL);
	return true;
}

static bool take_fraction(const char **p)
{
	size_t n;

	if (!take_char(p, '.'))
		return true;
	n = strspn(*p, "0123456789");
	*p += n;
	return n > 0;
}

bool rfc3339_parse(const char *text, int64_t *ret)
{
	int year, month, day, hour, minute, second;
	const char *p = text;
	int64_t offset;

	if (!take_number(&p, 4, &year) || !take_char(&p, '-') || !take_number(&p, 2, &month) ||
	    !take_char(&p, '-') || !take_number(&p, 2, &day) ||
	    (!take_char(&p, 'T') && !take_char(&p, 't')) || !take_number(&p, 2, &hour) ||
	    !take_char(&p, ':') || !take_number(&p, 2, &minute) || !take_char(&p, ':') ||
	    !take_number(&p, 2, &second) || !take_fraction(&p) || !take_offset(&p, &offset) || *p)
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
	    minute > 59 || second > 60)
		return false;
	*ret = days_from_civil(year, month, day) * DAY + hour * 3600LL + minute * 60LL +
	       (second == 60 ? 59 : second) - offset;
	return true;
}

void rfc3339_format(int64_t at, char out[RFC3339_SIZE])
{
	int64_t day, second, year = 1970;
	int month = 1;

	at = at < FIRST ? FIRST : at > LAST ? LAST : at;
	day = at / DAY;
	second = at % DAY;
	if (second < 0) {
		second += DAY;
		day--;
	}
	/* a guess that is at most a year off */
	year += day * 400 / 146097;
	while (days_from_civil((int)year, 1, 1) > day)
		year--;
	while (days_from_civil((int)year + 1, 1, 1) <= day)
		year++;
	day -= days_from_civil((int)year, 1, 1);
	while (day >= days_in_month((int)year, month))
		day -= days_in_month((int)year, month++);
	(void)snprintf(out, RFC3339_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)year, month,
		       (int)day + 1, (int)(second / 3600), (int)(second / 60 % 60),
		       (int)(second % 60));
}
