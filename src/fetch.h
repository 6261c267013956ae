/* SPDX-License-Identifier: MIT */
/*
 * The client of cvmcrypt-fetch, the one program that talks to a network. The fetcher is a child
 * with a socket and nothing else: no privilege, no disk, no device, no key, no TPM. It is told the
 * endpoints of the measured configuration once, at its start, and then a request names one of them
 * by its index; it cannot reach another. It knows neither JSON nor any protocol.
 *
 * What it answers is hostile: bounded, read strictly (fetch_message.h), and matched with what was
 * asked. A fetcher that breaks the form is killed (E_FETCHER).
 *
 *	_cleanup_fetch_ struct fetch *f = NULL;
 *	struct fetch_settings s;
 *
 *	fetch_settings_init(&s, &config->network, floor_seconds(CONFIG_DIR));
 *	r = fetch_start(&f, &s, reterr);
 *	r = fetch_get(f, &(struct fetch_request){.endpoint = FETCH_METADATA, .path = "/metadata/...",
 *			 .headers = {"Metadata: true"}, .type = "application/json",
 *			 .deadline = deadline_in(5000)}, &reply, reterr);
 *
 * Start it when the network is up (network.h): it reads the resolver's files at its start only.
 * Several requests may be in flight: fetch_send() each, then fetch_wait() each, in any order.
 * Nothing is tried again here; who asks knows what a status is worth.
 */
#ifndef CVMCRYPT_FETCH_H
#define CVMCRYPT_FETCH_H

#include "buf.h"
#include "config.h"
#include "deadline.h"
#include "err.h"
#include "fetch_message.h"

/* Index of an endpoint; its name in the configuration is that of the key in [network]. */
enum fetch_endpoint_index { FETCH_METADATA, FETCH_AMD_KDS, FETCH_ENDPOINTS };

struct fetch_endpoint {
	const char *name;		/* for messages */
	const char *base;		/* "https://host[:port][/path]"; "" or NULL: switched off */
	const char *pins;		/* "sha256//...;sha256//..." or "" */
};

struct fetch_settings {
	const char *program;		/* NULL: beside this program, else the installed one */
	const char *roots;		/* file of PEM certificates */
	int64_t floor;			/* seconds since 1970: it is not earlier than that */
	int64_t timeout_ms;		/* of a request without a deadline */
	struct fetch_endpoint endpoint[FETCH_ENDPOINTS];
};

struct fetch_request {
	enum fetch_endpoint_index endpoint;
	const char *path;		/* "/...", put behind the endpoint's base as it is */
	const char *headers[FETCH_HEADERS_MAX];	/* up to the first NULL */
	const void *body;		/* not NULL: POST */
	size_t body_len;
	size_t max;			/* of the reply's body; 0: FETCH_BODY_MAX */
	const char *type;		/* media type that a 200 must have; NULL: any */
	struct deadline deadline;	/* {0}: the settings' timeout from now */
};

struct fetch_reply {
	unsigned status;		/* HTTP's; 0: there was no answer */
	int64_t retry_after_ms;		/* -1: the answer has none */
	char request_id[FETCH_TEXT_MAX];	/* what the service calls this request; "" */
	char type[FETCH_TEXT_MAX];	/* Content-Type as sent; "" */
	struct buf body;		/* and a NUL behind it */
};

struct fetch;

/* Borrows the strings of c. floor: see floor.h. */
void fetch_settings_init(struct fetch_settings *s, const struct network_config *c, int64_t floor);
/* Where the distributions keep their bundle of authorities; NULL behind the last. */
const char *fetch_bundle(size_t i);
/* The file of authorities: the configured one, or the bundle that is there. */
const char *fetch_roots(const struct network_config *c);
/* Is there an https endpoint, so that authorities are needed? */
bool fetch_uses_tls(const struct network_config *c);
/* As installed, and in the boot image. */
#define FETCH_PROGRAM CVMCRYPT_LIBEXECDIR "/cvmcrypt-fetch"
/* Starts the fetcher and waits until it has shut itself in. E_FETCHER. */
int fetch_start(struct fetch **ret, const struct fetch_settings *s, struct err *reterr);
/* Kills the fetcher and reaps it. */
void fetch_freep(struct fetch **f);
#define _cleanup_fetch_ _cleanup_(fetch_freep)

/* E_FETCH_REFUSED: the endpoint is switched off. E_FETCHER: too many in flight, or it has died. */
int fetch_send(struct fetch *f, const struct fetch_request *q, uint32_t *ret_id, struct err *reterr);
/*
 * Waits for the reply to one request. 0: status 200, and the body is of the wanted type. Otherwise
 * E_FETCH (no connection), E_FETCH_TIMEOUT, E_FETCH_STATUS (*ret has status, retry-after and body),
 * E_FETCH_TLS, E_FETCH_REFUSED (redirect, too large, wrong type), E_FETCHER. In every case the
 * request is over and *ret is the caller's to clear.
 */
int fetch_wait(struct fetch *f, uint32_t id, struct fetch_reply *ret, struct err *reterr);
/* The two in one. */
int fetch_get(struct fetch *f, const struct fetch_request *q, struct fetch_reply *ret,
	      struct err *reterr);

void fetch_reply_clear(struct fetch_reply *r);
#define _cleanup_fetch_reply_ _cleanup_(fetch_reply_clear)

#endif
