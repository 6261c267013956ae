/* SPDX-License-Identifier: MIT */
#include "luks2_image.h"

static void test_plain(void **state)
{
	_cleanup_luks2_header_ struct luks2_header h = {0};
	const struct luks2_keyslot *k;
	const struct luks2_token *t = NULL;
	struct image img;
	struct err e = {0};

	(void)state;
	load(&img, VECTORS "plain.bin");
	if (parse(&h, &img, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(h.uuid, "11111111-2222-4333-8444-555555555501");
	assert_string_equal(h.label, "a-label");
	assert_true(h.subsystem_set);
	assert_int_equal(h.hdr_size, COPY);
	assert_int_equal(h.json_size, COPY - 4096);
	assert_int_equal(h.keyslots_size, 16744448);
	assert_int_equal(h.copy[0], LUKS2_COPY_GOOD);
	assert_int_equal(h.copy[1], LUKS2_COPY_GOOD);
	assert_string_equal(h.copy_reason[0], "");
	assert_string_equal(h.copy_reason[1], "");
	assert_int_equal(h.used, 0);
	assert_int_equal(h.segment_count, 1);
	assert_string_equal(h.segment.type, "crypt");
	assert_int_equal(h.segment.offset, 16777216);
	assert_true(h.segment.dynamic);
	assert_int_equal(h.segment.iv_tweak, 0);
	assert_string_equal(h.segment.cipher, "aes-xts-plain64");
	assert_int_equal(h.segment.sector_size, 512);
	assert_false(h.segment.integrity);
	assert_int_equal(h.digest_count, 1);
	assert_string_equal(h.digest.hash, "sha256");
	assert_int_equal(h.digest.keyslots, 3);
	assert_int_equal(h.digest.digest_len, 32);
	assert_int_equal(h.digest.salt_len, 32);
	assert_int_equal(h.other_keyslots, 4);
	assert_int_equal(h.keyslot_count, 3);
	k = luks2_header_keyslot(&h, 0);
	assert_non_null(k);
	assert_true(k->plain);
	assert_string_equal(k->kdf, "pbkdf2");
	assert_int_equal(k->kdf_iterations, 1000);
	assert_int_equal(k->area_offset, 32768);
	assert_int_equal(k->area_size, 258048);
	assert_int_equal(k->key_size, 64);
	k = luks2_header_keyslot(&h, 1);
	assert_non_null(k);
	assert_string_equal(k->kdf, "argon2id");
	assert_int_equal(k->kdf_memory, 32);
	assert_null(luks2_header_keyslot(&h, 3));
	assert_int_equal(luks2_header_token(&h, "cvmcrypt", &t, &e), 0);
	assert_non_null(t);
	assert_int_equal(t->id, 1);
	assert_int_equal(t->keyslots, 1);
	assert_string_equal(t->text, "{\"type\":\"cvmcrypt\",\"keyslots\":[\"0\"],\"v\":1}");
	assert_int_equal(luks2_header_token(&h, "none", &t, &e), 0);
	assert_null(t);
	assert_int_equal(luks2_header_policy(&h, 0, DEVICE_SIZE, &e), 0);
	assert_int_equal(luks2_header_policy(&h, -1, DEVICE_SIZE, &e), 0);
}

static void test_other_makes(void **state)
{
	_cleanup_luks2_header_ struct luks2_header h = {0}, big = {0};
	_cleanup_buf_ struct buf b = BUF_INIT(1 << 20);
	struct image img;
	struct err e = {0};

	(void)state;
	load(&img, VECTORS "converted.bin");
	assert_int_equal(parse(&h, &img, &e), 0);
	assert_int_equal(h.digest.digest_len, 20);
	if (luks2_header_policy(&h, 0, DEVICE_SIZE, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(file_read(VECTORS "metadata64k.bin", 1 << 20, &b, &e), 0);
	assert_int_equal(luks2_header_parse(&big, b.data, 65536, b.data + 65536, 65536, &e), 0);
	assert_int_equal(big.hdr_size, 65536);
	assert_int_equal(big.segment.sector_size, 4096);
	if (luks2_header_policy(&big, 0, DEVICE_SIZE, &e) < 0)
		fail_msg("%s", e.msg);
}

static void test_header_size(void **state)
{
	struct image img;
	uint64_t size = 0;
	struct err e = {0};
	_cleanup_buf_ struct buf b = BUF_INIT(4096);

	(void)state;
	load(&img, VECTORS "plain.bin");
	assert_int_equal(luks2_header_size(img.bytes, false, &size, &e), 0);
	assert_int_equal(size, COPY);
	assert_int_equal(luks2_header_size(img.bytes + COPY, true, &size, &e), 0);
	assert_int_equal(size, COPY);
	assert_int_equal(luks2_header_size(img.bytes, true, &size, &e), -E_HEADER_MALFORMED);
	img.bytes[13] = 0x40;	/* hdr_size 4210688 */
	assert_int_equal(luks2_header_size(img.bytes, false, &size, &e), -E_HEADER_MALFORMED);
	assert_int_equal(file_read(VECTORS "luks1.bin", 4096, &b, &e), 0);
	assert_int_equal(luks2_header_size(b.data, false, &size, &e), -E_HEADER_MALFORMED);
	assert_string_equal(e.msg, "LUKS version is 1, only 2 is read");
}

/* A power cut leaves one copy torn, or one behind the other: the volume opens all the same. */
static void test_one_good_copy(void **state)
{
	static const struct {
		int copy;
		size_t at;
		const char *says;
	} torn[] = {
		{0, 0, "no LUKS2 magic"},
		{0, 7, "LUKS version is"},
		{0, 4096 + 50, "checksum is wrong"},
		{0, AT_CSUM, "checksum is wrong"},
		{0, 72, "checksum algorithm is"},
		{0, 15, "header size is"},
		{0, 263, "header offset is"},
		{1, 3, "no LUKS2 magic"},
		{1, 262, "header offset is"},
		{1, COPY - 1, "checksum is wrong"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(torn); i++) {
		_cleanup_luks2_header_ struct luks2_header h = {0};
		int bad = torn[i].copy;
		struct image img;
		struct err e = {0};

		load(&img, VECTORS "plain.bin");
		img.bytes[bad * COPY + torn[i].at] ^= 1;
		if (parse(&h, &img, &e) < 0)
			fail_msg("row %zu: %s", i, e.msg);
		assert_int_equal(h.used, !bad);
		assert_int_equal(h.copy[bad], LUKS2_COPY_BAD);
		assert_int_equal(h.copy[!bad], LUKS2_COPY_GOOD);
		if (!strstr(h.copy_reason[bad], torn[i].says))
			fail_msg("row %zu: says '%s'", i, h.copy_reason[bad]);
		assert_string_equal(h.copy_reason[!bad], "");
		assert_int_equal(luks2_header_policy(&h, 0, DEVICE_SIZE, &e), 0);
	}
}

static void test_newest_copy_counts(void **state)
{
	struct image img;
	struct err e = {0};

	(void)state;
	for (int newer = 0; newer < 2; newer++) {
		_cleanup_luks2_header_ struct luks2_header h = {0};

		load(&img, VECTORS "plain.bin");
		edit_copy(&img, newer, "\"v\":1", "\"v\":2");
		set_seqid(&img, newer, 4);
		set_seqid(&img, !newer, 3);
		assert_int_equal(parse(&h, &img, &e), 0);
		assert_int_equal(h.used, newer);
		assert_int_equal(h.seqid, 4);
		assert_int_equal(h.copy[!newer], LUKS2_COPY_GOOD);
		assert_string_equal(h.copy_reason[!newer], "older: seqid 3 of 4");
		assert_non_null(strstr(h.token[1].text, "\"v\":2"));
	}
	/* an altered, newer copy is judged by what it says; the older one doesn't save it */
	{
		_cleanup_luks2_header_ struct luks2_header h = {0};

		load(&img, VECTORS "plain.bin");
		edit_copy(&img, 1, "0\",\"encryption\":\"aes-xts-plain64\"",
			  "0\",\"encryption\":\"cipher_null-ecb\"");
		set_seqid(&img, 1, 200);
		assert_int_equal(parse(&h, &img, &e), 0);
		assert_int_equal(luks2_header_policy(&h, 0, DEVICE_SIZE, &e), -E_HEADER_REFUSED);
	}
	/* same seqid: the primary counts, and the difference is told */
	{
		_cleanup_luks2_header_ struct luks2_header h = {0};

		load(&img, VECTORS "plain.bin");
		edit_copy(&img, 1, "\"v\":1", "\"v\":2");
		assert_int_equal(parse(&h, &img, &e), 0);
		assert_int_equal(h.used, 0);
		assert_non_null(strstr(h.copy_reason[1], "differs"));
	}
	/* a newer copy that is no metadata is no copy */
	{
		_cleanup_luks2_header_ struct luks2_header h = {0};

		load(&img, VECTORS "plain.bin");
		edit_copy(&img, 0, "\"json_size\"", "\"json_sice\"");
		set_seqid(&img, 0, 99);
		assert_int_equal(parse(&h, &img, &e), 0);
		assert_int_equal(h.used, 1);
		assert_int_equal(h.copy[0], LUKS2_COPY_BAD);
		assert_string_equal(h.copy_reason[0], "metadata: config.json_sice: unknown key");
	}
}

static void test_no_good_copy(void **state)
{
	struct luks2_header h = {0};
	struct image img;
	struct err e = {0};

	(void)state;
	load(&img, VECTORS "plain.bin");
	img.bytes[5000] ^= 1;
	img.bytes[COPY] = 0;
	assert_int_equal(parse(&h, &img, &e), -E_HEADER_CHECKSUM);
	assert_string_equal(e.msg, "primary: checksum is wrong; secondary: no LUKS2 magic");
	memset(&img, 0, sizeof(img));
	assert_int_equal(parse(&h, &img, &e), -E_HEADER_MALFORMED);
	assert_string_equal(e.msg, "both copies: no LUKS2 magic");
	assert_int_equal(luks2_header_parse(&h, NULL, 0, NULL, 0, &e), -E_HEADER_MALFORMED);
	assert_string_equal(e.msg, "both copies: not found");
	assert_null(h.area);
}

/* Fields of the binary header that stock tools leave alone are not free for the host either. */
static void test_binary_fields(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *says;
	} rows[] = {
		{AT_UUID, 'g', "UUID"},
		{AT_UUID + 8, 'a', "UUID"},
		{AT_UUID + 36, 'a', "UUID"},
		{AT_UUID, 0, "UUID"},
		{24 + 47, 'x', "label or subsystem"},
		{208 + 30, 'x', "label or subsystem"},
		{72 + 10, 'x', "checksum algorithm"},
		{264, 1, "padding"},
		{447, 1, "padding"},
		{512, 1, "padding"},
		{4095, 1, "padding"},
		{COPY - 1, 'x', "metadata does not end with NUL"},
	};
	struct image img;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_luks2_header_ struct luks2_header h = {0};
		struct err e = {0};

		load(&img, VECTORS "plain.bin");
		img.bytes[rows[i].at] = rows[i].value;
		refresh(img.bytes, COPY);
		assert_int_equal(parse(&h, &img, &e), 0);
		assert_int_equal(h.copy[0], LUKS2_COPY_BAD);
		if (!strstr(h.copy_reason[0], rows[i].says))
			fail_msg("row %zu: says '%s'", i, h.copy_reason[0]);
	}
	{
		_cleanup_luks2_header_ struct luks2_header h = {0};
		struct err e = {0};

		load(&img, VECTORS "plain.bin");
		img.bytes[AT_CSUM + 40] = 1;	/* behind the checksum: not covered by it */
		assert_int_equal(parse(&h, &img, &e), 0);
		assert_int_equal(h.copy[0], LUKS2_COPY_BAD);
	}
	{
		_cleanup_luks2_header_ struct luks2_header h = {0};
		struct err e = {0};
		char *json;

		/* text up to the last byte, no NUL */
		load(&img, VECTORS "plain.bin");
		json = json_of(&img, 0);
		memset(json + strlen(json), ' ', COPY - LUKS2_BIN_HDR_SIZE - strlen(json));
		refresh(img.bytes, COPY);
		assert_int_equal(parse(&h, &img, &e), 0);
		assert_int_equal(h.copy[0], LUKS2_COPY_BAD);
	}
}

static void test_truncation(void **state)
{
	struct image img;
	struct err e = {0};

	(void)state;
	load(&img, VECTORS "plain.bin");
	for (size_t len = 0; len < sizeof(img.bytes); len += len < 4200 ? 61 : 4096) {
		_cleanup_luks2_header_ struct luks2_header h = {0};
		size_t first = len < COPY ? len : COPY;
		/* on the heap, so that a read beyond the end is seen */
		_cleanup_free_ uint8_t *a = malloc(first ? first : 1);
		_cleanup_free_ uint8_t *b = malloc(len - first ? len - first : 1);

		assert_non_null(a);
		assert_non_null(b);
		memcpy(a, img.bytes, first);
		memcpy(b, img.bytes + first, len - first);
		assert_int_equal(luks2_header_parse(&h, a, first, b, len - first, &e),
				 first == COPY ? 0 : -E_HEADER_MALFORMED);
	}
}

/* Every byte of the metadata replaced, with good checksums: no crash, and the result is whole. */
static void test_mutations(void **state)
{
	static const uint8_t values[] = {0, '0', '9', '"', '}', '[', ',', 0xff};
	struct image img, good;
	size_t len;

	(void)state;
	load(&good, VECTORS "plain.bin");
	len = strlen(json_of(&good, 0));
	for (size_t i = 0; i < len; i++) {
		_cleanup_luks2_header_ struct luks2_header h = {0};
		struct err e = {0};

		img = good;
		json_of(&img, 0)[i] = (char)values[i % sizeof(values)];
		refresh(img.bytes, COPY);
		if (luks2_header_parse(&h, img.bytes, COPY, NULL, 0, &e) == 0)
			(void)luks2_header_policy(&h, 0, DEVICE_SIZE, &e);
		else
			assert_int_equal(e.code, E_HEADER_MALFORMED);
	}
}

static void test_compose(void **state)
{
	struct image img, out;
	struct err e = {0};

	(void)state;
	for (int bad = 0; bad < 2; bad++) {
		_cleanup_luks2_header_ struct luks2_header h = {0}, again = {0};

		load(&img, VECTORS "plain.bin");
		img.bytes[bad * COPY + 4200] ^= 1;
		assert_int_equal(parse(&h, &img, &e), 0);
		assert_int_equal(luks2_header_compose(&h, out.bytes, &e), 0);
		assert_int_equal(parse(&again, &out, &e), 0);
		assert_int_equal(again.copy[0], LUKS2_COPY_GOOD);
		assert_int_equal(again.copy[1], LUKS2_COPY_GOOD);
		assert_string_equal(again.copy_reason[0], "");
		assert_string_equal(again.copy_reason[1], "");
		assert_int_equal(again.seqid, h.seqid);
		assert_memory_equal(out.bytes + !bad * COPY, img.bytes + !bad * COPY, COPY);
		assert_memory_equal(out.bytes + bad * COPY + 4096, img.bytes + !bad * COPY + 4096,
				    COPY - 4096);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_other_makes),
		cmocka_unit_test(test_header_size),
		cmocka_unit_test(test_one_good_copy),
		cmocka_unit_test(test_newest_copy_counts),
		cmocka_unit_test(test_no_good_copy),
		cmocka_unit_test(test_binary_fields),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_compose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
