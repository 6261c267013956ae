/* SPDX-License-Identifier: MIT */
/* PCR 15, the door: open while it is zero. */
#include "tpm_internal.h"

#include <string.h>

/* What closes it. Its bytes, without NUL, are hashed and extended in every active bank. */
static const char closing[] = "cvmcrypt/1 close";

static int cap_now(struct tpm *t, uint8_t ret[SHA256_SIZE], struct err *reterr)
{
	struct pcr_set set;
	int r = tpm_pcr_read(t, PCR_BIT(PCR_CAP), &set, reterr);

	if (r == 0)
		memcpy(ret, set.value[PCR_CAP], SHA256_SIZE);
	return r;
}

static int close_and_compare(struct tpm *t, struct err *reterr)
{
	uint8_t expected[SHA256_SIZE], now[SHA256_SIZE];
	int r = 0;

	if (!t->cap_known)
		r = cap_now(t, now, reterr);
	if (r == 0)
		r = tpm_pcr_extend(t, PCR_CAP, closing, sizeof(closing) - 1, reterr);
	if (r < 0)
		return r;
	memcpy(expected, t->cap, sizeof(expected));
	r = cap_now(t, now, reterr);
	/* An extend that reaches only inactive banks succeeds and does nothing. */
	if (r == 0 && !crypto_equal(expected, now, sizeof(now)))
		r = err_set(reterr, E_TPM_CLOSE, "PCR 15 is not what closing it gives");
	return r;
}

int tpm_door_close(struct tpm *t, struct err *reterr)
{
	struct err why = {0};
	int r = close_and_compare(t, &why);

	if (r == 0)
		return 0;
	return err_native(reterr, E_TPM_CLOSE, why.domain, why.native, "%s", why.msg);
}

int tpm_door_expected(const uint8_t (*commitments)[32], size_t count, bool closed,
		      uint8_t out[SHA256_SIZE], struct err *reterr)
{
	uint8_t value[SHA256_SIZE] = {0}, digest[SHA256_SIZE];
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		r = crypto_sha256(commitments[i], sizeof(commitments[i]), digest, reterr);
		if (r == 0)
			r = crypto_extend(HASH_SHA256, value, digest, value, reterr);
	}
	if (r == 0 && closed)
		r = crypto_sha256(closing, sizeof(closing) - 1, digest, reterr);
	if (r == 0 && closed)
		r = crypto_extend(HASH_SHA256, value, digest, value, reterr);
	if (r == 0)
		memcpy(out, value, sizeof(value));
	return r;
}
