/* SPDX-License-Identifier: MIT */
#include "verb_store.h"
#include "vmgs_verbs.h"

#include "codec.h"
#include "file.h"
#include "json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define KEY_INPUT_BYTES_MAX (1 << 20)	/* to say how long what is no key is */

int verb_arguments(int count, int wanted, const char *usage, struct err *reterr)
{
	return count == wanted ? 0 : err_set(reterr, E_USAGE, "%s arguments; usage: vmgs %s",
					     count < wanted ? "too few" : "too many", usage);
}

static bool is_stdio(const char *path)
{
	return path && strcmp(path, "-") == 0;
}

int verb_one_stdin(const char *a, const char *b, struct err *reterr)
{
	return is_stdio(a) && is_stdio(b)
		? err_set(reterr, E_USAGE, "standard input can be read for one option only") : 0;
}

int verb_key(const char *path, struct secret *ret, struct err *reterr)
{
	_cleanup_buf_ struct buf data = BUF_INIT(0);
	int r = verb_input(path, KEY_INPUT_BYTES_MAX, &data, reterr);

	if (r < 0)
		return r;
	if (data.len != VMGS_KEY_BYTES)
		return err_set(reterr, E_USAGE, "key '%s' has %zu bytes; it must have exactly %d", path,
			       data.len, VMGS_KEY_BYTES);
	return secret_absorb(ret, data.data, data.len, reterr);
}

int verb_id(const char *text, int *ret, struct err *reterr)
{
	int id;

	if (!text)
		return err_set(reterr, E_USAGE, "which file? give --id");
	id = vmgs_file_id(text);
	if (id < 0)
		return err_set(reterr, E_USAGE, "'%s' is neither a file's name nor a number from 1 to %d",
			       text, VMGS_ID_EXTENDED - 1);
	if (id == VMGS_ID_TABLE || id == VMGS_ID_EXTENDED)
		return err_set(reterr, E_USAGE, "'%s' is a table and no file", text);
	*ret = id;
	return 0;
}

int verb_size(const char *text, uint64_t *ret, struct err *reterr)
{
	size_t len = strlen(text);
	char digits[24];
	unsigned shift = 0;

	if (len > 0 && len < sizeof(digits)) {
		(void)snprintf(digits, sizeof(digits), "%s", text);
		shift = digits[len - 1] == 'K' ? 10 : digits[len - 1] == 'M' ? 20
			: digits[len - 1] == 'G' ? 30 : 0;
		if (shift)
			digits[len - 1] = '\0';
		if (decimal_u64(digits, UINT64_MAX >> 30, ret)) {
			*ret <<= shift;
			return 0;
		}
	}
	return err_set(reterr, E_USAGE, "'%s' is no size in bytes; K, M or G may follow the number", text);
}

int verb_sector(const char *text, uint32_t *ret, struct err *reterr)
{
	*ret = 0;
	if (!text)
		return 0;
	if (strcmp(text, "512") != 0 && strcmp(text, "4096") != 0)
		return err_set(reterr, E_USAGE, "a sector size is 512 or 4096, not '%s'", text);
	*ret = text[0] == '5' ? 512 : 4096;
	return 0;
}

int verb_container(const char *text, enum vmgs_container *ret, struct err *reterr)
{
	if (strcmp(text, "vhd") != 0 && strcmp(text, "raw") != 0)
		return err_set(reterr, E_USAGE, "a container is vhd or raw, not '%s'", text);
	*ret = text[0] == 'v' ? VMGS_VHD : VMGS_RAW;
	return 0;
}

int verb_open(struct vmgs_store *s, const struct verb_open *how, struct err *reterr)
{
	_cleanup_secret_ struct secret key = SECRET_INIT;
	char real[PATH_MAX];
	uint32_t sector;
	int r = verb_sector(how->sector, &sector, reterr);

	if (r == 0 && how->key_file)
		r = verb_key(how->key_file, &key, reterr);
	if (r < 0)
		return r;
	/* what is renamed over a name must not replace a link to the file */
	if (!realpath(how->path, real))
		return err_errno(reterr, E_IO, errno, "opening '%s'", how->path);
	r = vmgs_store_open(s, real, how->write, sector, reterr);
	if (r == 0 && how->key_file)
		r = vmgs_store_unlock(s, &key, reterr);
	return r;
}

