/* SPDX-License-Identifier: MIT */
#include "verify.h"

#include "file.h"
#include "snp_describe.h"
#include "verify_certs.h"

#define FILE_MAX 65536

/*
 * A report cut out of an HCL report is often 20 bytes too long: the header of the runtime claims is
 * with it. That header is known and nothing else is: sizes, version, type SEV-SNP, hash.
 */
#define TRAILER_SIZE 20
#define TRAILER_TYPE_SNP 2

static bool is_trailer(const uint8_t *bytes)
{
	struct cursor c = CURSOR(bytes, TRAILER_SIZE);
	uint32_t size = cursor_le32(&c), version = cursor_le32(&c), type = cursor_le32(&c);
	uint32_t hash = cursor_le32(&c), claims = cursor_le32(&c);

	return version == 1 && type == TRAILER_TYPE_SNP && hash >= 1 && hash <= 3 &&
	       claims < FILE_MAX && size == TRAILER_SIZE + claims;
}

static int parse(struct snp_report *ret, const uint8_t *bytes, size_t len, struct err *reterr)
{
	if (len == SNP_REPORT_SIZE + TRAILER_SIZE && is_trailer(bytes + SNP_REPORT_SIZE))
		len = SNP_REPORT_SIZE;
	return snp_report_parse(ret, bytes, len, reterr);
}

int inspect_snp_report(const char *name, const uint8_t *bytes, size_t len, struct cJSON *decoded,
		       struct err *reterr)
{
	struct snp_report report;
	bool ok = true;
	int r = parse(&report, bytes, len, reterr);

	if (r < 0)
		return r;
	snp_report_describe(&report, decoded, &ok);
	return ok ? 0 : err_set(reterr, E_NOMEM, "%s", name);
}

int verify_snp_report(const struct verify_options *o, struct verify_result *result,
		      struct err *reterr)
{
	_cleanup_x509_list_ struct x509_list certs = {0};
	_cleanup_x509_list_ struct x509_list roots = {0};
	_cleanup_buf_ struct buf bytes = BUF_INIT(0);
	struct snp_report report;
	struct snp_leaf leaf;
	bool ok = true;
	int r;

	r = file_read(o->file, FILE_MAX, &bytes, reterr);
	if (r == 0)
		r = err_wrap(reterr, parse(&report, bytes.data, bytes.len, reterr), "%s", o->file);
	if (r == 0)
		r = verify_read_certs(o, &certs, reterr);
	if (r == 0)
		r = verify_read_roots(o, ROOT_AMD, &roots, reterr);
	if (r < 0)
		return r;
	(void)snp_verify(&report, &certs, &roots, o->at, &leaf, &result->verdict);
	if (o->policy)
		policy_judge_snp(o->policy, &report, leaf.cert ? &leaf : NULL, &result->verdict);
	snp_report_describe(&report, result->decoded, &ok);
	snp_leaf_describe(&leaf, result->decoded, &ok);
	if (!ok)
		return err_set(reterr, E_NOMEM, "%s", o->file);
	return 0;
}
