/* SPDX-License-Identifier: MIT */
#include "codec.h"
#include "eventlog.h"
#include "eventlog_builder.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const char *const refused[] = {"tpm2tools-specid-vendordata.bin", "cel-cos.tlv",
				      "ccel-acpi-table.bin"};

/* Parses a copy that ends where the bytes end, so that the sanitizer sees a read behind them. */
static int parse_exact(const uint8_t *bytes, size_t len, struct err *err)
{
	_cleanup_free_ uint8_t *copy = malloc(len ? len : 1);
	_cleanup_eventlog_ struct eventlog log = {0};
	struct pcr_set set;
	int r;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	r = eventlog_parse(&log, copy, len, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < log.event_count; i++) {
		char text[EVENT_TEXT_SIZE], string[EVENT_TEXT_SIZE];

		event_describe(&log.event[i], text);
		event_string(&log.event[i], string);
		assert_true(strlen(text) < sizeof(text));
		for (const char *p = text; *p; p++)
			assert_in_range(*p, 0x20, 0x7e);
	}
	(void)eventlog_replay_sha256(&log, &set, NULL);
	return 0;
}

/* replay.tsv: file, bank, PCR, value. */
struct expected {
	char file[64], bank[16], value[2 * DIGEST_MAX + 1];
	unsigned pcr;
	bool used;
};

static size_t read_expected(struct expected *e, size_t max)
{
	FILE *f = fopen(VECTORS "replay.tsv", "re");
	size_t n = 0;

	assert_non_null(f);
	while (n < max &&
	       fscanf(f, "%63s %15s %u %128s", e[n].file, e[n].bank, &e[n].pcr, e[n].value) == 4)
		n++;
	(void)fclose(f);
	return n;
}

static void check_value(struct expected *all, size_t count, const char *file, uint16_t bank,
			unsigned pcr, const char *value)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(all[i].file, file) != 0 || strcmp(all[i].bank, hash_name(bank)) != 0 ||
		    all[i].pcr != pcr)
			continue;
		if (strcmp(all[i].value, value) != 0)
			fail_msg("%s: PCR %u (%s) is %s", file, pcr, hash_name(bank), value);
		all[i].used = true;
		return;
	}
	fail_msg("%s: PCR %u (%s) should not have been extended", file, pcr, hash_name(bank));
}

static void check_vector(struct expected *all, size_t count, const char *file)
{
	_cleanup_eventlog_ struct eventlog log = {0};
	_cleanup_buf_ struct buf bytes;
	struct err err = {0};

	read_vector(file, &bytes);
	if (eventlog_parse(&log, bytes.data, bytes.len, &err) < 0)
		fail_msg("%s: %s", file, err.msg);
	for (size_t b = 0; b < log.bank_count; b++) {
		struct eventlog_pcrs pcrs;

		assert_return_code(eventlog_replay(&log, b, &pcrs, &err), 0);
		for (unsigned n = 0; n < PCR_COUNT; n++) {
			char hex[HEX_SIZE(DIGEST_MAX)];

			hex_encode(hex, pcrs.value[n], hash_size(log.bank[b]));
			if (pcrs.mask & PCR_BIT(n))
				check_value(all, count, file, log.bank[b], n, hex);
		}
	}
	assert_int_equal(parse_exact(bytes.data, bytes.len, &err), 0);
}

static void recorded_logs_replay(void **state)
{
	static struct expected all[512];
	size_t count = read_expected(all, ARRAY_SIZE(all));

	(void)state;
	assert_true(count > 100);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(all[i].file, all[i - 1].file) != 0)
			check_vector(all, count, all[i].file);
	for (size_t i = 0; i < count; i++)
		if (!all[i].used)
			fail_msg("%s: PCR %u (%s) was not extended", all[i].file, all[i].pcr,
				 all[i].bank);
}

static void what_is_no_log_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		_cleanup_buf_ struct buf bytes;
		struct err err = {0};

		read_vector(refused[i], &bytes);
		assert_int_equal(parse_exact(bytes.data, bytes.len, &err), -E_EVENTLOG_MALFORMED);
	}
}

