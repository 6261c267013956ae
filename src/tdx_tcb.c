/* SPDX-License-Identifier: MIT */
#include "tdx_tcb.h"

#include "codec.h"
#include "json.h"
#include "rfc3339.h"

#include <stdio.h>
#include <string.h>

/* Intel PCS API v4: TCB info version 3, enclave identity version 2 */
#define TCB_INFO_VERSION 3
#define ENCLAVE_IDENTITY_VERSION 2
#define COMPONENTS 16
#define SVN_MAX UINT16_MAX	/* of one component, as written there */
#define LEVELS_MAX 64

static const char *const status_names[TDX_STATUS_MAX] = {
	[TDX_UP_TO_DATE] = "UpToDate",
	[TDX_SW_HARDENING_NEEDED] = "SWHardeningNeeded",
	[TDX_CONFIGURATION_NEEDED] = "ConfigurationNeeded",
	[TDX_CONFIGURATION_AND_SW_HARDENING_NEEDED] = "ConfigurationAndSWHardeningNeeded",
	[TDX_OUT_OF_DATE] = "OutOfDate",
	[TDX_OUT_OF_DATE_CONFIGURATION_NEEDED] = "OutOfDateConfigurationNeeded",
	[TDX_REVOKED] = "Revoked",
	[TDX_STATUS_UNKNOWN] = "Unknown",
};

const char *tdx_status_name(enum tdx_status s)
{
	return status_names[(unsigned)s < TDX_STATUS_MAX ? s : TDX_STATUS_UNKNOWN];
}

enum tdx_status tdx_status_by_name(const char *name)
{
	for (int i = 0; i < TDX_STATUS_UNKNOWN; i++)
		if (strcmp(status_names[i], name) == 0)
			return (enum tdx_status)i;
	return TDX_STATUS_UNKNOWN;
}

/* What a platform's status becomes with that of its module or of the quoting enclave. */
static enum tdx_status converge(enum tdx_status platform, enum tdx_status other)
{
	if (platform == TDX_STATUS_UNKNOWN || other == TDX_STATUS_UNKNOWN)
		return TDX_STATUS_UNKNOWN;
	if (other == TDX_OUT_OF_DATE && (platform == TDX_CONFIGURATION_NEEDED ||
					 platform == TDX_CONFIGURATION_AND_SW_HARDENING_NEEDED))
		return TDX_OUT_OF_DATE_CONFIGURATION_NEEDED;
	return platform > other ? platform : other;
}

static void settle(struct tdx_tcb *tcb)
{
	tcb->status = converge(converge(tcb->platform, tcb->module), tcb->qe);
}

static int get_hex(const struct json *j, const struct cJSON *obj, const char *key, uint8_t *out,
		   size_t len, struct err *reterr)
{
	const char *text;
	int r = json_get_string(j, obj, key, &text, reterr);

	if (r < 0)
		return r;
	if (!hex_decode(out, len, text))
		return json_fail(j, obj, key, "hex of another length expected", reterr);
	return 0;
}

static int get_time(const struct json *j, const struct cJSON *obj, const char *key, int64_t *ret,
		    struct err *reterr)
{
	const char *text;
	int r = json_get_string(j, obj, key, &text, reterr);

	if (r < 0)
		return r;
	return rfc3339_parse(text, ret) ? 0 : json_fail(j, obj, key, "time expected", reterr);
}

int tdx_head_read(const uint8_t *body, size_t len, const char *name, struct tdx_head *ret,
		  struct err *reterr)
{
	_cleanup_json_ struct json j = {0};
	struct tdx_head h = {0};
	uint64_t version, evaluation;
	const char *id;
	int r;

