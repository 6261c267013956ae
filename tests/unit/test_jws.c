/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "codec.h"
#include "jws.h"
#include "tpm_quote_builder.h"
#include "vector.h"

static int parse(struct jws *j, const struct buf *b, struct err *e)
{
	*e = (struct err){0};
	return jws_parse(j, "jws", b->data, b->len, e);
}

/* The key release is signed by the first certificate that it brings. */
static void test_key_release(void **state)
{
	static const char *const files[] = {"skr-01.jws", "skr-01-akv-release-response.json"};
	static const char *const names[] = {"vault.azure.net", "Microsoft Azure TLS Issuing CA 06",
					    "DigiCert Global Root G2"};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_buf_ struct buf b = vector("jws", files[i]);
		_cleanup_jws_ struct jws j = {0};
		_cleanup_x509_list_ struct x509_list list = {0};
		_cleanup_pubkey_ struct pubkey *key = NULL, *other = NULL;
		char cn[X509_NAME_MAX];

		if (parse(&j, &b, &e) < 0)
			fail_msg("%s: %s", files[i], e.msg);
		assert_string_equal(j.alg, "RS256");
		assert_int_equal(j.signature_len, 256);
		assert_non_null(json_find(j.payload.root, "response"));
		assert_int_equal(jws_x5c(&j, &list, &e), 0);
		assert_int_equal(list.count, 3);
		for (size_t k = 0; k < list.count; k++) {
			x509_subject_cn(list.cert[k], cn);
			assert_string_equal(cn, names[k]);
		}
		assert_int_equal(x509_pubkey(list.cert[0], &key, &e), 0);
		assert_int_equal(x509_pubkey(list.cert[2], &other, &e), 0);
		assert_int_equal(jws_verify(&j, "RS256", key, &e), 0);
		assert_int_equal(jws_verify(&j, "RS512", key, &e), -E_SIGNATURE);
		assert_int_equal(jws_verify(&j, "RS256", other, &e), -E_SIGNATURE);
		j.signed_text[j.signed_len - 1] ^= 1;
		assert_int_equal(jws_verify(&j, "RS256", key, &e), -E_SIGNATURE);
	}
}

