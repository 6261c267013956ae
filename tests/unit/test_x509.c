/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "codec.h"
#include "roots.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builtin_fingerprints),
		cmocka_unit_test(test_builtin_chains),
		cmocka_unit_test(test_chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
