/* SPDX-License-Identifier: MIT */
/* policy_judge() and the parts of it that need no signature: TDX, claims, PCRs, the whole. */
#include "codec.h"
#include "config.h"
#include "eventlog_builder.h"
#include "evidence.h"
#include "hcl_claims.h"
#include "json.h"
#include "pcr_file.h"
#include "policy.h"
#include "snp_chain.h"
#include "tdx_tcb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define ZERO16 "00000000000000000000000000000000"
#define ZERO32 ZERO16 ZERO16
#define ZERO48 ZERO32 ZERO16

static struct policy policy_of(const char *text)
{
	struct config c;
	struct err e = {0};

	config_init(&c);
	if (config_parse(&c, "f", text, strlen(text), &e) < 0)
		fail_msg("%s", e.msg);
	return c.policy;
}

/* Names of the checks that failed. */
static void failed(const struct verdict *v, char *out, size_t size)
{
	size_t len = 0;

	assert_true(v->count > 0 && !v->lost);
	*out = '\0';
	for (size_t i = 0; i < v->count; i++)
		if (!v->check[i].pass && len < size)
			len += (size_t)snprintf(out + len, size - len, "%s%s", len ? " " : "",
						v->check[i].name);
}

static void expect(struct verdict *v, const char *names, const char *what)
{
	char found[400];

	failed(v, found, sizeof(found));
	if (strcmp(found, names) != 0)
		fail_msg("%s: failed '%s' instead of '%s'", what, found, names);
	verdict_done(v);
}

struct td_row {
	const char *policy;
	size_t offset;
	uint8_t xor;
	const char *failed;
};

#define AT(member) offsetof(struct tdx_body, member)

static const struct td_row td_rows[] = {
	{"", AT(attributes), 0x01, "policy.debug"},
	{"", AT(attributes), 0x80, "policy.debug"},
	{"debug = allow\n", AT(attributes), 0x01, ""},
	{"", AT(attributes) + 3, 0x20, "policy.migration"},
	{"", AT(mrservtd) + 47, 0x01, "policy.migration"},
	{"migration = allow\n", AT(attributes) + 3, 0x20, ""},
	{"migration = allow\n", AT(mrservtd), 0x01, ""},
	{"td-attributes = no-lass\n", AT(attributes) + 3, 0x08, "policy.td-attributes.lass"},
	{"td-attributes = sept-ve-disable\n", AT(attributes) + 3, 0x10,
	 "policy.td-attributes.sept-ve-disable"},
	{"td-attributes = no-pks\n", AT(attributes) + 3, 0x40, "policy.td-attributes.pks"},
	{"td-attributes = no-kl\n", AT(attributes) + 3, 0x80, "policy.td-attributes.kl"},
	{"td-attributes = no-tpa\n", AT(attributes) + 7, 0x40, "policy.td-attributes.tpa"},
	{"td-attributes = no-perfmon\n", AT(attributes) + 7, 0x80, "policy.td-attributes.perfmon"},
	{"", AT(attributes) + 3, 0x10, ""},
	{"mrtd = " ZERO48 "\n", AT(mrtd) + 47, 0x01, "policy.mrtd"},
	{"mrseam = " ZERO48 "\n", AT(mrseam), 0x80, "policy.mrseam"},
	{"mrconfigid = " ZERO48 "\n", AT(mrconfigid), 0x01, "policy.mrconfigid"},
	{"mrowner = " ZERO48 "\n", AT(mrowner), 0x01, "policy.mrowner"},
	{"mrownerconfig = " ZERO48 "\n", AT(mrownerconfig), 0x01, "policy.mrownerconfig"},
	{"rtmr-0 = " ZERO48 "\n", AT(rtmr[0]), 0x01, "policy.rtmr-0"},
	{"rtmr-1 = " ZERO48 "\n", AT(rtmr[1]), 0x01, "policy.rtmr-1"},
	{"rtmr-2 = " ZERO48 "\n", AT(rtmr[2]), 0x01, "policy.rtmr-2"},
	{"rtmr-3 = " ZERO48 "\n", AT(rtmr[3]) + 47, 0x01, "policy.rtmr-3"},
	{"min-tee-tcb-svn = 5 1 6\n", AT(tee_tcb_svn), 0x01, "policy.min-tee-tcb-svn"},
	{"min-tee-tcb-svn = 5 1 6\n", AT(tee_tcb_svn) + 1, 0x01, "policy.min-tee-tcb-svn"},
	{"min-tee-tcb-svn = 5 1 6\n", AT(tee_tcb_svn) + 2, 0x02, "policy.min-tee-tcb-svn"},
	{"min-tee-tcb-svn = 5 1 6\n", AT(tee_tcb_svn) + 2, 0x01, ""},
	{"min-tee-tcb-svn = 5\n", AT(tee_tcb_svn) + 1, 0x01, ""},
};

