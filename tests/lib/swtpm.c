/* SPDX-License-Identifier: MIT */
#include "swtpm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The process, or a negative errno. */
static pid_t spawn_quiet(const char *const *argv)
{
	posix_spawn_file_actions_t actions;
	char *args[24];
	size_t n = 0;
	pid_t pid = -1;
	int r;

	for (; argv[n] && n < 23; n++)
		args[n] = strdup(argv[n]);
	args[n] = NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	r = posix_spawnp(&pid, argv[0], &actions, NULL, args, environ);
	posix_spawn_file_actions_destroy(&actions);
	while (n > 0)
		free(args[--n]);
	return r == 0 ? pid : -r;
}

static bool run(const char *const *argv)
{
	pid_t pid = spawn_quiet(argv);
	int status = -1;

	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

bool swtpm_available(void)
{
	pid_t pid = spawn_quiet((const char *[]){"swtpm", "--version", NULL});

	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	return pid != -ENOENT;
}

/* Ready when somebody accepts on the socket. */
static bool wait_for(const char *path, pid_t pid)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	for (int i = 0; i < 1000; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int r = connect(fd, (struct sockaddr *)&address, sizeof(address));

		close(fd);
		if (r == 0)
			return true;
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return false;
		(void)poll(NULL, 0, 10);
	}
	return false;
}

static bool power_on(struct swtpm *s)
{
	char state[96], server[128], control[128], data_path[96], path[96];

	(void)snprintf(data_path, sizeof(data_path), "%s/s", s->dir);
	(void)snprintf(path, sizeof(path), "%s/s.ctrl", s->dir);
	(void)snprintf(state, sizeof(state), "dir=%s", s->dir);
	(void)snprintf(server, sizeof(server), "type=unixio,path=%s", data_path);
	(void)snprintf(control, sizeof(control), "type=unixio,path=%s", path);
	s->pid = spawn_quiet((const char *[]){"swtpm", "socket", "--tpm2", "--server", server,
					      "--ctrl", control, "--tpmstate", state, "--flags",
					      "not-need-init,startup-clear", NULL});
	/* it makes one after the other */
	return s->pid > 0 && wait_for(path, s->pid) && wait_for(data_path, s->pid);
}

static void power_off(struct swtpm *s)
{
	if (s->pid > 0) {
		(void)kill(s->pid, SIGTERM);
		(void)waitpid(s->pid, NULL, 0);
	}
	s->pid = 0;
}

bool swtpm_start(struct swtpm *s, const char *banks)
{
	*s = (struct swtpm){.dir = "/tmp/cvmcrypt-tpm.XXXXXX"};
	if (!mkdtemp(s->dir))
		return false;
	(void)snprintf(s->conf, sizeof(s->conf), "swtpm:path=%s/s", s->dir);
	if (banks && !run((const char *[]){"swtpm_setup", "--tpm2", "--tpmstate", s->dir,
					   "--pcr-banks", banks, NULL}))
		return false;
	return power_on(s);
}

bool swtpm_reset(struct swtpm *s)
{
	power_off(s);
	return power_on(s);
}

static void remove_state(const struct swtpm *s)
{
	(void)run((const char *[]){"find", s->dir, "-mindepth", "1", "-delete", NULL});
}

bool swtpm_replace(struct swtpm *s)
{
	power_off(s);
	remove_state(s);
	return power_on(s);
}

void swtpm_stop(struct swtpm *s)
{
	power_off(s);
	if (s->dir[0]) {
		remove_state(s);
		(void)rmdir(s->dir);
	}
	*s = (struct swtpm){0};
}
