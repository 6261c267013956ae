/* SPDX-License-Identifier: MIT */
/*
 * An Azure confidential VM of one's own: swtpm behind the paravisor (tests/emu), and its metadata
 * service. Folders are temporary. The test root is in dir/pki/ARK-Milan.pem.
 */
#ifndef CVMCRYPT_TEST_AZURE_H
#define CVMCRYPT_TEST_AZURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define AZURE_ARGS 12

struct azure {
	char dir[64];		/* state, pki, other, config */
	char conf[96];		/* for tpm_open(..., true, ...) */
	char fetcher[512];	/* the program that was built */
	pid_t paravisor, metadata;
	int metadata_in;	/* closing it ends the service */
	unsigned port;		/* of the service; 0: it is down */
};

/* Makes the folders. False: swtpm or the paravisor is missing. */
bool azure_make(struct azure *a);
/* Starts (or starts anew: a reset) the paravisor with these knobs, a list that ends with NULL. */
bool azure_boot(struct azure *a, const char *const *knobs);
/* The metadata service with these faults; NULL: down. */
bool azure_metadata(struct azure *a, const char *const *faults);
/* dir/other becomes what dir/pki is now: the VCEK of another chip, later. */
bool azure_keep_pki(struct azure *a);
void azure_off(struct azure *a);

#endif
