/* SPDX-License-Identifier: MIT */
/* Certificates and CRLs, and what is read of them: keys, names, AMD's extensions, chains. */
#include "roots.h"
#include "snp_chain.h"

#include <string.h>

#define AT 1786752000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct x509_cert *c, const struct x509_list *all,
		    const struct x509_list *roots, const struct x509_crls *crls)
{
	_cleanup_pubkey_ struct pubkey *key = NULL;
	_cleanup_free_ uint8_t *der = NULL;
	char name[X509_NAME_MAX];
	struct x509_path path;
	struct snp_leaf leaf;
	int64_t from, until;
	size_t len;

	x509_subject_cn(c, name);
	if (strnlen(name, sizeof(name)) == sizeof(name))
		abort();
	x509_issuer_cn(c, name);
	x509_validity(c, &from, &until);
	(void)x509_is_ca(c);
	(void)x509_extension(c, "2.5.29.19", &len);
	(void)x509_pubkey(c, &key, NULL);
	if (x509_der(c, &der, &len, NULL) < 0)
		abort();
	if (snp_leaf_read(&leaf, c, NULL) == 0 && !leaf.vlek && leaf.chip_id_len == 0)
		abort();
	if (x509_verify(c, all, roots, crls, AT, &path, NULL) == 0 && path.count > X509_DEPTH_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct x509_list roots;
	_cleanup_x509_list_ struct x509_list list = {0};
	_cleanup_x509_crls_ struct x509_crls crls = {0};
	_cleanup_pubkey_ struct pubkey *key = NULL;

	if (roots.count == 0 && roots_builtin(ROOT_AMD, &roots, NULL) < 0)
		abort();
	(void)pubkey_read(&key, "fuzz", data, size, NULL);
	(void)x509_read_crl(&crls, "fuzz", data, size, NULL);
	(void)x509_read(&list, "fuzz", data, size, NULL);
	for (size_t i = 0; i < list.count && i < 4; i++)
		look_at(list.cert[i], &list, &roots, &crls);
	return 0;
}
