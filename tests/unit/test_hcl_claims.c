/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hcl_claims.h"

/* 2048 bits, odd */
#define N64 "ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt1"
#define N N64 N64 N64 N64 N64 "tttttttttttttttttttttQ"
#define AK "{\"kid\":\"HCLAkPub\",\"key_ops\":[\"sign\"],\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" N "\"}"
#define EK "{\"kid\":\"HCLEkPub\",\"key_ops\":[\"encrypt\"],\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" N "\"}"
#define ZERO16 "00000000000000000000000000000000"
#define USER_DATA "aBcDeF" "00" "00000000" "0000000000000000" ZERO16 ZERO16 ZERO16

static int parse(struct hcl_claims *c, const char *text, struct err *e)
{
	*e = (struct err){0};
	return hcl_claims_parse(c, (const uint8_t *)text, strlen(text), e);
}

static void test_all_members(void **state)
{
	static const char text[] =
		"{\"keys\":[" AK "," EK ",{\"kid\":\"Other\",\"kty\":\"EC\"}],\"vm-configuration\":{"
		"\"console-enabled\":false,\"interactive-console-enabled\":true,\"secure-boot\":true,"
		"\"tpm-enabled\":true,\"tpm-persisted\":false,\"filtered-vpci-devices-allowed\":true,"
		"\"vmUniqueId\":\"id\",\"root-cert-thumbprint\":\"thumb\",\"current-time\":7,"
		"\"hardware-sealing-policy\":\"signer\",\"vmgs-provisioner\":{\"id\":1}},"
		"\"user-data\":\"" USER_DATA "\",\"unknown\":[]}";
	struct hcl_claims c;
	struct err e;

	(void)state;
	if (parse(&c, text, &e) < 0)
		fail_msg("%s", e.msg);
	assert_true(c.ak.present && c.ak.sign && !c.ak.encrypt);
	assert_true(c.ek.present && !c.ek.sign && c.ek.encrypt);
	assert_int_equal(c.console_enabled, HCL_FALSE);
	assert_int_equal(c.interactive_console_enabled, HCL_TRUE);
	assert_int_equal(c.secure_boot, HCL_TRUE);
	assert_int_equal(c.tpm_enabled, HCL_TRUE);
	assert_int_equal(c.tpm_persisted, HCL_FALSE);
	assert_int_equal(c.filtered_vpci_devices_allowed, HCL_TRUE);
	assert_string_equal(c.vm_unique_id, "id");
	assert_string_equal(c.root_cert_thumbprint, "thumb");
	assert_string_equal(c.hardware_sealing_policy, "signer");
	assert_true(c.current_time_present);
	assert_int_equal(c.current_time, 7);
	assert_true(c.user_data_present);
	assert_memory_equal(c.user_data, "\xab\xcd\xef\0", 4);
}

static void test_nothing(void **state)
{
	struct hcl_claims c;
	struct pubkey *key = NULL;
	struct err e;

	(void)state;
	assert_int_equal(parse(&c, "{}", &e), 0);
	assert_false(c.ak.present || c.ek.present || c.user_data_present || c.current_time_present);
	assert_int_equal(c.secure_boot, HCL_ABSENT);
	assert_null(hcl_flag_name(c.secure_boot));
	assert_string_equal(c.vm_unique_id, "");
	assert_int_equal(hcl_claims_ak(&c, &key, &e), -E_HCL_MALFORMED);
	assert_null(key);
}

static void test_refused(void **state)
{
	static const char *const bad[][2] = {
		{"", "JSON"},
		{"[]", "object"},
		{"{\"keys\":{}}", "array"},
		{"{\"keys\":[1]}", "objects"},
		{"{\"keys\":[{}]}", "kid"},
		{"{\"keys\":[{\"kid\":1}]}", "kid"},
		{"{\"keys\":[" AK "," AK "]}", "second key"},
		{"{\"keys\":[" AK "," EK "," AK "]}", "second key"},
		{"{\"keys\":[{\"kid\":\"x\"},{\"kid\":\"x\"}]}", "second key"},
		{"{\"keys\":[" AK "],\"keys\":[" AK "]}", "twice"},
		{"{\"keys\":[" AK "],\"\\u006beys\":[]}", "twice"},
		{"{\"keys\":[{\"kid\":\"HCLAkPub\",\"kid\":\"x\"}]}", "twice"},
		{"{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"EC\"}]}", "RSA"},
		{"{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",\"e\":\"AQAB\"}]}", ".n: missing"},
		{"{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",\"n\":\"AQAB\"}]}", ".e: missing"},
		{"{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",\"e\":\"AA\",\"n\":\"AQAB\"}]}",
		 "zero"},
		{"{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"\"}]}", "zero"},
		{"{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",\"e\":\"AQ+B\",\"n\":\"AQAB\"}]}",
		 "base64url"},
		{"{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",\"e\":\"AQABAQABAQAB\","
		 "\"n\":\"AQAB\"}]}", "8 bytes"},
		{"{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AQAB\","
		 "\"key_ops\":\"sign\"}]}", "array"},
		{"{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AQAB\","
		 "\"key_ops\":[1]}]}", "strings"},
		{"{\"vm-configuration\":[]}", "object"},
		{"{\"vm-configuration\":{\"secure-boot\":1}}", "true or false"},
		{"{\"vm-configuration\":{\"secure-boot\":\"true\"}}", "true or false"},
		{"{\"vm-configuration\":{\"tpm-persisted\":null}}", "true or false"},
		{"{\"vm-configuration\":{\"secure-boot\":true,\"secure-boot\":true}}", "twice"},
		{"{\"vm-configuration\":{\"vmUniqueId\":7}}", "string"},
		{"{\"vm-configuration\":{\"vmUniqueId\":\"a\\u001bb\"}}", "printable"},
		{"{\"vm-configuration\":{\"vmUniqueId\":\"" ZERO16 ZERO16 "\"}}", "too long"},
		{"{\"vm-configuration\":{\"current-time\":\"7\"}}", "number"},
		{"{\"vm-configuration\":{\"current-time\":-1}}", "number"},
		{"{\"user-data\":\"\"}", "64 bytes"},
		{"{\"user-data\":\"" USER_DATA "00\"}", "64 bytes"},
		{"{\"user-data\":0}", "string"},
		{"{} {}", "JSON"},
	};
	struct hcl_claims c;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(parse(&c, bad[i][0], &e), -E_HCL_MALFORMED);
		if (!strstr(e.msg, bad[i][1]))
			fail_msg("%s: '%s' where '%s' was expected", bad[i][0], e.msg, bad[i][1]);
	}
}

static void test_sizes(void **state)
{
	char *text = malloc(HCL_JSON_SIZE_MAX + 2);
	struct hcl_claims c;
	struct err e;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', HCL_JSON_SIZE_MAX + 2);
	memcpy(text, "{}", 2);
	assert_int_equal(hcl_claims_parse(&c, (uint8_t *)text, HCL_JSON_SIZE_MAX, &e), 0);
	assert_int_equal(hcl_claims_parse(&c, (uint8_t *)text, HCL_JSON_SIZE_MAX + 1, &e),
			 -E_HCL_MALFORMED);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_members),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
