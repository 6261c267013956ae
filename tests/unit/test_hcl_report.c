/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "codec.h"
#include "hcl_claims.h"
#include "hcl_report.h"
#include "vector.h"

#define JSON_AT 0x4d4

static const struct {
	const char *file;
	size_t size;
	uint32_t version;
	enum hcl_report_type type;
	const char *sha256;	/* of the claims */
	const char *vm;
	const char *user_data;	/* its beginning; NULL: absent */
	enum hcl_flag secure_boot, persisted, vpci;
	bool ek, ak_signs;
} real[] = {
	{"az-snp-01-milan-v2-hcl.bin", 2600, 1, HCL_SNP,
	 "b3fbad6514c83caeb0380882145e49f794229ef37c421b91fc47ff93556bafac",
	 "911B0EF8-9DBA-48B0-B275-4E4DF2D39252", "0000", HCL_TRUE, HCL_ABSENT, HCL_ABSENT, true,
	 true},
	{"az-snp-03-milan-v2-hcl-2048.bin", 2048, 1, HCL_SNP,
	 "ec6c52d7533cc2c4f45be7849cf112ab82b2009fe7bd43e71ed08c14400ad7e2",
	 "D3A9B6BE-71BB-4C76-BD4F-53CF1F2F5BE2", NULL, HCL_TRUE, HCL_ABSENT, HCL_ABSENT, false,
	 false},
	{"az-snp-10-genoa-v3-hcl.bin", 2600, 2, HCL_SNP,
	 "b581f12e29a2d7d64e5e0b738d563879a78b51c644d0fa0cce02b48699f6bf5f",
	 "390CBCF5-6C67-4D9B-98EF-C3F1699CC8FC", "0000", HCL_TRUE, HCL_TRUE, HCL_ABSENT, true, true},
	{"az-snp-14-milan-v3-hcl-userdata.bin", 2600, 1, HCL_SNP,
	 "838ecdd665dd7fe3e885996ac9cb0f5fa8441a6d67a0e97aca77bd601d0d98e2",
	 "BDD43C6F-0B79-4D3F-BE6A-C594AF3BAF6E", "e2f9ee8d99958ba5", HCL_TRUE, HCL_ABSENT,
	 HCL_ABSENT, true, true},
	{"az-snp-16-redacted-hcl.bin", 2600, 1, HCL_SNP,
	 "36f3584f6f53b62cf5df248476b945084b8ef5fccb2369c15e31155941ef680b",
	 "A7B8EFA5-04B2-48CC-B109-E4D03D59A23B", "0000", HCL_TRUE, HCL_ABSENT, HCL_ABSENT, true,
	 true},
	{"az-tdx-01-hcl.bin", 2600, 2, HCL_TDX,
	 "9734504f161d104c74e3165c15f779b06a9bb40dfa71937817d7eee68e593839",
	 "6332533D-5649-4D02-8AA7-8F64B7C3EE21", "0000", HCL_TRUE, HCL_FALSE, HCL_ABSENT, true,
	 true},
	{"az-tdx-05-hcl.bin", 2600, 2, HCL_TDX,
	 "bec74f5e38c26779cd35ba5083560117b3701d3efef229156ec2ec59ecae880e",
	 "bdd43904-dbf8-4337-8b91-3adba92c5ebd", "0000", HCL_FALSE, HCL_TRUE, HCL_ABSENT, true,
	 true},
	{"az-tdx-09-hcl.bin", 2600, 2, HCL_TDX,
	 "fdb88444049d2951643a8ec8a173f13cc56a92c6b108441ea077b32989397cc2",
	 "69047f12-7ad4-4970-9b31-1157dc14de07", "6174746573746174", HCL_TRUE, HCL_TRUE, HCL_FALSE,
	 true, true},
	{"az-tdx-11-hcl.bin", 2600, 2, HCL_TDX,
	 "07bbc6d96c02eef864e542634b8aa7245d4a854313cd759e4620589817182edb",
	 "00000000-0000-0000-0000-000000000000", "d0cdc2b18c690b35", HCL_FALSE, HCL_ABSENT,
	 HCL_ABSENT, true, true},
};

