/* SPDX-License-Identifier: MIT */
#include "floor.h"

#include "codec.h"
#include "file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DIGITS_MAX 12

int64_t floor_seconds(const char *config_dir)
{
	_cleanup_buf_ struct buf text = {0};
	char path[PATH_MAX];
	uint64_t value;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", config_dir, FLOOR_FILE) >= sizeof(path) ||
	    file_read(path, DIGITS_MAX + 1, &text, NULL) < 0 || text.len == 0 ||
	    text.data[text.len - 1] != '\n')
		return 0;
	text.data[text.len - 1] = '\0';
	if (strlen((const char *)text.data) != text.len - 1 ||
	    !decimal_u64((const char *)text.data, INT64_MAX, &value))
		return 0;
	return (int64_t)value;
}

int64_t floor_now(int64_t floor)
{
	int64_t now = (int64_t)time(NULL);

	return now < floor ? floor : now;
}
