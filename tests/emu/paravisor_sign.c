/* SPDX-License-Identifier: MIT */
#include "paravisor_sign.h"

#include "codec.h"
#include "tdx_testpki.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#define MADE 1704067200		/* 2024-01-01: certificates are dated without looking at the clock */
#define YEARS(n) ((n) * 31557600L)
#define SNP_SIGNED 0x2a0
#define SCALAR 48
#define SCALAR_ROOM 72

static EVP_PKEY *vcek_key;

static void path_of(const struct paravisor *p, const char *name, char out[512])
{
	(void)snprintf(out, 512, "%s/%s", p->pki, name);
}

static FILE *create(const struct paravisor *p, const char *name)
{
	char path[512];
	FILE *f;

	path_of(p, name, path);
	f = fopen(path, "w");
	if (!f)
		die("'%s': %s", path, strerror(errno));
	return f;
}

static FILE *existing(const struct paravisor *p, const char *name)
{
	char path[512];

	path_of(p, name, path);
	return fopen(path, "r");
}

/* A key that stays the same as long as the folder does. */
static EVP_PKEY *stored_key(const struct paravisor *p, const char *name, bool rsa)
{
	FILE *f = existing(p, name);
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

	if (!key) {
		key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-384");
		if (f)
			(void)fclose(f);
		f = create(p, name);
		if (!key || PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) != 1)
			die("making '%s'", name);
	}
	(void)fclose(f);
	return key;
}

static X509_NAME *name_of(const char *cn)
{
	X509_NAME *n = X509_NAME_new();
	const char *const parts[][2] = {{"OU", "Engineering"}, {"C", "US"}, {"L", "Santa Clara"},
					{"ST", "CA"}, {"O", "Advanced Micro Devices"}, {"CN", cn}};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		X509_NAME_add_entry_by_txt(n, parts[i][0], MBSTRING_ASC,
					   (const unsigned char *)parts[i][1], -1, -1, 0);
	return n;
}

static void add_extension(X509 *cert, const char *oid, const uint8_t *der, size_t len, bool critical)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e;

	ASN1_OCTET_STRING_set(value, der, (int)len);
	e = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
	X509_add_ext(cert, e, -1);
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
}

/* DER INTEGER of an SPL: two bytes from 128 on */
static void add_spl(X509 *cert, const char *oid, uint8_t spl)
{
	const uint8_t der[] = {0x02, spl < 128 ? 1 : 2, spl < 128 ? spl : 0, spl};

	add_extension(cert, oid, der, spl < 128 ? 3 : 4, false);
}

static X509 *new_cert(const char *subject, const char *issuer, EVP_PKEY *key, long years)
{
	X509 *c = X509_new();
	X509_NAME *s = name_of(subject), *i = name_of(issuer);

	X509_set_version(c, X509_VERSION_3);
	X509_set_subject_name(c, s);
	X509_set_issuer_name(c, i);
	X509_set_pubkey(c, key);
	ASN1_TIME_set(X509_getm_notBefore(c), MADE);
	ASN1_TIME_set(X509_getm_notAfter(c), MADE + YEARS(years));
	X509_NAME_free(s);
	X509_NAME_free(i);
	return c;
}

/* As AMD signs: RSA-PSS, SHA-384 for everything, 48 bytes of salt. */
static void sign_cert(X509 *cert, EVP_PKEY *key)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = NULL;

	if (EVP_DigestSignInit(md, &ctx, EVP_sha384(), NULL, key) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 48) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha384()) != 1 || X509_sign_ctx(cert, md) <= 0)
		die("signing a certificate");
	EVP_MD_CTX_free(md);
}

