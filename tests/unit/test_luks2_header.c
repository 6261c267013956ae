/* SPDX-License-Identifier: MIT */
#include "crypto.h"
#include "file.h"
#include "luks2_header.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define VECTORS "tests/vectors/luks2/"
#define DEVICE_SIZE (32ULL * 1024 * 1024)
#define COPY 16384
#define AT_SEQID 16
#define AT_UUID 168
#define AT_CSUM 448

/* The two copies of a header of the default size, to be spoilt. */
struct image {
	uint8_t bytes[2 * COPY];
};

static void load(struct image *img, const char *name)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1 << 20);
	struct err e = {0};

	if (file_read(name, 1 << 20, &b, &e) < 0)
		fail_msg("%s: %s", name, e.msg);
	assert_int_equal(b.len, sizeof(img->bytes));
	memcpy(img->bytes, b.data, b.len);
}

static void refresh(uint8_t *copy, size_t size)
{
	uint8_t digest[SHA256_SIZE];

	memset(copy + AT_CSUM, 0, 64);
	assert_int_equal(crypto_sha256(copy, size, digest, NULL), 0);
	memcpy(copy + AT_CSUM, digest, sizeof(digest));
}

static char *json_of(struct image *img, int copy)
{
	return (char *)img->bytes + copy * COPY + LUKS2_BIN_HDR_SIZE;
}

/* Replaces the first `old` of one copy's JSON and refreshes its checksum. */
static void edit_copy(struct image *img, int copy, const char *old, const char *new)
{
	char *json = json_of(img, copy), *at = strstr(json, old);
	size_t old_len = strlen(old), new_len = strlen(new), rest;

	if (!at)
		fail_msg("'%s' is not in the vector", old);
	rest = strlen(at + old_len) + 1;
	assert_true(strlen(json) + new_len < COPY - LUKS2_BIN_HDR_SIZE);
	memmove(at + new_len, at + old_len, rest);
	memcpy(at, new, new_len);
	if (new_len < old_len)
		memset(at + new_len + rest, 0, old_len - new_len);
	refresh(img->bytes + copy * COPY, COPY);
}

static void edit(struct image *img, const char *old, const char *new)
{
	edit_copy(img, 0, old, new);
	edit_copy(img, 1, old, new);
}

static void set_seqid(struct image *img, int copy, uint8_t seqid)
{
	memset(img->bytes + copy * COPY + AT_SEQID, 0, 8);
	img->bytes[copy * COPY + AT_SEQID + 7] = seqid;
	refresh(img->bytes + copy * COPY, COPY);
}

static int parse(struct luks2_header *h, const struct image *img, struct err *e)
{
	return luks2_header_parse(h, img->bytes, COPY, img->bytes + COPY, COPY, e);
}