static struct tdx_body good_td(void)
{
	return (struct tdx_body){.tee_tcb_svn = {5, 1, 6},
				 .attributes = TDX_ATTR_SEPT_VE_DISABLE,
				 .has_servtd = true};
}

static void td_demands(void **state)
{
	char text[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(td_rows); i++) {
		const struct td_row *r = &td_rows[i];
		struct tdx_body td = good_td();
		struct verdict v = {0};
		struct policy p;

		(void)snprintf(text, sizeof(text), "[policy]\n%s", r->policy);
		p = policy_of(text);
		policy_judge_tdx(&p, &td, -1, &v);
		expect(&v, "", r->policy);
		((uint8_t *)&td)[r->offset] ^= r->xor;
		policy_judge_tdx(&p, &td, -1, &v);
		expect(&v, r->failed, r->policy);
	}
}

static void td_status(void **state)
{
	struct policy p = policy_of("[policy]\ntcb-status = UpToDate SWHardeningNeeded\n");
	struct policy any = policy_of("[policy]\n");
	struct tdx_body td = good_td();

	(void)state;
	for (int status = -1; status < TDX_STATUS_MAX; status++) {
		bool good = status == TDX_UP_TO_DATE || status == TDX_SW_HARDENING_NEEDED;
		struct verdict v = {0};

		policy_judge_tdx(&p, &td, status, &v);
		expect(&v, good ? "" : "policy.tcb-status", "status");
		policy_judge_tdx(&any, &td, status, &v);
		expect(&v, "", "any status");
	}
}

static void td_isolation(void **state)
{
	struct policy snp = policy_of("[boot]\nisolation = snp\n");
	struct policy both = policy_of("[boot]\nisolation = snp-or-tdx\n");
	struct tdx_body td = good_td();
	struct verdict v = {0};

	(void)state;
	policy_judge_tdx(&snp, &td, -1, &v);
	assert_int_equal(verdict_first_failure(&v)->code, E_ISOLATION);
	expect(&v, "policy.isolation", "tdx instead of snp");
	policy_judge_tdx(&both, &td, -1, &v);
	expect(&v, "", "snp-or-tdx");
}

static void claims(void **state)
{
	static const struct {
		const char *key, *check;
		size_t offset;
		enum hcl_flag good;
	} flags[] = {
		{"secure-boot = required\n", "policy.secure-boot",
		 offsetof(struct hcl_claims, secure_boot), HCL_TRUE},
		{"vtpm-persistent = required\n", "policy.vtpm-persistent",
		 offsetof(struct hcl_claims, tpm_persisted), HCL_TRUE},
		{"console = refuse\n", "policy.console",
		 offsetof(struct hcl_claims, console_enabled), HCL_FALSE},
		{"interactive-console = refuse\n", "policy.interactive-console",
		 offsetof(struct hcl_claims, interactive_console_enabled), HCL_FALSE},
	};
	char text[100];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		for (int flag = HCL_ABSENT; flag <= HCL_TRUE; flag++) {
			enum hcl_flag value = (enum hcl_flag)flag;
			struct hcl_claims c = {0};
			struct verdict v = {0};
			struct policy p;

			(void)snprintf(text, sizeof(text), "[policy]\n%s", flags[i].key);
			p = policy_of(text);
			memcpy((uint8_t *)&c + flags[i].offset, &value, sizeof(value));
			policy_judge_claims(&p, &c, &v);
			assert_int_equal(v.count, 1);
			expect(&v, value == flags[i].good ? "" : flags[i].check, flags[i].key);
		}
}

