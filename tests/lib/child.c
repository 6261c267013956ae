/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME_ROOM 64

extern char **environ;

static int run(const char *const *argv, bool quiet)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int null = quiet ? open("/dev/null", O_WRONLY) : -1;

		if (quiet) {
			(void)dup2(null, 1);
			(void)dup2(null, 2);
		}
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ?
	       WEXITSTATUS(status) : -1;
}

int child_run(const char *const *argv)
{
	return run(argv, false);
}

int child_run_quiet(const char *const *argv)
{
	return run(argv, true);
}

bool child_start(struct child *c, const char *const *argv)
{
	posix_spawn_file_actions_t actions;
	int in[2], out[2], r;

	if (pipe(in) < 0 || pipe(out) < 0)
		return false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	posix_spawn_file_actions_addclose(&actions, in[1]);
	posix_spawn_file_actions_addclose(&actions, out[0]);
	r = posix_spawnp(&c->pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	(void)close(in[0]);
	(void)close(out[1]);
	c->in = in[1];
	c->out = out[0];
	return r == 0;
}

void child_stop(struct child *c)
{
	if (c->in >= 0)
		(void)close(c->in);
	if (c->out >= 0)
		(void)close(c->out);
	if (c->pid > 0)
		(void)waitpid(c->pid, NULL, 0);
	*c = CHILD_INIT;
}

void child_built(const char *name, char out[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - NAME_ROOM);

	out[n > 0 ? n : 0] = '\0';
	for (int i = 0; i < 2; i++)
		if (strrchr(out, '/'))
			*strrchr(out, '/') = '\0';
	(void)snprintf(out + strlen(out), NAME_ROOM, "/%s", name);
}
