/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "roots.h"
#include "snp_chain.h"
#include "snp_testpki.h"
#include "vector.h"

#define AT 1786752000			/* 2026-08-15 */
#define AT_2025 1759276800		/* 2025-10-01 */

static void add(struct x509_list *list, const char *name)
{
	_cleanup_buf_ struct buf b = vector("snp", name);
	struct err e = {0};

	if (x509_read(list, name, b.data, b.len, &e) < 0)
		fail_msg("%s", e.msg);
}

static void add_der(struct x509_list *list, const struct buf *der)
{
	struct err e = {0};

	if (x509_read(list, "test", der->data, der->len, &e) < 0)
		fail_msg("%s", e.msg);
}

static bool failed(const struct verdict *v, const char *name)
{
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->check[i].name, name) == 0)
			return !v->check[i].pass;
	return false;
}

/* fail: names of the checks that must fail, and no other; NULL: all pass. */
static void expect(const struct verdict *v, bool returned, const char *what, const char *const *fail)
{
	size_t failures = 0, wanted = 0;

	assert_int_equal(returned, verdict_pass(v));
	for (size_t i = 0; i < v->count; i++)
		failures += !v->check[i].pass;
	for (; fail && fail[wanted]; wanted++)
		if (!failed(v, fail[wanted]))
			fail_msg("%s: %s did not fail", what, fail[wanted]);
	if (failures != wanted) {
		const struct check *c = verdict_first_failure(v);

		fail_msg("%s: %zu checks failed, the first is %s: wanted %s, got %s", what, failures,
			 c->name, c->want, c->got);
	}
}

#define REPORT "snp-report."
#define SIGNATURE REPORT "signature"
#define CHAIN REPORT "chain"
#define ISSUER REPORT "issuer"
#define CAS REPORT "ca-certificates"
#define KIND REPORT "signing-key"
#define PRODUCT REPORT "product"
#define CHIP REPORT "chip-id"
#define TCB REPORT "reported-tcb"
#define CERT REPORT "certificate"
#define POLICY REPORT "policy-reserved"
#define ALGORITHM REPORT "signature-algorithm"

