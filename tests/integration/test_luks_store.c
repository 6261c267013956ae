/* SPDX-License-Identifier: MIT */
/*
 * Changing headers of image files that stock cryptsetup made. With `--op NAME IMAGE`
 * the program does one thing instead: tests/fault/sweep_luks_store cuts changes at every write.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <libcryptsetup.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "child.h"
#include "file.h"
#include "luks.h"
#include "luks_image.h"
#include "luks_internal.h"

#define OLD "the old passphrase"
#define NEW "6f0d3c5a6f0d3c5a6f0d3c5a6f0d3c5a6f0d3c5a6f0d3c5a6f0d3c5a6f0d3c5a"
#define TOKEN(filler) "{\"type\":\"cvmcrypt\",\"keyslots\":[\"0\"],\"filler\":\"" filler "\"}"

static char folder[] = "/tmp/test_luks_store.XXXXXX";
static char image[64], key_file[64];

static int each_image(void **state)
{
	(void)state;
	return luks_image_format(image, key_file) ? 0 : -1;
}

static void text_secret(struct secret *s, const char *text)
{
	assert_int_equal(secret_alloc(s, strlen(text), NULL), 0);
	memcpy(s->bytes, text, strlen(text));
}

static void expect_ok(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("E%d %s", -r, err->msg);
}

static int read_opened(struct luks_device *d, struct luks2_header *h, struct err *err)
{
	int r = luks_device_open(d, image, false, err);

	return r < 0 ? r : luks_read_header(d, h, err);
}

static int read_image(struct luks2_header *h)
{
	_cleanup_luks_device_ struct luks_device d = LUKS_DEVICE_INIT;

	return read_opened(&d, h, NULL);
}

/* --- the cheap digest --- */

static int verify_with_cryptsetup(const uint8_t *both, size_t len, const struct secret *key)
{
	_cleanup_crypt_ struct crypt_device *cd = NULL;
	char path[96];
	int r;

	(void)snprintf(path, sizeof(path), "%s/composed", folder);
	expect_ok(file_replace(path, both, len, 0600, NULL), &(struct err){0});
	assert_int_equal(truncate(path, LUKS_IMAGE_SIZE), 0);
	luks_library_init();
	r = crypt_init(&cd, path);
	if (r == 0)
		r = crypt_load(cd, CRYPT_LUKS2, NULL);
	assert_int_equal(r, 0);
	return crypt_volume_key_verify(cd, (const char *)key->bytes, key->len);
}

static int key_by(const char *text, struct secret *ret, struct err *err)
{
	_cleanup_luks_device_ struct luks_device d = LUKS_DEVICE_INIT;
	_cleanup_luks2_header_ struct luks2_header h = {0};
	_cleanup_secret_ struct secret passphrase = SECRET_INIT;
	int r = read_opened(&d, &h, err);

	text_secret(&passphrase, text);
	return r < 0 ? r : luks_passphrase_key(&d, &h, &passphrase, ret, err);
}

static void get_volume_key(struct secret *ret)
{
	struct err err = {0};

	expect_ok(key_by(OLD, ret, &err), &err);
}

/* Nothing but digest and iterations changes, and libcryptsetup takes it for the same key only. */
static void test_cheap_digest(void **state)
{
	_cleanup_luks2_header_ struct luks2_header h = {0}, cheap = {0};
	_cleanup_secret_ struct secret key = SECRET_INIT;
	static uint8_t both[32768];
	struct luks2_header changed;
	struct err err = {0};
	uint8_t *area;

	(void)state;
	get_volume_key(&key);
	assert_int_equal(read_image(&h), 0);
	area = malloc(h.hdr_size);
	assert_non_null(area);
	memcpy(area, h.area, h.hdr_size);
	assert_true(luks_cheapen_digest(&h, &key, area));
	changed = h;
	changed.area = area;
	expect_ok(luks2_header_compose(&changed, both, &err), &err);
	free(area);
	expect_ok(luks2_header_parse(&cheap, both, 16384, both + 16384, 16384, &err), &err);
	assert_int_equal(cheap.digest.iterations, 1);
	assert_memory_not_equal(cheap.digest.digest, h.digest.digest, 32);
	memcpy(cheap.digest.digest, h.digest.digest, 32);
	cheap.digest.iterations = h.digest.iterations;
	assert_memory_equal(&cheap.digest, &h.digest, sizeof(h.digest));
	assert_memory_equal(&cheap.segment, &h.segment, sizeof(h.segment));
	assert_memory_equal(cheap.keyslot, h.keyslot, sizeof(h.keyslot));
	assert_int_equal(verify_with_cryptsetup(both, sizeof(both), &key), 0);
	key.bytes[0] ^= 1;
	assert_int_equal(verify_with_cryptsetup(both, sizeof(both), &key), -EPERM);
}

