/* SPDX-License-Identifier: MIT */
#include "codec.h"
#include "events.h"
#include "eventlog_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

/* A parsed log that keeps its bytes. */
struct kept {
	struct buf bytes;
	struct eventlog log;
};

static void kept_done(struct kept *k)
{
	eventlog_done(&k->log);
	buf_done(&k->bytes);
}

#define _cleanup_kept_ _cleanup_(kept_done)

static void keep(struct kept *k)
{
	struct err err = {0};

	assert_false(k->bytes.failed);
	if (eventlog_parse(&k->log, k->bytes.data, k->bytes.len, &err) < 0)
		fail_msg("%s", err.msg);
}

static void keep_vector(struct kept *k, const char *name)
{
	read_vector(name, &k->bytes);
	keep(k);
}

static struct events enrol(const struct kept *k, uint32_t mask)
{
	_cleanup_buf_ struct buf text = BUF_INIT(RECORD_TEXT_MAX + 1);
	struct events events, parsed;
	struct err err = {0};

	assert_int_equal(events_from_log(&k->log, mask, &events, &err), 0);
	if (events_format(&events, &text, &err) < 0)
		fail_msg("%s", err.msg);
	assert_true(text.len <= RECORD_TEXT_MAX);
	assert_int_equal(strlen((const char *)text.data), text.len);
	if (events_parse(&parsed, (const char *)text.data, text.len, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(parsed.mask, events.mask);
	assert_int_equal(parsed.count, events.count);
	assert_memory_equal(parsed.group, events.group, sizeof(events.group));
	assert_memory_equal(parsed.item, events.item, events.count * sizeof(events.item[0]));
	return parsed;
}

static void assert_explained(const struct events *enrolled, const struct kept *now, unsigned pcr,
			     const char *line, const char *cause)
{
	char got_line[EVENTS_LINE_SIZE], got_cause[EVENTS_CAUSE_SIZE];
	struct events_diff d;

	assert_int_equal(events_explain(enrolled, &now->log, pcr, &d, NULL), 0);
	events_diff_text(&d, got_line);
	events_cause(pcr, &d, got_cause);
	assert_string_equal(got_line, line);
	assert_string_equal(got_cause, cause);
}

static void collect(void *context, const char *text)
{
	buf_put(context, text, strlen(text));
	buf_put(context, "\n", 1);
}

static void assert_differences(const struct events *enrolled, const struct kept *now, uint32_t mask,
			       const char *lines)
{
	_cleanup_buf_ struct buf text = BUF_INIT(65536);
	size_t count = 0;

	for (const char *p = lines; *p; p++)
		count += *p == '\n';
	assert_int_equal(events_differences(enrolled, &now->log, mask, collect, &text), count);
	buf_put_u8(&text, 0);
	assert_string_equal((const char *)text.data, lines);
	assert_int_equal(events_differences(enrolled, &now->log, mask, NULL, NULL), count);
}

static void same_boot(void **state)
{
	_cleanup_kept_ struct kept log = {0};
	struct events enrolled;

	(void)state;
	keep_vector(&log, "uki.bin");
	enrolled = enrol(&log, PCR_PROFILE_UKI);
	assert_int_equal(enrolled.mask, PCR_PROFILE_UKI & ~PCR_BIT(15));
	assert_int_equal(enrolled.group[12].total, 0);
	assert_int_equal(enrolled.group[11].total, 8);
	assert_differences(&enrolled, &log, PCR_PROFILE_UKI, "");
	assert_explained(&enrolled, &log, 7,
			 "no event differs: what was extended is not in the event log",
			 "something extended it without logging");
	assert_explained(&enrolled, &log, 11,
			 "no event differs: what was extended is not in the event log",
			 "a boot phase was measured that was not enrolled");
}

static void secure_boot_off(void **state)
{
	_cleanup_kept_ struct kept on = {0}, off = {0};
	struct events enrolled;

	(void)state;
	keep_vector(&on, "uki.bin");
	keep_vector(&off, "uki-secure-boot-off.bin");
	enrolled = enrol(&on, PCR_PROFILE_UKI);
	assert_explained(&enrolled, &off, 7,
			 "event 4 EV_EFI_VARIABLE_DRIVER_CONFIG SecureBoot: enrolled 01, now 00",
			 "Secure Boot was turned off");
	/* the firmware measures the kernel as well when the stub can't vouch for it */
	assert_explained(&enrolled, &off, 4,
			 "event 31 EV_EFI_BOOT_SERVICES_APPLICATION image of 14186432 bytes: was "
			 "not enrolled",
			 "another boot loader or UKI");
	assert_differences(
		&enrolled, &off, PCR_PROFILE_UKI,
		"PCR 4 event 31 EV_EFI_BOOT_SERVICES_APPLICATION image of 14186432 bytes: was not "
		"enrolled\n"
		"PCR 7 event 4 EV_EFI_VARIABLE_DRIVER_CONFIG SecureBoot: enrolled 01, now 00\n"
		"PCR 7 event 5 EV_EFI_VARIABLE_DRIVER_CONFIG PK: not as enrolled\n"
		"PCR 7 event 6 EV_EFI_VARIABLE_DRIVER_CONFIG KEK: not as enrolled\n"
		"PCR 7 event 7 EV_EFI_VARIABLE_DRIVER_CONFIG db: not as enrolled\n"
		"PCR 7 event 8 EV_EFI_VARIABLE_DRIVER_CONFIG dbx: not as enrolled\n"
		"PCR 7 EV_EFI_VARIABLE_AUTHORITY is missing at the end\n");
	enrolled = enrol(&off, PCR_PROFILE_UKI);
	assert_explained(&enrolled, &on, 7,
			 "event 4 EV_EFI_VARIABLE_DRIVER_CONFIG SecureBoot: enrolled 00, now 01",
			 "Secure Boot was turned on");
}

static void another_command_line(void **state)
{
	_cleanup_kept_ struct kept old = {0}, new = {0};
	struct events enrolled;

	(void)state;
	keep_vector(&old, "uki.bin");
	keep_vector(&new, "uki-cmdline.bin");
	enrolled = enrol(&old, PCR_PROFILE_UKI);
	assert_explained(&enrolled, &new, 11, "event 29 EV_IPL section .cmdline: not as enrolled",
			 "UKI contents (section .cmdline) changed");
	assert_differences(&enrolled, &new, PCR_PROFILE_UKI,
			   "PCR 4 event 23 EV_EFI_BOOT_SERVICES_APPLICATION "
			   "\\EFI\\BOOT\\BOOTX64.EFI: not as enrolled\n"
			   "PCR 11 event 29 EV_IPL section .cmdline: not as enrolled\n");
}

static void planted_files(void **state)
{
	_cleanup_kept_ struct kept clean = {0}, planted = {0};
	struct events enrolled;

	(void)state;
	keep_vector(&clean, "uki.bin");
	keep_vector(&planted, "uki-planted.bin");
	enrolled = enrol(&clean, PCR_PROFILE_UKI);
	assert_explained(&enrolled, &planted, 12,
			 "event 32 EV_IPL Credentials initrd: was not enrolled",
			 "command line, credentials or addons from outside the UKI");
	assert_explained(&enrolled, &planted, 13,
			 "event 34 EV_IPL System extension initrd: was not enrolled",
			 "system extensions from beside the UKI");
	assert_differences(&enrolled, &planted, PCR_PROFILE_UKI,
		"PCR 12 event 32 EV_IPL Credentials initrd: was not enrolled\n"
		"PCR 12 event 33 EV_IPL Global credentials initrd: was not enrolled\n"
		"PCR 13 event 34 EV_IPL System extension initrd: was not enrolled\n");
	/* and the other way round */
	enrolled = enrol(&planted, PCR_PROFILE_UKI);
	assert_explained(&enrolled, &clean, 12, "EV_IPL is missing at the end",
			 "command line, credentials or addons from outside the UKI");
}

static void build_uki(struct kept *k, const char *initrd, const char *extra)
{
	build_start_sha256(&k->bytes);
	build_section(&k->bytes, ".linux", "kernel");
	if (extra)
		build_section(&k->bytes, extra, "extra");
	build_section(&k->bytes, ".cmdline", "root=/dev/mapper/root");
	build_section(&k->bytes, ".initrd", initrd);
	keep(k);
}

/* A section that came or went shifts all that follow: only its own two events are named. */
static void sections_added_and_removed(void **state)
{
	_cleanup_kept_ struct kept a = {0}, b = {0}, c = {0};
	struct events enrolled;

	(void)state;
	build_uki(&a, "initrd", NULL);
	build_uki(&b, "initrd", ".osrel");
	build_uki(&c, "another", ".osrel");
	enrolled = enrol(&a, PCR_PROFILE_UKI);
	assert_explained(&enrolled, &b, 11, "event 3 EV_IPL section .osrel: was not enrolled",
			 "UKI contents (section .osrel) changed");
	assert_differences(&enrolled, &c, PCR_BIT(11),
			   "PCR 11 event 3 EV_IPL section .osrel: was not enrolled\n"
			   "PCR 11 event 4 EV_IPL section .osrel: was not enrolled\n"
			   "PCR 11 event 8 EV_IPL section .initrd: not as enrolled\n");
	enrolled = enrol(&b, PCR_PROFILE_UKI);
	assert_explained(&enrolled, &a, 11, "EV_IPL section .osrel is missing before event 3",
			 "UKI contents (section .osrel) changed");
	assert_differences(&enrolled, &a, PCR_BIT(11),
			   "PCR 11 EV_IPL section .osrel is missing before event 3\n"
			   "PCR 11 EV_IPL is missing before event 3\n");
}

static void build_keys(struct kept *k, const char *db, const char *signer)
{
	build_start_sha256(&k->bytes);
	build_variable(&k->bytes, EV_EFI_VARIABLE_DRIVER_CONFIG, "SecureBoot", "\1", 1);
	build_variable(&k->bytes, EV_EFI_VARIABLE_DRIVER_CONFIG, "db", db, strlen(db));
	build_separator(&k->bytes, 7);
	build_variable(&k->bytes, EV_EFI_VARIABLE_AUTHORITY, "db", signer, strlen(signer));
	build_variable(&k->bytes, EV_EFI_VARIABLE_AUTHORITY, "SbatLevel", db, strlen(db));
	keep(k);
}

static void secure_boot_keys(void **state)
{
	_cleanup_kept_ struct kept a = {0}, other_db = {0}, other_signer = {0};
	struct events enrolled;

	(void)state;
	build_keys(&a, "keys of the owner", "owner");
	build_keys(&other_db, "keys of the owner and another", "owner");
	build_keys(&other_signer, "keys of the owner", "another");
	enrolled = enrol(&a, PCR_BIT(7));
	assert_explained(&enrolled, &other_db, 7,
			 "event 2 EV_EFI_VARIABLE_DRIVER_CONFIG db: not as enrolled",
			 "Secure Boot keys (db) changed");
	assert_explained(&enrolled, &other_signer, 7,
			 "event 4 EV_EFI_VARIABLE_AUTHORITY db: not as enrolled",
			 "what boots is signed with another key");
	assert_differences(&enrolled, &other_db, PCR_BIT(7),
			   "PCR 7 event 2 EV_EFI_VARIABLE_DRIVER_CONFIG db: not as enrolled\n"
			   "PCR 7 event 5 EV_EFI_VARIABLE_AUTHORITY SbatLevel: not as enrolled\n");
}

/* A log whose text says one thing and whose digest another must not be quoted as "now 00". */
static void data_that_was_not_measured_is_not_believed(void **state)
{
	_cleanup_kept_ struct kept a = {0}, b = {0};
	struct events enrolled;
	uint8_t *digest;

	(void)state;
	build_keys(&a, "x", "y");
	build_keys(&b, "x", "y");
	enrolled = enrol(&a, PCR_BIT(7));
	digest = b.bytes.data + (b.log.event[1].digest[0] - b.bytes.data);
	digest[0] ^= 1;
	assert_explained(&enrolled, &b, 7,
			 "event 1 EV_EFI_VARIABLE_DRIVER_CONFIG SecureBoot: not as enrolled",
			 "Secure Boot state changed");
}

static void build_grub(struct kept *k, unsigned commands, unsigned changed)
{
	build_start_sha256(&k->bytes);
	build_separator(&k->bytes, 4);
	for (unsigned i = 0; i < commands; i++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "grub_cmd: set n=%u%s", i,
			       i == changed ? "!" : "");
		build_event(&k->bytes, 8, EV_IPL, text, strlen(text) + 1);
		if (i % 4 == 0)
			build_event(&k->bytes, 9, EV_IPL, text, strlen(text) + 1);
	}
	keep(k);
}

static void long_logs_are_cut_evenly(void **state)
{
	_cleanup_kept_ struct kept a = {0}, early = {0}, late = {0}, longer = {0};
	struct events enrolled;

	(void)state;
	build_grub(&a, 400, UINT32_MAX);
	build_grub(&early, 400, 50);
	build_grub(&late, 400, 399);
	build_grub(&longer, 401, UINT32_MAX);
	enrolled = enrol(&a, PCR_PROFILE_GRUB);
	assert_int_equal(enrolled.group[8].total, 400);
	assert_int_equal(enrolled.group[8].count, 103);
	assert_int_equal(enrolled.group[9].count, enrolled.group[9].total);
	assert_int_equal(enrolled.group[4].count, 1);
	assert_differences(&enrolled, &a, PCR_PROFILE_GRUB, "");
	assert_explained(&enrolled, &early, 8,
			 "event 65 EV_IPL grub_cmd: set n=50!: not as enrolled",
			 "GRUB commands or kernel command line changed");
	assert_explained(&enrolled, &late, 8,
			 "behind the first 103 of 400 enrolled events; there are 400 now",
			 "GRUB commands or kernel command line changed");
	assert_differences(&enrolled, &longer, PCR_BIT(8) | PCR_BIT(9),
			   "PCR 8 behind the first 103 of 400 enrolled events; there are 401 now\n"
			   "PCR 9 event 503 EV_IPL grub_cmd: set n=400: was not enrolled\n");
}

static void recorded_grub_boot_fits(void **state)
{
	_cleanup_kept_ struct kept log = {0};
	struct events enrolled;

	(void)state;
	keep_vector(&log, "gce-ubuntu-2204-intel-tdx.bin");
	enrolled = enrol(&log, PCR_PROFILE_GRUB);
	for (unsigned n = 0; n < PCR_COUNT; n++)
		assert_int_equal(enrolled.group[n].count, enrolled.group[n].total);
	assert_true(enrolled.group[8].count > 50);
}

static void every_recorded_log_round_trips(void **state)
{
	static const char *const files[] = {
		"arch-linux-workstation.bin", "gce-01-eventlog.bin", "guard-lenovo-yoga-wbcl.bin",
		"guard-x1carbon.bin",	      "hirs-tpmlog.bin",     "ga-crypto_agile.bin"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_kept_ struct kept log = {0};
		struct events enrolled;

		keep_vector(&log, files[i]);
		enrolled = enrol(&log, 0xffffff);
		assert_differences(&enrolled, &log, 0xffffff, "");
	}
}

static void altered_log_is_told_from_its_original(void **state)
{
	_cleanup_kept_ struct kept log = {0}, altered = {0};
	struct events enrolled;

	(void)state;
	keep_vector(&log, "hirs-tpmlog.bin");
	keep_vector(&altered, "hirs-tpmlog-altered.bin");
	enrolled = enrol(&log, 0xff);
	assert_true(events_differences(&enrolled, &altered.log, 0xff, NULL, NULL) > 0);
}

static void sides_that_say_nothing(void **state)
{
	_cleanup_kept_ struct kept log = {0}, sha1 = {0}, cc = {0};
	struct events enrolled, none;
	struct events_diff d;

	(void)state;
	keep_vector(&log, "uki.bin");
	keep_vector(&sha1, "gce-debian-10.bin");
	keep_vector(&cc, "ccel-lunal-live.bin");
	enrolled = enrol(&log, PCR_PROFILE_UKI);
	assert_int_equal(events_explain(&enrolled, &log.log, 9, &d, NULL), -E_EVENTLOG_ABSENT);
	assert_int_equal(events_explain(&enrolled, &log.log, 15, &d, NULL), -E_EVENTLOG_ABSENT);
	assert_int_equal(events_explain(&enrolled, &log.log, 99, &d, NULL), -E_EVENTLOG_ABSENT);
	assert_int_equal(events_explain(&enrolled, &sha1.log, 7, &d, NULL), -E_EVENTLOG_ABSENT);
	assert_int_equal(events_from_log(&sha1.log, PCR_PROFILE_UKI, &none, NULL),
			 -E_EVENTLOG_ABSENT);
	assert_int_equal(events_from_log(&cc.log, PCR_PROFILE_UKI, &none, NULL),
			 -E_EVENTLOG_ABSENT);
	assert_differences(&enrolled, &cc, PCR_PROFILE_UKI, "");
}

static void causes_without_a_log(void **state)
{
	static const struct {
		unsigned pcr;
		const char *cause;
	} cases[] = {
		{4, "another boot loader or UKI"},
		{7, "Secure Boot state changed"},
		{11, "UKI contents changed"},
		{12, "command line, credentials or addons from outside the UKI"},
		{13, "system extensions from beside the UKI"},
		{16, ""},
		{99, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char cause[EVENTS_CAUSE_SIZE];

		events_cause(cases[i].pcr, NULL, cause);
		assert_string_equal(cause, cases[i].cause);
	}
}

/* The three lines of a refusal have 100 columns, of which the line about the event may use 85. */
static void lines_are_short(void **state)
{
	_cleanup_kept_ struct kept a = {0}, b = {0};
	static const char path[] =
		"\\EFI\\a very long folder name that goes on and on\\and then another one\\x.efi";
	_cleanup_buf_ struct buf image = BUF_INIT(4096);
	char line[EVENTS_LINE_SIZE];
	struct events enrolled;
	struct events_diff d;

	(void)state;
	for (int i = 0; i < 24; i++)
		buf_put_u8(&image, 0);
	put_le64(&image, 4 + 2 * sizeof(path));
	buf_put(&image, "\4\4", 2);
	put_le16(&image, 4 + 2 * sizeof(path));
	put_utf16(&image, path);
	put_le16(&image, 0);
	build_start_sha256(&a.bytes);
	build_separator(&a.bytes, 4);
	build_start_sha256(&b.bytes);
	build_event(&b.bytes, 4, EV_EFI_BOOT_SERVICES_APPLICATION, image.data, image.len);
	keep(&a);
	keep(&b);
	enrolled = enrol(&a, PCR_BIT(4));
	assert_int_equal(events_explain(&enrolled, &b.log, 4, &d, NULL), 0);
	events_diff_text(&d, line);
	assert_string_equal(line, "event 1 EV_EFI_BOOT_SERVICES_APPLICATION "
				  "...d then another one\\x.efi: not as enrolled");
	assert_int_equal(strlen(line), EVENTS_LINE_SIZE - 1);
	assert_string_equal(events_diff_kind_name(d.kind), "changed");
}

static void refuse_token(const char *text, int code)
{
	struct events e;
	int r = events_parse(&e, text, strlen(text), NULL);

	if (r != -code)
		fail_msg("%s: %d", text, r);
}

/* PCR 4, value, two events in the log, one kept: an EV_SEPARATOR. */
#define GROUP "\4" "\1\2\3\4\5\6" "\0\2" "\0\1" "\1" "abcdef"

static void refuse_events(const char *bytes, size_t len, int code)
{
	char base64[BASE64_SIZE(EVENTS_BYTES_MAX)], text[RECORD_TEXT_MAX + 1];

	base64_encode(base64, bytes, len);
	(void)snprintf(text, sizeof(text),
		       "{\"type\":\"cvmcrypt-events\",\"keyslots\":[],\"v\":1,\"events\":\"%s\"}",
		       base64);
	refuse_token(text, code);
}

static void hostile_tokens(void **state)
{
	static const char front[] =
		"{\"type\":\"cvmcrypt-events\",\"keyslots\":[],\"v\":1,\"events\":\"";
	static char padded[RECORD_TEXT_MAX + 64];

	(void)state;
	refuse_token("{\"type\":\"cvmcrypt-events\",\"keyslots\":[],\"v\":1,\"events\":\"\"}", 0);
	refuse_token("", E_RECORD_MALFORMED);
	refuse_token("[]", E_RECORD_MALFORMED);
	refuse_token("{}", E_RECORD_MALFORMED);
	refuse_token("{\"type\":\"cvmcrypt\",\"keyslots\":[],\"v\":1,\"events\":\"\"}",
		     E_RECORD_MALFORMED);
	refuse_token("{\"type\":\"cvmcrypt-events\",\"keyslots\":[\"0\"],\"v\":1,\"events\":\"\"}",
		     E_RECORD_MALFORMED);
	refuse_token("{\"type\":\"cvmcrypt-events\",\"keyslots\":{},\"v\":1,\"events\":\"\"}",
		     E_RECORD_MALFORMED);
	refuse_token("{\"type\":\"cvmcrypt-events\",\"keyslots\":[],\"v\":0,\"events\":\"\"}",
		     E_RECORD_MALFORMED);
	refuse_token("{\"type\":\"cvmcrypt-events\",\"keyslots\":[],\"v\":2,\"x\":1}",
		     E_RECORD_TOO_NEW);
	refuse_token(
		"{\"type\":\"cvmcrypt-events\",\"keyslots\":[],\"v\":1,\"events\":\"\",\"x\":1}",
		E_RECORD_MALFORMED);
	refuse_token("{\"type\":\"cvmcrypt-events\",\"keyslots\":[],\"v\":1,\"events\":\"A\"}",
		     E_RECORD_MALFORMED);
	memset(padded, ' ', sizeof(padded) - 1);
	memcpy(padded, front, sizeof(front) - 1);
	memcpy(padded + sizeof(front) - 1, "\"}", 2);
	refuse_token(padded, E_RECORD_MALFORMED);
}

static void hostile_events(void **state)
{
	char many[EVENTS_BYTES_MAX];

	(void)state;
	refuse_events(GROUP, sizeof(GROUP) - 1, 0);
	for (size_t len = 1; len < sizeof(GROUP) - 1; len++)
		refuse_events(GROUP, len, E_RECORD_MALFORMED);
	refuse_events(GROUP GROUP, 2 * (sizeof(GROUP) - 1), E_RECORD_MALFORMED); /* PCR 4 twice */
	refuse_events("\5\1\2\3\4\5\6\0\0\0\0" GROUP, 11 + sizeof(GROUP) - 1, E_RECORD_MALFORMED);
	refuse_events("\30\1\2\3\4\5\6\0\0\0\0", 11, E_RECORD_MALFORMED);		/* PCR 24 */
	refuse_events("\377\1\2\3\4\5\6\0\0\0\0", 11, E_RECORD_MALFORMED);
	refuse_events("\4\1\2\3\4\5\6\0\0\0\1\1abcdef", 18,
		      E_RECORD_MALFORMED); /* more kept than were */
	refuse_events("\4\1\2\3\4\5\6\377\377\0\0", 11, E_RECORD_MALFORMED);
	refuse_events("\4\1\2\3\4\5\6\0\1\0\1\77abcdef", 18, E_RECORD_MALFORMED); /* unknown code */
	refuse_events("\4\1\2\3\4\5\6\0\1\0\1\0\0\0\0\4abcdef", 22,
		      E_RECORD_MALFORMED); /* has a code */
	refuse_events("\4\1\2\3\4\5\6\0\1\0\1\0\0\0\0\377abcdef", 22, 0);
	memset(many, 1, sizeof(many));
	memcpy(many, "\4\1\2\3\4\5\6\1\0\1\0", 11);	/* 256 events, cut */
	refuse_events(many, sizeof(many), E_RECORD_MALFORMED);
}

/* Any log beside any token: the walk ends and stays inside. */
static void mutated_logs(void **state)
{
	_cleanup_kept_ struct kept log = {0};
	struct events enrolled;

	(void)state;
	keep_vector(&log, "uki.bin");
	enrolled = enrol(&log, PCR_PROFILE_UKI | 0xff);
	for (size_t bit = 0; bit < 8 * log.bytes.len; bit += 97) {
		_cleanup_eventlog_ struct eventlog other = {0};

		log.bytes.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (eventlog_parse(&other, log.bytes.data, log.bytes.len, NULL) == 0)
			(void)events_differences(&enrolled, &other, 0xffffff, NULL, NULL);
		log.bytes.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_boot),
		cmocka_unit_test(secure_boot_off),
		cmocka_unit_test(another_command_line),
		cmocka_unit_test(planted_files),
		cmocka_unit_test(sections_added_and_removed),
		cmocka_unit_test(secure_boot_keys),
		cmocka_unit_test(data_that_was_not_measured_is_not_believed),
		cmocka_unit_test(long_logs_are_cut_evenly),
		cmocka_unit_test(recorded_grub_boot_fits),
		cmocka_unit_test(every_recorded_log_round_trips),
		cmocka_unit_test(altered_log_is_told_from_its_original),
		cmocka_unit_test(sides_that_say_nothing),
		cmocka_unit_test(causes_without_a_log),
		cmocka_unit_test(lines_are_short),
		cmocka_unit_test(hostile_tokens),
		cmocka_unit_test(hostile_events),
		cmocka_unit_test(mutated_logs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
