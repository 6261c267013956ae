/* SPDX-License-Identifier: MIT */
#include "tdx_report.h"

#include "buf.h"
#include "crypto.h"

#include <stdio.h>
#include <string.h>

/* TDX Module ABI: REPORTMACSTRUCT, TEE_TCB_INFO_STRUCT and TDINFO_STRUCT lie behind each other. */
#define TCB_INFO_OFFSET 256
#define TCB_INFO_SIZE 239
#define TD_INFO_OFFSET 512
#define TD_INFO_SIZE 512

#define REPORT_TYPE_TDX 0x81
#define REPORT_VERSION_MAX 1

#define ATTR_KNOWN (TDX_ATTR_TUD | TDX_ATTR_LASS | TDX_ATTR_SEPT_VE_DISABLE | \
		    TDX_ATTR_MIGRATABLE | TDX_ATTR_PKS | TDX_ATTR_KL | TDX_ATTR_TPA | \
		    TDX_ATTR_PERFMON)

static void take(struct cursor *c, void *out, size_t len)
{
	const uint8_t *p = cursor_take(c, len);

	if (p)
		memcpy(out, p, len);
}

static bool all_zero(const uint8_t *p, size_t len)
{
	uint8_t any = 0;

	for (size_t i = 0; p && i < len; i++)
		any |= p[i];
	return any == 0;
}

static int read_mac_struct(struct tdx_report *r, struct cursor *c, struct err *reterr)
{
	uint8_t type = cursor_u8(c), subtype = cursor_u8(c);

	r->version = cursor_u8(c);
	if (type != REPORT_TYPE_TDX || subtype != 0)
		return err_set(reterr, E_TDX_MALFORMED, "TDREPORT: of type 0x%02x/0x%02x, not of a TD",
			       type, subtype);
	if (r->version > REPORT_VERSION_MAX)
		return err_set(reterr, E_TDX_MALFORMED, "TDREPORT: version %u is not known",
			       r->version);
	if (!all_zero(cursor_take(c, 13), 13))
		return err_set(reterr, E_TDX_MALFORMED, "TDREPORT: reserved bytes are not zero");
	take(c, r->cpusvn, sizeof(r->cpusvn));
	take(c, r->tee_tcb_info_hash, TDX_MEASUREMENT);
	take(c, r->tee_info_hash, TDX_MEASUREMENT);
	take(c, r->td.report_data, TDX_REPORT_DATA);
	if (!all_zero(cursor_take(c, 32), 32))
		return err_set(reterr, E_TDX_MALFORMED, "TDREPORT: reserved bytes are not zero");
	return 0;
}

int tdx_report_parse(struct tdx_report *ret, const uint8_t *bytes, size_t len, struct err *reterr)
{
	struct tdx_report r = {.bytes = bytes, .td.has_servtd = true};
	struct tdx_body *td = &r.td;
	struct cursor c = CURSOR(bytes, len);
	int rc;

	if (len != TDX_REPORT_SIZE)
		return err_set(reterr, E_TDX_MALFORMED, "TDREPORT: %zu bytes, not %d", len,
			       TDX_REPORT_SIZE);
	rc = read_mac_struct(&r, &c, reterr);
	if (rc < 0)
		return rc;
	c = CURSOR(bytes + TCB_INFO_OFFSET, TCB_INFO_SIZE);
	(void)cursor_take(&c, 8);	/* which fields are valid: the same in every report seen */
	take(&c, td->tee_tcb_svn, TDX_SVN);
	take(&c, td->mrseam, TDX_MEASUREMENT);
	take(&c, td->mrsignerseam, TDX_MEASUREMENT);
	td->seam_attributes = cursor_le64(&c);
	take(&c, td->tee_tcb_svn2, TDX_SVN);
	c = CURSOR(bytes + TD_INFO_OFFSET, TD_INFO_SIZE);
	td->attributes = cursor_le64(&c);
	td->xfam = cursor_le64(&c);
	take(&c, td->mrtd, TDX_MEASUREMENT);
	take(&c, td->mrconfigid, TDX_MEASUREMENT);
	take(&c, td->mrowner, TDX_MEASUREMENT);
	take(&c, td->mrownerconfig, TDX_MEASUREMENT);
	take(&c, td->rtmr, sizeof(td->rtmr));
	take(&c, td->mrservtd, TDX_MEASUREMENT);
	if (c.failed)
		return err_set(reterr, E_TDX_MALFORMED, "TDREPORT: too short");
	*ret = r;
	return 0;
}

static void check_hash(struct verdict *v, const char *name, const uint8_t *bytes, size_t len,
		       const uint8_t *stated)
{
	uint8_t digest[DIGEST_MAX] = {0};
	struct err e = {0};

	if (crypto_hash(HASH_SHA384, bytes, len, digest, &e) < 0)
		(void)verdict_result(v, E_CRYPTO, name, -E_CRYPTO, "SHA-384", &e);
	else
		(void)verdict_equal(v, E_REPORT_BINDING, name, digest, stated, TDX_MEASUREMENT);
}

void tdx_report_check(const struct tdx_report *report, struct verdict *v)
{
	check_hash(v, "tdx-report.tcb-info-hash", report->bytes + TCB_INFO_OFFSET, TCB_INFO_SIZE,
		   report->tee_tcb_info_hash);
	check_hash(v, "tdx-report.td-info-hash", report->bytes + TD_INFO_OFFSET, TD_INFO_SIZE,
		   report->tee_info_hash);
	tdx_td_check(&report->td, "tdx-report", v);
}

void tdx_td_check(const struct tdx_body *td, const char *name, struct verdict *v)
{
	static const uint8_t zero[TDX_MEASUREMENT];
	uint64_t reserved = td->attributes & ~ATTR_KNOWN;
	char full[48];

	(void)snprintf(full, sizeof(full), "%s.td-attributes", name);
	(void)verdict_add(v, E_POLICY_TDX, full, reserved == 0, "no reserved bit set",
			  reserved ? "reserved bits 0x%016llx" : "no reserved bit set",
			  (unsigned long long)reserved);
	/* TDX Module ABI, MRSIGNERSEAM: zero for a module that is signed by Intel */
	(void)snprintf(full, sizeof(full), "%s.module-signer", name);
	(void)verdict_equal(v, E_POLICY_TDX, full, zero, td->mrsignerseam, TDX_MEASUREMENT);
	(void)snprintf(full, sizeof(full), "%s.module-attributes", name);
	(void)verdict_add(v, E_POLICY_TDX, full, td->seam_attributes == 0, "0", "0x%llx",
			  (unsigned long long)td->seam_attributes);
}