/* Unusual text is left alone. */
static void test_cheap_digest_left(void **state)
{
	_cleanup_luks2_header_ struct luks2_header h = {0};
	_cleanup_secret_ struct secret key = SECRET_INIT;
	_cleanup_free_ uint8_t *area = NULL;
	char *text, *at;

	(void)state;
	get_volume_key(&key);
	assert_int_equal(read_image(&h), 0);
	area = malloc(h.hdr_size);
	assert_non_null(area);
	text = (char *)area + LUKS2_BIN_HDR_SIZE;
	memcpy(area, h.area, h.hdr_size);
	at = strstr(strstr(text, "\"digests\""), "\"iterations\":");
	assert_non_null(at);
	memcpy(at, "\"iterationx\":", 13);
	assert_false(luks_cheapen_digest(&h, &key, area));
	memcpy(area, h.area, h.hdr_size);
	h.digest.digest[0] ^= 1;
	assert_false(luks_cheapen_digest(&h, &key, area));
	h.digest.digest[0] ^= 1;
	memset(text, 0, strlen(text));
	assert_false(luks_cheapen_digest(&h, &key, area));
	memset(text, '{', h.hdr_size - LUKS2_BIN_HDR_SIZE);
	assert_false(luks_cheapen_digest(&h, &key, area));
}

/* --- changing --- */

struct opened {
	struct luks_store *store;
	struct secret volume_key, new_passphrase;
};

static void done_opened(struct opened *o)
{
	luks_store_freep(&o->store);
	secret_clear(&o->volume_key);
	secret_clear(&o->new_passphrase);
}

#define _cleanup_opened_ _cleanup_(done_opened)

static int open_image(struct opened *o, struct err *err)
{
	int r;

	text_secret(&o->new_passphrase, NEW);
	r = luks_store_open(&o->store, image, err);
	return r < 0 ? r : key_by(OLD, &o->volume_key, err);
}

static void test_keyslot(void **state)
{
	_cleanup_opened_ struct opened o = {0};
	_cleanup_luks2_header_ struct luks2_header h = {0};
	const struct luks2_keyslot *k;
	struct err err = {0};
	int slot = -1;

	(void)state;
	expect_ok(open_image(&o, &err), &err);
	assert_int_equal(o.volume_key.len, 64);
	expect_ok(luks_store_add_keyslot(o.store, &o.volume_key, &o.new_passphrase, &slot, &err),
		  &err);
	assert_int_equal(slot, 1);
	expect_ok(luks_store_test_keyslot(o.store, slot, &o.new_passphrase, &err), &err);
	assert_int_equal(luks_store_test_keyslot(o.store, 0, &o.new_passphrase, &err), -E_KEYTEST);
	assert_int_equal(luks_store_test_keyslot(o.store, 7, &o.new_passphrase, &err), -E_KEYTEST);
	assert_int_equal(luks_store_test_keyslot(o.store, -1, &o.new_passphrase, &err),
			 -E_INTERNAL);
	assert_int_equal(read_image(&h), 0);
	k = luks2_header_keyslot(&h, slot);
	assert_true(k && k->plain && k->key_size == 64 && k->kdf_iterations == 1000);
	assert_string_equal(k->kdf, "pbkdf2");
	assert_string_equal(k->area_cipher, "aes-xts-plain64");
	expect_ok(luks2_header_policy(&h, slot, LUKS_IMAGE_SIZE, &err), &err);
	expect_ok(luks_store_remove_keyslot(o.store, slot, &err), &err);
	expect_ok(luks_store_remove_keyslot(o.store, slot, &err), &err);
	assert_int_equal(luks_store_test_keyslot(o.store, slot, &o.new_passphrase, &err),
			 -E_KEYTEST);
	assert_true(luks_image_opens(image, key_file));
}

