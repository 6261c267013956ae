/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tpm_quote_builder.h"
#include "vector.h"

/* One bank, PCRs 0, 1 and 10 */
static const char selection[] = "\0\x0b\3\3\4\0";
#define SELECTION selection, sizeof(selection) - 1, 1

static struct pcr_values pcrs;

/* PCR n of a bank is n + 1 in every byte. */
static void fill_pcrs(void)
{
	static const uint16_t banks[] = {HASH_SHA1, HASH_SHA256, HASH_SHA384};
	uint8_t value[DIGEST_MAX];

	memset(&pcrs, 0, sizeof(pcrs));
	for (size_t i = 0; i < ARRAY_SIZE(banks); i++)
		for (unsigned n = 0; n < 24; n++) {
			memset(value, (int)n + 1, sizeof(value));
			assert_int_equal(pcr_values_set(&pcrs, banks[i], n, value, NULL), 0);
		}
}

/* The digest that a quote by `hash` over `selections` has. */
static void digest_of(uint16_t hash, const char *order, uint8_t out[DIGEST_MAX])
{
	_cleanup_buf_ struct buf b = BUF_INIT(4096);
	uint8_t value[DIGEST_MAX];

	/* "S0 s1": S is sha256, s is sha1, L is sha384 */
	for (const char *p = order; *p; p += 2) {
		memset(value, p[1] - 'a' + 1, sizeof(value));
		buf_put(&b, value, *p == 'S' ? 32 : *p == 's' ? 20 : 48);
	}
	assert_int_equal(crypto_hash(hash, b.data, b.len, out, NULL), 0);
}

static void make(struct maker *m, enum sig_scheme scheme, uint16_t hash)
{
	uint8_t digest[DIGEST_MAX];

	*m = (struct maker){.scheme = scheme, .hash = hash};
	digest_of(hash, "SaSbSk", digest);
	make_attest(&m->attest, "nonce", SELECTION, digest, hash_size(hash));
	make_key(m);
	sign(m);
}

/* The names of the checks that failed, "" for none. */
static const char *judge(const struct buf *attest, const struct buf *sig,
			 const struct tpm_quote_demand *demand, char out[256])
{
	_cleanup_verdict_ struct verdict v = {0};
	struct tpm_quote_demand d = *demand;
	struct tpm_signature s;
	struct tpm_quote q;
	struct err e = {0};
	bool pass;

	if (tpm_quote_parse(&q, attest->data, attest->len, &e) < 0 ||
	    tpm_signature_parse(&s, sig->data, sig->len, &e) < 0)
		fail_msg("%s", e.msg);
	d.signature = &s;
	out[0] = '\0';
	pass = tpm_quote_verify(&v, &q, &d);
	assert_int_equal(pass, verdict_pass(&v));
	for (size_t i = 0; i < v.count; i++)
		if (!v.check[i].pass)
			(void)snprintf(out + strlen(out), 256 - strlen(out), "%s ",
				       v.check[i].name + strlen("tpm-quote."));
	return out;
}

