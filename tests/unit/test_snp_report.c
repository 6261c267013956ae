/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "codec.h"
#include "snp_report.h"
#include "snp_testpki.h"
#include "vector.h"

static int parse(struct snp_report *r, const uint8_t *bytes, size_t len)
{
	struct err e = {0};
	int ret = snp_report_parse(r, bytes, len, &e);

	assert_true(ret == 0 || e.code == E_REPORT_MALFORMED);
	return ret;
}

static void test_recorded(void **state)
{
	static const struct {
		const char *file;
		uint32_t version, vmpl;
		enum snp_product product;
		uint64_t policy, platform;
		uint8_t key;
		const char *reported, *current, *firmware, *measurement;
	} want[] = {
		{"snp-01-milan-v2.bin", 2, 0, SNP_UNKNOWN, 0xb0000, 0x1, SNP_KEY_VCEK,
		 "bootloader 2 tee 0 snp 5 microcode 68", "bootloader 2 tee 0 snp 5 microcode 68",
		 "1.49.3", "b07af962"},
		{"snp-03-milan-v3-vlek.bin", 3, 1, SNP_MILAN, 0x30000, 0x27, SNP_KEY_VLEK,
		 "bootloader 4 tee 0 snp 24 microcode 217", "bootloader 4 tee 0 snp 24 microcode 220",
		 "1.55.29", "8922ebbd"},
		{"snp-10-milan-v3.bin", 3, 0, SNP_MILAN, 0x30000, 0x25, SNP_KEY_VCEK,
		 "bootloader 4 tee 0 snp 23 microcode 213", "bootloader 4 tee 0 snp 24 microcode 213",
		 "1.55.29", "7f51e17f"},
		{"snp-12-genoa-v5.bin", 5, 0, SNP_GENOA, 0x30000, 0x25, SNP_KEY_VCEK,
		 "bootloader 10 tee 0 snp 27 microcode 27", "bootloader 10 tee 0 snp 27 microcode 27",
		 "1.55.49", "d9912ba3"},
		{"snp-13-genoa-v3-tsm.bin", 3, 0, SNP_GENOA, 0x30000, 0x25, SNP_KEY_VCEK,
		 "bootloader 10 tee 0 snp 23 microcode 84", "bootloader 10 tee 0 snp 23 microcode 84",
		 "1.55.40", "7699e6ac"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		_cleanup_buf_ struct buf b = vector("snp", want[i].file);
		char text[SNP_TCB_TEXT], version[16], hex[HEX_SIZE(4)];
		struct snp_report r;

		assert_int_equal(parse(&r, b.data, b.len), 0);
		assert_int_equal(r.version, want[i].version);
		assert_int_equal(r.vmpl, want[i].vmpl);
		assert_int_equal(r.product, want[i].product);
		assert_int_equal(r.policy, want[i].policy);
		assert_int_equal(r.platform_info, want[i].platform);
		assert_int_equal(r.signing_key, want[i].key);
		assert_int_equal(r.has_cpuid, want[i].version > 2);
		assert_int_equal(r.has_mitigation, want[i].version > 4);
		snp_tcb_text(&r.reported_tcb, text);
		assert_string_equal(text, want[i].reported);
		snp_tcb_text(&r.current_tcb, text);
		assert_string_equal(text, want[i].current);
		(void)snprintf(version, sizeof(version), "%u.%u.%u", r.current_version.major,
			       r.current_version.minor, r.current_version.build);
		assert_string_equal(version, want[i].firmware);
		hex_encode(hex, r.measurement, 4);
		assert_string_equal(hex, want[i].measurement);
		assert_int_equal(snp_chip_id_masked(&r), want[i].key == SNP_KEY_VLEK);
	}
}

static void test_length(void **state)
{
	uint8_t bytes[SNP_REPORT_SIZE + 20] = {0};
	struct snp_report r;

	(void)state;
	snp_testpki_report(bytes, 3, SNP_MILAN);
	for (size_t len = 0; len < sizeof(bytes); len++)
		assert_int_equal(parse(&r, bytes, len),
				 len == SNP_REPORT_SIZE ? 0 : -E_REPORT_MALFORMED);
}

static void test_versions(void **state)
{
	static const enum snp_product products[] = {SNP_MILAN, SNP_GENOA, SNP_TURIN};
	uint8_t bytes[SNP_REPORT_SIZE];
	struct snp_report r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(products); i++) {
		for (uint32_t version = 2; version <= 5; version++) {
			snp_testpki_report(bytes, version, products[i]);
			assert_int_equal(parse(&r, bytes, sizeof(bytes)), 0);
			assert_int_equal(r.version, version);
			assert_int_equal(r.product, version == 2 ? SNP_UNKNOWN : products[i]);
			assert_int_equal(r.reported_tcb.has_fmc, products[i] == SNP_TURIN);
			assert_int_equal(r.current_mitigation, 0);
			assert_int_equal(r.launch_mitigation, version == 5 ? 0x0b : 0);
		}
	}
	for (uint32_t version = 0; version < 300; version++) {
		snp_testpki_report(bytes, 5, SNP_MILAN);
		bytes[0] = (uint8_t)version;
		bytes[1] = (uint8_t)(version >> 8);
		/* CPUID and the mitigation vectors are reserved in the older ones */
		assert_int_equal(parse(&r, bytes, sizeof(bytes)), version == 5 ? 0 : -E_REPORT_MALFORMED);
	}
}

