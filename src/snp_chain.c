/* SPDX-License-Identifier: MIT */
#include "snp_chain.h"

#include "roots.h"

#include <stdio.h>
#include <string.h>

#define SIGNATURE_ECDSA_P384_SHA384 1
#define CHAIN_LENGTH 3		/* VCEK, ASK, ARK */

/* How near a leaf is to the report: so that of many the right one is judged, or the best message had. */
static int nearness(const struct snp_leaf *leaf, const struct snp_report *r)
{
	if (snp_leaf_fits(leaf, r))
		return 4;
	if (leaf->vlek != (r->signing_key == SNP_KEY_VLEK))
		return 1;
	return !leaf->vlek && memcmp(leaf->chip_id, r->chip_id, SNP_CHIP_ID) == 0 ? 3 : 2;
}

/* ret->cert stays NULL when there is none; then the reason is in *e, if a certificate gave one. */
static void pick_leaf(const struct snp_report *r, const struct x509_list *certs,
		      struct snp_leaf *ret, struct err *e)
{
	int best = 0;

	*ret = (struct snp_leaf){0};
	for (size_t i = 0; i < certs->count; i++) {
		struct snp_leaf leaf;

		/* the reason of a certificate that is no CA counts, whatever its name */
		if (snp_leaf_read(&leaf, certs->cert[i], x509_is_ca(certs->cert[i]) ? NULL : e) < 0)
			continue;
		if (nearness(&leaf, r) > best) {
			best = nearness(&leaf, r);
			*ret = leaf;
		}
	}
}

static bool check_leaf(const struct snp_report *r, const struct x509_list *certs,
		       struct snp_leaf *leaf, struct verdict *v)
{
	struct err e = {0};

	pick_leaf(r, certs, leaf, &e);
	if (leaf->cert)
		return verdict_add(v, E_CERT_BINDING, "snp-report.certificate", true,
				   "a VCEK or VLEK certificate", "%s", leaf->vlek ? "VLEK" : "VCEK");
	return verdict_add(v, e.code ? E_CERT_BINDING : E_EVIDENCE_OFFLINE, "snp-report.certificate",
			   false, "a VCEK or VLEK certificate", "%s", e.code ? e.msg : "none given");
}

/* What the report says about itself. */
static bool check_report(const struct snp_report *r, struct verdict *v)
{
	uint64_t wrong = (r->policy & SNP_POLICY_RESERVED) | (~r->policy & SNP_POLICY_ONE);
	bool ok;

	ok = verdict_add(v, E_SIGNATURE, "snp-report.signature-algorithm",
			 r->signature_algorithm == SIGNATURE_ECDSA_P384_SHA384,
			 "1 (ECDSA P-384 with SHA-384)", "%u", r->signature_algorithm);
	ok &= verdict_add(v, E_REPORT_MALFORMED, "snp-report.policy-reserved", wrong == 0,
			  "bit 17 set, bits 26 to 63 clear", "0x%llx", (unsigned long long)r->policy);
	return ok;
}

static bool check_kind(const struct snp_report *r, const struct snp_leaf *leaf, struct verdict *v)
{
	bool same = r->signing_key == (leaf->vlek ? SNP_KEY_VLEK : SNP_KEY_VCEK);

	return verdict_add(v, E_CERT_BINDING, "snp-report.signing-key", same,
			   leaf->vlek ? "VLEK, as the certificate" : "VCEK, as the certificate", "%s",
			   snp_signing_key_name(r->signing_key));
}

static bool check_chip_id(const struct snp_report *r, const struct snp_leaf *leaf, struct verdict *v)
{
	if (leaf->vlek)		/* a cloud's key for all its chips */
		return true;
	if (snp_chip_id_masked(r))
		return verdict_add(v, E_CERT_BINDING, "snp-report.chip-id", false,
				   "the chip id of the certificate", "all zero: masked by the host");
	return verdict_equal(v, E_CERT_BINDING, "snp-report.chip-id", leaf->chip_id, r->chip_id,
			     SNP_CHIP_ID);
}

static bool check_tcb(const struct snp_report *r, const struct snp_leaf *leaf, struct verdict *v)
{
	char want[SNP_TCB_TEXT], got[SNP_TCB_TEXT];

	snp_tcb_text(&leaf->tcb, want);
	snp_tcb_text(&r->reported_tcb, got);
	return verdict_add(v, E_CERT_BINDING, "snp-report.reported-tcb",
			   snp_tcb_equal(&leaf->tcb, &r->reported_tcb), want, "%s", got);
}

