/* SPDX-License-Identifier: MIT */
#include "pcr.h"

#include <stdio.h>
#include <string.h>

void pcr_mask_text(uint32_t mask, char out[PCR_MASK_TEXT])
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned n = 0; n < PCR_COUNT; n++)
		if (mask & PCR_BIT(n))
			len += (size_t)snprintf(out + len, PCR_MASK_TEXT - len, "%s%u",
						len > 0 ? "+" : "", n);
}

int pcr_digest(const struct pcr_set *set, uint32_t mask, uint8_t out[SHA256_SIZE],
	       struct err *reterr)
{
	uint8_t values[PCR_COUNT * SHA256_SIZE];
	char missing[PCR_MASK_TEXT];
	size_t len = 0;

	if (mask >> PCR_COUNT)
		return err_set(reterr, E_INTERNAL, "there is no PCR above %d", PCR_COUNT - 1);
	if (mask & ~set->mask) {
		pcr_mask_text(mask & ~set->mask, missing);
		return err_set(reterr, E_INTERNAL, "value of PCR %s was not read", missing);
	}
	for (unsigned n = 0; n < PCR_COUNT; n++) {
		if (!(mask & PCR_BIT(n)))
			continue;
		memcpy(values + len, set->value[n], SHA256_SIZE);
		len += SHA256_SIZE;
	}
	return crypto_sha256(values, len, out, reterr);
}

int pcr_first_difference(const struct pcr_set *a, const struct pcr_set *b, uint32_t mask)
{
	for (unsigned n = 0; n < PCR_COUNT; n++) {
		if (!(mask & PCR_BIT(n)))
			continue;
		/* a value that only one of them has is a difference, too */
		if ((a->mask ^ b->mask) & PCR_BIT(n))
			return (int)n;
		if ((a->mask & PCR_BIT(n)) && memcmp(a->value[n], b->value[n], SHA256_SIZE) != 0)
			return (int)n;
	}
	return -1;
}

int pcr_telling(uint32_t differing)
{
	static const uint8_t order[] = {7, 12, 13, 11, 14, 8, 9};

	for (size_t i = 0; i < sizeof(order); i++)
		if (differing & PCR_BIT(order[i]))
			return order[i];
	for (int n = 0; n < PCR_COUNT; n++)
		if (differing & PCR_BIT(n))
			return n;
	return -1;
}
