/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "codec.h"
#include "roots.h"
#include "snp_testpki.h"
#include "vector.h"

/* 2026-01-01, 2026-06-01, 2022-01-01, 2060-01-01 */
#define AT 1767225600
#define AT_MID_2026 1780272000
#define AT_2022 1640995200
#define AT_2060 2840140800

static void add(struct x509_list *list, const char *format, const char *name)
{
	_cleanup_buf_ struct buf b = vector(format, name);
	struct err e = {0};

	if (x509_read(list, name, b.data, b.len, &e) < 0)
		fail_msg("%s: %s", name, e.msg);
}


static int verify(const struct x509_list *certs, enum root_kind kind, int64_t at,
		  struct x509_path *path, struct err *e)
{
	_cleanup_x509_list_ struct x509_list roots = {0};
	_cleanup_x509_list_ struct x509_list pool = {0};

	*e = (struct err){0};
	assert_int_equal(roots_builtin(kind, &roots, e), 0);
	assert_int_equal(roots_intermediates(kind, &pool, e), 0);
	for (size_t i = 1; i < certs->count; i++) {
		_cleanup_free_ uint8_t *der = NULL;
		size_t len;

		assert_int_equal(x509_der(certs->cert[i], &der, &len, e), 0);
		assert_int_equal(x509_read(&pool, "pool", der, len, e), 0);
	}
	return x509_verify(certs->cert[0], &pool, &roots, NULL, at, path, e);
}

static void test_builtin_fingerprints(void **state)
{
	static const struct {
		enum root_kind kind;
		bool intermediate;
		const char *cn, *sha256;
	} want[] = {
		{ROOT_AMD, false, "ARK-Milan",
		 "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd"},
		{ROOT_AMD, false, "ARK-Genoa",
		 "4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1"},
		{ROOT_AMD, false, "ARK-Turin",
		 "1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a"},
		{ROOT_AMD, true, "SEV-Milan",
		 "67d303bd3905fd38db8b20e0793699870e7fa612eaad5dec358293fd8c0bac1b"},
		{ROOT_AMD, true, "SEV-Genoa",
		 "5464738c1546aed5f2cecf1dc98c5c960a92e8913238a61711bc90ec6e828521"},
		{ROOT_AMD, true, "SEV-Turin",
		 "5b77ef5fe7a7a004fd9032668fba9d0fda22f88c4442069a479636a6ae3b3185"},
		{ROOT_AMD, true, "SEV-VLEK-Milan",
		 "c5e081f59b7efab1fe2f8b505e159704e72f29cab7ef7cf628a05a42439082f5"},
		{ROOT_AMD, true, "SEV-VLEK-Genoa",
		 "197e610743a917d6b9bb982a5a9226ccc0a15b611be0619e626aca9151457372"},
		{ROOT_AMD, true, "SEV-VLEK-Turin",
		 "104e10a8bd060a3c20a434261a57d0588fd65a88915b4f65b08bdecaf8df1a3c"},
		{ROOT_INTEL, false, "Intel SGX Root CA",
		 "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3"},
		{ROOT_INTEL, true, "Intel SGX TCB Signing",
		 "c0575e76d0303b61d09cde8cbdb70db34a74f38318300d7c0e6ba8cf4bf45aea"},
		{ROOT_INTEL, true, "Intel SGX TCB Signing",
		 "ec37d98107bfb7dab6ff8de4d4dda6fde30a6f50b0d7b03eefb5652f1e652969"},
		{ROOT_AZURE_VTPM, false, "Azure Virtual TPM Root Certificate Authority 2023",
		 "e6c596b17f8ffefba5c300f714cfb1260c6028704ecf7becc4ab5018efb00e95"},
	};
	size_t seen = 0;

	(void)state;
	for (unsigned kind = ROOT_AMD; kind <= ROOT_AZURE_VTPM; kind++) {
		for (int pass = 0; pass < 2; pass++) {
			_cleanup_x509_list_ struct x509_list list = {0};
			struct err e = {0};

			assert_int_equal((pass ? roots_intermediates : roots_builtin)(kind, &list, &e), 0);
			for (size_t i = 0; i < list.count; i++, seen++) {
				uint8_t sha256[SHA256_SIZE];
				char cn[X509_NAME_MAX], hex[HEX_SIZE(SHA256_SIZE)];

				x509_subject_cn(list.cert[i], cn);
				assert_int_equal(x509_fingerprint(list.cert[i], sha256, &e), 0);
				hex_encode(hex, sha256, sizeof(sha256));
				assert_int_equal(want[seen].kind, kind);
				assert_int_equal(want[seen].intermediate, pass == 1);
				assert_string_equal(cn, want[seen].cn);
				assert_string_equal(hex, want[seen].sha256);
				/* Intel's sign collateral, not certificates */
				assert_int_equal(x509_is_ca(list.cert[i]),
						 kind != ROOT_INTEL || pass == 0);
			}
		}
	}
	assert_int_equal(seen, ARRAY_SIZE(want));
}