static struct pcr_values some_pcrs(void)
{
	struct pcr_values v = {0};
	uint8_t value[DIGEST_MAX] = {0};

	for (unsigned n = 0; n < PCR_COUNT; n++) {
		value[0] = (uint8_t)n;
		assert_int_equal(pcr_values_set(&v, HASH_SHA256, n, value, NULL), 0);
		assert_int_equal(pcr_values_set(&v, HASH_SHA1, n, value, NULL), 0);
	}
	return v;
}

#define VALUE(first) first "000000000000000000000000000000" ZERO16

static void pcrs(void **state)
{
	static const struct {
		const char *policy, *failed;
	} rows[] = {
		{"pcr-4 = " VALUE("04") "\n", ""},
		{"pcr-4 = " VALUE("05") "\n", "policy.pcr-4.sha256"},
		{"pcr-4 = " VALUE("05") " " VALUE("04") "\n", ""},
		{"pcr-4 = " VALUE("04") "\npcr-7 = " VALUE("08") "\n", "policy.pcr-7.sha256"},
		{"pcr-23 = " VALUE("17") "\n", ""},
		{"pcr-4 = 04000000" ZERO16 "\n", ""},
		{"pcr-4 = 05000000" ZERO16 "\n", "policy.pcr-4.sha1"},
		/* each bank that is given */
		{"pcr-4 = 04000000" ZERO16 " " VALUE("05") "\n", "policy.pcr-4.sha256"},
		{"pcr-4 = " ZERO48 "\n", "policy.pcr-4.sha384"},
	};
	struct pcr_values values = some_pcrs(), none = {0};
	char text[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct verdict v = {0};
		struct policy p;

		(void)snprintf(text, sizeof(text), "[policy]\n%s", rows[i].policy);
		p = policy_of(text);
		policy_judge_pcrs(&p, &values, &v);
		expect(&v, rows[i].failed, rows[i].policy);
		policy_judge_pcrs(&p, &none, &v);
		assert_false(verdict_pass(&v));
		verdict_done(&v);
	}
}

/* A boot as it should be, for changes to be made to. */
struct boot {
	struct evidence e;
	struct snp_report snp;
	struct tdx_body td;
	struct hcl_claims claims;
	struct pcr_values pcrs;
	struct buf bytes;
	struct eventlog log;
};

static void build_secure_boot(struct buf *b, uint8_t value)
{
	struct buf var = BUF_INIT(256);

	buf_put(&var, "\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\x00\xe0\x98\x03\x2b\x8c", 16);
	put_le64(&var, 10);
	put_le64(&var, 1);
	for (const char *c = "SecureBoot"; *c; c++)
		put_le16(&var, (uint16_t)*c);
	buf_put_u8(&var, value);
	build_event(b, 7, EV_EFI_VARIABLE_DRIVER_CONFIG, var.data, var.len);
	buf_done(&var);
}

static void boot_done(struct boot *b)
{
	eventlog_done(&b->log);
	buf_done(&b->bytes);
	free(b);
}

static struct boot *good_boot(uint8_t secure_boot)
{
	struct boot *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->snp.version = 3;
	b->snp.product = SNP_MILAN;
	memset(b->snp.report_id_ma, 0xff, sizeof(b->snp.report_id_ma));
	b->td = good_td();
	b->claims.secure_boot = HCL_TRUE;
	b->pcrs = some_pcrs();
	build_start_sha256(&b->bytes);
	build_secure_boot(&b->bytes, secure_boot);
	build_event(&b->bytes, 4, EV_EFI_ACTION, "Calling", 7);
	assert_int_equal(eventlog_parse(&b->log, b->bytes.data, b->bytes.len, NULL), 0);
	b->e = (struct evidence){.platform = "an Azure VM",
				 .snp = &b->snp,
				 .snp_authentic = true,
				 .td_status = -1,
				 .claims = &b->claims,
				 .claims_bound = true,
				 .ak_bound = true,
				 .pcrs = &b->pcrs,
				 .pcrs_quoted = true,
				 .log = &b->log,
				 .log_replayed = true};
	return b;
}

