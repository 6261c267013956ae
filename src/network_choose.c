/* SPDX-License-Identifier: MIT */
#include "network_internal.h"

#include "codec.h"
#include "file.h"
#include "ini.h"
#include "platform_internal.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define SYSFS "/sys/class/net"

bool network_is_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len >= IFNAMSIZ || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (size_t i = 0; i < len; i++)
		if (name[i] <= 0x20 || name[i] >= 0x7f || strchr("/:%", name[i]))
			return false;
	return true;
}

static void path_of(const char *name, const char *rest, char out[PATH_MAX])
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s/%s", SYSFS, name, rest);
	platform_under_root(path, out);
}

/* The last part of what device/driver leads to; "" for an interface without hardware. */
static void driver_of(const char *name, char out[64])
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *slash;
	ssize_t n;

	out[0] = '\0';
	path_of(name, "device/driver", path);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	slash = strrchr(target, '/');
	if (strlen(slash ? slash + 1 : target) < 64)
		(void)snprintf(out, 64, "%s", slash ? slash + 1 : target);
}

static bool is_part(const char *name)
{
	char path[PATH_MAX];

	path_of(name, "master", path);
	return file_exists(path);
}

static uint64_t index_of(const char *name)
{
	_cleanup_buf_ struct buf text = {0};
	char path[PATH_MAX];
	uint64_t index;

	path_of(name, "ifindex", path);
	if (file_read(path, 32, &text, NULL) < 0 || text.len == 0)
		return UINT64_MAX;
	text.data[strcspn((const char *)text.data, "\n")] = '\0';
	return decimal_u64((const char *)text.data, INT32_MAX, &index) ? index : UINT64_MAX;
}

/* How early the driver stands in the list; -1: not at all. */
static int rank_of(const char *drivers, const char *driver)
{
	char word[64];

	for (int rank = 0; ini_word(&drivers, word, sizeof(word)); rank++)
		if (strcmp(word, driver) == 0)
			return rank;
	return -1;
}

bool network_choose(const char *drivers, char ret_name[IFNAMSIZ])
{
	char path[PATH_MAX], driver[64];
	uint64_t best_index = 0;
	struct dirent *entry;
	int best = -1;
	DIR *d;

	platform_under_root(SYSFS, path);
	d = opendir(path);
	while (d && (entry = readdir(d))) {
		uint64_t index;
		int rank;

		if (!network_is_name(entry->d_name))
			continue;
		driver_of(entry->d_name, driver);
		rank = rank_of(drivers, driver);
		index = index_of(entry->d_name);
		if (rank < 0 || is_part(entry->d_name) ||
		    (best >= 0 && (rank > best || (rank == best && index >= best_index))))
			continue;
		best = rank;
		best_index = index;
		(void)snprintf(ret_name, IFNAMSIZ, "%.*s", IFNAMSIZ - 1, entry->d_name);
	}
	if (d)
		(void)closedir(d);
	return best >= 0;
}
