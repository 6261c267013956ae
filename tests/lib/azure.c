/* SPDX-License-Identifier: MIT */
#include "azure.h"

#include "child.h"
#include "swtpm.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 32

static pid_t spawn(const char *const *argv, int in, int out)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		(void)dup2(in, 0);
		(void)dup2(out, 1);
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return pid;
}

static void end(pid_t *pid)
{
	if (*pid > 0) {
		(void)kill(*pid, SIGTERM);
		(void)waitpid(*pid, NULL, 0);
	}
	*pid = 0;
}

static bool run(const char *const *argv)
{
	pid_t pid = spawn(argv, 0, 2);
	int status = -1;

	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

bool azure_make(struct azure *a)
{
	static const char *const folders[] = {"", "/state", "/pki", "/config", "/config/evidence"};
	char program[PATH_MAX], path[160];

	*a = (struct azure){.dir = "/tmp/cvmcrypt-azure.XXXXXX", .metadata_in = -1};
	child_built("cvmcrypt-fetch", program);
	(void)snprintf(a->fetcher, sizeof(a->fetcher), "%.500s", program);
	child_built("emu/paravisor", program);
	if (!swtpm_available() || access(program, X_OK) < 0 || !mkdtemp(a->dir))
		return false;
	for (size_t i = 1; i < sizeof(folders) / sizeof(*folders); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", a->dir, folders[i]);
		if (mkdir(path, 0700) < 0)
			return false;
	}
	(void)snprintf(a->conf, sizeof(a->conf), "swtpm:path=%s/t", a->dir);
	return true;
}

bool azure_boot(struct azure *a, const char *const *knobs)
{
	char program[PATH_MAX], state[96], pki[96], server[96];
	const char *argv[ARGS_MAX] = {program, "--state", state, "--pki", pki, "--server", server};
	size_t n = 7;

	end(&a->paravisor);
	child_built("emu/paravisor", program);
	(void)snprintf(state, sizeof(state), "%s/state", a->dir);
	(void)snprintf(pki, sizeof(pki), "%s/pki", a->dir);
	(void)snprintf(server, sizeof(server), "%s/t", a->dir);
	for (; knobs && *knobs && n < ARGS_MAX - 1; knobs++)
		argv[n++] = *knobs;
	(void)unlink(server);
	a->paravisor = spawn(argv, 0, 2);
	for (int i = 0; i < 1500; i++) {
		if (access(server, F_OK) == 0)
			return true;
		if (waitpid(a->paravisor, NULL, WNOHANG) != 0)
			break;
		(void)poll(NULL, 0, 10);
	}
	a->paravisor = 0;
	return false;
}

static void metadata_down(struct azure *a)
{
	if (a->metadata_in >= 0)
		(void)close(a->metadata_in);
	a->metadata_in = -1;
	end(&a->metadata);
	a->port = 0;
}

bool azure_metadata(struct azure *a, const char *const *faults)
{
	char pki[96], other[96], quote[PATH_MAX], line[32] = "";
	const char *argv[ARGS_MAX] = {"tests/emu/metadata", "--pki", pki, "--other", other,
				      "--tdx-quote", quote};
	size_t n = 7;
	int in[2], out[2];
	FILE *f;

	metadata_down(a);
	if (!faults)
		return true;
	child_built("emu/tdx-quote", quote);
	(void)snprintf(pki, sizeof(pki), "%s/pki", a->dir);
	(void)snprintf(other, sizeof(other), "%s/other", a->dir);
	for (; *faults && n < ARGS_MAX - 2; faults++) {
		argv[n++] = "--fault";
		argv[n++] = *faults;
	}
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		return false;
	a->metadata = spawn(argv, in[0], out[1]);
	a->metadata_in = in[1];
	(void)close(in[0]);
	(void)close(out[1]);
	f = fdopen(out[0], "r");
	if (fgets(line, sizeof(line), f))
		a->port = (unsigned)strtoul(line + strlen("port "), NULL, 10);
	(void)fclose(f);
	return a->port != 0;
}

bool azure_keep_pki(struct azure *a)
{
	char pki[96], other[96];

	(void)snprintf(pki, sizeof(pki), "%s/pki", a->dir);
	(void)snprintf(other, sizeof(other), "%s/other", a->dir);
	return run((const char *[]){"rm", "-rf", other, NULL}) &&
	       run((const char *[]){"cp", "-r", pki, other, NULL});
}

void azure_off(struct azure *a)
{
	metadata_down(a);
	end(&a->paravisor);
	if (a->dir[0])
		(void)run((const char *[]){"rm", "-rf", a->dir, NULL});
}
