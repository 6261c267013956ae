/* SPDX-License-Identifier: MIT */
/*
 * Runs 'verify' and 'inspect' as the command line does, in this process: standard output and messages
 * are read back. Files are made in a folder of their own.
 */
#ifndef TESTS_VERIFY_CLI_H
#define TESTS_VERIFY_CLI_H

#include "file.h"
#include "json.h"
#include "verbs.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>

#define CLI_WORDS 24

static char cli_dir[] = "/tmp/test_verify.XXXXXX";

static _unused_ int cli_setup(_unused_ void **state)
{
	return mkdtemp(cli_dir) ? 0 : -1;
}

static int cli_remove(const char *path, _unused_ const struct stat *st, _unused_ int type,
		      _unused_ struct FTW *at)
{
	return remove(path);
}

static _unused_ int cli_teardown(_unused_ void **state)
{
	return nftw(cli_dir, cli_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* Path of a file of that name with these bytes; belongs to a ring, so several can be in use. */
static _unused_ const char *cli_file(const char *name, const void *bytes, size_t len)
{
	static char path[8][64];
	static unsigned next;
	char *p = path[next++ % ARRAY_SIZE(path)];

	(void)snprintf(p, sizeof(path[0]), "%s/%s", cli_dir, name);
	assert_int_equal(file_replace(p, bytes, len, 0600, NULL), 0);
	return p;
}

static _unused_ const char *cli_text(const char *name, const char *text)
{
	return cli_file(name, text, strlen(text));
}

struct cli_result {
	int status;		/* exit status, as main makes it */
	struct err err;
	struct buf out, messages;
};

static _unused_ void cli_done(struct cli_result *r)
{
	buf_done(&r->out);
	buf_done(&r->messages);
}

#define _cleanup_cli_ _cleanup_(cli_done)

static int redirect(int fd, const char *path)
{
	int to = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), kept = dup(fd);

	assert_true(to >= 0 && kept >= 0);
	assert_true(dup2(to, fd) >= 0);
	(void)close(to);
	return kept;
}

static void restore(int fd, int kept)
{
	assert_true(dup2(kept, fd) >= 0);
	(void)close(kept);
}

/* Words up to NULL; the first is the verb. */
static _unused_ struct cli_result cli_run(const char *const words[])
{
	struct cli_result result = {.out = BUF_INIT(0), .messages = BUF_INIT(0)};
	char *argv[CLI_WORDS] = {0}, *kept[CLI_WORDS], path[64], messages[64];
	int argc = 0, r, out, err;

	for (; words[argc]; argc++) {
		assert_true(argc < CLI_WORDS - 1);
		argv[argc] = strdup(words[argc]);
	}
	memcpy(kept, argv, sizeof(kept));
	(void)snprintf(path, sizeof(path), "%s/stdout", cli_dir);
	(void)snprintf(messages, sizeof(messages), "%s/stderr", cli_dir);
	(void)fflush(stdout);
	out = redirect(STDOUT_FILENO, path);
	err = redirect(STDERR_FILENO, messages);
	r = strcmp(words[0], "inspect") == 0 ? cmd_inspect(argc, argv, &result.err) :
					       cmd_verify(argc, argv, &result.err);
	(void)fflush(stdout);
	restore(STDOUT_FILENO, out);
	restore(STDERR_FILENO, err);
	result.status = r < 0 ? err_exit_status(r) : r;
	assert_int_equal(file_read(path, 1 << 22, &result.out, NULL), 0);
	assert_int_equal(file_read(messages, 1 << 16, &result.messages, NULL), 0);
	for (int i = 0; i < argc; i++)
		free(kept[i]);
	return result;
}

#define CLI(...) cli_run((const char *const[]){__VA_ARGS__, NULL})

/* What was printed with --json. */
static _unused_ struct cJSON *cli_json(const struct cli_result *r, struct json *j)
{
	struct err e = {0};

	if (json_parse(j, "stdout", E_INTERNAL, r->out.data, r->out.len, &e) < 0)
		fail_msg("%s in: %.*s", e.msg, (int)r->out.len, (const char *)r->out.data);
	return j->root;
}

/* The names of the checks that failed, with blanks between them. */
static _unused_ void cli_failed(const struct cli_result *r, char *out, size_t size)
{
	_cleanup_json_ struct json j = {0};
	const struct cJSON *checks, *root = cli_json(r, &j);
	size_t len = 0;

	*out = '\0';
	assert_int_equal(json_get_array(&j, root, "checks", &checks, NULL), 0);
	for (size_t i = 0; i < json_count(checks); i++) {
		const struct cJSON *c = json_at(checks, i);
		const char *name;
		bool pass;

		assert_int_equal(json_get_bool(&j, c, "pass", &pass, NULL), 0);
		assert_int_equal(json_get_string(&j, c, "check", &name, NULL), 0);
		assert_non_null(json_find(c, "want"));
		assert_non_null(json_find(c, "got"));
		if (!pass && len < size)
			len += (size_t)snprintf(out + len, size - len, "%s%s", len ? " " : "", name);
	}
}

#endif
