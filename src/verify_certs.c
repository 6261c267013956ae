/* SPDX-License-Identifier: MIT */
#include "verify_certs.h"

int verify_read_certs(const struct verify_options *o, struct x509_list *ret, struct err *reterr)
{
	for (size_t i = 0; i < o->cert_count; i++) {
		int r = x509_read_file(ret, o->certs[i], reterr);

		if (r < 0)
			return r;
	}
	return 0;
}

int verify_read_roots(const struct verify_options *o, enum root_kind kind, struct x509_list *ret,
		      struct err *reterr)
{
	if (o->root)
		return x509_read_file(ret, o->root, reterr);
	return roots_builtin(kind, ret, reterr);
}
