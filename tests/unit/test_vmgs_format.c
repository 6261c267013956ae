/* SPDX-License-Identifier: MIT */
#include "codec.h"
#include "file.h"
#include "vmgs_alloc.h"
#include "vmgs_format.h"
#include "vmgs_nvram.h"
#include "vmgs_protector.h"
#include "vmgs_vhd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_crc(void **state _unused_)
{
	assert_int_equal(vmgs_crc32("123456789", 9), 0xcbf43926);
	assert_int_equal(vmgs_crc32("", 0), 0);
}

/* The header of a fresh store, as upstream's tool writes it. */
static void test_fresh_header(void **state _unused_)
{
	const struct vmgs_header h = {.sequence = 1, .table_offset = 2};
	uint8_t bytes[VMGS_HEADER_BYTES], start[40];
	struct vmgs_header back;

	vmgs_header_format(&h, bytes);
	assert_true(hex_decode(start, sizeof(start), "47554553545254530000030028ed2e6d01000000a800000002"
			       "000000010000000000000000000000"));
	assert_memory_equal(bytes, start, sizeof(start));
	assert_true(vmgs_all_zero(bytes + 40, sizeof(bytes) - 40));
	assert_int_equal(vmgs_header_parse(bytes, &back), VMGS_HEADER_VALID);
	assert_int_equal(back.checksum, 0x6d2eed28);
	assert_int_equal(back.sequence, 1);
	assert_int_equal(back.table_offset, 2);
}

static void seal_header(uint8_t bytes[VMGS_HEADER_BYTES])
{
	uint32_t crc;

	memset(bytes + 12, 0, 4);
	crc = vmgs_crc32(bytes, VMGS_HEADER_BYTES);
	for (int i = 0; i < 4; i++)
		bytes[12 + i] = (uint8_t)(crc >> (8 * i));
}

static void test_bad_headers(void **state _unused_)
{
	const struct vmgs_header h = {.sequence = 1, .table_offset = 2};
	static const struct {
		size_t at;
		uint8_t value;
		enum vmgs_header_state state;
	} cases[] = {
		{0, 0, VMGS_HEADER_SIGNATURE}, {10, 2, VMGS_HEADER_VERSION}, {8, 1, VMGS_HEADER_VERSION},
		{20, 0, VMGS_HEADER_SIZE}, {24, 0, VMGS_HEADER_TABLE_OFFSET},
		{24, 1, VMGS_HEADER_TABLE_OFFSET}, {28, 0, VMGS_HEADER_TABLE_SIZE},
		{28, 2, VMGS_HEADER_TABLE_SIZE}, {32, 2, VMGS_HEADER_ALGORITHM},
	};
	uint8_t bytes[VMGS_HEADER_BYTES];
	struct vmgs_header back;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		vmgs_header_format(&h, bytes);
		bytes[cases[i].at] = cases[i].value;
		seal_header(bytes);
		assert_int_equal(vmgs_header_parse(bytes, &back), cases[i].state);
	}
	/* any bit that is turned is noticed, by the checksum at the latest */
	for (size_t i = 0; i < 8 * sizeof(bytes); i++) {
		vmgs_header_format(&h, bytes);
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_not_equal(vmgs_header_parse(bytes, &back), VMGS_HEADER_VALID);
	}
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(vmgs_header_parse(bytes, &back), VMGS_HEADER_BLANK);
}

