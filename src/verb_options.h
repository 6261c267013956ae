/* SPDX-License-Identifier: MIT */
/*
 * Options of a verb: a table of names, arguments and help, and the one parser for it. Both programs
 * use it, so that they take options in the same way.
 */
#ifndef CVMCRYPT_VERB_OPTIONS_H
#define CVMCRYPT_VERB_OPTIONS_H

#include "err.h"

struct verb_option {
	const char *name;	/* without the dashes */
	const char *argument;	/* NULL: takes none */
	const char *help;
};

/*
 * Options of one verb, parsed by its table: "--name VALUE", "--name=VALUE" or "--name". values[i] is the
 * value (or "" for an option without argument) of options[i], NULL when not given; an option given
 * twice is an error. Positional arguments are left in argv[1..*ret_count].
 */
int verb_parse(const struct verb_option *options, int argc, char **argv, const char **values,
	       int *ret_count, struct err *reterr);

#endif
