/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include <string.h>

/* In the order of a boot. Each may be missing: an initramfs without systemd has no first two. */
static const struct phase {
	const char *word;	/* measured without NUL */
	bool before_unlock;
} phases[] = {
	{"enter-initrd", true},
	{"leave-initrd", false},
	{"sysinit", false},
	{"ready", false},
};

#define PHASES_ALL ((1U << ARRAY_SIZE(phases)) - 1)

static uint32_t phases_before_unlock(void)
{
	uint32_t set = 0;

	for (size_t i = 0; i < ARRAY_SIZE(phases); i++)
		if (phases[i].before_unlock)
			set |= 1U << i;
	return set;
}

static int extend_phases(uint32_t set, uint8_t value[SHA256_SIZE], struct err *reterr)
{
	uint8_t digest[SHA256_SIZE];
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(phases); i++) {
		if (!(set & 1U << i))
			continue;
		r = crypto_sha256(phases[i].word, strlen(phases[i].word), digest, reterr);
		if (r == 0)
			r = crypto_extend(HASH_SHA256, value, digest, value, reterr);
	}
	return r;
}

/* Which of the allowed phases lead from start to end: 1 and *ret, or 0. */
static int find_phases(const uint8_t start[SHA256_SIZE], const uint8_t end[SHA256_SIZE],
		       uint32_t allowed, uint32_t *ret, struct err *reterr)
{
	for (uint32_t set = 0; set <= PHASES_ALL; set++) {
		uint8_t value[SHA256_SIZE];
		int r;

		if (set & ~allowed)
			continue;
		memcpy(value, start, sizeof(value));
		r = extend_phases(set, value, reterr);
		if (r < 0)
			return r;
		if (memcmp(value, end, sizeof(value)) == 0) {
			*ret = set;
			return 1;
		}
	}
	return 0;
}

/* 1: explained, and *ret_phases were extended behind the log; 0: not. */
static int explain_one(const struct pcr_set *replay, const struct pcr_set *values, unsigned pcr,
		       uint32_t phases_allowed, uint32_t *ret_phases, struct err *reterr)
{
	*ret_phases = 0;
	if (!(replay->mask & values->mask & PCR_BIT(pcr)))
		return 0;
	if (pcr != EXPLAIN_PHASE_PCR)
		phases_allowed = 0;
	return find_phases(replay->value[pcr], values->value[pcr], phases_allowed, ret_phases,
			   reterr);
}

int explain_at_unlock(const struct pcr_set *replay, const struct pcr_set *seen, uint32_t mask,
		      uint32_t *ret_unexplained, struct err *reterr)
{
	uint32_t unexplained = 0, found;

	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		int r;

		if (pcr == PCR_CAP || !(mask & PCR_BIT(pcr)))
			continue;
		r = explain_one(replay, seen, pcr, phases_before_unlock(), &found, reterr);
		if (r < 0)
			return r;
		if (r == 0)
			unexplained |= PCR_BIT(pcr);
	}
	*ret_unexplained = unexplained;
	return 0;
}

int explain_values(const struct pcr_set *replay, const struct pcr_set *current, uint32_t mask,
		   struct pcr_set *ret_at_unlock, uint32_t *ret_unexplained, struct err *reterr)
{
	struct pcr_set at_unlock = {.mask = mask & PCR_BIT(PCR_CAP)};
	uint32_t unexplained = 0, found;

	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		int r;

		if (pcr == PCR_CAP || !(mask & PCR_BIT(pcr)))
			continue;
		r = explain_one(replay, current, pcr, PHASES_ALL, &found, reterr);
		if (r == 0) {
			unexplained |= PCR_BIT(pcr);
			continue;
		}
		memcpy(at_unlock.value[pcr], replay->value[pcr], SHA256_SIZE);
		if (r > 0)
			r = extend_phases(found & phases_before_unlock(), at_unlock.value[pcr],
					  reterr);
		if (r < 0)
			return r;
		at_unlock.mask |= PCR_BIT(pcr);
	}
	*ret_at_unlock = at_unlock;
	*ret_unexplained = unexplained;
	return 0;
}
