/* SPDX-License-Identifier: MIT */
#include "network_internal.h"

#include "confine.h"
#include "platform_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Packet sockets, and the port of DHCP clients. */
#define CAPABILITIES (1ull << CAP_NET_RAW | 1ull << CAP_NET_BIND_SERVICE)

const char *network_client(size_t i)
{
	static const char *const programs[] = {"/usr/bin/busybox", "/bin/busybox",
					       "/usr/sbin/udhcpc", "/sbin/udhcpc"};

	return i < ARRAY_SIZE(programs) ? programs[i] : NULL;
}

/*
 * In the foreground, one packet a second until there is a lease, then it ends. It asks for the
 * router and the name servers only: what it does not ask for it does not hand on.
 */
static _Noreturn void run_client(const char *interface, const char *event, int out)
{
	const char *const args[] = {"udhcpc", "-f", "-q", "-t", "3600", "-T", "1", "-o",
		"-O", "subnet", "-O", "router", "-O", "dns", "-i", interface, "-s", event};
	char copy[ARRAY_SIZE(args)][PATH_MAX], *argv[ARRAY_SIZE(args) + 1], *const envp[] = {NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;
	uid_t uid;
	gid_t gid;

	for (size_t i = 0; i < ARRAY_SIZE(args); i++) {
		(void)snprintf(copy[i], sizeof(copy[i]), "%s", args[i]);
		argv[i] = copy[i];
	}
	argv[ARRAY_SIZE(args)] = NULL;
	(void)sigemptyset(&none);
	confine_user(&uid, &gid);
	if (null < 0 || dup2(null, 0) != 0 || dup2(out, 1) != 1 || dup2(null, 2) != 2 ||
	    close_range(3, ~0u, 0) < 0 || chdir("/") < 0 ||
	    sigprocmask(SIG_SETMASK, &none, NULL) < 0 ||
	    setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0}) < 0 ||
	    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) < 0 ||
	    !confine(uid, gid, CAPABILITIES))
		_exit(126);
	for (size_t i = 0; network_client(i); i++)
		(void)execve(network_client(i), argv, envp);
	_exit(127);
}

/* What the client's script prints, up to its end. */
static int read_lease(int fd, struct deadline deadline, struct buf *text, struct err *reterr)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint8_t chunk[512];
	ssize_t n;

	text->max = DHCP_TEXT_MAX;
	for (;;) {
		int r = poll(&p, 1, deadline_left_ms(deadline));

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return err_set(reterr, E_NETWORK, "no DHCP server answers");
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		buf_put(text, chunk, (size_t)n);
	}
	if (text->failed)
		return err_set(reterr, E_NETWORK, "DHCP: a lease that makes no sense");
	return 0;
}

int dhcp_run(const char *interface, struct deadline deadline, struct dhcp_lease *ret,
	     struct err *reterr)
{
	_cleanup_close_ int in = -1, out = -1;
	_cleanup_buf_ struct buf text = {0};
	char event[PATH_MAX];
	int fds[2], r, status = 0;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(reterr, E_NETWORK, errno, "starting the DHCP client");
	in = fds[0];
	out = fds[1];
	platform_under_root(NETWORK_DHCP_EVENT, event);
	pid = fork();
	if (pid < 0)
		return err_errno(reterr, E_NETWORK, errno, "starting the DHCP client");
	if (pid == 0)
		run_client(interface, event, out);
	(void)close(TAKE_FD(out));
	r = read_lease(in, deadline, &text, reterr);
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return r;
	if (text.len == 0 && WIFEXITED(status) && WEXITSTATUS(status) >= 126)
		return err_set(reterr, E_NETWORK, "no DHCP client: busybox with udhcpc is missing");
	return dhcp_lease_parse(ret, (const char *)text.data, text.len, reterr);
}