static void test_choose(void **state _unused_)
{
	static const struct {
		uint32_t a, b;
		int active;	/* -1: refused */
	} cases[] = {{2, 1, 0}, {1, 2, 1}, {5, 5, -1}, {5, 7, -1}, {7, 5, -1}, {0, UINT32_MAX, 0},
		     {UINT32_MAX, 0, 1}, {0, UINT32_MAX - 1, -1}};
	enum vmgs_header_state both[2] = {VMGS_HEADER_VALID, VMGS_HEADER_VALID};
	struct vmgs_header h[2] = {{0}};
	int active;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r;

		h[0].sequence = cases[i].a;
		h[1].sequence = cases[i].b;
		active = -1;
		r = vmgs_header_choose(both, h, &active, NULL);
		assert_int_equal(r, cases[i].active < 0 ? -E_VMGS_HEADER : 0);
		assert_int_equal(active, cases[i].active);
	}
	both[0] = VMGS_HEADER_CHECKSUM;
	assert_int_equal(vmgs_header_choose(both, h, &active, NULL), 0);
	assert_int_equal(active, 1);
	both[1] = VMGS_HEADER_BLANK;
	assert_int_equal(vmgs_header_choose(both, h, &active, NULL), -E_VMGS_HEADER);
}

static int parse_with(int id, struct vmgs_entry e, uint32_t capacity)
{
	struct vmgs_entry entry[VMGS_FILES] = {[0] = {.offset = 6, .blocks = 1, .bytes = 4096}};
	uint8_t block[VMGS_BLOCK_BYTES];

	entry[id] = e;
	vmgs_table_format(entry, block);
	return vmgs_table_parse(block, capacity, 6, entry, NULL);
}

static void test_table(void **state _unused_)
{
	/* upstream's own case: overlaps are no failure here */
	struct vmgs_entry entry[VMGS_FILES] = {{.offset = 6, .blocks = 1}, {.offset = 2, .blocks = 1},
					       {.offset = 4, .blocks = 5}, {.offset = 3, .blocks = 3}};
	struct vmgs_entry back[VMGS_FILES] = {{0}};	/* padding is compared as well */
	uint8_t block[VMGS_BLOCK_BYTES];
	int a, b;

	vmgs_table_format(entry, block);
	assert_int_equal(vmgs_table_parse(block, 1000, 6, back, NULL), 0);
	assert_memory_equal(entry, back, sizeof(entry));
	assert_true(vmgs_table_overlap(back, &a, &b));
	assert_int_equal(a, 0);
	assert_int_equal(b, 2);
	assert_int_equal(vmgs_table_parse(block, 1000, 7, back, NULL), -E_VMGS_TABLE);
	memset(block, 0, sizeof(block));
	assert_int_equal(vmgs_table_parse(block, 1000, 6, back, NULL), -E_VMGS_TABLE);

	assert_int_equal(parse_with(3, (struct vmgs_entry){.offset = 8, .blocks = 992}, 1000), 0);
	assert_int_equal(parse_with(3, (struct vmgs_entry){.offset = 8, .blocks = 993}, 1000),
			 -E_VMGS_TABLE);
	assert_int_equal(parse_with(3, (struct vmgs_entry){.offset = 1, .blocks = 1}, 1000),
			 -E_VMGS_TABLE);
	assert_int_equal(parse_with(3, (struct vmgs_entry){.offset = 1000, .blocks = 1}, 1000),
			 -E_VMGS_TABLE);
	/* 32 bits would wrap */
	assert_int_equal(parse_with(3, (struct vmgs_entry){.offset = 8, .blocks = UINT32_MAX}, 1000),
			 -E_VMGS_TABLE);
	assert_int_equal(parse_with(3, (struct vmgs_entry){.offset = 8, .blocks = UINT32_MAX - 7}, 1000),
			 -E_VMGS_TABLE);
	assert_int_equal(parse_with(3, (struct vmgs_entry){.offset = 8, .blocks = 1, .bytes = 4097}, 1000),
			 -E_VMGS_TABLE);
	assert_int_equal(parse_with(3, (struct vmgs_entry){.offset = 8, .blocks = 1,
							   .bytes = UINT64_MAX}, 1000), -E_VMGS_TABLE);
}