static void judge(const char *text, struct boot *b, const char *names, const char *what)
{
	struct policy p = policy_of(text);
	struct verdict v = {0};

	policy_judge(&p, &b->e, &v);
	expect(&v, names, what);
	boot_done(b);
}

#define SNP_BOOT "[boot]\nisolation = snp\n[policy]\n"
#define TDX_BOOT "[boot]\nisolation = tdx\n[policy]\n"
#define ANY_BOOT "[boot]\nisolation = snp-or-tdx\n[policy]\n"
#define NO_BOOT "[boot]\nisolation = none\n[policy]\n"

static struct boot *td_boot(void)
{
	struct boot *b = good_boot(1);

	b->e.snp = NULL;
	b->e.snp_authentic = false;
	b->e.td = &b->td;
	b->e.td_authentic = true;
	return b;
}

static void whole_isolation(void **state)
{
	struct boot *b;

	(void)state;
	judge(SNP_BOOT, good_boot(1), "", "snp");
	judge(ANY_BOOT, good_boot(1), "", "snp-or-tdx on snp");
	judge(TDX_BOOT, td_boot(), "", "tdx");
	judge(ANY_BOOT, td_boot(), "", "snp-or-tdx on tdx");
	judge(TDX_BOOT, good_boot(1), "policy.isolation", "snp where tdx is demanded");
	judge(SNP_BOOT, td_boot(), "policy.isolation", "tdx where snp is demanded");
	judge("[policy]\n", good_boot(1), "policy.isolation", "no demand");
	b = good_boot(1);
	b->e.snp_authentic = false;
	judge(SNP_BOOT, b, "policy.isolation", "forged report");
	b = good_boot(1);
	b->e.snp = NULL;
	judge(ANY_BOOT, b, "policy.isolation", "no report, though the flag is set");
	b = td_boot();
	b->e.td_authentic = false;
	b->e.snp_authentic = true;
	judge(ANY_BOOT, b, "policy.isolation", "a flag of the other platform");
	b = good_boot(1);
	b->e = (struct evidence){.platform = "a VM of Hyper-V without isolation"};
	judge(NO_BOOT, b, "", "none");
	b = good_boot(1);
	b->e = (struct evidence){.platform = "a VM of Hyper-V without isolation"};
	judge(ANY_BOOT, b, "policy.isolation policy.secure-boot", "nothing");
}

/* The words name what was found. */
static void whole_words(void **state)
{
	struct policy p = policy_of(SNP_BOOT);
	struct evidence e = {.platform = "an Azure VM with Trusted Launch, without isolation"};
	struct verdict v = {0};
	struct err err = {0};

	(void)state;
	policy_judge(&p, &e, &v);
	assert_int_equal(verdict_err(&v, &err), -E_ISOLATION);
	assert_non_null(strstr(err.msg, "wanted snp"));
	assert_non_null(strstr(err.msg, "Trusted Launch"));
	verdict_done(&v);
}

static void whole_offline(void **state)
{
	struct policy p = policy_of(SNP_BOOT);
	struct verdict v = {0};
	struct boot *b = good_boot(1);

	(void)state;
	b->e.snp_authentic = false;
	b->e.offline = true;
	policy_judge(&p, &b->e, &v);
	assert_int_equal(verdict_first_failure(&v)->code, E_EVIDENCE_OFFLINE);
	expect(&v, "policy.evidence-offline", "refuse");
	judge(SNP_BOOT "evidence-offline = allow\n", b, "", "allow");
	/* it replaces the certificate, nothing else */
	b = good_boot(1);
	b->e.snp_authentic = false;
	b->e.offline = true;
	b->snp.vmpl = 1;
	judge(SNP_BOOT "evidence-offline = allow\n", b, "policy.vmpl", "allow, but VMPL 1");
	b = good_boot(1);
	b->e.offline = true;
	b->e.snp = NULL;
	judge(SNP_BOOT "evidence-offline = allow\n", b, "policy.isolation", "no report");
	b = td_boot();
	b->e.td_authentic = false;
	b->e.offline = true;
	judge(TDX_BOOT "evidence-offline = allow\n", b, "", "td");
	b = td_boot();
	b->e.td_authentic = false;
	b->e.offline = true;
	judge(TDX_BOOT, b, "policy.evidence-offline", "td");
}

