/* SPDX-License-Identifier: MIT */
#include "file.h"
#include "inspect_eventlog.h"
#include "json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define VECTORS "tests/vectors/eventlog/"

/* Runs the verb with standard output in a file, and reads that. */
static int run(const char *file, bool json, struct buf *ret, struct err *err)
{
	char path[] = "/tmp/test_inspect_eventlog.XXXXXX";
	int fd = mkstemp(path), kept = dup(STDOUT_FILENO), r;

	assert_true(fd >= 0 && kept >= 0);
	(void)fflush(stdout);
	assert_true(dup2(fd, STDOUT_FILENO) >= 0);
	r = cmd_inspect_eventlog(file, json, err);
	(void)fflush(stdout);
	assert_true(dup2(kept, STDOUT_FILENO) >= 0);
	(void)close(kept);
	(void)close(fd);
	*ret = (struct buf){0};
	assert_int_equal(file_read(path, 1 << 20, ret, NULL), 0);
	(void)unlink(path);
	return r;
}

static void as_text(void **state)
{
	static const char expected[] =
		"form      crypto-agile\n"
		"banks     sha1 sha256 sha384 sha512\n"
		"events    2\n"
		"\n"
		"PCR sha1\n"
		"  4 ee01a03529a6b38b5ded18ab6ae8d771aaac1925\n"
		"\n"
		"PCR sha256\n"
		"  4 3f263b96ccbc33bb53d808771f9ab1e02d4dec8854f9530f749cde853a723273\n"
		"\n"
		"PCR sha384\n"
		"\n"
		"PCR sha512\n"
		"\n"
		"event PCR      type                               about\n"
		"    0 0        EV_NO_ACTION                       Spec ID Event03\n"
		"    1 4        EV_EFI_ACTION                      "
		"Calling EFI Application from Boot Option\n";
	_cleanup_buf_ struct buf out;

	(void)state;
	assert_int_equal(run(VECTORS "tpm2tools-uefiaction.bin", false, &out, NULL), 0);
	assert_string_equal((const char *)out.data, expected);
}

static void as_json(void **state)
{
	const struct cJSON *pcrs, *bank, *events, *digests;
	_cleanup_json_ struct json j = {0};
	_cleanup_buf_ struct buf out;
	const char *text;
	uint64_t number;

	(void)state;
	assert_int_equal(run(VECTORS "tpm2tools-uefiaction.bin", true, &out, NULL), 0);
	assert_int_equal(json_parse(&j, "output", E_INTERNAL, out.data, out.len, NULL), 0);
	assert_int_equal(json_get_string(&j, j.root, "type", &text, NULL), 0);
	assert_string_equal(text, "eventlog");
	assert_int_equal(json_get_string(&j, j.root, "form", &text, NULL), 0);
	assert_string_equal(text, "crypto-agile");
	assert_int_equal(json_get_object(&j, j.root, "pcrs", &pcrs, NULL), 0);
	assert_int_equal(json_count(pcrs), 4);
	assert_int_equal(json_get_object(&j, pcrs, "sha256", &bank, NULL), 0);
	assert_int_equal(json_count(bank), 1);
	assert_int_equal(json_get_string(&j, bank, "4", &text, NULL), 0);
	assert_string_equal(text,
			    "3f263b96ccbc33bb53d808771f9ab1e02d4dec8854f9530f749cde853a723273");
	assert_int_equal(json_get_array(&j, j.root, "events", &events, NULL), 0);
	assert_int_equal(json_count(events), 2);
	assert_int_equal(json_get_u64(&j, json_at(events, 1), "pcr", 23, &number, NULL), 0);
	assert_int_equal(number, 4);
	assert_int_equal(json_get_object(&j, json_at(events, 1), "digests", &digests, NULL), 0);
	assert_int_equal(json_count(digests), 2);
}

static void failures_name_the_file(void **state)
{
	_cleanup_buf_ struct buf out;
	struct err err = {0};

	(void)state;
	assert_int_equal(run(VECTORS "cel-cos.tlv", true, &out, &err), -E_EVENTLOG_MALFORMED);
	assert_int_equal(out.len, 0);
	assert_non_null(strstr(err.msg, "cel-cos.tlv"));
	buf_done(&out);
	assert_int_equal(run("/dev/null", false, &out, &err), -E_EVENTLOG_ABSENT);
	buf_done(&out);
	assert_int_equal(run("/nonexistent", false, &out, &err), -E_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_text),
		cmocka_unit_test(as_json),
		cmocka_unit_test(failures_name_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