static void check_claims(size_t i, const struct hcl_report *r)
{
	char hex[HEX_SIZE(HCL_USER_DATA_SIZE)];
	_cleanup_pubkey_ struct pubkey *key = NULL;
	struct hcl_claims c;
	struct err e = {0};

	if (hcl_claims_parse(&c, r->json, r->json_len, &e) < 0)
		fail_msg("%s: %s", real[i].file, e.msg);
	assert_string_equal(c.vm_unique_id, real[i].vm);
	assert_int_equal(c.user_data_present, real[i].user_data != NULL);
	if (real[i].user_data) {
		hex_encode(hex, c.user_data, sizeof(c.user_data));
		assert_memory_equal(hex, real[i].user_data, strlen(real[i].user_data));
	}
	assert_int_equal(c.secure_boot, real[i].secure_boot);
	assert_int_equal(c.tpm_persisted, real[i].persisted);
	assert_int_equal(c.filtered_vpci_devices_allowed, real[i].vpci);
	assert_int_equal(c.interactive_console_enabled, HCL_ABSENT);
	assert_true(c.ak.present);
	assert_int_equal(c.ak.n_len, 256);
	assert_int_equal(c.ak.e, 65537);
	assert_int_equal(c.ak.sign, real[i].ak_signs);
	assert_int_equal(c.ak.encrypt, !real[i].ak_signs);
	assert_int_equal(c.ek.present, real[i].ek);
	assert_int_equal(c.current_time_present, !real[i].ek);
	assert_int_equal(hcl_claims_ak(&c, &key, &e), 0);
	assert_int_equal(pubkey_bits(key), 2048);
}

static void test_real(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(real); i++) {
		_cleanup_buf_ struct buf b = vector("hcl", real[i].file);
		_cleanup_verdict_ struct verdict v = {0};
		uint8_t data[HCL_REPORT_DATA_SIZE];
		char hex[HEX_SIZE(32)];
		struct hcl_report r;
		struct err e = {0};

		assert_int_equal(b.len, real[i].size);
		if (hcl_report_parse(&r, b.data, b.len, &e) < 0)
			fail_msg("%s: %s", real[i].file, e.msg);
		assert_int_equal(r.version, real[i].version);
		assert_int_equal(r.type, real[i].type);
		assert_int_equal(r.hash, HASH_SHA256);
		assert_int_equal(r.request_type, 2);
		assert_int_equal(r.report_size, JSON_AT + r.json_len);
		assert_int_equal(hcl_report_expected_data(&r, data, &e), 0);
		hex_encode(hex, data, 32);
		assert_string_equal(hex, real[i].sha256);
		assert_true(hcl_report_binding(&v, &r));
		assert_true(verdict_pass(&v));
		check_claims(i, &r);
	}
}

/* One of a report's parts set to a value: what the parser says. */
static void refused(size_t at, size_t size, uint32_t value, const char *why)
{
	_cleanup_buf_ struct buf b = vector("hcl", "az-snp-10-genoa-v3-hcl.bin");
	struct hcl_report r;
	struct err e = {0};

	for (size_t i = 0; i < size; i++)
		b.data[at + i] = (uint8_t)(value >> (8 * i));
	assert_int_equal(hcl_report_parse(&r, b.data, b.len, &e), -E_HCL_MALFORMED);
	if (!strstr(e.msg, why))
		fail_msg("'%s' where '%s' was expected", e.msg, why);
}

static void test_refused(void **state)
{
	(void)state;
	refused(0, 1, 'h', "HCLA");
	refused(4, 4, 0, "version");
	refused(4, 4, 3, "version");
	refused(0x0c, 4, 1, "request type");
	refused(0x0c, 4, 3, "request type");
	refused(0x10, 4, 1, "status");
	refused(0x1f, 1, 1, "reserved");
	refused(0x4c0, 4, 1219, "two sizes");
	refused(0x4c4, 4, 2, "version of the claims");
	refused(0x4c8, 4, 0, "report type");
	refused(0x4c8, 4, 5, "report type");
	refused(0x4cc, 4, 0, "hash type");
	refused(0x4cc, 4, 4, "hash type");
	refused(0x4d0, 4, 0, "claims of 0");
	refused(0x4d0, 4, 1199, "two sizes");
	refused(0x4d0, 4, 1397, "claims of 1397");
	refused(0x4d0, 4, 0xffffffff, "claims of 4294967295");
	refused(2599, 1, 1, "follows");
	refused(JSON_AT + 1200, 1, ' ', "follows");
}

