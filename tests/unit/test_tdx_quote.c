/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "codec.h"
#include "tdx_testpki.h"
#include "vector.h"

static const struct {
	const char *name;
	uint16_t version, body_type;
	size_t used, trailing;
	uint16_t qe_isvsvn;
	const char *mrtd;	/* the first bytes */
} quotes[] = {
	{"az-tdx-01-td-quote.bin", 4, 2, 4936, 70, 5, "024a32b070383331"},
	{"az-tdx-11-td-quote-v5.bin", 5, 3, 5006, 0, 6, "273828c46252fcbd"},
	{"tdx-01-v4-spr.bin", 4, 2, 4935, 39, 4, NULL},
	{"tdx-02-v5.bin", 5, 3, 5006, 0, 7, NULL},
	{"tdx-03-v4-cos113.bin", 4, 2, 4935, 3065, 6, NULL},
	{"tdx-07-v4.bin", 4, 2, 4936, 70, 6, NULL},
	{"tdx-12-v4-oe.bin", 4, 2, 4940, 0, 4, NULL},
	{"tdx-14-v5-oe-seamldr5.bin", 5, 3, 5006, 0, 6, NULL},
	{"tdx-15-v4-prepro.bin", 4, 2, 4956, 70, 1, NULL},
	{"tdx-24-v4-cmc.bin", 4, 2, 4936, 70, 6, "0fbe2c73b4d9bf33"},
};

static int parse(const struct buf *b, struct tdx_quote *q)
{
	struct err e = {0};
	int r = tdx_quote_parse(q, b->data, b->len, &e);

	if (r < 0)
		assert_true(e.msg[0]);
	return r;
}

static void test_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(quotes); i++) {
		_cleanup_buf_ struct buf b = vector("tdx", quotes[i].name);
		uint8_t mrtd[8];
		struct tdx_quote q;

		assert_int_equal(parse(&b, &q), 0);
		assert_int_equal(q.version, quotes[i].version);
		assert_int_equal(q.body_type, quotes[i].body_type);
		assert_int_equal(q.used, quotes[i].used);
		assert_int_equal(q.trailing, quotes[i].trailing);
		assert_int_equal(q.qe.isvsvn, quotes[i].qe_isvsvn);
		assert_int_equal(q.qe.isvprodid, 2);
		assert_int_equal(q.td.has_servtd, quotes[i].body_type == 3);
		if (!quotes[i].mrtd)
			continue;
		assert_true(hex_decode(mrtd, sizeof(mrtd), quotes[i].mrtd));
		assert_memory_equal(q.td.mrtd, mrtd, sizeof(mrtd));
	}
}

static void test_fields(void **state)
{
	_cleanup_buf_ struct buf b = vector("tdx", "az-tdx-01-td-quote.bin");
	static const uint8_t svn[] = {2, 1, 6}, data[] = {0x97, 0x34, 0x50, 0x4f};
	struct tdx_quote q;

	(void)state;
	assert_int_equal(parse(&b, &q), 0);
	assert_memory_equal(q.td.tee_tcb_svn, svn, sizeof(svn));
	assert_memory_equal(q.td.report_data, data, sizeof(data));
	assert_true(q.td.attributes == 0);
	assert_true(q.td.xfam == 0x618e7);
	assert_int_equal(q.signed_len, 632);
	assert_int_equal(q.auth_len, 32);
	assert_int_equal(q.chain_len, 3678);
}

/* A quote that is cut anywhere is malformed, never read beyond its end. */
static void test_truncated(void **state)
{
	static const char *const names[] = {"tdx-12-v4-oe.bin", "tdx-02-v5.bin"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_buf_ struct buf b = vector("tdx", names[i]);

		for (size_t len = 0; len < b.len; len++) {
			_cleanup_free_ uint8_t *cut = malloc(len + 1);
			struct tdx_quote q;

			memcpy(cut, b.data, len);
			assert_int_equal(tdx_quote_parse(&q, cut, len, NULL), -E_TDX_MALFORMED);
		}
	}
}

