/* SPDX-License-Identifier: MIT */
#include "verb_options.h"

#include <string.h>

static int find_option(const struct verb_option *options, const char *name, size_t len)
{
	for (int i = 0; options[i].name; i++)
		if (strlen(options[i].name) == len && strncmp(options[i].name, name, len) == 0)
			return i;
	return -1;
}

/* One "--name" at argv[*at]; moves *at over a separate value. */
static int take_option(const struct verb_option *options, char **argv, int argc, int *at,
		       const char **values, struct err *reterr)
{
	const char *name = argv[*at] + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	int i = find_option(options, name, len);

	if (i < 0)
		return err_set(reterr, E_USAGE, "'%s' has no option '--%.*s'", argv[0], (int)len, name);
	if (values[i])
		return err_set(reterr, E_USAGE, "option '--%s' given twice", options[i].name);
	if (!options[i].argument) {
		if (equals)
			return err_set(reterr, E_USAGE, "option '--%s' takes no value", options[i].name);
		values[i] = "";
		return 0;
	}
	if (equals) {
		values[i] = equals + 1;
	} else {
		if (*at + 1 >= argc)
			return err_set(reterr, E_USAGE, "option '--%s' needs a value: %s",
				       options[i].name, options[i].argument);
		values[i] = argv[++*at];
	}
	if (!*values[i])
		return err_set(reterr, E_USAGE, "option '--%s' has an empty value", options[i].name);
	return 0;
}

int verb_parse(const struct verb_option *options, int argc, char **argv, const char **values,
	       int *ret_count, struct err *reterr)
{
	bool only_arguments = false;
	int count = 0;

	for (int i = 0; options[i].name; i++)
		values[i] = NULL;
	for (int at = 1; at < argc; at++) {
		int r;

		if (!only_arguments && strcmp(argv[at], "--") == 0) {
			only_arguments = true;
			continue;
		}
		if (only_arguments || strncmp(argv[at], "--", 2) != 0) {
			if (!only_arguments && argv[at][0] == '-' && argv[at][1])
				return err_set(reterr, E_USAGE, "unknown option '%s'", argv[at]);
			argv[1 + count++] = argv[at];
			continue;
		}
		r = take_option(options, argv, argc, &at, values, reterr);
		if (r < 0)
			return r;
	}
	*ret_count = count;
	return 0;
}