static void forms_are_told_apart(void **state)
{
	static const struct {
		const char *file;
		enum eventlog_form form;
		size_t events, banks;
		uint8_t locality;
	} cases[] = {
		{"gce-debian-10.bin", EVENTLOG_SHA1, 25, 1, 0},
		{"guard-sha1-bios27.bin", EVENTLOG_SHA1, 178, 1, 0},
		{"gce-01-eventlog.bin", EVENTLOG_CRYPTO_AGILE, 45, 3, 0},
		{"guard-x1carbon.bin", EVENTLOG_CRYPTO_AGILE, 53, 2, 3},
		{"tpm2tools-uefiaction.bin", EVENTLOG_CRYPTO_AGILE, 2, 4, 0},
		{"ccel-lunal-live.bin", EVENTLOG_CC, 21, 1, 0},
		{"ccel-coco-td-shim.bin", EVENTLOG_CC, 6, 1, 0},
		{"ccel-coco-alibaba-aael.bin", EVENTLOG_CC, 88, 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_eventlog_ struct eventlog log = {0};
		_cleanup_buf_ struct buf bytes;

		read_vector(cases[i].file, &bytes);
		assert_int_equal(eventlog_parse(&log, bytes.data, bytes.len, NULL), 0);
		assert_int_equal(log.form, cases[i].form);
		assert_int_equal(log.event_count, cases[i].events);
		assert_int_equal(log.bank_count, cases[i].banks);
		assert_int_equal(log.startup_locality, cases[i].locality);
		for (size_t n = 0; n < log.event_count; n++)
			assert_int_equal(log.event[n].number, n);
	}
	assert_string_equal(eventlog_form_name(EVENTLOG_CC), "cc");
	assert_string_equal(eventlog_form_name(EVENTLOG_SHA1), "sha1");
	assert_string_equal(eventlog_form_name(EVENTLOG_CRYPTO_AGILE), "crypto-agile");
}

static void empty_logs_are_absent(void **state)
{
	uint8_t bytes[4096] = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(parse_exact(bytes, 0, &err), -E_EVENTLOG_ABSENT);
	assert_int_equal(parse_exact(bytes, 1, &err), -E_EVENTLOG_ABSENT);
	assert_int_equal(parse_exact(bytes, sizeof(bytes), &err), -E_EVENTLOG_ABSENT);
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(parse_exact(bytes, sizeof(bytes), &err), -E_EVENTLOG_ABSENT);
	bytes[0] = 0;
	assert_int_equal(parse_exact(bytes, sizeof(bytes), &err), -E_EVENTLOG_MALFORMED);
}

static void truncation_at_every_byte(void **state)
{
	static const char *const files[] = {"hirs-tpmlog.bin", "guard-sha1-bios27.bin",
					    "tpm2tools-uefiaction.bin"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_buf_ struct buf bytes;
		size_t good = 0;

		read_vector(files[i], &bytes);
		for (size_t len = 0; len < bytes.len; len++) {
			int r = parse_exact(bytes.data, len, NULL);

			assert_true(r == 0 || r == -E_EVENTLOG_MALFORMED ||
				    (r == -E_EVENTLOG_ABSENT && len <= 4));
			good += r == 0;
		}
		/* between events, and where the four bytes of PCR 0 look like padding */
		assert_true(good < 4 * 178 + 60);
	}
}

static void flip_bits(const char *file, size_t step)
{
	_cleanup_buf_ struct buf bytes;

	read_vector(file, &bytes);
	for (size_t bit = 0; bit < 8 * bytes.len; bit += step) {
		int r;

		bytes.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		r = parse_exact(bytes.data, bytes.len, NULL);
		assert_true(r == 0 || r == -E_EVENTLOG_MALFORMED);
		bytes.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void flipped_bits(void **state)
{
	(void)state;
	flip_bits("tpm2tools-uefiaction.bin", 1);
	flip_bits("tpm2tools-uefiservices.bin", 1);
	flip_bits("hirs-tpmlog.bin", 7);
	flip_bits("guard-sha1-bios27.bin", 31);
	flip_bits("arch-linux-workstation.bin", 61);
}

static void assert_refused(struct buf *b, const char *why)
{
	struct err err = {0};

	assert_false(b->failed);
	assert_int_equal(parse_exact(b->data, b->len, &err), -E_EVENTLOG_MALFORMED);
	if (!strstr(err.msg, why))
		fail_msg("'%s' does not say '%s'", err.msg, why);
	buf_done(b);
}

static void spec_id_is_checked(void **state)
{
	struct buf b;

	(void)state;
	build_start(&b, 0, (const uint16_t[]){HASH_SHA256, HASH_SHA256}, 2);
	assert_refused(&b, "named twice");
	build_start(&b, 0, NULL, 0);
	assert_refused(&b, "out of range");
	build_start(&b, 0, (const uint16_t[]){4, 11, 12, 13, 18, 1, 2, 3, 5}, 9);
	assert_refused(&b, "out of range");
	build_start(&b, 0, (const uint16_t[]){0x4242}, 1);	/* unknown: size 0 here */
	assert_refused(&b, "size of a digest");
	build_start_sha256(&b);
	b.data[62] = 20;	/* sha256 with the size of sha1 */
	assert_refused(&b, "size of a digest");
	build_start_sha256(&b);
	b.data[64] = 1;		/* vendor information that is not there */
	assert_refused(&b, "vendor information");
	build_start(&b, 2, (const uint16_t[]){HASH_SHA256}, 1);
	assert_refused(&b, "neither 0 nor 1");
}

/* The number of digests is 40 bytes behind the end of the Spec ID event, its bank four more. */
static void digests_are_checked(void **state)
{
	struct buf b;
	size_t at;

	(void)state;
	build_start_sha256(&b);
	at = b.len;
	build_separator(&b, 0);
	b.data[at + 8] = 0;
	assert_refused(&b, "number of digests");
	build_start_sha256(&b);
	build_separator(&b, 0);
	b.data[at + 8] = 2;
	assert_refused(&b, "number of digests");
	build_start_sha256(&b);
	build_separator(&b, 0);
	b.data[at + 12] = HASH_SHA1;
	assert_refused(&b, "does not name");
	build_start(&b, 0, (const uint16_t[]){HASH_SHA256, HASH_SHA1}, 2);
	at = b.len;
	build_event(&b, 0, EV_IPL, "\v\0xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 36);
	b.data[at + 8] = 2;
	memcpy(b.data + at + 12 + 34, "\v\0", 2);
	assert_refused(&b, "two digests");
}

static void pcr_numbers_are_checked(void **state)
{
	struct buf b;

	(void)state;
	build_start_sha256(&b);
	build_separator(&b, 24);
	assert_refused(&b, "does not exist");
	build_start_sha256(&b);
	build_separator(&b, EVENT_PCR_NONE);	/* only EV_NO_ACTION may */
	assert_refused(&b, "does not exist");
	build_start(&b, 1, (const uint16_t[]){HASH_SHA256}, 1);
	build_separator(&b, 5);			/* a fifth run-time register */
	assert_refused(&b, "does not exist");
	build_start_sha256(&b);
	build_separator(&b, 23);
	build_event(&b, EVENT_PCR_NONE, EV_NO_ACTION, "x", 1);
	assert_int_equal(parse_exact(b.data, b.len, NULL), 0);
	buf_done(&b);
}

static void start_up_locality(void **state)
{
	_cleanup_eventlog_ struct eventlog log = {0};
	_cleanup_buf_ struct buf hcrtm;
	struct pcr_set set;
	struct buf b;

	(void)state;
	build_start_sha256(&b);
	build_event(&b, 0, EV_NO_ACTION, "StartupLocality\0\5", 17);
	assert_refused(&b, "not 0, 3 or 4");
	build_start_sha256(&b);
	build_event(&b, 0, EV_NO_ACTION, "StartupLocality\0\3", 17);
	build_event(&b, 0, EV_NO_ACTION, "StartupLocality\0\4", 17);
	assert_refused(&b, "second, different");
	build_start_sha256(&hcrtm);
	build_event(&hcrtm, 0, EV_EFI_HCRTM_EVENT, "HCRTM", 5);
	assert_int_equal(eventlog_parse(&log, hcrtm.data, hcrtm.len, NULL), 0);
	assert_int_equal(log.startup_locality, 4);
	assert_int_equal(eventlog_replay_sha256(&log, &set, NULL), 0);
}

static void replay_starts_at_reset_values(void **state)
{
	_cleanup_eventlog_ struct eventlog log = {0};
	_cleanup_buf_ struct buf b;
	uint8_t zero[SHA256_SIZE] = {0}, ones[SHA256_SIZE], expected[SHA256_SIZE],
		data[SHA256_SIZE];
	struct pcr_set set;

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	build_start_sha256(&b);
	build_separator(&b, 4);
	assert_int_equal(eventlog_parse(&log, b.data, b.len, NULL), 0);
	assert_int_equal(eventlog_replay_sha256(&log, &set, NULL), 0);
	assert_int_equal(set.mask, 0xffffff);
	assert_memory_equal(set.value[0], zero, sizeof(zero));
	assert_memory_equal(set.value[16], zero, sizeof(zero));
	assert_memory_equal(set.value[17], ones, sizeof(ones));
	assert_memory_equal(set.value[22], ones, sizeof(ones));
	assert_memory_equal(set.value[23], zero, sizeof(zero));
	assert_int_equal(crypto_sha256("\0\0\0\0", 4, data, NULL), 0);
	assert_int_equal(crypto_extend(HASH_SHA256, zero, data, expected, NULL), 0);
	assert_memory_equal(set.value[4], expected, sizeof(expected));
}

static void sha256_bank_is_required(void **state)
{
	static const char *const files[] = {"gce-debian-10.bin", "ccel-lunal-live.bin"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_eventlog_ struct eventlog log = {0};
		_cleanup_buf_ struct buf bytes;
		struct pcr_set set;

		read_vector(files[i], &bytes);
		assert_int_equal(eventlog_parse(&log, bytes.data, bytes.len, NULL), 0);
		assert_int_equal(eventlog_replay_sha256(&log, &set, NULL), -E_EVENTLOG_ABSENT);
	}
}

/* A bank whose algorithm is not known is carried along, and only its replay refused. */
static void unknown_bank_is_carried(void **state)
{
	_cleanup_eventlog_ struct eventlog log = {0};
	_cleanup_buf_ struct buf b;
	struct eventlog_pcrs pcrs;

	(void)state;
	build_start_sha256(&b);
	b.data[60] = 0x27;	/* SHA3-256, the same size */
	build_separator(&b, 0);
	b.data[65 + 12] = 0x27;
	assert_int_equal(eventlog_parse(&log, b.data, b.len, NULL), 0);
	assert_int_equal(eventlog_replay(&log, 0, &pcrs, NULL), -E_EVENTLOG_ABSENT);
	assert_int_equal(eventlog_replay(&log, 1, &pcrs, NULL), -E_INTERNAL);
	assert_int_equal(eventlog_bank(&log, HASH_SHA256), -1);
}

static void padding_ends_a_log(void **state)
{
	_cleanup_buf_ struct buf b;
	uint8_t pad[100];
	size_t len;

	(void)state;
	build_start_sha256(&b);
	build_event(&b, 0, EV_IPL, "end", 3);
	len = b.len;
	for (unsigned fill = 0; fill < 256; fill++) {
		memset(pad, (int)fill, sizeof(pad));
		b.len = len;
		buf_put(&b, pad, sizeof(pad));
		assert_int_equal(parse_exact(b.data, b.len, NULL),
				 fill == 0 || fill == 255 ? 0 : -E_EVENTLOG_MALFORMED);
	}
	b.data[b.len - 1] = 0;	/* 0xff, then something else */
	assert_int_equal(parse_exact(b.data, b.len, NULL), -E_EVENTLOG_MALFORMED);
}

static void sizes_are_bounded(void **state)
{
	static const uint8_t block[4096];
	_cleanup_buf_ struct buf b;
	struct err err = {0};

	(void)state;
	build_start_sha256(&b);
	for (size_t i = 1; i < EVENTLOG_EVENTS_MAX; i++)
		build_event(&b, 0, EV_IPL, "a", 1);
	assert_int_equal(parse_exact(b.data, b.len, &err), 0);
	build_event(&b, 0, EV_IPL, "a", 1);
	assert_int_equal(parse_exact(b.data, b.len, &err), -E_EVENTLOG_MALFORMED);
	assert_non_null(strstr(err.msg, "more than"));
	while (b.len <= EVENTLOG_SIZE_MAX)
		buf_put(&b, block, sizeof(block));
	assert_false(b.failed);
	assert_int_equal(parse_exact(b.data, b.len, &err), -E_EVENTLOG_MALFORMED);
	assert_non_null(strstr(err.msg, "larger than"));
}

/* Many events of zeros before a byte that is none: looking ahead must not be quadratic. */
static void zeros_do_not_slow_it_down(void **state)
{
	_cleanup_free_ uint8_t *bytes = calloc(1, EVENTLOG_SIZE_MAX);
	struct err err = {0};

	(void)state;
	assert_non_null(bytes);
	bytes[EVENTLOG_SIZE_MAX - 1] = 1;
	assert_int_equal(parse_exact(bytes, EVENTLOG_SIZE_MAX, &err), -E_EVENTLOG_MALFORMED);
}

static void event_names(void **state)
{
	char buf[EVENT_NAME_SIZE];

	(void)state;
	assert_string_equal(event_type_name(EV_SEPARATOR, buf), "EV_SEPARATOR");
	assert_string_equal(event_type_name(EV_EFI_VARIABLE_AUTHORITY, buf),
			    "EV_EFI_VARIABLE_AUTHORITY");
	assert_string_equal(event_type_name(0x80001234, buf), "EV_0x80001234");
}

static void recorded_events_are_described(void **state)
{
	static const struct {
		const char *file;
		size_t number;
		const char *text;
	} cases[] = {
		{"guard-x1carbon.bin", 1, "StartupLocality 3"},
		{"guard-x1carbon.bin", 4, "65536 bytes at 0xfff00000"},
		{"guard-x1carbon.bin", 12, "SecureBoot: 01"},
		{"guard-x1carbon.bin", 15, "db: 4463 bytes"},
		{"guard-x1carbon.bin", 17, "00000000"},
		{"guard-x1carbon.bin", 25, "Boot0001: Gentoo"},
		{"guard-x1carbon.bin", 49,
		 "disk 142d837d-0d60-4cb6-8e4c-9eb54d762c1d, 4 partitions"},
		{"guard-x1carbon.bin", 50, "\\EFI\\Gentoo\\kernel.efi"},
		{"gce-01-eventlog.bin", 24, "db: 1041 bytes"}, /* six bytes behind the data */
		{"gce-ubuntu-2204-intel-tdx.bin", 28, "SbatLevel: sbat,1,2022052400 grub,2 "},
		{"gce-ubuntu-2204-intel-tdx.bin", 33, "grub_cmd: set prefix=(hd0,gpt1)/boot/grub"},
		{"ccel-lunal-live.bin", 3, "SecureBoot: empty"},
		{"ccel-lunal-live.bin", 12, "kernel"},
		{"ccel-lunal-live.bin", 17, "LOADED_IMAGE::LoadOptions"},
		{"ccel-lunal-live.bin", 1, "TdxTable"},
		{"ccel-coco-alibaba-aael.bin", 86,
		 "tag 0x4141454c coco.com some-operation some-content"},
		{"ccel-coco-td-shim.bin", 4, "td_payload: 268435456 bytes at 0x901000"},
		{"hirs-tpmlog.bin", 14,
		 "firmware volume b6ede22c-de30-45fa-bb09-ca202c1654b7 "
		 "firmware file 15e1e31a-9f9d-4c84-82fb-1a707fc0f63b"},
		{"arch-linux-workstation.bin", 24,
		 "initrd=\\intel-ucode.img initrd=\\initramfs-linux-lts.img "
		 "cryptdevice=UUID=5465369a-996d-42ca-9ad4-91d0082e0b34:cryptroot "
		 "root=/dev/mapper/cryptroot rw intel_..."},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_eventlog_ struct eventlog log = {0};
		_cleanup_buf_ struct buf bytes;
		char text[EVENT_TEXT_SIZE];

		read_vector(cases[i].file, &bytes);
		assert_int_equal(eventlog_parse(&log, bytes.data, bytes.len, NULL), 0);
		assert_true(cases[i].number < log.event_count);
		event_describe(&log.event[cases[i].number], text);
		assert_string_equal(text, cases[i].text);
	}
}

static void hostile_text_is_made_printable(void **state)
{
	_cleanup_eventlog_ struct eventlog log = {0};
	_cleanup_buf_ struct buf b;
	char text[EVENT_TEXT_SIZE];
	struct event_variable v;

	(void)state;
	build_start_sha256(&b);
	build_ipl(&b, 12, "a\033[2Jb\nc", "x", 1);
	build_event(&b, 8, EV_IPL, "ab\x9b""1m\xff", 7);
	build_variable(&b, EV_EFI_VARIABLE_DRIVER_CONFIG, "Secure\033Boot", "\1", 1);
	assert_int_equal(eventlog_parse(&log, b.data, b.len, NULL), 0);
	event_describe(&log.event[1], text);
	assert_string_equal(text, "a?[2Jb c");
	event_describe(&log.event[2], text);
	assert_string_equal(text, "ab?1m?");
	assert_true(event_variable(&log.event[3], &v));
	assert_string_equal(v.name, "Secure?Boot");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_logs_replay),
		cmocka_unit_test(what_is_no_log_is_refused),
		cmocka_unit_test(forms_are_told_apart),
		cmocka_unit_test(empty_logs_are_absent),
		cmocka_unit_test(truncation_at_every_byte),
		cmocka_unit_test(flipped_bits),
		cmocka_unit_test(spec_id_is_checked),
		cmocka_unit_test(digests_are_checked),
		cmocka_unit_test(pcr_numbers_are_checked),
		cmocka_unit_test(start_up_locality),
		cmocka_unit_test(replay_starts_at_reset_values),
		cmocka_unit_test(sha256_bank_is_required),
		cmocka_unit_test(unknown_bank_is_carried),
		cmocka_unit_test(padding_ends_a_log),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(zeros_do_not_slow_it_down),
		cmocka_unit_test(event_names),
		cmocka_unit_test(recorded_events_are_described),
		cmocka_unit_test(hostile_text_is_made_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
