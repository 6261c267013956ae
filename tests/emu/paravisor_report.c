/* SPDX-License-Identifier: MIT */
/*
 * The HCL report: header, hardware report, runtime JSON. The hardware report is built from the knobs
 * (AMD SEV-SNP ABI, table 23; Intel TDX Module ABI, TDREPORT_STRUCT) and handed to the test root.
 */
#include "paravisor.h"
#include "paravisor_sign.h"

#include "codec.h"
#include "crypto.h"

#include <stdio.h>
#include <string.h>

#define HEADER_SIZE 0x20
#define HARDWARE_SIZE 0x4a0
#define CLAIMS_AT (HEADER_SIZE + HARDWARE_SIZE)
#define JSON_AT 0x4d4

static void put_text(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

static void put_base64url(struct buf *b, const uint8_t *data, size_t len)
{
	char text[BASE64_SIZE(MODULUS_SIZE)];
	size_t n;

	base64_encode(text, data, len);
	n = strcspn(text, "=");
	for (size_t i = 0; i < n; i++)
		buf_put_u8(b, text[i] == '+' ? '-' : text[i] == '/' ? '_' : (uint8_t)text[i]);
}

static void put_key(struct buf *b, const char *kid, const char *op, const uint8_t *n)
{
	put_text(b, "{\"kid\":\"");
	put_text(b, kid);
	put_text(b, "\",\"key_ops\":[\"");
	put_text(b, op);
	put_text(b, "\"],\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"");
	put_base64url(b, n, MODULUS_SIZE);
	put_text(b, "\"}");
}

static void put_flag(struct buf *b, const char *name, bool value)
{
	put_text(b, "\"");
	put_text(b, name);
	put_text(b, value ? "\":true," : "\":false,");
}

static void put_user_data(struct paravisor *p, struct buf *b)
{
	uint8_t data[USER_DATA_SIZE];
	char hex[HEX_SIZE(USER_DATA_SIZE)];

	tpm_user_data(p, data);
	hex_encode(hex, data, sizeof(data));
	for (char *c = hex; p->knobs.user_data == USER_DATA_UPPER && *c; c++)
		if (*c >= 'a')
			*c = (char)(*c - 'a' + 'A');
	put_text(b, ",\"user-data\":\"");
	put_text(b, hex);
	put_text(b, "\"");
}

static void put_json(struct paravisor *p, struct buf *b)
{
	const struct knobs *k = &p->knobs;
	uint8_t another[MODULUS_SIZE];

	memset(another, 0xd5, sizeof(another));
	put_text(b, "{\"keys\":[");
	put_key(b, "HCLAkPub", "sign", p->ak);
	put_text(b, ",");
	put_key(b, "HCLEkPub", "encrypt", p->ek);
	if (k->json == JSON_SECOND_AK) {
		put_text(b, ",");
		put_key(b, "HCLAkPub", "sign", another);
	}
	put_text(b, "],\"vm-configuration\":{");
	put_flag(b, "console-enabled", k->console);
	put_flag(b, "interactive-console-enabled", k->interactive);
	put_flag(b, "secure-boot", k->secure_boot);
	if (k->json == JSON_DUPLICATE)
		put_flag(b, "secure-boot", !k->secure_boot);
	put_flag(b, "tpm-enabled", k->tpm);
	put_flag(b, "tpm-persisted", k->persisted);
	put_text(b, "\"vmUniqueId\":\"AB1EC0DE-0000-4000-8000-0000C0FFEE00\"}");
	if (k->user_data != USER_DATA_OMIT)
		put_user_data(p, b);
	put_text(b, k->json == JSON_TRAILING ? "}{}" : "}");
}

static void le(uint8_t *out, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(value >> (8 * i));
}

/* CPUID of the product, since version 3 */
static void put_cpuid(const struct knobs *k, uint8_t *r)
{
	bool turin = strcmp(k->product, "Turin") == 0, genoa = strcmp(k->product, "Genoa") == 0;

	if (k->version < 3)
		return;
	r[0x188] = turin ? 0x1a : 0x19;
	r[0x189] = turin ? 0x02 : genoa ? 0x11 : 0x01;
	r[0x18a] = 1;
}

static void snp_report(const struct paravisor *p, const uint8_t report_data[64], uint8_t *r)
{
	const struct knobs *k = &p->knobs;

	le(r + 0x000, k->version, 4);
	le(r + 0x004, k->guest_svn, 4);
	le(r + 0x008, k->policy, 8);
	r[0x010] = 1;					/* FAMILY_ID and IMAGE_ID as on Azure */
	r[0x020] = 2;
	le(r + 0x030, k->vmpl, 4);
	le(r + 0x034, 1, 4);				/* ECDSA P-384 with SHA-384 */
	memcpy(r + 0x038, k->tcb, 8);
	le(r + 0x040, k->platform_info, 8);
	memcpy(r + 0x050, report_data, 64);
	memcpy(r + 0x090, k->measurement, 48);
	memcpy(r + 0x0c0, k->host_data, 32);
	memcpy(r + 0x0e0, k->id_key, 48);
	memset(r + 0x140, 0x77, 32);			/* REPORT_ID */
	memset(r + 0x160, 0xff, 32);			/* no migration agent */
	memcpy(r + 0x180, k->tcb, 8);
	put_cpuid(k, r);
	memcpy(r + 0x1a0, k->chip, strcmp(k->product, "Turin") == 0 ? 8 : 64);
	memcpy(r + 0x1e0, k->tcb, 8);
	le(r + 0x1e8, 0x371f01, 3);			/* build, minor, major */
	le(r + 0x1ec, 0x371f01, 3);
	memcpy(r + 0x1f0, k->tcb, 8);
	if (k->version >= 5) {
		le(r + 0x1f8, 1, 8);
		le(r + 0x200, 1, 8);
	}
	sign_snp(p, r);
}

static void hash_384(const uint8_t *data, size_t len, uint8_t out[48])
{
	if (crypto_hash(HASH_SHA384, data, len, out, NULL) < 0)
		die("SHA-384");
}

static void td_report(const struct paravisor *p, const uint8_t report_data[64], uint8_t *r)
{
	const struct knobs *k = &p->knobs;
	uint8_t *tcb = r + 256, *td = r + 512;

	r[0] = 0x81;
	memset(r + 16, 0x0b, 16);			/* CPUSVN */
	memcpy(r + 128, report_data, 64);
	le(tcb, 0x1ff, 8);				/* VALID */
	tcb[8] = 5;					/* TEE_TCB_SVN */
	tcb[10] = 6;
	memset(tcb + 24, 0x5e, 48);			/* MRSEAM */
	le(td, k->td_attributes, 8);
	le(td + 8, 0x0618e7, 8);			/* XFAM */
	memcpy(td + 16, k->measurement, 48);
	hash_384(tcb, 239, r + 32);
	hash_384(td, 512, r + 80);
	sign_td(p, r);
}

static void fill_report_data(const struct knobs *k, const struct buf *json, uint8_t out[64])
{
	memset(out, 0, 64);
	if (crypto_sha256(json->data, json->len, out, NULL) < 0)
		die("SHA-256");
	if (k->report_data == REPORT_DATA_WRONG)
		out[5] ^= 1;
	if (k->report_data == REPORT_DATA_UPPER)
		out[63] = 1;
}

void report_make(struct paravisor *p)
{
	_cleanup_buf_ struct buf json = BUF_INIT(REPORT_SIZE - JSON_AT);
	uint8_t report_data[64], *r = p->report;

	put_json(p, &json);
	if (json.failed)
		die("the runtime JSON does not fit");
	fill_report_data(&p->knobs, &json, report_data);
	memset(r, 0, sizeof(p->report));
	memcpy(r, "HCLA", 4);
	le(r + 4, 2, 4);
	le(r + 8, CLAIMS_AT + 20 + json.len, 4);
	le(r + 12, 2, 4);				/* request: AK certificate */
	le(r + CLAIMS_AT, 20 + json.len, 4);
	le(r + CLAIMS_AT + 4, 1, 4);
	le(r + CLAIMS_AT + 8, p->knobs.tee == TEE_TDX ? 4 : 2, 4);
	le(r + CLAIMS_AT + 12, 1, 4);			/* bound by SHA-256 */
	le(r + CLAIMS_AT + 16, json.len, 4);
	memcpy(r + JSON_AT, json.data, json.len);
	if (p->knobs.tee == TEE_TDX)
		td_report(p, report_data, r + HEADER_SIZE);
	else
		snp_report(p, report_data, r + HEADER_SIZE);
}
