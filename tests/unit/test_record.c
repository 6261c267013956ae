/* SPDX-License-Identifier: MIT */
#include "codec.h"
#include "kdf.h"
#include "record.h"

#include "luks2_image.h"

#define RECORDS "tests/vectors/record/"

static void read_text(struct buf *b, const char *name)
{
	char path[128];
	struct err e = {0};

	(void)snprintf(path, sizeof(path), RECORDS "%s", name);
	if (file_read(path, 65536, b, &e) < 0)
		fail_msg("%s", e.msg);
}

static void load_record(struct record *r, const char *name)
{
	_cleanup_buf_ struct buf b = BUF_INIT(0);
	struct err e = {0};

	read_text(&b, name);
	if (record_parse(r, (char *)b.data, b.len, &e) < 0)
		fail_msg("%s: %s", name, e.msg);
}

static void assert_formats_to(const struct record *r, const char *name)
{
	_cleanup_buf_ struct buf expected = BUF_INIT(0), text = BUF_INIT(0);
	struct err e = {0};

	read_text(&expected, name);
	if (record_format(r, &text, &e) < 0)
		fail_msg("%s: %s", name, e.msg);
	assert_int_equal(text.len, strlen((char *)text.data));
	assert_string_equal((char *)text.data, (char *)expected.data);
}

static void test_known_records(void **state)
{
	static const char *const names[] = {"root.json", "data.json", "unsealed.json",
					    "largest.json"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct record r;

		load_record(&r, names[i]);
		assert_formats_to(&r, names[i]);
	}
}

static void test_members(void **state)
{
	const struct way *w;
	struct record r;

	(void)state;
	load_record(&r, "root.json");
	assert_int_equal(r.keyslot, 0);
	assert_int_equal(r.version, 1);
	assert_int_equal(r.min_version, 1);
	assert_int_equal(r.id[0], 0xa0);
	assert_int_equal(r.id[15], 0xaf);
	assert_int_equal(r.generation, 1);
	assert_string_equal(r.cipher, "aes-xts-plain64");
	assert_int_equal(r.key_size, 64);
	assert_int_equal(r.sector_size, 512);
	assert_int_equal(r.offset, 16777216);
	assert_int_equal(r.volume_key_len, 72);
	assert_int_equal(r.way_count, 2);
	w = record_way(&r, WAY_TPM2);
	assert_int_equal(w->tpm2.srk_handle, 0x81000001);
	assert_int_equal(w->tpm2.counter_index, 0x01c56d63);
	assert_int_equal(w->tpm2.pcr_mask, 0xb890);
	assert_int_equal(w->tpm2.srk_name[1], 0x0b);
	assert_int_equal(w->tpm2.public_len, 80);
	assert_int_equal(w->tpm2.private_len, 158);
	w = record_way(&r, WAY_RECOVERY);
	assert_int_equal(w->recovery.keyslot, 1);
	assert_null(record_way(&r, WAY_PARENT));
	assert_int_equal(r.approval_count, 2);
	assert_int_equal(r.approvals[0].number, 7);
	assert_true(r.approvals[0].proven && !r.approvals[0].unexplained);
	assert_true(!r.approvals[1].proven && r.approvals[1].unexplained);

	load_record(&r, "unsealed.json");
	w = record_way(&r, WAY_TPM2);
	assert_int_equal(w->tpm2.public_len, 0);
	assert_int_equal(w->tpm2.private_len, 0);
	assert_int_equal(record_way(&r, WAY_RECOVERY)->recovery.keyslot, -1);

	load_record(&r, "largest.json");
	assert_int_equal(r.generation, UINT64_MAX);
	assert_int_equal(r.approvals[3].number, UINT64_MAX - 3);
	assert_int_equal(strlen(r.cipher), LUKS2_CIPHER_MAX - 1);
}

/* Everything at its longest still fits, with both keyslot numbers of two digits. */
static void test_largest(void **state)
{
	_cleanup_buf_ struct buf text = BUF_INIT(0), none = BUF_INIT(0);
	struct err e = {0};
	struct record r;

	(void)state;
	load_record(&r, "largest.json");
	r.keyslot = 30;
	if (record_format(&r, &text, &e) < 0)
		fail_msg("%s", e.msg);
	assert_true(text.len <= RECORD_TEXT_MAX);
	r.ways[r.way_count++].type = WAY_PARENT;
	assert_int_equal(record_format(&r, &none, &e), -E_NO_SPACE);
	assert_int_equal(none.len, 0);
}