static void whole_vtpm(void **state)
{
	struct boot *b;

	(void)state;
	b = good_boot(1);
	b->e.claims_bound = false;
	judge(SNP_BOOT, b, "policy.vtpm", "claims");
	b = good_boot(1);
	b->e.ak_bound = false;
	judge(SNP_BOOT, b, "policy.vtpm", "AK");
	b = good_boot(1);
	b->e.pcrs_quoted = false;
	judge(SNP_BOOT, b, "policy.vtpm", "quote");
	/* without isolation nothing vouches for the vTPM, and nobody asked */
	b = good_boot(1);
	b->e.ak_bound = false;
	judge(NO_BOOT, b, "", "none");
}

static void whole_secure_boot(void **state)
{
	struct boot *b;

	(void)state;
	b = good_boot(1);
	b->claims.secure_boot = HCL_FALSE;
	judge(SNP_BOOT, b, "policy.secure-boot", "claim");
	judge(SNP_BOOT, good_boot(0), "policy.secure-boot", "log");
	judge(SNP_BOOT "secure-boot = any\n", good_boot(0), "", "any");
	judge(NO_BOOT, good_boot(0), "", "none");
	judge(NO_BOOT "secure-boot = required\n", good_boot(0), "policy.secure-boot", "required");
	/* the file can be empty on Azure: the claims stand alone */
	b = good_boot(1);
	b->e.log = NULL;
	judge(SNP_BOOT, b, "", "no log");
	b = good_boot(1);
	b->e.claims = NULL;
	judge(SNP_BOOT, b, "", "no claims");
	b = good_boot(1);
	b->e.claims = NULL;
	b->e.log_replayed = false;
	judge(SNP_BOOT, b, "policy.secure-boot", "neither");
	b = good_boot(1);
	b->e.claims = NULL;
	b->e.log = NULL;
	judge(SNP_BOOT, b, "policy.secure-boot", "neither");
}

static void whole_demands(void **state)
{
	static const char event[] =
		SNP_BOOT "event-4 = EV_EFI_ACTION " ZERO32 " "
			 "6e6d8f3b9e1d1f5dbd2f9a3a5d6f8c7b0a1b2c3d4e5f60718293a4b5c6d7e8f9\n";
	char text[400], hex[HEX_SIZE(32)];
	uint8_t digest[32];
	struct boot *b;

	(void)state;
	b = good_boot(1);
	b->e.claims = NULL;
	judge(SNP_BOOT "console = refuse\nvtpm-persistent = required\n", b,
	      "policy.vtpm-persistent policy.console", "no claims");
	judge(SNP_BOOT "pcr-4 = " VALUE("04") "\n", good_boot(1), "", "PCR");
	judge(NO_BOOT "pcr-4 = " VALUE("05") "\n", good_boot(1), "policy.pcr-4.sha256", "PCR");
	b = good_boot(1);
	b->e.pcrs = NULL;
	judge(NO_BOOT "pcr-4 = " VALUE("04") "\n", b, "policy.pcr-4.sha256", "no PCRs");
	judge(event, good_boot(1), "policy.event-4", "event");
	assert_int_equal(crypto_sha256("Calling", 7, digest, NULL), 0);
	hex_encode(hex, digest, sizeof(digest));
	(void)snprintf(text, sizeof(text), SNP_BOOT "event-4 = EV_EFI_ACTION %s %s\n", ZERO32, hex);
	judge(text, good_boot(1), "", "event");
	b = good_boot(1);
	b->e.log_replayed = false;
	judge(text, b, "policy.event-log policy.event-4", "event of a log that does not replay");
	(void)snprintf(text, sizeof(text), SNP_BOOT "event-7 = EV_EFI_ACTION %s\n", hex);
	judge(text, good_boot(1), "policy.event-7", "event of another PCR");
	(void)snprintf(text, sizeof(text),
		       SNP_BOOT "event-4 = EV_EFI_ACTION %s EV_SEPARATOR %s\n", hex, ZERO32);
	judge(text, good_boot(1), "policy.event-4", "one of two types");
}

