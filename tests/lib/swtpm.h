/* SPDX-License-Identifier: MIT */
/*
 * A TPM of one's own: swtpm on unix sockets in a temporary folder. Tests that have no swtpm skip.
 */
#ifndef CVMCRYPT_TEST_SWTPM_H
#define CVMCRYPT_TEST_SWTPM_H

#include <stdbool.h>
#include <sys/types.h>

struct swtpm {
	char dir[64];
	char conf[96];		/* for tpm_open(..., true, ...) */
	pid_t pid;
};

/* False: it is not installed. */
bool swtpm_available(void);
/* banks: NULL for the default, or a list for swtpm_setup --pcr-banks. False: it did not come up. */
bool swtpm_start(struct swtpm *s, const char *banks);
/* As a reset of the machine: PCRs are zero again, the persistent state is kept. */
bool swtpm_reset(struct swtpm *s);
/* As a redeployed machine: everything is new. */
bool swtpm_replace(struct swtpm *s);
/* Ends it and removes the folder. */
void swtpm_stop(struct swtpm *s);

#endif
