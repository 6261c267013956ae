/* SPDX-License-Identifier: MIT */
/* A machine for the tests of the TPM verbs: its TPM, a connection to it, what was sealed there. */
#ifndef CVMCRYPT_TEST_MACHINE_H
#define CVMCRYPT_TEST_MACHINE_H

#include "sealed.h"
#include "swtpm.h"
#include "tpm_internal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct machine {
	struct swtpm swtpm;
	struct tpm *t;
	struct tap *tap;	/* of t, if the test opened one */
	struct sealed m;
	struct pcr_set pcrs;
	struct err e;
};

#define ok(machine, call) \
	do { \
		if ((call) < 0) \
			fail_msg("%s: %s", #call, (machine)->e.msg); \
	} while (0)
#define refused(machine, call, expected) \
	do { \
		int r_ = (call); \
		if (r_ != -(expected)) \
			fail_msg("%s: %d instead of %d: %s", #call, -r_, expected, \
				 r_ < 0 ? (machine)->e.msg : "success"); \
	} while (0)

/* cmocka set-up: a new TPM; one whose SHA-256 bank is off; one with something sealed to it */
int machine_bare(void **state);
int machine_sha1_only(void **state);
int machine_enrolled(void **state);
int machine_off(void **state);
/* Skips the test where there is no swtpm. */
struct machine *machine_of(void **state);
void machine_reopen(struct machine *c);
/* Reads the PCRs and unseals; on success the secret must be the one sealed. */
int machine_unseal(struct machine *c);
/* No session and no transient object is in the TPM. */
void machine_holds_nothing(struct machine *c);

#endif
