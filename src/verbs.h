/* SPDX-License-Identifier: MIT */
/*
 * The verbs: one table in main.c gives name, handler, options and help; usage text, completion and the
 * check of the manual page come from it. A handler prints its result; a failure is returned and
 * printed once, by main. It may return a positive number to choose the exit status itself.
 */
#ifndef CVMCRYPT_VERBS_H
#define CVMCRYPT_VERBS_H

#include "config.h"
#include "err.h"
#include "verb_options.h"

struct verb {
	const char *name;
	int (*run)(int argc, char **argv, struct err *reterr);	/* argv[0] is the verb */
	const char *arguments;	/* as usage shows them, "" for none */
	const char *summary;
	const struct verb_option *options;	/* ends with a NULL name */
	bool boot;		/* of the boot path: console output, needs root */
};

const struct verb *verb_table(size_t *ret_count);

/*
 * The config below dir (NULL: the usual place). It must have a volume, and every name given must be one
 * of its volumes.
 */
int verb_config(const char *dir, char *const *names, int count, struct config *ret,
		struct err *reterr);
/* Volumes named on the command line; none named means all. */
bool verb_selects(char *const *names, int count, const char *name);
/* The node of a volume: --device if given, else as the config says. */
int verb_device(const char *device_option, const struct volume_config *vc, char *out, size_t size,
		struct err *reterr);

extern const struct verb_option attest_options[], enroll_options[], reseal_options[], unenroll_options[],
	recovery_options[], open_options[], status_options[], check_options[], inspect_options[],
	commit_options[], verify_options[];

int cmd_unlock(int argc, char **argv, struct err *reterr);
int cmd_close(int argc, char **argv, struct err *reterr);
int cmd_handoff(int argc, char **argv, struct err *reterr);
int cmd_commit(int argc, char **argv, struct err *reterr);
int cmd_enroll(int argc, char **argv, struct err *reterr);
int cmd_reseal(int argc, char **argv, struct err *reterr);
int cmd_unenroll(int argc, char **argv, struct err *reterr);
int cmd_recovery(int argc, char **argv, struct err *reterr);
int cmd_open(int argc, char **argv, struct err *reterr);
int cmd_status(int argc, char **argv, struct err *reterr);
int cmd_check(int argc, char **argv, struct err *reterr);
int cmd_attest(int argc, char **argv, struct err *reterr);
int cmd_verify(int argc, char **argv, struct err *reterr);
int cmd_inspect(int argc, char **argv, struct err *reterr);

#endif
