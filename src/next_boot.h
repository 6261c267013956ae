/* SPDX-License-Identifier: MIT */
/*
 * Will the next boot work, as far as the running system can tell: configuration, command line, vTPM,
 * and each volume's header, record, sealed object and approvals. Changes nothing and needs no secret.
 */
#ifndef CVMCRYPT_NEXT_BOOT_H
#define CVMCRYPT_NEXT_BOOT_H

#include "boot_report.h"
#include "config.h"
#include "err.h"

struct next_boot {
	const struct config *config;
	const char *config_dir;
	const char *tcti;		/* NULL: as the config says */
	const struct boot_report *report;	/* of this boot; NULL: it did not go through cvmcrypt */
	/* One result: code 0 is good. volume is NULL for what concerns all. */
	void (*on_result)(void *context, const char *check, const char *volume, int code,
			  const char *message);
	void *context;
};

/* 0 when every check passed, else the first failed one's code. */
int next_boot_check(const struct next_boot *q, struct err *reterr);

#endif
