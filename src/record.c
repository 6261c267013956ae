/* SPDX-License-Identifier: MIT */
#include "record.h"

const struct way *record_way(const struct record *r, enum way_type type)
{
	for (size_t i = 0; i < r->way_count; i++)
		if (r->ways[i].type == type)
			return &r->ways[i];
	return NULL;
}