static void test_schemes(void **state)
{
	static const struct { enum sig_scheme scheme; uint16_t hash; } kinds[] = {
		{SIG_RSASSA, HASH_SHA256}, {SIG_RSASSA, HASH_SHA512}, {SIG_RSAPSS, HASH_SHA256},
		{SIG_RSAPSS, HASH_SHA384}, {SIG_ECDSA, HASH_SHA256}, {SIG_ECDSA, HASH_SHA384}};
	char out[256];

	(void)state;
	fill_pcrs();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_maker_ struct maker m;
		_cleanup_buf_ struct buf tpmt = {0}, raw = {0}, area = {0};
		_cleanup_tpm_public_ struct tpm_public p = {0};
		_cleanup_pubkey_ struct pubkey *key = NULL;
		struct tpm_quote_demand d = {.nonce = (const uint8_t *)"nonce", .nonce_len = 5,
					     .pcrs = &pcrs, .cover_sha256 = 0x401};

		make(&m, kinds[i].scheme, kinds[i].hash);
		wrap_signature(&m, true, &tpmt);
		wrap_signature(&m, false, &raw);
		d.key = key = public_key(&m);
		assert_string_equal(judge(&m.attest, &tpmt, &d, out), "");
		assert_string_equal(judge(&m.attest, &raw, &d, out), "");
		assert_string_equal(judge(&m.attest, &m.signature, &d, out), "");

		make_public(&m, ATTRIBUTES_AK, &area);
		assert_int_equal(tpm_public_parse(&p, area.data, area.len, NULL), 0);
		assert_true(pubkey_equal(p.key, key));
		d.public_area = &p;
		assert_string_equal(judge(&m.attest, &tpmt, &d, out), "");
		assert_string_equal(judge(&m.attest, &raw, &d, out), "");

		tpmt.data[tpmt.len - 1] ^= 1;
		assert_string_equal(judge(&m.attest, &tpmt, &d, out), "signature ");
		tpmt.data[tpmt.len - 1] ^= 1;
		/* the clock */
		m.attest.data[30] ^= 1;
		assert_string_equal(judge(&m.attest, &tpmt, &d, out), "signature ");
	}
}

/* The scheme, hash and kind of the signature are those of the key, and not SHA-1. */
static void test_signature_refused(void **state)
{
	_cleanup_maker_ struct maker rsa, pss, ec, sha1;
	_cleanup_buf_ struct buf sig = {0}, raw = {0}, pss_sig = {0}, ec_sig = {0}, area = {0};
	_cleanup_buf_ struct buf sha1_sig = {0}, sha1_raw = {0};
	_cleanup_tpm_public_ struct tpm_public p = {0};
	_cleanup_pubkey_ struct pubkey *rsa_key = NULL, *ec_key = NULL, *sha1_key = NULL;
	struct tpm_quote_demand d = {0};
	char out[256];

	(void)state;
	make(&rsa, SIG_RSASSA, HASH_SHA256);
	make(&pss, SIG_RSAPSS, HASH_SHA256);
	make(&ec, SIG_ECDSA, HASH_SHA256);
	make(&sha1, SIG_RSASSA, HASH_SHA1);
	rsa_key = public_key(&rsa);
	ec_key = public_key(&ec);
	sha1_key = public_key(&sha1);
	wrap_signature(&rsa, true, &sig);
	wrap_signature(&rsa, false, &raw);
	wrap_signature(&ec, true, &ec_sig);
	wrap_signature(&sha1, true, &sha1_sig);
	wrap_signature(&sha1, false, &sha1_raw);

	d.key = ec_key;
	assert_string_equal(judge(&rsa.attest, &sig, &d, out), "signature ");
	assert_string_equal(judge(&rsa.attest, &raw, &d, out), "signature ");
	d.key = rsa_key;
	assert_string_equal(judge(&ec.attest, &ec_sig, &d, out), "signature ");
	sig.data[1] = 0x16;	/* says RSAPSS */
	assert_string_equal(judge(&rsa.attest, &sig, &d, out), "signature ");
	sig.data[1] = 0x14;
	sig.data[3] = 0x0c;	/* says SHA-384 */
	assert_string_equal(judge(&rsa.attest, &sig, &d, out), "signature ");
	d.key = sha1_key;
	assert_string_equal(judge(&sha1.attest, &sha1_sig, &d, out), "signature ");
	assert_string_equal(judge(&sha1.attest, &sha1_raw, &d, out), "signature ");

	/* a public area leaves the key one scheme */
	make_public(&rsa, ATTRIBUTES_AK, &area);
	assert_int_equal(tpm_public_parse(&p, area.data, area.len, NULL), 0);
	EVP_PKEY_free(pss.pkey);
	pss.pkey = rsa.pkey;
	assert_int_equal(EVP_PKEY_up_ref(rsa.pkey), 1);
	sign(&pss);
	wrap_signature(&pss, false, &pss_sig);
	d.key = rsa_key;
	assert_string_equal(judge(&pss.attest, &pss_sig, &d, out), "");
	d.public_area = &p;
	assert_string_equal(judge(&pss.attest, &pss_sig, &d, out), "signature ");
}

