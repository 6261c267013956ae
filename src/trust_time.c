/* SPDX-License-Identifier: MIT */
#include "trust_time.h"

int64_t trust_time(int64_t floor, int64_t clock, int64_t not_before, int64_t not_after)
{
	int64_t earliest = not_before > floor ? not_before : floor;

	if (earliest > not_after)
		return floor;
	return clock >= earliest && clock <= not_after ? clock : earliest;
}

int64_t trust_time_of(const struct x509_list *certs, int64_t floor, int64_t clock)
{
	int64_t from = INT64_MIN, to = INT64_MAX;

	for (size_t i = 0; i < certs->count; i++) {
		int64_t not_before, not_after;

		if (x509_is_ca(certs->cert[i]))
			continue;
		x509_validity(certs->cert[i], &not_before, &not_after);
		from = not_before > from ? not_before : from;
		to = not_after < to ? not_after : to;
	}
	return trust_time(floor, clock, from, to);
}
