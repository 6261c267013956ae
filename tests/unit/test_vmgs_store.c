/* SPDX-License-Identifier: MIT */
/* Writing: byte for byte as upstream's tool, every operation, and what goes wrong in other writers. */
#include "vmgs_sample.h"

#include "vmgs_verify.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

static int count_up(void *context, void *out, size_t len, struct err *reterr _unused_)
{
	uint8_t *next = context, *p = out;

	while (len-- > 0)
		*p++ = (*next)++;
	return 0;
}

static void create(const struct folder *f, const char *key, uint8_t *stream, uint64_t bytes)
{
	struct vmgs_random random = stream ? (struct vmgs_random){count_up, stream}
					   : vmgs_random_default();
	struct vmgs_create how = {.disk_bytes = bytes, .random = &random, .replace = true};
	_cleanup_secret_ struct secret root = SECRET_INIT;

	if (key)
		sample_key(key, &root);
	assert_int_equal(vmgs_store_create(f->path, &how, key ? &root : NULL, NULL), 0);
}

/* As one process of the other tool, whose random stream begins anew. */
static void write_once(const struct folder *f, const char *key, int id, const void *data, size_t len)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	uint8_t stream = 1;

	assert_int_equal(open_store(f, &s, true, key, NULL), 0);
	s.random = (struct vmgs_random){count_up, &stream};
	assert_int_equal(vmgs_store_write(&s, id, data, len, key != NULL, NULL), 0);
}

static void equals_sample(const struct folder *f, const char *name)
{
	_cleanup_buf_ struct buf ours = BUF_INIT(0), theirs = BUF_INIT(0);

	assert_int_equal(file_read(f->path, 8 << 20, &ours, NULL), 0);
	sample_bytes(name, &theirs);
	assert_int_equal(ours.len, theirs.len);
	for (size_t i = 0; i < ours.len; i++)
		if (ours.data[i] != theirs.data[i])
			fail_msg("%s: byte %zu is %02x, not %02x", name, i, ours.data[i], theirs.data[i]);
}

static void test_deterministic(void **state)
{
	uint8_t stream = 1;

	create(*state, "key-inc.bin", &stream, 0x400000);
	equals_sample(*state, "d2-enc-create");
	write_once(*state, "key-inc.bin", 1, "hello world", 11);
	equals_sample(*state, "d3-enc-write");
}

/* The contents of the files are taken from the sample itself, then written as they were. */
static void test_deterministic_plain(void **state)
{
	struct folder *f = *state;
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_buf_ struct buf one = BUF_INIT(0), two = BUF_INIT(0);
	uint8_t stream = 1;

	sample_file(f, "d1-plain");
	assert_int_equal(open_store(f, &s, false, NULL, NULL), 0);
	assert_int_equal(vmgs_store_read(&s, 1, &one, NULL), 0);
	assert_int_equal(vmgs_store_read(&s, 2, &two, NULL), 0);
	vmgs_store_close(&s);
	create(f, NULL, &stream, 0x400000);
	write_once(f, NULL, 1, "hello world", 11);
	write_once(f, NULL, 2, two.data, two.len);
	write_once(f, NULL, 1, one.data, one.len);
	equals_sample(f, "d1-plain");
}

static void reads(const struct vmgs_store *s, int id, const void *data, size_t len)
{
	_cleanup_buf_ struct buf got = BUF_INIT(0);
	struct err e = {0};

	if (vmgs_store_read(s, id, &got, &e) < 0)
		fail_msg("file %d: %s", id, e.msg);
	assert_int_equal(got.len, len);
	if (len > 0)
		assert_memory_equal(got.data, data, len);
}

