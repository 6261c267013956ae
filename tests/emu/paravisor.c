/* SPDX-License-Identifier: MIT */
/*
 * usage: paravisor --state DIR --pki DIR (--control PATH | --server PATH) [KNOB=VALUE...]
 *        paravisor --pki DIR		only makes the test root
 *
 * --state: swtpm's folder. --pki: keys and certificates of the test root, made when absent.
 * --control PATH: swtpm's control channel for QEMU (-chardev socket), which brings the data channel
 * along (CMD_SET_DATAFD). --server PATH: for a TCTI ("swtpm:path=PATH"), with PATH.ctrl; the TPM is
 * started. Ready when the sockets are there; ends with SIGTERM. swtpm ends with it.
 */
#include "paravisor.h"
#include "paravisor_sign.h"

#include "deadline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

/* swtpm's control channel: tpm_ioctl.h */
#define CMD_INIT 2
#define CMD_SET_DATAFD 16

#define CONNECTIONS_MAX 16

enum kind { LISTEN_CONTROL, LISTEN_DATA, CONTROL, DATA };

struct connection {
	enum kind kind;
	int fd;
};

struct proxy {
	struct paravisor p;
	int control;		/* swtpm's */
	struct connection connection[CONNECTIONS_MAX];
	size_t count;
};

static pid_t swtpm_pid;

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "paravisor: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	if (swtpm_pid > 0)
		(void)kill(swtpm_pid, SIGTERM);
	_exit(1);
}

/* The next one on this state must find it complete and unlocked, so swtpm ends first. */
static void on_term(_unused_ int sig)
{
	if (swtpm_pid > 0 && kill(swtpm_pid, SIGTERM) == 0)
		(void)waitpid(swtpm_pid, NULL, 0);
	_exit(0);
}

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(a.sun_path))
		die("'%s' is too long for a socket", path);
	memcpy(a.sun_path, path, strlen(path) + 1);
	return a;
}

static void start_swtpm(const char *state, const char *control)
{
	char dir[600], channel[600];
	pid_t parent = getpid();

	(void)snprintf(dir, sizeof(dir), "dir=%s", state);
	(void)snprintf(channel, sizeof(channel), "type=unixio,path=%s", control);
	(void)unlink(control);
	swtpm_pid = fork();
	if (swtpm_pid < 0)
		die("fork: %s", strerror(errno));
	if (swtpm_pid == 0) {
		int null = open("/dev/null", O_RDWR);

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		for (int fd = 0; fd < 3; fd++)
			(void)dup2(null, fd);
		(void)execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", dir, "--ctrl",
			     channel, (char *)NULL);
		_exit(127);
	}
}

static int connect_to(const char *path)
{
	struct sockaddr_un a = address_of(path);

	for (int i = 0; i < 1000; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
			return fd;
		(void)close(fd);
		if (waitpid(swtpm_pid, NULL, WNOHANG) != 0)
			die("swtpm does not start");
		(void)poll(NULL, 0, 10);
	}
	die("swtpm does not listen");
}

static void must_answer(int control, const char *what)
{
	uint8_t answer[4];

	if (!read_full(control, answer, sizeof(answer)) || memcmp(answer, "\0\0\0\0", 4) != 0)
		die("swtpm refuses %s", what);
}

/* Our own end of swtpm's data channel. It takes one only, so it is ours for good. */
static int set_data_fd(int control)
{
	static const uint8_t command[4] = {0, 0, 0, CMD_SET_DATAFD};
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} ancillary = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)command, .iov_len = sizeof(command)};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = ancillary.space,
				 .msg_controllen = sizeof(ancillary.space)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		die("socketpair: %s", strerror(errno));
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &pair[1], sizeof(int));
	if (sendmsg(control, &message, 0) != sizeof(command))
		die("sendmsg: %s", strerror(errno));
	must_answer(control, "the data channel");
	(void)close(pair[1]);
	return pair[0];
}

static void power_on(struct proxy *x)
{
	static const uint8_t init[8] = {0, 0, 0, CMD_INIT};
	static const uint8_t startup[] = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0};
	uint8_t out[WIRE_MAX];

	if (!write_full(x->control, init, sizeof(init)))
		die("swtpm is gone");
	must_answer(x->control, "CMD_INIT");
	(void)tpm_exchange(&x->p, startup, sizeof(startup), out);
	tpm_prepare(&x->p);
}

/* QEMU's firmware starts the TPM anew; swtpm keeps what is persistent, if it is shut down in order. */
static void shut_down(struct proxy *x)
{
	static const uint8_t shutdown_clear[] = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x45, 0, 0};
	uint8_t out[WIRE_MAX];

	(void)tpm_exchange(&x->p, shutdown_clear, sizeof(shutdown_clear), out);
}

