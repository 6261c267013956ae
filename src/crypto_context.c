/* SPDX-License-Identifier: MIT */
/*
 * tpm2-tss 3 makes a new OpenSSL library context for each digest and each HMAC of a session, to keep
 * clear of a TPM provider in the default one. A new context lists every algorithm again before its
 * first use: that was nine tenths of the instructions of unsealing. Version 4 lets a program bring
 * its own cryptography; Debian 12 has 3.2. Here the default context has no such provider, as
 * secret_heap_init() keeps OpenSSL from reading a configuration.
 *
 * So OSSL_LIB_CTX_new() is defined here: a program's own definition comes before a library's. The
 * one library named gets the default context, which OSSL_LIB_CTX_free() is documented to leave
 * alone. Everybody else gets a new one as ever: what libcryptsetup loads stays in its own, and the
 * context that a provider makes becomes a child of the one that it is loaded into. Where the
 * definition does not come first, or the caller is not recognised, nothing is shared and all is as
 * slow as before.
 */
#include "crypto.h"

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <string.h>

static const void *sharing;	/* where the library that shares begins */

static const void *library_of(const void *address)
{
	Dl_info info;

	return dladdr(address, &info) ? info.dli_fbase : NULL;
}

void crypto_share_context(void (*function)(void))
{
	const void *address;

	/* dladdr() wants an object's address; C has no cast for that, nor for dlsym() */
	memcpy(&address, &function, sizeof(address));
	sharing = library_of(address);
}

OSSL_LIB_CTX *OSSL_LIB_CTX_new(void)
{
	OSSL_LIB_CTX *(*openssl)(void);

	if (sharing && library_of(__builtin_return_address(0)) == sharing)
		return OSSL_LIB_CTX_get0_global_default();
	memcpy(&openssl, &(void *){dlsym(RTLD_NEXT, "OSSL_LIB_CTX_new")}, sizeof(openssl));
	return openssl ? openssl() : NULL;
}