static void test_token(void **state)
{
	_cleanup_buf_ struct buf b = vector("jws", "maa-07-cvm-eus-2022.jwt");
	_cleanup_x509_list_ struct x509_list list = {0};
	_cleanup_jws_ struct jws j = {0};
	struct err e;

	(void)state;
	if (parse(&j, &b, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(json_string(json_find(j.header.root, "kid")),
			    "rFl9xM+g7TvX63y0iseZtIn20MD5SYAnGblKFasau8I=");
	assert_non_null(json_find(j.payload.root, "x-ms-isolation-tee"));
	assert_int_equal(jws_x5c(&j, &list, &e), 0);
	assert_int_equal(list.count, 0);
}

/* "HEADER.PAYLOAD.SIGNATURE" from texts and bytes */
static void compose(struct buf *b, const char *header, const char *payload, const void *sig,
		    size_t sig_len)
{
	char text[1024];

	*b = BUF_INIT(4096);
	base64url_encode(text, header, strlen(header));
	buf_put(b, text, strlen(text));
	buf_put(b, ".", 1);
	base64url_encode(text, payload, strlen(payload));
	buf_put(b, text, strlen(text));
	if (!sig)
		return;
	base64url_encode(text, sig, sig_len);
	buf_put(b, ".", 1);
	buf_put(b, text, strlen(text));
}

static void test_algorithms(void **state)
{
	static const struct { const char *alg; enum sig_scheme scheme; uint16_t hash; } kinds[] = {
		{"RS256", SIG_RSASSA, HASH_SHA256}, {"RS384", SIG_RSASSA, HASH_SHA384},
		{"PS256", SIG_RSAPSS, HASH_SHA256}, {"PS512", SIG_RSAPSS, HASH_SHA512},
		{"ES256", SIG_ECDSA, HASH_SHA256}, {"ES384", SIG_ECDSA, HASH_SHA384}};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_maker_ struct maker m = {.scheme = kinds[i].scheme, .hash = kinds[i].hash};
		_cleanup_buf_ struct buf raw = {0}, text = {0};
		_cleanup_pubkey_ struct pubkey *key = NULL;
		_cleanup_jws_ struct jws j = {0};
		char header[64];

		(void)snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", kinds[i].alg);
		make_key(&m);
		key = public_key(&m);
		compose(&m.attest, header, "{\"a\":1}", NULL, 0);
		sign(&m);
		wrap_signature(&m, false, &raw);
		compose(&text, header, "{\"a\":1}", raw.data, raw.len);
		if (parse(&j, &text, &e) < 0)
			fail_msg("%s: %s", kinds[i].alg, e.msg);
		if (jws_verify(&j, kinds[i].alg, key, &e) < 0)
			fail_msg("%s: %s", kinds[i].alg, e.msg);
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
			assert_int_equal(jws_verify(&j, kinds[k].alg, key, &e) == 0, k == i);
		j.signature[0] ^= 1;
		assert_int_equal(jws_verify(&j, kinds[i].alg, key, &e), -E_SIGNATURE);
	}
}

static void test_refused(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"none\"}", "{\"alg\":\"HS256\"}", "{\"alg\":\"rs256\"}", "{\"alg\":\"\"}",
		"{\"alg\":1}", "{}", "[]", "\"RS256\"", "{\"alg\":\"RS256\",\"alg\":\"RS256\"}",
		"{\"alg\":\"RS256\",\"crit\":[\"b64\"]}", "{\"alg\":\"RS256\"} x"};
	/* eyJhbGciOiJSUzI1NiJ9 is {"alg":"RS256"}, e30 is {} */
	static const char *const texts[] = {
		"", ".", "..", "...", "eyJhbGciOiJSUzI1NiJ9", "eyJhbGciOiJSUzI1NiJ9.e30",
		"eyJhbGciOiJSUzI1NiJ9.e30.", "eyJhbGciOiJSUzI1NiJ9..AA", ".e30.AA",
		"eyJhbGciOiJSUzI1NiJ9.e30.AA.AA", "eyJhbGciOiJSUzI1NiJ9.e30.AA.",
		" eyJhbGciOiJSUzI1NiJ9.e30.AA", "eyJhbGciOiJSUzI1NiJ9 .e30.AA",
		"eyJhbGciOiJSUzI1NiJ9.e30.AB", "eyJhbGciOiJSUzI1NiJ9.e30.A", "eyJhbGciOiJSUzI1NiJ9.e30.A+",
		"eyJhbGciOiJSUzI1NiJ9.W10.AA", "eyJhbGciOiJSUzI1NiJ9.e.AA", "eyJhbGciOiJSUzI1NiJ9.e30.AA x",
		"{}", "{\"value\":1}", "{\"value\":\"x\"}", "{\"value\":\"eyJhbGciOiJSUzI1NiJ9.e30.AA\"",
		"{\"value\":\"eyJhbGciOiJSUzI1NiJ9.e30.AA\",\"value\":\"eyJhbGciOiJSUzI1NiJ9.e30.AA\"}"};
	static const char *const good[] = {
		"eyJhbGciOiJSUzI1NiJ9.e30.AA", "eyJhbGciOiJSUzI1NiJ9.e30.AA\r\n",
		"eyJhbGciOiJSUzI1NiJ9.e30=.AA==", "{\"value\":\"eyJhbGciOiJSUzI1NiJ9.e30.AA\"}\n"};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		_cleanup_buf_ struct buf b = {0};
		_cleanup_jws_ struct jws j = {0};

		compose(&b, headers[i], "{}", "x", 1);
		if (parse(&j, &b, &e) != -E_JWS_MALFORMED)
			fail_msg("taken: %s", headers[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_jws_ struct jws j = {0};

		if (jws_parse(&j, "jws", texts[i], strlen(texts[i]), &e) != -E_JWS_MALFORMED)
			fail_msg("taken: %s", texts[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_jws_ struct jws j = {0};

		if (jws_parse(&j, "jws", good[i], strlen(good[i]), &e) < 0)
			fail_msg("%s: %s", good[i], e.msg);
		assert_int_equal(j.signature_len, 1);
	}
}

static void test_x5c_refused(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"RS256\",\"x5c\":\"x\"}", "{\"alg\":\"RS256\",\"x5c\":[1]}",
		"{\"alg\":\"RS256\",\"x5c\":[\"!\"]}", "{\"alg\":\"RS256\",\"x5c\":[\"AAAA\"]}"};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		_cleanup_buf_ struct buf b = {0};
		_cleanup_jws_ struct jws j = {0};
		_cleanup_x509_list_ struct x509_list list = {0};

		compose(&b, headers[i], "{}", "x", 1);
		assert_int_equal(parse(&j, &b, &e), 0);
		assert_true(jws_x5c(&j, &list, &e) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_release),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_algorithms),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_x5c_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