	r = json_parse(&j, name, E_COLLATERAL_MALFORMED, body, len, reterr);
	if (r < 0)
		return r;
	r = json_get_string(&j, j.root, "id", &id, reterr);
	if (r < 0)
		return r;
	(void)snprintf(h.id, sizeof(h.id), "%s", id);
	r = json_get_u64(&j, j.root, "version", UINT32_MAX, &version, reterr);
	if (r == 0)
		r = get_time(&j, j.root, "issueDate", &h.issued, reterr);
	if (r == 0)
		r = get_time(&j, j.root, "nextUpdate", &h.next_update, reterr);
	if (r == 0)
		r = json_get_u64(&j, j.root, "tcbEvaluationDataNumber", UINT32_MAX, &evaluation,
				 reterr);
	if (r < 0)
		return r;
	h.evaluation = (uint32_t)evaluation;
	if (json_find(j.root, "fmspc")) {
		r = get_hex(&j, j.root, "fmspc", h.fmspc, sizeof(h.fmspc), reterr);
		if (r == 0)
			r = get_hex(&j, j.root, "pceId", h.pceid, sizeof(h.pceid), reterr);
		if (r == 0 && version != TCB_INFO_VERSION)
			r = json_fail(&j, j.root, "version", "3 expected", reterr);
	} else if (version != ENCLAVE_IDENTITY_VERSION) {
		r = json_fail(&j, j.root, "version", "2 expected", reterr);
	}
	if (r == 0)
		*ret = h;
	return r;
}

static void add_advisories(const struct cJSON *level, struct tdx_tcb *tcb)
{
	const struct cJSON *list = json_find(level, "advisoryIDs");

	for (size_t i = 0; i < json_count(list); i++) {
		const char *id = json_string(json_at(list, i));
		size_t at = strlen(tcb->advisories);

		if (id && !strstr(tcb->advisories, id) &&
		    at + strlen(id) + 2 <= sizeof(tcb->advisories))
			(void)snprintf(tcb->advisories + at, sizeof(tcb->advisories) - at, "%s%s",
				       at ? " " : "", id);
	}
}

static int level_status(const struct json *j, const struct cJSON *level, struct tdx_tcb *tcb,
			enum tdx_status *ret, struct err *reterr)
{
	const char *word;
	int r = json_get_string(j, level, "tcbStatus", &word, reterr);

	if (r < 0)
		return r;
	*ret = tdx_status_by_name(word);
	add_advisories(level, tcb);
	return 0;
}

/* Levels of a module or an enclave: the first, from the highest down, whose SVN is reached. */
static int judge_isvsvn(const struct json *j, const struct cJSON *obj, unsigned isvsvn,
			struct tdx_tcb *tcb, enum tdx_status *ret, struct err *reterr)
{
	const struct cJSON *levels, *svn;
	uint64_t wanted;
	int r = json_get_array(j, obj, "tcbLevels", &levels, reterr);

	if (r < 0)
		return r;
	*ret = TDX_STATUS_UNKNOWN;
	for (size_t i = 0; i < json_count(levels) && i < LEVELS_MAX; i++) {
		const struct cJSON *level = json_at(levels, i);

		r = json_get_object(j, level, "tcb", &svn, reterr);
		if (r == 0)
			r = json_get_u64(j, svn, "isvsvn", UINT16_MAX, &wanted, reterr);
		if (r < 0)
			return r;
		if (isvsvn >= wanted)
			return level_status(j, level, tcb, ret, reterr);
	}
	return 0;
}

/* The module's signer and attributes, by tdxModule or by one of tdxModuleIdentities. */
static int match_module(const struct json *j, const struct cJSON *module,
			const struct tdx_body *td, struct err *reterr)
{
	uint8_t signer[TDX_MEASUREMENT], attributes[8], mask[8];
	int r;

	r = get_hex(j, module, "mrsigner", signer, sizeof(signer), reterr);
	if (r == 0)
		r = get_hex(j, module, "attributes", attributes, sizeof(attributes), reterr);
	if (r == 0)
		r = get_hex(j, module, "attributesMask", mask, sizeof(mask), reterr);
	if (r < 0)
		return r;
	if (memcmp(signer, td->mrsignerseam, sizeof(signer)) != 0)
		return err_set(reterr, E_COLLATERAL, "the TDX module has another signer");
	for (size_t i = 0; i < sizeof(mask); i++)
		if (((uint8_t)(td->seam_attributes >> (8 * i)) & mask[i]) != attributes[i])
			return err_set(reterr, E_COLLATERAL,
				       "the TDX module has other attributes");
	return 0;
}