static void test_wrong_keys(void **state)
{
	_cleanup_opened_ struct opened o = {0};
	_cleanup_secret_ struct secret key = SECRET_INIT;
	struct err err = {0};
	int slot;

	(void)state;
	expect_ok(open_image(&o, &err), &err);
	assert_int_equal(key_by(NEW, &key, &err), -E_PASSPHRASE);
	assert_null(key.bytes);
	o.volume_key.bytes[5] ^= 1;
	assert_int_equal(luks_store_add_keyslot(o.store, &o.volume_key, &o.new_passphrase, &slot,
						&err), -E_KEYTEST);
	o.volume_key.bytes[5] ^= 1;
	expect_ok(luks_store_add_keyslot(o.store, &o.volume_key, &o.new_passphrase, &slot, &err),
		  &err);
}

static int fill_keyslots(struct opened *o, struct err *err)
{
	int r, slot, n = 0;

	while ((r = luks_store_add_keyslot(o->store, &o->volume_key, &o->new_passphrase, &slot,
					   err)) == 0)
		n++;
	assert_int_equal(r, -E_NO_SPACE);
	return n;
}

static void test_no_keyslot(void **state)
{
	struct err err = {0};

	(void)state;
	for (int small = 0; small < 2; small++) {
		_cleanup_opened_ struct opened o = {0};

		if (small)
			assert_int_equal(CHILD_RUN(LUKS_FORMAT, "--luks2-keyslots-size", "1m", image,
						   key_file), 0);
		expect_ok(open_image(&o, &err), &err);
		assert_int_equal(fill_keyslots(&o, &err), small ? 3 : 31);
		expect_ok(luks_store_remove_keyslot(o.store, 2, &err), &err);
		assert_int_equal(fill_keyslots(&o, &err), 1);
	}
	assert_true(luks_image_opens(image, key_file));
}

static void expect_token(int id, const char *part)
{
	_cleanup_luks2_header_ struct luks2_header h = {0};
	const struct luks2_token *t = NULL;
	struct err err = {0};

	assert_int_equal(read_image(&h), 0);
	expect_ok(luks2_header_token(&h, "cvmcrypt", &t, &err), &err);
	assert_true(part ? t && t->id == id && strstr(t->text, part) : !t);
}

static void test_token(void **state)
{
	_cleanup_opened_ struct opened o = {0};
	struct err err = {0};
	int token = -1, other = -1;
	char *large;

	(void)state;
	expect_ok(open_image(&o, &err), &err);
	expect_ok(luks_store_put_token(o.store, -1, TOKEN("first"), &token, &err), &err);
	expect_token(token, "first");
	expect_ok(luks_store_put_token(o.store, token, TOKEN("second"), &other, &err), &err);
	assert_int_equal(other, token);
	expect_token(token, "second");
	assert_int_equal(luks_store_put_token(o.store, -1, "{\"type\":\"x\"}", &other, &err),
			 -E_HEADER_WRITE);
	assert_int_equal(luks_store_put_token(o.store, -1, "{", &other, &err), -E_HEADER_WRITE);
	assert_int_equal(luks_store_put_token(o.store, 32, TOKEN("x"), &other, &err),
			 -E_HEADER_WRITE);
	/* one that finds no room leaves the one it was to replace, also after the next change */
	large = malloc(20001);
	assert_non_null(large);
	(void)snprintf(large, 20001, "{\"type\":\"cvmcrypt\",\"keyslots\":[],\"x\":\"%016000d\"}",
		       0);
	assert_int_equal(luks_store_put_token(o.store, token, large, &other, &err), -E_NO_SPACE);
	assert_int_equal(luks_store_put_token(o.store, -1, large, &other, &err), -E_NO_SPACE);
	free(large);
	expect_ok(luks_store_put_token(o.store, -1, "{\"type\":\"other\",\"keyslots\":[]}", &other,
				       &err), &err);
	expect_token(token, "second");
	expect_ok(luks_store_remove_token(o.store, token, &err), &err);
	expect_ok(luks_store_remove_token(o.store, token, &err), &err);
	expect_token(0, NULL);
	assert_true(luks_image_opens(image, key_file));
}

static void test_locked(void **state)
{
	_cleanup_opened_ struct opened o = {0};
	struct luks_store *second = NULL;
	struct err err = {0};

	(void)state;
	expect_ok(open_image(&o, &err), &err);
	assert_int_equal(luks_store_open(&second, image, &err), -E_LOCKED);
	luks_store_freep(&o.store);
	expect_ok(luks_store_open(&second, image, &err), &err);
	luks_store_freep(&second);
}

