/* SPDX-License-Identifier: MIT */
#include "jws.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_x509_list_ struct x509_list list = {0};
	_cleanup_pubkey_ struct pubkey *key = NULL;
	_cleanup_jws_ struct jws j = {0};

	if (jws_parse(&j, "fuzz", data, size, NULL) < 0)
		return 0;
	if (!memchr(j.signed_text, '.', j.signed_len) || j.alg[0] == '\0' ||
	    j.signature_len > JWS_SIGNATURE_MAX)
		abort();
	if (jws_x5c(&j, &list, NULL) < 0 || list.count == 0)
		return 0;
	if (x509_pubkey(list.cert[0], &key, NULL) == 0)
		(void)jws_verify(&j, j.alg, key, NULL);
	return 0;
}
