/* SPDX-License-Identifier: MIT */
#include "tpm_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_base(void **state)
{
	(void)state;
	/* Part 2, 6.6.2: the bits that say which handle, parameter or session are dropped */
	assert_int_equal(tpm_rc_base(0x1c4), TPM2_RC_VALUE);
	assert_int_equal(tpm_rc_base(0x2db), TPM2_RC_SIGNATURE);
	assert_int_equal(tpm_rc_base(0x18b), TPM2_RC_HANDLE);
	assert_int_equal(tpm_rc_base(0x99d), TPM2_RC_POLICY_FAIL);
	assert_int_equal(tpm_rc_base(0x1df), TPM2_RC_INTEGRITY);
	assert_int_equal(tpm_rc_base(0x126), TPM2_RC_POLICY);
	assert_int_equal(tpm_rc_base(0x128), TPM2_RC_PCR_CHANGED);
	assert_int_equal(tpm_rc_base(0x921), TPM2_RC_LOCKOUT);
	assert_int_equal(tpm_rc_base(TSS2_RESMGR_TPM_RC_LAYER | 0x18b), TPM2_RC_HANDLE);
	assert_int_equal(tpm_rc_base(TSS2_ESYS_RC_MALFORMED_RESPONSE), 0);
	assert_int_equal(tpm_rc_base(0), 0);
}

static void test_codes(void **state)
{
	static const struct {
		TSS2_RC rc;
		enum err_code code;
	} cases[] = {
		{0x128, E_TPM_PCR_CHANGED}, {0x921, E_TPM_LOCKOUT}, {0x922, E_TPM_BUSY},
		{0x908, E_TPM_BUSY}, {0x90a, E_TPM_BUSY}, {0x902, E_TPM_BUSY}, {0x903, E_TPM_BUSY},
		{0x143, E_TPM_COMMAND}, {0x9a2, E_TPM_COMMAND}, {0x99d, E_TPM_COMMAND},
		{TSS2_ESYS_RC_MALFORMED_RESPONSE, E_TPM_ANSWER},
		{TSS2_ESYS_RC_RSP_AUTH_FAILED, E_TPM_ANSWER},
		{TSS2_SYS_RC_INSUFFICIENT_RESPONSE, E_TPM_ANSWER},
		{TSS2_TCTI_RC_MALFORMED_RESPONSE, E_TPM_ANSWER},
		{TSS2_MU_RC_BAD_SIZE, E_TPM_ANSWER}, {TSS2_ESYS_RC_MEMORY, E_NOMEM},
		{TSS2_SYS_RC_BAD_SEQUENCE, E_TPM_ANSWER},
		{TSS2_TCTI_RC_IO_ERROR, E_TPM_COMMAND}, {0xffffffff, E_TPM_COMMAND},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (tpm_rc_code(cases[i].rc) != cases[i].code)
			fail_msg("0x%08x gives E%03d", cases[i].rc, tpm_rc_code(cases[i].rc));
}

/* Any number, the host's too, becomes one printable line with the number at its end. */
static void test_words(void **state)
{
	struct err e;

	(void)state;
	for (uint64_t rc = 1; rc <= UINT32_MAX; rc = rc * 3 + 1) {
		struct tpm t = {0};

		e = (struct err){0};
		assert_true(tpm_fail(&t, (TSS2_RC)rc, "TPM2_Unseal", &e) < 0);
		assert_int_equal(e.domain, ERR_TSS);
		assert_int_equal(e.native, rc);
		assert_non_null(strstr(e.msg, "(0x"));
		assert_int_equal(e.msg[strlen(e.msg) - 1], ')');
	}
	for (uint32_t layer = 0; layer < 256; layer++) {
		struct tpm t = {0};

		(void)tpm_fail(&t, layer << 16 | 0x101, "TPM2_Unseal", &e);
		assert_int_equal(t.poisoned, layer != 0);
	}
}

static void test_no_answer(void **state)
{
	struct tpm t = {.tcti.timed_out = true};
	struct err e = {0};

	(void)state;
	assert_int_equal(tpm_fail(&t, TSS2_TCTI_RC_IO_ERROR, "TPM2_Load", &e), -E_TPM_BUSY);
	assert_string_equal(e.msg, "TPM2_Load: no answer within 60 s");
	assert_true(t.poisoned);
	assert_false(t.tcti.timed_out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
