/* SPDX-License-Identifier: MIT */
#include "snp_describe.h"

#include "json.h"

#include <stdio.h>
#include <time.h>

#define U64_TEXT 19

struct bit {
	uint64_t mask;
	const char *name;
};

static const struct bit policy_bits[] = {
	{SNP_POLICY_SMT, "smt"},
	{SNP_POLICY_MIGRATE_MA, "migrate-ma"},
	{SNP_POLICY_DEBUG, "debug"},
	{SNP_POLICY_SINGLE_SOCKET, "single-socket"},
	{SNP_POLICY_CXL, "cxl"},
	{SNP_POLICY_AES_256_XTS, "aes-256-xts"},
	{SNP_POLICY_RAPL_DIS, "rapl-disabled"},
	{SNP_POLICY_CIPHERTEXT_HIDING, "ciphertext-hiding"},
	{SNP_POLICY_PAGE_SWAP_DISABLE, "page-swap-disabled"},
};

static const struct bit platform_bits[] = {
	{SNP_PLATFORM_SMT, "smt"},
	{SNP_PLATFORM_TSME, "tsme"},
	{SNP_PLATFORM_ECC, "ecc"},
	{SNP_PLATFORM_RAPL_DIS, "rapl-disabled"},
	{SNP_PLATFORM_CIPHERTEXT_HIDING, "ciphertext-hiding"},
	{SNP_PLATFORM_ALIAS_CHECK, "alias-check"},
	{SNP_PLATFORM_TIO, "tio"},
};

static void add_u64(struct cJSON *obj, const char *key, uint64_t value, bool *ok)
{
	char text[U64_TEXT];

	(void)snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
	json_add_string(obj, key, text, ok);
}

static void add_bits(struct cJSON *obj, const char *key, uint64_t value, const struct bit *bits,
		     size_t count, bool *ok)
{
	struct cJSON *object = json_add_object(obj, key, ok);

	for (size_t i = 0; object && i < count; i++)
		json_add_bool(object, bits[i].name, value & bits[i].mask, ok);
}

/* raw: as in the report, for a certificate NULL. */
static void add_tcb(struct cJSON *obj, const char *key, const struct snp_tcb *t, const uint8_t *raw,
		    bool *ok)
{
	struct cJSON *object = json_add_object(obj, key, ok);

	if (!object)
		return;
	if (t->has_fmc)
		json_add_number(object, "fmc", t->fmc, ok);
	json_add_number(object, "bootloader", t->bootloader, ok);
	json_add_number(object, "tee", t->tee, ok);
	json_add_number(object, "snp", t->snp, ok);
	json_add_number(object, "microcode", t->microcode, ok);
	if (raw)
		json_add_hex(object, "bytes", raw, sizeof(t->raw), ok);
}

static void add_version(struct cJSON *obj, const char *key, const struct snp_version *v, bool *ok)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u.%u.%u", v->major, v->minor, v->build);
	json_add_string(obj, key, text, ok);
}

static void add_policy(const struct snp_report *r, struct cJSON *obj, bool *ok)
{
	char abi[8];

	(void)snprintf(abi, sizeof(abi), "%u.%u", r->policy_abi_major, r->policy_abi_minor);
	add_u64(obj, "policy", r->policy, ok);
	json_add_string(obj, "policy_abi", abi, ok);
	add_bits(obj, "policy_bits", r->policy, policy_bits, ARRAY_SIZE(policy_bits), ok);
}

static void add_cpuid(const struct snp_report *r, struct cJSON *obj, bool *ok)
{
	struct cJSON *object;

	json_add_string(obj, "product", snp_product_name(r->product), ok);
	object = r->has_cpuid ? json_add_object(obj, "cpuid", ok) : NULL;
	if (!object)
		return;
	json_add_number(object, "family", r->cpuid_family, ok);
	json_add_number(object, "model", r->cpuid_model, ok);
	json_add_number(object, "stepping", r->cpuid_stepping, ok);
}

