/* SPDX-License-Identifier: MIT */
#include "fetcher.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <time.h>

/* How far two right clocks may be apart. */
#define SKEW_S (24 * 3600)

static int64_t time_floor;

bool fetcher_tls_init(void)
{
	return OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1;
}

/*
 * A clock behind the floor is wrong, and by how much is not known: the time is the floor or later.
 * So an end of validity is compared with the floor, and a beginning proves nothing. With a clock
 * that can be right, a beginning may lie a little ahead. Every other failure stands.
 */
static int on_verify(int ok, X509_STORE_CTX *ctx)
{
	time_t latest = time(NULL) + SKEW_S;
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);

	if (ok || X509_STORE_CTX_get_error(ctx) != X509_V_ERR_CERT_NOT_YET_VALID || !cert)
		return ok;
	if ((int64_t)time(NULL) >= time_floor &&
	    X509_cmp_time(X509_get0_notBefore(cert), &latest) >= 0)
		return 0;
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

bool fetcher_tls_prepare(void *ssl_ctx, int64_t floor)
{
	SSL_CTX *ctx = ssl_ctx;

	time_floor = floor;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verify);
	SSL_CTX_set_security_level(ctx, 2);
	if ((int64_t)time(NULL) < floor)
		X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(ctx), (time_t)floor);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1;
}
