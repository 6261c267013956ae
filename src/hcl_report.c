/* SPDX-License-Identifier: MIT */
#include "hcl_report.h"

#include <string.h>

#define MAGIC 0x414c4348u	/* "HCLA" */
#define HARDWARE_ROOM 1184	/* at 0x20 */
#define CLAIMS_HEADER 20	/* data size, version, report type, hash type, claims size */
#define REQUEST_AK_CERTIFICATE 2	/* others go between paravisor and host only */
#define SNP_REPORT_DATA 0x50
#define TD_REPORT_DATA 128

static int malformed(const char *what, struct err *reterr)
{
	return err_set(reterr, E_HCL_MALFORMED, "%s", what);
}

static uint16_t hash_of(uint32_t type)
{
	switch (type) {
	case 1:
		return HASH_SHA256;
	case 2:
		return HASH_SHA384;
	case 3:
		return HASH_SHA512;
	}
	return 0;
}

static int take_header(struct hcl_report *ret, struct cursor *c, struct err *reterr)
{
	const uint8_t *reserved;
	uint32_t status;

	if (cursor_le32(c) != MAGIC)
		return malformed("it doesn't begin with HCLA", reterr);
	ret->version = cursor_le32(c);
	ret->report_size = cursor_le32(c);
	ret->request_type = cursor_le32(c);
	status = cursor_le32(c);
	reserved = cursor_take(c, 12);
	if (c->failed)
		return malformed("it ends inside the header", reterr);
	if (ret->version < 1 || ret->version > 2)
		return err_set(reterr, E_HCL_MALFORMED, "version is %u, not 1 or 2", ret->version);
	if (ret->request_type != REQUEST_AK_CERTIFICATE)
		return err_set(reterr, E_HCL_MALFORMED, "request type is %u, not 2",
			       ret->request_type);
	if (status != 0)
		return err_set(reterr, E_HCL_MALFORMED, "status is %u: the report was not made",
			       status);
	if (!bytes_zero(reserved, 12))
		return malformed("reserved bytes of the header are not zero", reterr);
	return 0;
}

/* Version 2 of the claims never lies in the vTPM: it goes between paravisor and host. */
static int take_claims(struct hcl_report *ret, struct cursor *c, struct err *reterr)
{
	uint32_t data_size = cursor_le32(c), version = cursor_le32(c), type = cursor_le32(c);
	uint32_t hash_type = cursor_le32(c), size = cursor_le32(c);

	if (c->failed)
		return malformed("it ends before the claims", reterr);
	if (version != 1)
		return err_set(reterr, E_HCL_MALFORMED, "version of the claims is %u, not 1",
			       version);
	if (type < HCL_VBS || type > HCL_TDX)
		return err_set(reterr, E_HCL_MALFORMED, "report type is %u", type);
	ret->type = (enum hcl_report_type)type;
	ret->hash = hash_of(hash_type);
	if (!ret->hash)
		return err_set(reterr, E_HCL_MALFORMED, "hash type is %u", hash_type);
	if (size == 0 || size > c->left)
		return err_set(reterr, E_HCL_MALFORMED, "claims of %u bytes, with %zu left", size,
			       c->left);
	if (data_size != CLAIMS_HEADER + size)
		return malformed("the two sizes of the claims don't agree", reterr);
	ret->json = cursor_take(c, size);
	ret->json_len = size;
	if (!bytes_zero(c->p, c->left))
		return malformed("something follows the claims", reterr);
	return 0;
}

int hcl_report_parse(struct hcl_report *ret, const uint8_t *bytes, size_t len, struct err *reterr)
{
	struct cursor c = CURSOR(bytes, len);
	struct hcl_report report = {0};
	int r;

	if (len > HCL_REPORT_SIZE_MAX)
		return err_set(reterr, E_HCL_MALFORMED, "%zu bytes, more than %d", len,
			       HCL_REPORT_SIZE_MAX);
	r = take_header(&report, &c, reterr);
	if (r < 0)
		return r;
	report.hardware = cursor_take(&c, HARDWARE_ROOM);
	r = take_claims(&report, &c, reterr);
	if (r < 0)
		return r;
	report.hardware_len = report.type == HCL_TDX ? HCL_TDREPORT_SIZE : HARDWARE_ROOM;
	if (!bytes_zero(report.hardware + report.hardware_len, HARDWARE_ROOM - report.hardware_len))
		return malformed("something follows the hardware's report", reterr);
	*ret = report;
	return 0;
}

const char *hcl_report_type_name(enum hcl_report_type type)
{
	switch (type) {
	case HCL_VBS:
		return "vbs";
	case HCL_SNP:
		return "snp";
	case HCL_TVM:
		return "tvm";
	case HCL_TDX:
		return "tdx";
	}
	return "unknown";
}

const uint8_t *hcl_report_data(const struct hcl_report *r)
{
	if (r->type == HCL_SNP)
		return r->hardware + SNP_REPORT_DATA;
	if (r->type == HCL_TDX)
		return r->hardware + TD_REPORT_DATA;
	return NULL;
}

int hcl_report_expected_data(const struct hcl_report *r, uint8_t out[HCL_REPORT_DATA_SIZE],
			     struct err *reterr)
{
	memset(out, 0, HCL_REPORT_DATA_SIZE);
	return crypto_hash(r->hash, r->json, r->json_len, out, reterr);
}

bool hcl_report_binding(struct verdict *v, const struct hcl_report *r)
{
	static const char name[] = "hcl-report.binding";
	const uint8_t *data = hcl_report_data(r);
	uint8_t want[HCL_REPORT_DATA_SIZE];
	struct err e = {0};
	int rc;

	if (!data)
		return verdict_add(v, E_REPORT_BINDING, name, false,
				   "a report of SEV-SNP or TDX that carries the claims' hash",
				   "a report of type %s", hcl_report_type_name(r->type));
	rc = hcl_report_expected_data(r, want, &e);
	if (rc < 0)
		return verdict_result(v, E_REPORT_BINDING, name, rc, "the claims' hash", &e);
	return verdict_equal(v, E_REPORT_BINDING, name, want, data, sizeof(want));
}
