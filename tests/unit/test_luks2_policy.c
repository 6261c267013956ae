/* SPDX-License-Identifier: MIT */
#include "luks2_image.h"

/* What a host can write under a good checksum, and what it gets for it. */
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
	{"\"keyslots_size\":\"16744448\"", "\"keyslots_size\":\"16744448\",\"flags\":[7]",
	 "config.flags: strings expected", E_HEADER_MALFORMED},
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
	{"\"digest\":\"", "\"digest\":\"AA==\",\"digest\":\"", "key 'digest' twice",
	 E_HEADER_MALFORMED},
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

static void test_segment_and_digest_bounds(void **state)
{
	_cleanup_luks2_header_ struct luks2_header h = {0};
	struct image img;
	struct err e = {0};

	(void)state;
	load(&img, VECTORS "plain.bin");
	assert_int_equal(parse(&h, &img, &e), 0);
	h.digest.salt_len = 15;
	assert_int_equal(luks2_header_policy(&h, 0, DEVICE_SIZE, &e), -E_HEADER_REFUSED);
	assert_string_equal(e.msg, "digest salt has 15 bytes, at least 16 are needed");
	h.digest.salt_len = 16;
	for (h.digest.digest_len = 0; h.digest.digest_len <= 64; h.digest.digest_len++)
		assert_int_equal(luks2_header_policy(&h, 0, DEVICE_SIZE, &e),
				 h.digest.digest_len >= 20 && h.digest.digest_len <= 32 ?
				 0 : -E_HEADER_REFUSED);
	h.digest.digest_len = 32;
	h.segment.type[0] = '\0';
	assert_int_equal(luks2_header_policy(&h, 0, DEVICE_SIZE, &e), -E_HEADER_REFUSED);
	assert_string_equal(e.msg, "data segment is not number 0");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_foreign_is_left_alone),
		cmocka_unit_test(test_keyslot_bounds),
		cmocka_unit_test(test_segment_and_digest_bounds),
		cmocka_unit_test(test_reencrypt),
		cmocka_unit_test(test_two_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