static void test_turin_layout(void **state)
{
	uint8_t bytes[SNP_REPORT_SIZE];
	struct snp_report r;

	(void)state;
	snp_testpki_report(bytes, 3, SNP_TURIN);
	memcpy(bytes + SNP_TESTPKI_REPORTED_TCB, (uint8_t[]){9, 8, 7, 6, 0, 0, 0, 5}, 8);
	assert_int_equal(parse(&r, bytes, sizeof(bytes)), 0);
	assert_int_equal(r.reported_tcb.fmc, 9);
	assert_int_equal(r.reported_tcb.bootloader, 8);
	assert_int_equal(r.reported_tcb.tee, 7);
	assert_int_equal(r.reported_tcb.snp, 6);
	assert_int_equal(r.reported_tcb.microcode, 5);
	/* the bytes mean something else, or nothing, on Genoa */
	bytes[SNP_TESTPKI_CPUID] = 0x19;
	bytes[SNP_TESTPKI_CPUID + 1] = 0x11;
	assert_int_equal(parse(&r, bytes, sizeof(bytes)), -E_REPORT_MALFORMED);
}

static void test_products(void **state)
{
	(void)state;
	for (unsigned family = 0; family < 256; family++) {
		for (unsigned model = 0; model < 256; model++) {
			enum snp_product want = SNP_UNKNOWN;

			if (family == 0x19 && model < 0x10)
				want = SNP_MILAN;
			if (family == 0x19 && ((model >= 0x10 && model < 0x20) ||
					       (model >= 0xa0 && model < 0xb0)))
				want = SNP_GENOA;
			if (family == 0x1a && model <= 0x11)
				want = SNP_TURIN;
			assert_int_equal(snp_product_of_cpuid((uint8_t)family, (uint8_t)model), want);
		}
	}
}

