/* SPDX-License-Identifier: MIT */
#include "ask.h"

#include "file.h"
#include "recovery_key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>

#define TYPED_MAX 512
#define INTERRUPT 3	/* Ctrl-C */

/*
 * One line without echo from the terminal; straight into a stack buffer that the caller wipes. The option
 * is the one to use where there is no terminal.
 */
static int read_terminal(const char *prompt, const char *option, char *out, size_t size,
			 struct err *reterr)
{
	_cleanup_close_ int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	struct termios old, quiet;
	size_t len = 0;
	ssize_t n;
	char c;

	if (fd < 0 || tcgetattr(fd, &old) < 0)
		return err_set(reterr, E_USAGE, "no terminal to ask at: give %s FILE", option);
	quiet = old;
	/* without ISIG an interrupt is a byte, and the terminal is always put right again */
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ISIG);
	quiet.c_lflag |= ICANON | ECHONL;
	(void)tcsetattr(fd, TCSAFLUSH, &quiet);
	(void)dprintf(fd, "%s", prompt);
	while ((n = read(fd, &c, 1)) == 1 && c != '\n' && c != INTERRUPT)
		if (len + 1 < size)
			out[len++] = c;
	out[len] = '\0';
	(void)tcsetattr(fd, TCSAFLUSH, &old);
	if (n != 1 || c == INTERRUPT)
		return err_set(reterr, E_USAGE, "nothing was typed");
	return 0;
}

/* file NULL: standard input, because it is no terminal to ask at. */
static int absorb_file(const char *file, bool first_line, struct secret *ret, struct err *reterr)
{
	_cleanup_buf_ struct buf text = BUF_INIT(0);
	int r = !file || strcmp(file, "-") == 0
			? file_read_fd(STDIN_FILENO, "standard input", SECRET_MAX, &text, reterr)
			: file_read(file, SECRET_MAX, &text, reterr);

	if (r < 0)
		return r;
	if (first_line) {
		const uint8_t *end = memchr(text.data, '\n', text.len);

		if (end)
			text.len = (size_t)(end - text.data);
	}
	if (text.len == 0 && !file)
		return err_set(reterr, E_USAGE, "no passphrase on standard input: give --key-file FILE");
	if (text.len == 0 && strcmp(file, "-") == 0)
		return err_set(reterr, E_USAGE, "standard input is empty");
	if (text.len == 0)
		return err_set(reterr, E_USAGE, "'%s' is empty", file);
	return secret_absorb(ret, text.data, text.len, reterr);
}

int ask_means(const char *from, const char *key_file, const char *volume, struct secret *ret,
	      struct err *reterr)
{
	char typed[TYPED_MAX], prompt[96];
	int r;

	if (!from)
		from = key_file ? "key-file" : "passphrase";
	if (strcmp(from, "key-file") == 0) {
		if (!key_file)
			return err_set(reterr, E_USAGE, "--from key-file needs --key-file FILE");
		return absorb_file(key_file, false, ret, reterr);
	}
	if (strcmp(from, "passphrase") != 0)
		return err_set(reterr, E_USAGE, "--from is 'passphrase' or 'key-file', not '%s'", from);
	if (key_file)
		return err_set(reterr, E_USAGE, "--from passphrase asks for it: --key-file belongs to "
			       "--from key-file");
	if (!isatty(STDIN_FILENO))
		return absorb_file(NULL, true, ret, reterr);
	(void)snprintf(prompt, sizeof(prompt), "A passphrase of '%s': ", volume);
	r = read_terminal(prompt, "--key-file", typed, sizeof(typed), reterr);
	if (r == 0 && !*typed)
		return err_set(reterr, E_USAGE, "an empty passphrase is not taken");
	return r < 0 ? r : secret_absorb(ret, typed, strlen(typed), reterr);
}

int means_refused(const char *key_file, const char *device, struct err *reterr)
{
	bool is_input = !key_file || strcmp(key_file, "-") == 0;

	return err_set(reterr, E_PASSPHRASE, "no keyslot of '%s' opens with %s%s%s", device,
		       is_input ? "" : "'", is_input ? "the passphrase given" : key_file, is_input ? "" : "'");
}

