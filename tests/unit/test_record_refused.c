/* SPDX-License-Identifier: MIT */
#include "escrow.h"
#include "file.h"
#include "record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TEXT_MAX 4096

static void read_text(char out[TEXT_MAX], const char *name)
{
	_cleanup_buf_ struct buf b = BUF_INIT(0);
	struct err e = {0};
	char path[128];

	(void)snprintf(path, sizeof(path), "tests/vectors/record/%s", name);
	if (file_read(path, TEXT_MAX - 1, &b, &e) < 0)
		fail_msg("%s", e.msg);
	memcpy(out, b.data, b.len + 1);
}

/* Replaces the first `old`. */
static void edit(char text[TEXT_MAX], const char *old, const char *new)
{
	char *at = strstr(text, old);

	if (!at)
		fail_msg("'%s' is not in the vector", old);
	assert_true(strlen(text) + strlen(new) < TEXT_MAX);
	memmove(at + strlen(new), at + strlen(old), strlen(at + strlen(old)) + 1);
	memcpy(at, new, strlen(new));
}

struct edit {
	const char *old, *new;
	int code;
	const char *says;
};

/* Each by itself, in the vector of an OS volume. */
static void expect_refused(const struct edit *edits, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char text[TEXT_MAX];
		struct record r;
		struct err e = {0};
		int code;

		read_text(text, "root.json");
		edit(text, edits[i].old, edits[i].new);
		code = record_parse(&r, text, strlen(text), &e);
		if (code != -edits[i].code || e.code != edits[i].code ||
		    !strstr(e.msg, edits[i].says))
			fail_msg("%s -> %s: code %d, %s", edits[i].old, edits[i].new, code, e.msg);
	}
}

/* Version, unknown keys, keyslot, id, generation. */
static void test_head_edits(void **state)
{
	static const struct edit edits[] = {
		{"\"type\":\"cvmcrypt\"", "\"type\":\"cvmcrypt2\"", E_RECORD_MALFORMED, "type"},
		{"\"type\":\"cvmcrypt\",", "", E_RECORD_MALFORMED, "type"},
		{"\"type\":\"cvmcrypt\"", "\"type\":1", E_RECORD_MALFORMED, "type"},
		{"\"v\":1", "\"v\":0", E_RECORD_MALFORMED, "min"},
		{"\"v\":1", "\"v\":\"1\"", E_RECORD_MALFORMED, "v"},
		{"\"v\":1", "\"v\":1.5", E_RECORD_MALFORMED, "v"},
		{"\"v\":1,", "\"v\":1,\"v\":1,", E_RECORD_MALFORMED, "twice"},
		{"\"min\":1", "\"min\":0", E_RECORD_MALFORMED, "min"},
		{"\"min\":1", "\"min\":2", E_RECORD_MALFORMED, "min"},
		{"\"v\":1,\"min\":1", "\"v\":2,\"min\":2", E_RECORD_TOO_NEW,
		 "records of version 2"},
		{"\"v\":1,\"min\":1", "\"v\":4294967295,\"min\":4294967295", E_RECORD_TOO_NEW,
		 "4294967295"},
		{"\"v\":1,\"min\":1", "\"v\":2,\"min\":3", E_RECORD_MALFORMED, "min"},
		{"\"v\":1", "\"x\":0,\"v\":1", E_RECORD_MALFORMED, "x"},
		{"\"srk\"", "\"x\":0,\"srk\"", E_RECORD_MALFORMED, "x"},
		{"\"slot\"", "\"x\":0,\"slot\"", E_RECORD_MALFORMED, "x"},
		{"\"sig\"", "\"x\":0,\"sig\"", E_RECORD_MALFORMED, "x"},
		{"[\"0\"]", "[]", E_RECORD_MALFORMED, "keyslots"},
		{"[\"0\"]", "[\"0\",\"1\"]", E_RECORD_MALFORMED, "keyslots"},
		{"[\"0\"]", "[0]", E_RECORD_MALFORMED, "keyslots"},
		{"[\"0\"]", "[\"32\"]", E_RECORD_MALFORMED, "keyslots"},
		{"[\"0\"]", "[\"00\"]", E_RECORD_MALFORMED, "keyslots"},
		{"[\"0\"]", "[\"-1\"]", E_RECORD_MALFORMED, "keyslots"},
		{"[\"0\"]", "\"0\"", E_RECORD_MALFORMED, "keyslots"},
		{"[\"0\"]", "[\"1\"]", E_RECORD_MALFORMED, "the record's own keyslot"},
		{"oKGio6Slpqeo", "", E_RECORD_MALFORMED, "id"},
		{"oKGio6Slpqeo", "oKGio6Slpqeooooo", E_RECORD_MALFORMED, "id"},
		{"oKGio6Slpqeo", "oKGio6Slpqe*", E_RECORD_MALFORMED, "id"},
		{"\"gen\":\"1\"", "\"gen\":1", E_RECORD_MALFORMED, "gen"},
		{"\"gen\":\"1\"", "\"gen\":\"18446744073709551616\"", E_RECORD_MALFORMED, "gen"},
		{"\"gen\":\"1\"", "\"gen\":\"01\"", E_RECORD_MALFORMED, "gen"},
	};

	(void)state;
	expect_refused(edits, ARRAY_SIZE(edits));
}