/* TDX 1.5 and later: byte 1 of TEE_TCB_SVN names the module's identity, byte 0 is its SVN. */
static int judge_module(const struct json *j, const struct tdx_body *td, struct tdx_tcb *tcb,
			struct err *reterr)
{
	const struct cJSON *list, *module;
	char id[16];
	int r;

	tcb->module = TDX_UP_TO_DATE;
	if (td->tee_tcb_svn[1] == 0) {
		r = json_get_object(j, j->root, "tdxModule", &module, reterr);
		return r < 0 ? r : match_module(j, module, td, reterr);
	}
	(void)snprintf(id, sizeof(id), "TDX_%02x", td->tee_tcb_svn[1]);
	r = json_get_array(j, j->root, "tdxModuleIdentities", &list, reterr);
	if (r < 0)
		return r;
	for (size_t i = 0; i < json_count(list); i++) {
		const char *name;

		module = json_at(list, i);
		r = json_get_string(j, module, "id", &name, reterr);
		if (r < 0)
			return r;
		if (strcasecmp(name, id) != 0)
			continue;
		r = match_module(j, module, td, reterr);
		return r < 0 ? r : judge_isvsvn(j, module, td->tee_tcb_svn[0], tcb, &tcb->module,
						reterr);
	}
	return err_set(reterr, E_COLLATERAL, "TCB info does not know TDX module %s", id);
}

/* Does every component from `first` on reach what the level wants? 1 or 0. */
static int components_reach(const struct json *j, const struct cJSON *tcb, const char *key,
			    const uint8_t *have, size_t first, struct err *reterr)
{
	const struct cJSON *list;
	int r = json_get_array(j, tcb, key, &list, reterr), reached = 1;

	if (r < 0)
		return r;
	if (json_count(list) != COMPONENTS)
		return json_fail(j, tcb, key, "16 components expected", reterr);
	for (size_t i = 0; i < COMPONENTS; i++) {
		uint64_t svn;

		r = json_get_u64(j, json_at(list, i), "svn", SVN_MAX, &svn, reterr);
		if (r < 0)
			return r;
		if (i >= first && have[i] < svn)
			reached = 0;
	}
	return reached;
}

static int level_reached(const struct json *j, const struct cJSON *level, const struct tdx_pck *pck,
			 const struct tdx_body *td, struct err *reterr)
{
	/* the module's own SVNs, bytes 0 and 1, count by its identity where there is one */
	size_t first = td->tee_tcb_svn[1] > 0 ? 2 : 0;
	const struct cJSON *tcb;
	uint64_t pcesvn;
	int r, sgx, tdx;

	r = json_get_object(j, level, "tcb", &tcb, reterr);
	if (r == 0)
		r = json_get_u64(j, tcb, "pcesvn", UINT16_MAX, &pcesvn, reterr);
	if (r < 0)
		return r;
	sgx = components_reach(j, tcb, "sgxtcbcomponents", pck->component, 0, reterr);
	if (sgx < 0)
		return sgx;
	tdx = components_reach(j, tcb, "tdxtcbcomponents", td->tee_tcb_svn, first, reterr);
	if (tdx < 0)
		return tdx;
	return sgx && tdx && pck->pcesvn >= pcesvn;
}

static int judge_platform(const struct json *j, const struct tdx_pck *pck,
			  const struct tdx_body *td, struct tdx_tcb *tcb, struct err *reterr)
{
	const struct cJSON *levels;
	const char *date;
	int r = json_get_array(j, j->root, "tcbLevels", &levels, reterr);

	if (r < 0)
		return r;
	tcb->platform = TDX_STATUS_UNKNOWN;
	for (size_t i = 0; i < json_count(levels) && i < LEVELS_MAX; i++) {
		const struct cJSON *level = json_at(levels, i);

		r = level_reached(j, level, pck, td, reterr);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		r = json_get_string(j, level, "tcbDate", &date, reterr);
		if (r < 0)
			return r;
		(void)snprintf(tcb->date, sizeof(tcb->date), "%s", date);
		return level_status(j, level, tcb, &tcb->platform, reterr);
	}
	return 0;
}

