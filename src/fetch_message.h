/* SPDX-License-Identifier: MIT */
/*
 * What cvmcrypt and its fetcher say to each other: one message a packet of a SOCK_SEQPACKET socket.
 * Pure, and shared by both sides; each takes the other's messages for hostile. Big endian; a text
 * or body is a be32 length and its bytes.
 *
 *	every message  u16 version, u8 kind
 *	SETUP    ->    u64 floor, text roots, u8 count, count times: text base, text pins
 *	READY    <-    u8 Landlock's ABI, text problem (empty: the fetcher has shut itself in)
 *	REQUEST  ->    u32 id, u8 endpoint, text path, u8 count, count times: text header,
 *	               u8 has a body, body, u32 largest reply body, u32 milliseconds
 *	REPLY    <-    u32 id, u8 code, u16 HTTP status, u32 Retry-After in seconds (ffffffff: none),
 *	               text request id, text content type, text detail, body
 *
 * The largest message fits one packet of the socket buffers that fetch_start() sets, so nothing is
 * split.
 */
#ifndef CVMCRYPT_FETCH_MESSAGE_H
#define CVMCRYPT_FETCH_MESSAGE_H

#include "buf.h"
#include "err.h"

#define FETCH_IN_FLIGHT_MAX 4
#define FETCH_TABLE_MAX 16		/* endpoints */
#define FETCH_BASE_MAX 256		/* texts: with the NUL */
#define FETCH_PINS_MAX 512
#define FETCH_ROOTS_MAX 256
#define FETCH_HEADERS_MAX 8		/* of a request, "Name: value" each */
#define FETCH_HEADER_MAX 8192		/* an access token is one */
#define FETCH_PATH_MAX 2048		/* query included */
#define FETCH_TEXT_MAX 128
#define FETCH_DETAIL_MAX 200
#define FETCH_REQUEST_BODY_MAX 32768
#define FETCH_BODY_MAX 131072		/* of a reply */
#define FETCH_TIME_MAX_MS 3600000
#define FETCH_MESSAGE_MAX (FETCH_BODY_MAX + 4096)
#define FETCH_SOCKET_BUFFER (1 << 20)

/* Where a fetcher finds its socket. */
#define FETCH_SOCKET_FD 3

enum fetch_kind { FETCH_SETUP = 1, FETCH_READY, FETCH_REQUEST, FETCH_REPLY };

enum fetch_code {
	FETCH_DONE,		/* there is an answer, with its HTTP status */
	FETCH_NO_CONNECTION,	/* name, route, connection; or it broke */
	FETCH_TIME_OUT,
	FETCH_NO_TLS,		/* certificate, name, pin, version */
	FETCH_REDIRECT,
	FETCH_TOO_LARGE,	/* body or headers */
	FETCH_BAD_ANSWER,	/* not HTTP/1.1, or an encoding that was not asked for */
	FETCH_NOT_ALLOWED,	/* the request itself */
	FETCH_CODE_COUNT
};

struct fetch_setup {
	int64_t floor;
	char roots[FETCH_ROOTS_MAX];
	struct {
		char base[FETCH_BASE_MAX];	/* "": switched off */
		char pins[FETCH_PINS_MAX];
	} endpoint[FETCH_TABLE_MAX];
	size_t count;
};

struct fetch_ready {
	uint8_t landlock;
	char problem[FETCH_DETAIL_MAX];
};

struct fetch_query {
	uint32_t id;
	uint8_t endpoint;
	char path[FETCH_PATH_MAX];
	char *headers[FETCH_HEADERS_MAX];	/* owned */
	size_t header_count;
	bool has_body;
	const uint8_t *body;			/* borrowed from the packet */
	size_t body_len;
	uint32_t max, time_ms;
};

struct fetch_answer {
	uint32_t id;
	enum fetch_code code;
	uint16_t status;
	int64_t retry_after_s;			/* -1: none */
	char request_id[FETCH_TEXT_MAX];
	char type[FETCH_TEXT_MAX];
	char detail[FETCH_DETAIL_MAX];
	const uint8_t *body;			/* borrowed */
	size_t body_len;
};

/* Kind of a packet; 0 if it is none or of another version. */
enum fetch_kind fetch_kind(const void *data, size_t len);

/* Writers; *ret is empty, and ret->failed tells that something did not fit. */
void fetch_put_setup(struct buf *ret, const struct fetch_setup *m);
void fetch_put_ready(struct buf *ret, const struct fetch_ready *m);
void fetch_put_query(struct buf *ret, const struct fetch_query *m);
void fetch_put_answer(struct buf *ret, const struct fetch_answer *m);

/*
 * Readers: the whole packet is one message of this kind, every bound is kept, texts are printable
 * ASCII, nothing is left over. Texts that name something to fetch are judged by url.h as well.
 */
bool fetch_get_setup(struct fetch_setup *ret, const void *data, size_t len);
bool fetch_get_ready(struct fetch_ready *ret, const void *data, size_t len);
bool fetch_get_query(struct fetch_query *ret, const void *data, size_t len);
void fetch_query_done(struct fetch_query *q);
bool fetch_get_answer(struct fetch_answer *ret, const void *data, size_t len);

/* Copies text with every byte that is not printable ASCII as '?', cut to fit. */
void fetch_text(char *out, size_t out_size, const char *text, size_t len);

#endif
