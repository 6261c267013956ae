/* SPDX-License-Identifier: MIT */
#include "fetch.h"

#include "file.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define PROGRAM "cvmcrypt-fetch"
#define START_MS 20000
/* The fetcher ends a request in time itself; one that does not is stuck. */
#define GRACE_MS 2000
#define RETRY_AFTER_MAX_S (24 * 3600)
#define PATH_SHOWN 60

struct pending {
	uint32_t id;			/* 0: free */
	bool answered;
	char what[PATH_SHOWN + 40];	/* endpoint and path, for messages */
	char type[FETCH_TEXT_MAX];
	size_t max;
	struct deadline deadline;
	enum fetch_code code;
	char detail[FETCH_DETAIL_MAX];
	struct fetch_reply reply;
};

struct fetch {
	pid_t pid;
	int fd;
	struct fetch_settings settings;	/* borrows what its maker lent it */
	uint32_t last_id;
	struct pending pending[FETCH_IN_FLIGHT_MAX];
	uint8_t packet[FETCH_MESSAGE_MAX];
};

const char *fetch_bundle(size_t i)
{
	static const char *const bundles[] = {
		"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/cert.pem",
	};

	return i < ARRAY_SIZE(bundles) ? bundles[i] : NULL;
}

const char *fetch_roots(const struct network_config *c)
{
	if (*c->roots)
		return c->roots;
	for (size_t i = 0; fetch_bundle(i); i++)
		if (file_exists(fetch_bundle(i)))
			return fetch_bundle(i);
	return fetch_bundle(0);
}

bool fetch_uses_tls(const struct network_config *c)
{
	return *c->amd_kds || strncmp(c->metadata, "https:", 6) == 0;
}

void fetch_settings_init(struct fetch_settings *s, const struct network_config *c, int64_t floor)
{
	*s = (struct fetch_settings){
		.roots = fetch_roots(c),
		.floor = floor,
		.timeout_ms = c->timeout_ms,
		.endpoint = {
			[FETCH_METADATA] = {"metadata service", c->metadata, c->pins},
			[FETCH_AMD_KDS] = {"AMD's key service", c->amd_kds, c->pins},
		},
	};
}

/* Beside the program that runs, as in a build folder, or where it is installed. */
static void find_program(char out[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - sizeof(PROGRAM) - 1);
	char *slash;

	out[n > 0 ? n : 0] = '\0';
	slash = strrchr(out, '/');
	if (slash) {
		memcpy(slash + 1, PROGRAM, sizeof(PROGRAM));
		if (access(out, X_OK) == 0)
			return;
	}
	(void)snprintf(out, PATH_MAX, "%s", FETCH_PROGRAM);
}

