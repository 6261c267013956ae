/* SPDX-License-Identifier: MIT */
/* Files that upstream's tool wrote, and damaged ones. */
#include "vmgs_sample.h"

#include "codec.h"
#include "crypto.h"
#include "vmgs_nvram.h"
#include "vmgs_verify.h"

static void check_contents(const struct folder *f, char *line)
{
	const char *name = strsep(&line, "\t"), *key = strsep(&line, "\t");
	const char *id_text = strsep(&line, "\t"), *size = strsep(&line, "\t");
	const char *encrypted = strsep(&line, "\t");
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT, locked = VMGS_STORE_INIT;
	_cleanup_buf_ struct buf data = BUF_INIT(0);
	uint8_t digest[SHA256_SIZE], wanted[SHA256_SIZE];
	struct err e = {0};
	uint64_t number;
	int id = vmgs_file_id(id_text);

	sample_file(f, name);
	assert_int_equal(open_store(f, &s, false, key[0] == '-' ? NULL : key, &e), 0);
	assert_int_equal(open_store(f, &locked, false, NULL, &e), 0);
	assert_true(decimal_u64(size, UINT32_MAX, &number));
	assert_int_equal(s.entry[id].bytes, number);
	assert_int_equal(vmgs_store_encrypted(&s, id), encrypted[0] == '1');
	assert_int_equal(vmgs_store_encrypted(&locked, id), encrypted[0] == '1');
	assert_int_equal(vmgs_store_read(&s, id, &data, &e), 0);
	assert_int_equal(data.len, number);
	assert_int_equal(crypto_sha256(data.data, data.len, digest, NULL), 0);
	assert_true(hex_decode(wanted, sizeof(wanted), line));
	assert_memory_equal(digest, wanted, sizeof(digest));
	assert_int_equal(vmgs_store_read(&locked, id, &data, &e),
			 encrypted[0] == '1' ? -E_VMGS_LOCKED : 0);
}

static void test_good(void **state)
{
	_cleanup_buf_ struct buf table = BUF_INIT(0);
	char *rest, *line;
	int n = 0;

	assert_int_equal(file_read(SAMPLES "contents.tsv", 65536, &table, NULL), 0);
	rest = (char *)table.data;
	for (line = strsep(&rest, "\n"); rest && line[0]; line = strsep(&rest, "\n"), n++)
		check_contents(*state, line);
	assert_true(n >= 20);
}

static void test_states(void **state)
{
	static const struct {
		const char *name;
		bool sealed;
		int active, slots;
	} cases[] = {
		{"01-plain-empty", false, 0, 0}, {"04-min-16k", false, 0, 0},
		{"10-enc-empty", true, 1, 1}, {"13-rekeyed", true, 0, 2}, {"15-two-keys", true, 0, 3},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
		struct vmgs_slot *slot;

		sample_file(*state, cases[i].name);
		assert_int_equal(open_store(*state, &s, false, NULL, NULL), 0);
		slot = s.header[s.active].slot;
		assert_int_equal(vmgs_store_sealed(&s), cases[i].sealed);
		assert_int_equal((vmgs_slot_empty(&slot[0]) ? 0 : 1) + (vmgs_slot_empty(&slot[1]) ? 0 : 2),
				 cases[i].slots);
		assert_int_equal(s.container, VMGS_VHD);
	}
}

/* Refused, each for its own reason. */
static void test_bad(void **state)
{
	static const struct {
		const char *name, *reason;
		int code;
	} cases[] = {
		{"zero-size", "zero size", E_VMGS_EMPTY},
		{"all-zero-with-footer", "both headers are zero", E_VMGS_EMPTY},
		{"footer-bad-checksum", "invalid VHD footer checksum", E_VMGS_CONTAINER},
		{"v1-gpt", "version 1", E_VMGS_VERSION_1},
		{"seq-gap-2", "sequence numbers: 8 and 6", E_VMGS_HEADER},
		{"version-3-1", "the first: invalid header version", E_VMGS_HEADER},
		{"ft-offset-1", "the first: invalid file table offset", E_VMGS_HEADER},
		{"enc-alg-2", "the first: invalid encryption algorithm", E_VMGS_HEADER},
		{"entry-offset-1", "BIOS_NVRAM begins at block 1", E_VMGS_TABLE},
		{"entry-end-beyond", "invalid file allocation", E_VMGS_TABLE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
		struct err e = {0};

		sample_file(*state, cases[i].name);
		assert_int_equal(open_store(*state, &s, false, NULL, &e), -cases[i].code);
		if (!strstr(e.msg, cases[i].reason))
			fail_msg("%s: '%s' and not '%s'", cases[i].name, e.msg, cases[i].reason);
	}
}

static void test_bad_encrypted(void **state)
{
	_cleanup_buf_ struct buf data = BUF_INIT(0);
	struct vmgs_store s = VMGS_STORE_INIT;
	struct err e = {0};

	sample_file(*state, "enc-ext-table-flip");
	assert_int_equal(open_store(*state, &s, false, NULL, &e), 0);
	vmgs_store_close(&s);
	assert_int_equal(open_store(*state, &s, false, "key-inc.bin", &e), -E_VMGS_TABLE);
	vmgs_store_close(&s);
	sample_file(*state, "enc-slot-flip");
	assert_int_equal(open_store(*state, &s, false, "key-inc.bin", &e), -E_VMGS_KEY);
	vmgs_store_close(&s);
	sample_file(*state, "enc-data-zero");
	assert_int_equal(open_store(*state, &s, true, "key-inc.bin", &e), 0);
	assert_int_equal(vmgs_store_read(&s, 1, &data, &e), -E_VMGS_DATA);
	assert_non_null(strstr(e.msg, "all zeros"));
	assert_int_equal(vmgs_store_write(&s, 40, "x", 1, true, &e), 0);
	assert_int_equal(vmgs_store_read(&s, 2, &data, &e), 0);
	vmgs_store_close(&s);
	sample_file(*state, "11-enc-multi");
	assert_int_equal(open_store(*state, &s, false, "key-wrong.bin", &e), -E_VMGS_KEY);
	vmgs_store_close(&s);
	sample_file(*state, "01-plain-empty");
	assert_int_equal(open_store(*state, &s, false, "key-inc.bin", &e), -E_VMGS_PLAIN);
	vmgs_store_close(&s);
}

/* Odd, and fine: what is there is read, and a change goes through. */
static void test_accepted(void **state)
{
	static const char *const names[] = {"crc-active-bad", "seq-wrap-ok", "reprovisioned-marker",
					    "entry-overlap"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
		_cleanup_buf_ struct buf data = BUF_INIT(0);
		struct err e = {0};
		bool overlap = strcmp(names[i], "entry-overlap") == 0;

		sample_file(*state, names[i]);
		assert_int_equal(open_store(*state, &s, true, NULL, &e), 0);
		assert_int_equal(vmgs_store_read(&s, 1, &data, &e), 0);
		assert_int_equal(vmgs_store_write(&s, 40, "x", 1, false, &e),
				 overlap ? -E_VMGS_TABLE : 0);
		if (!overlap)
			assert_int_equal(s.header[s.active].markers, 0);
		if (strcmp(names[i], "seq-wrap-ok") == 0)
			assert_int_equal(s.header[s.active].sequence, 1);
	}
}

static const struct vmgs_finding *find(const struct vmgs_findings *f, const char *code)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->item[i].code, code) == 0)
			return &f->item[i];
	return NULL;
}