static void add(struct proxy *x, enum kind kind, int fd)
{
	if (x->count == CONNECTIONS_MAX)
		die("too many connections");
	x->connection[x->count++] = (struct connection){.kind = kind, .fd = fd};
}

/* Whoever waits for the socket's name can connect as soon as it is there: between bind and listen
 * it has another. */
static void listen_at(struct proxy *x, enum kind kind, const char *path)
{
	char early[600];
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(early, sizeof(early), "%s.0", path);
	a = address_of(early);
	(void)unlink(early);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 8) < 0 ||
	    rename(early, path) < 0)
		die("listening at '%s': %s", path, strerror(errno));
	add(x, kind, fd);
}

/* One control message; a descriptor that comes with it is the guest's data channel. */
static bool serve_control(struct proxy *x, int fd)
{
	uint8_t bytes[WIRE_MAX];
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} ancillary = {0};
	struct iovec iov = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = ancillary.space,
				 .msg_controllen = sizeof(ancillary.space)};
	ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int data;

	if (n <= 0)
		return false;
	if (header && header->cmsg_type == SCM_RIGHTS) {
		memcpy(&data, CMSG_DATA(header), sizeof(data));
		add(x, DATA, data);
		return write_full(fd, "\0\0\0\0", 4);
	}
	if (!write_full(x->control, bytes, (size_t)n))
		die("swtpm is gone");
	n = read(x->control, bytes, sizeof(bytes));
	return n > 0 && write_full(fd, bytes, (size_t)n);
}

static bool serve_data(struct proxy *x, int fd)
{
	uint8_t command[WIRE_MAX], answer[WIRE_MAX];
	size_t len = wire_read(fd, command);

	if (len == 0)
		return false;
	len = tpm_serve(&x->p, command, len, answer);
	return write_full(fd, answer, len);
}

static void serve(struct proxy *x)
{
	struct pollfd fds[CONNECTIONS_MAX];
	size_t count = x->count;

	for (size_t i = 0; i < count; i++)
		fds[i] = (struct pollfd){.fd = x->connection[i].fd, .events = POLLIN};
	if (poll(fds, count, -1) < 0)
		return;
	for (size_t i = count; i > 0; i--) {
		struct connection *c = &x->connection[i - 1];
		bool stays = true;

		if (!fds[i - 1].revents)
			continue;
		if (c->kind == LISTEN_CONTROL || c->kind == LISTEN_DATA)
			add(x, c->kind == LISTEN_CONTROL ? CONTROL : DATA,
			    accept4(c->fd, NULL, NULL, SOCK_CLOEXEC));
		else
			stays = c->kind == CONTROL ? serve_control(x, c->fd) : serve_data(x, c->fd);
		if (stays)
			continue;
		(void)close(c->fd);
		*c = x->connection[--x->count];
	}
}

static void usage(void)
{
	fprintf(stderr, "usage: paravisor --state DIR --pki DIR (--control PATH | --server PATH) "
			"[KNOB=VALUE...]\n");
	knobs_print();
	exit(2);
}

int main(int argc, char **argv)
{
	const char *state = NULL, *control = NULL, *server = NULL;
	struct proxy x = {0};
	char own[512], path[512];

	knobs_init(&x.p.knobs);
	for (int i = 1; i < argc; i++) {
		const char **value = strcmp(argv[i], "--state") == 0 ? &state :
				     strcmp(argv[i], "--pki") == 0 ? &x.p.pki :
				     strcmp(argv[i], "--control") == 0 ? &control :
				     strcmp(argv[i], "--server") == 0 ? &server : NULL;

		if (value && ++i < argc)
			*value = argv[i];
		else if (value || !knobs_set(&x.p.knobs, argv[i]))
			usage();
	}
	if (x.p.pki && !state && !control && !server) {
		sign_open(&x.p);
		return 0;
	}
	if (!state || !x.p.pki || (control == NULL) == (server == NULL))
		usage();
	(void)signal(SIGTERM, on_term);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)snprintf(own, sizeof(own), "%s.swtpm", control ? control : server);
	sign_open(&x.p);
	start_swtpm(state, own);
	x.control = connect_to(own);
	x.p.tpm = set_data_fd(x.control);
	power_on(&x);
	if (control)
		shut_down(&x);
	(void)snprintf(path, sizeof(path), "%s.ctrl", server ? server : "");
	listen_at(&x, LISTEN_CONTROL, control ? control : path);
	if (server)
		listen_at(&x, LISTEN_DATA, server);
	for (;;)
		serve(&x);
}
