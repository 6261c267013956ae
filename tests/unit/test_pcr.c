/* SPDX-License-Identifier: MIT */
#include "codec.h"
#include "pcr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void masks_as_text(void **state)
{
	char text[PCR_MASK_TEXT];

	(void)state;
	pcr_mask_text(PCR_PROFILE_UKI, text);
	assert_string_equal(text, "4+7+11+12+13+15");
	pcr_mask_text(PCR_PROFILE_GRUB, text);
	assert_string_equal(text, "4+7+8+9+14+15");
	pcr_mask_text(0, text);
	assert_string_equal(text, "");
	pcr_mask_text(PCR_BIT(0), text);
	assert_string_equal(text, "0");
	pcr_mask_text(UINT32_MAX, text);
	assert_string_equal(text,
			    "0+1+2+3+4+5+6+7+8+9+10+11+12+13+14+15+16+17+18+19+20+21+22+23");
}

/* SHA-256 of the bytes 01 x 32, 07 x 32: ascending, whatever the order they were set in. */
static void digest_is_over_ascending_values(void **state)
{
	static const char hex[] =
		"ba47109d355c6ab7f19a1d0af188a42ce051ba66a3018c725dde5e3fc0159625";
	struct pcr_set set = {.mask = PCR_BIT(7) | PCR_BIT(1) | PCR_BIT(3)};
	uint8_t expected[SHA256_SIZE], got[SHA256_SIZE], both[2 * SHA256_SIZE];
	struct err err = {0};

	(void)state;
	memset(set.value[7], 7, SHA256_SIZE);
	memset(set.value[3], 3, SHA256_SIZE);
	memset(set.value[1], 1, SHA256_SIZE);
	assert_true(hex_decode(expected, sizeof(expected), hex));
	assert_int_equal(pcr_digest(&set, PCR_BIT(1) | PCR_BIT(7), got, &err), 0);
	assert_memory_equal(got, expected, sizeof(expected));
	memset(both, 1, SHA256_SIZE);
	memset(both + SHA256_SIZE, 7, SHA256_SIZE);
	assert_int_equal(crypto_sha256(both, sizeof(both), expected, NULL), 0);
	assert_memory_equal(got, expected, sizeof(expected));
	assert_int_equal(pcr_digest(&set, PCR_BIT(1) | PCR_BIT(4) | PCR_BIT(5), got, &err),
			 -E_INTERNAL);
	assert_string_equal(err.msg, "value of PCR 4+5 was not read");
	assert_int_equal(pcr_digest(&set, 1U << 24, got, &err), -E_INTERNAL);
}

static void first_difference(void **state)
{
	struct pcr_set a = {.mask = 0xffffff}, b = {.mask = 0xffffff};

	(void)state;
	assert_int_equal(pcr_first_difference(&a, &b, 0xffffff), -1);
	b.value[12][31] = 1;
	b.value[7][0] = 1;
	assert_int_equal(pcr_first_difference(&a, &b, 0xffffff), 7);
	assert_int_equal(pcr_first_difference(&a, &b, PCR_BIT(12) | PCR_BIT(13)), 12);
	assert_int_equal(pcr_first_difference(&a, &b, PCR_BIT(11) | PCR_BIT(13)), -1);
	a.mask &= ~PCR_BIT(4);
	assert_int_equal(pcr_first_difference(&a, &b, 0xffffff), 4);
	b.mask &= ~PCR_BIT(4);
	assert_int_equal(pcr_first_difference(&a, &b, 0xffffff), 7);
}

static void most_telling(void **state)
{
	(void)state;
	assert_int_equal(pcr_telling(0), -1);
	assert_int_equal(pcr_telling(PCR_BIT(4) | PCR_BIT(7)), 7);
	assert_int_equal(pcr_telling(PCR_BIT(4) | PCR_BIT(9) | PCR_BIT(11)), 11);
	assert_int_equal(pcr_telling(PCR_BIT(9) | PCR_BIT(12) | PCR_BIT(13)), 12);
	assert_int_equal(pcr_telling(PCR_BIT(4) | PCR_BIT(15)), 4);
	assert_int_equal(pcr_telling(PCR_BIT(15)), 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_as_text),
		cmocka_unit_test(digest_is_over_ascending_values),
		cmocka_unit_test(first_difference),
		cmocka_unit_test(most_telling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