/* Upstream's open_existing_file: blocks, header index and sequence after each write. */
static void test_places(void **state)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;

	create(*state, NULL, NULL, 0x400000);
	assert_int_equal(open_store(*state, &s, true, NULL, NULL), 0);
	assert_int_equal(s.active, 0);
	assert_int_equal(s.header[0].sequence, 1);
	assert_int_equal(vmgs_store_write(&s, 1, "hello world", 11, false, NULL), 0);
	assert_int_equal(s.active, 1);
	assert_int_equal(s.entry[0].offset, 4);
	assert_int_equal(s.entry[1].offset, 5);
	assert_int_equal(vmgs_store_write(&s, 2, "short sentence", 14, false, NULL), 0);
	assert_int_equal(s.entry[0].offset, 2);
	assert_int_equal(s.entry[2].offset, 6);
	assert_int_equal(vmgs_store_write(&s, 1, "funny joke", 10, false, NULL), 0);
	assert_int_equal(s.active, 1);
	assert_int_equal(s.header[1].sequence, 4);
	assert_int_equal(s.entry[0].offset, 4);
	assert_int_equal(s.entry[1].offset, 7);
	assert_int_equal(s.entry[2].offset, 6);
	reads(&s, 1, "funny joke", 10);
	reads(&s, 2, "short sentence", 14);
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = {0, 1, 511, 512, 513, 4095, 4096, 4097, 16385, 65537};
	const char *keys[] = {NULL, "key-inc.bin"};
	uint8_t data[65537];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		struct vmgs_store s = VMGS_STORE_INIT;

		create(*state, keys[k], NULL, 0x400000);
		assert_int_equal(open_store(*state, &s, true, keys[k], NULL), 0);
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
			assert_int_equal(vmgs_store_write(&s, (int)i + 20, data, sizes[i], keys[k] != NULL,
							  NULL), 0);
		vmgs_store_close(&s);
		assert_int_equal(open_store(*state, &s, false, keys[k], NULL), 0);
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
			reads(&s, (int)i + 20, data, sizes[i]);
		vmgs_store_close(&s);
	}
}

static void test_move_delete(void **state)
{
	const char *keys[] = {NULL, "key-inc.bin"};

	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		struct vmgs_store s = VMGS_STORE_INIT;
		_cleanup_buf_ struct buf data = BUF_INIT(0);

		create(*state, keys[k], NULL, 0x400000);
		assert_int_equal(open_store(*state, &s, true, keys[k], NULL), 0);
		assert_int_equal(vmgs_store_write(&s, 3, "three", 5, keys[k] != NULL, NULL), 0);
		assert_int_equal(vmgs_store_write(&s, 9, "nine", 4, keys[k] != NULL, NULL), 0);
		assert_int_equal(vmgs_store_move(&s, 3, 17, NULL), 0);
		assert_int_equal(vmgs_store_read(&s, 3, &data, NULL), -E_VMGS_FILE_ABSENT);
		vmgs_store_close(&s);
		assert_int_equal(open_store(*state, &s, true, keys[k], NULL), 0);
		reads(&s, 17, "three", 5);
		assert_int_equal(vmgs_store_move(&s, 17, 9, NULL), 0);
		reads(&s, 9, "three", 5);
		assert_int_equal(vmgs_store_delete(&s, 9, NULL), 0);
		assert_int_equal(vmgs_store_delete(&s, 9, NULL), -E_VMGS_FILE_ABSENT);
		assert_int_equal(vmgs_store_delete(&s, 63, NULL), -E_USAGE);
		assert_int_equal(vmgs_store_write(&s, 0, "x", 1, false, NULL), -E_USAGE);
		assert_int_equal(vmgs_store_write(&s, 64, "x", 1, false, NULL), -E_USAGE);
		vmgs_store_close(&s);
	}
}

/* Deleted without the key, then unlocked: the stale entry does no harm, and the next change drops it. */
static void test_stale(void **state)
{
	struct vmgs_store s = VMGS_STORE_INIT;

	create(*state, "key-inc.bin", NULL, 0x400000);
	assert_int_equal(open_store(*state, &s, true, "key-inc.bin", NULL), 0);
	assert_int_equal(vmgs_store_write(&s, 3, "three", 5, true, NULL), 0);
	assert_int_equal(vmgs_store_write(&s, 2, "two", 3, true, NULL), 0);
	vmgs_store_close(&s);
	assert_int_equal(open_store(*state, &s, true, NULL, NULL), 0);
	assert_int_equal(vmgs_store_move(&s, 3, 4, NULL), -E_VMGS_LOCKED);
	assert_int_equal(vmgs_store_write(&s, 5, "x", 1, true, NULL), -E_VMGS_LOCKED);
	assert_int_equal(vmgs_store_delete(&s, 3, NULL), 0);
	assert_int_equal(vmgs_store_write(&s, 3, "plain", 5, false, NULL), 0);
	vmgs_store_close(&s);
	assert_int_equal(open_store(*state, &s, true, "key-inc.bin", NULL), 0);
	assert_true(s.stale == UINT64_C(1) << 3);
	assert_false(vmgs_store_encrypted(&s, 3));
	reads(&s, 3, "plain", 5);
	reads(&s, 2, "two", 3);
	assert_int_equal(vmgs_store_refresh(&s, NULL), 0);
	vmgs_store_close(&s);
	assert_int_equal(open_store(*state, &s, false, "key-inc.bin", NULL), 0);
	assert_true(s.stale == 0);
	vmgs_store_close(&s);
}

