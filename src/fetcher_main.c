/* SPDX-License-Identifier: MIT */
#include "fetcher.h"

#include "file.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static bool is_our_socket(void)
{
	int type = 0, domain = 0;
	socklen_t len = sizeof(type);

	return getsockopt(FETCH_SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	       type == SOCK_SEQPACKET && (len = sizeof(domain)) &&
	       getsockopt(FETCH_SOCKET_FD, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	       domain == AF_UNIX;
}

/* One packet; 0: the parent has gone, -1: there is none at the moment. */
static ssize_t receive(int fd, uint8_t *packet, int flags)
{
	ssize_t n;

	do
		n = recv(fd, packet, FETCH_MESSAGE_MAX, flags);
	while (n < 0 && errno == EINTR);
	return n < 0 && errno != EAGAIN ? 0 : n;
}

/* Blocks while the parent does not read: it has to, it asked. */
static bool reply(int fd, struct buf *packet)
{
	ssize_t n = -1;

	if (!packet->failed)
		do
			n = send(fd, packet->data, packet->len, MSG_NOSIGNAL);
		while (n < 0 && errno == EINTR);
	buf_done(packet);
	return n > 0;
}

static void on_answer(void *context, const struct fetch_answer *a)
{
	const struct fetcher *f = context;
	struct buf packet = {0};

	fetch_put_answer(&packet, a);
	(void)reply(f->fd, &packet);
}

/* Takes the requests that are there; false when the parent has gone or says nonsense. */
static bool take_requests(struct fetcher *f)
{
	static uint8_t packet[FETCH_MESSAGE_MAX];

	while (fetcher_http_running(f->http) < FETCH_IN_FLIGHT_MAX) {
		ssize_t n = receive(f->fd, packet, MSG_DONTWAIT);
		struct fetch_query q;

		if (n < 0)
			return true;
		if (n == 0 || !fetch_get_query(&q, packet, (size_t)n))
			return false;
		if (!fetcher_http_start(f->http, &q))
			on_answer(f, &(struct fetch_answer){.id = q.id, .code = FETCH_NOT_ALLOWED,
							    .retry_after_s = -1});
		fetch_query_done(&q);
		explicit_bzero(packet, (size_t)n);
	}
	return true;
}

static bool needs_roots(const struct fetch_setup *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (strncmp(s->endpoint[i].base, "https:", 6) == 0)
			return true;
	return false;
}

/* Reads what it will need, and shuts the door behind itself. */
static bool prepare(struct fetcher *f, struct fetch_ready *ready)
{
	struct err e = {0};

	if (needs_roots(&f->setup) &&
	    file_read(f->setup.roots, FETCHER_ROOTS_MAX, &f->roots, &e) < 0) {
		fetch_text(ready->problem, sizeof(ready->problem), e.msg, strlen(e.msg));
		return false;
	}
	f->http = fetcher_http_new(&f->setup, &f->roots);
	if (!f->http) {
		(void)snprintf(ready->problem, sizeof(ready->problem), "libcurl does not start");
		return false;
	}
	return fetcher_shut_in(&f->setup, ready);
}

int main(int argc, char **argv)
{
	static struct fetcher f = {.fd = FETCH_SOCKET_FD};
	static uint8_t packet[FETCH_MESSAGE_MAX];
	struct fetch_ready ready = {0};
	struct buf out = {0};
	ssize_t n;
	bool ok;

	(void)clearenv();
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("cvmcrypt-fetch %s\n", CVMCRYPT_VERSION);
		return 0;
	}
	if (argc != 1 || !is_our_socket() || !fetcher_close_rest()) {
		fprintf(stderr, "cvmcrypt-fetch is started by cvmcrypt\n");
		return 2;
	}
	n = receive(f.fd, packet, 0);
	if (n <= 0 || !fetch_get_setup(&f.setup, packet, (size_t)n))
		return 2;
	ok = prepare(&f, &ready);
	fetch_put_ready(&out, &ready);
	if (!reply(f.fd, &out) || !ok)
		return 1;
	while (take_requests(&f))
		if (!fetcher_http_run(f.http,
				      fetcher_http_running(f.http) < FETCH_IN_FLIGHT_MAX ? f.fd : -1,
				      on_answer, &f))
			return 1;
	return 0;
}