/* BasicConstraints CA, KeyUsage keyCertSign and cRLSign, both critical */
static X509 *ca(const struct paravisor *p, const char *role, EVP_PKEY *key, const char *issuer,
		EVP_PKEY *issuer_key, long serial)
{
	static const uint8_t constraints[] = {0x30, 0x03, 0x01, 0x01, 0xff};
	static const uint8_t usage[] = {0x03, 0x02, 0x01, 0x06};
	char subject_cn[64], issuer_cn[64];
	X509 *c;

	(void)snprintf(subject_cn, sizeof(subject_cn), "%s-%s", role, p->knobs.product);
	(void)snprintf(issuer_cn, sizeof(issuer_cn), "%s-%s", issuer, p->knobs.product);
	c = new_cert(subject_cn, issuer_cn, key, 25);
	ASN1_INTEGER_set(X509_get_serialNumber(c), serial);
	add_extension(c, "2.5.29.19", constraints, sizeof(constraints), true);
	add_extension(c, "2.5.29.15", usage, sizeof(usage), true);
	sign_cert(c, issuer_key);
	return c;
}

static void put_pem(const struct paravisor *p, const char *name, X509 *a, X509 *b)
{
	FILE *f = create(p, name);

	if (PEM_write_X509(f, a) != 1 || (b && PEM_write_X509(f, b) != 1) || fclose(f) != 0)
		die("writing '%s'", name);
}

/* What stays the same as long as the folder does: a root that a measured config names. */
static X509 *stored_ca(const struct paravisor *p, const char *role, EVP_PKEY *key,
		       const char *issuer, EVP_PKEY *issuer_key, long serial)
{
	char name[64];
	X509 *c;
	FILE *f;

	(void)snprintf(name, sizeof(name), "%s-%s.pem", role, p->knobs.product);
	f = existing(p, name);
	if (f) {
		c = PEM_read_X509(f, NULL, NULL, NULL);
		(void)fclose(f);
		return c;
	}
	c = ca(p, role, key, issuer, issuer_key, serial);
	put_pem(p, name, c, NULL);
	return c;
}

/* Components of a TCB by product: bytes of the report's field */
static void add_spls(X509 *c, const struct knobs *k)
{
	bool turin = strcmp(k->product, "Turin") == 0;
	unsigned first = turin ? 1 : 0;

	add_spl(c, "1.3.6.1.4.1.3704.1.3.1", k->tcb[first]);
	add_spl(c, "1.3.6.1.4.1.3704.1.3.2", k->tcb[first + 1]);
	add_spl(c, "1.3.6.1.4.1.3704.1.3.3", k->tcb[turin ? 3 : 6]);
	for (unsigned i = 4; i < 8; i++) {
		char oid[40];

		(void)snprintf(oid, sizeof(oid), "1.3.6.1.4.1.3704.1.3.%u", i);
		add_spl(c, oid, 0);
	}
	add_spl(c, "1.3.6.1.4.1.3704.1.3.8", k->tcb[7]);
	if (turin)
		add_spl(c, "1.3.6.1.4.1.3704.1.3.9", k->tcb[0]);
}

static X509 *vcek(const struct paravisor *p, EVP_PKEY *ask_key)
{
	const struct knobs *k = &p->knobs;
	uint8_t product[2 + sizeof(k->product)];
	char issuer[64];
	X509 *c;

	(void)snprintf(issuer, sizeof(issuer), "SEV-%s", k->product);
	c = new_cert("SEV-VCEK", issuer, vcek_key, 20);
	product[0] = 0x16;		/* IA5String */
	product[1] = (uint8_t)strlen(k->product);
	memcpy(product + 2, k->product, strlen(k->product));
	add_extension(c, "1.3.6.1.4.1.3704.1.1", (const uint8_t *)"\x02\x01\x01", 3, false);
	add_extension(c, "1.3.6.1.4.1.3704.1.2", product, 2u + product[1], false);
	add_spls(c, k);
	add_extension(c, "1.3.6.1.4.1.3704.1.4", k->chip, strcmp(k->product, "Turin") == 0 ? 8 : 64,
		      false);
	sign_cert(c, ask_key);		/* serial 0, as AMD's */
	return c;
}