static void test_trailing(void **state)
{
	static const struct {
		const char *tail;
		size_t len;
		bool fine;
	} tails[] = {
		{"\0\0\0", 3, true}, {"\n", 1, true}, {"\ntext", 5, true},
		{"x", 1, false}, {"\0x", 2, false}, {"\n\1", 2, false}, {"\n\0", 2, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
		_cleanup_buf_ struct buf b = vector("tdx", "tdx-12-v4-oe.bin");
		struct tdx_quote q;

		b.max = 1 << 20;
		buf_put(&b, tails[i].tail, tails[i].len);
		assert_false(b.failed);
		assert_int_equal(parse(&b, &q), tails[i].fine ? 0 : -E_TDX_MALFORMED);
	}
}

/* Bytes that decide what a quote is, and sizes in it: each other value is refused. */
static void test_structure(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
	} changes[] = {
		{"tdx-12-v4-oe.bin", 0, 3}, {"tdx-12-v4-oe.bin", 0, 5}, {"tdx-12-v4-oe.bin", 1, 1},
		{"tdx-12-v4-oe.bin", 2, 3}, {"tdx-12-v4-oe.bin", 4, 0}, {"tdx-12-v4-oe.bin", 4, 0x82},
		{"tdx-12-v4-oe.bin", 632, 0}, {"tdx-12-v4-oe.bin", 635, 1},
		{"tdx-12-v4-oe.bin", 764, 5}, {"tdx-12-v4-oe.bin", 766, 0},
		{"tdx-12-v4-oe.bin", 1218, 33}, {"tdx-12-v4-oe.bin", 1252, 4},
		{"tdx-12-v4-oe.bin", 1254, 0},
		{"tdx-02-v5.bin", 0, 4}, {"tdx-02-v5.bin", 48, 1}, {"tdx-02-v5.bin", 48, 2},
		{"tdx-02-v5.bin", 48, 4}, {"tdx-02-v5.bin", 50, 0x87}, {"tdx-02-v5.bin", 53, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		_cleanup_buf_ struct buf b = vector("tdx", changes[i].name);
		struct tdx_quote q;

		assert_int_not_equal(b.data[changes[i].at], changes[i].value);
		b.data[changes[i].at] = changes[i].value;
		assert_int_equal(parse(&b, &q), -E_TDX_MALFORMED);
	}
}

static void check_report(const uint8_t *bytes, bool pass)
{
	_cleanup_verdict_ struct verdict v = {0};
	struct tdx_report r;
	struct err e = {0};

	assert_int_equal(tdx_report_parse(&r, bytes, TDX_REPORT_SIZE, &e), 0);
	tdx_report_check(&r, &v);
	assert_int_equal(verdict_pass(&v), pass);
}

static void test_report_recorded(void **state)
{
	static const char *const names[] = {"az-tdx-01-tdreport.bin", "tdreport-coco.bin",
					    "tdx-17-tdreport.bin"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_buf_ struct buf b = vector("tdx", names[i]);

		check_report(b.data, true);
	}
}

/* Each byte of what the hashes cover, and of the hashes. */
static void test_report_flips(void **state)
{
	_cleanup_buf_ struct buf b = vector("tdx", "az-tdx-01-tdreport.bin");

	(void)state;
	for (size_t at = 32; at < TDX_REPORT_SIZE; at++) {
		bool covered = at < 128 || (at >= 256 && at < 495) || at >= 512;

		if (at >= 192 && at < 224)
			continue;	/* reserved, see below */
		b.data[at] ^= 0x10;
		check_report(b.data, !covered);
		b.data[at] ^= 0x10;
	}
}

static void test_report_malformed(void **state)
{
	_cleanup_buf_ struct buf b = vector("tdx", "az-tdx-01-tdreport.bin");
	static const size_t at[] = {0, 1, 2, 3, 4, 15, 192, 223};
	struct tdx_report r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		b.data[at[i]] ^= 0x42;
		assert_int_equal(tdx_report_parse(&r, b.data, b.len, NULL), -E_TDX_MALFORMED);
		b.data[at[i]] ^= 0x42;
	}
	assert_int_equal(tdx_report_parse(&r, b.data, b.len - 1, NULL), -E_TDX_MALFORMED);
	assert_int_equal(tdx_report_parse(&r, b.data, 0, NULL), -E_TDX_MALFORMED);
	assert_int_equal(tdx_report_parse(&r, b.data, b.len, NULL), 0);
}

/* What tests make is what the parser reads. */
static void test_made(void **state)
{
	_cleanup_tdx_testpki_ struct tdx_testpki pki = {0};
	uint8_t report[TDX_REPORT_SIZE];
	struct tdx_testpki_spec spec;
	struct tdx_report r;
	struct tdx_body td;

	(void)state;
	tdx_testpki_body(&td);
	tdx_testpki_spec(&spec);
	tdx_testpki_make(&pki, &spec);
	for (spec.version = 4; spec.version <= 5; spec.version++) {
		_cleanup_buf_ struct buf b = {0};
		struct tdx_body want = td;
		struct tdx_quote q;

		if (spec.version == 4) {
			want.has_servtd = false;
			memset(want.tee_tcb_svn2, 0, sizeof(want.tee_tcb_svn2));
		}
		tdx_testpki_quote(&b, &pki, &spec, &td);
		assert_int_equal(parse(&b, &q), 0);
		assert_memory_equal(&q.td, &want, sizeof(want));
	}
	tdx_testpki_report(report, &td);
	check_report(report, true);
	assert_int_equal(tdx_report_parse(&r, report, sizeof(report), NULL), 0);
	assert_memory_equal(&r.td, &td, sizeof(td));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_trailing),
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_report_recorded),
		cmocka_unit_test(test_report_flips),
		cmocka_unit_test(test_report_malformed),
		cmocka_unit_test(test_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