static void test_plain(void **state)
{
	_cleanup_luks2_header_ struct luks2_header h = {0};
	const struct luks2_keyslot *k;
	const struct luks2_token *t = NULL;
	struct image img;
	struct err e = {0};

	(void)state;
	load(&img, VECTORS "plain.bin");
	if (parse(&h, &img, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(h.uuid, "11111111-2222-4333-8444-555555555501");
	assert_string_equal(h.label, "a-label");
	assert_true(h.subsystem_set);
	assert_int_equal(h.hdr_size, COPY);
	assert_int_equal(h.json_size, COPY - 4096);
	assert_int_equal(h.keyslots_size, 16744448);
	assert_int_equal(h.copy[0], LUKS2_COPY_GOOD);
	assert_int_equal(h.copy[1], LUKS2_COPY_GOOD);
	assert_string_equal(h.copy_reason[0], "");
	assert_string_equal(h.copy_reason[1], "");
	assert_int_equal(h.used, 0);
	assert_int_equal(h.segment_count, 1);
	assert_string_equal(h.segment.type, "crypt");
	assert_int_equal(h.segment.offset, 16777216);
	assert_true(h.segment.dynamic);
	assert_int_equal(h.segment.iv_tweak, 0);
	assert_string_equal(h.segment.cipher, "aes-xts-plain64");
	assert_int_equal(h.segment.sector_size, 512);
	assert_false(h.segment.integrity);
	assert_int_equal(h.digest_count, 1);
	assert_string_equal(h.digest.hash, "sha256");
	assert_int_equal(h.digest.keyslots, 3);
	assert_int_equal(h.digest.digest_len, 32);
	assert_int_equal(h.digest.salt_len, 32);
	assert_int_equal(h.other_keyslots, 4);
	assert_int_equal(h.keyslot_count, 3);
	k = luks2_header_keyslot(&h, 0);
	assert_non_null(k);
	assert_true(k->plain);
	assert_string_equal(k->kdf, "pbkdf2");
	assert_int_equal(k->kdf_iterations, 1000);
	assert_int_equal(k->area_offset, 32768);
	assert_int_equal(k->area_size, 258048);
	assert_int_equal(k->key_size, 64);
	k = luks2_header_keyslot(&h, 1);
	assert_non_null(k);
	assert_string_equal(k->kdf, "argon2id");
	assert_int_equal(k->kdf_memory, 32);
	assert_null(luks2_header_keyslot(&h, 3));
	assert_int_equal(luks2_header_token(&h, "cvmcrypt", &t, &e), 0);
	assert_non_null(t);
	assert_int_equal(t->id, 1);
	assert_int_equal(t->keyslots, 1);
	assert_string_equal(t->text, "{\"type\":\"cvmcrypt\",\"keyslots\":[\"0\"],\"v\":1}");
	assert_int_equal(luks2_header_token(&h, "none", &t, &e), 0);
	assert_null(t);
	assert_int_equal(luks2_header_policy(&h, 0, DEVICE_SIZE, &e), 0);
	assert_int_equal(luks2_header_policy(&h, -1, DEVICE_SIZE, &e), 0);
}

static void test_other_makes(void **state)
{
	_cleanup_luks2_header_ struct luks2_header h = {0}, big = {0};
	_cleanup_buf_ struct buf b = BUF_INIT(1 << 20);
	struct image img;
	struct err e = {0};

	(void)state;
	load(&img, VECTORS "converted.bin");
	assert_int_equal(parse(&h, &img, &e), 0);
	assert_int_equal(h.digest.digest_len, 20);
	if (luks2_header_policy(&h, 0, DEVICE_SIZE, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(file_read(VECTORS "metadata64k.bin", 1 << 20, &b, &e), 0);
	assert_int_equal(luks2_header_parse(&big, b.data, 65536, b.data + 65536, 65536, &e), 0);
	assert_int_equal(big.hdr_size, 65536);
	assert_int_equal(big.segment.sector_size, 4096);
	if (luks2_header_policy(&big, 0, DEVICE_SIZE, &e) < 0)
		fail_msg("%s", e.msg);
}

static void test_header_size(void **state)
{
	struct image img;
	uint64_t size = 0;
	struct err e = {0};
	_cleanup_buf_ struct buf b = BUF_INIT(4096);

	(void)state;
	load(&img, VECTORS "plain.bin");
	assert_int_equal(luks2_header_size(img.bytes, false, &size, &e), 0);
	assert_int_equal(size, COPY);
	assert_int_equal(luks2_header_size(img.bytes + COPY, true, &size, &e), 0);
	assert_int_equal(size, COPY);
	assert_int_equal(luks2_header_size(img.bytes, true, &size, &e), -E_HEADER_MALFORMED);
	img.bytes[13] = 0x40;	/* hdr_size 4210688 */
	assert_int_equal(luks2_header_size(img.bytes, false, &size, &e), -E_HEADER_MALFORMED);
	assert_int_equal(file_read(VECTORS "luks1.bin", 4096, &b, &e), 0);
	assert_int_equal(luks2_header_size(b.data, false, &size, &e), -E_HEADER_MALFORMED);
	assert_string_equal(e.msg, "LUKS version is 1, only 2 is read");
}

/* Threats T1, T7, T8: whatever the host can write with a good checksum, and what it gets for it. */
static const struct {
	const char *old, *new, *says;
	enum err_code code;
} refused[] = {
	/* data segment */
	{"0\",\"encryption\":\"aes-xts-plain64\"", "0\",\"encryption\":\"cipher_null-ecb\"",
	 "data segment cipher is 'cipher_null-ecb', only 'aes-xts-plain64' is allowed",
	 E_HEADER_REFUSED},
	{"0\",\"encryption\":\"aes-xts-plain64\"", "0\",\"encryption\":\"aes-xts-plain\"",
	 "data segment cipher is 'aes-xts-plain',", E_HEADER_REFUSED},
	{"0\",\"encryption\":\"aes-xts-plain64\"", "0\",\"encryption\":\"\"",
	 "data segment cipher is '',", E_HEADER_REFUSED},
	{"0\",\"encryption\":\"aes-xts-plain64\"", "0\",\"encryption\":\"AES-xts-plain64\"",
	 "data segment cipher is 'AES-xts-plain64',", E_HEADER_REFUSED},
	{"0\",\"encryption\":\"aes-xts-plain64\"",
	 "0\",\"encryption\":\"capi:aes-xts-plain64-and-a-long-tail-xx\"",
	 "segments.0.encryption: text is too long", E_HEADER_MALFORMED},
	{"\"iv_tweak\":\"0\"", "\"iv_tweak\":\"8\"",
	 "data segment iv_tweak is 8, only 0 is allowed", E_HEADER_REFUSED},
	{"\"offset\":\"16777216\"", "\"offset\":\"16781312\",\"offset\":\"16777216\"",
	 "key 'offset' twice", E_HEADER_MALFORMED},
	{"\"offset\":\"16777216\"", "\"offset\":\"16773120\"",
	 "data segment offset is 16773120, inside the header, which ends at 16777216",
	 E_HEADER_REFUSED},
	{"\"offset\":\"16777216\"", "\"offset\":\"0\"", "inside the header", E_HEADER_REFUSED},
	{"\"offset\":\"16777216\"", "\"offset\":\"16777728\"",
	 "data segment offset is 16777728, not a multiple of 4096", E_HEADER_REFUSED},
	{"\"offset\":\"16777216\"", "\"offset\":\"33554432\"",
	 "behind the end of the device of 33554432 bytes", E_HEADER_REFUSED},
	{"\"offset\":\"16777216\"", "\"offset\":\"18446744073709547520\"",
	 "behind the end of the device", E_HEADER_REFUSED},
	{"\"offset\":\"16777216\"", "\"offset\":16777216",
	 "segments.0.offset: string expected", E_HEADER_MALFORMED},
	{"\"offset\":\"16777216\"", "\"offset\":\"-1\"", "segments.0.offset", E_HEADER_MALFORMED},
	{"\"size\":\"dynamic\"", "\"size\":\"4096\"",
	 "data segment size is 4096, only 'dynamic' is allowed", E_HEADER_REFUSED},
	{"\"size\":\"dynamic\"", "\"size\":\"dynamic \"", "segments.0.size", E_HEADER_MALFORMED},
	{"\"sector_size\":512", "\"sector_size\":8192",
	 "data segment sector size is 8192, only 512, 1024, 2048 and 4096 are allowed",
	 E_HEADER_REFUSED},
	{"\"sector_size\":512", "\"sector_size\":0", "data segment sector size is 0",
	 E_HEADER_REFUSED},
	{"\"sector_size\":512", "\"sector_size\":512.5", "segments.0.sector_size",
	 E_HEADER_MALFORMED},
	{"\"sector_size\":512", "\"sector_size\":512,\"integrity\":{\"type\":\"hmac(sha256)\","
	 "\"journal_encryption\":\"none\",\"journal_integrity\":\"none\"}",
	 "data segment has integrity", E_HEADER_REFUSED},
	{"\"sector_size\":512", "\"sector_size\":512,\"flags\":[\"in-reencryption\"]",
	 "data segment has flags", E_HEADER_REFUSED},
	{"\"sector_size\":512", "\"sector_size\":512,\"extra\":1", "segments.0.extra: unknown key",
	 E_HEADER_MALFORMED},
	{"\"type\":\"crypt\"", "\"type\":\"linear\"",
	 "data segment type is 'linear', only 'crypt' is allowed", E_HEADER_REFUSED},
	{"\"type\":\"crypt\"", "\"type\":\"hw-opal-crypt\"",
	 "data segment type is 'hw-opal-crypt', only 'crypt' is allowed", E_HEADER_REFUSED},
	{"\"segments\":{\"0\"", "\"segments\":{\"1\":{\"type\":\"linear\",\"offset\":\"16777216\","
	 "\"size\":\"4096\"},\"0\"", "header has 2 data segments, exactly 1 is allowed",
	 E_HEADER_REFUSED},
	{"\"segments\":{\"0\":{\"type\":\"crypt\",\"offset\":\"16777216\",\"size\":\"dynamic\","
	 "\"iv_tweak\":\"0\",\"encryption\":\"aes-xts-plain64\",\"sector_size\":512}}",
	 "\"segments\":{}", "digests.0.segments: names 0, which is not there", E_HEADER_MALFORMED},
	{"\"segments\":{\"0\"", "\"segments\":{\"01\"", "segments.01: id from 0 to 31 expected",
	 E_HEADER_MALFORMED},
	/* flags, requirements, sizes */
	{"\"keyslots_size\":\"16744448\"", "\"keyslots_size\":\"16744448\",\"flags\":"
	 "[\"allow-discards\"]", "header has flag 'allow-discards', none is allowed",
	 E_HEADER_REFUSED},
	{"\"keyslots_size\":\"16744448\"", "\"keyslots_size\":\"16744448\",\"requirements\":"
	 "{\"mandatory\":[\"online-reencrypt-v2\"]}",
	 "header has requirement 'online-reencrypt-v2', none is allowed", E_HEADER_REFUSED},
	{"\"keyslots_size\":\"16744448\"", "\"keyslots_size\":\"16744448\",\"requirements\":"
	 "{\"optional\":[]}", "config.requirements.optional: unknown key", E_HEADER_MALFORMED},
	{"\"keyslots_size\":\"16744448\"", "\"keyslots_size\":\"16744448\",\"flags\":{}",
	 "config.flags: array expected", E_HEADER_MALFORMED},
	{"\"keyslots_size\":\"16744448\"", "\"keyslots_size\":\"16744449\"",
	 "config.keyslots_size is 16744449", E_HEADER_MALFORMED},
	{"\"keyslots_size\":\"16744448\"", "\"keyslots_size\":\"18446744073709547520\"",
	 "config.keyslots_size", E_HEADER_MALFORMED},
	{"\"keyslots_size\":\"16744448\"", "\"keyslots_size\":\"0\"", "keyslots area is empty",
	 E_HEADER_REFUSED},
	{"\"keyslots_size\":\"16744448\"", "\"keyslots_size\":\"4096\"",
	 "keyslot 0: area of 258048 bytes at 32768 is not inside the keyslots area",
	 E_HEADER_REFUSED},
	{"\"json_size\":\"12288\"", "\"json_size\":\"16384\"",
	 "config.json_size is 16384, not 12288", E_HEADER_MALFORMED},
	{"\"config\":{", "\"backdoor\":{},\"config\":{", "backdoor: unknown key",
	 E_HEADER_MALFORMED},
	{"\"tokens\":{", "\"tokens2\":{", "tokens2: unknown key", E_HEADER_MALFORMED},
	/* our keyslot */
	{"258048\",\"encryption\":\"aes-xts-plain64\"",
	 "258048\",\"encryption\":\"cipher_null-ecb\"",
	 "keyslot 0: area cipher is 'cipher_null-ecb', only 'aes-xts-plain64' is allowed",
	 E_HEADER_REFUSED},
	{"\"key_size\":64,\"af\"", "\"key_size\":16,\"af\"",
	 "keyslot 0: volume key has 16 bytes", E_HEADER_REFUSED},
	{"\"key_size\":64}", "\"key_size\":0}", "keyslot 0: area key has 0 bytes",
	 E_HEADER_REFUSED},
	{"\"stripes\":4000", "\"stripes\":1", "keyslot 0: anti-forensic split is 1 stripes",
	 E_HEADER_REFUSED},
	{"4000,\"hash\":\"sha256\"", "4000,\"hash\":\"sha1\"",
	 "keyslot 0: anti-forensic split is 4000 stripes with 'sha1'", E_HEADER_REFUSED},
	{"\"af\":{\"type\":\"luks1\"", "\"af\":{\"type\":\"luks9\"",
	 "keyslot 0 cannot be used: af type is 'luks9', not 'luks1'", E_HEADER_REFUSED},
	{"\"type\":\"raw\"", "\"type\":\"none\"",
	 "keyslot 0 cannot be used: area type is 'none', not 'raw'", E_HEADER_REFUSED},
	{"\"iterations\":1000", "\"iterations\":999",
	 "keyslot 0: pbkdf2 has 999 iterations, only 1000 to 10000000 are allowed",
	 E_HEADER_REFUSED},
	{"\"iterations\":1000", "\"iterations\":4294967295",
	 "keyslot 0: pbkdf2 has 4294967295 iterations", E_HEADER_REFUSED},
	{"\"hash\":\"sha256\",\"iterations\"", "\"hash\":\"md5\",\"iterations\"",
	 "keyslot 0: pbkdf2 hash is 'md5'", E_HEADER_REFUSED},
	{"\"type\":\"pbkdf2\"", "\"type\":\"scrypt\"",
	 "keyslot 0 cannot be used: kdf type is 'scrypt'", E_HEADER_REFUSED},
	{"\"type\":\"luks2\"", "\"type\":\"luks3\"",
	 "keyslot 0 cannot be used: keyslot type is 'luks3', not 'luks2'", E_HEADER_REFUSED},
	{"\"type\":\"luks2\"", "\"type\":\"luks2\",\"extra\":1",
	 "keyslot 0 cannot be used: metadata: keyslots.0.extra: unknown key", E_HEADER_REFUSED},
	{"\"type\":\"luks2\"", "\"type\":2", "keyslots.0.type: string expected",
	 E_HEADER_MALFORMED},
	{"\"offset\":\"32768\"", "\"offset\":\"28672\"", "is not inside the keyslots area",
	 E_HEADER_REFUSED},
	{"\"offset\":\"32768\"", "\"offset\":\"18446744073709551615\"",
	 "is not inside the keyslots area", E_HEADER_REFUSED},
	{"\"offset\":\"32768\"", "\"offset\":\"16523264\"", "is not inside the keyslots area",
	 E_HEADER_REFUSED},
	{"\"offset\":\"32768\"", "\"offset\":\"36864\"", "areas of keyslots 0 and 1 overlap",
	 E_HEADER_REFUSED},
	{"\"offset\":\"290816\"", "\"offset\":\"286720\"", "areas of keyslots 0 and 1 overlap",
	 E_HEADER_REFUSED},
	{"\"offset\":\"290816\",\"size\":\"258048\"",
	 "\"offset\":\"8192\",\"size\":\"18446744073709551615\"",
	 "areas of keyslots 0 and 1 overlap", E_HEADER_REFUSED},
	{"\"size\":\"258048\"", "\"size\":\"4096\"",
	 "keyslot 0: area has 4096 bytes, at least 256000 are needed", E_HEADER_REFUSED},
	{"\"size\":\"258048\"", "\"size\":\"18446744073709551615\"",
	 "is not inside the keyslots area", E_HEADER_REFUSED},
	/* keyslots beside ours */
	{"\"2\":{\"type\":\"luks2\"", "\"2\":{\"type\":\"reencrypt\"",
	 "header has a keyslot of type 'reencrypt'", E_HEADER_REFUSED},
	{"\"keyslots\":{\"0\"", "\"keyslots\":{\"32\":{},\"0\"", "keyslots.32: id from 0 to 31 expected",
	 E_HEADER_MALFORMED},
	{"\"keyslots\":{\"0\"", "\"keyslots\":{\"3\":[],\"0\"", "keyslots.3: object expected",
	 E_HEADER_MALFORMED},
	/* digests */
	{"\"segments\":[],", "\"segments\":[\"0\"],",
	 "2 digests cover the data segment, exactly 1 is allowed", E_HEADER_REFUSED},
	{"\"segments\":[\"0\"],", "\"segments\":[],", "0 digests cover the data segment",
	 E_HEADER_REFUSED},
	{"\"keyslots\":[\"0\",\"1\"]", "\"keyslots\":[\"1\"]",
	 "keyslot 0 is not covered by the digest of the data segment", E_HEADER_REFUSED},
	{"\"keyslots\":[\"2\"]", "\"keyslots\":[\"2\",\"0\"]",
	 "keyslot 0 is covered by a digest that is not the data segment's", E_HEADER_REFUSED},
	{"\"keyslots\":[\"0\",\"1\"]", "\"keyslots\":[\"0\",\"0\"]", "digests.0.keyslots: names 0 twice",
	 E_HEADER_MALFORMED},
	{"\"keyslots\":[\"0\",\"1\"]", "\"keyslots\":[\"0\",\"7\"]", "names 7, which is not there",
	 E_HEADER_MALFORMED},
	{"\"keyslots\":[\"0\",\"1\"]", "\"keyslots\":[\"0\",1]",
	 "digests.0.keyslots: ids from 0 to 31 expected", E_HEADER_MALFORMED},
	{"\"digests\":{\"0\":{\"type\":\"pbkdf2\"", "\"digests\":{\"0\":{\"type\":\"plain\"",
	 "digest type is 'plain', only 'pbkdf2' is allowed", E_HEADER_REFUSED},
	{"\"segments\":[\"0\"],\"hash\":\"sha256\"", "\"segments\":[\"0\"],\"hash\":\"sha1\"",
	 "digest hash is 'sha1'", E_HEADER_REFUSED},
	{"\"segments\":[\"0\"],\"hash\":\"sha256\",\"iterations\":1000",
	 "\"segments\":[\"0\"],\"hash\":\"sha256\",\"iterations\":1",
	 "digest has 1 iterations, only 1000 to 10000000 are allowed", E_HEADER_REFUSED},
	{"\"digest\":\"", "\"digest\":\"AA==\",\"x\":\"", "digests.0.x: unknown key",
	 E_HEADER_MALFORMED},
	{"\"digest\":\"", "\"digest\":\"*", "digests.0.digest: base64 of at most 64 bytes expected",
	 E_HEADER_MALFORMED},
	/* tokens */
	{"\"keyslots\":[\"1\"]", "\"keyslots\":[\"1\",\"0\"]",
	 "token 0 of type 'x-foreign' is bound to keyslot 0", E_FOREIGN_TOKEN},
	{"\"type\":\"x-foreign\"", "\"type\":7", "tokens.0.type: string expected",
	 E_HEADER_MALFORMED},
	/* the text as such */
	{"\"v\":1", "\"v\":01", "not JSON", E_HEADER_MALFORMED},
	{"\"v\":1", "\"v\":\"\xff\"", "invalid UTF-8", E_HEADER_MALFORMED},
	{"\"v\":1", "\"v\":[[[[[[[[1]]]]]]]]", "nested too deeply", E_HEADER_MALFORMED},
	{"{\"keyslots\"", "[{\"keyslots\"", "not JSON", E_HEADER_MALFORMED},
	{"{\"keyslots\"", " {\"keyslots\":{},\"keyslots\"", "key 'keyslots' twice",
	 E_HEADER_MALFORMED},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		_cleanup_luks2_header_ struct luks2_header h = {0};
		struct image img;
		struct err e = {0};
		int r;

		load(&img, VECTORS "plain.bin");
		edit(&img, refused[i].old, refused[i].new);
		r = parse(&h, &img, &e);
		if (r == 0)
			r = luks2_header_policy(&h, 0, DEVICE_SIZE, &e);
		if (r != -(int)refused[i].code || !strstr(e.msg, refused[i].says))
			fail_msg("row %zu: %s: %d '%s', not %d '%s'", i, refused[i].new, r, e.msg,
				 -(int)refused[i].code, refused[i].says);
	}
}

/* What others put into the header must not keep a volume closed. */
static void test_foreign_is_left_alone(void **state)
{
	static const struct {
		const char *old, *new;
	} harmless[] = {
		{"\"1\":{\"type\":\"luks2\"", "\"1\":{\"type\":\"from-the-future\""},
		{"\"1\":{\"type\":\"luks2\"", "\"1\":{\"type\":\"luks2\",\"new-key\":{}"},
		{"\"kdf\":{\"type\":\"argon2id\"", "\"kdf\":{\"type\":\"argon9\""},
		{"\"131072\",\"encryption\":\"aes-xts-plain64\"",
		 "\"131072\",\"encryption\":\"serpent-xts-plain64\""},
		{"\"131072\",\"encryption\":\"aes-xts-plain64\"",
		 "\"131072\",\"encryption\":\"a-name-that-is-longer-than-any-that-we-know\""},
		{"\"type\":\"x-foreign\"", "\"type\":\"systemd-tpm2\",\"tpm2-pcrs\":[7]"},
		{"\"keyslots\":[\"1\"]", "\"keyslots\":[]"},
		{"\"type\":\"pbkdf2\",\"keyslots\":[\"2\"]", "\"type\":\"other\",\"keyslots\":[\"2\"]"},
		{"\"keyslots_size\":\"16744448\"",
		 "\"keyslots_size\":\"16744448\",\"flags\":[],\"requirements\":{}"},
		{"\"key_size\":64,\"af\"", "\"priority\":2,\"key_size\":64,\"af\""},
		{"\"sector_size\":512", "\"sector_size\":4096"},
		{"\"offset\":\"16777216\"", "\"offset\":\"16781312\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++) {
		_cleanup_luks2_header_ struct luks2_header h = {0};
		struct image img;
		struct err e = {0};

		load(&img, VECTORS "plain.bin");
		edit(&img, harmless[i].old, harmless[i].new);
		if (parse(&h, &img, &e) < 0 || luks2_header_policy(&h, 0, DEVICE_SIZE, &e) < 0)
			fail_msg("%s: %s", harmless[i].new, e.msg);
	}
}

static void test_keyslot_bounds(void **state)
{
	_cleanup_luks2_header_ struct luks2_header h = {0};
	struct luks2_keyslot *k;
	struct image img;
	struct err e = {0};

	(void)state;
	load(&img, VECTORS "plain.bin");
	assert_int_equal(parse(&h, &img, &e), 0);
	assert_int_equal(luks2_header_policy(&h, 1, DEVICE_SIZE, &e), -E_FOREIGN_TOKEN);
	h.token[0].keyslots = 0;
	assert_int_equal(luks2_header_policy(&h, 1, DEVICE_SIZE, &e), 0);
	assert_int_equal(luks2_header_policy(&h, 2, DEVICE_SIZE, &e), -E_HEADER_REFUSED);
	assert_int_equal(luks2_header_policy(&h, 3, DEVICE_SIZE, &e), -E_HEADER_REFUSED);
	assert_string_equal(e.msg, "keyslot 3 is not there");
	assert_int_equal(luks2_header_policy(&h, 4096, DEVICE_SIZE, &e), -E_HEADER_REFUSED);
	k = &h.keyslot[1];
	assert_int_equal(k->id, 1);
	k->kdf_memory = 4194304;
	assert_int_equal(luks2_header_policy(&h, 1, DEVICE_SIZE, &e), 0);
	k->kdf_memory++;
	assert_int_equal(luks2_header_policy(&h, 1, DEVICE_SIZE, &e), -E_HEADER_REFUSED);
	assert_string_equal(e.msg, "keyslot 1: argon2id memory is 4194305 KiB, only 32 to 4194304 "
			    "are allowed");
	k->kdf_memory = 32;
	k->kdf_cpus = 0;
	assert_int_equal(luks2_header_policy(&h, 1, DEVICE_SIZE, &e), -E_HEADER_REFUSED);
	k->kdf_cpus = 1;
	k->kdf_iterations = 1001;
	assert_int_equal(luks2_header_policy(&h, 1, DEVICE_SIZE, &e), -E_HEADER_REFUSED);
	k->kdf_iterations = 4;
	k->kdf_salt_len = 8;
	assert_int_equal(luks2_header_policy(&h, 1, DEVICE_SIZE, &e), -E_HEADER_REFUSED);
}

static void test_reencrypt(void **state)
{
	_cleanup_luks2_header_ struct luks2_header h = {0};
	struct image img;
	struct err e = {0};

	(void)state;
	load(&img, VECTORS "reencrypt.bin");
	if (parse(&h, &img, &e) < 0)
		fail_msg("%s", e.msg);
	assert_true(h.reencrypt_keyslot);
	assert_int_equal(h.segment_count, 3);
	assert_int_equal(luks2_header_policy(&h, 0, DEVICE_SIZE, &e), -E_HEADER_REFUSED);
	assert_string_equal(e.msg, "header has requirement 'online-reencrypt-v2', none is allowed");
	h.requirement_count = 0;
	assert_int_equal(luks2_header_policy(&h, 0, DEVICE_SIZE, &e), -E_HEADER_REFUSED);
	h.reencrypt_keyslot = false;
	assert_int_equal(luks2_header_policy(&h, 0, DEVICE_SIZE, &e), -E_HEADER_REFUSED);
	assert_string_equal(e.msg, "header has 3 data segments, exactly 1 is allowed");
}

static void test_two_tokens(void **state)
{
	_cleanup_luks2_header_ struct luks2_header h = {0};
	const struct luks2_token *t = NULL;
	struct image img;
	struct err e = {0};

	(void)state;
	load(&img, VECTORS "plain.bin");
	edit(&img, "x-foreign", "cvmcrypt");
	assert_int_equal(parse(&h, &img, &e), 0);
	assert_int_equal(luks2_header_token(&h, "cvmcrypt", &t, &e), -E_HEADER_REFUSED);
	assert_null(t);
	assert_string_equal(e.msg, "tokens 0 and 1 are both of type 'cvmcrypt', one is allowed");
}

/* A power cut leaves one copy torn, or one behind the other: the volume opens all the same. */
static void test_one_good_copy(void **state)
{
	static const struct {
		int copy;
		size_t at;
		const char *says;
	} torn[] = {
		{0, 0, "no LUKS2 magic"},
		{0, 7, "LUKS version is"},
		{0, 4096 + 50, "checksum is wrong"},
		{0, AT_CSUM, "checksum is wrong"},
		{0, 72, "checksum algorithm is"},
		{0, 15, "header size is"},
		{0, 263, "header offset is"},
		{1, 3, "no LUKS2 magic"},
		{1, 262, "header offset is"},
		{1, COPY - 1, "checksum is wrong"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(torn); i++) {
		_cleanup_luks2_header_ struct luks2_header h = {0};
		int bad = torn[i].copy;
		struct image img;
		struct err e = {0};

		load(&img, VECTORS "plain.bin");
		img.bytes[bad * COPY + torn[i].at] ^= 1;
		if (parse(&h, &img, &e) < 0)
			fail_msg("row %zu: %s", i, e.msg);
		assert_int_equal(h.used, !bad);
		assert_int_equal(h.copy[bad], LUKS2_COPY_BAD);
		assert_int_equal(h.copy[!bad], LUKS2_COPY_GOOD);
		if (!strstr(h.copy_reason[bad], torn[i].says))
			fail_msg("row %zu: says '%s'", i, h.copy_reason[bad]);
		assert_string_equal(h.copy_reason[!bad], "");
		assert_int_equal(luks2_header_policy(&h, 0, DEVICE_SIZE, &e), 0);
	}
}

static void test_newest_copy_counts(void **state)
{
	struct image img;
	struct err e = {0};

	(void)state;
	for (int newer = 0; newer < 2; newer++) {
		_cleanup_luks2_header_ struct luks2_header h = {0};

		load(&img, VECTORS "plain.bin");
		edit_copy(&img, newer, "\"v\":1", "\"v\":2");
		set_seqid(&img, newer, 4);
		set_seqid(&img, !newer, 3);
		assert_int_equal(parse(&h, &img, &e), 0);
		assert_int_equal(h.used, newer);
		assert_int_equal(h.seqid, 4);
		assert_int_equal(h.copy[!newer], LUKS2_COPY_GOOD);
		assert_string_equal(h.copy_reason[!newer], "older: seqid 3 of 4");
		assert_non_null(strstr(h.token[1].text, "\"v\":2"));
	}
	/* an altered, newer copy is judged by what it says; the older one doesn't save it */
	{
		_cleanup_luks2_header_ struct luks2_header h = {0};

		load(&img, VECTORS "plain.bin");
		edit_copy(&img, 1, "0\",\"encryption\":\"aes-xts-plain64\"",
			  "0\",\"encryption\":\"cipher_null-ecb\"");
		set_seqid(&img, 1, 200);
		assert_int_equal(parse(&h, &img, &e), 0);
		assert_int_equal(luks2_header_policy(&h, 0, DEVICE_SIZE, &e), -E_HEADER_REFUSED);
	}
	/* same seqid: the primary counts, and the difference is told */
	{
		_cleanup_luks2_header_ struct luks2_header h = {0};

		load(&img, VECTORS "plain.bin");
		edit_copy(&img, 1, "\"v\":1", "\"v\":2");
		assert_int_equal(parse(&h, &img, &e), 0);
		assert_int_equal(h.used, 0);
		assert_non_null(strstr(h.copy_reason[1], "differs"));
	}
	/* a newer copy that is no metadata is no copy */
	{
		_cleanup_luks2_header_ struct luks2_header h = {0};

		load(&img, VECTORS "plain.bin");
		edit_copy(&img, 0, "\"json_size\"", "\"json_sice\"");
		set_seqid(&img, 0, 99);
		assert_int_equal(parse(&h, &img, &e), 0);
		assert_int_equal(h.used, 1);
		assert_int_equal(h.copy[0], LUKS2_COPY_BAD);
		assert_string_equal(h.copy_reason[0], "metadata: config.json_sice: unknown key");
	}
}

static void test_no_good_copy(void **state)
{
	struct luks2_header h = {0};
	struct image img;
	struct err e = {0};

	(void)state;
	load(&img, VECTORS "plain.bin");
	img.bytes[5000] ^= 1;
	img.bytes[COPY] = 0;
	assert_int_equal(parse(&h, &img, &e), -E_HEADER_CHECKSUM);
	assert_string_equal(e.msg, "primary: checksum is wrong; secondary: no LUKS2 magic");
	memset(&img, 0, sizeof(img));
	assert_int_equal(parse(&h, &img, &e), -E_HEADER_MALFORMED);
	assert_string_equal(e.msg, "both copies: no LUKS2 magic");
	assert_int_equal(luks2_header_parse(&h, NULL, 0, NULL, 0, &e), -E_HEADER_MALFORMED);
	assert_string_equal(e.msg, "both copies: not found");
	assert_null(h.area);
}

/* Fields of the binary header that stock tools leave alone are not free for the host either. */
static void test_binary_fields(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *says;
	} rows[] = {
		{AT_UUID, 'g', "UUID"},
		{AT_UUID + 8, 'a', "UUID"},
		{AT_UUID + 36, 'a', "UUID"},
		{AT_UUID, 0, "UUID"},
		{24 + 47, 'x', "label or subsystem"},
		{208 + 30, 'x', "label or subsystem"},
		{72 + 10, 'x', "checksum algorithm"},
		{264, 1, "padding"},
		{447, 1, "padding"},
		{512, 1, "padding"},
		{4095, 1, "padding"},
		{COPY - 1, 'x', "metadata does not end with NUL"},
	};
	struct image img;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_luks2_header_ struct luks2_header h = {0};
		struct err e = {0};

		load(&img, VECTORS "plain.bin");
		img.bytes[rows[i].at] = rows[i].value;
		refresh(img.bytes, COPY);
		assert_int_equal(parse(&h, &img, &e), 0);
		assert_int_equal(h.copy[0], LUKS2_COPY_BAD);
		if (!strstr(h.copy_reason[0], rows[i].says))
			fail_msg("row %zu: says '%s'", i, h.copy_reason[0]);
	}
	{
		_cleanup_luks2_header_ struct luks2_header h = {0};
		struct err e = {0};

		load(&img, VECTORS "plain.bin");
		img.bytes[AT_CSUM + 40] = 1;	/* behind the checksum: not covered by it */
		assert_int_equal(parse(&h, &img, &e), 0);
		assert_int_equal(h.copy[0], LUKS2_COPY_BAD);
	}
	{
		_cleanup_luks2_header_ struct luks2_header h = {0};
		struct err e = {0};
		char *json;

		/* text up to the last byte, no NUL */
		load(&img, VECTORS "plain.bin");
		json = json_of(&img, 0);
		memset(json + strlen(json), ' ', COPY - LUKS2_BIN_HDR_SIZE - strlen(json));
		refresh(img.bytes, COPY);
		assert_int_equal(parse(&h, &img, &e), 0);
		assert_int_equal(h.copy[0], LUKS2_COPY_BAD);
	}
}

static void test_truncation(void **state)
{
	struct image img;
	struct err e = {0};

	(void)state;
	load(&img, VECTORS "plain.bin");
	for (size_t len = 0; len < sizeof(img.bytes); len += len < 4200 ? 61 : 4096) {
		_cleanup_luks2_header_ struct luks2_header h = {0};
		size_t first = len < COPY ? len : COPY;
		/* on the heap, so that a read beyond the end is seen */
		_cleanup_free_ uint8_t *a = malloc(first ? first : 1);
		_cleanup_free_ uint8_t *b = malloc(len - first ? len - first : 1);

		assert_non_null(a);
		assert_non_null(b);
		memcpy(a, img.bytes, first);
		memcpy(b, img.bytes + first, len - first);
		assert_int_equal(luks2_header_parse(&h, a, first, b, len - first, &e),
				 first == COPY ? 0 : -E_HEADER_MALFORMED);
	}
}

/* Every byte of the metadata replaced, with good checksums: no crash, and the result is whole. */
static void test_mutations(void **state)
{
	static const uint8_t values[] = {0, '0', '9', '"', '}', '[', ',', 0xff};
	struct image img, good;
	size_t len;

	(void)state;
	load(&good, VECTORS "plain.bin");
	len = strlen(json_of(&good, 0));
	for (size_t i = 0; i < len; i++) {
		_cleanup_luks2_header_ struct luks2_header h = {0};
		struct err e = {0};

		img = good;
		json_of(&img, 0)[i] = (char)values[i % sizeof(values)];
		refresh(img.bytes, COPY);
		if (luks2_header_parse(&h, img.bytes, COPY, NULL, 0, &e) == 0)
			(void)luks2_header_policy(&h, 0, DEVICE_SIZE, &e);
		else
			assert_int_equal(e.code, E_HEADER_MALFORMED);
	}
}

static void test_compose(void **state)
{
	struct image img, out;
	struct err e = {0};

	(void)state;
	for (int bad = 0; bad < 2; bad++) {
		_cleanup_luks2_header_ struct luks2_header h = {0}, again = {0};

		load(&img, VECTORS "plain.bin");
		img.bytes[bad * COPY + 4200] ^= 1;
		assert_int_equal(parse(&h, &img, &e), 0);
		assert_int_equal(luks2_header_compose(&h, out.bytes, &e), 0);
		assert_int_equal(parse(&again, &out, &e), 0);
		assert_int_equal(again.copy[0], LUKS2_COPY_GOOD);
		assert_int_equal(again.copy[1], LUKS2_COPY_GOOD);
		assert_string_equal(again.copy_reason[0], "");
		assert_string_equal(again.copy_reason[1], "");
		assert_int_equal(again.seqid, h.seqid);
		assert_memory_equal(out.bytes + !bad * COPY, img.bytes + !bad * COPY, COPY);
		assert_memory_equal(out.bytes + bad * COPY + 4096, img.bytes + !bad * COPY + 4096,
				    COPY - 4096);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_other_makes),
		cmocka_unit_test(test_header_size),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_foreign_is_left_alone),
		cmocka_unit_test(test_keyslot_bounds),
		cmocka_unit_test(test_reencrypt),
		cmocka_unit_test(test_two_tokens),
		cmocka_unit_test(test_one_good_copy),
		cmocka_unit_test(test_newest_copy_counts),
		cmocka_unit_test(test_no_good_copy),
		cmocka_unit_test(test_binary_fields),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_compose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
