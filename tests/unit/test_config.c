/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "config_keys.h"
#include "file.h"
#include "ini.h"
#include "pcr.h"
#include "spell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ID_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID_B "ff23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ROOT "[volume root]\nrole = os\ndevice = PARTLABEL=root\n"
#define DATA "[volume data]\nrole = data\ndevice = /dev/vdb\n"

static int parse(struct config *c, const char *text, struct err *e)
{
	int r;

	config_init(c);
	r = config_parse(c, "f", text, strlen(text), e);
	return r < 0 ? r : config_finish(c, e);
}

static void test_defaults(void **state)
{
	struct err e = {0};
	struct config c;

	(void)state;
	assert_int_equal(parse(&c, "", &e), 0);
	assert_int_equal(c.profile, PROFILE_UKI);
	assert_int_equal(c.policy.isolation, ISOLATION_UNSET);
	assert_int_equal(c.recovery, RECOVERY_OFF);
	assert_int_equal(c.recovery_timeout_ms, 600000);
	assert_int_equal(c.on_refused, ON_REFUSED_POWEROFF);
	assert_int_equal(c.refused_delay_ms, 600000);
	assert_true(c.on_transient_retry);
	assert_int_equal(c.device_timeout_ms, 60000);
	assert_int_equal(c.tpm_timeout_ms, 30000);
	assert_string_equal(c.tpm, "/dev/tpmrm0");
	assert_int_equal(c.volume_count, 0);
	assert_null(config_os_volume(&c));
	assert_int_equal(config_check_image(&c, &e), 0);
	assert_int_equal(config_pcr_mask(&c), PCR_PROFILE_UKI);
}

/* Each default of the table is a value that the row's own function accepts. */
static void test_table(void **state)
{
	size_t count;
	const struct config_key *keys = config_keys(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const char *const defaults[] = {keys[i].fallback, keys[i].fallback_os};
		union {
			struct config c;
			struct volume_config v;
		} u;

		assert_non_null(keys[i].set);
		assert_true(keys[i].mandatory == (keys[i].example != NULL));
		for (size_t k = 0; k < i; k++)
			assert_true(strcmp(keys[k].name, keys[i].name) != 0 ||
				    strcmp(keys[k].section, keys[i].section) != 0);
		for (size_t k = 0; k < ARRAY_SIZE(defaults); k++) {
			struct ini_line l = {.file = "f",
					     .number = 1,
					     .section = keys[i].section,
					     .name = "x",
					     .key = keys[i].name,
					     .value = defaults[k]};
			struct err e = {0};

			memset(&u, 0, sizeof(u));
			if (l.value && keys[i].set(&keys[i], &u, &l, &e) < 0)
				fail_msg("%s: %s", keys[i].name, e.msg);
		}
	}
}