/* Somebody else changed the header since it was loaded: refused, and loaded anew. */
static void test_concurrent(void **state)
{
	_cleanup_opened_ struct opened o = {0};
	struct err err = {0};
	int slot;

	(void)state;
	expect_ok(open_image(&o, &err), &err);
	assert_int_equal(CHILD_RUN("cryptsetup", "-q", "luksAddKey", LUKS_CHEAP_KDF, "--key-file", key_file,
				   image, "/proc/self/comm"), 0);
	assert_int_equal(luks_store_add_keyslot(o.store, &o.volume_key, &o.new_passphrase, &slot,
						&err), -E_HEADER_WRITE);
	expect_ok(luks_store_add_keyslot(o.store, &o.volume_key, &o.new_passphrase, &slot, &err),
		  &err);
	assert_int_equal(slot, 2);
}

static void test_no_luks2(void **state)
{
	struct luks_store *s = NULL;
	struct err err;

	(void)state;
	assert_true(luks_image_clear(image, LUKS_IMAGE_SIZE));
	assert_int_equal(luks_store_open(&s, image, &err), -E_HEADER_MALFORMED);
	assert_int_equal(CHILD_RUN("cryptsetup", "-q", "luksFormat", "--type", "luks1",
				   "--pbkdf-force-iterations", "1000", image, key_file), 0);
	assert_int_equal(luks_store_open(&s, image, &err), -E_HEADER_MALFORMED);
	assert_null(s);
}

/* --- one change, to be cut --- */

static int change(const char *op, struct opened *o, struct err *err)
{
	int number;

	if (strcmp(op, "add") == 0)
		return luks_store_add_keyslot(o->store, &o->volume_key, &o->new_passphrase, &number,
					      err);
	if (strcmp(op, "remove") == 0)
		return luks_store_remove_keyslot(o->store, 1, err);
	if (strcmp(op, "token") == 0)
		return luks_store_put_token(o->store, -1, TOKEN("first"), &number, err);
	if (strcmp(op, "retoken") == 0)
		return luks_store_put_token(o->store, 0, TOKEN("second"), &number, err);
	if (strcmp(op, "untoken") == 0)
		return luks_store_remove_token(o->store, 0, err);
	return err_set(err, E_USAGE, "no operation '%s'", op);
}

/* What a boot would do with the header as it is, up to the secret. */
static int judge(struct err *err)
{
	_cleanup_luks_device_ struct luks_device d = LUKS_DEVICE_INIT;
	_cleanup_luks2_header_ struct luks2_header h = {0};
	int r = luks_device_open(&d, image, false, err);

	if (r == 0)
		r = luks_read_header(&d, &h, err);
	return r < 0 ? r : luks2_header_policy(&h, 0, d.size, err);
}

static int one_operation(const char *op, const char *path)
{
	_cleanup_opened_ struct opened o = {0};
	struct err err = {0};
	int r;

	(void)snprintf(image, sizeof(image), "%s", path);
	if (strcmp(op, "judge") == 0) {
		r = judge(&err);
	} else {
		r = open_image(&o, &err);
		if (r == 0)
			r = change(op, &o, &err);
	}
	if (r < 0)
		(void)fprintf(stderr, "E%d %s\n", -r, err.msg);
	return r < 0 ? 1 : 0;
}

/* --- */

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(image, sizeof(image), "%s/image", folder);
	(void)snprintf(key_file, sizeof(key_file), "%s/key", folder);
	return file_replace(key_file, OLD, strlen(OLD), 0600, NULL);
}

static int remove_folder(void **state)
{
	(void)state;
	return CHILD_RUN("rm", "-r", folder);
}

#define WITH_IMAGE(f) cmocka_unit_test_setup(f, each_image)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WITH_IMAGE(test_cheap_digest),
		WITH_IMAGE(test_cheap_digest_left), WITH_IMAGE(test_keyslot),
		WITH_IMAGE(test_wrong_keys), WITH_IMAGE(test_no_keyslot), WITH_IMAGE(test_token),
		WITH_IMAGE(test_locked), WITH_IMAGE(test_concurrent), WITH_IMAGE(test_no_luks2),
	};

	if (argc == 4 && strcmp(argv[1], "--op") == 0)
		return one_operation(argv[2], argv[3]);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
