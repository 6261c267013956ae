/* SPDX-License-Identifier: MIT */
#include "codec.h"
#include "explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void extend(struct pcr_set *set, unsigned pcr, const char *word)
{
	uint8_t digest[SHA256_SIZE];

	assert_int_equal(crypto_sha256(word, strlen(word), digest, NULL), 0);
	assert_int_equal(crypto_extend(HASH_SHA256, set->value[pcr], digest, set->value[pcr], NULL),
			 0);
}

/* A replay with a different value in every PCR. */
static struct pcr_set some_replay(void)
{
	struct pcr_set set = {.mask = 0xffffff};

	for (unsigned n = 0; n < PCR_COUNT; n++)
		memset(set.value[n], (int)n + 1, SHA256_SIZE);
	return set;
}

/* PCR 11 from 0 through all phases, by another program: guards the words and their order. */
static void known_answer(void **state)
{
	static const char hex[] =
		"38d2047d0545f701a253005037bd1d1662e5f59388885f9e9443f38e2f23531e";
	struct pcr_set replay = {.mask = 0xffffff}, current = replay, at_unlock;
	uint32_t unexplained = 1;

	(void)state;
	assert_true(hex_decode(current.value[11], SHA256_SIZE, hex));
	assert_int_equal(
		explain_values(&replay, &current, PCR_BIT(11), &at_unlock, &unexplained, NULL), 0);
	assert_int_equal(unexplained, 0);
}

static void equal_values_are_explained(void **state)
{
	struct pcr_set replay = some_replay(), current = replay, at_unlock;
	uint32_t unexplained = 1;
	uint8_t zero[SHA256_SIZE] = {0};

	(void)state;
	memset(current.value[15], 0xcc, SHA256_SIZE);	/* closed */
	assert_int_equal(
		explain_values(&replay, &current, PCR_PROFILE_UKI, &at_unlock, &unexplained, NULL),
		0);
	assert_int_equal(unexplained, 0);
	assert_int_equal(at_unlock.mask, PCR_PROFILE_UKI);
	assert_memory_equal(at_unlock.value[15], zero, sizeof(zero));
	assert_memory_equal(at_unlock.value[4], replay.value[4], SHA256_SIZE);
	assert_memory_equal(at_unlock.value[11], replay.value[11], SHA256_SIZE);
	assert_int_equal(explain_at_unlock(&replay, &current, PCR_PROFILE_UKI, &unexplained, NULL),
			 0);
	assert_int_equal(unexplained, 0);
}

/* initramfs-tools: no phases in the initramfs. */
static void phases_of_the_real_root(void **state)
{
	struct pcr_set replay = some_replay(), current = replay, at_unlock;
	uint32_t unexplained = 1;

	(void)state;
	extend(&current, 11, "sysinit");
	extend(&current, 11, "ready");
	assert_int_equal(
		explain_values(&replay, &current, PCR_PROFILE_UKI, &at_unlock, &unexplained, NULL),
		0);
	assert_int_equal(unexplained, 0);
	assert_memory_equal(at_unlock.value[11], replay.value[11], SHA256_SIZE);
	/* but at the moment of unlock they can't have been there */
	assert_int_equal(explain_at_unlock(&replay, &current, PCR_PROFILE_UKI, &unexplained, NULL),
			 0);
	assert_int_equal(unexplained, PCR_BIT(11));
}

/* dracut with systemd: enter-initrd precedes unlock. */
static void phases_of_the_initrd(void **state)
{
	struct pcr_set replay = some_replay(), current = replay, seen, at_unlock;
	uint32_t unexplained = 1;

	(void)state;
	extend(&current, 11, "enter-initrd");
	seen = current;
	extend(&current, 11, "leave-initrd");
	extend(&current, 11, "sysinit");
	extend(&current, 11, "ready");
	assert_int_equal(
		explain_values(&replay, &current, PCR_PROFILE_UKI, &at_unlock, &unexplained, NULL),
		0);
	assert_int_equal(unexplained, 0);
	assert_memory_equal(at_unlock.value[11], seen.value[11], SHA256_SIZE);
	assert_int_equal(explain_at_unlock(&replay, &seen, PCR_PROFILE_UKI, &unexplained, NULL), 0);
	assert_int_equal(unexplained, 0);
}

static void what_nothing_explains(void **state)
{
	struct pcr_set replay = some_replay(), current = replay, at_unlock;
	uint32_t unexplained = 0;

	(void)state;
	extend(&current, 4, "something");
	extend(&current, 11, "sysinit");
	extend(&current, 11, "enter-initrd");	/* the wrong order */
	extend(&current, 12, "sysinit");	/* phases belong to PCR 11 */
	assert_int_equal(
		explain_values(&replay, &current, PCR_PROFILE_UKI, &at_unlock, &unexplained, NULL),
		0);
	assert_int_equal(unexplained, PCR_BIT(4) | PCR_BIT(11) | PCR_BIT(12));
	assert_int_equal(at_unlock.mask, PCR_BIT(7) | PCR_BIT(13) | PCR_BIT(15));
	current = replay;
	extend(&current, 11, "enter-initrd");
	extend(&current, 11, "enter-initrd");
	assert_int_equal(
		explain_values(&replay, &current, PCR_BIT(11), &at_unlock, &unexplained, NULL), 0);
	assert_int_equal(unexplained, PCR_BIT(11));
	assert_int_equal(at_unlock.mask, 0);
}

static void values_that_were_not_read(void **state)
{
	struct pcr_set replay = some_replay(), current = replay, at_unlock;
	uint32_t unexplained = 0;

	(void)state;
	current.mask &= ~PCR_BIT(7);
	replay.mask &= ~PCR_BIT(4);
	assert_int_equal(
		explain_values(&replay, &current, PCR_PROFILE_UKI, &at_unlock, &unexplained, NULL),
		0);
	assert_int_equal(unexplained, PCR_BIT(4) | PCR_BIT(7));
	assert_int_equal(explain_at_unlock(&replay, &current, PCR_PROFILE_UKI, &unexplained, NULL),
			 0);
	assert_int_equal(unexplained, PCR_BIT(4) | PCR_BIT(7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answer),
		cmocka_unit_test(equal_values_are_explained),
		cmocka_unit_test(phases_of_the_real_root),
		cmocka_unit_test(phases_of_the_initrd),
		cmocka_unit_test(what_nothing_explains),
		cmocka_unit_test(values_that_were_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