/* What the data segment has to be. */
static void test_volume_edits(void **state)
{
	static const struct edit edits[] = {
		{"aes-xts-plain64", "", E_RECORD_MALFORMED, "cipher"},
		{"aes-xts-plain64", "aes xts", E_RECORD_MALFORMED, "cipher"},
		{"aes-xts-plain64", "aes-xts-\\u001b[31m", E_RECORD_MALFORMED, "cipher"},
		{"aes-xts-plain64", "aes-xts-plain64-plain64-plain64-", E_RECORD_MALFORMED,
		 "cipher"},
		{"\"key\":64", "\"key\":65", E_RECORD_MALFORMED, "key"},
		{"\"key\":64", "\"key\":32", E_RECORD_MALFORMED, "vk"},
		{"\"key\":64", "\"key\":8", E_RECORD_MALFORMED, "key"},
		{"\"sector\":512", "\"sector\":513", E_RECORD_MALFORMED, "sector"},
		{"\"sector\":512", "\"sector\":256", E_RECORD_MALFORMED, "sector"},
		{"\"sector\":512", "\"sector\":8192", E_RECORD_MALFORMED, "sector"},
		{"\"offset\":\"16777216\"", "\"offset\":\"16777217\"", E_RECORD_MALFORMED,
		 "offset"},
		{"\"offset\":\"16777216\"", "\"offset\":\"9223372036854775808\"",
		 E_RECORD_MALFORMED, "offset"},
		{"\"offset\":\"16777216\"", "\"offset\":16777216", E_RECORD_MALFORMED, "offset"},
		{"9lzUBmihIrPg", "", E_RECORD_MALFORMED, "vk"},
		{"9lzUBmihIrPg", "9lzUBmihIrPg9lzUBmihIrPg", E_RECORD_MALFORMED, "vk"},
	};

	(void)state;
	expect_refused(edits, ARRAY_SIZE(edits));
}