/* The header of the vectors, as the boot reads it. */
static void load_header(struct luks2_header *h, const struct image *img)
{
	struct err e = {0};

	if (luks2_header_parse(h, img->bytes, COPY, img->bytes + COPY, COPY, &e) < 0)
		fail_msg("%s", e.msg);
}

static void mac_of(const struct record *r, const struct luks2_header *h, uint8_t mac[SHA256_SIZE])
{
	_cleanup_buf_ struct buf input = BUF_INIT(65536);
	struct err e = {0};

	if (record_mac_input(r, h, &input, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(crypto_sha256(input.data, input.len, mac, &e), 0);
}

static void test_mac_input(void **state)
{
	static const char *const names[] = {"root", "data", "unsealed", "largest"};
	struct image img;

	(void)state;
	load(&img, VECTORS "plain.bin");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_luks2_header_ struct luks2_header h = {0};
		_cleanup_buf_ struct buf expected = BUF_INIT(0), input = BUF_INIT(65536);
		struct err e = {0};
		struct record r;
		char name[64];

		load_header(&h, &img);
		(void)snprintf(name, sizeof(name), "%s.json", names[i]);
		load_record(&r, name);
		(void)snprintf(name, sizeof(name), "%s.mac-input", names[i]);
		read_text(&expected, name);
		if (record_mac_input(&r, &h, &input, &e) < 0)
			fail_msg("%s", e.msg);
		{
			char hex[HEX_SIZE(4096)];

			assert_true(input.len <= 4096);
			hex_encode(hex, input.data, input.len);
			assert_string_equal(hex, (char *)expected.data);
		}
	}
}

/* The whole chain: S and id to the key, the key to the MAC that the vector's record carries. */
static void test_mac(void **state)
{
	_cleanup_luks2_header_ struct luks2_header h = {0};
	_cleanup_buf_ struct buf input = BUF_INIT(65536);
	_cleanup_secret_ struct secret s = SECRET_INIT, key = SECRET_INIT;
	uint8_t mac[SHA256_SIZE];
	struct err e = {0};
	struct record r;
	struct image img;

	(void)state;
	load(&img, VECTORS "plain.bin");
	load_header(&h, &img);
	load_record(&r, "root.json");
	assert_int_equal(secret_alloc(&s, 32, &e), 0);
	for (size_t i = 0; i < 32; i++)
		s.bytes[i] = (uint8_t)i;
	assert_int_equal(record_mac_input(&r, &h, &input, &e), 0);
	assert_int_equal(kdf_key(&s, r.id, KDF_HEADER_MAC, &key, &e), 0);
	assert_int_equal(crypto_hmac_sha256(&key, input.data, input.len, mac, &e), 0);
	assert_memory_equal(mac, r.mac, sizeof(mac));
}

/* What stock tools may change without the MAC noticing, and what not. */
static void test_mac_covers_header(void **state)
{
	static const struct {
		const char *old, *new;
		bool covered;
	} edits[] = {
		{"\"offset\":\"16777216\"", "\"offset\":\"16777728\"", true},
		{"\"size\":\"dynamic\"", "\"size\":\"1048576\"", true},
		{"\"iv_tweak\":\"0\"", "\"iv_tweak\":\"8\"", true},
		{"\"iv_tweak\":\"0\",\"encryption\":\"aes-xts-plain64\"",
		 "\"iv_tweak\":\"0\",\"encryption\":\"aes-cbc-plain64\"", true},
		{"\"sector_size\":512", "\"sector_size\":4096", true},
		{"\"stripes\":4000", "\"stripes\":2000", true},
		{"\"hash\":\"sha256\"},\"area\"", "\"hash\":\"sha512\"},\"area\"", true},
		{"\"offset\":\"32768\"", "\"offset\":\"16519168\"", true},
		{"\"encryption\":\"aes-xts-plain64\",\"key_size\":64},\"kdf\":{\"type\":\"pbkdf2\"",
		 "\"encryption\":\"aes-cbc-essiv:sha256\",\"key_size\":32},\"kdf\":{\"type\":"
		 "\"pbkdf2\"",
		 true},
		{"\"iterations\":1000,\"salt\":\"Cdiw", "\"iterations\":1001,\"salt\":\"Cdiw",
		 true},
		{"\"salt\":\"Cdiw", "\"salt\":\"Ddiw", true},
		{"\"iterations\":1000,\"salt\":\"GrU3", "\"iterations\":1001,\"salt\":\"GrU3",
		 true},
		{"\"salt\":\"GrU3", "\"salt\":\"HrU3", true},
		{"\"digest\":\"e0C9", "\"digest\":\"f0C9", true},
		/* foreign keyslots and tokens, and what names no data */
		{"\"time\":4", "\"time\":5", false},
		{"\"salt\":\"MGSN", "\"salt\":\"NGSN", false},
		{"\"keyslots\":[\"0\",\"1\"]", "\"keyslots\":[\"0\"]", false},
		{"\"list\":[1,2.5", "\"list\":[2,2.5", false},
	};
	_cleanup_luks2_header_ struct luks2_header original = {0};
	uint8_t mac[SHA256_SIZE], other[SHA256_SIZE];
	struct image img;
	struct record r;

	(void)state;
	load_record(&r, "root.json");
	load(&img, VECTORS "plain.bin");
	load_header(&original, &img);
	mac_of(&r, &original, mac);
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		_cleanup_luks2_header_ struct luks2_header h = {0};

		load(&img, VECTORS "plain.bin");
		edit(&img, edits[i].old, edits[i].new);
		load_header(&h, &img);
		mac_of(&r, &h, other);
		if ((memcmp(mac, other, sizeof(mac)) != 0) != edits[i].covered)
			fail_msg("%s -> %s: %s", edits[i].old, edits[i].new,
				 edits[i].covered ? "not covered" : "covered");
	}
	load(&img, VECTORS "plain.bin");
	img.bytes[AT_UUID] ^= 1;
	img.bytes[COPY + AT_UUID] ^= 1;
	refresh(img.bytes, COPY);
	refresh(img.bytes + COPY, COPY);
	luks2_header_done(&original);
	original = (struct luks2_header){0};
	load_header(&original, &img);
	mac_of(&r, &original, other);
	assert_memory_not_equal(mac, other, sizeof(mac));
}