static void test_verify(void **state)
{
	static const struct {
		const char *name, *key, *code;
		int verdict;
	} cases[] = {
		{"30-headwriter-enc", "key-inc.bin", "metadata-key-zero", E_VMGS_REFUSED},
		{"30-headwriter-enc", NULL, "metadata-key-zero", E_VMGS_REFUSED},
		{"31-legacywriter-enc", "key-inc.bin", "old-writer", 0},
		{"20-locked-plain-overwrite", "key-01.bin", "stale-entry", 0},
		{"15-two-keys", "two-a.bin", "two-keys", 0},
		{"15-two-keys", "two-b.bin", "two-keys", 0},
		{"11-enc-multi", NULL, "locked", 0},
		{"entry-overlap", NULL, "overlap", E_VMGS_TABLE},
		{"crc-active-bad", NULL, "header-damaged", 0},
		{"reprovisioned-marker", NULL, "reprovisioned", 0},
		{"enc-data-zero", "key-inc.bin", "file-corrupt", E_VMGS_DATA},
		{"40-cvm-2blob", "kp-dek.bin", NULL, 0},
		{"50-nvram", NULL, NULL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
		_cleanup_free_ struct vmgs_findings *f = calloc(1, sizeof(*f));
		struct err e = {0};

		sample_file(*state, cases[i].name);
		assert_int_equal(open_store(*state, &s, false, cases[i].key, &e), 0);
		vmgs_verify_structure(&s, f);
		vmgs_verify_contents(&s, f);
		if (cases[i].code)
			assert_non_null(find(f, cases[i].code));
		else
			assert_int_equal(f->count, 0);
		assert_int_equal(vmgs_findings_verdict(f), cases[i].verdict);
	}
}

/* The variables of the sample, as upstream's tool lists them but for the order. */
static void test_nvram(void **state)
{
	static const char *const names[] = {"Zebra", "Boot0000", "Boot0001", "BootOrder", "Lang", "PK",
					    "db", "dbx"};
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_buf_ struct buf data = BUF_INIT(0);
	char guid[NVRAM_GUID_TEXT], time[NVRAM_TIME_TEXT];
	unsigned seen = 0;
	struct cursor c;

	sample_file(*state, "50-nvram");
	assert_int_equal(open_store(*state, &s, false, NULL, NULL), 0);
	assert_int_equal(vmgs_store_read(&s, 1, &data, NULL), 0);
	for (c = CURSOR(data.data, data.len); c.left > 0;) {
		_cleanup_buf_ struct buf name = BUF_INIT(256);
		struct nvram_variable v;
		size_t n = 0;

		assert_int_equal(nvram_next(&c, &v, NULL), 0);
		nvram_name(&v, &name);
		buf_put_u8(&name, 0);
		while (n < ARRAY_SIZE(names) && strcmp((const char *)name.data, names[n]) != 0)
			n++;
		assert_true(n < ARRAY_SIZE(names));
		seen |= 1u << n;
		nvram_guid(v.vendor, guid);
		nvram_time(v.time, time);
		if (strcmp(names[n], "PK") == 0) {
			assert_int_equal(v.attributes, 0x27);
			assert_int_equal(v.data_bytes, 0xf4);
			assert_string_equal(guid, "8be4df61-93ca-11d2-aa0d-00e098032b8c");
			assert_string_equal(time, "2022-02-17T04:54:13Z");
		}
	}
	assert_int_equal(seen, (1u << ARRAY_SIZE(names)) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_bad_encrypted),
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_nvram),
	};

	return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
