/* SPDX-License-Identifier: MIT */
/* Samples of tests/vectors/vmgs as files in a folder of their own, and keys. */
#ifndef TEST_VMGS_SAMPLE_H
#define TEST_VMGS_SAMPLE_H

#include "file.h"
#include "vmgs_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define SAMPLES "tests/vectors/vmgs/"
#define SAMPLE_BASE_BYTES 32

struct folder {
	char dir[64];
	char path[96];		/* of the file that a test works on */
};

static inline int folder_setup(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/vmgs-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->path, sizeof(f->path), "%s/store.vmgs", f->dir);
	*state = f;
	return 0;
}

static inline int folder_teardown(void **state)
{
	struct folder *f = *state;
	char name[160];

	(void)unlink(f->path);
	(void)snprintf(name, sizeof(name), "%s.bak", f->path);
	(void)unlink(name);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static inline void sample_bytes(const char *name, struct buf *ret)
{
	_cleanup_buf_ struct buf vec = BUF_INIT(0);
	char path[160], base[SAMPLE_BASE_BYTES + 1] = "";
	struct cursor c;
	size_t size;

	(void)snprintf(path, sizeof(path), SAMPLES "%s.vec", name);
	assert_int_equal(file_read(path, 1 << 20, &vec, NULL), 0);
	c = CURSOR(vec.data, vec.len);
	memcpy(base, cursor_take(&c, SAMPLE_BASE_BYTES), SAMPLE_BASE_BYTES);
	size = (size_t)cursor_le64(&c);
	if (base[0])
		sample_bytes(base, ret);
	if (ret->len < size) {
		_cleanup_free_ uint8_t *zeros = calloc(1, size - ret->len);

		ret->max = size;
		buf_put(ret, zeros, size - ret->len);
	}
	assert_int_equal(ret->len, size);
	while (c.left > 0) {
		size_t at = (size_t)cursor_le32(&c) * 512;

		assert_true(at + 512 <= size);
		memcpy(ret->data + at, cursor_take(&c, 512), 512);
	}
	assert_false(c.failed);
}

static inline void put_file(const char *path, const struct buf *bytes)
{
	assert_int_equal(file_replace(path, bytes->data, bytes->len, 0600, NULL), 0);
}

static inline void sample_file(const struct folder *f, const char *name)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(0);

	sample_bytes(name, &bytes);
	put_file(f->path, &bytes);
}

static inline void sample_key(const char *name, struct secret *ret)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(0);
	char path[160];

	(void)snprintf(path, sizeof(path), SAMPLES "keys/%s", name);
	assert_int_equal(file_read(path, 64, &bytes, NULL), 0);
	assert_int_equal(secret_absorb(ret, bytes.data, bytes.len, NULL), 0);
}

/* Opens, and unlocks when there is a key. */
static inline int open_store(const struct folder *f, struct vmgs_store *s, bool write, const char *key,
			     struct err *e)
{
	_cleanup_secret_ struct secret root = SECRET_INIT;
	int r = vmgs_store_open(s, f->path, write, 0, e);

	if (r < 0 || !key)
		return r;
	sample_key(key, &root);
	return vmgs_store_unlock(s, &root, e);
}

#endif
