/* SPDX-License-Identifier: MIT */
#include "snp_report.h"

#include "buf.h"

#include <stdio.h>
#include <string.h>

#define VERSION_MIN 2
#define VERSION_MAX 5
#define VERSION_CPUID 3
#define VERSION_MITIGATION 5

#define KEY_INFO_AUTHOR 1u
#define KEY_INFO_MASK_CHIP 2u
#define KEY_INFO_SIGNING_SHIFT 2
#define KEY_INFO_RESERVED (~0x1fu)

#define FAMILY_ZEN3_4 0x19
#define FAMILY_ZEN5 0x1a

const char *snp_product_name(enum snp_product p)
{
	static const char *const names[] = {"unknown", "Milan", "Genoa", "Turin"};

	return (unsigned)p < ARRAY_SIZE(names) ? names[p] : names[SNP_UNKNOWN];
}

enum snp_product snp_product_of_cpuid(uint8_t family, uint8_t model)
{
	if (family == FAMILY_ZEN3_4 && model <= 0x0f)
		return SNP_MILAN;
	/* 0xa0: Bergamo and Siena, which have Genoa's keys */
	if (family == FAMILY_ZEN3_4 && ((model & 0xf0) == 0x10 || (model & 0xf0) == 0xa0))
		return SNP_GENOA;
	if (family == FAMILY_ZEN5 && model <= 0x11)
		return SNP_TURIN;
	return SNP_UNKNOWN;
}

const char *snp_signing_key_name(uint8_t key)
{
	switch (key) {
	case SNP_KEY_VCEK:
		return "VCEK";
	case SNP_KEY_VLEK:
		return "VLEK";
	case SNP_KEY_NONE:
		return "none";
	default:
		return "reserved";
	}
}

bool snp_tcb_equal(const struct snp_tcb *a, const struct snp_tcb *b)
{
	return a->has_fmc == b->has_fmc && a->fmc == b->fmc && a->bootloader == b->bootloader &&
	       a->tee == b->tee && a->snp == b->snp && a->microcode == b->microcode;
}

void snp_tcb_text(const struct snp_tcb *t, char out[SNP_TCB_TEXT])
{
	char fmc[12] = "";

	if (t->has_fmc)
		(void)snprintf(fmc, sizeof(fmc), "fmc %u ", t->fmc);
	(void)snprintf(out, SNP_TCB_TEXT, "%sbootloader %u tee %u snp %u microcode %u", fmc,
		       t->bootloader, t->tee, t->snp, t->microcode);
}

static bool all(const uint8_t *p, size_t len, uint8_t value)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != value)
			return false;
	return true;
}

bool snp_chip_id_masked(const struct snp_report *r)
{
	return all(r->chip_id, sizeof(r->chip_id), 0);
}

static int malformed(struct err *reterr, const char *what)
{
	return err_set(reterr, E_REPORT_MALFORMED, "%s", what);
}

static void copy(struct cursor *c, uint8_t *out, size_t len)
{
	const uint8_t *p = cursor_take(c, len);

	if (p)
		memcpy(out, p, len);
}

static bool take_zero(struct cursor *c, size_t len)
{
	const uint8_t *p = cursor_take(c, len);

	return p && all(p, len, 0);
}

static void take_tcb(struct cursor *c, struct snp_tcb *t)
{
	copy(c, t->raw, sizeof(t->raw));
}

static bool take_version(struct cursor *c, struct snp_version *v)
{
	v->build = cursor_u8(c);
	v->minor = cursor_u8(c);
	v->major = cursor_u8(c);
	return take_zero(c, 1);
}

/* Turin has another layout. Reserved bytes: false if one is set. */
static bool split_tcb(struct snp_tcb *t, bool has_fmc)
{
	const uint8_t *b = t->raw;

	t->has_fmc = has_fmc;
	t->microcode = b[7];
	if (has_fmc) {
		t->fmc = b[0];
		t->bootloader = b[1];
		t->tee = b[2];
		t->snp = b[3];
		return all(b + 4, 3, 0);
	}
	t->bootloader = b[0];
	t->tee = b[1];
	t->snp = b[6];
	return all(b + 2, 4, 0);
}

/*
 * Without CPUID the one sign of Turin is its short chip id. A wrong guess can't pass: the certificate
 * has the chip id in its own length, and its TCB is compared with the layout.
 */
static bool turin_layout(const struct snp_report *r)
{
	if (r->has_cpuid)
		return r->cpuid_family >= FAMILY_ZEN5;
	return !snp_chip_id_masked(r) && all(r->chip_id + 8, SNP_CHIP_ID - 8, 0);
}

static int split_tcbs(struct snp_report *r, struct err *reterr)
{
	struct snp_tcb *tcbs[] = {&r->current_tcb, &r->reported_tcb, &r->committed_tcb, &r->launch_tcb};
	bool has_fmc = turin_layout(r);

	for (size_t i = 0; i < ARRAY_SIZE(tcbs); i++)
		if (!split_tcb(tcbs[i], has_fmc))
			return malformed(reterr, "a reserved byte of a TCB version is set");
	return 0;
}