static void test_all_keys(void **state)
{
	static const char text[] = "# the whole of it\n"
				   "\n"
				   "  [boot]  \n"
				   "profile=grub\n"
				   "isolation = snp-or-tdx\n"
				   "recovery = console\n"
				   "recovery-timeout = 90s\n"
				   "on-refused = reboot\n"
				   "refused-delay = 250ms\n"
				   "on-transient = refuse\n"
				   "device-timeout = 2min\n"
				   "tpm-timeout = 1h\n"
				   "tpm = /dev/tpm0\n"
				   "[volume root]\n"
				   "sources = tpm2\n"
				   "role = os\n"
				   "device = PARTLABEL=Linux root #1\n"
				   "mapping = cryptroot\n"
				   "id = " ID_A "\n"
				   "required = yes\n"
				   "discards = yes\n"
				   "[volume data-1]\n"
				   "role = data\n"
				   "device = /dev/disk/azure/scsi1/lun0\n"
				   "id = " ID_B "\n"
				   "required = yes\n"
				   "[volume d2]\n"
				   "role = data\n"
				   "device = UUID=1234";
	const struct volume_config *v;
	struct err e = {0};
	struct config c;

	(void)state;
	if (parse(&c, text, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(c.profile, PROFILE_GRUB);
	assert_int_equal(config_pcr_mask(&c), PCR_PROFILE_GRUB);
	assert_int_equal(c.policy.isolation, ISOLATION_SNP_OR_TDX);
	assert_int_equal(c.recovery, RECOVERY_CONSOLE);
	assert_int_equal(c.recovery_timeout_ms, 90000);
	assert_int_equal(c.on_refused, ON_REFUSED_REBOOT);
	assert_int_equal(c.refused_delay_ms, 250);
	assert_false(c.on_transient_retry);
	assert_int_equal(c.device_timeout_ms, 120000);
	assert_int_equal(c.tpm_timeout_ms, 3600000);
	assert_string_equal(c.tpm, "/dev/tpm0");
	assert_int_equal(c.boot_line, 3);
	assert_int_equal(c.volume_count, 3);
	v = config_os_volume(&c);
	assert_ptr_equal(v, config_volume(&c, "root"));
	assert_string_equal(v->device, "PARTLABEL=Linux root #1");
	assert_string_equal(v->mapping, "cryptroot");
	assert_true(v->id_set && v->id[0] == 0x01 && v->id[31] == 0xef && !v->measured);
	assert_int_equal(v->source_count, 1);
	assert_int_equal(v->sources[0], SOURCE_TPM2);
	assert_true(v->required && v->discards);
	assert_string_equal(v->file, "f");
	assert_int_equal(v->line, 14);
	v = config_volume(&c, "data-1");
	assert_int_equal(v->role, ROLE_DATA);
	assert_string_equal(v->mapping, "data-1");
	assert_int_equal(v->sources[0], SOURCE_PARENT);
	assert_true(v->required && !v->discards);
	v = config_volume(&c, "d2");
	assert_false(v->required || v->id_set);
	assert_null(config_volume(&c, "d3"));
	assert_int_equal(config_check_image(&c, &e), -E_CONFIG_MISSING);
	assert_string_equal(e.msg, "f:27: [volume d2] lacks 'id'; 'cvmcrypt enroll' writes it, "
				   "then build the image");
}

struct refusal {
	const char *text;
	int code;
	const char *says;
};

static void expect_refused(const struct refusal *bad, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct err e = {0};
		struct config c;
		int r = parse(&c, bad[i].text, &e);

		if (r != -bad[i].code || e.code != bad[i].code || !strstr(e.msg, bad[i].says))
			fail_msg("'%s': code %d, %s", bad[i].text, r, e.msg);
	}
}

static void test_grammar_refused(void **state)
{
	static const struct refusal bad[] = {
		{"profile = uki\n", E_CONFIG_SYNTAX, "f:1: 'profile' stands before the first"},
		{"\n[boot]\nprofile\n", E_CONFIG_SYNTAX, "f:3: expected '=' after 'profile'"},
		{"[boot]\nprofile =  \n", E_CONFIG_SYNTAX, "f:2: 'profile' has no value"},
		{"[boot]\n= uki\n", E_CONFIG_SYNTAX, "f:2: expected 'key = value'"},
		{"[boot]\n; comment\n", E_CONFIG_SYNTAX, "comment that starts with '#'"},
		{"[boot]\nPROFILE = uki\n", E_CONFIG_SYNTAX, "f:2: expected 'key = value'"},
		{"[boot\n", E_CONFIG_SYNTAX, "f:1: expected a section"},
		{"[]\n", E_CONFIG_SYNTAX, "f:1: expected a section"},
		{"[boot ]\n", E_CONFIG_SYNTAX, "f:1: expected a section"},
		{"[Boot]\n", E_CONFIG_SYNTAX, "f:1: expected a section"},
		{"[volume a/b]\n", E_CONFIG_SYNTAX, "f:1: expected a section"},
		{"[volume -a]\n", E_CONFIG_SYNTAX, "f:1: expected a section"},
		{"[volume a b]\n", E_CONFIG_SYNTAX, "f:1: expected a section"},
		{"[volume a12345678901234567890123456789012]\n", E_CONFIG_SYNTAX, "at most 31"},
		{"[boot] # x\n", E_CONFIG_SYNTAX, "f:1: nothing may follow a section"},
		{"[boot]\nprofile\t= uki\n", E_CONFIG_SYNTAX, "f:2: use spaces, not tabs"},
		{"[boot]\r\n", E_CONFIG_SYNTAX, "f:1: lines end with a line feed alone"},
		{"# gr\xc3\xbc\xc3\x9f\x65\n", E_CONFIG_SYNTAX, "f:1: byte 0xc3 in column 5"},
		{"\xef\xbb\xbf[boot]\n", E_CONFIG_SYNTAX, "f:1: byte 0xef in column 1"},
		{"# \x1b[31m\n", E_CONFIG_SYNTAX, "f:1: byte 0x1b in column 3"},
		{"# \x7f\n", E_CONFIG_SYNTAX, "f:1: byte 0x7f in column 3"},
	};

	(void)state;
	expect_refused(bad, ARRAY_SIZE(bad));
}

static void test_keys_refused(void **state)
{
	static const struct refusal bad[] = {
		{"[vault east]\n", E_CONFIG_KEY,
		 "f:1: unknown section 'vault'; this version knows"},
		{"[boot x]\n", E_CONFIG_KEY, "f:1: section [boot] has no name"},
		{"[volume]\n", E_CONFIG_KEY, "f:1: a volume needs a name"},
		{"[boot]\n[boot]\n", E_CONFIG_DUPLICATE,
		 "f:2: section [boot] stands already at f:1"},
		{ROOT ROOT, E_CONFIG_DUPLICATE, "f:4: section [volume root] stands already at f:1"},
		{"[boot]\nprofile = uki\nprofile = uki\n", E_CONFIG_DUPLICATE,
		 "f:3: 'profile' is given twice, first in line 2"},
		{"[boot]\nisolaton = none\n", E_CONFIG_KEY, "did you mean 'isolation'?"},
		{"[boot]\non_refused = halt\n", E_CONFIG_SYNTAX, "expected '=' after 'on'"},
		{"[boot]\nrecover = off\n", E_CONFIG_KEY, "did you mean 'recovery'?"},
		{"[boot]\nid = " ID_A "\n", E_CONFIG_KEY,
		 "f:2: 'id' belongs into a section [volume NAME]"},
		{ROOT "isolation = none\n", E_CONFIG_KEY,
		 "f:4: 'isolation' belongs into a section [boot]"},
		{"[boot]\nxyzzy = 1\n", E_CONFIG_KEY, "f:2: unknown key 'xyzzy' in section [boot]"},
	};

	(void)state;
	expect_refused(bad, ARRAY_SIZE(bad));
}

static void test_values_refused(void **state)
{
	static const struct refusal bad[] = {
		{"[boot]\nprofile = UKI\n", E_CONFIG_VALUE,
		 "f:2: 'profile = UKI': expected uki or grub"},
		{"[boot]\nisolation = snp  # x\n", E_CONFIG_VALUE,
		 "(a comment needs a line of its own)"},
		{"[boot]\nisolation = \"snp\"\n", E_CONFIG_VALUE,
		 "expected none or snp or tdx or snp-or-tdx"},
		{"[boot]\nrefused-delay = 5\n", E_CONFIG_VALUE, "expected a time with its unit"},
		{"[boot]\nrefused-delay = 5 s\n", E_CONFIG_VALUE, "expected a time with its unit"},
		{"[boot]\nrefused-delay = -5s\n", E_CONFIG_VALUE, "expected a time with its unit"},
		{"[boot]\nrefused-delay = 05s\n", E_CONFIG_VALUE, "expected a time with its unit"},
		{"[boot]\nrefused-delay = 25h\n", E_CONFIG_VALUE, "at most 24h"},
		{"[boot]\nrefused-delay = 99999999999999999999h\n", E_CONFIG_VALUE, "at most 24h"},
		{"[boot]\ntpm = tpmrm0\n", E_CONFIG_VALUE, "a device node below /dev"},
		{"[boot]\ntpm = /dev/../etc/x\n", E_CONFIG_VALUE, "a device node below /dev"},
		{"[boot]\ntpm = /dev/\n", E_CONFIG_VALUE, "a device node below /dev"},
		{"[volume r]\ndevice = root\n", E_CONFIG_VALUE,
		 "f:2: 'device = root': expected PARTLABEL="},
		{"[volume r]\ndevice = UUID=\n", E_CONFIG_VALUE, "expected PARTLABEL="},
		{"[volume r]\ndevice = UUID=\"x\"\n", E_CONFIG_VALUE, "expected PARTLABEL="},
		{"[volume r]\ndevice = uuid=x\n", E_CONFIG_VALUE, "expected PARTLABEL="},
		{"[volume r]\ndevice = /dev//vda\n", E_CONFIG_VALUE, "expected PARTLABEL="},
		{"[volume r]\ndevice = /\n", E_CONFIG_VALUE, "expected PARTLABEL="},
		{"[volume r]\nmapping = control\n", E_CONFIG_VALUE, "the name for /dev/mapper"},
		{"[volume r]\nmapping = a/b\n", E_CONFIG_VALUE, "the name for /dev/mapper"},
		{"[volume r]\nmapping = ..\n", E_CONFIG_VALUE, "the name for /dev/mapper"},
		{"[volume r]\nmapping = a b\n", E_CONFIG_VALUE, "the name for /dev/mapper"},
		{"[volume control]\nrole = os\ndevice = /dev/x\n", E_CONFIG_VALUE,
		 "f:1: 'mapping = control'"},
		{"[volume r]\nid = 01\n", E_CONFIG_VALUE, "the 64 hex digits"},
		{"[volume r]\nid = " ID_A "0\n", E_CONFIG_VALUE, "the 64 hex digits"},
		{"[volume r]\nid = Measured\n", E_CONFIG_VALUE, "the 64 hex digits"},
		{"[volume r]\nsources = tpm2 skr:east\n", E_CONFIG_VALUE, "a list of tpm2, parent"},
		{"[volume r]\nsources = tpm2 tpm2\n", E_CONFIG_VALUE, "each source once"},
		{"[volume r]\nsources = tpm2 aaaaaaaaaaaaaaaaaaaaaa\n", E_CONFIG_VALUE,
		 "a list of"},
		{"[volume r]\nrequired = true\n", E_CONFIG_VALUE, "expected yes or no"},
	};

	(void)state;
	expect_refused(bad, ARRAY_SIZE(bad));
}

/* What is missing, and what does not go together. */
static void test_together_refused(void **state)
{
	static const struct refusal bad[] = {
		{"[volume r]\ndevice = /dev/x\n", E_CONFIG_MISSING,
		 "f:1: [volume r] lacks 'role'; example: role = os"},
		{"[volume r]\nrole = os\n[boot]\n", E_CONFIG_MISSING,
		 "f:1: [volume r] lacks 'device'"},
		{DATA, E_CONFIG_MISSING, "f:1: [volume data] opens under the os volume"},
		{ROOT "sources = parent\n", E_CONFIG_VALUE, "it has no parent"},
		{ROOT "sources = tpm2 parent\n", E_CONFIG_VALUE, "it has no parent"},
		{ROOT "required = no\n", E_CONFIG_VALUE, "it is always required"},
		{ROOT DATA "sources = tpm2\n", E_CONFIG_VALUE, "expected sources = parent"},
		{ROOT DATA "id = measured\n", E_CONFIG_VALUE, "id = measured"},
		{ROOT "[volume b]\nrole = os\ndevice = /dev/b\n", E_CONFIG_VALUE,
		 "f:4: [volume b] is a second os volume, after [volume root], f:1"},
		{ROOT DATA "mapping = root\n", E_CONFIG_VALUE,
		 "f:4: [volume data] has the same mapping as [volume root], f:1"},
		{ROOT "[volume b]\nrole = data\ndevice = PARTLABEL=root\n", E_CONFIG_VALUE,
		 "same device"},
		{ROOT "id = " ID_A "\n" DATA "id = " ID_A "\n", E_CONFIG_VALUE, "same id"},
	};

	(void)state;
	expect_refused(bad, ARRAY_SIZE(bad));
}

static void test_limits(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1 << 20);
	char line[INI_LINE_MAX + 8];
	struct err e = {0};
	struct config c;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[0] = '#';
	config_init(&c);
	assert_int_equal(config_parse(&c, "f", line, INI_LINE_MAX, &e), 0);
	assert_int_equal(config_parse(&c, "f", line, INI_LINE_MAX + 1, &e), -E_CONFIG_SYNTAX);
	assert_int_equal(config_parse(&c, "f", "a\0b", 3, &e), -E_CONFIG_SYNTAX);
	assert_non_null(strstr(e.msg, "byte 0x00 in column 2"));

	for (int i = 0; i <= CONFIG_VOLUMES_MAX; i++) {
		int n = snprintf(line, sizeof(line), "[volume v%d]\nrole = %s\ndevice = /dev/v%d\n",
				 i, i ? "data" : "os", i);

		buf_put(&b, line, (size_t)n);
		config_init(&c);
		if (i == CONFIG_VOLUMES_MAX)
			break;
		assert_int_equal(config_parse(&c, "f", (char *)b.data, b.len, &e), 0);
		assert_int_equal(config_finish(&c, &e), 0);
		assert_int_equal(c.volume_count, i + 1);
	}
	assert_int_equal(config_parse(&c, "f", (char *)b.data, b.len, &e), -E_CONFIG_VALUE);
	assert_string_equal(e.msg, "f:49: more than 16 volumes");

	while (b.len <= CONFIG_TEXT_MAX)
		buf_put(&b, "# filler\n", 9);
	config_init(&c);
	assert_int_equal(config_parse(&c, "f", (char *)b.data, b.len, &e), -E_CONFIG_SYNTAX);
	memset(line, 'p', sizeof(line));
	line[CONFIG_PATH_MAX] = '\0';
	assert_int_equal(config_parse(&c, line, "", 0, &e), -E_CONFIG_READ);
}

