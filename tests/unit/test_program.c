/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MUCH 200000	/* bytes: more than stdio keeps back */

static const struct verb_option options[] = {{"json", NULL, "print JSON"}, {"size", "N", "bytes"}, {0}};
static size_t lines;
static int *reported;	/* by the process that was the program */

static int print(int argc, char **argv _unused_, struct err *reterr _unused_)
{
	for (size_t i = 0; i < lines; i++)
		printf("a line\n");
	return argc == 2 ? 7 : 0;
}

static int fails(int argc _unused_, char **argv _unused_, struct err *reterr)
{
	printf("half a line");
	return err_set(reterr, E_POLICY_DEBUG, "debugging is on");
}

static int report(int r, const struct err *e)
{
	assert_int_equal(e->code, -r);
	*reported = -r;
	return 40;
}

static const struct verb verbs[] = {
	{"print", print, "[WORD]", "print lines", options}, {"fail", fails, "", "fail", options + 2}, {0}};
static const struct program program = {.name = "it", .arguments = "[WORD]", .manual = "it(1)",
				       .notes = "Notes.\n", .verbs = verbs, .report = report};

/* The exit status with standard output there; what was printed, up to the size, in out. */
static int run_to(const char *path, char *out, size_t size, const char *const *words)
{
	char *argv[8] = {(char *)(uintptr_t)"it"};
	int argc = 1, to = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), status;
	ssize_t n;
	pid_t pid;

	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc - 1];
	(void)fflush(stdout);
	*reported = 0;
	pid = fork();
	if (pid == 0)
		_exit(to >= 0 && dup2(to, 1) >= 0 ? program_run(&program, argc, argv) : 99);
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	n = out ? pread(to, out, size - 1, 0) : 0;
	if (out)
		out[n > 0 ? n : 0] = '\0';
	(void)close(to);
	return WEXITSTATUS(status);
}

#define RUN_TO(path, out, size, ...) run_to(path, out, size, (const char *const[]){__VA_ARGS__, NULL})

static char file[] = "/tmp/test_program.XXXXXX";

static int make(void **state _unused_)
{
	int fd = mkstemp(file);

	reported = mmap(NULL, sizeof(*reported), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(reported, MAP_FAILED);
	return fd < 0 ? -1 : close(fd);
}

static int drop(void **state _unused_)
{
	return unlink(file);
}

static void helps(void **state _unused_)
{
	char out[2048];

	assert_int_equal(RUN_TO(file, out, sizeof(out), "--help"), 0);
	assert_string_equal(out, "usage: it VERB [OPTION...] [WORD]\n\n"
				 "  print  print lines\n  fail   fail\n\n"
				 "'it VERB --help' explains one. Notes.\n");
	assert_int_equal(RUN_TO(file, out, sizeof(out), NULL), 2);
	assert_non_null(strstr(out, "usage: it VERB"));
	assert_int_equal(RUN_TO(file, out, sizeof(out), "print", "word", "--help"), 0);
	assert_string_equal(out, "usage: it print [OPTION...] [WORD]\n\nPrint lines.\n\n"
				 "  --json                      print JSON\n"
				 "  --size N                    bytes\n\nSee it(1).\n");
	assert_int_equal(RUN_TO(file, out, sizeof(out), "--words"), 0);
	assert_string_equal(out, "print\nprint --json\nprint --size=\nfail\n");
	assert_int_equal(RUN_TO(file, out, sizeof(out), "--version"), 0);
	assert_string_equal(out, "it " CVMCRYPT_VERSION "\n");
	assert_int_equal(RUN_TO(file, out, sizeof(out), "-h"), 0);
	assert_non_null(strstr(out, "usage: it VERB"));
	assert_int_equal(RUN_TO(file, out, sizeof(out), "print", "-h"), 0);
	assert_non_null(strstr(out, "usage: it print"));
	assert_int_equal(RUN_TO(file, out, sizeof(out), "--version", "more"), 40);
	assert_int_equal(*reported, E_USAGE);
	assert_int_equal(RUN_TO(file, out, sizeof(out), "help", "print"), 40);
}

static void runs_verbs(void **state _unused_)
{
	char out[64];

	lines = 1;
	assert_int_equal(RUN_TO(file, out, sizeof(out), "print"), 0);
	assert_string_equal(out, "a line\n");
	assert_int_equal(RUN_TO(file, out, sizeof(out), "print", "word"), 7);
	assert_int_equal(*reported, 0);
	assert_int_equal(RUN_TO(file, out, sizeof(out), "fail"), 40);
	assert_int_equal(*reported, E_POLICY_DEBUG);
	assert_int_equal(RUN_TO(file, out, sizeof(out), "prin"), 40);
	assert_int_equal(*reported, E_USAGE);
	/* this program has no such option */
	assert_int_equal(RUN_TO(file, out, sizeof(out), "--errors"), 40);
	assert_int_equal(*reported, E_USAGE);
}

/* A script that keeps the output and looks at the status must not take half of it for the whole. */
static void does_not_pass_when_output_is_lost(void **state _unused_)
{
	static const size_t sizes[] = {1, MUCH / sizeof("a line")};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		lines = sizes[i];
		assert_int_equal(RUN_TO("/dev/full", NULL, 0, "print"), 40);
		assert_int_equal(*reported, E_IO);
		assert_int_equal(RUN_TO("/dev/full", NULL, 0, "print", "word"), 40);
		assert_int_equal(*reported, E_IO);
	}
	assert_int_equal(RUN_TO("/dev/full", NULL, 0, "--version"), 40);
	/* what failed first is what is reported */
	assert_int_equal(RUN_TO("/dev/full", NULL, 0, "fail"), 40);
	assert_int_equal(*reported, E_POLICY_DEBUG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(helps),
		cmocka_unit_test(runs_verbs),
		cmocka_unit_test(does_not_pass_when_output_is_lost),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