int verb_backup(const struct vmgs_store *s, const char *no_backup, struct err *reterr)
{
	return no_backup ? 0 : vmgs_store_backup(s, reterr);
}

int verb_input(const char *path, size_t max, struct buf *ret, struct err *reterr)
{
	return is_stdio(path) ? file_read_fd(STDIN_FILENO, "standard input", max, ret, reterr)
			      : file_read(path, max, ret, reterr);
}

static bool is_store(const struct vmgs_store *s, const char *path)
{
	struct stat a, b;

	return fstat(s->fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

int verb_not_itself(const struct vmgs_store *s, const char *output, struct err *reterr)
{
	char tmp[PATH_MAX];

	if (!output || is_stdio(output))
		return 0;
	if (is_store(s, output))
		return err_set(reterr, E_USAGE, "'%s' is the guest state file itself", output);
	/* what file_prepare() removes when it begins */
	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.tmp", output) < sizeof(tmp) && is_store(s, tmp))
		return err_set(reterr, E_USAGE, "'%s' is the guest state file: writing '%s' would remove it; "
			       "give another name", tmp, output);
	return 0;
}

static int write_all(int fd, const char *name, const uint8_t *data, size_t len, struct err *reterr)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(reterr, E_IO, errno, "writing '%s'", name);
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

void verb_pending_done(struct verb_pending *p)
{
	if (p->tmp[0])
		(void)unlink(p->tmp);
	if (p->fd >= 0)
		(void)close(p->fd);
	*p = (struct verb_pending)VERB_PENDING_INIT;
}

int verb_output_prepare(struct verb_pending *p, const char *path, const void *data, size_t len,
			struct err *reterr)
{
	struct stat st;

	p->path = path;
	p->data = data;
	p->len = len;
	if (is_stdio(path))
		return 0;
	if (stat(path, &st) < 0 || S_ISREG(st.st_mode))
		return file_prepare(path, data, len, 0600, p->tmp, reterr);
	p->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return p->fd < 0 ? err_errno(reterr, E_IO, errno, "opening '%s'", path) : 0;
}

int verb_output_finish(struct verb_pending *p, struct err *reterr)
{
	int r;

	if (!p->tmp[0])
		return is_stdio(p->path)
			? write_all(STDOUT_FILENO, "standard output", p->data, p->len, reterr)
			: write_all(p->fd, p->path, p->data, p->len, reterr);
	r = file_finish(p->tmp, p->path, reterr);
	p->tmp[0] = '\0';
	return r;
}

int verb_output(const char *path, const void *data, size_t len, struct err *reterr)
{
	_cleanup_verb_pending_ struct verb_pending p = VERB_PENDING_INIT;
	int r = verb_output_prepare(&p, path, data, len, reterr);

	return r < 0 ? r : verb_output_finish(&p, reterr);
}

int verb_print_json(struct cJSON *root, bool ok, struct err *reterr)
{
	_cleanup_free_ char *text = ok && root ? json_print(root, true) : NULL;

	json_free(root);
	if (!text)
		return err_set(reterr, E_NOMEM, "writing JSON");
	printf("%s\n", text);
	return 0;
}

int verb_json_failure(const char *json, int r, const struct err *e)
{
	struct cJSON *root;
	char code[16];
	bool ok;

	if (!json || r >= 0)
		return r;
	root = json_new_object();
	ok = root != NULL;
	(void)snprintf(code, sizeof(code), "E%03d", -r);
	json_add_string(root, "code", code, &ok);
	json_add_string(root, "error", e->msg, &ok);
	(void)verb_print_json(root, ok, NULL);	/* the failure is told in any case */
	return r;
}

void verb_warn(const char *fmt, ...)
{
	char text[320];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "vmgs: %s\n", text);
}

int vmgs_exit_status(int code)
{
	int status = err_exit_status(code);

	return status == 0 || status == 2 || (status >= 10 && status <= 12) ? status : 1;
}