static void test_names(void **state _unused_)
{
	char text[32];

	assert_int_equal(vmgs_file_id("BIOS_NVRAM"), 1);
	assert_int_equal(vmgs_file_id("tpm_nvram"), 3);
	assert_int_equal(vmgs_file_id("13"), 13);
	assert_int_equal(vmgs_file_id("GUEST_SECRET_KEY"), 13);
	assert_int_equal(vmgs_file_id("PROVISIONING_MARKER"), 18);
	assert_int_equal(vmgs_file_id("63"), 63);
	assert_int_equal(vmgs_file_id("64"), -1);
	assert_int_equal(vmgs_file_id("-1"), -1);
	assert_int_equal(vmgs_file_id("NVRAM"), -1);
	assert_int_equal(vmgs_file_id(""), -1);
	assert_string_equal(vmgs_file_text(40, text), "40");
	assert_string_equal(vmgs_file_text(6, text), "KEY_PROTECTOR");
	assert_null(vmgs_file_name(12));
}

static uint32_t placed(struct vmgs_runs *r, uint64_t blocks)
{
	uint32_t at = 0;

	return vmgs_runs_place(r, blocks, &at, NULL) == 0 ? at : 0;
}

static void free_at(struct vmgs_runs *r, uint32_t offset)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->run[i].offset == offset) {
			memmove(&r->run[i], &r->run[i + 1], (--r->count - i) * sizeof(r->run[0]));
			return;
		}
	fail();
}

/* The cases of upstream's own test. */
static void test_allocation(void **state _unused_)
{
	struct vmgs_runs r = {.capacity = 1024}, full = {.capacity = 1024};

	assert_int_equal(placed(&r, 3), 2);
	assert_int_equal(placed(&r, 95), 5);
	assert_int_equal(placed(&r, 2), 100);
	free_at(&r, 2);
	assert_int_equal(placed(&r, 1), 2);
	assert_int_equal(placed(&r, 3), 102);
	assert_int_equal(placed(&r, 2), 3);

	assert_int_equal(placed(&full, 1025), 0);
	assert_int_equal(placed(&full, UINT64_C(1) << 33), 0);
	assert_int_equal(placed(&full, 511), 2);
	assert_int_equal(placed(&full, 511), 513);
	assert_int_equal(placed(&full, 1), 0);
	/* overlapping runs place nothing */
	assert_int_equal(vmgs_runs_add(&r, 2, 2, NULL), 0);
	assert_int_equal(vmgs_runs_place(&r, 1, &(uint32_t){0}, NULL), -E_VMGS_TABLE);
}

static void test_blocks(void **state _unused_)
{
	assert_int_equal(vmgs_blocks(0), 1);
	assert_int_equal(vmgs_blocks(1), 1);
	assert_int_equal(vmgs_blocks(4096), 1);
	assert_int_equal(vmgs_blocks(4097), 2);
	assert_true(vmgs_blocks(UINT64_MAX) == (UINT64_C(1) << 52));
}

