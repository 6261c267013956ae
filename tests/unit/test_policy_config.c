/* SPDX-License-Identifier: MIT */
/* [policy]: what is read, and what is refused with file and line. */
#include "config.h"
#include "file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define ZERO16 "00000000000000000000000000000000"
#define ZERO32 ZERO16 ZERO16
#define ZERO48 ZERO32 ZERO16

static int parse(struct config *c, const char *text, struct err *e)
{
	config_init(c);
	return config_parse(c, "f", text, strlen(text), e);
}

static void defaults(void **state)
{
	struct config c;
	struct err e = {0};

	(void)state;
	assert_int_equal(parse(&c, "[policy]\n", &e), 0);
	assert_int_equal(c.policy.debug, POLICY_REFUSE);
	assert_int_equal(c.policy.migration, POLICY_REFUSE);
	assert_int_equal(c.policy.vlek, POLICY_REFUSE);
	assert_int_equal(c.policy.evidence_offline, POLICY_REFUSE);
	assert_int_equal(c.policy.console, POLICY_ALLOW);
	assert_int_equal(c.policy.interactive_console, POLICY_ALLOW);
	assert_int_equal(c.policy.vmpl, 0);
	assert_int_equal(c.policy.secure_boot, POLICY_BY_ISOLATION);
	assert_int_equal(c.policy.vtpm_persistent, POLICY_ANY);
	assert_int_equal(c.policy.measurement.count + c.policy.id_key.count + c.policy.mrtd.count, 0);
	assert_string_equal(c.policy.amd_roots, "");
	assert_string_equal(c.policy.file, "f");
	assert_int_equal(c.policy.line, 1);
}