static int parse_key_info(struct snp_report *r, uint32_t info, struct err *reterr)
{
	if (info & KEY_INFO_RESERVED)
		return malformed(reterr, "a reserved bit of the key info is set");
	r->author_key_en = info & KEY_INFO_AUTHOR;
	r->mask_chip_key = info & KEY_INFO_MASK_CHIP;
	r->signing_key = (uint8_t)(info >> KEY_INFO_SIGNING_SHIFT);
	return 0;
}

/* Offsets 0 to 0x9f. */
static int parse_head(struct snp_report *r, struct cursor *c, struct err *reterr)
{
	r->version = cursor_le32(c);
	if (r->version < VERSION_MIN || r->version > VERSION_MAX)
		return err_set(reterr, E_REPORT_MALFORMED, "report version %u is not %d to %d", r->version,
			       VERSION_MIN, VERSION_MAX);
	r->guest_svn = cursor_le32(c);
	r->policy = cursor_le64(c);
	r->policy_abi_minor = (uint8_t)r->policy;
	r->policy_abi_major = (uint8_t)(r->policy >> 8);
	copy(c, r->family_id, sizeof(r->family_id));
	copy(c, r->image_id, sizeof(r->image_id));
	r->vmpl = cursor_le32(c);
	r->signature_algorithm = cursor_le32(c);
	take_tcb(c, &r->current_tcb);
	r->platform_info = cursor_le64(c);
	if (parse_key_info(r, cursor_le32(c), reterr) < 0)
		return -E_REPORT_MALFORMED;
	if (!take_zero(c, 4))
		return malformed(reterr, "reserved bytes at 0x4c are set");
	return 0;
}

static int parse_cpuid(struct snp_report *r, struct cursor *c, struct err *reterr)
{
	r->has_cpuid = r->version >= VERSION_CPUID;
	if (r->has_cpuid) {
		r->cpuid_family = cursor_u8(c);
		r->cpuid_model = cursor_u8(c);
		r->cpuid_stepping = cursor_u8(c);
		r->product = snp_product_of_cpuid(r->cpuid_family, r->cpuid_model);
	}
	if (!take_zero(c, r->has_cpuid ? 21 : 24))
		return malformed(reterr, "reserved bytes at 0x188 are set");
	return 0;
}

/* Offsets 0x50 to 0x29f. */
static int parse_body(struct snp_report *r, struct cursor *c, struct err *reterr)
{
	copy(c, r->report_data, sizeof(r->report_data));
	copy(c, r->measurement, sizeof(r->measurement));
	copy(c, r->host_data, sizeof(r->host_data));
	copy(c, r->id_key_digest, sizeof(r->id_key_digest));
	copy(c, r->author_key_digest, sizeof(r->author_key_digest));
	copy(c, r->report_id, sizeof(r->report_id));
	copy(c, r->report_id_ma, sizeof(r->report_id_ma));
	take_tcb(c, &r->reported_tcb);
	if (parse_cpuid(r, c, reterr) < 0)
		return -E_REPORT_MALFORMED;
	copy(c, r->chip_id, sizeof(r->chip_id));
	take_tcb(c, &r->committed_tcb);
	if (!take_version(c, &r->current_version) || !take_version(c, &r->committed_version))
		return malformed(reterr, "a reserved byte of a firmware version is set");
	take_tcb(c, &r->launch_tcb);
	r->has_mitigation = r->version >= VERSION_MITIGATION;
	if (r->has_mitigation) {
		r->launch_mitigation = cursor_le64(c);
		r->current_mitigation = cursor_le64(c);
	}
	if (!take_zero(c, r->has_mitigation ? 152 : 168))
		return malformed(reterr, "reserved bytes behind the launch TCB are set");
	return split_tcbs(r, reterr);
}

/* 72 bytes, little endian, of which 48 can be used. */
static bool take_scalar(struct cursor *c, uint8_t out[SNP_SCALAR])
{
	const uint8_t *p = cursor_take(c, SNP_SCALAR);

	for (size_t i = 0; p && i < SNP_SCALAR; i++)
		out[i] = p[SNP_SCALAR - 1 - i];
	return take_zero(c, 72 - SNP_SCALAR);
}

int snp_report_parse(struct snp_report *ret, const uint8_t *bytes, size_t len, struct err *reterr)
{
	struct snp_report r = {.bytes = bytes};
	struct cursor c = CURSOR(bytes, len);

	if (len != SNP_REPORT_SIZE)
		return err_set(reterr, E_REPORT_MALFORMED, "%zu bytes, a report has %d", len,
			       SNP_REPORT_SIZE);
	if (parse_head(&r, &c, reterr) < 0 || parse_body(&r, &c, reterr) < 0)
		return -E_REPORT_MALFORMED;
	if (!take_scalar(&c, r.r) || !take_scalar(&c, r.s) || !take_zero(&c, 368))
		return malformed(reterr, "reserved bytes of the signature are set");
	if (c.failed || c.left != 0)
		return err_set(reterr, E_INTERNAL, "layout of the report");
	*ret = r;
	return 0;
}
