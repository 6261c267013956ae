/* SPDX-License-Identifier: MIT */
/* The verbs of cvmcrypt, which main.c lists, and what they share. */
#ifndef CVMCRYPT_VERBS_H
#define CVMCRYPT_VERBS_H

#include "config.h"
#include "program.h"

/*
 * The config below dir (NULL: the usual place). It must be there and have a volume, and every name given
 * must be one of its volumes.
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