static void test_attributes(void **state)
{
	static const uint32_t needed[] = {TPM_FIXED_TPM, TPM_FIXED_PARENT, TPM_SENSITIVE_DATA_ORIGIN,
					  TPM_RESTRICTED, TPM_SIGN};
	_cleanup_maker_ struct maker m;
	_cleanup_buf_ struct buf sig = {0};
	char out[256];

	(void)state;
	make(&m, SIG_RSASSA, HASH_SHA256);
	wrap_signature(&m, true, &sig);
	for (size_t i = 0; i <= ARRAY_SIZE(needed); i++) {
		uint32_t attributes = i < ARRAY_SIZE(needed) ? ATTRIBUTES_AK & ~needed[i] :
							       ATTRIBUTES_AK | TPM_DECRYPT;
		_cleanup_tpm_public_ struct tpm_public p = {0};
		_cleanup_buf_ struct buf area = {0};
		struct tpm_quote_demand d = {.public_area = &p};

		make_public(&m, attributes, &area);
		assert_int_equal(tpm_public_parse(&p, area.data, area.len, NULL), 0);
		d.key = p.key;
		assert_string_equal(judge(&m.attest, &sig, &d, out), "key ");
	}
}

static void test_nonce(void **state)
{
	static const struct { const char *nonce; size_t len; } bad[] = {
		{"nonce", 4}, {"nonce", 6}, {"noncd", 5}, {"", 0}};
	_cleanup_maker_ struct maker m;
	_cleanup_buf_ struct buf sig = {0};
	_cleanup_pubkey_ struct pubkey *key = NULL;
	struct tpm_quote_demand d = {0};
	char out[256];

	(void)state;
	make(&m, SIG_RSASSA, HASH_SHA256);
	wrap_signature(&m, true, &sig);
	d.key = key = public_key(&m);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		d.nonce = (const uint8_t *)bad[i].nonce;
		d.nonce_len = bad[i].len;
		assert_string_equal(judge(&m.attest, &sig, &d, out), "nonce ");
	}
}

/* Banks in the order of the quote, selections of one to four bytes, SHA-1 values in a SHA-256 digest. */
static void test_banks(void **state)
{
	static const struct { const char *bytes; size_t len; uint32_t count; const char *order; } ok[] = {
		{"\0\4\3\1\0\0" "\0\xb\3\2\0\0", 12, 2, "saSb"},
		{"\0\xb\3\2\0\0" "\0\4\3\1\0\0", 12, 2, "Sbsa"},
		{"\0\xc\1\1" "\0\xb\4\0\0\x80\0" "\0\4\2\0\1", 16, 3, "LaSxsi"},
		{"\0\xb\1\1" "\0\xb\1\2", 8, 2, "SaSb"},
		{"", 0, 0, ""},
	};
	char out[256];

	(void)state;
	fill_pcrs();
	for (size_t i = 0; i < ARRAY_SIZE(ok); i++) {
		_cleanup_maker_ struct maker m = {.scheme = SIG_ECDSA, .hash = HASH_SHA256};
		_cleanup_buf_ struct buf sig = {0};
		_cleanup_pubkey_ struct pubkey *key = NULL;
		struct tpm_quote_demand d = {.pcrs = &pcrs};
		uint8_t digest[DIGEST_MAX];

		digest_of(HASH_SHA256, ok[i].order, digest);
		make_attest(&m.attest, "", ok[i].bytes, ok[i].len, ok[i].count, digest, 32);
		make_key(&m);
		sign(&m);
		wrap_signature(&m, true, &sig);
		d.key = key = public_key(&m);
		assert_string_equal(judge(&m.attest, &sig, &d, out), "");
	}
}

