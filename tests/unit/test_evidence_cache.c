/* SPDX-License-Identifier: MIT */
/* What of a boot's certificates is kept for the next boot image. */
#include "evidence_collect.h"
#include "snp_testpki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void add(struct x509_list *list, const struct buf *der)
{
	assert_int_equal(x509_read(list, "test", der->data, der->len, NULL), 0);
}

/* The metadata service gives another chip's certificate, self-made, along with the right ones. */
static void test_others_leaf(void **state)
{
	_cleanup_snp_testpki_ struct snp_testpki pki = {0}, other = {0};
	_cleanup_x509_list_ struct x509_list roots = {0}, kept = {0};
	struct collection *c = calloc(1, sizeof(*c));
	char path[] = "/tmp/cvmcrypt-cache-XXXXXX";
	uint8_t report[SNP_REPORT_SIZE];
	struct snp_testpki_spec spec;
	int fd = mkstemp(path);

	(void)state;
	assert_non_null(c);
	assert_true(fd >= 0);
	(void)close(fd);
	snp_testpki_report(report, 3, SNP_MILAN);
	snp_testpki_spec_for(&spec, report);
	snp_testpki_make(&pki, &spec);
	spec.chip_id[0] ^= 1;
	snp_testpki_make(&other, &spec);
	snp_testpki_sign(report);
	assert_int_equal(snp_report_parse(&c->snp, report, sizeof(report), NULL), 0);
	add(&c->certs, &other.leaf);
	add(&c->certs, &pki.leaf);
	add(&c->certs, &pki.ask);
	add(&roots, &pki.ark);
	assert_true(snp_verify(&c->snp, &c->certs, &roots, 1800000000, &c->leaf, &c->verdict));
	assert_int_equal(evidence_stage(c, path, NULL), 0);
	assert_int_equal(x509_read_file(&kept, path, NULL), 0);
	(void)unlink(path);
	assert_int_equal(kept.count, 2);
	assert_true(x509_equal(kept.cert[0], c->leaf.cert));
	assert_true(x509_is_ca(kept.cert[1]));
	collection_freep(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_others_leaf)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
