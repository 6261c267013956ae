/* SPDX-License-Identifier: MIT */
#include "snp_testpki.h"

#include "testpki.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#define AMD "1.3.6.1.4.1.3704.1."

static EVP_PKEY *ark_key, *ask_key, *leaf_key, *other_key, *other_leaf_key;

static void make_keys(void)
{
	if (ark_key)
		return;
	ark_key = EVP_RSA_gen(2048);
	ask_key = EVP_RSA_gen(2048);
	other_key = EVP_RSA_gen(2048);
	leaf_key = EVP_EC_gen("P-384");
	other_leaf_key = EVP_EC_gen("P-384");
	must(ark_key && ask_key && other_key && leaf_key && other_leaf_key, "making keys");
}

void snp_testpki_done(struct snp_testpki *p)
{
	buf_done(&p->ark);
	buf_done(&p->ask);
	buf_done(&p->leaf);
}

static X509_NAME *name_of(const char *cn)
{
	X509_NAME *n = X509_NAME_new();

	must(n && X509_NAME_add_entry_by_txt(n, "OU", MBSTRING_ASC, (const uint8_t *)"Engineering", -1, -1,
					     0) == 1 &&
	     X509_NAME_add_entry_by_txt(n, "O", MBSTRING_ASC,
					(const uint8_t *)"Advanced Micro Devices", -1, -1, 0) == 1 &&
	     X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const uint8_t *)cn, -1, -1, 0) == 1,
	     "making a name");
	return n;
}

static void add_extension(X509 *x, const char *oid, bool critical, const void *data, size_t len)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 0);
	X509_EXTENSION *e;

	must(value && object && ASN1_OCTET_STRING_set(value, data, (int)len) == 1, "an extension");
	e = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
	must(e && X509_add_ext(x, e, -1) == 1, "adding an extension");
	X509_EXTENSION_free(e);
	ASN1_OBJECT_free(object);
	ASN1_OCTET_STRING_free(value);
}

static void add_integer(X509 *x, const char *oid, uint8_t value)
{
	uint8_t der[4] = {0x02, 0x01, value};

	if (value >= 0x80) {
		der[1] = 2;
		der[2] = 0;
		der[3] = value;
	}
	add_extension(x, oid, false, der, 2u + der[1]);
}

static void add_text(X509 *x, const char *oid, const char *text)
{
	uint8_t der[130] = {0x16, (uint8_t)strlen(text)};

	must(strlen(text) < 128, "a text");
	memcpy(der + 2, text, strlen(text));
	add_extension(x, oid, false, der, 2 + strlen(text));
}

static void add_ca(X509 *x, bool ca)
{
	static const uint8_t yes[] = {0x30, 0x03, 0x01, 0x01, 0xff}, no[] = {0x30, 0x00};
	static const uint8_t key_cert_and_crl_sign[] = {0x03, 0x02, 0x01, 0x06};

	add_extension(x, "2.5.29.19", true, ca ? yes : no, ca ? sizeof(yes) : sizeof(no));
	add_extension(x, "2.5.29.15", true, key_cert_and_crl_sign, sizeof(key_cert_and_crl_sign));
}

static void set_names(X509 *x, const char *cn, const char *issuer)
{
	X509_NAME *subject = name_of(cn), *by = name_of(issuer);

	must(X509_set_subject_name(x, subject) == 1 && X509_set_issuer_name(x, by) == 1, "names");
	X509_NAME_free(subject);
	X509_NAME_free(by);
}

static EVP_MD_CTX *signer(const struct snp_testpki_spec *spec, EVP_PKEY *key)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	const EVP_MD *md = spec->sha256 ? EVP_sha256() : EVP_sha384();

	must(ctx && EVP_DigestSignInit(ctx, &pctx, md, NULL, key) == 1, "a signature");
	if (!spec->pkcs1)
		must(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) == 1,
		     "RSA-PSS");
	return ctx;
}

/* Takes x. */
static void finish(X509 *x, const struct snp_testpki_spec *spec, EVP_PKEY *by, struct buf *ret)
{
	EVP_MD_CTX *ctx = signer(spec, by);

	must(X509_sign_ctx(x, ctx) > 0, "signing a certificate");
	testpki_cert_finish(x, ret);
	EVP_MD_CTX_free(ctx);
}