/* In the child: the socket, no environment, no other descriptor. Does not return. */
static _Noreturn void run_program(const char *program, int fd)
{
	char *const argv[] = {(char[]){PROGRAM}, NULL}, *const envp[] = {NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	(void)sigemptyset(&none);
	/* fd is above 3: 0, 1 and 2 are open in the parent, and it has a pair of them */
	if (null >= 0 && dup2(null, 0) == 0 && dup2(null, 1) == 1 && dup2(null, 2) == 2 &&
	    dup2(fd, FETCH_SOCKET_FD) == FETCH_SOCKET_FD &&
	    (close_range(FETCH_SOCKET_FD + 1, ~0u, 0) == 0 || errno == ENOSYS) &&
	    chdir("/") == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0 &&
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0)
		(void)execve(program, argv, envp);
	_exit(127);
}

static int start_program(struct fetch *f, const char *program, struct err *reterr)
{
	_cleanup_close_ int theirs = -1;
	int pair[2], size = FETCH_SOCKET_BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(reterr, E_FETCHER, errno, "making a socket");
	f->fd = pair[0];
	/* above what the child puts at 3 */
	theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, FETCH_SOCKET_FD + 1);
	(void)close(pair[1]);
	if (theirs < 0)
		return err_errno(reterr, E_FETCHER, errno, "making a socket");
	for (int i = 0; i < 2; i++)
		if (setsockopt(i ? theirs : f->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
			(void)setsockopt(i ? theirs : f->fd, SOL_SOCKET, SO_SNDBUF, &size,
					 sizeof(size));
	f->pid = fork();
	if (f->pid < 0)
		return err_errno(reterr, E_FETCHER, errno, "starting '%s'", program);
	if (f->pid == 0)
		run_program(program, theirs);
	return 0;
}

/* A packet into f->packet: its length, 0 when the fetcher has gone, -1 when the time is over. */
static ssize_t receive(struct fetch *f, struct deadline deadline)
{
	struct pollfd p = {.fd = f->fd, .events = POLLIN};
	ssize_t n = -1;

	if (f->fd < 0)
		return 0;
	while (poll(&p, 1, deadline_left_ms(deadline)) < 0 && errno == EINTR)
		;
	if (!p.revents)
		return -1;
	do
		n = recv(f->fd, f->packet, FETCH_MESSAGE_MAX, MSG_DONTWAIT | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	return n < 0 || n > FETCH_MESSAGE_MAX ? 0 : n;
}

static void stop(struct fetch *f)
{
	if (f->fd >= 0)
		(void)close(f->fd);
	f->fd = -1;
	if (f->pid <= 0)
		return;
	(void)kill(f->pid, SIGKILL);
	while (waitpid(f->pid, NULL, 0) < 0 && errno == EINTR)
		;
	f->pid = 0;
}

void fetch_freep(struct fetch **f)
{
	if (!*f)
		return;
	stop(*f);
	for (size_t i = 0; i < FETCH_IN_FLIGHT_MAX; i++)
		buf_done(&(*f)->pending[i].reply.body);
	free(*f);
	*f = NULL;
}

static bool send_packet(struct fetch *f, struct buf *packet)
{
	ssize_t n = -1;

	if (!packet->failed && f->fd >= 0)
		do
			n = send(f->fd, packet->data, packet->len, MSG_NOSIGNAL | MSG_DONTWAIT);
		while (n < 0 && errno == EINTR);
	buf_done(packet);
	return n > 0;
}

static bool copy(char *out, size_t out_size, const char *text)
{
	return (size_t)snprintf(out, out_size, "%s", text ? text : "") < out_size;
}

static int send_setup(struct fetch *f, struct err *reterr)
{
	static struct fetch_setup setup;
	const struct fetch_settings *s = &f->settings;
	struct buf packet = {0};
	bool fits;

	memset(&setup, 0, sizeof(setup));
	setup.floor = s->floor > 0 ? s->floor : 0;
	setup.count = FETCH_ENDPOINTS;
	fits = copy(setup.roots, sizeof(setup.roots), s->roots);
	for (size_t i = 0; i < FETCH_ENDPOINTS; i++) {
		fits = fits && copy(setup.endpoint[i].base, sizeof(setup.endpoint[i].base),
				    s->endpoint[i].base);
		fits = fits && copy(setup.endpoint[i].pins, sizeof(setup.endpoint[i].pins),
				    s->endpoint[i].pins);
	}
	fetch_put_setup(&packet, &setup);
	if (!fits || !send_packet(f, &packet))
		return err_set(reterr, E_FETCHER, "the network fetcher does not start");
	return 0;
}

static int wait_ready(struct fetch *f, struct err *reterr)
{
	struct fetch_ready ready;
	ssize_t n = receive(f, deadline_in(START_MS));

	if (n <= 0 || !fetch_get_ready(&ready, f->packet, (size_t)n))
		return err_set(reterr, E_FETCHER, "the network fetcher does not start");
	if (*ready.problem)
		return err_set(reterr, E_FETCHER, "the network fetcher cannot work: %s",
			       ready.problem);
	log_debug("fetch: started, Landlock %u", ready.landlock);
	return 0;
}

int fetch_start(struct fetch **ret, const struct fetch_settings *s, struct err *reterr)
{
	_cleanup_fetch_ struct fetch *f = calloc(1, sizeof(*f));
	char program[PATH_MAX];
	int r;

	if (!f)
		return err_set(reterr, E_NOMEM, "starting the network fetcher");
	f->fd = -1;
	f->settings = *s;
	find_program(program);
	r = start_program(f, s->program ? s->program : program, reterr);
	if (r == 0)
		r = send_setup(f, reterr);
	if (r == 0)
		r = wait_ready(f, reterr);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(f);
	return 0;
}

static struct pending *find(struct fetch *f, uint32_t id)
{
	for (size_t i = 0; i < FETCH_IN_FLIGHT_MAX; i++)
		if (f->pending[i].id == id)
			return &f->pending[i];
	return NULL;
}

static void free_pending(struct pending *p)
{
	buf_done(&p->reply.body);
	memset(p, 0, sizeof(*p));
}

static bool put_query(struct buf *packet, const struct fetch_request *q, const struct pending *p)
{
	struct fetch_query m = {.id = p->id,
				.endpoint = (uint8_t)q->endpoint,
				.has_body = q->body != NULL,
				.body = q->body,
				.body_len = q->body ? q->body_len : 0,
				.max = (uint32_t)p->max};
	int left = deadline_left_ms(p->deadline);

	if (!copy(m.path, sizeof(m.path), q->path))
		return false;
	m.time_ms = left > FETCH_TIME_MAX_MS ? FETCH_TIME_MAX_MS : (uint32_t)left;
	while (m.header_count < FETCH_HEADERS_MAX && q->headers[m.header_count]) {
		/* the writer only reads */
		memcpy(&m.headers[m.header_count], &q->headers[m.header_count], sizeof(char *));
		m.header_count++;
	}
	fetch_put_query(packet, &m);
	return true;
}

int fetch_send(struct fetch *f, const struct fetch_request *q, uint32_t *ret_id, struct err *reterr)
{
	const struct fetch_endpoint *endpoint = &f->settings.endpoint[q->endpoint];
	struct pending *p = find(f, 0);
	struct buf packet = {0};

	if (!endpoint->base || !*endpoint->base)
		return err_set(reterr, E_FETCH_REFUSED, "%s: switched off in the configuration",
			       endpoint->name);
	if (!p)
		return err_set(reterr, E_FETCHER, "too many requests at a time");
	p->deadline = q->deadline.at_ms ? q->deadline : deadline_in(f->settings.timeout_ms);
	if (deadline_left_ms(p->deadline) == 0)
		return err_set(reterr, E_FETCH_TIMEOUT, "%s: no time is left", endpoint->name);
	p->max = q->max && q->max < FETCH_BODY_MAX ? q->max : FETCH_BODY_MAX;
	p->id = ++f->last_id;
	(void)snprintf(p->what, sizeof(p->what), "%s: %.*s", endpoint->name, PATH_SHOWN, q->path);
	if (!copy(p->type, sizeof(p->type), q->type) || !put_query(&packet, q, p) ||
	    !send_packet(f, &packet)) {
		free_pending(p);
		buf_done(&packet);
		return err_set(reterr, E_FETCHER, "%s: the network fetcher takes no request",
			       endpoint->name);
	}
	*ret_id = p->id;
	return 0;
}

/* Takes one reply; false if it is not one to what was asked. */
static bool take(struct fetch *f, size_t len)
{
	struct fetch_answer a;
	struct pending *p;

	if (!fetch_get_answer(&a, f->packet, len) || a.id == 0)
		return false;
	p = find(f, a.id);
	if (!p || p->answered || a.body_len > p->max)
		return false;
	p->answered = true;
	p->code = a.code;
	memcpy(p->detail, a.detail, sizeof(p->detail));
	p->reply.status = a.status;
	p->reply.retry_after_ms = a.retry_after_s < 0 ? -1 :
		1000 * (a.retry_after_s > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : a.retry_after_s);
	memcpy(p->reply.request_id, a.request_id, sizeof(p->reply.request_id));
	memcpy(p->reply.type, a.type, sizeof(p->reply.type));
	p->reply.body.max = p->max + 1;
	buf_put(&p->reply.body, a.body, a.body_len);
	buf_put_u8(&p->reply.body, '\0');
	if (!p->reply.body.failed)
		p->reply.body.len--;
	return !p->reply.body.failed;
}

/* What a wrong clock does to certificates is said with the clock, or nobody would think of it. */
static void clock_text(const char *detail, char *out, size_t out_size)
{
	time_t now = time(NULL);
	struct tm tm;

	*out = '\0';
	if ((strstr(detail, "expired") || strstr(detail, "not yet valid")) && gmtime_r(&now, &tm))
		(void)strftime(out, out_size, " (the clock says %Y-%m-%d)", &tm);
}

static bool has_type(const struct pending *p)
{
	size_t n = strlen(p->type);

	return n == 0 || (strncasecmp(p->reply.type, p->type, n) == 0 &&
			  (p->reply.type[n] == '\0' || strchr("; \t", p->reply.type[n])));
}

/* The answer as a failure of ours, or 0. */
static int judge(const struct pending *p, struct err *reterr)
{
	char clock[48], id[FETCH_TEXT_MAX + 16] = "";

	switch (p->code) {
	case FETCH_DONE:
		break;
	case FETCH_TIME_OUT:
		return err_set(reterr, E_FETCH_TIMEOUT, "%s: %s", p->what, p->detail);
	case FETCH_NO_TLS:
		clock_text(p->detail, clock, sizeof(clock));
		return err_set(reterr, E_FETCH_TLS, "%s: %s%s", p->what, p->detail, clock);
	case FETCH_REDIRECT:
		return err_set(reterr, E_FETCH_REFUSED, "%s: redirect (HTTP status %u)", p->what,
			       p->reply.status);
	case FETCH_TOO_LARGE:
		return err_set(reterr, E_FETCH_REFUSED, "%s: the answer is too large", p->what);
	case FETCH_BAD_ANSWER:
		return err_set(reterr, E_FETCH_REFUSED, "%s: not an answer in HTTP/1.1: %s", p->what,
			       p->detail);
	case FETCH_NOT_ALLOWED:
		return err_set(reterr, E_FETCHER, "%s: the fetcher refuses this request", p->what);
	case FETCH_NO_CONNECTION:
	case FETCH_CODE_COUNT:
		return err_set(reterr, E_FETCH, "%s: %s", p->what, p->detail);
	}
	if (*p->reply.request_id)
		(void)snprintf(id, sizeof(id), ", request %s", p->reply.request_id);
	if (p->reply.status != 200)
		return err_set(reterr, E_FETCH_STATUS, "%s: HTTP status %u%s", p->what,
			       p->reply.status, id);
	if (!has_type(p))
		return err_set(reterr, E_FETCH_REFUSED, "%s: the answer is '%.40s', not '%.40s'",
			       p->what, p->reply.type, p->type);
	return 0;
}

/* Reads until this request is answered. */
static int wait_for(struct fetch *f, struct pending *p, struct err *reterr)
{
	struct deadline end = {p->deadline.at_ms + GRACE_MS};

	while (!p->answered) {
		ssize_t n = receive(f, end);

		if (n < 0) {
			stop(f);
			return err_set(reterr, E_FETCH_TIMEOUT, "%s: the network fetcher is stuck",
				       p->what);
		}
		if (n == 0) {
			stop(f);
			return err_set(reterr, E_FETCHER, "%s: the network fetcher has died",
				       p->what);
		}
		if (!take(f, (size_t)n)) {
			stop(f);
			return err_set(reterr, E_FETCHER,
				       "%s: the network fetcher gave an answer that makes no sense",
				       p->what);
		}
	}
	return judge(p, reterr);
}

int fetch_wait(struct fetch *f, uint32_t id, struct fetch_reply *ret, struct err *reterr)
{
	struct pending *p = id ? find(f, id) : NULL;
	int r;

	*ret = (struct fetch_reply){.retry_after_ms = -1};
	if (!p)
		return err_set(reterr, E_FETCHER, "no such request");
	r = wait_for(f, p, reterr);
	if (p->answered) {
		*ret = p->reply;
		p->reply.body = (struct buf){0};
	}
	free_pending(p);
	return r;
}

int fetch_get(struct fetch *f, const struct fetch_request *q, struct fetch_reply *ret,
	      struct err *reterr)
{
	uint32_t id;
	int r;

	*ret = (struct fetch_reply){.retry_after_ms = -1};
	r = fetch_send(f, q, &id, reterr);
	return r < 0 ? r : fetch_wait(f, id, ret, reterr);
}

void fetch_reply_clear(struct fetch_reply *r)
{
	buf_done(&r->body);
	*r = (struct fetch_reply){.retry_after_ms = -1};
}