static void test_way_edits(void **state)
{
	static const struct edit edits[] = {
		{"\"ways\":[", "\"ways\":[1,", E_RECORD_MALFORMED, "type"},
		{"\"ways\":[", "\"ways\":[{},", E_RECORD_MALFORMED, "type"},
		{"\"ways\":[", "\"ways\":[{\"type\":\"kek\"},", E_RECORD_MALFORMED, "unknown way"},
		{"\"recovery\"", "\"tpm2\"", E_RECORD_MALFORMED, "of this type is there already"},
		{"2164260865", "2147483649", E_RECORD_MALFORMED, "srk"},
		{"2164260865", "4294967296", E_RECORD_MALFORMED, "srk"},
		{"29715811", "2164260865", E_RECORD_MALFORMED, "nv"},
		{"\"pcrs\":47248", "\"pcrs\":0", E_RECORD_MALFORMED, "pcrs"},
		{"\"pcrs\":47248", "\"pcrs\":511", E_RECORD_MALFORMED, "pcrs"},
		{"\"pcrs\":47248", "\"pcrs\":16777216", E_RECORD_MALFORMED, "pcrs"},
		{"\"pcrs\":47248", "\"pcrs\":255", E_RECORD_MALFORMED, "pcr"},
		{"\"pcrs\":47248", "\"pcrs\":1", E_RECORD_MALFORMED, "pcr"},
		{"\"key\":\"kHFq", "\"key\":\"", E_RECORD_MALFORMED, "key"},
		{"\"name\":\"AAvj", "\"name\":\"", E_RECORD_MALFORMED, "name"},
		{"\"name\":\"AAvj", "\"name\":\"AAzj", E_RECORD_MALFORMED, "name"},
		{"\"name\"", "\"pub2\"", E_RECORD_MALFORMED, "pub2"},
		{"\"pub\":\"AoniHmLQ24J/OnYQAMo35UsGYW2hprwYI7I630GREtQECkfPWN/wU/fkLTm0MP8jn0O/5l"
		 "SveQ0xfBGUPJFlT0yUNF70lGXos+FhqAdMKps=\"",
		 "\"pub\":\"\"", E_RECORD_MALFORMED, "pub"},
		{"\"slot\":1", "\"slot\":0", E_RECORD_MALFORMED, "the record's own keyslot"},
		{"\"slot\":1", "\"slot\":32", E_RECORD_MALFORMED, "slot"},
		{"z04Co1WorhptXZp4", "", E_RECORD_MALFORMED, "s"},
	};

	(void)state;
	expect_refused(edits, ARRAY_SIZE(edits));
}

/* The MAC over all, and approvals. */
static void test_approval_edits(void **state)
{
	static const struct edit edits[] = {
		{"\"mac\":\"zpwS", "\"mac\":\"", E_RECORD_MALFORMED, "mac"},
		{"\"ok\":[", "\"ok\":[{},", E_RECORD_MALFORMED, "n"},
		{"\"n\":\"7\"", "\"n\":7", E_RECORD_MALFORMED, "n"},
		{"\"f\":1", "\"f\":4", E_RECORD_MALFORMED, "f"},
		{"\"f\":1", "\"f\":true", E_RECORD_MALFORMED, "f"},
		{"qzH+HGx6", "", E_RECORD_MALFORMED, "pcr"},
		{"\"sig\":\"RAnN", "\"sig\":\"", E_RECORD_MALFORMED, "sig"},
		{"\"mac\"", "\"MAC\"", E_RECORD_MALFORMED, "MAC"},
	};

	(void)state;
	expect_refused(edits, ARRAY_SIZE(edits));
}

/* Approvals without a tpm2 way; five of them. */
static void test_lists(void **state)
{
	char text[TEXT_MAX], *at;
	struct record r;
	struct err e = {0};

	(void)state;
	read_text(text, "data.json");
	edit(text, "\"ok\":[]", "\"ok\":[{}]");
	assert_int_equal(record_parse(&r, text, strlen(text), &e), -E_RECORD_MALFORMED);
	read_text(text, "root.json");
	at = strstr(text, "{\"n\":\"8\"");
	assert_non_null(at);
	(void)snprintf(at, 32, "1,2,3,4]}");
	assert_int_equal(record_parse(&r, text, strlen(text), &e), -E_RECORD_MALFORMED);
	assert_non_null(strstr(e.msg, "too many"));
}