static void add_digests(const struct snp_report *r, struct cJSON *obj, bool *ok)
{
	json_add_hex(obj, "report_data", r->report_data, sizeof(r->report_data), ok);
	json_add_hex(obj, "measurement", r->measurement, sizeof(r->measurement), ok);
	json_add_hex(obj, "host_data", r->host_data, sizeof(r->host_data), ok);
	json_add_hex(obj, "id_key_digest", r->id_key_digest, sizeof(r->id_key_digest), ok);
	json_add_hex(obj, "author_key_digest", r->author_key_digest, sizeof(r->author_key_digest), ok);
	json_add_hex(obj, "report_id", r->report_id, sizeof(r->report_id), ok);
	json_add_hex(obj, "report_id_ma", r->report_id_ma, sizeof(r->report_id_ma), ok);
}

void snp_report_describe(const struct snp_report *r, struct cJSON *obj, bool *ok)
{
	json_add_number(obj, "version", r->version, ok);
	json_add_number(obj, "guest_svn", r->guest_svn, ok);
	add_policy(r, obj, ok);
	json_add_hex(obj, "family_id", r->family_id, sizeof(r->family_id), ok);
	json_add_hex(obj, "image_id", r->image_id, sizeof(r->image_id), ok);
	json_add_number(obj, "vmpl", r->vmpl, ok);
	json_add_number(obj, "signature_algorithm", r->signature_algorithm, ok);
	add_u64(obj, "platform_info", r->platform_info, ok);
	add_bits(obj, "platform_bits", r->platform_info, platform_bits, ARRAY_SIZE(platform_bits), ok);
	json_add_string(obj, "signing_key", snp_signing_key_name(r->signing_key), ok);
	json_add_bool(obj, "author_key_en", r->author_key_en, ok);
	json_add_bool(obj, "mask_chip_key", r->mask_chip_key, ok);
	add_digests(r, obj, ok);
	add_cpuid(r, obj, ok);
	json_add_hex(obj, "chip_id", r->chip_id, sizeof(r->chip_id), ok);
	json_add_bool(obj, "chip_id_masked", snp_chip_id_masked(r), ok);
	add_tcb(obj, "current_tcb", &r->current_tcb, r->current_tcb.raw, ok);
	add_tcb(obj, "reported_tcb", &r->reported_tcb, r->reported_tcb.raw, ok);
	add_tcb(obj, "committed_tcb", &r->committed_tcb, r->committed_tcb.raw, ok);
	add_tcb(obj, "launch_tcb", &r->launch_tcb, r->launch_tcb.raw, ok);
	add_version(obj, "current_version", &r->current_version, ok);
	add_version(obj, "committed_version", &r->committed_version, ok);
	if (r->has_mitigation) {
		add_u64(obj, "launch_mitigation_vector", r->launch_mitigation, ok);
		add_u64(obj, "current_mitigation_vector", r->current_mitigation, ok);
	}
	json_add_hex(obj, "signature_r", r->r, sizeof(r->r), ok);
	json_add_hex(obj, "signature_s", r->s, sizeof(r->s), ok);
}

static void add_time(struct cJSON *obj, const char *key, int64_t seconds, bool *ok)
{
	time_t t = (time_t)seconds;
	char text[32];
	struct tm tm;

	if (gmtime_r(&t, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		json_add_string(obj, key, text, ok);
}

void snp_leaf_describe(const struct snp_leaf *leaf, struct cJSON *obj, bool *ok)
{
	struct cJSON *object = leaf->cert ? json_add_object(obj, "certificate", ok) : NULL;
	int64_t not_before, not_after;
	char issuer[X509_NAME_MAX];

	if (!object)
		return;
	x509_issuer_cn(leaf->cert, issuer);
	x509_validity(leaf->cert, &not_before, &not_after);
	json_add_string(object, "kind", leaf->vlek ? "VLEK" : "VCEK", ok);
	json_add_string(object, "product", snp_product_name(leaf->product), ok);
	json_add_string(object, "issuer", issuer, ok);
	add_time(object, "not_before", not_before, ok);
	add_time(object, "not_after", not_after, ok);
	add_tcb(object, "tcb", &leaf->tcb, NULL, ok);
	if (leaf->vlek)
		json_add_string(object, "csp_id", leaf->csp_id, ok);
	else
		json_add_hex(object, "chip_id", leaf->chip_id, leaf->chip_id_len, ok);
}