static void test_footer(void **state _unused_)
{
	const uint8_t guid[VHD_GUID_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
	uint8_t footer[VHD_FOOTER_BYTES], changed[VHD_FOOTER_BYTES];
	enum vhd_kind kind = VHD_NONE;
	uint64_t disk = 0;

	vhd_footer_format(0x400000, guid, footer);
	assert_int_equal(vhd_footer_parse(footer, 0x400200, &kind, &disk, NULL), 0);
	assert_int_equal(kind, VHD_FIXED);
	assert_int_equal(disk, 0x400000);
	/* claims more than there is */
	assert_int_equal(vhd_footer_parse(footer, 0x400000, &kind, &disk, NULL), -E_VMGS_CONTAINER);
	/* every turned bit is noticed: a damaged cookie is no raw disk */
	for (size_t i = 0; i < 8 * sizeof(footer); i++) {
		memcpy(changed, footer, sizeof(changed));
		changed[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(vhd_footer_parse(changed, 0x400200, &kind, &disk, NULL),
				 -E_VMGS_CONTAINER);
	}
	memset(changed, 0, sizeof(changed));
	assert_int_equal(vhd_footer_parse(changed, 0x400200, &kind, &disk, NULL), 0);
	assert_int_equal(kind, VHD_NONE);
	vhd_footer_format(UINT64_C(1) << 40, guid, footer);
	assert_int_equal(vhd_footer_parse(footer, 0x400200, &kind, &disk, NULL), -E_VMGS_CONTAINER);
}

static void test_nvram_refused(void **state _unused_)
{
	/* one variable: "A", one byte of data */
	uint8_t bytes[53] = {[4] = 53, [44] = 4, [46] = 1, [48] = 'A', [52] = 7};
	struct nvram_variable v;
	struct cursor c = CURSOR(bytes, sizeof(bytes));

	assert_int_equal(nvram_next(&c, &v, NULL), 0);
	assert_int_equal(v.data_bytes, 1);
	assert_int_equal(v.data[0], 7);
	for (size_t len = 1; len < sizeof(bytes); len++) {
		c = CURSOR(bytes, len);
		assert_int_equal(nvram_next(&c, &v, NULL), -E_VMGS_CONTENT);
	}
	bytes[4] = 54;	/* lengths that do not agree */
	c = CURSOR(bytes, sizeof(bytes));
	assert_int_equal(nvram_next(&c, &v, NULL), -E_VMGS_CONTENT);
	bytes[4] = 53;
	bytes[0] = 1;	/* another type */
	c = CURSOR(bytes, sizeof(bytes));
	assert_int_equal(nvram_next(&c, &v, NULL), -E_VMGS_CONTENT);
	bytes[0] = 0;
	bytes[50] = 'B';	/* a name without an end */
	c = CURSOR(bytes, sizeof(bytes));
	assert_int_equal(nvram_next(&c, &v, NULL), -E_VMGS_CONTENT);
}

static void test_utf16(void **state _unused_)
{
	/* a, e acute, euro, an emoji, a lone surrogate */
	const uint8_t name[] = {'a', 0, 0xe9, 0, 0xac, 0x20, 0x3d, 0xd8, 0x00, 0xde, 0x00, 0xdc, 0, 0};
	const struct nvram_variable v = {.name = name, .name_bytes = sizeof(name)};
	_cleanup_buf_ struct buf text = BUF_INIT(64);

	nvram_name(&v, &text);
	buf_put_u8(&text, 0);
	assert_string_equal((const char *)text.data, "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbd");
}

static void read_protector(const char *name, struct key_protector *p)
{
	_cleanup_buf_ struct buf data = BUF_INIT(0);

	assert_int_equal(file_read(name, 4096, &data, NULL), 0);
	assert_int_equal(key_protector_parse(data.data, data.len, p, NULL), 0);
	/* a shorter one counts as padded with zeros, a longer one is none */
	assert_int_equal(key_protector_parse(data.data, data.len + 1, p, NULL), -E_VMGS_CONTENT);
	assert_int_equal(key_protector_parse(data.data, 39, p, NULL), -E_VMGS_CONTENT);
	assert_int_equal(key_protector_parse(data.data, 600, p, NULL), 0);
	assert_true(p->padded);
	assert_int_equal(key_protector_parse(data.data, data.len, p, NULL), 0);
	assert_false(p->padded);
}

static void test_protector(void **state _unused_)
{
	struct key_protector p;

	read_protector("tests/vectors/vmgs/key-protector-2blob.bin", &p);
	assert_int_equal(p.dek[p.active % 2].form, KEY_PROTECTOR_RSA);
	assert_int_equal(p.dek[!(p.active % 2)].form, KEY_PROTECTOR_EMPTY);
	read_protector("tests/vectors/vmgs/key-protector-3blob.bin", &p);
	assert_int_equal(p.dek[p.active % 2].form, KEY_PROTECTOR_KWP);
	assert_int_equal(p.dek[p.active % 2].bytes, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc),
		cmocka_unit_test(test_fresh_header),
		cmocka_unit_test(test_bad_headers),
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_allocation),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_footer),
		cmocka_unit_test(test_nvram_refused),
		cmocka_unit_test(test_utf16),
		cmocka_unit_test(test_protector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