/* Two keys, then a write with one of them: the other leads to an older metadata key. */
static void test_two_slots(void **state)
{
	struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_secret_ struct secret next = SECRET_INIT;
	struct err e = {0};

	sample_file(*state, "15-two-keys");
	assert_int_equal(open_store(*state, &s, true, "two-b.bin", NULL), 0);
	assert_int_equal(s.slot, 1);
	assert_int_equal(vmgs_store_write(&s, 3, "three", 5, true, NULL), 0);
	vmgs_store_close(&s);
	assert_int_equal(open_store(*state, &s, false, "two-a.bin", &e), -E_VMGS_KEY);
	assert_non_null(strstr(e.msg, "only to an older table"));
	vmgs_store_close(&s);
	/* a re-key with both slots full leaves one */
	assert_int_equal(open_store(*state, &s, true, "two-b.bin", NULL), 0);
	sample_key("key-02.bin", &next);
	assert_int_equal(vmgs_store_rekey(&s, &next, NULL), 0);
	assert_int_equal(s.slot, 0);
	assert_true(vmgs_slot_empty(&s.header[s.active].slot[1]));
	vmgs_store_close(&s);
	assert_int_equal(open_store(*state, &s, false, "two-b.bin", &e), -E_VMGS_KEY);
	vmgs_store_close(&s);
	assert_int_equal(open_store(*state, &s, false, "key-02.bin", &e), 0);
	reads(&s, 3, "three", 5);
	vmgs_store_close(&s);
}

static void test_encrypt_later(void **state)
{
	struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_secret_ struct secret root = SECRET_INIT, zero = SECRET_INIT;

	create(*state, NULL, NULL, 0x400000);
	assert_int_equal(open_store(*state, &s, true, NULL, NULL), 0);
	assert_int_equal(vmgs_store_write(&s, 1, "before", 6, false, NULL), 0);
	assert_int_equal(secret_alloc(&zero, VMGS_KEY_BYTES, NULL), 0);
	assert_int_equal(vmgs_store_encrypt(&s, &zero, NULL), -E_USAGE);
	sample_key("key-01.bin", &root);
	assert_int_equal(vmgs_store_encrypt(&s, &root, NULL), 0);
	assert_int_equal(vmgs_store_write(&s, 2, "after", 5, true, NULL), 0);
	vmgs_store_close(&s);
	assert_int_equal(open_store(*state, &s, true, NULL, NULL), 0);
	reads(&s, 1, "before", 6);
	assert_true(vmgs_store_encrypted(&s, 2));
	vmgs_store_close(&s);
	assert_int_equal(open_store(*state, &s, true, "key-01.bin", NULL), 0);
	assert_int_equal(vmgs_store_encrypt_files(&s, NULL), 0);
	assert_true(vmgs_store_encrypted(&s, 1));
	reads(&s, 1, "before", 6);
	reads(&s, 2, "after", 5);
	vmgs_store_close(&s);
	{
		_cleanup_buf_ struct buf whole = BUF_INIT(0);

		assert_int_equal(file_read(((struct folder *)*state)->path, 8 << 20, &whole, NULL), 0);
		assert_null(memmem(whole.data, whole.len, "before", 6));
	}
}

/* Zero-length encrypted files, as other writers leave them: the tag is checked, the rest is fine. */
static void test_empty_encrypted(void **state)
{
	struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_buf_ struct buf data = BUF_INIT(0);

	create(*state, "key-inc.bin", NULL, 0x400000);
	assert_int_equal(open_store(*state, &s, true, "key-inc.bin", NULL), 0);
	assert_int_equal(vmgs_store_write(&s, 3, "", 0, true, NULL), 0);
	assert_true(vmgs_store_encrypted(&s, 3));
	reads(&s, 3, "", 0);
	s.entry[3].tag[0] ^= 1;
	assert_int_equal(vmgs_store_read(&s, 3, &data, NULL), -E_VMGS_DATA);
	vmgs_store_close(&s);
}

