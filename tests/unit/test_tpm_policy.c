/* SPDX-License-Identifier: MIT */
#include "codec.h"
#include "file.h"
#include "tpm_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define VECTORS "tests/vectors/tpm_policy/policy.txt"

/* The rest of the line that starts with the word; NUL-terminated in `line`. */
static const char *vector(const char *word, char line[512])
{
	_cleanup_buf_ struct buf text = BUF_INIT(65536);
	struct err e = {0};
	size_t len = strlen(word);

	if (file_read(VECTORS, 65535, &text, &e) < 0)
		fail_msg("%s", e.msg);
	for (const char *p = (const char *)text.data; p && *p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, word, len) != 0 || p[len] != ' ')
			continue;
		(void)snprintf(line, 512, "%.*s", (int)strcspn(p + len + 1, "\n"), p + len + 1);
		return line;
	}
	fail_msg("no vector '%s'", word);
	return NULL;
}

static void vector_bytes(const char *word, uint8_t *out, size_t len)
{
	char line[512];

	assert_true(hex_decode(out, len, vector(word, line)));
}

static void test_names(void **state)
{
	uint8_t x[32], y[32], want[34], name[34];
	struct err e = {0};

	(void)state;
	vector_bytes("approver_x", x, 32);
	vector_bytes("approver_y", y, 32);
	vector_bytes("approver_name", want, 34);
	assert_int_equal(tpm_policy_approver_name(x, y, name, &e), 0);
	assert_memory_equal(name, want, 34);
	vector_bytes("counter_name", want, 34);
	assert_int_equal(tpm_counter_name(name, &e), 0);
	assert_memory_equal(name, want, 34);
}

static void test_authorize(void **state)
{
	uint8_t name[34], want[SHA256_SIZE], policy[SHA256_SIZE];
	struct err e = {0};

	(void)state;
	vector_bytes("approver_name", name, 34);
	vector_bytes("authorize", want, sizeof(want));
	assert_int_equal(tpm_policy_authorize(name, policy, &e), 0);
	assert_memory_equal(policy, want, sizeof(want));
}

static void load_pcrs(struct pcr_set *set)
{
	static const unsigned pcrs[] = {4, 7, 8, 11, 12, 13, 15, 23};
	char word[16];

	*set = (struct pcr_set){0};
	for (size_t i = 0; i < ARRAY_SIZE(pcrs); i++) {
		(void)snprintf(word, sizeof(word), "pcr_%u", pcrs[i]);
		vector_bytes(word, set->value[pcrs[i]], SHA256_SIZE);
		set->mask |= PCR_BIT(pcrs[i]);
	}
}

static void check_policy(const char *word, uint32_t mask, uint64_t number)
{
	uint8_t counter[34], want[SHA256_SIZE], policy[SHA256_SIZE], ahash[SHA256_SIZE];
	const char *digest;
	struct pcr_set set;
	struct err e = {0};
	char line[512];

	load_pcrs(&set);
	vector_bytes("counter_name", counter, 34);
	digest = strrchr(vector(word, line), ' ') + 1;
	assert_true(hex_decode(want, sizeof(want), digest));
	assert_int_equal(tpm_policy_approved(&set, mask, counter, number, policy, ahash, &e), 0);
	assert_memory_equal(policy, want, sizeof(want));
	assert_int_equal(crypto_sha256(policy, sizeof(policy), want, &e), 0);
	assert_memory_equal(ahash, want, sizeof(want));
}

static void test_approved(void **state)
{
	(void)state;
	check_policy("policy_uki", PCR_PROFILE_UKI, 1);
	check_policy("policy_one", PCR_BIT(8), UINT64_MAX);
	check_policy("policy_ends", PCR_BIT(7) | PCR_BIT(8) | PCR_BIT(15) | PCR_BIT(23),
		     0x0102030405060708);
}

/* No policy comes of PCRs that are not there, or of none. */
static void test_refuses(void **state)
{
	uint8_t counter[34] = {0}, policy[SHA256_SIZE], ahash[SHA256_SIZE];
	struct pcr_set set;
	struct err e = {0};

	(void)state;
	load_pcrs(&set);
	assert_true(tpm_policy_approved(&set, 0, counter, 1, policy, ahash, &e) < 0);
	assert_true(tpm_policy_approved(&set, PCR_BIT(9), counter, 1, policy, ahash, &e) < 0);
	assert_true(tpm_policy_approved(&set, 1U << 24, counter, 1, policy, ahash, &e) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_authorize),
		cmocka_unit_test(test_approved),
		cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