static void test_lengths(void **state)
{
	_cleanup_buf_ struct buf b = vector("hcl", "az-tdx-09-hcl.bin");
	uint8_t *large = calloc(1, HCL_REPORT_SIZE_MAX + 1);
	struct hcl_report r;

	(void)state;
	assert_non_null(large);
	for (size_t len = 0; len < JSON_AT + 1195; len++)
		assert_int_equal(hcl_report_parse(&r, b.data, len, NULL), -E_HCL_MALFORMED);
	for (size_t len = JSON_AT + 1195; len <= b.len; len++)
		assert_int_equal(hcl_report_parse(&r, b.data, len, NULL), 0);
	memcpy(large, b.data, b.len);
	/* behind a TDREPORT there is padding */
	b.data[0x20 + HCL_TDREPORT_SIZE] = 1;
	assert_int_equal(hcl_report_parse(&r, b.data, b.len, NULL), -E_HCL_MALFORMED);
	assert_int_equal(hcl_report_parse(&r, large, 2900, NULL), 0);
	assert_int_equal(hcl_report_parse(&r, large, HCL_REPORT_SIZE_MAX, NULL), 0);
	assert_int_equal(hcl_report_parse(&r, large, HCL_REPORT_SIZE_MAX + 1, NULL),
			 -E_HCL_MALFORMED);
	free(large);
}

static bool bound(struct buf *b)
{
	_cleanup_verdict_ struct verdict v = {0};
	struct hcl_report r;
	bool pass;

	assert_int_equal(hcl_report_parse(&r, b->data, b->len, NULL), 0);
	pass = hcl_report_binding(&v, &r);
	assert_int_equal(v.count, 1);
	assert_int_equal(pass, verdict_pass(&v));
	assert_string_equal(v.check[0].name, "hcl-report.binding");
	assert_int_equal(v.check[0].code, E_REPORT_BINDING);
	return pass;
}

/* Every byte of the claims and of the report data counts. */
static void test_binding(void **state)
{
	_cleanup_buf_ struct buf b = vector("hcl", "az-snp-01-milan-v2-hcl.bin");

	(void)state;
	assert_true(bound(&b));
	for (size_t i = 0; i < 1110; i++) {
		b.data[JSON_AT + i] ^= 0x20;
		assert_false(bound(&b));
		b.data[JSON_AT + i] ^= 0x20;
	}
	for (size_t i = 0; i < HCL_REPORT_DATA_SIZE; i++) {
		b.data[0x70 + i] ^= 1;
		assert_false(bound(&b));
		b.data[0x70 + i] ^= 1;
	}
	assert_true(bound(&b));
}

static void test_binding_hashes(void **state)
{
	static const uint16_t hash[] = {HASH_SHA256, HASH_SHA384, HASH_SHA512};
	_cleanup_buf_ struct buf b = vector("hcl", "az-tdx-05-hcl.bin");

	(void)state;
	for (uint8_t type = 1; type <= 3; type++) {
		b.data[0x4cc] = type;
		assert_int_equal(bound(&b), type == 1);
	}
	for (uint8_t type = 1; type <= 3; type++) {
		b.data[0x4cc] = type;
		memset(b.data + 0xa0, 0, 64);
		assert_int_equal(crypto_hash(hash[type - 1], b.data + JSON_AT, 1158,
					     b.data + 0xa0, NULL), 0);
		assert_true(bound(&b));
		b.data[0xa0 + 63] ^= 1;
		assert_false(bound(&b));
	}
}

/* Reports without isolation have nothing that binds. */
static void test_binding_without_hardware(void **state)
{
	_cleanup_buf_ struct buf b = vector("hcl", "az-snp-01-milan-v2-hcl.bin");

	(void)state;
	b.data[0x4c8] = HCL_TVM;
	assert_false(bound(&b));
	b.data[0x4c8] = HCL_VBS;
	assert_false(bound(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_binding),
		cmocka_unit_test(test_binding_hashes),
		cmocka_unit_test(test_binding_without_hardware),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
