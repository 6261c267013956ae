/* SPDX-License-Identifier: MIT */
#include "luks2_image.h"

#include "inspect_luks.h"
#include "json.h"

#include <fcntl.h>
#include <unistd.h>

#define TOKEN "{\"type\":\"cvmcrypt\",\"keyslots\":[\"0\"],\"v\":1}"

static char folder[] = "/tmp/test_inspect_luks.XXXXXX";
static char file[64], output[64];

/* Runs the verb with standard output in a file; *text is what it printed. */
static int inspect(const char *path, bool json, struct buf *text, struct err *e)
{
	int saved = dup(1), fd = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), r;

	(void)fflush(stdout);
	assert_true(saved >= 0 && fd >= 0);
	assert_int_equal(dup2(fd, 1), 1);
	r = cmd_inspect_luks_header(path, json, e);
	(void)fflush(stdout);
	assert_int_equal(dup2(saved, 1), 1);
	(void)close(saved);
	(void)close(fd);
	assert_int_equal(file_read(output, 1 << 20, text, NULL), 0);
	return r;
}

static int inspect_image(const struct image *img, bool json, struct buf *text)
{
	struct err e = {0};

	assert_int_equal(file_replace(file, img->bytes, sizeof(img->bytes), 0600, &e), 0);
	return inspect(file, json, text, &e);
}

static void expect(const struct buf *text, const char *line)
{
	if (!strstr((const char *)text->data, line))
		fail_msg("'%s' is not in:\n%s", line, (const char *)text->data);
}

/* plain.bin with a real record in the place of its stub. */
static void load_with_record(struct image *img)
{
	_cleanup_buf_ struct buf record = BUF_INIT(4096);
	char *text;

	load(img, VECTORS "plain.bin");
	assert_int_equal(file_read("tests/vectors/record/root.json", 4096, &record, NULL), 0);
	text = (char *)record.data;
	text[strcspn(text, "\n")] = '\0';
	edit(img, TOKEN, text);
}

static void test_text(void **state)
{
	_cleanup_buf_ struct buf text = BUF_INIT(1 << 20);
	struct image img;

	(void)state;
	load_with_record(&img);
	img.bytes[COPY] = 0;
	assert_int_equal(inspect_image(&img, false, &text), 0);
	expect(&text, "UUID             11111111-2222-4333-8444-555555555501\n");
	expect(&text, "primary    copy  good, used\n");
	expect(&text, "secondary  copy  bad: no LUKS2 magic\n");
	expect(&text, "segment 0        crypt, aes-xts-plain64, sector size 512, offset 16777216\n");
	expect(&text, "area aes-xts-plain64; of cvmcrypt\n");
	expect(&text, "token 0          x-foreign, keyslots 1\n");
	expect(&text, "  way            tpm2\n");
	expect(&text, "allowed          yes\n");
}

static void test_json(void **state)
{
	_cleanup_buf_ struct buf text = BUF_INIT(1 << 20), refused = BUF_INIT(1 << 20);
	_cleanup_json_ struct json j = {0}, k = {0};
	const struct cJSON *policy = NULL;
	const char *s = NULL;
	bool allowed = false;
	struct image img;
	struct err e = {0};

	(void)state;
	load_with_record(&img);
	assert_int_equal(inspect_image(&img, true, &text), 0);
	if (json_parse(&j, "output", E_INTERNAL, text.data, text.len, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(json_get_string(&j, j.root, "schema", &s, &e), 0);
	assert_string_equal(s, "cvmcrypt.luks-header/1");
	assert_int_equal(json_get_object(&j, j.root, "policy", &policy, &e), 0);
	assert_int_equal(json_get_bool(&j, policy, "allowed", &allowed, &e), 0);
	assert_true(allowed);
	assert_non_null(json_find(j.root, "record"));

	edit(&img, "\"crypt\",\"offset\":\"16777216\"",
	     "\"crypt\",\"offset\":\"18446744073709551615\"");
	assert_int_equal(inspect_image(&img, true, &refused), 3);
	assert_int_equal(json_parse(&k, "output", E_INTERNAL, refused.data, refused.len, &e), 0);
	assert_int_equal(json_get_object(&k, k.root, "policy", &policy, &e), 0);
	assert_int_equal(json_get_bool(&k, policy, "allowed", &allowed, &e), 0);
	assert_false(allowed);
	assert_int_equal(json_get_string(&k, policy, "code", &s, &e), 0);
	assert_string_equal(s, "E803");
	assert_int_equal(json_get_object(&k, k.root, "segment", &policy, &e), 0);
	assert_int_equal(json_get_string(&k, policy, "offset", &s, &e), 0);
	assert_string_equal(s, "18446744073709551615");
}

static void test_refused(void **state)
{
	_cleanup_buf_ struct buf stub = BUF_INIT(1 << 20), reencrypt = BUF_INIT(1 << 20),
		twice = BUF_INIT(1 << 20), none = BUF_INIT(1 << 20);
	struct image img;

	(void)state;
	load(&img, VECTORS "plain.bin");
	assert_int_equal(inspect_image(&img, false, &stub), 3);
	expect(&stub, "refused          E805 record: ");
	edit(&img, "x-foreign", "cvmcrypt");
	assert_int_equal(inspect_image(&img, false, &twice), 3);
	expect(&twice, "refused          E803 tokens 0 and 1 are both of type 'cvmcrypt'");
	load(&img, VECTORS "reencrypt.bin");
	assert_int_equal(inspect_image(&img, false, &reencrypt), 3);
	expect(&reencrypt, "segments         3\n");
	expect(&reencrypt, "requirements     1: online-reencrypt-v2\n");
	expect(&reencrypt, "refused          E803 header has requirement");
	load(&img, VECTORS "converted.bin");
	assert_int_equal(inspect_image(&img, false, &none), 0);
	expect(&none, "allowed          yes, but there is no cvmcrypt record");
}

static void test_not_shown(void **state)
{
	_cleanup_buf_ struct buf text = BUF_INIT(1 << 20);
	struct err e = {0};

	(void)state;
	assert_int_equal(inspect(VECTORS "luks1.bin", false, &text, &e), -E_HEADER_MALFORMED);
	assert_int_equal(text.len, 0);
	assert_int_equal(inspect("/nonexistent", false, &text, &e), -E_DEVICE_ABSENT);
	assert_int_equal(inspect("/dev/null", false, &text, &e), -E_DEVICE_KIND);
}

/* What stands in a header must not reach the terminal as a control sequence. */
static void test_terminal(void **state)
{
	_cleanup_buf_ struct buf text = BUF_INIT(1 << 20);
	struct image img;

	(void)state;
	load_with_record(&img);
	edit(&img, "x-foreign", "x\\u001b[2J\xc2\x9bm\\n");
	memcpy(img.bytes + 24, "a\x1b[2J\x9bz", 8);
	refresh(img.bytes, COPY);
	edit(&img, "0\",\"encryption\":\"aes-xts-plain64\"", "0\",\"encryption\":\"a\\u001b\xc2\x9b\"");
	assert_int_equal(inspect_image(&img, false, &text), 3);
	assert_null(memchr(text.data, 0x1b, text.len));
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] != '\n' && (text.data[i] < 0x20 || text.data[i] > 0x7e))
			fail_msg("byte %02x in the output", text.data[i]);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(file, sizeof(file), "%s/image", folder);
	(void)snprintf(output, sizeof(output), "%s/output", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(file);
	(void)unlink(output);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_not_shown),
		cmocka_unit_test(test_terminal),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