/* The kernel's own report names no vTPM: the one at hand may be the host's. */
static void unbound_tpm(void **state)
{
	static const char *const demands[] = {
		"", "secure-boot = any\npcr-4 = " VALUE("04") "\n",
		"secure-boot = any\nevent-7 = EV_EFI_ACTION " ZERO32 "\n"};
	static const char *const names[] = {"policy.vtpm", "policy.vtpm",
					    "policy.vtpm policy.event-7"};
	char text[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(demands); i++) {
		struct boot *b = good_boot(1);

		b->e.claims = NULL;
		b->e.claims_bound = b->e.ak_bound = b->e.pcrs_quoted = false;
		(void)snprintf(text, sizeof(text), SNP_BOOT "%s", demands[i]);
		judge(text, b, names[i], demands[i]);
		b = good_boot(1);
		b->e.claims = NULL;
		b->e.pcrs_quoted = false;
		judge(SNP_BOOT "secure-boot = any\n", b, "", "nothing is demanded of a TPM");
	}
}

/* A log whose SecureBoot event is not what was measured says nothing. */
static void secure_boot_as_measured(void **state)
{
	struct boot *b = good_boot(0);
	const uint8_t *data = b->log.event[1].data;

	(void)state;
	b->bytes.data[(size_t)(data - b->bytes.data) + b->log.event[1].data_len - 1] = 1;
	judge(SNP_BOOT, b, "policy.secure-boot", "altered event");
}

/* What the boot loader may do to a log: it extends PCR 7 itself, and types are in no digest. */
static void secure_boot_by_firmware(void **state)
{
	static const uint16_t banks[] = {HASH_SHA1, HASH_SHA256};
	struct boot *b = good_boot(0);

	(void)state;
	eventlog_done(&b->log);
	build_event(&b->bytes, 7, EV_EFI_ACTION, "\0\0\0\0", 4);
	build_secure_boot(&b->bytes, 1);
	assert_int_equal(eventlog_parse(&b->log, b->bytes.data, b->bytes.len, NULL), 0);
	b->log.event[1].type = EV_EFI_ACTION;
	judge(SNP_BOOT, b, "policy.secure-boot", "an event behind the separator");

	/* an event without a digest of the bank that is replayed */
	b = good_boot(0);
	eventlog_done(&b->log);
	buf_done(&b->bytes);
	build_start(&b->bytes, 0, banks, ARRAY_SIZE(banks));
	build_secure_boot(&b->bytes, 1);
	assert_int_equal(eventlog_parse(&b->log, b->bytes.data, b->bytes.len, NULL), 0);
	judge(SNP_BOOT, b, "policy.secure-boot", "a digest is missing");
}

static void not_judged(void **state)
{
	struct policy p = policy_of("[boot]\nisolation = snp\n[policy]\nmrtd = " ZERO48
				    "\npcr-4 = " ZERO32 "\ntcb-milan = snp=1\nconsole = refuse\n");
	struct cJSON *decoded = json_new_object();
	const struct cJSON *list;
	struct hcl_claims c = {0};
	struct verdict v = {0};
	char all[300] = "";

	(void)state;
	policy_judge_claims(&p, &c, &v);
	assert_int_equal(policy_not_judged(&p, &v, decoded, NULL), 0);
	list = json_find(decoded, "not_judged");
	for (size_t i = 0; i < json_count(list); i++) {
		size_t len = strlen(all);

		(void)snprintf(all + len, sizeof(all) - len, "%s ", json_string(json_at(list, i)));
	}
	assert_string_equal(all, "isolation debug migration vmpl tcb-milan vlek mrtd pcr-N ");
	json_free(decoded);
	verdict_done(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(td_demands),
		cmocka_unit_test(td_status),
		cmocka_unit_test(td_isolation),
		cmocka_unit_test(claims),
		cmocka_unit_test(pcrs),
		cmocka_unit_test(whole_isolation),
		cmocka_unit_test(whole_words),
		cmocka_unit_test(whole_offline),
		cmocka_unit_test(whole_vtpm),
		cmocka_unit_test(whole_secure_boot),
		cmocka_unit_test(whole_demands),
		cmocka_unit_test(unbound_tpm),
		cmocka_unit_test(secure_boot_as_measured),
		cmocka_unit_test(secure_boot_by_firmware),
		cmocka_unit_test(not_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
