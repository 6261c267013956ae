/* SPDX-License-Identifier: MIT */
#include "tdx_testpki.h"

#include "codec.h"
#include "crypto.h"
#include "testpki.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define ROOT_CN "Intel SGX Root CA"
#define CA_CN "Intel SGX PCK Platform CA"
#define PCK_CN "Intel SGX PCK Certificate"
#define SIGNER_CN "Intel SGX TCB Signing"
#define QUOTE_MAX 32768

enum key { KEY_ROOT, KEY_CA, KEY_PCK, KEY_SIGNER, KEY_ATTESTATION, KEY_OTHER, KEY_COUNT };
static EVP_PKEY *keys[KEY_COUNT];

static const char *folder;

void tdx_testpki_keep(const char *dir)
{
	folder = dir;
}

/* The key of the folder's file, which is made if there is none. */
static EVP_PKEY *kept_key(enum key which)
{
	EVP_PKEY *key = NULL;
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/tdx-%d.key", folder, (int)which);
	f = fopen(path, "r");
	if (f) {
		key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	} else {
		key = EVP_EC_gen("P-256");
		f = fopen(path, "w");
		must(f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1,
		     "keeping a key");
	}
	(void)fclose(f);
	return key;
}

static EVP_PKEY *key_of(enum key which)
{
	if (!keys[which])
		keys[which] = folder ? kept_key(which) : EVP_EC_gen("P-256");
	must(keys[which] != NULL, "making a key");
	return keys[which];
}

void tdx_testpki_done(struct tdx_testpki *p)
{
	buf_done(&p->root);
	buf_done(&p->ca);
	buf_done(&p->pck);
	buf_done(&p->signer);
}

/* r || s, 32 bytes each. */
static void sign(enum key which, const void *data, size_t len, uint8_t out[64])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[80];
	const uint8_t *p = der;
	size_t der_len = sizeof(der);
	ECDSA_SIG *sig;

	must(ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key_of(which)) == 1 &&
	     EVP_DigestSign(ctx, der, &der_len, data, len) == 1, "signing");
	sig = d2i_ECDSA_SIG(NULL, &p, (long)der_len);
	must(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32) == 32 &&
	     BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32) == 32, "reading a signature");
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
}

static void set_name(X509_NAME *name, const char *cn)
{
	must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)cn, -1, -1, 0) ==
	     1, "a name");
}

static void extend(X509 *x, const char *name, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_nconf(NULL, NULL, name, value);

	must(e && X509_add_ext(x, e, -1) == 1, name);
	X509_EXTENSION_free(e);
}

struct cert {
	const char *cn, *issuer;
	enum key key, by;
	uint64_t serial;
	int64_t until;
	bool ca;
	const char *sgx;	/* "DER:hex" */
};