/* Recorded reports with recorded certificates under AMD's roots. */
static void test_recorded(void **state)
{
	static const struct {
		const char *report, *certs[3];
		int64_t at;
		const char *fail[6];
	} cases[] = {
		{"snp-01-milan-v2.bin", {"snp-01-vcek.der"}, AT, {NULL}},
		{"snp-03-milan-v3-vlek.bin", {"snp-03-vlek.der"}, AT_2025, {NULL}},
		{"snp-06-milan-v2-aci.bin", {"snp-06-thim-chain.pem"}, AT, {NULL}},
		{"snp-10-milan-v3.bin", {"snp-10-vcek.der"}, AT, {NULL}},
		{"snp-12-genoa-v5.bin", {"snp-12-vcek.der"}, AT, {NULL}},
		{"snp-13-genoa-v3-tsm.bin", {"snp-13-vcek.der"}, AT, {NULL}},
		{"snp-22-cmc-0.bin", {"snp-22-cert-0.der"}, AT, {NULL}},
		/* of several the right one */
		{"snp-12-genoa-v5.bin", {"snp-13-vcek.der", "snp-06-thim-chain.pem", "snp-12-vcek.der"},
		 AT, {NULL}},
		{"snp-10-milan-v3.bin", {"snp-03-vlek.der", "snp-01-vcek.der", "snp-10-vcek.der"}, AT,
		 {NULL}},

		{"snp-03-milan-v3-vlek.bin", {"snp-03-vlek.der"}, AT, {CHAIN}},
		{"snp-10-milan-v3.bin", {"snp-10-vcek.der"}, AT_2025, {CHAIN}},
		{"snp-22-cmc-1.bin", {"snp-22-cert-0.der"}, AT, {SIGNATURE}},
		{"snp-22-cmc-0.bin", {"snp-22-cert-1.der"}, AT, {CERT}},
		{"snp-01-milan-v2.bin", {"snp-10-vcek.der"}, AT, {SIGNATURE, CHIP, TCB}},
		{"snp-10-milan-v3.bin", {"snp-13-vcek.der"}, AT, {SIGNATURE, PRODUCT, CHIP, TCB}},
		{"snp-10-milan-v3.bin", {"snp-03-vlek.der"}, AT_2025, {SIGNATURE, KIND, TCB}},
		{"snp-03-milan-v3-vlek.bin", {"snp-06-thim-chain.pem"}, AT_2025,
		 {SIGNATURE, KIND, CHIP, TCB}},
		{"snp-01-milan-v2.bin", {"snp-03-vcek-invalid-legacy.der"}, AT,
		 {SIGNATURE, CHAIN, CHIP, TCB}},
		{"snp-01-milan-v2.bin", {"snp-03-vcek-invalid-new.der"}, AT,
		 {SIGNATURE, CHAIN, CHIP, TCB}},
		{"snp-13-genoa-v3-tsm.bin", {"amd-turin-vcek-virtee.der"}, AT,
		 {SIGNATURE, PRODUCT, CHIP, TCB}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf bytes = vector("snp", cases[i].report);
		_cleanup_x509_list_ struct x509_list certs = {0};
		_cleanup_x509_list_ struct x509_list roots = {0};
		_cleanup_verdict_ struct verdict v = {0};
		struct snp_report r;
		struct snp_leaf leaf;
		char what[80];

		for (size_t j = 0; j < 3 && cases[i].certs[j]; j++)
			add(&certs, cases[i].certs[j]);
		assert_int_equal(roots_builtin(ROOT_AMD, &roots, NULL), 0);
		assert_int_equal(snp_report_parse(&r, bytes.data, bytes.len, NULL), 0);
		(void)snprintf(what, sizeof(what), "%s with %s", cases[i].report, cases[i].certs[0]);
		expect(&v, snp_verify(&r, &certs, &roots, cases[i].at, &leaf, &v), what, cases[i].fail);
	}
}

/* A report and certificates made to order, judged under the root of the test. */
struct made {
	uint8_t bytes[SNP_REPORT_SIZE];
	struct snp_report r;
	struct snp_testpki_spec spec;
	struct snp_testpki pki;
	struct x509_list certs, roots;
};

static void made_done(struct made *m)
{
	snp_testpki_done(&m->pki);
	x509_list_done(&m->certs);
	x509_list_done(&m->roots);
}

#define _cleanup_made_ _cleanup_(made_done)

static void made_report(struct made *m, uint32_t version, enum snp_product product)
{
	snp_testpki_report(m->bytes, version, product);
	snp_testpki_spec_for(&m->spec, m->bytes);
	m->spec.product = product;	/* version 2 does not tell */
}

/* Signs and certifies what is in m->bytes and m->spec. */
static void made_finish(struct made *m)
{
	snp_testpki_make(&m->pki, &m->spec);
	snp_testpki_sign(m->bytes);
	add_der(&m->certs, &m->pki.leaf);
	add_der(&m->certs, &m->pki.ask);
	add_der(&m->roots, &m->pki.ark);
	assert_int_equal(snp_report_parse(&m->r, m->bytes, sizeof(m->bytes), NULL), 0);
}

static void made_expect(struct made *m, const char *what, const char *const *fail)
{
	_cleanup_verdict_ struct verdict v = {0};
	struct snp_leaf leaf;

	expect(&v, snp_verify(&m->r, &m->certs, &m->roots, AT, &leaf, &v), what, fail);
}

static void test_every_product(void **state)
{
	(void)state;
	for (enum snp_product p = SNP_MILAN; p <= SNP_TURIN; p++) {
		for (uint32_t version = 2; version <= 5; version++) {
			for (int vlek = 0; vlek < 2; vlek++) {
				_cleanup_made_ struct made m = {0};

				made_report(&m, version, p);
				m.spec.vlek = vlek;
				if (vlek)
					m.bytes[SNP_TESTPKI_KEY_INFO] = SNP_KEY_VLEK << 2;
				made_finish(&m);
				made_expect(&m, snp_product_name(p), NULL);
			}
		}
	}
}

/* One thing wrong with the certificates each. */
static void test_certificates(void **state)
{
	static const uint8_t not_minimal[] = {0x02, 0x02, 0x00, 0x50}, negative[] = {0x02, 0x01, 0xdb};
	static const uint8_t too_large[] = {0x02, 0x02, 0x01, 0xdb}, tail[] = {0x02, 0x01, 0x50, 0x00};
	static const uint8_t octets[] = {0x04, 0x01, 0x50}, cut[] = {0x02, 0x02, 0x50};
	static const uint8_t empty[] = {0x02, 0x00}, good[] = {0x02, 0x02, 0x00, 0xdb};
#define SPL(bytes) .ucode_spl = bytes, .ucode_spl_len = sizeof(bytes)
	static const struct {
		const char *what;
		struct snp_testpki_spec spec;	/* merged: see below */
		const char *fail[6];
	} cases[] = {
		{"nothing", {0}, {NULL}},
		{"wrapped hwID", {.hwid_wrapped = true}, {NULL}},
		{"a stepping", {.product_name = "Milan-B0"}, {NULL}},
		{"serial not 0", {.leaf_serial = 7}, {NULL}},
		{"SPL of two bytes", {SPL(good)}, {NULL}},
		{"ucode not minimal", {SPL(not_minimal)}, {CERT}},
		{"ucode negative", {SPL(negative)}, {CERT}},
		{"ucode too large", {SPL(too_large)}, {CERT}},
		{"ucode with a tail", {SPL(tail)}, {CERT}},
		{"ucode no INTEGER", {SPL(octets)}, {CERT}},
		{"ucode cut", {SPL(cut)}, {CERT}},
		{"ucode empty", {SPL(empty)}, {CERT}},
		{"no hwID", {.no_hwid = true}, {CERT}},
		{"no SPLs", {.no_tcb = true}, {CERT}},
		{"no structVersion", {.no_struct_version = true}, {CERT}},
		{"other name", {.leaf_cn = "VCEK"}, {CERT}},
		{"unknown product", {.product_name = "Rome"}, {CERT}},
		{"product with a tail", {.product_name = "Milano"}, {CERT}},
		{"other product", {.product_name = "Genoa"}, {ISSUER, PRODUCT}},
		{"leaf expired", {.leaf_until = AT - 1}, {CHAIN}},
		{"leaf not yet valid", {.leaf_from = AT + 1}, {CHAIN}},
		{"leaf to the second", {.leaf_from = AT, .leaf_until = AT + 1}, {NULL}},
		{"ASK expired", {.ask_until = AT - 1}, {CHAIN}},
		{"ASK not yet valid", {.ask_from = AT + 1}, {CHAIN}},
		{"ARK expired", {.ark_until = AT - 1}, {CHAIN}},
		{"ARK not yet valid", {.ark_from = AT + 1}, {CHAIN}},
		{"ASK not a CA", {.ask_not_ca = true}, {CHAIN}},
		{"ASK by another ARK", {.ask_by_other = true}, {CHAIN}},
		{"leaf by another ASK", {.leaf_by_other = true}, {CHAIN}},
		{"another key", {.leaf_other_key = true}, {SIGNATURE}},
		{"leaf a CA", {.leaf_is_ca = true}, {CERT}},
		{"unknown critical extension", {.unknown_critical = true}, {CHAIN}},
		{"ASK of another product", {.ask_cn = "SEV-Genoa"}, {ISSUER}},
		{"ASVK for a VCEK", {.ask_cn = "SEV-VLEK-Milan"}, {ISSUER}},
		{"ASK without a name", {.ask_cn = "intermediate"}, {ISSUER}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_made_ struct made m = {0};
		struct snp_testpki_spec fits;

		made_report(&m, 3, SNP_MILAN);
		fits = m.spec;
		m.spec = cases[i].spec;
		m.spec.product = fits.product;
		m.spec.tcb = fits.tcb;
		memcpy(m.spec.chip_id, fits.chip_id, sizeof(fits.chip_id));
		made_finish(&m);
		made_expect(&m, cases[i].what, cases[i].fail);
	}
}

/* The certificate of another chip or of another TCB: each component counts. */
static void test_binding(void **state)
{
	(void)state;
	for (enum snp_product p = SNP_MILAN; p <= SNP_TURIN; p++) {
		for (unsigned i = 0; i < 5; i++) {
			_cleanup_made_ struct made m = {0};
			struct snp_tcb *t = &m.spec.tcb;
			uint8_t *const component[] = {&t->bootloader, &t->tee, &t->snp, &t->microcode,
						      &t->fmc};

			if (p != SNP_TURIN && i == 4)
				continue;
			made_report(&m, 3, p);
			*component[i] ^= 1;
			made_finish(&m);
			made_expect(&m, "TCB", (const char *[]){TCB, NULL});
		}
		for (size_t i = 0; i < (p == SNP_TURIN ? 8 : SNP_CHIP_ID); i++) {
			_cleanup_made_ struct made m = {0};

			made_report(&m, 3, p);
			m.spec.chip_id[i] ^= 0x80;
			made_finish(&m);
			made_expect(&m, "chip id", (const char *[]){CHIP, NULL});
		}
	}
}

/* Changed before it was signed: the key vouches for it, and still it must not pass. */
static void test_signed_reports(void **state)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
		const char *fail[6];
	} cases[] = {
		{"debug allowed", SNP_TESTPKI_POLICY + 2, 0x0b, {NULL}},	/* for the policy */
		{"bit 17 clear", SNP_TESTPKI_POLICY + 2, 0x01, {POLICY}},
		{"bit 26", SNP_TESTPKI_POLICY + 3, 0x04, {POLICY}},
		{"bit 63", SNP_TESTPKI_POLICY + 7, 0x80, {POLICY}},
		{"algorithm 0", SNP_TESTPKI_ALGORITHM, 0, {ALGORITHM}},
		{"algorithm 2", SNP_TESTPKI_ALGORITHM, 2, {ALGORITHM}},
		{"algorithm 257", SNP_TESTPKI_ALGORITHM + 1, 1, {ALGORITHM}},
		{"signed by a VLEK", SNP_TESTPKI_KEY_INFO, SNP_KEY_VLEK << 2, {KIND}},
		{"signed by none", SNP_TESTPKI_KEY_INFO, SNP_KEY_NONE << 2, {KIND}},
		{"signed by 2", SNP_TESTPKI_KEY_INFO, 2 << 2, {KIND}},
		{"Genoa", SNP_TESTPKI_CPUID + 1, 0x11, {PRODUCT}},
		{"no product", SNP_TESTPKI_CPUID + 1, 0x20, {PRODUCT}},
		{"family", SNP_TESTPKI_CPUID, 0x17, {PRODUCT}},
		{"chip", SNP_TESTPKI_CHIP_ID + 63, 0, {CHIP}},
		{"microcode", SNP_TESTPKI_REPORTED_TCB + 7, 0, {TCB}},
		{"current TCB", SNP_TESTPKI_CURRENT_TCB + 7, 255, {NULL}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_made_ struct made m = {0};

		made_report(&m, 3, SNP_MILAN);
		m.bytes[cases[i].at] = cases[i].value;
		made_finish(&m);
		made_expect(&m, cases[i].what, cases[i].fail);
	}
}

/* A VCEK is tied to a chip: without its id the certificate proves nothing about it. */
static void test_masked_chip(void **state)
{
	_cleanup_made_ struct made m = {0};

	(void)state;
	made_report(&m, 3, SNP_MILAN);
	memset(m.bytes + SNP_TESTPKI_CHIP_ID, 0, SNP_CHIP_ID);
	made_finish(&m);
	made_expect(&m, "masked", (const char *[]){CHIP, NULL});
	x509_list_done(&m.certs);
	snp_testpki_done(&m.pki);
	/* not even when the certificate has no id either */
	memset(m.spec.chip_id, 0, SNP_CHIP_ID);
	snp_testpki_make(&m.pki, &m.spec);
	add_der(&m.certs, &m.pki.leaf);
	add_der(&m.certs, &m.pki.ask);
	made_expect(&m, "masked", (const char *[]){CHIP, NULL});
}

static void test_lists(void **state)
{
	_cleanup_made_ struct made m = {0};
	_cleanup_made_ struct made genoa = {0};
	struct x509_list none = {0};
	struct snp_leaf leaf;

	(void)state;
	made_report(&m, 3, SNP_MILAN);
	made_finish(&m);
	made_report(&genoa, 3, SNP_GENOA);
	made_finish(&genoa);
	for (int i = 0; i < 5; i++) {
		_cleanup_x509_list_ struct x509_list certs = {0};
		_cleanup_verdict_ struct verdict v = {0};

		if (i == 1) {			/* another order, with the root */
			add_der(&certs, &m.pki.ark);
			add_der(&certs, &m.pki.ask);
		}
		if (i != 3)
			add_der(&certs, &m.pki.leaf);
		if (i == 4)
			add_der(&certs, &genoa.pki.ask);
		if (i == 0 || i == 3)
			add_der(&certs, &m.pki.ask);
		/* 2: the built-in ASK has the name, but is another's */
		expect(&v, snp_verify(&m.r, &certs, &m.roots, AT, &leaf, &v), "list",
		       i < 2 ? NULL : i == 3 ? (const char *[]){CERT, NULL} :
					       (const char *[]){CHAIN, NULL});
		assert_int_equal(leaf.cert == NULL, i == 3);
	}
	for (int i = 0; i < 2; i++) {	/* nothing given; nothing trusted */
		_cleanup_verdict_ struct verdict v = {0};

		expect(&v, snp_verify(&m.r, i ? &m.certs : &none, i ? &none : &m.roots, AT, &leaf, &v),
		       "empty", i ? (const char *[]){CHAIN, NULL} : (const char *[]){CERT, NULL});
		if (i == 0)
			assert_int_equal(verdict_first_failure(&v)->code, E_EVIDENCE_OFFLINE);
	}
}

/* Under AMD's roots the test's chain is nobody's, whatever is with it. */
static void test_foreign_root(void **state)
{
	_cleanup_made_ struct made m = {0};

	(void)state;
	made_report(&m, 3, SNP_MILAN);
	made_finish(&m);
	add_der(&m.certs, &m.pki.ark);
	x509_list_done(&m.roots);
	assert_int_equal(roots_builtin(ROOT_AMD, &m.roots, NULL), 0);
	made_expect(&m, "foreign root", (const char *[]){CHAIN, NULL});
}

/* A CA that was given is the one of the chain or the whole is refused. */
static void test_impostors(void **state)
{
	_cleanup_made_ struct made m = {0};
	_cleanup_snp_testpki_ struct snp_testpki other = {0};
	struct snp_testpki_spec spec;

	(void)state;
	made_report(&m, 3, SNP_MILAN);
	made_finish(&m);
	spec = m.spec;
	spec.ask_until = AT + 1000;
	spec.ark_until = AT + 1000;
	snp_testpki_make(&other, &spec);
	add_der(&m.certs, &other.ark);
	made_expect(&m, "other ARK", (const char *[]){CAS, NULL});
	x509_list_done(&m.certs);
	add_der(&m.certs, &m.pki.leaf);
	add_der(&m.certs, &m.pki.ask);
	add_der(&m.certs, &other.ask);
	made_expect(&m, "other ASK", (const char *[]){CAS, NULL});
}

static void test_weak_signatures(void **state)
{
	(void)state;
	/* not AMD's way, but no weaker: the root is trusted to know what it signs with */
	for (int i = 0; i < 2; i++) {
		_cleanup_made_ struct made m = {0};

		made_report(&m, 3, SNP_MILAN);
		m.spec.pkcs1 = i == 0;
		m.spec.sha256 = i == 1;
		made_finish(&m);
		made_expect(&m, "other signatures", NULL);
	}
}

/* No byte of what is signed can change, nor one of the signature: a bit of each, every one in turn. */
static void test_every_bit(void **state)
{
	_cleanup_buf_ struct buf bytes = vector("snp", "snp-10-milan-v3.bin");
	_cleanup_x509_list_ struct x509_list certs = {0};
	_cleanup_x509_list_ struct x509_list roots = {0};
	unsigned refused = 0, malformed = 0;
	struct snp_leaf leaf;

	(void)state;
	add(&certs, "snp-10-vcek.der");
	assert_int_equal(snp_leaf_read(&leaf, certs.cert[0], NULL), 0);
	for (size_t bit = 0; bit < 8 * bytes.len; bit += 9) {
		/* 9: the next bit of the next byte */
		_cleanup_verdict_ struct verdict v = {0};
		struct snp_report r;

		bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (snp_report_parse(&r, bytes.data, bytes.len, NULL) < 0) {
			malformed++;
		} else {
			/* no roots: the chain is not what this is about, and takes time */
			assert_false(snp_verify(&r, &certs, &roots, AT, &leaf, &v));
			assert_true(failed(&v, SIGNATURE));
			refused++;
		}
		bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(refused + malformed, (8 * SNP_REPORT_SIZE + 8) / 9);
	assert_true(refused > 400);
}

static void test_leaf_fits(void **state)
{
	_cleanup_buf_ struct buf bytes = vector("snp", "snp-10-milan-v3.bin");
	_cleanup_x509_list_ struct x509_list certs = {0};
	struct snp_report r;

	(void)state;
	add(&certs, "snp-10-vcek.der");
	add(&certs, "snp-01-vcek.der");
	add(&certs, "snp-03-vlek.der");
	assert_int_equal(snp_report_parse(&r, bytes.data, bytes.len, NULL), 0);
	for (size_t i = 0; i < certs.count; i++) {
		struct snp_leaf leaf;

		assert_int_equal(snp_leaf_read(&leaf, certs.cert[i], NULL), 0);
		assert_int_equal(snp_leaf_fits(&leaf, &r), i == 0);
		assert_int_equal(leaf.vlek, i == 2);
		assert_int_equal(leaf.chip_id_len, i == 2 ? 0 : SNP_CHIP_ID);
	}
}

static void test_turin_certificate(void **state)
{
	_cleanup_x509_list_ struct x509_list certs = {0};
	struct snp_leaf leaf;

	(void)state;
	add(&certs, "amd-turin-vcek-virtee.der");
	assert_int_equal(snp_leaf_read(&leaf, certs.cert[0], NULL), 0);
	assert_int_equal(leaf.product, SNP_TURIN);
	assert_true(leaf.tcb.has_fmc);
	assert_int_equal(leaf.tcb.microcode, 9);
	assert_int_equal(leaf.chip_id_len, 8);
	assert_int_equal(leaf.chip_id[0], 0x1e);
	assert_int_equal(leaf.chip_id[8], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_every_product),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_binding),
		cmocka_unit_test(test_signed_reports),
		cmocka_unit_test(test_masked_chip),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_foreign_root),
		cmocka_unit_test(test_impostors),
		cmocka_unit_test(test_weak_signatures),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_leaf_fits),
		cmocka_unit_test(test_turin_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