static void verdict_is(const struct folder *f, const char *key, int verdict, size_t count)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_free_ struct vmgs_findings *found = calloc(1, sizeof(*found));

	assert_int_equal(open_store(f, &s, false, key, NULL), 0);
	vmgs_verify_structure(&s, found);
	vmgs_verify_contents(&s, found);
	assert_int_equal(vmgs_findings_verdict(found), verdict);
	if (verdict == 0)
		for (size_t i = 0; i < found->count; i++)
			assert_string_equal(found->item[i].code, "content-malformed");
	assert_true(found->count >= count);
}

/* Anyone reads the buggy writer's files. A new root key does not help, a rewrite does. */
static void test_zero_key_cured(void **state)
{
	struct folder *f = *state;
	struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_secret_ struct secret next = SECRET_INIT;
	_cleanup_buf_ struct buf one = BUF_INIT(0), three = BUF_INIT(0), whole = BUF_INIT(0);
	uint8_t old_key[VMGS_KEY_BYTES], old_data[64];

	sample_file(f, "30-headwriter-enc");
	assert_int_equal(open_store(f, &s, true, "key-inc.bin", NULL), 0);
	assert_int_equal(vmgs_store_read(&s, 1, &one, NULL), 0);
	assert_int_equal(vmgs_store_read(&s, 3, &three, NULL), 0);
	assert_int_equal(vmgs_store_read_blocks(&s, &s.entry[3], old_data, sizeof(old_data), NULL), 0);
	memcpy(old_key, s.extended.bytes + VMGS_EXTENDED_KEY(3), sizeof(old_key));
	sample_key("key-02.bin", &next);
	assert_int_equal(vmgs_store_rekey(&s, &next, NULL), 0);
	vmgs_store_close(&s);
	verdict_is(f, "key-02.bin", E_VMGS_REFUSED, 1);

	assert_int_equal(open_store(f, &s, true, "key-02.bin", NULL), 0);
	sample_key("key-01.bin", &next);
	assert_int_equal(vmgs_store_rewrite(&s, &next, NULL), 0);
	assert_memory_not_equal(old_key, s.extended.bytes + VMGS_EXTENDED_KEY(3), sizeof(old_key));
	vmgs_store_close(&s);
	verdict_is(f, "key-01.bin", 0, 0);
	/* nothing of the old ciphertext is left, and neither header knows an old key */
	assert_int_equal(file_read(f->path, 8 << 20, &whole, NULL), 0);
	assert_null(memmem(whole.data, whole.len, old_data, sizeof(old_data)));
	assert_int_equal(open_store(f, &s, true, "key-01.bin", NULL), 0);
	reads(&s, 1, one.data, one.len);
	reads(&s, 3, three.data, three.len);
	assert_memory_equal(s.header[0].slot[!s.slot].wrapped, s.header[1].slot[!s.slot].wrapped, 32);
	assert_true(vmgs_slot_empty(&s.header[0].slot[!s.slot]));
	assert_true(vmgs_slot_empty(&s.header[1].slot[!s.slot]));
	/* should the active header be lost, an older state comes, not an empty one */
	{
		struct vmgs_entry previous[VMGS_FILES];

		assert_true(vmgs_store_previous(&s, previous));
		assert_int_equal(previous[3].bytes, three.len);
		assert_false(vmgs_store_zero_key(&s, &previous[VMGS_ID_EXTENDED]));
	}
	vmgs_store_close(&s);
}