static void test_long_values(void **state)
{
	char text[600], value[300];
	struct err e = {0};
	struct config c;

	(void)state;
	memset(value, 'v', sizeof(value));
	value[63] = '\0';
	(void)snprintf(text, sizeof(text), ROOT "mapping = %s\n", value);
	assert_int_equal(parse(&c, text, &e), 0);
	value[63] = 'v';
	value[64] = '\0';
	(void)snprintf(text, sizeof(text), ROOT "mapping = %s\n", value);
	assert_int_equal(parse(&c, text, &e), -E_CONFIG_VALUE);
	value[64] = 'v';
	value[256] = '\0';
	memcpy(value, "UUID=", 5);
	(void)snprintf(text, sizeof(text), "[volume r]\nrole = os\ndevice = %s\n", value);
	assert_int_equal(parse(&c, text, &e), -E_CONFIG_VALUE);
	value[255] = '\0';
	(void)snprintf(text, sizeof(text), "[volume r]\nrole = os\ndevice = %s\n", value);
	assert_int_equal(parse(&c, text, &e), 0);
}

static void test_check_image(void **state)
{
	struct err e = {0};
	struct config c;

	(void)state;
	assert_int_equal(parse(&c, ROOT "id = measured\n", &e), 0);
	assert_int_equal(config_check_image(&c, &e), -E_CONFIG_MISSING);
	assert_non_null(strstr(e.msg, "f: no section [boot]"));
	assert_int_equal(parse(&c, "\n[boot]\n" ROOT "id = measured\n", &e), 0);
	assert_int_equal(config_check_image(&c, &e), -E_CONFIG_MISSING);
	assert_non_null(strstr(e.msg, "f:2: [boot] lacks 'isolation'"));
	assert_int_equal(parse(&c, "[boot]\nisolation = none\n" ROOT "id = measured\n", &e), 0);
	assert_int_equal(config_check_image(&c, &e), 0);
	assert_true(config_os_volume(&c)->measured && !config_os_volume(&c)->id_set);
	assert_int_equal(parse(&c, "[boot]\nisolation = none\n" ROOT, &e), 0);
	assert_int_equal(config_check_image(&c, &e), -E_CONFIG_MISSING);
	assert_int_equal(parse(&c, "[boot]\nisolation = tdx\n" ROOT "id = " ID_A "\n" DATA, &e), 0);
	assert_int_equal(config_check_image(&c, &e), -E_CONFIG_MISSING);
	assert_non_null(strstr(e.msg, "[volume data] lacks 'id'"));
}