static void test_pcrs_refused(void **state)
{
	_cleanup_maker_ struct maker m;
	_cleanup_buf_ struct buf sig = {0};
	_cleanup_pubkey_ struct pubkey *key = NULL;
	struct tpm_quote_demand d = {.pcrs = &pcrs};
	char out[256];

	(void)state;
	make(&m, SIG_RSASSA, HASH_SHA256);
	wrap_signature(&m, true, &sig);
	d.key = key = public_key(&m);
	for (size_t n = 0; n < 24; n++) {
		bool selected = n == 0 || n == 1 || n == 10;

		fill_pcrs();
		pcrs.bank[1].value[n][31] ^= 1;
		assert_string_equal(judge(&m.attest, &sig, &d, out), selected ? "pcrs " : "");
		fill_pcrs();
		pcrs.bank[1].mask &= ~(1u << n);
		assert_string_equal(judge(&m.attest, &sig, &d, out), selected ? "pcrs " : "");
		fill_pcrs();
		d.cover_sha256 = 1u << n;
		assert_string_equal(judge(&m.attest, &sig, &d, out), selected ? "" : "selection ");
		d.cover_sha256 = 0;
	}
	pcrs.bank[1].hash = HASH_SM3;
	assert_string_equal(judge(&m.attest, &sig, &d, out), "pcrs ");
}

static int parse_with(size_t at, uint8_t value, size_t more)
{
	_cleanup_buf_ struct buf b = BUF_INIT(0);
	uint8_t digest[32] = {0};
	struct tpm_quote q;

	make_attest(&b, "nonce", SELECTION, digest, 32);
	b.data[at] = value;
	for (size_t i = 0; i < more; i++)
		buf_put_u8(&b, 0);
	return tpm_quote_parse(&q, b.data, b.len, NULL);
}

static void test_attest(void **state)
{
	_cleanup_buf_ struct buf b = {0}, sized = BUF_INIT(4096);
	uint8_t digest[32] = {0};
	struct tpm_quote q;

	(void)state;
	make_attest(&b, "nonce", SELECTION, digest, 32);
	assert_int_equal(tpm_quote_parse(&q, b.data, b.len, NULL), 0);
	assert_int_equal(q.clock, 12345);
	assert_int_equal(q.reset_count, 1);
	assert_int_equal(q.restart_count, 2);
	assert_true(q.safe);
	assert_int_equal(q.firmware_version, 0x2020031200120003);
	assert_int_equal(q.selection_count, 1);
	assert_int_equal(tpm_quote_mask(&q, HASH_SHA256), 0x403);
	assert_int_equal(tpm_quote_mask(&q, HASH_SHA1), 0);
	put_sized(&sized, b.data, b.len);
	assert_int_equal(tpm_quote_parse(&q, sized.data, sized.len, NULL), 0);
	assert_ptr_equal(q.attest, sized.data + 2);
	assert_int_equal(q.attest_len, b.len);
	for (size_t len = 0; len < b.len; len++) {
		assert_int_equal(tpm_quote_parse(&q, b.data, len, NULL), -E_QUOTE_MALFORMED);
		assert_int_equal(tpm_quote_parse(&q, sized.data, len + 2, NULL), -E_QUOTE_MALFORMED);
	}
	/* magic, type, safe, count and size of selections, size of the digest, a byte more */
	assert_int_equal(parse_with(0, 0xff, 0), 0);
	assert_int_equal(parse_with(0, 0xfe, 0), -E_QUOTE_MALFORMED);
	assert_int_equal(parse_with(5, 0x17, 0), -E_QUOTE_MALFORMED);
	assert_int_equal(parse_with(37, 2, 0), -E_QUOTE_MALFORMED);
	assert_int_equal(parse_with(46, 1, 0), -E_QUOTE_MALFORMED);
	assert_int_equal(parse_with(49, 2, 0), -E_QUOTE_MALFORMED);
	assert_int_equal(parse_with(52, 5, 0), -E_QUOTE_MALFORMED);
	assert_int_equal(parse_with(57, 31, 0), -E_QUOTE_MALFORMED);
	assert_int_equal(parse_with(0, 0xff, 1), -E_QUOTE_MALFORMED);
}