/* A newer record that says it can be read is read; what we do not know is left out. */
static void test_newer(void **state)
{
	_cleanup_buf_ struct buf out = BUF_INIT(0);
	char text[TEXT_MAX];
	struct record known, newer;
	struct err e = {0};

	(void)state;
	read_text(text, "root.json");
	assert_int_equal(record_parse(&known, text, strlen(text), &e), 0);
	edit(text, "\"v\":1", "\"v\":7,\"mac2\":{\"x\":[]}");
	edit(text, "\"ways\":[", "\"ways\":[{\"type\":\"kek\",\"y\":1},{\"type\":\"kek\"},");
	edit(text, "\"slot\"", "\"z\":null,\"slot\"");
	edit(text, "\"sig\"", "\"w\":2,\"sig\"");
	if (record_parse(&newer, text, strlen(text), &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(newer.version, 7);
	assert_int_equal(newer.way_count, 2);
	known.version = 7;
	assert_memory_equal(&known, &newer, sizeof(known));
	/* writing it would lose what we left out */
	assert_int_equal(record_format(&newer, &out, &e), -E_RECORD_TOO_NEW);
	/* what we do know is read as strictly as ever */
	edit(text, "\"sector\":512", "\"sector\":511");
	assert_int_equal(record_parse(&newer, text, strlen(text), &e), -E_RECORD_MALFORMED);
}

static void test_truncations_and_mutations(void **state)
{
	static const char *const names[] = {"root.json", "data.json", "unsealed.json"};
	static const uint8_t flips[] = {0x01, 0x02, 0x04, 0x20, 0x80};
	char text[TEXT_MAX];
	struct record r;

	(void)state;
	for (size_t n = 0; n < ARRAY_SIZE(names); n++) {
		size_t len;

		read_text(text, names[n]);
		len = strlen(text);
		for (size_t i = 0; i < len; i++) {
			struct err e = {0};

			assert_int_equal(record_parse(&r, text, i, &e), -E_RECORD_MALFORMED);
		}
		for (size_t i = 0; i < len * ARRAY_SIZE(flips); i++) {
			char *c = &text[i / ARRAY_SIZE(flips)], old = *c;
			struct err e = {0};
			int code;

			*c = (char)(old ^ flips[i % ARRAY_SIZE(flips)]);
			code = record_parse(&r, text, len, &e);
			assert_true(code == 0 || code == -E_RECORD_MALFORMED ||
				    code == -E_RECORD_TOO_NEW);
			*c = old;
		}
	}
}

static void test_size(void **state)
{
	char text[TEXT_MAX];
	struct record r;
	struct err e = {0};
	size_t len;

	(void)state;
	read_text(text, "root.json");
	len = strlen(text);
	memset(text + len, ' ', sizeof(text) - len);
	assert_int_equal(record_parse(&r, text, RECORD_TEXT_MAX, &e), 0);
	assert_int_equal(record_parse(&r, text, RECORD_TEXT_MAX + 1, &e), -E_RECORD_MALFORMED);
	assert_int_equal(record_parse(&r, "", 0, &e), -E_RECORD_MALFORMED);
	assert_int_equal(record_parse(&r, "[]", 2, &e), -E_RECORD_MALFORMED);
	assert_int_equal(record_parse(&r, "null", 4, &e), -E_RECORD_MALFORMED);
}

/* Our own mistakes are told, not written. */
static void test_format_refuses(void **state)
{
	char text[TEXT_MAX];
	struct record good, r;
	struct err e = {0};

	(void)state;
	read_text(text, "root.json");
	assert_int_equal(record_parse(&good, text, strlen(text), &e), 0);
	for (int i = 0; i < 12; i++) {
		_cleanup_buf_ struct buf out = BUF_INIT(0);

		r = good;
		switch (i) {
		case 0:
			r.keyslot = 32;
			break;
		case 1:
			r.keyslot = -1;
			break;
		case 2:
			r.min_version = 0;
			break;
		case 3:
			r.sector_size = 500;
			break;
		case 4:
			r.volume_key_len = 40;
			break;
		case 5:
			r.way_count = RECORD_WAYS_MAX + 1;
			break;
		case 6:
			r.approval_count = RECORD_APPROVALS_MAX + 1;
			break;
		case 7:
			r.ways[1].recovery.keyslot = 0;
			break;
		case 8:
			r.ways[0].tpm2.pcr_mask = 0xffffff;
			break;
		case 9:
			r.ways[0].tpm2.public_len = r.ways[0].tpm2.private_len = 0;
			break;
		case 10:
			r.ways[1].type = WAY_TPM2;
			break;
		case 11:
			r.ways[1].type = 9;
			break;
		}
		if (record_format(&r, &out, &e) >= 0)
			fail_msg("case %d", i);
		assert_int_equal(out.len, 0);
	}
}

static void test_escrow(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT(0);
	uint8_t encrypted[ESCROW_SIZE_MAX + 1];
	char text[TEXT_MAX];
	struct escrow back;
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(encrypted); i++)
		encrypted[i] = (uint8_t)(i * 7);
	assert_int_equal(escrow_format(encrypted, 0, &b, &e), -E_INTERNAL);
	assert_int_equal(escrow_format(encrypted, ESCROW_SIZE_MAX + 1, &b, &e), -E_INTERNAL);
	assert_int_equal(escrow_format(encrypted, ESCROW_SIZE_MAX, &b, &e), 0);
	assert_int_equal(b.len, strlen((char *)b.data));
	assert_true(b.len <= ESCROW_TEXT_MAX);
	assert_int_equal(escrow_parse(&back, (char *)b.data, b.len, &e), 0);
	assert_int_equal(back.len, ESCROW_SIZE_MAX);
	assert_memory_equal(back.encrypted, encrypted, ESCROW_SIZE_MAX);
	for (size_t i = 0; i < b.len; i++)
		assert_int_equal(escrow_parse(&back, (char *)b.data, i, &e), -E_RECORD_MALFORMED);
	buf_done(&b);
	assert_int_equal(escrow_format(encrypted, 256, &b, &e), 0);

	static const struct {
		const char *old, *new;
		int code;
	} edits[] = {
		{"cvmcrypt-escrow", "cvmcrypt", E_RECORD_MALFORMED},
		{"[]", "[\"1\"]", E_RECORD_MALFORMED},
		{"\"v\":1", "\"v\":2", E_RECORD_TOO_NEW},
		{"\"v\":1", "\"v\":0", E_RECORD_MALFORMED},
		{"\"v\":1", "\"v\":1,\"x\":1", E_RECORD_MALFORMED},
		{"rsa-oaep-sha256", "rsa1_5", E_RECORD_MALFORMED},
		{"\"key\":\"A", "\"key\":\"", E_RECORD_MALFORMED},
		{"\"alg\"", "\"Alg\"", E_RECORD_MALFORMED},
	};
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		(void)snprintf(text, sizeof(text), "%s", (char *)b.data);
		edit(text, edits[i].old, edits[i].new);
		if (escrow_parse(&back, text, strlen(text), &e) != -edits[i].code)
			fail_msg("%s -> %s: %d %s", edits[i].old, edits[i].new, e.code, e.msg);
	}
	(void)snprintf(text, sizeof(text),
		       "{\"type\":\"cvmcrypt-escrow\",\"keyslots\":[],\"v\":1,"
		       "\"alg\":\"rsa-oaep-sha256\",\"key\":\"\"}");
	assert_int_equal(escrow_parse(&back, text, strlen(text), &e), -E_RECORD_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head_edits),
		cmocka_unit_test(test_volume_edits),
		cmocka_unit_test(test_way_edits),
		cmocka_unit_test(test_approval_edits),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_newer),
		cmocka_unit_test(test_truncations_and_mutations),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_format_refuses),
		cmocka_unit_test(test_escrow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
