/* SPDX-License-Identifier: MIT */
#include "jws.h"
#include "verify.h"

static bool describe_certificates(const struct x509_list *list, struct cJSON *decoded)
{
	struct cJSON *array;
	bool ok = true;

	array = json_add_array(decoded, "certificates", &ok);
	for (size_t i = 0; i < list->count; i++) {
		struct cJSON *entry = json_add_object(array, NULL, &ok);
		char name[X509_NAME_MAX];
		int64_t from, until;

		x509_subject_cn(list->cert[i], name);
		json_add_string(entry, "subject", name, &ok);
		x509_issuer_cn(list->cert[i], name);
		json_add_string(entry, "issuer", name, &ok);
		x509_validity(list->cert[i], &from, &until);
		json_add_number(entry, "not_before", (double)from, &ok);
		json_add_number(entry, "not_after", (double)until, &ok);
	}
	return ok;
}

int inspect_jws(const char *name, const uint8_t *bytes, size_t len, struct cJSON *decoded,
		struct err *reterr)
{
	_cleanup_jws_ struct jws j = {0};
	_cleanup_x509_list_ struct x509_list list = {0};
	bool ok = true;
	int r;

	(void)name;
	r = jws_parse(&j, "JWS", bytes, len, reterr);
	if (r == 0)
		r = jws_x5c(&j, &list, reterr);
	if (r < 0)
		return r;
	json_add_copy(decoded, "header", j.header.root, &ok);
	json_add_copy(decoded, "payload", j.payload.root, &ok);
	json_add_number(decoded, "signature_size", (double)j.signature_len, &ok);
	if (list.count > 0)
		ok &= describe_certificates(&list, decoded);
	return ok ? 0 : err_set(reterr, E_NOMEM, "no memory for the description");
}