static void make_cert(const struct cert *c, struct buf *ret)
{
	X509 *x = testpki_cert_new(key_of(c->key), c->serial, 0, c->until);

	set_name(X509_get_subject_name(x), c->cn);
	set_name(X509_get_issuer_name(x), c->issuer);
	extend(x, "basicConstraints", c->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	extend(x, "keyUsage", c->ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
	if (c->sgx)
		extend(x, "1.2.840.113741.1.13.1", c->sgx);
	must(X509_sign(x, key_of(c->by), EVP_sha256()) > 0, "signing a certificate");
	testpki_cert_finish(x, ret);
}

/* SEQUENCE { OID 1.2.840.113741.1.13.1.(ID).(ID2), value }; id2 0: none. */
static void put_item(struct buf *b, uint8_t id, uint8_t id2, const struct buf *value)
{
	static const uint8_t oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};
	size_t oid_len = sizeof(oid) + (id2 ? 2 : 1), len = 2 + oid_len + value->len;

	buf_put_u8(b, 0x30);
	if (len >= 0x80)
		buf_put_u8(b, len < 0x100 ? 0x81 : 0x82);
	if (len >= 0x100)
		buf_put_u8(b, (uint8_t)(len >> 8));
	buf_put_u8(b, (uint8_t)len);
	buf_put_u8(b, 0x06);
	buf_put_u8(b, (uint8_t)oid_len);
	buf_put(b, oid, sizeof(oid));
	buf_put_u8(b, id);
	if (id2)
		buf_put_u8(b, id2);
	buf_put(b, value->data, value->len);
}

static void put_octets(struct buf *b, uint8_t id, uint8_t id2, const uint8_t *p, uint8_t len)
{
	_cleanup_buf_ struct buf value = BUF_INIT(64);

	buf_put_u8(&value, 0x04);
	buf_put_u8(&value, len);
	buf_put(&value, p, len);
	put_item(b, id, id2, &value);
}

static void put_number(struct buf *b, uint8_t id2, uint16_t v)
{
	_cleanup_buf_ struct buf value = BUF_INIT(8);

	buf_put_u8(&value, 0x02);
	buf_put_u8(&value, v < 0x80 ? 1 : v < 0x8000 ? 2 : 3);
	if (v >= 0x8000)
		buf_put_u8(&value, 0);
	if (v >= 0x80)
		buf_put_u8(&value, (uint8_t)(v >> 8));
	buf_put_u8(&value, (uint8_t)v);
	put_item(b, 2, id2, &value);
}

/* A SEQUENCE with a length of two bytes. */
static void wrap(struct buf *out, const struct buf *in)
{
	must(in->len >= 0x100, "a long sequence");
	buf_put_be16(out, 0x3082);
	buf_put_be16(out, (uint16_t)in->len);
	buf_put(out, in->data, in->len);
}

static void sgx_extension(const struct tdx_testpki_spec *spec, char out[2048])
{
	static const uint8_t ppid[16] = {1}, pceid[2] = {0};
	_cleanup_buf_ struct buf tcb = BUF_INIT(1024), wrapped = BUF_INIT(1024);
	_cleanup_buf_ struct buf items = BUF_INIT(1024), all = BUF_INIT(1020);

	for (uint8_t i = 0; i < 16; i++)
		put_number(&tcb, (uint8_t)(i + 1), spec->component[i]);
	put_number(&tcb, 17, spec->pcesvn);
	put_octets(&tcb, 2, 18, spec->component, 16);
	wrap(&wrapped, &tcb);
	put_octets(&items, 1, 0, ppid, sizeof(ppid));
	put_item(&items, 2, 0, &wrapped);
	put_octets(&items, 3, 0, pceid, sizeof(pceid));
	put_octets(&items, 4, 0, spec->fmspc, sizeof(spec->fmspc));
	wrap(&all, &items);
	must(!all.failed && !items.failed && !tcb.failed, "the SGX extension");
	memcpy(out, "DER:", 5);
	hex_encode(out + 4, all.data, all.len);
}

void tdx_testpki_make(struct tdx_testpki *ret, const struct tdx_testpki_spec *spec)
{
	char sgx[2048];

	sgx_extension(spec, sgx);
	make_cert(&(struct cert){.cn = ROOT_CN, .issuer = ROOT_CN, .key = KEY_ROOT, .by = KEY_ROOT,
				 .serial = 1, .until = spec->root_until, .ca = true}, &ret->root);
	make_cert(&(struct cert){.cn = CA_CN, .issuer = ROOT_CN, .key = KEY_CA, .by = KEY_ROOT,
				 .serial = 2, .ca = true}, &ret->ca);
	make_cert(&(struct cert){.cn = PCK_CN, .issuer = CA_CN,
				 .key = spec->pck_other_key ? KEY_OTHER : KEY_PCK,
				 .by = spec->pck_by_other ? KEY_OTHER : KEY_CA,
				 .serial = TDX_TESTPKI_PCK_SERIAL, .until = spec->pck_until,
				 .sgx = spec->pck_no_extension ? NULL : sgx}, &ret->pck);
	make_cert(&(struct cert){.cn = spec->signer_cn ? spec->signer_cn : SIGNER_CN,
				 .issuer = ROOT_CN, .key = KEY_SIGNER, .by = KEY_ROOT, .serial = 3,
				 .until = spec->signer_until}, &ret->signer);
}

void tdx_testpki_body(struct tdx_body *td)
{
	*td = (struct tdx_body){.tee_tcb_svn = {5, 1, 2}, .attributes = TDX_ATTR_SEPT_VE_DISABLE,
				.xfam = 0x618e7, .has_servtd = true, .tee_tcb_svn2 = {5, 1, 2}};
	memset(td->mrseam, 0x5e, TDX_MEASUREMENT);
	memset(td->mrtd, 0x7d, TDX_MEASUREMENT);
	for (int i = 0; i < TDX_RTMRS; i++)
		memset(td->rtmr[i], 0x10 + i, TDX_MEASUREMENT);
	memset(td->report_data, 0xd0, 32);
}

void tdx_testpki_spec(struct tdx_testpki_spec *spec)
{
	*spec = (struct tdx_testpki_spec){
		.version = 5,
		.fmspc = {0x90, 0xc0, 0x6f},
		.component = {3, 3, 2, 2, 4, 1, 0, 5},
		.pcesvn = 13,
		.qe_isvprodid = 2,
		.qe_isvsvn = 6,
		.qe_attributes = {0x15, 0, 0, 0, 0, 0, 0, 0, 0xe7},
	};
	must(hex_decode(spec->qe_mrsigner, 32, "dc9e2a7c6f948f17474e34a7fc43ed03"
					       "0f7c1563f1babddf6340c82e0e54a8c5") &&
	     hex_decode(spec->qe_vendor, 16, "939a7233f79c4ca9940a0db3957f0607"), "constants");
}

static void put_le(struct buf *b, uint64_t v, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		buf_put_u8(b, (uint8_t)(v >> (8 * i)));
}

static void put_zeros(struct buf *b, size_t n)
{
	while (n-- > 0)
		buf_put_u8(b, 0);
}

/* Attributes to RTMRs, as a quote's body and TDINFO have them. */
static void put_td(struct buf *b, const struct tdx_body *td)
{
	put_le(b, td->attributes, 8);
	put_le(b, td->xfam, 8);
	buf_put(b, td->mrtd, TDX_MEASUREMENT);
	buf_put(b, td->mrconfigid, TDX_MEASUREMENT);
	buf_put(b, td->mrowner, TDX_MEASUREMENT);
	buf_put(b, td->mrownerconfig, TDX_MEASUREMENT);
	buf_put(b, td->rtmr, sizeof(td->rtmr));
}

static void put_module(struct buf *b, const struct tdx_body *td)
{
	buf_put(b, td->tee_tcb_svn, TDX_SVN);
	buf_put(b, td->mrseam, TDX_MEASUREMENT);
	buf_put(b, td->mrsignerseam, TDX_MEASUREMENT);
	put_le(b, td->seam_attributes, 8);
}

static void put_pem(struct buf *b, const struct buf *der)
{
	char text[BASE64_SIZE(4096)];
	static const char begin[] = "-----BEGIN CERTIFICATE-----\n";
	static const char end[] = "-----END CERTIFICATE-----\n";

	base64_encode(text, der->data, der->len);
	buf_put(b, begin, strlen(begin));
	for (size_t at = 0; at < strlen(text); at += 64) {
		buf_put(b, text + at, strlen(text + at) < 64 ? strlen(text + at) : 64);
		buf_put_u8(b, '\n');
	}
	buf_put(b, end, strlen(end));
}

static void put_enclave(struct buf *b, const struct tdx_testpki_spec *spec, const uint8_t key[64],
			const uint8_t auth[32])
{
	uint8_t bound[96], data[64] = {0}, signature[64];
	size_t start = b->len;

	memcpy(bound, key, 64);
	memcpy(bound + 64, auth, 32);
	must(crypto_sha256(bound, sizeof(bound), data, NULL) == 0, "a hash");
	data[0] ^= spec->qe_other_data;
	data[63] ^= spec->qe_upper_half;
	put_zeros(b, 16 + 4 + 28);
	buf_put(b, spec->qe_attributes, 16);
	put_zeros(b, 32 + 32);
	buf_put(b, spec->qe_mrsigner, 32);
	put_zeros(b, 96);
	put_le(b, spec->qe_isvprodid, 2);
	put_le(b, spec->qe_isvsvn, 2);
	put_zeros(b, 60);
	buf_put(b, data, sizeof(data));
	must(b->len == start + SGX_REPORT_SIZE, "an enclave's report");
	sign(KEY_PCK, b->data + start, SGX_REPORT_SIZE, signature);
	buf_put(b, signature, sizeof(signature));
}

static void public_of(enum key which, uint8_t out[64])
{
	uint8_t point[65];
	size_t len;

	must(EVP_PKEY_get_octet_string_param(key_of(which), "pub", point, sizeof(point), &len) ==
	     1 && len == sizeof(point), "a public key");
	memcpy(out, point + 1, 64);
}

static void put_certification(struct buf *b, const struct tdx_testpki *pki,
			      const struct tdx_testpki_spec *spec, const uint8_t key[64])
{
	static const uint8_t auth[32] = {0xa0, 0xa1, 0xa2};
	_cleanup_buf_ struct buf chain = BUF_INIT(QUOTE_MAX);

	if (!spec->chain_without_pck)
		put_pem(&chain, &pki->pck);
	put_pem(&chain, &pki->ca);
	put_pem(&chain, &pki->root);
	buf_put_u8(&chain, 0);
	put_enclave(b, spec, key, auth);
	put_le(b, sizeof(auth), 2);
	buf_put(b, auth, sizeof(auth));
	put_le(b, 5, 2);
	put_le(b, chain.len, 4);
	buf_put(b, chain.data, chain.len);
}

void tdx_testpki_quote(struct buf *ret, const struct tdx_testpki *pki,
		       const struct tdx_testpki_spec *spec, const struct tdx_body *td)
{
	_cleanup_buf_ struct buf certification = BUF_INIT(QUOTE_MAX);
	struct buf b = BUF_INIT(QUOTE_MAX);
	uint8_t key[64], signature[64];
	bool td15 = spec->version == 5 && td->has_servtd;

	put_le(&b, spec->version, 2);
	put_le(&b, 2, 2);
	put_le(&b, 0x81, 4);
	put_le(&b, 0, 4);
	buf_put(&b, spec->qe_vendor, sizeof(spec->qe_vendor));
	put_zeros(&b, 20);
	if (spec->version == 5) {
		put_le(&b, td15 ? 3 : 2, 2);
		put_le(&b, td15 ? 648 : 584, 4);
	}
	put_module(&b, td);
	put_td(&b, td);
	buf_put(&b, td->report_data, TDX_REPORT_DATA);
	if (td15) {
		buf_put(&b, td->tee_tcb_svn2, TDX_SVN);
		buf_put(&b, td->mrservtd, TDX_MEASUREMENT);
	}
	public_of(KEY_ATTESTATION, key);
	sign(KEY_ATTESTATION, b.data, b.len, signature);
	put_certification(&certification, pki, spec, key);
	put_le(&b, 64 + 64 + 6 + certification.len, 4);
	buf_put(&b, signature, sizeof(signature));
	buf_put(&b, key, sizeof(key));
	put_le(&b, 6, 2);
	put_le(&b, certification.len, 4);
	buf_put(&b, certification.data, certification.len);
	must(!b.failed && !certification.failed, "a quote");
	*ret = b;
}

void tdx_testpki_report(uint8_t out[TDX_REPORT_SIZE], const struct tdx_body *td)
{
	_cleanup_buf_ struct buf b = BUF_INIT(TDX_REPORT_SIZE);

	put_le(&b, 0x81, 1);
	put_zeros(&b, 127);	/* the hashes follow below */
	buf_put(&b, td->report_data, TDX_REPORT_DATA);
	put_zeros(&b, 64);
	put_le(&b, 0x301ff, 8);
	put_module(&b, td);
	buf_put(&b, td->tee_tcb_svn2, TDX_SVN);
	put_zeros(&b, 512 - b.len);
	put_td(&b, td);
	buf_put(&b, td->mrservtd, TDX_MEASUREMENT);
	put_zeros(&b, TDX_REPORT_SIZE - b.len);
	must(!b.failed, "a TDREPORT");
	memcpy(out, b.data, TDX_REPORT_SIZE);
	must(crypto_hash(HASH_SHA384, out + 256, 239, out + 32, NULL) == 0 &&
	     crypto_hash(HASH_SHA384, out + 512, 512, out + 80, NULL) == 0, "hashes");
}

void tdx_testpki_signed(struct buf *ret, const char *key, const char *body)
{
	char hex[HEX_SIZE(64)];
	uint8_t signature[64];
	struct buf b = BUF_INIT(65536);
	char head[64], tail[192];

	sign(KEY_SIGNER, body, strlen(body), signature);
	hex_encode(hex, signature, sizeof(signature));
	(void)snprintf(head, sizeof(head), "{\"%s\":", key);
	(void)snprintf(tail, sizeof(tail), ",\"signature\":\"%s\"}", hex);
	buf_put(&b, head, strlen(head));
	buf_put(&b, body, strlen(body));
	buf_put(&b, tail, strlen(tail));
	must(!b.failed, "collateral");
	*ret = b;
}

void tdx_testpki_crl(struct buf *ret, uint64_t serial, int64_t from, int64_t until)
{
	X509_NAME *issuer = X509_NAME_new();
	X509_CRL *crl;

	must(issuer != NULL, "memory for a name");
	set_name(issuer, CA_CN);
	crl = testpki_crl_new(issuer, serial, from, until);
	must(X509_CRL_sign(crl, key_of(KEY_CA), EVP_sha256()) > 0, "signing a CRL");
	testpki_crl_finish(crl, ret);
	X509_NAME_free(issuer);
}
