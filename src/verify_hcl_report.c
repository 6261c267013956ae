/* SPDX-License-Identifier: MIT */
#include "codec.h"
#include "file.h"
#include "hcl_claims.h"
#include "hcl_report.h"
#include "json.h"
#include "snp_describe.h"
#include "tdx_verify.h"
#include "verify_certs.h"

#include <string.h>

/* The claims as they stand there; what of them is used was read strictly before. */
static int describe_claims(const struct hcl_report *r, struct cJSON *obj, bool *ok,
			   struct err *reterr)
{
	_cleanup_json_ struct json j = {0};
	uint8_t data[HCL_REPORT_DATA_SIZE];
	int rc;

	rc = json_parse(&j, "claims", E_HCL_MALFORMED, r->json, r->json_len, reterr);
	if (rc == 0)
		rc = hcl_report_expected_data(r, data, reterr);
	if (rc < 0)
		return rc;
	json_add_hex(obj, "claims_hash", data, hash_size(r->hash), ok);
	json_add_copy(obj, "claims", j.root, ok);
	return 0;
}

static int describe_report(const struct hcl_report *r, struct cJSON *obj, struct err *reterr)
{
	bool ok = true;
	int rc;

	json_add_number(obj, "version", r->version, &ok);
	json_add_number(obj, "report_size", r->report_size, &ok);
	json_add_number(obj, "request_type", r->request_type, &ok);
	json_add_string(obj, "report_type", hcl_report_type_name(r->type), &ok);
	json_add_string(obj, "hash", hash_name(r->hash), &ok);
	rc = describe_claims(r, obj, &ok, reterr);
	if (rc < 0)
		return rc;
	return ok ? 0 : err_set(reterr, E_NOMEM, "no memory for the description");
}
