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
 * The clock is the host's, so with a floor it neither refuses nor accepts alone (docs/time.md): a
 * certificate is good that has not ended before the floor. Without a floor, as on a running system,
 * the clock counts, and a beginning may lie a little ahead. Every other failure stands.
 */
static bool is_fine(int error, const X509 *cert)
{
	time_t floor = (time_t)time_floor, latest = time(NULL) + SKEW_S;

	if (error == X509_V_ERR_CERT_HAS_EXPIRED)
		return time_floor > 0 && X509_cmp_time(X509_get0_notAfter(cert), &floor) > 0;
	if (error != X509_V_ERR_CERT_NOT_YET_VALID)
		return false;
	return time_floor > 0 || X509_cmp_time(X509_get0_notBefore(cert), &latest) < 0;
}

static int on_verify(int ok, X509_STORE_CTX *ctx)
{
	const X509 *cert = X509_STORE_CTX_get_current_cert(ctx);

	if (ok || !cert || !is_fine(X509_STORE_CTX_get_error(ctx), cert))
		return ok;
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
