/* SPDX-License-Identifier: MIT */
/*
 * Other programs that tests run: tools to their end, and servers beside the test, which end when their
 * standard input is closed. Words are lists that end with NULL; programs are looked up in PATH.
 */
#ifndef CVMCRYPT_TEST_CHILD_H
#define CVMCRYPT_TEST_CHILD_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* The exit status; 127: there is no such program; -1: it did not exit by itself. */
int child_run(const char *const *argv);
#define CHILD_RUN(...) child_run((const char *const[]){__VA_ARGS__, NULL})
/* The same for one whose failure is expected: what it prints is dropped. */
int child_run_quiet(const char *const *argv);

struct child {
	pid_t pid;	/* 0: none */
	int in, out;	/* the test's ends of its standard input and output; -1: closed */
};

#define CHILD_INIT ((struct child){.in = -1, .out = -1})
bool child_start(struct child *c, const char *const *argv);
/* Closes both ends and waits; none is fine. */
void child_stop(struct child *c);

/* The path of a program in the build folder that holds the test's own. */
void child_built(const char *name, char out[PATH_MAX]);

#endif
