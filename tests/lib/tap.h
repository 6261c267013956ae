/* SPDX-License-Identifier: MIT */
/*
 * A host between cvmcrypt and its TPM: sees every command and answer, can keep commands back and
 * put other answers in place.
 */
#ifndef CVMCRYPT_TEST_TAP_H
#define CVMCRYPT_TEST_TAP_H

#include "tpm_internal.h"

#define TAP_ANSWER_MAX 4096

struct tap;

struct tap_answer {
	uint8_t bytes[TAP_ANSWER_MAX];
	size_t size;
};

/* Both may be NULL. `command` counts from 0 since the last tap_rewind(); `code` is TPM2_CC_... */
struct tap_hooks {
	/* true: the command does not reach the TPM, and `answer` is given instead */
	bool (*instead)(void *user, unsigned command, uint32_t code, struct tap_answer *answer);
	/* may change the TPM's answer, or return another code than success */
	TSS2_RC (*change)(void *user, unsigned command, struct tap_answer *answer);
	void *user;
};

/* Opens swtpm at conf with the tap in between; *ret_tap belongs to *ret. */
int tap_open(struct tpm **ret, struct tap **ret_tap, const char *conf, struct err *reterr);
void tap_hook(struct tap *tap, const struct tap_hooks *hooks);
void tap_rewind(struct tap *tap);
/* Has this run of bytes passed by, either way, since the last tap_rewind()? */
bool tap_saw(const struct tap *tap, const void *bytes, size_t len);

#endif