/* A file that was put where a secret was shares its last block with what is left of that. */
static void test_nothing_left(void **state)
{
	struct folder *f = *state;
	struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_secret_ struct secret root = SECRET_INIT;
	_cleanup_buf_ struct buf whole = BUF_INIT(0);
	uint8_t secret[8 * 4096];

	memset(secret, 'S', sizeof(secret));
	create(f, NULL, NULL, 16 * 4096);
	assert_int_equal(open_store(f, &s, true, NULL, NULL), 0);
	assert_int_equal(vmgs_store_write(&s, 3, secret, sizeof(secret), false, NULL), 0);
	assert_int_equal(vmgs_store_delete(&s, 3, NULL), 0);
	for (int id = 40; id < 46; id++)
		assert_int_equal(vmgs_store_write(&s, id, "x", id % 2, false, NULL), 0);
	sample_key("key-01.bin", &root);
	assert_int_equal(vmgs_store_encrypt(&s, &root, NULL), 0);
	assert_int_equal(vmgs_store_encrypt_files(&s, NULL), 0);
	for (int id = 40; id < 46; id++)
		reads(&s, id, "x", id % 2);
	vmgs_store_close(&s);
	assert_int_equal(file_read(f->path, 8 << 20, &whole, NULL), 0);
	assert_null(memmem(whole.data, whole.len, secret, 16));
}

/* Open to anyone, and damaged: the damage is the verdict. */
static void test_verdict_order(void **state)
{
	struct folder *f = *state;
	struct vmgs_store s = VMGS_STORE_INIT;
	const uint8_t zeros[16] = {0};

	sample_file(f, "30-headwriter-enc");
	assert_int_equal(open_store(f, &s, true, "key-inc.bin", NULL), 0);
	assert_int_equal(file_pwrite(s.fd, "it", zeros, sizeof(zeros),
				     (off_t)s.entry[3].offset * VMGS_BLOCK_BYTES, NULL), 0);
	vmgs_store_close(&s);
	verdict_is(f, "key-inc.bin", E_VMGS_DATA, 2);
}

static void test_no_space(void **state)
{
	struct vmgs_store s = VMGS_STORE_INIT;
	static uint8_t data[600 * 4096];

	create(*state, NULL, NULL, 6 * 4096);
	assert_int_equal(open_store(*state, &s, true, NULL, NULL), 0);
	assert_int_equal(vmgs_store_write(&s, 1, "x", 1, false, NULL), 0);
	assert_int_equal(vmgs_store_write(&s, 1, "y", 1, false, NULL), -E_VMGS_SPACE);
	reads(&s, 1, "x", 1);
	vmgs_store_close(&s);
	create(*state, NULL, NULL, 0x400000);
	assert_int_equal(open_store(*state, &s, true, NULL, NULL), 0);
	assert_int_equal(vmgs_store_write(&s, 1, data, sizeof(data), false, NULL), 0);
	assert_int_equal(vmgs_store_write(&s, 1, data, sizeof(data), false, NULL), -E_VMGS_SPACE);
	vmgs_store_close(&s);
}

/* A raw image of a disk with 4096-byte sectors has its second header at byte 4096. */
static void test_sector_size(void **state)
{
	struct folder *f = *state;
	const struct vmgs_random random = vmgs_random_default();
	struct vmgs_create how = {.disk_bytes = 0x400000, .random = &random, .replace = true,
				  .container = VMGS_RAW, .sector_bytes = 4096};
	_cleanup_secret_ struct secret root = SECRET_INIT;
	struct vmgs_store s = VMGS_STORE_INIT;

	sample_key("key-inc.bin", &root);
	assert_int_equal(vmgs_store_create(f->path, &how, &root, NULL), 0);
	/* found out, as both headers are there */
	assert_int_equal(open_store(f, &s, true, "key-inc.bin", NULL), 0);
	assert_int_equal(s.container, VMGS_RAW);
	assert_int_equal(s.sector_bytes, 4096);
	assert_int_equal(s.active, 1);
	assert_int_equal(vmgs_store_write(&s, 1, "one", 3, true, NULL), 0);
	vmgs_store_close(&s);
	/* with 512, the second header seems to be missing, and the first is the newer one now */
	assert_int_equal(vmgs_store_open(&s, f->path, false, 512, NULL), 0);
	assert_int_equal(s.state[1], VMGS_HEADER_BLANK);
	vmgs_store_close(&s);
	/* a torn one is still where it was: the next change must not go to byte 512 */
	assert_int_equal(vmgs_store_open(&s, f->path, true, 0, NULL), 0);
	assert_int_equal(file_pwrite(s.fd, "it", "torn", 4, 4096 + 60, NULL), 0);
	vmgs_store_close(&s);
	assert_int_equal(vmgs_store_open(&s, f->path, false, 0, NULL), 0);
	assert_int_equal(s.sector_bytes, 4096);
	assert_int_equal(s.state[1], VMGS_HEADER_CHECKSUM);
	vmgs_store_close(&s);
}

