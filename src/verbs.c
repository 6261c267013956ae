/* SPDX-License-Identifier: MIT */
#include "verbs.h"

#include "file.h"
#include "platform.h"

#include <stdio.h>
#include <string.h>

bool verb_selects(char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return count == 0;
}

int verb_config(const char *dir, char *const *names, int count, struct config *ret,
		struct err *reterr)
{
	int r;

	/* without the usual folder nothing is configured; one that was named is meant to be there */
	if (dir && !file_exists(dir))
		return err_set(reterr, E_CONFIG_READ, "'%s' does not exist; --config names the folder with "
			       "cvmcrypt.conf", dir);
	r = config_load(ret, dir ? dir : CONFIG_DIR, reterr);
	if (r < 0)
		return r;
	if (ret->volume_count == 0)
		return err_set(reterr, E_CONFIG_MISSING, "no volume is configured in '%s'",
			       dir ? dir : CONFIG_DIR);
	for (int i = 0; i < count; i++)
		if (!config_volume(ret, names[i]))
			return err_set(reterr, E_USAGE, "no volume '%s' in the config", names[i]);
	return 0;
}

int verb_device(const char *device_option, const struct volume_config *vc, char *out, size_t size,
		struct err *reterr)
{
	if (!device_option)
		return platform_device_path(vc->device, out, size, reterr);
	if ((size_t)snprintf(out, size, "%s", device_option) >= size)
		return err_set(reterr, E_USAGE, "device path is too long");
	return 0;
}