static void test_mac_refuses(void **state)
{
	static const struct {
		const char *old, *new;
	} edits[] = {
		{"\"config\":{", "\"config\":{\"flags\":[\"allow-discards\"],"},
		{"\"config\":{", "\"config\":{\"requirements\":{\"mandatory\":[\"x\"]},"},
		{"\"sector_size\":512",
		 "\"sector_size\":512,\"integrity\":{\"type\":\"hmac(sha256)\","
		 "\"journal_encryption\":\"none\",\"journal_integrity\":\"none\"}"},
		{"\"type\":\"crypt\"", "\"type\":\"linear\""},
		{"\"sector_size\":512", "\"sector_size\":512,\"flags\":[\"backup-final\"]"},
		{"\"keyslots\":[\"0\",\"1\"]", "\"keyslots\":[\"1\"]"},
		{"\"keyslots\":[\"2\"],\"segments\":[]",
		 "\"keyslots\":[\"2\"],\"segments\":[\"0\"]"},
	};
	struct record r;

	(void)state;
	load_record(&r, "root.json");
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		_cleanup_luks2_header_ struct luks2_header h = {0};
		_cleanup_buf_ struct buf input = BUF_INIT(65536);
		struct err e = {0};
		struct image img;

		load(&img, VECTORS "plain.bin");
		edit(&img, edits[i].old, edits[i].new);
		/* what is refused earlier needs no refusal here */
		if (luks2_header_parse(&h, img.bytes, COPY, img.bytes + COPY, COPY, &e) < 0)
			continue;
		if (record_mac_input(&r, &h, &input, &e) != -E_HEADER_REFUSED)
			fail_msg("%s: %d %s", edits[i].new, e.code, e.msg);
	}
}

