/* SPDX-License-Identifier: MIT */
/* The event log at boot: what it says counts where its replay gives the values of the TPM, only there. */
#include "codec.h"
#include "evidence_internal.h"
#include "platform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "eventlog_builder.h"

#define LOG "/sys/kernel/security/tpm0/binary_bios_measurements"
#define BOOT "[boot]\nisolation = snp\n[policy]\nsecure-boot = any\n"

static char top[] = "/tmp/cvmcrypt-log-XXXXXX";

static int each_folder(bool make)
{
	char path[160], *slash;

	(void)snprintf(path, sizeof(path), "%s" LOG, top);
	if (!make) {
		(void)remove(path);
		while ((slash = strrchr(path, '/')) && slash != path + strlen("/tmp")) {
			*slash = '\0';
			(void)remove(path);
		}
		return 0;
	}
	for (slash = path + sizeof(top); (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(path, 0700) < 0)
			return -1;
		*slash = '/';
	}
	return 0;
}

static int make_tree(void **state)
{
	(void)state;
	return mkdtemp(top) ? each_folder(true) : -1;
}

static int remove_tree(void **state)
{
	(void)state;
	platform_set_root("/");
	return each_folder(false);
}

/* The values that a boot with this text in PCR 9 leaves, and the log of it, or one that says so. */
static void build(struct buf *log, const char *text)
{
	build_start_sha256(log);
	build_event(log, 4, EV_EFI_ACTION, "Calling", 7);
	build_event(log, 9, EV_IPL, text, strlen(text));
}

/* The first failure when PCR 9 has `measured` and the log tells of `logged`. */
static const char *judge(const char *policy, const char *measured, const char *logged)
{
	static char failed[48];
	_cleanup_buf_ struct buf truth = {0}, told = {0};
	_cleanup_eventlog_ struct eventlog log = {0};
	struct collect_request q = {0};
	struct collection *c = calloc(1, sizeof(*c));
	struct errand x = {.q = &q, .c = c};
	struct config config;
	char path[160];
	const struct check *first;

	assert_non_null(c);
	config_init(&config);
	assert_int_equal(config_parse(&config, "test", policy, strlen(policy), NULL), 0);
	q.config = &config;
	build(&truth, measured);
	build(&told, logged);
	assert_int_equal(eventlog_parse(&log, truth.data, truth.len, NULL), 0);
	assert_int_equal(eventlog_replay_sha256(&log, &c->pcr_set, NULL), 0);
	(void)snprintf(path, sizeof(path), "%s" LOG, top);
	assert_int_equal(file_replace(path, told.data, told.len, 0600, NULL), 0);
	platform_set_root(top);
	evidence_event_log(&x);
	first = verdict_first_failure(&c->verdict);
	(void)snprintf(failed, sizeof(failed), "%s", first ? first->name : "");
	assert_int_equal(c->evidence.log_replayed, first == NULL);
	collection_freep(&c);
	return failed;
}

static void test_replay(void **state)
{
	char of_sha256[300], of_sha384[300], hex[HEX_SIZE(48)];
	uint8_t digest[48] = {0};

	(void)state;
	assert_int_equal(crypto_sha256("good", 4, digest, NULL), 0);
	hex_encode(hex, digest, 32);
	(void)snprintf(of_sha256, sizeof(of_sha256), BOOT "event-9 = EV_IPL %s\n", hex);
	hex_encode(hex, digest, 48);
	(void)snprintf(of_sha384, sizeof(of_sha384), BOOT "event-9 = EV_IPL %s\n", hex);
	assert_string_equal(judge(of_sha256, "good", "good"), "");
	/* the boot loader extended something else, and tells what is wanted */
	assert_string_equal(judge(of_sha256, "evil", "good"), "eventlog.replay");
	/* no value of that bank was read that the log could be held against */
	assert_string_equal(judge(of_sha384, "good", "good"), "eventlog.bank");
}

/* Others extend the higher PCRs and log elsewhere: without a demand on them they don't count. */
static void test_others(void **state)
{
	static const char text[] = "[boot]\nisolation = snp\n[policy]\nsecure-boot = required\n";

	(void)state;
	assert_string_equal(judge(text, "more", "less"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
