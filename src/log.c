/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	enum log_level level;
	int console_fd, kmsg_fd;	/* 0: not opened (0 is stdin, never ours) */
	char ring[LOG_RING_LINES][LOG_LINE_MAX];	/* lines that were not printed */
	unsigned next;
} state = {.level = LOG_L_NOTICE};

void log_set_level(enum log_level level)
{
	state.level = level;
}

void log_to_console(void)
{
	int fd = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	if (fd > 0)
		state.console_fd = fd;
	fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (fd > 0)
		state.kmsg_fd = fd;
}

static void write_all(int fd, const char *data, size_t len)
{
	ssize_t n = write(fd, data, len);

	(void)n;	/* there is nowhere left to say that a message could not be written */
}

/* sd-daemon(3): the journal reads a level in front of a line; it gives a service a socket. */
static bool is_journal(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

static void emit(enum log_level level, const char *line)
{
	char out[LOG_LINE_MAX + 32];
	int n;

	/* in the initramfs standard error is the console too, or nothing */
	if (!state.console_fd) {
		if (is_journal(STDERR_FILENO))
			n = snprintf(out, sizeof(out), "<%d>cvmcrypt: %s\n", level, line);
		else
			n = snprintf(out, sizeof(out), "cvmcrypt: %s\n", line);
		write_all(STDERR_FILENO, out, (size_t)n);
	}
	if (state.kmsg_fd) {
		/* as debug: the kernel would put the line on the console a second time */
		n = snprintf(out, sizeof(out), "<%d>cvmcrypt: %s\n", LOG_L_DEBUG, line);
		write_all(state.kmsg_fd, out, (size_t)n);
	}
	if (state.console_fd) {
		n = snprintf(out, sizeof(out), "\rcvmcrypt: %s\r\n", line);
		write_all(state.console_fd, out, (size_t)n);
	}
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (level <= state.level)
		emit(level, line);
	else
		memcpy(state.ring[state.next++ % LOG_RING_LINES], line, sizeof(line));
}

void log_dump_ring(void)
{
	unsigned start = state.next > LOG_RING_LINES ? state.next - LOG_RING_LINES : 0;
	unsigned end = state.next;

	for (unsigned i = start; i < end; i++)
		emit(LOG_L_INFO, state.ring[i % LOG_RING_LINES]);
}