/* Version 2 has no CPUID: there the signature alone binds the product. */
static bool check_product(const struct snp_report *r, const struct snp_leaf *leaf, struct verdict *v)
{
	if (!r->has_cpuid)
		return true;
	return verdict_add(v, E_CERT_BINDING, "snp-report.product", r->product == leaf->product,
			   snp_product_name(leaf->product), "%s (CPUID family 0x%x model 0x%x)",
			   snp_product_name(r->product), r->cpuid_family, r->cpuid_model);
}

/* The intermediate that AMD has for this kind and product: "SEV-Milan", "SEV-VLEK-Milan". */
static bool check_issuer(const struct snp_leaf *leaf, const struct x509_path *path,
			 struct verdict *v)
{
	char want[X509_NAME_MAX], got[X509_NAME_MAX];

	(void)snprintf(want, sizeof(want), "SEV-%s%s", leaf->vlek ? "VLEK-" : "",
		       snp_product_name(leaf->product));
	x509_subject_cn(path->cert[1], got);
	return verdict_add(v, E_CERT_CHAIN, "snp-report.issuer",
			   path->count == CHAIN_LENGTH && strcmp(want, got) == 0, want,
			   "%s in a chain of %zu", got, path->count);
}

/* Certificates that were given under the name of a CA of the chain, but are others. */
static bool check_impostors(const struct x509_list *certs, const struct x509_path *path,
			    struct verdict *v)
{
	char name[X509_NAME_MAX] = "";

	for (size_t i = 0; i < certs->count; i++)
		for (size_t j = 1; j < path->count; j++)
			if (x509_same_subject(certs->cert[i], path->cert[j]) &&
			    !x509_equal(certs->cert[i], path->cert[j]))
				x509_subject_cn(certs->cert[i], name);
	return verdict_add(v, E_CERT_CHAIN, "snp-report.ca-certificates", name[0] == '\0',
			   "no other certificate with a CA's name", "%s%s",
			   name[0] ? "another certificate says that it is " : "none", name);
}

static int collect_pool(const struct x509_list *certs, struct x509_list *pool, struct err *reterr)
{
	for (size_t i = 0; i < certs->count; i++) {
		int r = x509_list_add(pool, certs->cert[i], reterr);

		if (r < 0)
			return r;
	}
	return roots_intermediates(ROOT_AMD, pool, reterr);
}

static bool check_chain(const struct snp_leaf *leaf, const struct x509_list *certs,
			const struct x509_list *roots, int64_t at, struct verdict *v)
{
	_cleanup_x509_list_ struct x509_list pool = {0};
	struct x509_path path;
	struct err e = {0};
	bool ok;
	int r;

	r = collect_pool(certs, &pool, &e);
	if (r == 0)
		r = x509_verify(leaf->cert, &pool, roots, NULL, at, &path, &e);
	if (!verdict_result(v, E_CERT_CHAIN, "snp-report.chain", r, "a chain to a trusted root", &e))
		return false;
	if (path.count < 2)
		return verdict_add(v, E_CERT_CHAIN, "snp-report.issuer", false, "an intermediate",
				   "the certificate of the key is a root itself");
	ok = check_issuer(leaf, &path, v);
	return check_impostors(certs, &path, v) && ok;
}

static bool check_signature(const struct snp_report *r, const struct snp_leaf *leaf,
			    struct verdict *v)
{
	_cleanup_pubkey_ struct pubkey *key = NULL;
	uint8_t sig[2 * SNP_SCALAR];
	struct err e = {0};
	int ret;

	memcpy(sig, r->r, SNP_SCALAR);
	memcpy(sig + SNP_SCALAR, r->s, SNP_SCALAR);
	ret = x509_pubkey(leaf->cert, &key, &e);
	if (ret == 0)
		ret = pubkey_verify(key, SIG_ECDSA, HASH_SHA384, r->bytes, SNP_SIGNED_SIZE, sig,
				    sizeof(sig), &e);
	return verdict_result(v, E_SIGNATURE, "snp-report.signature", ret,
			      "a signature by the certificate's key", &e);
}

bool snp_verify(const struct snp_report *r, const struct x509_list *certs,
		const struct x509_list *roots, int64_t at, struct snp_leaf *ret, struct verdict *v)
{
	bool ok = check_report(r, v);

	if (!check_leaf(r, certs, ret, v))
		return false;
	ok &= check_signature(r, ret, v);
	ok &= check_chain(ret, certs, roots, at, v);
	ok &= check_kind(r, ret, v);
	ok &= check_product(r, ret, v);
	ok &= check_chip_id(r, ret, v);
	ok &= check_tcb(r, ret, v);
	return ok;
}