static void put_facts(const struct paravisor *p)
{
	const struct knobs *k = &p->knobs;
	FILE *f = create(p, "tcbm");

	/* the number that the bytes are in little endian, as hex */
	for (int i = 7; i >= 0; i--)
		fprintf(f, "%02X", k->tcb[i]);
	(void)fclose(f);
	f = create(p, "hwid");
	for (size_t i = 0; i < (strcmp(k->product, "Turin") == 0 ? 8 : 64); i++)
		fprintf(f, "%02x", k->chip[i]);
	(void)fclose(f);
	f = create(p, "product");
	fprintf(f, "%s", k->product);
	(void)fclose(f);
}

static void snp_open(struct paravisor *p)
{
	char name[64];
	EVP_PKEY *ark_key, *ask_key;
	X509 *ark, *ask, *leaf;
	FILE *f;

	(void)snprintf(name, sizeof(name), "ARK-%s.key", p->knobs.product);
	ark_key = stored_key(p, name, true);
	(void)snprintf(name, sizeof(name), "SEV-%s.key", p->knobs.product);
	ask_key = stored_key(p, name, true);
	vcek_key = stored_key(p, "vcek.key", false);
	ark = stored_ca(p, "ARK", ark_key, "ARK", ark_key, 0x10000);
	ask = stored_ca(p, "SEV", ask_key, "ARK", ark_key, 0x10001);
	leaf = vcek(p, ask_key);
	put_pem(p, "vcek.pem", leaf, NULL);
	put_pem(p, "chain.pem", ask, ark);
	f = create(p, "vcek.der");
	if (i2d_X509_fp(f, leaf) != 1 || fclose(f) != 0)
		die("writing 'vcek.der'");
	put_facts(p);
	X509_free(leaf);
	X509_free(ask);
	X509_free(ark);
	EVP_PKEY_free(ask_key);
	EVP_PKEY_free(ark_key);
}

/* The root that quotes lead to; tdx-quote makes them with the same keys. */
static void tdx_open(struct paravisor *p)
{
	_cleanup_tdx_testpki_ struct tdx_testpki pki = {0};
	struct tdx_testpki_spec spec;
	FILE *f = existing(p, "intel-root.der");

	if (f) {
		(void)fclose(f);
		return;
	}
	tdx_testpki_keep(p->pki);
	tdx_testpki_spec(&spec);
	tdx_testpki_make(&pki, &spec);
	f = create(p, "intel-root.der");
	if (fwrite(pki.root.data, pki.root.len, 1, f) != 1 || fclose(f) != 0)
		die("writing 'intel-root.der'");
}

/* Two paravisors may share a folder. */
void sign_open(struct paravisor *p)
{
	int fd = open(p->pki, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		die("'%s': %s", p->pki, strerror(errno));
	snp_open(p);
	tdx_open(p);
	(void)close(fd);
}

static void scalar(const BIGNUM *n, uint8_t *out)
{
	memset(out, 0, SCALAR_ROOM);
	if (BN_bn2lebinpad(n, out, SCALAR) != SCALAR)
		die("signature");
}

void sign_snp(const struct paravisor *p, uint8_t *report)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t der[160];
	const unsigned char *at = der;
	size_t len = sizeof(der);
	ECDSA_SIG *sig;

	if (EVP_DigestSignInit(md, NULL, EVP_sha384(), NULL, vcek_key) != 1 ||
	    EVP_DigestSign(md, der, &len, report, SNP_SIGNED) != 1)
		die("signing the report");
	sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
	scalar(ECDSA_SIG_get0_r(sig), report + SNP_SIGNED);
	scalar(ECDSA_SIG_get0_s(sig), report + SNP_SIGNED + SCALAR_ROOM);
	if (p->knobs.signature_wrong)
		report[SNP_SIGNED + 7] ^= 1;
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(md);
}

/* A stand-in for the CPU's MAC, which tdx-quote demands. */
void sign_td(const struct paravisor *p, uint8_t *report)
{
	memset(report + TD_REPORT_MAC, p->knobs.signature_wrong ? 0 : TD_REPORT_MAC_BYTE, 32);
}
