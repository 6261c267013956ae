/* SPDX-License-Identifier: MIT */
/*
 * LD_PRELOAD: the Nth allocation after main() began, or after fault_begin(), gives no memory; the
 * libraries' own ones count too. See README.md. Test-only: reads the environment, which cvmcrypt
 * itself never does.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static unsigned long made, fails_at;
static bool counting, from_call;
static FILE *log_file;

/*
 * A place in the program is known by who calls and how deep the stack is there: cheaper by far than
 * the chain of calls, and nearly as good. Two that fall together only lose one.
 */
static bool seen_before(const void *caller, const void *depth)
{
	static bool seen[1 << 20];
	uint64_t hash = ((uintptr_t)caller ^ (uintptr_t)depth << 20) * 0x9e3779b97f4a7c15U >> 44;
	bool before = seen[hash];

	seen[hash] = true;
	return before;
}

static bool fails(const void *caller, const void *depth)
{
	if (!counting)
		return false;
	if (++made == fails_at) {
		errno = ENOMEM;
		return true;
	}
	if (log_file) {
		counting = false;	/* what follows may allocate itself */
		if (!seen_before(caller, depth))
			(void)fprintf(log_file, "%lu\n", made);
		counting = true;
	}
	return false;
}

#define FAILS() fails(__builtin_return_address(0), __builtin_frame_address(0))

void *malloc(size_t size)
{
	return FAILS() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return FAILS() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return FAILS() ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, bytes);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return FAILS() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	void *made_here = FAILS() ? NULL : __libc_memalign(alignment, size);

	if (!made_here)
		return ENOMEM;
	*ret = made_here;
	return 0;
}

/* Called by tests that prepare something first. */
void fault_begin(void);
void fault_begin(void)
{
	counting = from_call;
}

/* Tells in whose code the process ends: the first frame that is not the C library's or of this file. */
static void crashed(int number)
{
	void *frames[32];
	int n = backtrace(frames, 32);
	Dl_info info;

	for (int i = 0; i < n; i++)
		if (dladdr(frames[i], &info) && !strstr(info.dli_fname, "libc.so") &&
		    !strstr(info.dli_fname, "fail_alloc")) {
			(void)dprintf(2, "crash in %s\n", info.dli_fname);
			break;
		}
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

static int (*real_main)(int, char **, char **);

static int counted_main(int argc, char **argv, char **environment)
{
	const char *at = getenv("FAIL_AT"), *log = getenv("FAIL_LOG");
	void *frame;
	int r;

	fails_at = at ? strtoul(at, NULL, 10) : 0;
	from_call = getenv("FAIL_FROM_CALL");
	log_file = log ? fopen(log, "we") : NULL;
	(void)backtrace(&frame, 1);	/* loads a library when called first */
	(void)signal(SIGSEGV, crashed);
	(void)signal(SIGABRT, crashed);
	counting = !from_call;
	r = real_main(argc, argv, environment);
	counting = false;
	if (log_file)
		(void)fclose(log_file);
	return r;
}

int __libc_start_main(int (*program)(int, char **, char **), int argc, char **argv,
		      void (*init)(void), void (*fini)(void), void (*rtld_fini)(void), void *stack_end);
int __libc_start_main(int (*program)(int, char **, char **), int argc, char **argv,
		      void (*init)(void), void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	__typeof__(__libc_start_main) *start;

	memcpy(&start, &(void *){dlsym(RTLD_NEXT, "__libc_start_main")}, sizeof(start));
	real_main = program;
	return start(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}