int tdx_tcb_judge(const uint8_t *body, size_t len, const struct tdx_pck *pck,
		  const struct tdx_body *td, struct tdx_tcb *ret, struct err *reterr)
{
	_cleanup_json_ struct json j = {0};
	struct tdx_tcb tcb = *ret;
	struct tdx_head head;
	int r;

	r = tdx_head_read(body, len, "TCB info", &head, reterr);
	if (r < 0)
		return r;
	if (strcmp(head.id, "TDX") != 0 || memcmp(head.fmspc, pck->fmspc, sizeof(head.fmspc)) != 0 ||
	    memcmp(head.pceid, pck->pceid, sizeof(head.pceid)) != 0)
		return err_set(reterr, E_COLLATERAL, "TCB info is of another platform");
	r = json_parse(&j, "TCB info", E_COLLATERAL_MALFORMED, body, len, reterr);
	if (r < 0)
		return r;
	r = judge_module(&j, td, &tcb, reterr);
	if (r == 0)
		r = judge_platform(&j, pck, td, &tcb, reterr);
	if (r < 0)
		return r;
	tcb.judged = true;
	tcb.evaluation = head.evaluation;
	settle(&tcb);
	*ret = tcb;
	return 0;
}

static bool masked_equal(const uint8_t *have, const uint8_t *mask, const uint8_t *want, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((have[i] & mask[i]) != want[i])
			return false;
	return true;
}

static int match_qe(const struct json *j, const struct sgx_report *qe, struct err *reterr)
{
	uint8_t misc[4], misc_mask[4], attributes[16], mask[16], signer[32], have[4];
	uint64_t product;
	int r;

	r = get_hex(j, j->root, "miscselect", misc, sizeof(misc), reterr);
	if (r == 0)
		r = get_hex(j, j->root, "miscselectMask", misc_mask, sizeof(misc_mask), reterr);
	if (r == 0)
		r = get_hex(j, j->root, "attributes", attributes, sizeof(attributes), reterr);
	if (r == 0)
		r = get_hex(j, j->root, "attributesMask", mask, sizeof(mask), reterr);
	if (r == 0)
		r = get_hex(j, j->root, "mrsigner", signer, sizeof(signer), reterr);
	if (r == 0)
		r = json_get_u64(j, j->root, "isvprodid", UINT16_MAX, &product, reterr);
	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(have); i++)
		have[i] = (uint8_t)(qe->miscselect >> (8 * i));
	if (!masked_equal(have, misc_mask, misc, sizeof(misc)))
		return err_set(reterr, E_QE_BINDING, "MISCSELECT 0x%08x", qe->miscselect);
	if (!masked_equal(qe->attributes, mask, attributes, sizeof(attributes)))
		return err_set(reterr, E_QE_BINDING, "other attributes");
	if (memcmp(qe->mrsigner, signer, sizeof(signer)) != 0)
		return err_set(reterr, E_QE_BINDING, "signed by another key");
	if (qe->isvprodid != product)
		return err_set(reterr, E_QE_BINDING, "product id %u", qe->isvprodid);
	return 0;
}

int tdx_qe_judge(const uint8_t *body, size_t len, const struct sgx_report *qe, struct tdx_tcb *ret,
		 struct err *reterr)
{
	_cleanup_json_ struct json j = {0};
	struct tdx_tcb tcb = *ret;
	int r;

	r = json_parse(&j, "QE identity", E_COLLATERAL_MALFORMED, body, len, reterr);
	if (r < 0)
		return r;
	r = match_qe(&j, qe, reterr);
	if (r == 0)
		r = judge_isvsvn(&j, j.root, qe->isvsvn, &tcb, &tcb.qe, reterr);
	if (r < 0)
		return r;
	settle(&tcb);
	*ret = tcb;
	return 0;
}