static void add_spl(X509 *x, const struct snp_testpki_spec *spec)
{
	const struct snp_tcb *t = &spec->tcb;

	if (t->has_fmc)
		add_integer(x, AMD "3.9", t->fmc);
	add_integer(x, AMD "3.1", t->bootloader);
	add_integer(x, AMD "3.2", t->tee);
	if (!t->has_fmc)
		add_integer(x, AMD "3.4", 0);
	add_integer(x, AMD "3.5", 0);
	add_integer(x, AMD "3.6", 0);
	add_integer(x, AMD "3.7", 0);
	add_integer(x, AMD "3.3", t->snp);
	if (spec->ucode_spl)
		add_extension(x, AMD "3.8", false, spec->ucode_spl, spec->ucode_spl_len);
	else
		add_integer(x, AMD "3.8", t->microcode);
}

static void add_hwid(X509 *x, const struct snp_testpki_spec *spec)
{
	size_t len = spec->product == SNP_TURIN ? 8 : SNP_CHIP_ID;
	uint8_t wrapped[2 + SNP_CHIP_ID] = {0x04, (uint8_t)len};

	memcpy(wrapped + 2, spec->chip_id, len);
	if (spec->hwid_wrapped)
		add_extension(x, AMD "4", false, wrapped, 2 + len);
	else
		add_extension(x, AMD "4", false, wrapped + 2, len);
}

static void names_of(const struct snp_testpki_spec *spec, char ark[64], char ask[64])
{
	const char *product = snp_product_name(spec->product);

	(void)snprintf(ark, 64, "ARK-%s", product);
	(void)snprintf(ask, 64, "SEV-%s%s", spec->vlek ? "VLEK-" : "", product);
	if (spec->ark_cn)
		(void)snprintf(ark, 64, "%s", spec->ark_cn);
	if (spec->ask_cn)
		(void)snprintf(ask, 64, "%s", spec->ask_cn);
}

static void make_leaf(const struct snp_testpki_spec *spec, const char *issuer, struct buf *ret)
{
	const char *cn = spec->vlek ? "SEV-VLEK" : "SEV-VCEK";
	X509 *x = testpki_cert_new(spec->leaf_other_key ? other_leaf_key : leaf_key, spec->leaf_serial,
				   spec->leaf_from, spec->leaf_until);

	set_names(x, spec->leaf_cn ? spec->leaf_cn : cn, issuer);
	if (!spec->no_struct_version)
		add_integer(x, AMD "1", spec->vlek ? 0 : 1);
	add_text(x, AMD "2", spec->product_name ? spec->product_name : snp_product_name(spec->product));
	if (!spec->no_tcb)
		add_spl(x, spec);
	if (!spec->vlek && !spec->no_hwid)
		add_hwid(x, spec);
	if (spec->vlek || spec->csp_id_too)
		add_text(x, AMD "5", "CN=cc-test");
	if (spec->leaf_is_ca)
		add_ca(x, true);
	if (spec->unknown_critical)
		add_extension(x, AMD "99", true, "\x05\x00", 2);
	finish(x, spec, spec->leaf_by_other ? other_key : ask_key, ret);
}

void snp_testpki_make(struct snp_testpki *ret, const struct snp_testpki_spec *spec)
{
	char ark_cn[64], ask_cn[64];
	X509 *x;

	make_keys();
	names_of(spec, ark_cn, ask_cn);
	x = testpki_cert_new(ark_key, 0x10000, spec->ark_from, spec->ark_until);
	set_names(x, ark_cn, ark_cn);
	add_ca(x, true);
	finish(x, spec, ark_key, &ret->ark);
	x = testpki_cert_new(ask_key, SNP_TESTPKI_ASK_SERIAL, spec->ask_from, spec->ask_until);
	set_names(x, ask_cn, ark_cn);
	add_ca(x, !spec->ask_not_ca);
	finish(x, spec, spec->ask_by_other ? other_key : ark_key, &ret->ask);
	make_leaf(spec, ask_cn, &ret->leaf);
}