int ask_recovery_key(const char *file, const char *volume, struct secret *ret_text,
		     struct err *reterr)
{
	_cleanup_secret_ struct secret raw = SECRET_INIT;
	char typed[TYPED_MAX], prompt[96];
	int r;

	if (file) {
		r = absorb_file(file, true, &raw, reterr);
		return r < 0 ? r : recovery_key_parse((const char *)raw.bytes, raw.len, ret_text, reterr);
	}
	(void)snprintf(prompt, sizeof(prompt), "Recovery key of '%s': ", volume);
	r = read_terminal(prompt, "--recovery-key-file", typed, sizeof(typed), reterr);
	if (r == 0)
		r = recovery_key_parse(typed, strlen(typed), ret_text, reterr);
	explicit_bzero(typed, sizeof(typed));
	return r;
}

static int write_key(int fd, const char *name, const struct secret *text, struct err *reterr)
{
	if (write(fd, text->bytes, text->len) != (ssize_t)text->len || write(fd, "\n", 1) != 1)
		return err_errno(reterr, E_IO, errno, "writing the recovery key to '%s'", name);
	return 0;
}

static int deliver_terminal(struct recovery_sink *sink _unused_, const char *volume,
			    const struct secret *text, struct err *reterr)
{
	_cleanup_close_ int fd = open("/dev/tty", O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return err_errno(reterr, E_NO_TERMINAL, errno, "opening the terminal");
	(void)dprintf(fd, "\nThe recovery key of '%s'. Keep it away from this machine; it is shown once:\n\n    ",
		      volume);
	if (write_key(fd, "the terminal", text, reterr) < 0)
		return -E_IO;
	(void)dprintf(fd, "\n");
	return 0;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A file that is there already holds somebody's key: it is never written over or added to. */
static int deliver_file(struct recovery_sink *sink, const char *volume, const struct secret *text,
			struct err *reterr)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	int r;

	if (strcmp(sink->destination, "-") == 0)
		return write_key(STDOUT_FILENO, "standard output", text, reterr);
	r = snprintf(path, sizeof(path), "%s%s%s", sink->destination, is_folder(sink->destination) ? "/" : "",
		     is_folder(sink->destination) ? volume : "");
	if (r < 0 || (size_t)r >= sizeof(path))
		return err_set(reterr, E_USAGE, "path of the recovery key is too long");
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(reterr, E_IO, errno, "creating '%s'", path);
	r = write_key(fd, path, text, reterr);
	if (r == 0 && fsync(fd) < 0 && errno != EINVAL)
		r = err_errno(reterr, E_IO, errno, "syncing '%s'", path);
	return r;
}

static int deliver_escrow(struct recovery_sink *sink, const char *volume _unused_,
			  const struct secret *text, struct err *reterr)
{
	struct oaep_text escrow;
	int r = crypto_rsa_oaep_encrypt(sink->destination, NULL, text, &escrow, reterr);

	if (r < 0)
		return r;
	memcpy(sink->escrow, escrow.bytes, escrow.len);
	sink->escrow_len = escrow.len;
	return 0;
}

int recovery_sink_init(struct recovery_sink *sink, const char *out, const char *to,
		       struct err *reterr)
{
	_cleanup_close_ int tty = -1;

	*sink = (struct recovery_sink){0};
	if (out && to)
		return err_set(reterr, E_USAGE, "--recovery-out and --recovery-to exclude each other");
	if (out) {
		/* an old key must not be taken for the new one */
		if (strcmp(out, "-") != 0 && !is_folder(out) && file_exists(out))
			return err_set(reterr, E_USAGE, "--recovery-out: '%s' exists already", out);
		sink->deliver = deliver_file;
		sink->destination = out;
		return 0;
	}
	if (to) {
		sink->deliver = deliver_escrow;
		sink->destination = to;
		return 0;
	}
	tty = isatty(STDOUT_FILENO) ? open("/dev/tty", O_WRONLY | O_CLOEXEC | O_NOCTTY) : -1;
	if (tty < 0)
		return err_set(reterr, E_NO_TERMINAL, "the recovery key can only be shown at a terminal");
	sink->deliver = deliver_terminal;
	return 0;
}
