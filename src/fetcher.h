/* SPDX-License-Identifier: MIT */
/*
 * cvmcrypt-fetch, the program beside cvmcrypt that talks to a network. It is started by fetch.c with
 * one socket, is told its endpoints once, shuts itself in before the first byte from a network, and
 * then answers requests until the socket closes. It knows HTTP and TLS, and nothing of what it
 * carries; nothing it says is believed for having said it.
 *
 *	fetcher_main       order of things, the loop
 *	fetcher_sandbox    what it gives up
 *	fetcher_http       one request, by libcurl
 *	fetcher_tls        what libcurl cannot be told about certificates, by OpenSSL
 */
#ifndef CVMCRYPT_FETCHER_H
#define CVMCRYPT_FETCHER_H

#include "buf.h"
#include "fetch_message.h"

#define FETCHER_ROOTS_MAX (4u << 20)

/* Every descriptor but the socket and 0, 1, 2; before anything of our own is open. */
bool fetcher_close_rest(void);
/* Gives everything up for good. false: *m says what did not work. m->landlock is its ABI, or 0. */
bool fetcher_shut_in(const struct fetch_setup *setup, struct fetch_ready *m);

struct fetcher {
	struct fetch_setup setup;
	struct buf roots;		/* PEM, read before the door shut */
	int fd;
	struct fetcher_http *http;
};

/* Starts libcurl and OpenSSL; borrows both arguments. */
struct fetcher_http *fetcher_http_new(const struct fetch_setup *setup, const struct buf *roots);
void fetcher_http_freep(struct fetcher_http **h);
/* Begins a request; false: there is no room, or no memory. Afterwards *q is empty. */
bool fetcher_http_start(struct fetcher_http *h, struct fetch_query *q);
size_t fetcher_http_running(const struct fetcher_http *h);
/*
 * Goes on with all requests; waits for the network, or for fd if it is not -1. Calls on_answer for
 * each that has ended.
 */
bool fetcher_http_run(struct fetcher_http *h, int fd,
		      void (*on_answer)(void *context, const struct fetch_answer *a), void *context);

/*
 * For libcurl's CURLOPT_SSL_CTX_FUNCTION, which takes the SSL_CTX as void *: no time before the
 * floor. false: the connection must not be made.
 */
bool fetcher_tls_prepare(void *ssl_ctx, int64_t floor);
/* OpenSSL without its configuration file; before libcurl is initialised. */
bool fetcher_tls_init(void);

#endif
