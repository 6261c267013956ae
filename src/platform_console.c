/* SPDX-License-Identifier: MIT */
#include "log.h"
#include "platform_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <termios.h>

#define CONSOLE "/dev/console"
/*
 * While a file of this pattern exists, systemd keeps its "A start job is running" line off the
 * console. It is empty, so no password agent takes it for a question.
 */
#define QUIET_SYSTEMD "/run/systemd/ask-password/ask.cvmcrypt"

void platform_disable_sysrq(void)
{
	_cleanup_close_ int fd = open("/proc/sys/kernel/sysrq", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "0", 1) != 1)
		log_debug("sysrq stays on");
}

void platform_end_boot(const char *action)
{
	int fd = open(CONSOLE, O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	/* a slow serial line still holds the reason */
	if (fd >= 0) {
		(void)tcdrain(fd);
		(void)close(fd);
	}
	sync();
	if (strcmp(action, "reboot") == 0)
		(void)reboot(RB_AUTOBOOT);
	else if (strcmp(action, "halt") == 0)
		(void)reboot(RB_HALT_SYSTEM);
	else
		(void)reboot(RB_POWER_OFF);
}

static void put(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		left -= (size_t)n;
	}
}

/* One line, without its end, before the deadline. What does not fit is read and dropped. */
static int read_line(int fd, char *out, size_t out_size, struct deadline deadline,
		     struct err *reterr)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t at = 0;

	for (;;) {
		int n, left = deadline_left_ms(deadline);
		char c;

		if (left == 0)
			return err_set(reterr, E_IO, "nobody answered at '%s'", CONSOLE);
		n = poll(&p, 1, left);
		if (n < 0 && errno != EINTR)
			return err_errno(reterr, E_IO, errno, "waiting at '%s'", CONSOLE);
		if (n <= 0)
			continue;
		n = (int)read(fd, &c, 1);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return err_errno(reterr, E_IO, errno, "reading '%s'", CONSOLE);
		if (n == 0 && (p.revents & (POLLHUP | POLLERR)))
			return err_set(reterr, E_IO, "'%s' was hung up", CONSOLE);
		/* n == 0: the end-of-file character, which ends a line as well as any */
		if (n == 0 || c == '\n' || c == '\r')
			break;
		if (at + 1 < out_size)
			out[at++] = c;
	}
	out[at] = '\0';
	return 0;
}

int platform_ask_console(const char *prompt, char *out, size_t out_size, struct deadline deadline,
			 struct err *reterr)
{
	_cleanup_close_ int quiet = -1, fd = -1;
	struct termios saved, silent;
	char path[PATH_MAX];
	int r;

	platform_under_root(CONSOLE, path);
	fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(reterr, E_IO, errno, "opening '%s'", path);
	if (tcgetattr(fd, &saved) < 0)
		return err_errno(reterr, E_IO, errno, "'%s' is not a terminal", path);
	silent = saved;
	silent.c_iflag |= ICRNL;	/* a serial terminal ends its lines with CR */
	silent.c_iflag &= ~(tcflag_t)(INLCR | IGNCR);
	silent.c_oflag |= OPOST | ONLCR;
	silent.c_lflag |= ICANON;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL | ISIG);
	/* what was typed before the question is no answer */
	if (tcsetattr(fd, TCSAFLUSH, &silent) < 0)
		return err_errno(reterr, E_IO, errno, "silencing '%s'", path);
	quiet = open(QUIET_SYSTEMD, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	put(fd, "\r");
	put(fd, prompt);
	r = read_line(fd, out, out_size, deadline, reterr);
	put(fd, "\n");
	if (quiet >= 0)
		(void)unlink(QUIET_SYSTEMD);
	(void)tcsetattr(fd, TCSADRAIN, &saved);
	if (r < 0)
		explicit_bzero(out, out_size);
	return r;
}
