/* SPDX-License-Identifier: MIT */
#include "inspect_eventlog.h"
#include "inspect_luks.h"
#include "verbs.h"

#include <string.h>

enum { O_JSON, O_COUNT };

const struct verb_option inspect_options[] = {
	[O_JSON] = {"json", NULL, "print the result as JSON"},
	[O_COUNT] = {NULL, NULL, NULL}};

int cmd_inspect(int argc, char **argv, struct err *reterr)
{
	const char *values[O_COUNT];
	int count, r;

	r = verb_parse(inspect_options, argc, argv, values, &count, reterr);
	if (r < 0)
		return r;
	if (count != 2)
		return err_set(reterr, E_USAGE, "'inspect' needs a type and a file");
	if (strcmp(argv[1], "eventlog") == 0)
		return cmd_inspect_eventlog(argv[2], values[O_JSON] != NULL, reterr);
	if (strcmp(argv[1], "luks-header") == 0)
		return cmd_inspect_luks_header(argv[2], values[O_JSON] != NULL, reterr);
	return err_set(reterr, E_USAGE, "'%s' is no type: eventlog or luks-header", argv[1]);
}