static void test_signature_forms(void **state)
{
	static const struct { const char *bytes; size_t len; } bad[] = {
		{"", 0}, {"\0\x14\0\xb\0\0", 6}, {"\0\x14\0\xb\0\2x", 7}, {"\0\x14\0\xb\0\1xy", 8},
		{"\0\x15\0\xb\0\1x", 7}, {"\0\x14\0\xa\0\1x", 7}, {"\0\x18\0\xb\0\1x", 7},
		{"\0\x18\0\xb\0\1x\0\0", 9},
		{"0\6\2\1\1\2\1", 7},		/* DER: ends early */
		{"0\6\2\1\1\2\1\1\0", 9},	/* one byte more */
		{"0\6\2\1\0\2\1\1", 8},		/* zero */
		{"0\6\2\1\x80\2\1\1", 8},	/* negative */
		{"0\7\2\2\0\1\2\1\1", 9},	/* not the shortest */
		{"0\6\3\1\1\2\1\1", 8},		/* no INTEGER */
	};
	struct tpm_signature s;
	uint8_t zero[600] = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(tpm_signature_parse(&s, (const uint8_t *)bad[i].bytes, bad[i].len, NULL),
				 -E_QUOTE_MALFORMED);
	assert_int_equal(tpm_signature_parse(&s, (const uint8_t *)"0\6\2\1\1\2\1\2", 8, NULL), 0);
	assert_int_equal(s.form, TPM_SIG_RAW_ECDSA);
	for (size_t len = 0; len <= sizeof(zero); len++) {
		int r = tpm_signature_parse(&s, zero, len, NULL);

		assert_int_equal(r == 0, len == 64 || len == 96 || len == 256 || len == 384 ||
					 len == 512);
	}
}

static void test_public_area(void **state)
{
	_cleanup_buf_ struct buf b = vector("tpm-quote", "gce-01-ak.tpmt_public");
	_cleanup_buf_ struct buf sized = BUF_INIT(1024);
	_cleanup_tpm_public_ struct tpm_public p = {0}, none = {0};
	static const struct { size_t at; uint8_t value; } bad[] = {
		{1, 8}, {3, 0x0a}, {4, 0x80}, {9, 1}, {17, 1}, {22, 0x7f}, {23, 0xff}};
	struct err e = {0};

	(void)state;
	if (tpm_public_parse(&p, b.data, b.len, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(p.attributes, 0x50072);
	assert_int_equal(p.name_len, 34);
	assert_false(p.symmetric);
	assert_int_equal(p.scheme, 0x14);
	assert_int_equal(p.scheme_hash, HASH_SHA256);
	put_sized(&sized, b.data, b.len);
	tpm_public_done(&p);
	assert_int_equal(tpm_public_parse(&p, sized.data, sized.len, &e), 0);
	for (size_t len = 0; len < b.len; len++)
		assert_true(tpm_public_parse(&none, b.data, len, &e) < 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint8_t was = b.data[bad[i].at];

		b.data[bad[i].at] = bad[i].value;
		if (tpm_public_parse(&none, b.data, b.len, &e) == 0)
			fail_msg("taken: byte %zu", bad[i].at);
		b.data[bad[i].at] = was;
	}
	buf_put_u8(&sized, 0);
	assert_true(tpm_public_parse(&none, sized.data + 2, sized.len - 2, &e) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schemes),
		cmocka_unit_test(test_signature_refused),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_nonce),
		cmocka_unit_test(test_banks),
		cmocka_unit_test(test_pcrs_refused),
		cmocka_unit_test(test_attest),
		cmocka_unit_test(test_signature_forms),
		cmocka_unit_test(test_public_area),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
