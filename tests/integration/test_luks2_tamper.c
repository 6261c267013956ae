/* SPDX-License-Identifier: MIT */
/*
 * Headers that a host has edited. Every row first shows, as control, what stock cryptsetup makes of
 * it: where it still takes the passphrase, the refusal is ours alone. What a power cut leaves has to
 * open, and what is handed to libcryptsetup instead of the disk has to be a header.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "file.h"
#include "luks.h"
#include "luks_image.h"

#define EDIT "tests/lib/luks2_edit.py"
#define KEYSLOT_END (32768 + 258048)

static char folder[] = "/tmp/test_luks2_tamper.XXXXXX";
static char original[64], image[64], key_file[64];

static int fresh_copy(void **state)
{
	(void)state;
	return CHILD_RUN("cp", "--sparse=always", original, image);
}

static bool stock_opens(void)
{
	return luks_image_opens(image, key_file);
}

/* What `unlock` does before it asks for a secret. */
static int judge(struct luks2_header *h, struct err *e)
{
	_cleanup_luks_device_ struct luks_device d = LUKS_DEVICE_INIT;
	int r = luks_device_open(&d, image, false, e);

	if (r == 0)
		r = luks_read_header(&d, h, e);
	if (r == 0)
		r = luks2_header_policy(h, 0, d.size, e);
	return r;
}

enum stock { STOCK_OPENS, STOCK_REFUSES, STOCK_EITHER };

static const struct {
	const char *edit[5];
	const char *says;
	enum err_code code;
	enum stock stock;	/* EITHER: depends on its version */
} tampered[] = {
	{{"--set", "segments.0.encryption=cipher_null-ecb"},
	 "data segment cipher is 'cipher_null-ecb', only 'aes-xts-plain64' is allowed",
	 E_HEADER_REFUSED, STOCK_OPENS},
	{{"--set", "segments.0.encryption=aes-cbc-plain64"},
	 "data segment cipher is 'aes-cbc-plain64'", E_HEADER_REFUSED, STOCK_OPENS},
	{{"--set", "segments.0.iv_tweak=8"}, "iv_tweak is 8", E_HEADER_REFUSED, STOCK_OPENS},
	{{"--set", "segments.0.offset=20971520"}, "behind the end", E_HEADER_REFUSED, STOCK_OPENS},
	{{"--set", "segments.0.offset=1048576"}, "inside the header", E_HEADER_REFUSED,
	 STOCK_EITHER},
	{{"--set", "segments.0.size=4096"}, "size is 4096", E_HEADER_REFUSED, STOCK_OPENS},
	{{"--set", "segments.0.integrity={\"type\":\"hmac(sha256)\",\"journal_encryption\":"
		   "\"none\",\"journal_integrity\":\"none\"}"},
	 "has integrity", E_HEADER_REFUSED, STOCK_OPENS},
	{{"--set", "segments.0={\"type\":\"linear\",\"offset\":\"16777216\",\"size\":\"dynamic\"}"},
	 "segment type is 'linear'", E_HEADER_REFUSED, STOCK_OPENS},
	{{"--add-flag", "allow-discards"}, "flag 'allow-discards'", E_HEADER_REFUSED, STOCK_OPENS},
	{{"--add-requirement", "online-reencrypt-v2"}, "requirement 'online-reencrypt-v2'",
	 E_HEADER_REFUSED, STOCK_EITHER},
	{{"--add-token", "{\"type\":\"systemd-tpm2\",\"keyslots\":[\"0\"]}"},
	 "token 0 of type 'systemd-tpm2' is bound to keyslot 0", E_FOREIGN_TOKEN, STOCK_OPENS},
	{{"--set", "keyslots.0.area.encryption=cipher_null-ecb"},
	 "keyslot 0: area cipher is 'cipher_null-ecb'", E_HEADER_REFUSED, STOCK_EITHER},
	{{"--set", "keyslots.0.kdf.iterations=1"}, "pbkdf2 has 1 iterations", E_HEADER_REFUSED,
	 STOCK_REFUSES},
	{{"--add-digest", "{\"type\":\"pbkdf2\",\"keyslots\":[],\"segments\":[\"0\"],\"hash\":"
	  "\"sha256\",\"iterations\":1000,\"salt\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\","
	  "\"digest\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}"},
	 "2 digests cover the data segment", E_HEADER_REFUSED, STOCK_EITHER},
	{{"--replace", "\"tokens\":{}", "\"tokens\":{},\"tokens\":{}"}, "key 'tokens' twice",
	 E_HEADER_MALFORMED, STOCK_EITHER},
	{{"--set", "segments.0.iv_tweak=8", "--keep-checksum"}, "both copies: checksum is wrong",
	 E_HEADER_CHECKSUM, STOCK_REFUSES},
	{{"--zero"}, "no LUKS2 magic", E_HEADER_MALFORMED, STOCK_REFUSES},
};

