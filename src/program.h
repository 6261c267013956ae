/* SPDX-License-Identifier: MIT */
/*
 * What the command lines of cvmcrypt and vmgs share: one table of verbs gives usage, help, the words
 * for completion, and what runs. A handler prints its result; a failure is returned and printed once.
 */
#ifndef CVMCRYPT_PROGRAM_H
#define CVMCRYPT_PROGRAM_H

#include "err.h"
#include "verb_options.h"

struct verb {
	const char *name;
	/* argv[0] is the verb. Negative: failed; else the exit status. */
	int (*run)(int argc, char **argv, struct err *reterr);
	const char *arguments;	/* as usage shows them, "" for none */
	const char *summary;
	const struct verb_option *options;	/* ends with a NULL name */
};

struct program {
	const char *name;
	const char *arguments;	/* of all verbs, for usage */
	const char *manual;	/* "vmgs(1)" */
	const char *notes;	/* below the verbs: exit statuses; whole lines */
	const struct verb *verbs;	/* ends with a NULL name */
	/* Prints a failure; gives the exit status. */
	int (*report)(int r, const struct err *e);
	/* "--errors": all codes, for the manual page. NULL: there is no such option. */
	void (*print_errors)(void);
};

/* The exit status. What can't be written to standard output counts as not done: E_IO. */
int program_run(const struct program *p, int argc, char **argv);

#endif
