/* SPDX-License-Identifier: MIT */
/*
 * The certificates that 'verify' is given, and the roots that it trusts.
 */
#ifndef CVMCRYPT_VERIFY_CERTS_H
#define CVMCRYPT_VERIFY_CERTS_H

#include "roots.h"
#include "verify.h"

/* Every --cert file, in their order. */
int verify_read_certs(const struct verify_options *o, struct x509_list *ret, struct err *reterr);
/* --root, else the built-in ones of the kind. */
int verify_read_roots(const struct verify_options *o, enum root_kind kind, struct x509_list *ret,
		      struct err *reterr);

#endif