static void test_several_files(void **state)
{
	struct err e = {0};
	struct config c;

	(void)state;
	config_init(&c);
	assert_int_equal(config_parse(&c, "a", DATA, strlen(DATA), &e), 0);
	assert_int_equal(config_parse(&c, "b", ROOT, strlen(ROOT), &e), 0);
	assert_int_equal(config_finish(&c, &e), 0);
	assert_string_equal(config_os_volume(&c)->file, "b");
	/* a section does not go on in the next file */
	assert_int_equal(config_parse(&c, "c", "discards = yes\n", 15, &e), -E_CONFIG_SYNTAX);
	assert_int_equal(config_parse(&c, "d", ROOT, strlen(ROOT), &e), -E_CONFIG_DUPLICATE);
	assert_string_equal(e.msg, "d:1: section [volume root] stands already at b:1");
}

/* The text between two marks of the manual page. */
static char *cut(char *page, const char *from, const char *to)
{
	char *at = strstr(page, from), *end;

	assert_non_null(at);
	at += strlen(from);
	end = strstr(at, to);
	assert_non_null(end);
	*end = '\0';
	return at;
}

/* What the manual page shows is accepted: the example, and the line shown with each key. */
static void test_manual_page(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT(0);
	size_t count, shown = 0;
	const struct config_key *keys = config_keys(&count);
	char *page, *line, *example;
	struct err e = {0};
	struct config c;

	(void)state;
	assert_int_equal(file_read("man/cvmcrypt.conf.5", 131072, &b, &e), 0);
	page = (char *)b.data;
	example = cut(strstr(page, ".Sh EXAMPLES"), ".Bd -literal -offset indent\n", ".Ed");
	if (parse(&c, example, &e) < 0 || config_check_image(&c, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(c.volume_count, 2);

	while ((line = strsep(&page, "\n")) != NULL) {
		struct ini_line l = {.file = "man", .name = ""};
		union {
			struct config c;
			struct volume_config v;
		} u = {0};

		if (strncmp(line, ".Dl ", 4) != 0)
			continue;
		l.value = strstr(line, " = ") + 3;
		strstr(line, " = ")[0] = '\0';
		l.key = line + 4;
		for (size_t i = 0; i < count; i++) {
			if (!config_key_is(&keys[i], l.key))
				continue;
			if (keys[i].set(&keys[i], &u, &l, &e) < 0)
				fail_msg("%s", e.msg);
			shown++;
		}
	}
	assert_int_equal(shown, count);
}

static void test_spelling(void **state)
{
	(void)state;
	assert_true(spell_near("isolaton", "isolation"));
	assert_true(spell_near("isolation", "isolation"));
	assert_true(spell_near("mappnig", "mapping"));
	assert_false(spell_near("xx", "id"));
	assert_true(spell_near("di", "id") == false);
	assert_true(spell_near("i", "id"));
	assert_false(spell_near("", "id"));
	assert_false(spell_near("abcdefgh", "isolation"));
	assert_false(spell_near("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "id"));
}

static void test_time(void **state)
{
	int64_t ms = -1;

	(void)state;
	assert_true(ini_time("0ms", 1000, &ms) && ms == 0);
	assert_true(ini_time("1s", 1000, &ms) && ms == 1000);
	assert_true(ini_time("24h", 86400000, &ms) && ms == 86400000);
	assert_true(ini_time("1440min", 86400000, &ms) && ms == 86400000);
	assert_false(ini_time("1001ms", 1000, &ms));
	assert_false(ini_time("2s", 1999, &ms));
	assert_false(ini_time("s", 1000, &ms));
	assert_false(ini_time("", 1000, &ms));
	assert_false(ini_time("1m", 100000, &ms));
	assert_false(ini_time("1S", 100000, &ms));
	assert_false(ini_time("1.5s", 100000, &ms));
	assert_false(ini_time("18446744073709551617ms", INT64_MAX, &ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_grammar_refused),
		cmocka_unit_test(test_keys_refused),
		cmocka_unit_test(test_values_refused),
		cmocka_unit_test(test_together_refused),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_check_image),
		cmocka_unit_test(test_several_files),
		cmocka_unit_test(test_manual_page),
		cmocka_unit_test(test_spelling),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