/* Every built-in intermediate leads to a built-in root; a root to itself. */
static void test_builtin_chains(void **state)
{
	_cleanup_x509_list_ struct x509_list roots = {0};
	_cleanup_x509_list_ struct x509_list pool = {0};
	struct x509_path path;
	struct err e = {0};

	(void)state;
	assert_int_equal(roots_builtin(ROOT_AMD, &roots, &e), 0);
	assert_int_equal(roots_intermediates(ROOT_AMD, &pool, &e), 0);
	for (size_t i = 0; i < pool.count; i++) {
		assert_int_equal(x509_verify(pool.cert[i], NULL, &roots, NULL, AT, &path, &e), 0);
		assert_int_equal(path.count, 2);
		assert_ptr_equal(path.cert[0], pool.cert[i]);
		assert_ptr_equal(path.cert[1], roots.cert[i % 3]);
	}
	assert_int_equal(x509_verify(roots.cert[0], NULL, &roots, NULL, AT, &path, &e), 0);
	assert_int_equal(path.count, 1);
}

static void test_chains(void **state)
{
	static const struct {
		enum root_kind kind;
		const char *format, *file[3];
		int64_t at;
		int want;
	} cases[] = {
		{ROOT_AMD, "snp", {"snp-01-vcek.der"}, AT, 0},
		{ROOT_AMD, "snp", {"snp-12-vcek.der"}, AT_MID_2026, 0},
		{ROOT_AMD, "snp", {"amd-turin-vcek-virtee.der"}, AT, 0},
		{ROOT_AMD, "snp", {"snp-03-vlek.der"}, AT, -E_CERT_TIME},
		{ROOT_AMD, "snp", {"snp-03-vlek.der"}, 1760000000, 0},
		{ROOT_AMD, "snp", {"snp-01-vcek.der"}, AT_2022, -E_CERT_TIME},
		{ROOT_AMD, "snp", {"snp-01-vcek.der"}, AT_2060, -E_CERT_TIME},
		{ROOT_AMD, "snp", {"snp-03-vcek-invalid-legacy.der"}, AT, -E_CERT_CHAIN},
		{ROOT_AMD, "snp", {"snp-03-vcek-invalid-new.der"}, AT, -E_CERT_CHAIN},
		{ROOT_AMD, "snp", {"snp-22-cert-1.der"}, AT, -E_CERT_CHAIN},
		{ROOT_AZURE_VTPM, "snp", {"snp-01-vcek.der"}, AT, -E_CERT_CHAIN},
		{ROOT_AZURE_VTPM, "x509", {"azure-vtpm-ca-global-03.der"}, AT, 0},
		{ROOT_AZURE_VTPM, "x509", {"az-snp-14-akcert-nv.der", "azure-vtpm-ca-global-03.der"},
		 AT_MID_2026, 0},
		{ROOT_AZURE_VTPM, "x509", {"az-snp-14-akcert-nv.der"}, AT_MID_2026, -E_CERT_CHAIN},
		{ROOT_AZURE_VTPM, "x509",
		 {"az-tdx-06-ak-intermediate-0.der", "az-tdx-06-ak-intermediate-1.der"}, AT_MID_2026, 0},
		{ROOT_INTEL, "x509", {"tdx-16-pckCert.pem", "tdx-16-pckSignChain.pem"}, AT,
		 -E_CERT_CHAIN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_x509_list_ struct x509_list certs = {0};
		struct x509_path path;
		struct err e = {0};
		int r;

		for (size_t j = 0; j < 3 && cases[i].file[j]; j++)
			add(&certs, cases[i].format, cases[i].file[j]);
		r = verify(&certs, cases[i].kind, cases[i].at, &path, &e);
		if (r != cases[i].want)
			fail_msg("%s: %d, wanted %d: %s", cases[i].file[0], r, cases[i].want, e.msg);
	}
}

static int read_bytes(const void *bytes, size_t len, size_t want_count)
{
	_cleanup_x509_list_ struct x509_list list = {0};
	int r = x509_read(&list, "test", bytes, len, NULL);

	assert_true(r == 0 || r == -E_CERT_MALFORMED);
	if (r == 0)
		assert_int_equal(list.count, want_count);
	return r;
}

/* Several certificates behind each other, then zeros, as an NV index has them. */
static void test_read_der(void **state)
{
	_cleanup_buf_ struct buf a = vector("snp", "snp-01-vcek.der");
	_cleanup_buf_ struct buf b = vector("snp", "snp-03-vlek.der");
	_cleanup_buf_ struct buf nv = vector("x509", "az-snp-14-akcert-nv.der");
	_cleanup_buf_ struct buf all = BUF_INIT(16384);

	(void)state;
	assert_int_equal(read_bytes(nv.data, nv.len, 1), 0);
	nv.data[nv.len - 1] = 1;
	assert_int_equal(read_bytes(nv.data, nv.len, 0), -E_CERT_MALFORMED);
	for (size_t len = 0; len < a.len; len++)
		assert_int_equal(read_bytes(a.data, len, 0), -E_CERT_MALFORMED);
	assert_int_equal(read_bytes(a.data, a.len, 1), 0);
	buf_put(&all, a.data, a.len);
	buf_put(&all, b.data, b.len);
	buf_put(&all, a.data, a.len);	/* dropped */
	assert_int_equal(read_bytes(all.data, all.len, 2), 0);
	buf_put(&all, (uint8_t[100]){0}, 100);
	assert_int_equal(read_bytes(all.data, all.len, 2), 0);
	buf_put_u8(&all, 0x30);
	assert_int_equal(read_bytes(all.data, all.len, 2), -E_CERT_MALFORMED);
}

static void test_read_pem(void **state)
{
	static const char key[] = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
	_cleanup_buf_ struct buf pem = vector("snp", "snp-06-thim-chain.pem");
	_cleanup_buf_ struct buf all = BUF_INIT(65536);

	(void)state;
	assert_int_equal(read_bytes(pem.data, pem.len, 3), 0);
	buf_put(&all, "text of people\r\n\0\n", 18);
	buf_put(&all, pem.data, pem.len);
	buf_put(&all, "\nmore text\n", 11);
	buf_put(&all, pem.data, pem.len);
	assert_int_equal(read_bytes(all.data, all.len, 3), 0);
	buf_put(&all, key, sizeof(key) - 1);
	assert_int_equal(read_bytes(all.data, all.len, 0), -E_CERT_MALFORMED);
	assert_int_equal(read_bytes("", 0, 0), -E_CERT_MALFORMED);
	assert_int_equal(read_bytes("no certificate", 14, 0), -E_CERT_MALFORMED);
	assert_int_equal(read_bytes(key, sizeof(key) - 1, 0), -E_CERT_MALFORMED);
	/* the last block cut: never the first two alone */
	assert_int_equal(read_bytes(pem.data, pem.len - 100, 0), -E_CERT_MALFORMED);
	/* a line that no longer begins a block: nor the others without it */
	((char *)memmem(pem.data + 1, pem.len - 1, "-----\n-----BEGIN", 16))[5] = ' ';
	assert_int_equal(read_bytes(pem.data, pem.len, 0), -E_CERT_MALFORMED);
	((char *)memmem(pem.data + 1, pem.len - 1, "----- -----BEGIN", 16))[5] = '\n';
	pem.data[pem.len - 200] = '!';
	assert_int_equal(read_bytes(pem.data, pem.len, 0), -E_CERT_MALFORMED);
}

/* Not as DER says it, though it means the same. */
static void test_read_not_der(void **state)
{
	_cleanup_buf_ struct buf a = vector("snp", "snp-01-vcek.der");
	_cleanup_buf_ struct buf longer = BUF_INIT(8192);

	(void)state;
	assert_int_equal(a.data[1], 0x82);
	buf_put(&longer, (uint8_t[]){0x30, 0x83, 0x00}, 3);
	buf_put(&longer, a.data + 2, a.len - 2);
	assert_int_equal(read_bytes(longer.data, longer.len, 0), -E_CERT_MALFORMED);
	a.data[1] = 0x80;	/* indefinite */
	assert_int_equal(read_bytes(a.data, a.len, 0), -E_CERT_MALFORMED);
}

static void test_extension_twice(void **state)
{
	_cleanup_buf_ struct buf a = vector("snp", "snp-01-vcek.der");
	const uint8_t *p = a.data;
	X509 *x = d2i_X509(NULL, &p, (long)a.len);
	uint8_t *der = NULL;
	int len;

	(void)state;
	assert_non_null(x);
	assert_int_equal(X509_add_ext(x, X509_get_ext(x, 3), -1), 1);
	(void)i2d_re_X509_tbs(x, NULL);
	len = i2d_X509(x, &der);
	assert_true(len > 0);
	assert_int_equal(read_bytes(der, (size_t)len, 0), -E_CERT_MALFORMED);
	OPENSSL_free(der);
	X509_free(x);
}

static void test_names_and_extensions(void **state)
{
	_cleanup_x509_list_ struct x509_list list = {0};
	char cn[X509_NAME_MAX];
	int64_t from, until;
	const uint8_t *p;
	size_t len;

	(void)state;
	add(&list, "snp", "snp-01-vcek.der");
	add(&list, "snp", "snp-22-cert-1.der");
	x509_subject_cn(list.cert[0], cn);
	assert_string_equal(cn, "SEV-VCEK");
	x509_issuer_cn(list.cert[0], cn);
	assert_string_equal(cn, "SEV-Milan");
	x509_subject_cn(list.cert[1], cn);
	assert_string_equal(cn, "");
	x509_validity(list.cert[0], &from, &until);
	assert_int_equal(until - from, 2557 * 86400);
	assert_false(x509_is_ca(list.cert[0]));
	p = x509_extension(list.cert[0], "1.3.6.1.4.1.3704.1.3.8", &len);
	assert_non_null(p);
	assert_int_equal(len, 3);
	assert_memory_equal(p, "\x02\x01\x44", 3);
	assert_null(x509_extension(list.cert[0], "1.3.6.1.4.1.3704.1.3.9", &len));
	assert_null(x509_extension(list.cert[0], "no oid", &len));
}

/* A chain of count certificates, root first in *ret, the keys and digests as given. */
struct made_chain {
	unsigned count;
	EVP_PKEY *key, *leaf_key;
	const EVP_MD *md;
	int pathlen;		/* of the root; negative: none */
	bool root_no_ca, v1_root;
};

static void add_ca(X509 *x, int pathlen)
{
	BASIC_CONSTRAINTS bc = {.ca = 0xff};

	if (pathlen >= 0) {
		bc.pathlen = ASN1_INTEGER_new();
		assert_int_equal(ASN1_INTEGER_set(bc.pathlen, pathlen), 1);
	}
	assert_int_equal(X509_add1_ext_i2d(x, NID_basic_constraints, &bc, 1, 0), 1);
	ASN1_INTEGER_free(bc.pathlen);
}

static void make_cert(const struct made_chain *m, unsigned i, struct x509_list *ret)
{
	bool leaf = i == m->count - 1;
	X509 *x = X509_new();
	uint8_t *der = NULL;
	char cn[16];
	int len;

	assert_int_equal(X509_set_version(x, i == 0 && m->v1_root ? 0 : 2), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), i + 1), 1);
	for (unsigned which = 0; which < 2; which++) {
		X509_NAME *name = X509_NAME_new();
		unsigned number = which && i > 0 ? i - 1 : i;

		(void)snprintf(cn, sizeof(cn), "ca %u", number);
		assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
							    (const uint8_t *)cn, -1, -1, 0), 1);
		assert_int_equal((which ? X509_set_issuer_name : X509_set_subject_name)(x, name), 1);
		X509_NAME_free(name);
	}
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x), AT - 1000));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), AT + 1000));
	assert_int_equal(X509_set_pubkey(x, leaf ? m->leaf_key : m->key), 1);
	if (!leaf && !(i == 0 && (m->root_no_ca || m->v1_root)))
		add_ca(x, i == 0 ? m->pathlen : -1);
	assert_true(X509_sign(x, m->key, m->md) > 0);
	len = i2d_X509(x, &der);
	assert_true(len > 0);
	assert_int_equal(x509_read(ret, cn, der, (size_t)len, NULL), 0);
	OPENSSL_free(der);
	X509_free(x);
}