static void put_le(uint8_t *p, uint64_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

void snp_testpki_report(uint8_t out[SNP_REPORT_SIZE], uint32_t version, enum snp_product product)
{
	static const uint8_t cpuid[][3] = {[SNP_MILAN] = {0x19, 0x01, 0x01},
					   [SNP_GENOA] = {0x19, 0x11, 0x01},
					   [SNP_TURIN] = {0x1a, 0x02, 0x01}};
	static const uint8_t tcb[8] = {4, 0, 0, 0, 0, 0, 24, 219}, turin[8] = {1, 2, 0, 4, 0, 0, 0, 80};
	static const size_t tcbs[] = {SNP_TESTPKI_CURRENT_TCB, SNP_TESTPKI_REPORTED_TCB,
				      SNP_TESTPKI_COMMITTED_TCB, SNP_TESTPKI_LAUNCH_TCB};

	memset(out, 0, SNP_REPORT_SIZE);
	put_le(out + SNP_TESTPKI_VERSION, version, 4);
	put_le(out + SNP_TESTPKI_GUEST_SVN, 12, 4);
	put_le(out + SNP_TESTPKI_POLICY, 0x3001f, 8);
	put_le(out + SNP_TESTPKI_ALGORITHM, 1, 4);
	put_le(out + SNP_TESTPKI_PLATFORM_INFO, version > 2 ? 0x25 : 0x01, 8);
	memset(out + SNP_TESTPKI_REPORT_DATA, 0xd0, 32);
	memset(out + SNP_TESTPKI_MEASUREMENT, 0xe0, SNP_MEASUREMENT);
	memset(out + SNP_TESTPKI_REPORT_ID_MA, 0xff, 32);
	for (size_t i = 0; i < ARRAY_SIZE(tcbs); i++)
		memcpy(out + tcbs[i], product == SNP_TURIN ? turin : tcb, 8);
	if (version > 2)
		memcpy(out + SNP_TESTPKI_CPUID, cpuid[product], 3);
	memset(out + SNP_TESTPKI_CHIP_ID, 0xc1, product == SNP_TURIN ? 8 : SNP_CHIP_ID);
	if (version > 4)
		put_le(out + SNP_TESTPKI_MITIGATION, 0x0b, 8);
}

void snp_testpki_spec_for(struct snp_testpki_spec *spec, const uint8_t report[SNP_REPORT_SIZE])
{
	struct snp_report r;

	must(snp_report_parse(&r, report, SNP_REPORT_SIZE, NULL) == 0, "parsing the report");
	*spec = (struct snp_testpki_spec){.product = r.product == SNP_UNKNOWN ? SNP_MILAN : r.product,
					  .vlek = r.signing_key == SNP_KEY_VLEK,
					  .tcb = r.reported_tcb};
	memcpy(spec->chip_id, r.chip_id, SNP_CHIP_ID);
}

static void put_scalar(uint8_t *out, const BIGNUM *n)
{
	memset(out, 0, 72);
	must(BN_bn2lebinpad(n, out, SNP_SCALAR) == SNP_SCALAR, "a signature's number");
}

void snp_testpki_sign(uint8_t report[SNP_REPORT_SIZE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[128];
	size_t len = sizeof(der);
	const uint8_t *p = der;
	ECDSA_SIG *sig;

	make_keys();
	must(ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, leaf_key) == 1 &&
	     EVP_DigestSign(ctx, der, &len, report, SNP_SIGNED_SIZE) == 1, "signing a report");
	sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
	must(sig, "reading a signature");
	memset(report + SNP_SIGNED_SIZE, 0, SNP_REPORT_SIZE - SNP_SIGNED_SIZE);
	put_scalar(report + SNP_SIGNED_SIZE, ECDSA_SIG_get0_r(sig));
	put_scalar(report + SNP_SIGNED_SIZE + 72, ECDSA_SIG_get0_s(sig));
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
}

void snp_testpki_crl(struct buf *ret, const struct snp_testpki_spec *spec, bool by_ask,
		     uint64_t serial, int64_t from, int64_t until)
{
	char ark_cn[64], ask_cn[64];
	X509_NAME *issuer;
	EVP_MD_CTX *ctx;
	X509_CRL *crl;

	make_keys();
	names_of(spec, ark_cn, ask_cn);
	issuer = name_of(by_ask ? ask_cn : ark_cn);
	ctx = signer(spec, by_ask ? ask_key : ark_key);
	crl = testpki_crl_new(issuer, serial, from, until);
	must(X509_CRL_sign_ctx(crl, ctx) > 0, "signing a CRL");
	testpki_crl_finish(crl, ret);
	EVP_MD_CTX_free(ctx);
	X509_NAME_free(issuer);
}