/* The way of an image that was never booted: reads back, and every byte of it is under the MAC. */
static void test_guest_key_way(void **state)
{
	_cleanup_luks2_header_ struct luks2_header h = {0};
	uint8_t mac[SHA256_SIZE], other[SHA256_SIZE];
	struct record r, back;
	struct way_guest_key *w;
	struct image img;

	(void)state;
	load(&img, VECTORS "plain.bin");
	load_header(&h, &img);
	load_record(&r, "root.json");
	r.approval_count = 1;
	w = &r.ways[r.way_count].guest_key;
	*w = (struct way_guest_key){.wrapped_len = 256};
	r.ways[r.way_count++].type = WAY_GUEST_KEY;
	for (size_t i = 0; i < w->wrapped_len; i++)
		w->wrapped[i] = (uint8_t)(i * 7);
	mac_of(&r, &h, mac);
	for (size_t i = 0; i < sizeof(w->key) + w->wrapped_len; i++) {
		uint8_t *byte = i < sizeof(w->key) ? &w->key[i] : &w->wrapped[i - sizeof(w->key)];

		*byte ^= 1;
		mac_of(&r, &h, other);
		assert_memory_not_equal(mac, other, sizeof(mac));
		*byte ^= 1;
	}
	for (size_t len = 255; len <= 384; len += len < 257 ? 1 : 127) {
		_cleanup_buf_ struct buf text = BUF_INIT(RECORD_TEXT_MAX);
		struct err e = {0};

		w->wrapped_len = len;
		if (len == 256 || len == 384) {
			assert_int_equal(record_format(&r, &text, &e), 0);
			assert_int_equal(record_parse(&back, (char *)text.data, text.len, &e), 0);
			assert_memory_equal(record_way(&back, WAY_GUEST_KEY)->guest_key.wrapped,
					    w->wrapped, len);
		} else {
			assert_int_equal(record_format(&r, &text, &e), -E_INTERNAL);
		}
	}
}

/* Every byte of the record that means something is in the string; approvals and MAC are not. */
static void test_mac_covers_record(void **state)
{
	_cleanup_luks2_header_ struct luks2_header h = {0};
	uint8_t mac[SHA256_SIZE], other[SHA256_SIZE];
	struct record r, changed;
	struct image img;
	struct way_tpm2 *t = &changed.ways[0].tpm2;
	struct {
		void *at;
		size_t size;
	} covered[] =
		{
			{&changed.min_version, 4},
			{changed.id, 16},
			{&changed.generation, 8},
			{changed.cipher, 15},
			{&changed.key_size, 4},
			{&changed.sector_size, 4},
			{&changed.offset, 8},
			{changed.volume_key, 72},
			{&t->srk_handle, 4},
			{t->srk_name, 34},
			{t->approver_x, 32},
			{t->approver_y, 32},
			{&t->counter_index, 4},
			{&t->pcr_mask, 4},
			{t->public_area, 80},
			{t->private_area, 158},
			{&changed.ways[1].recovery.keyslot, 4},
			{changed.ways[1].recovery.wrapped, 40},
			{&changed.version, 4},
		},
	  free_to_change[] = {
		  {changed.mac, 32},
		  {changed.approvals, sizeof(changed.approvals)},
		  {&changed.approval_count, 1},
	  };

	(void)state;
	load(&img, VECTORS "plain.bin");
	load_header(&h, &img);
	load_record(&r, "root.json");
	mac_of(&r, &h, mac);
	for (size_t i = 0; i < ARRAY_SIZE(covered); i++) {
		for (size_t k = 0; k < covered[i].size; k++) {
			changed = r;
			((uint8_t *)covered[i].at)[k] ^= 1;
			mac_of(&changed, &h, other);
			assert_memory_not_equal(mac, other, sizeof(mac));
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(free_to_change); i++) {
		changed = r;
		((uint8_t *)free_to_change[i].at)[0] ^= 1;
		mac_of(&changed, &h, other);
		assert_memory_equal(mac, other, sizeof(mac));
	}
	changed = r;
	changed.way_count = 1;
	mac_of(&changed, &h, other);
	assert_memory_not_equal(mac, other, sizeof(mac));
	changed = r;
	changed.ways[0] = r.ways[1];
	changed.ways[1] = r.ways[0];
	mac_of(&changed, &h, other);
	assert_memory_not_equal(mac, other, sizeof(mac));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_records), cmocka_unit_test(test_members),
		cmocka_unit_test(test_largest),	      cmocka_unit_test(test_mac_input),
		cmocka_unit_test(test_mac),	      cmocka_unit_test(test_mac_covers_header),
		cmocka_unit_test(test_mac_refuses),   cmocka_unit_test(test_guest_key_way),
		cmocka_unit_test(test_mac_covers_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