static int verify_made(const struct made_chain *m)
{
	_cleanup_x509_list_ struct x509_list pool = {0};
	_cleanup_x509_list_ struct x509_list roots = {0};
	struct x509_path path;
	struct err e = {0};
	int r;

	for (unsigned i = 0; i < m->count; i++)
		make_cert(m, i, i == 0 ? &roots : &pool);
	r = x509_verify(pool.cert[pool.count - 1], &pool, &roots, NULL, AT, &path, &e);
	assert_int_equal(r < 0 ? (size_t)m->count : path.count, m->count);
	return r;
}

static void test_made_chains(void **state)
{
	EVP_PKEY *key = EVP_RSA_gen(2048), *weak = EVP_RSA_gen(1024), *ec = EVP_EC_gen("P-256");
	const EVP_MD *sha256 = EVP_sha256();
	const struct {
		const char *what;
		struct made_chain chain;
		int want;
	} cases[] = {
		{"two", {2, key, ec, sha256, -1, false, false}, 0},
		{"at the depth", {X509_DEPTH_MAX, key, ec, sha256, -1, false, false}, 0},
		{"too deep", {X509_DEPTH_MAX + 1, key, ec, sha256, -1, false, false}, -E_CERT_CHAIN},
		{"path length", {4, key, ec, sha256, 2, false, false}, 0},
		{"path too long", {4, key, ec, sha256, 1, false, false}, -E_CERT_CHAIN},
		{"root no CA", {2, key, ec, sha256, -1, true, false}, -E_CERT_CHAIN},
		{"root of version 1", {2, key, ec, sha256, -1, false, true}, -E_CERT_CHAIN},
		{"SHA-1", {2, key, ec, EVP_sha1(), -1, false, false}, -E_CERT_CHAIN},
		{"weak CA", {3, weak, ec, sha256, -1, false, false}, -E_CERT_CHAIN},
		{"weak leaf", {3, key, weak, sha256, -1, false, false}, -E_CERT_CHAIN},
		{"EC", {3, ec, key, sha256, -1, false, false}, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (verify_made(&cases[i].chain) != cases[i].want)
			fail_msg("%s", cases[i].what);
	EVP_PKEY_free(key);
	EVP_PKEY_free(weak);
	EVP_PKEY_free(ec);
}

/* A trusted list without the root itself is no anchor. */
static void test_no_partial_chain(void **state)
{
	_cleanup_x509_list_ struct x509_list ask = {0};
	_cleanup_x509_list_ struct x509_list pool = {0};
	_cleanup_x509_list_ struct x509_list leaf = {0};
	struct x509_path path;

	(void)state;
	add(&leaf, "snp", "snp-01-vcek.der");
	assert_int_equal(roots_intermediates(ROOT_AMD, &ask, NULL), 0);
	assert_int_equal(roots_builtin(ROOT_AMD, &pool, NULL), 0);
	assert_int_equal(x509_verify(leaf.cert[0], &pool, &ask, NULL, AT, &path, NULL), -E_CERT_CHAIN);
	assert_int_equal(x509_verify(leaf.cert[0], &pool, &leaf, NULL, AT, &path, NULL), -E_CERT_CHAIN);
	/* intermediates among the roots do no harm: a vendor's file has both */
	assert_int_equal(x509_list_add(&ask, pool.cert[0], NULL), 0);
	assert_int_equal(x509_verify(leaf.cert[0], NULL, &ask, NULL, AT, &path, NULL), 0);
	assert_int_equal(path.count, 3);
}

static void test_crls(void **state)
{
	/* revoking, by whom, when; what comes of it */
	static const struct {
		const char *what;
		bool by_ask;
		uint64_t serial;
		int64_t from, until;
		int want;
	} cases[] = {
		{"another", false, 99, AT - 10, AT + 10, 0},
		{"the ASK", false, SNP_TESTPKI_ASK_SERIAL, AT - 10, AT + 10, -E_CERT_REVOKED},
		{"the leaf", true, 0, AT - 10, AT + 10, -E_CERT_REVOKED},
		{"leaf's serial, by the ARK", false, 0, AT - 10, AT + 10, 0},
		{"stale", false, 99, AT - 10, AT - 1, -E_CERT_TIME},
		{"revoked long ago", true, 0, AT - 10, AT - 1, -E_CERT_REVOKED},
		{"of tomorrow", false, 99, AT + 1, AT + 10, -E_CERT_TIME},
		{"to the second", false, 99, AT, AT, 0},
	};
	_cleanup_snp_testpki_ struct snp_testpki pki = {0};
	_cleanup_x509_list_ struct x509_list certs = {0};
	_cleanup_x509_list_ struct x509_list roots = {0};
	struct snp_testpki_spec spec = {.product = SNP_MILAN};
	struct x509_path path;

	(void)state;
	snp_testpki_make(&pki, &spec);
	assert_int_equal(x509_read(&certs, "leaf", pki.leaf.data, pki.leaf.len, NULL), 0);
	assert_int_equal(x509_read(&certs, "ask", pki.ask.data, pki.ask.len, NULL), 0);
	assert_int_equal(x509_read(&roots, "ark", pki.ark.data, pki.ark.len, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_x509_crls_ struct x509_crls crls = {0};
		_cleanup_x509_crls_ struct x509_crls altered = {0};
		_cleanup_buf_ struct buf der = {0};
		struct err e = {0};
		int r;

		snp_testpki_crl(&der, &spec, cases[i].by_ask, cases[i].serial, cases[i].from,
				cases[i].until);
		assert_int_equal(x509_read_crl(&crls, "crl", der.data, der.len, &e), 0);
		r = x509_verify(certs.cert[0], &certs, &roots, &crls, AT, &path, &e);
		if (r != cases[i].want)
			fail_msg("%s: %d, %s", cases[i].what, r, e.msg);
		der.data[der.len - 1] ^= 1;
		assert_int_equal(x509_read_crl(&altered, "crl", der.data, der.len, &e), 0);
		assert_int_equal(x509_verify(certs.cert[0], &certs, &roots, &altered, AT, &path, &e),
				 -E_CERT_CHAIN);
	}
}

static void test_recorded_crls(void **state)
{
	_cleanup_x509_crls_ struct x509_crls crls = {0};
	_cleanup_x509_crls_ struct x509_crls alone = {0};
	_cleanup_x509_list_ struct x509_list certs = {0};
	_cleanup_x509_list_ struct x509_list roots = {0};
	_cleanup_buf_ struct buf other = vector("x509", "intel-root-ca-crl.der");
	struct x509_path path;

	(void)state;
	add(&certs, "x509", "tdx-16-pckCert.pem");
	add(&certs, "x509", "tdx-16-pckSignChain.pem");
	add(&roots, "x509", "tdx-16-trustedRootCaCert.pem");
	for (int i = 0; i < 2; i++) {
		_cleanup_buf_ struct buf b = vector("x509", i ? "tdx-16-rootCaCrl.der" :
								 "tdx-16-intermediateCaCrl.der");

		assert_int_equal(x509_read_crl(&crls, "crl", b.data, b.len, NULL), 0);
	}
	assert_int_equal(x509_verify(certs.cert[0], &certs, &roots, &crls, AT, &path, NULL), 0);
	assert_int_equal(path.count, 3);
	/* of the same name, but signed by another key: does no harm beside a good one, alone is none */
	assert_int_equal(x509_read_crl(&crls, "other", other.data, other.len, NULL), 0);
	assert_int_equal(x509_verify(certs.cert[0], &certs, &roots, &crls, AT, &path, NULL), 0);
	assert_int_equal(x509_read_crl(&alone, "other", other.data, other.len, NULL), 0);
	assert_int_equal(x509_verify(certs.cert[0], &certs, &roots, &alone, AT, &path, NULL),
			 -E_CERT_CHAIN);
}

static void test_read_crl(void **state)
{
	_cleanup_buf_ struct buf b = vector("x509", "tdx-16-rootCaCrl.der");
	_cleanup_buf_ struct buf cert = vector("snp", "snp-01-vcek.der");
	_cleanup_x509_crls_ struct x509_crls crls = {0};

	(void)state;
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(x509_read_crl(&crls, "crl", b.data, len, NULL), -E_CERT_MALFORMED);
	assert_int_equal(x509_read_crl(&crls, "crl", cert.data, cert.len, NULL), -E_CERT_MALFORMED);
	assert_int_equal(crls.count, 0);
	assert_int_equal(x509_read(&(struct x509_list){0}, "crl", b.data, b.len, NULL),
			 -E_CERT_MALFORMED);
}

static void test_too_many(void **state)
{
	_cleanup_x509_list_ struct x509_list list = {0};
	struct snp_testpki_spec spec = {.product = SNP_MILAN};

	(void)state;
	for (unsigned i = 0; i <= X509_CERTS_MAX; i++) {
		_cleanup_snp_testpki_ struct snp_testpki pki = {0};

		spec.leaf_serial = i;
		snp_testpki_make(&pki, &spec);
		assert_int_equal(x509_read(&list, "leaf", pki.leaf.data, pki.leaf.len, NULL),
				 i < X509_CERTS_MAX ? 0 : -E_CERT_MALFORMED);
	}
	assert_int_equal(list.count, X509_CERTS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builtin_fingerprints),
		cmocka_unit_test(test_builtin_chains),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_read_der),
		cmocka_unit_test(test_read_pem),
		cmocka_unit_test(test_read_not_der),
		cmocka_unit_test(test_extension_twice),
		cmocka_unit_test(test_names_and_extensions),
		cmocka_unit_test(test_made_chains),
		cmocka_unit_test(test_no_partial_chain),
		cmocka_unit_test(test_crls),
		cmocka_unit_test(test_recorded_crls),
		cmocka_unit_test(test_read_crl),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