static void all_keys(void **state)
{
	struct policy p;
	struct err e = {0};

	(void)state;
	if (policy_load_file(&p, "tests/fuzz/corpus/config/policy.conf", &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(p.isolation, ISOLATION_SNP_OR_TDX);
	assert_int_equal(p.vmpl, POLICY_VMPL_ANY);
	assert_int_equal(p.guest.clear, 1 << 16);
	assert_int_equal(p.guest.set, 1 << 20);
	assert_int_equal(p.platform.set, 1 << 2 | 1 << 5);
	assert_true(p.tcb[POLICY_TURIN].given && p.tcb[POLICY_TURIN].fmc == 1);
	assert_false(p.tcb[POLICY_GENOA].given);
	assert_int_equal(p.tcb[POLICY_MILAN].microcode, 219);
	assert_int_equal(p.deny_products, 1 << POLICY_GENOA);
	assert_int_equal(p.host_data.count, 1);
	assert_int_equal(p.host_data.size, 32);
	assert_int_equal(p.pcr_count, 1);
	assert_int_equal(p.pcr[0].pcr, 7);
	assert_int_equal(p.event_count, 1);
	assert_string_equal(p.amd_roots, "/etc/cvmcrypt/amd-roots.pem");
	assert_int_equal(policy_load_file(&p, "/nonexistent", &e), -E_CONFIG_READ);
}

static void refused(void **state)
{
	static const struct {
		const char *line;
		int code;
	} bad[] = {
		{"debug = yes", E_CONFIG_VALUE},
		{"vmpl = 4", E_CONFIG_VALUE},
		{"guest-policy = debug", E_CONFIG_VALUE},
		{"guest-policy = smt no-smt", E_CONFIG_VALUE},
		{"guest-policy = no-", E_CONFIG_VALUE},
		{"platform-info = alias", E_CONFIG_VALUE},
		{"min-guest-svn = -1", E_CONFIG_VALUE},
		{"min-guest-svn = 4294967296", E_CONFIG_VALUE},
		{"tcb-milan = 4", E_CONFIG_VALUE},
		{"tcb-milan = fmc=1", E_CONFIG_VALUE},
		{"tcb-milan = snp=256", E_CONFIG_VALUE},
		{"tcb-milan = snp=1 snp=2", E_CONFIG_VALUE},
		{"tcb-turin = microcode=", E_CONFIG_VALUE},
		{"deny-products = rome", E_CONFIG_VALUE},
		{"measurement = " ZERO32, E_CONFIG_VALUE},
		{"measurement = " ZERO48 "0", E_CONFIG_VALUE},
		{"host-data = " ZERO48, E_CONFIG_VALUE},
		{"min-tee-tcb-svn = 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", E_CONFIG_VALUE},
		{"min-tee-tcb-svn = 256", E_CONFIG_VALUE},
		{"tcb-status = Revoked", E_CONFIG_VALUE},
		{"pcr-7 = 00", E_CONFIG_VALUE},
		{"pcr-24 = " ZERO32, E_CONFIG_KEY},
		{"pcr-07 = " ZERO32, E_CONFIG_KEY},
		{"pcr- = " ZERO32, E_CONFIG_KEY},
		{"pcr-7 = " ZERO32 "\npcr-7 = " ZERO32, E_CONFIG_DUPLICATE},
		{"event-4 = " ZERO32, E_CONFIG_VALUE},
		{"event-4 = EV_EFI_ACTION", E_CONFIG_VALUE},
		{"event-4 = EV_EFI_ACTION EV_SEPARATOR " ZERO32, E_CONFIG_VALUE},
		{"event-4 = EV_EFI_ACTION " ZERO32 " EV_SEPARATOR", E_CONFIG_VALUE},
		{"event-4 = EV_NOTHING " ZERO32, E_CONFIG_VALUE},
		{"event-4 = EV_SEPARATOR " ZERO32 "\nevent-4 = EV_SEPARATOR " ZERO32,
		 E_CONFIG_DUPLICATE},
		{"amd-roots = roots.pem", E_CONFIG_VALUE},
		{"intel-roots = /etc/../roots.pem", E_CONFIG_VALUE},
		{"time-floor = 1", E_CONFIG_KEY},
		{"isolation = snp", E_CONFIG_KEY},
		{"debug = refuse\ndebug = refuse", E_CONFIG_DUPLICATE},
	};
	struct config c;
	char text[500];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err e = {0};

		(void)snprintf(text, sizeof(text), "[policy]\n%s\n", bad[i].line);
		if (parse(&c, text, &e) != -bad[i].code || strncmp(e.msg, "f:", 2) != 0)
			fail_msg("%s: E%d %s", bad[i].line, e.code, e.msg);
	}
}

/* Lists have an end, and more is refused before it. */
static void limits(void **state)
{
	char text[8192] = "[policy]\n";
	struct config c;
	struct err e = {0};

	(void)state;
	for (unsigned pcr = 0; pcr < 9; pcr++) {
		size_t len = strlen(text);

		len += (size_t)snprintf(text + len, sizeof(text) - len, "pcr-%u =", pcr);
		for (int i = 0; i < 8; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, " " ZERO32);
		(void)snprintf(text + len, sizeof(text) - len, "\n");
		if (pcr < 8)
			assert_int_equal(parse(&c, text, &e), 0);
	}
	assert_int_equal(parse(&c, text, &e), -E_CONFIG_VALUE);
	(void)snprintf(text, sizeof(text),
		       "[policy]\nfamily-id = " ZERO16 " " ZERO16 " " ZERO16 " " ZERO16 " " ZERO16
		       " " ZERO16 " " ZERO16 " " ZERO16 " " ZERO16 "\n");
	assert_int_equal(parse(&c, text, &e), 0);
	(void)snprintf(text, sizeof(text),
		       "[policy]\nfamily-id = " ZERO16 " " ZERO16 " " ZERO16 " " ZERO16 " " ZERO16
		       " " ZERO16 " " ZERO16 " " ZERO16 " " ZERO16 " " ZERO16 "\n");
	assert_int_equal(parse(&c, text, &e), -E_CONFIG_VALUE);
}

static void image(void **state)
{
	static const char volume[] = "[volume root]\nrole = os\ndevice = LABEL=x\nid = measured\n";
	struct config c;
	struct err e = {0};
	char text[300];

	(void)state;
	(void)snprintf(text, sizeof(text), "[boot]\nisolation = none\n[policy]\n%s", volume);
	assert_int_equal(parse(&c, text, &e), 0);
	assert_int_equal(config_check_image(&c, &e), -E_CONFIG_VALUE);
	assert_non_null(strstr(e.msg, "f:3: [policy]"));
	(void)snprintf(text, sizeof(text), "[boot]\nisolation = snp\n[policy]\n%s", volume);
	assert_int_equal(parse(&c, text, &e), 0);
	assert_int_equal(config_check_image(&c, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(all_keys),
		cmocka_unit_test(refused),
		cmocka_unit_test(limits),
		cmocka_unit_test(image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