static void test_convert(void **state)
{
	struct folder *f = *state;
	struct vmgs_store s = VMGS_STORE_INIT;

	sample_file(f, "11-enc-multi");
	assert_int_equal(open_store(f, &s, true, NULL, NULL), 0);
	assert_int_equal(vmgs_store_convert(&s, VMGS_VHD, f->path, true, NULL), -E_VMGS_NOTHING);
	assert_int_equal(vmgs_store_convert(&s, VMGS_RAW, f->path, false, NULL), -E_VMGS_FILE_EXISTS);
	assert_int_equal(vmgs_store_convert(&s, VMGS_RAW, f->path, true, NULL), 0);
	vmgs_store_close(&s);
	assert_int_equal(open_store(f, &s, true, NULL, NULL), 0);
	assert_int_equal(s.container, VMGS_RAW);
	assert_int_equal(s.file_bytes, 0x400000);
	assert_int_equal(vmgs_store_convert(&s, VMGS_VHD, f->path, true, NULL), 0);
	vmgs_store_close(&s);
	assert_int_equal(open_store(f, &s, true, "key-inc.bin", NULL), 0);
	assert_int_equal(s.container, VMGS_VHD);
	assert_int_equal(s.entry[3].bytes, 32768);
	vmgs_store_close(&s);
}

static void test_lock(void **state)
{
	struct folder *f = *state;
	struct vmgs_store a = VMGS_STORE_INIT, b = VMGS_STORE_INIT;
	struct err e = {0};

	create(f, NULL, NULL, 0x400000);
	assert_int_equal(vmgs_store_open(&a, f->path, false, 0, &e), 0);
	assert_int_equal(vmgs_store_open(&b, f->path, false, 0, &e), 0);
	vmgs_store_close(&b);
	assert_int_equal(vmgs_store_open(&b, f->path, true, 0, &e), -E_VMGS_BUSY);
	vmgs_store_close(&b);
	vmgs_store_close(&a);
	assert_int_equal(vmgs_store_open(&a, f->path, true, 0, &e), 0);
	assert_int_equal(vmgs_store_open(&b, f->path, false, 0, &e), -E_VMGS_BUSY);
	vmgs_store_close(&b);
	vmgs_store_close(&a);
}

static void test_backup(void **state)
{
	struct folder *f = *state;
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_buf_ struct buf before = BUF_INIT(0), after = BUF_INIT(0);
	char path[160];

	sample_file(f, "10-enc-empty");
	assert_int_equal(file_read(f->path, 8 << 20, &before, NULL), 0);
	assert_int_equal(open_store(f, &s, true, "key-01.bin", NULL), 0);
	assert_int_equal(vmgs_store_backup(&s, NULL), 0);
	assert_int_equal(vmgs_store_write(&s, 1, "x", 1, true, NULL), 0);
	(void)snprintf(path, sizeof(path), "%s.bak", f->path);
	assert_int_equal(file_read(path, 8 << 20, &after, NULL), 0);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
}

/* A random source that gives zeros makes no keys. */
static int all_zero(void *context _unused_, void *out, size_t len, struct err *reterr _unused_)
{
	memset(out, 0, len);
	return 0;
}

static void test_no_zero_keys(void **state)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;

	create(*state, "key-inc.bin", NULL, 0x400000);
	assert_int_equal(open_store(*state, &s, true, "key-inc.bin", NULL), 0);
	s.random = (struct vmgs_random){.fill = all_zero};
	assert_int_equal(vmgs_store_write(&s, 1, "x", 1, true, NULL), -E_CRYPTO);
	assert_false(vmgs_store_zero_key(&s, &s.entry[VMGS_ID_EXTENDED]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deterministic),
		cmocka_unit_test(test_deterministic_plain),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_move_delete),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_two_slots),
		cmocka_unit_test(test_encrypt_later),
		cmocka_unit_test(test_empty_encrypted),
		cmocka_unit_test(test_zero_key_cured),
		cmocka_unit_test(test_nothing_left),
		cmocka_unit_test(test_verdict_order),
		cmocka_unit_test(test_no_space),
		cmocka_unit_test(test_sector_size),
		cmocka_unit_test(test_convert),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_backup),
		cmocka_unit_test(test_no_zero_keys),
	};

	return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