/* Offsets that must be zero, by version. */
static bool reserved(size_t at, uint32_t version)
{
	static const struct {
		size_t from, size;
		uint32_t below;		/* version from which it means something; 0: none */
	} fields[] = {
		{0x3a, 4, 0}, {0x49, 3, 0}, {0x4c, 4, 0}, {0x182, 4, 0}, {0x188, 3, 3}, {0x18b, 21, 0},
		{0x1e2, 4, 0}, {0x1eb, 1, 0}, {0x1ef, 1, 0}, {0x1f2, 4, 0}, {0x1f8, 16, 5},
		{0x208, 152, 0}, {0x2d0, 24, 0}, {0x318, 24, 0}, {0x330, 368, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (at >= fields[i].from && at < fields[i].from + fields[i].size &&
		    (fields[i].below == 0 || version < fields[i].below))
			return true;
	return false;
}

/* Every bit of a report: it is reserved and refused, or it is not and shows. */
static void test_every_bit(void **state)
{
	uint8_t bytes[SNP_REPORT_SIZE];

	(void)state;
	for (uint32_t version = 2; version <= 5; version++) {
		snp_testpki_report(bytes, version, SNP_MILAN);
		for (size_t bit = 32; bit < 8 * sizeof(bytes); bit++) {
			size_t at = bit / 8;
			struct snp_report r;
			int want = reserved(at, version) ? -E_REPORT_MALFORMED : 0;

			if (at == 0x48 && bit % 8 >= 5)	/* of the key info */
				want = -E_REPORT_MALFORMED;
			if (at >= 0x188 && at < 0x18a)	/* another product, another layout */
				continue;
			bytes[at] ^= (uint8_t)(1 << bit % 8);
			if (parse(&r, bytes, sizeof(bytes)) != want)
				fail_msg("version %u, bit %zu of 0x%zx", version, bit % 8, at);
			bytes[at] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

static void test_fields(void **state)
{
	uint8_t bytes[SNP_REPORT_SIZE];
	struct snp_report r;

	(void)state;
	/* each byte of a field another one: order and place show */
	snp_testpki_report(bytes, 5, SNP_GENOA);
	for (size_t i = 0; i < 8; i++) {
		bytes[SNP_TESTPKI_GUEST_SVN + i % 4] = (uint8_t)(0xa0 + i % 4);
		bytes[SNP_TESTPKI_POLICY + i] = (uint8_t)(0x11 + i);
		bytes[SNP_TESTPKI_PLATFORM_INFO + i] = (uint8_t)(0x21 + i);
		bytes[SNP_TESTPKI_MITIGATION + i] = (uint8_t)(0x31 + i);
		bytes[SNP_TESTPKI_MITIGATION + 8 + i] = (uint8_t)(0x41 + i);
	}
	bytes[SNP_TESTPKI_VMPL] = 3;
	bytes[SNP_TESTPKI_KEY_INFO] = 0x1f;
	bytes[0x1e8] = 1, bytes[0x1e9] = 2, bytes[0x1ea] = 3;
	bytes[0x1ec] = 4, bytes[0x1ed] = 5, bytes[0x1ee] = 6;
	for (size_t i = 0; i < SNP_SCALAR; i++)
		bytes[0x2a0 + i] = bytes[0x2e8 + i] = (uint8_t)i;
	assert_int_equal(parse(&r, bytes, sizeof(bytes)), 0);
	assert_int_equal(r.guest_svn, 0xa3a2a1a0);
	assert_int_equal(r.policy, 0x1817161514131211);
	assert_int_equal(r.policy_abi_minor, 0x11);
	assert_int_equal(r.policy_abi_major, 0x12);
	assert_int_equal(r.platform_info, 0x2827262524232221);
	assert_int_equal(r.launch_mitigation, 0x3837363534333231);
	assert_int_equal(r.current_mitigation, 0x4847464544434241);
	assert_int_equal(r.vmpl, 3);
	assert_int_equal(r.signing_key, 7);
	assert_true(r.author_key_en);
	assert_true(r.mask_chip_key);
	assert_memory_equal(&r.current_version, (&(struct snp_version){3, 2, 1}), 3);
	assert_memory_equal(&r.committed_version, (&(struct snp_version){6, 5, 4}), 3);
	assert_int_equal(r.r[0], 47);
	assert_int_equal(r.s[47], 0);
	assert_ptr_equal(r.bytes, bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_turin_layout),
		cmocka_unit_test(test_products),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