static void test_tampered(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(tampered); i++) {
		_cleanup_luks2_header_ struct luks2_header h = {0};
		const char *const *edit = tampered[i].edit;
		const char *argv[8] = {EDIT, image};
		struct err e = {0};
		int r;

		for (size_t k = 0; k < ARRAY_SIZE(tampered[i].edit) && edit[k]; k++)
			argv[2 + k] = edit[k];
		assert_int_equal(fresh_copy(state), 0);
		assert_int_equal(child_run(argv), 0);
		if (tampered[i].stock != STOCK_EITHER &&
		    stock_opens() != (tampered[i].stock == STOCK_OPENS))
			fail_msg("%s: cryptsetup is expected to %s it", edit[1] ? edit[1] : edit[0],
				 tampered[i].stock == STOCK_OPENS ? "open" : "refuse");
		r = judge(&h, &e);
		if (r != -(int)tampered[i].code || !strstr(e.msg, tampered[i].says))
			fail_msg("%s: E%d '%s'", edit[1] ? edit[1] : edit[0], -r, e.msg);
	}
}

/* Each row leaves one good copy: the volume opens, here and with stock tools. */
static void test_half_written(void **state)
{
	static const struct {
		const char *edit[8];
		int used;
	} rows[] = {
		{{NULL}, 0},
		{{"--copy", "primary", "--zero"}, 1},
		{{"--copy", "secondary", "--zero"}, 0},
		{{"--copy", "primary", "--keep-checksum", "--set", "config.flags=[\"x\"]"}, 1},
		{{"--copy", "primary", "--bump"}, 0},
		{{"--copy", "secondary", "--bump"}, 1},
		{{"--copy", "primary", "--bump", "--keep-checksum"}, 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_luks2_header_ struct luks2_header h = {0};
		const char *argv[12] = {EDIT, image};
		struct err e = {0};

		for (size_t k = 0; k < ARRAY_SIZE(rows[i].edit) && rows[i].edit[k]; k++)
			argv[2 + k] = rows[i].edit[k];
		assert_int_equal(fresh_copy(state), 0);
		assert_int_equal(argv[2] ? child_run(argv) : 0, 0);
		if (judge(&h, &e) < 0)
			fail_msg("row %zu: E%d %s", i, e.code, e.msg);
		assert_int_equal(h.used, rows[i].used);
		/* last: cryptsetup may mend the bad copy */
		assert_true(stock_opens());
	}
}

/* What libcryptsetup gets is made from memory: it must take it, and find the same in it. */
static void test_composed(void **state)
{
	_cleanup_luks2_header_ struct luks2_header h = {0}, again = {0};
	_cleanup_free_ uint8_t *both = malloc(32768), *keyslot = malloc(KEYSLOT_END - 32768);
	_cleanup_close_ int fd = -1;
	struct err e = {0};

	(void)state;
	assert_non_null(both);
	assert_non_null(keyslot);
	assert_int_equal(CHILD_RUN(EDIT, image, "--copy", "primary", "--zero"), 0);
	assert_int_equal(judge(&h, &e), 0);
	assert_int_equal(luks2_header_compose(&h, both, &e), 0);
	fd = open(image, O_RDWR | O_CLOEXEC);
	assert_int_equal(file_pread(fd, image, keyslot, KEYSLOT_END - 32768, 32768, &e), 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(ftruncate(fd, LUKS_IMAGE_SIZE), 0);
	assert_false(stock_opens());
	assert_int_equal(file_pwrite(fd, image, both, 32768, 0, &e), 0);
	assert_int_equal(file_pwrite(fd, image, keyslot, KEYSLOT_END - 32768, 32768, &e), 0);
	assert_true(stock_opens());
	assert_int_equal(judge(&again, &e), 0);
	assert_int_equal(again.seqid, h.seqid);
	assert_string_equal(again.uuid, h.uuid);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(original, sizeof(original), "%s/original", folder);
	(void)snprintf(image, sizeof(image), "%s/image", folder);
	(void)snprintf(key_file, sizeof(key_file), "%s/key", folder);
	return file_replace(key_file, "passphrase", 10, 0600, NULL) == 0 &&
	       luks_image_format(original, key_file) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return CHILD_RUN("rm", "-r", folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_tampered, fresh_copy),
		cmocka_unit_test_setup(test_half_written, fresh_copy),
		cmocka_unit_test_setup(test_composed, fresh_copy),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
