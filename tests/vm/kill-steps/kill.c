/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into the programs of the initramfs: ends `cvmcrypt unlock` by SIGKILL at one step. Which,
 * is the machine's serial number (qemu -smbios): "13c/2" before its second TPM command 0x13c is sent,
 * "+13c/2" when that was answered, "dm/1" before the first mapping goes live, "+dm/1" after it.
 * A child stays behind and says on ttyS1 what can be seen from outside, until the machine ends.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SERIAL "/sys/class/dmi/id/product_serial"
#define PCR "/sys/class/tpm/tpm0/pcr-sha256/15"

static char step[32];		/* without '+'; empty: not this program, or not this boot */
static bool after;

static bool read_text(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);

	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static void put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	(void)n;
	if (fd >= 0)
		close(fd);
}

__attribute__((constructor)) static void choose(void)
{
	char line[64] = "", serial[64];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0 || !strstr(line, "cvmcrypt") || strcmp(line + strlen(line) + 1, "unlock") != 0)
		return;
	if (!read_text(SERIAL, serial, sizeof(serial)))
		return;
	serial[strcspn(serial, "\n")] = '\0';
	after = serial[0] == '+';
	snprintf(step, sizeof(step), "%.30s", serial + after);
}

static void watch(int ready)
{
	char value[128], said[128];

	setsid();
	put_text("/sys/fs/cgroup/cgroup.procs", "0");	/* or systemd ends it with the service */
	close(ready);
	for (;;) {
		bool closed = read_text(PCR, value, sizeof(value)) && strspn(value, "0\n") != strlen(value);

		snprintf(said, sizeof(said), "watch: door %s, %s\n", closed ? "closed" : "open",
			 access("/dev/mapper/root", F_OK) == 0 ? "mapping" : "no mapping");
		put_text("/dev/ttyS1", said);
		usleep(300000);
	}
}

static void die(void)
{
	char said[64];
	int ready[2];

	snprintf(said, sizeof(said), "killed %s %s\n", after ? "after" : "before", step);
	put_text("/dev/ttyS1", said);
	step[0] = '\0';
	if (pipe(ready) < 0)
		_exit(99);
	if (fork() == 0) {
		close(ready[0]);
		watch(ready[1]);
	}
	close(ready[1]);
	while (read(ready[0], said, 1) > 0)
		;		/* until it has left the service */
	raise(SIGKILL);
}

/* Is this the step? Counts calls of each kind as the caller names them. */
static bool reached(const char *kind)
{
	static struct {
		char kind[8];
		int count;
	} seen[64];
	char now[32];
	size_t i = 0;

	while (i < 63 && seen[i].count > 0 && strcmp(seen[i].kind, kind) != 0)
		i++;
	snprintf(seen[i].kind, sizeof(seen[i].kind), "%s", kind);
	snprintf(now, sizeof(now), "%s/%d", kind, ++seen[i].count);
	return strcmp(now, step) == 0;
}

static bool answer_pending;	/* of the command of this step */

ssize_t write(int fd, const void *data, size_t len)
{
	static ssize_t (*next)(int, const void *, size_t);
	char link[32], path[64] = "", code[8];
	const unsigned char *p = data;

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "write");
	if (!step[0] || len < 10)
		return next(fd, data, len);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (readlink(link, path, sizeof(path) - 1) < 0 || strncmp(path, "/dev/tpm", 8) != 0)
		return next(fd, data, len);
	if (answer_pending)
		die();		/* the next command: the step's own has been answered */
	snprintf(code, sizeof(code), "%x", (unsigned)p[8] << 8 | p[9]);
	if (reached(code)) {
		if (!after)
			die();
		answer_pending = true;
	}
	return next(fd, data, len);
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int, unsigned long, ...);
	bool now;
	void *argument;
	va_list ap;
	int r;

	va_start(ap, request);
	argument = va_arg(ap, void *);
	va_end(ap);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "ioctl");
	now = step[0] && request == DM_DEV_SUSPEND && reached("dm");
	if (now && !after)
		die();
	r = next(fd, request, argument);
	if (now)
		die();
	return r;
}
