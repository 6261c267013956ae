/* SPDX-License-Identifier: MIT */
/*
 * A volume's life on an image file and a software TPM: enrolled, observed, opened by the TPM, committed,
 * changed, refused, revoked, moved to another TPM, unenrolled. `--op NAME FOLDER` does one step alone, for
 * tests/fault/sweep_lifecycle.
 */
#include "boot_report.h"
#include "deadline.h"
#include "enroll.h"
#include "file.h"
#include "kdf.h"
#include "lifecycle.h"
#include "platform.h"
#include "recovery_key.h"
#include "reseal.h"
#include "source.h"
#include "swtpm.h"
#include "volume.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "../unit/eventlog_builder.h"

#define OLD "the old passphrase"

static char folder[64] = "/tmp/cvmcrypt-life.XXXXXX", image[128], config_dir[128], key_path[128],
	    log_path[300];
static struct swtpm tpm_server;

/* --- a machine --- */

struct machine {
	struct config config;
	struct tpm *tpm;
	struct boot_report report;
};

static int make_folders(void)
{
	char path[200];

	(void)snprintf(image, sizeof(image), "%s/image", folder);
	(void)snprintf(config_dir, sizeof(config_dir), "%s/etc", folder);
	(void)snprintf(key_path, sizeof(key_path), "%s/approve.pem", folder);
	(void)snprintf(path, sizeof(path), "%s/root", folder);
	(void)mkdir(path, 0755);
	platform_set_root(path);
	(void)mkdir(config_dir, 0755);
	return 0;
}

static void make_log_folder(void)
{
	static const char *const parts[] = {"sys", "kernel", "security", "tpm0"};
	char path[200];
	size_t at = (size_t)snprintf(path, sizeof(path), "%s/root", folder);

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		at += (size_t)snprintf(path + at, sizeof(path) - at, "/%s", parts[i]);
		(void)mkdir(path, 0755);
	}
	(void)snprintf(log_path, sizeof(log_path), "%s/binary_bios_measurements", path);
}

static void write_config(void)
{
	static const char head[] = "[boot]\nprofile = uki\nisolation = none\n[volume root]\nrole = os\n"
				   "mapping = root\nsources = tpm2\ndevice = ";
	char path[192], text[512];

	(void)snprintf(path, sizeof(path), "%s/cvmcrypt.conf", config_dir);
	(void)snprintf(text, sizeof(text), "%s%s\n", head, image);
	if (!file_exists(path))
		assert_int_equal(file_replace(path, text, strlen(text), 0644, NULL), 0);
}

static void load_config(struct machine *m)
{
	struct err e = {0};

	if (config_load(&m->config, config_dir, &e) < 0)
		fail_msg("%s", e.msg);
}

static void extend(struct machine *m, struct buf *log, unsigned pcr, uint32_t type, const char *data)
{
	assert_int_equal(tpm_pcr_extend(m->tpm, pcr, data, strlen(data), NULL), 0);
	build_event(log, pcr, type, data, strlen(data));
}

static void section(struct machine *m, struct buf *log, const char *name, const char *contents)
{
	assert_int_equal(tpm_pcr_extend(m->tpm, 11, name, strlen(name) + 1, NULL), 0);
	assert_int_equal(tpm_pcr_extend(m->tpm, 11, contents, strlen(contents), NULL), 0);
	build_section(log, name, contents);
}

/* Firmware and stub of a boot: PCRs and log agree. cmdline NULL: a UKI without one. */
static void measure(struct machine *m, const char *uki, const char *cmdline)
{
	struct buf log;

	build_start_sha256(&log);
	extend(m, &log, 7, 0x80000007, "Secure Boot on");
	extend(m, &log, 4, EV_EFI_BOOT_SERVICES_APPLICATION, uki);
	section(m, &log, ".linux", uki);
	if (cmdline)
		section(m, &log, ".cmdline", cmdline);
	section(m, &log, ".initrd", "initrd");
	assert_int_equal(file_replace(log_path, log.data, log.len, 0600, NULL), 0);
	buf_done(&log);
}

static void open_tpm(struct machine *m)
{
	struct err e = {0};

	/* the software TPM serves one client at a time, and needs a moment between two */
	for (int i = 0; i < 50; i++) {
		if (tpm_open(&m->tpm, tpm_server.conf, true, &e) == 0)
			return;
		sleep_until(deadline_in(50));
	}
	fail_msg("%s", e.msg);
}

static void reset(struct machine *m, const char *uki, const char *cmdline)
{
	tpm_freep(&m->tpm);
	assert_true(swtpm_reset(&tpm_server));
	open_tpm(m);
	measure(m, uki, cmdline);
	m->report = (struct boot_report){.volume_count = 1};
	(void)snprintf(m->report.volume[0].name, sizeof(m->report.volume[0].name), "root");
	assert_int_equal(tpm_pcr_read(m->tpm, config_pcr_mask(&m->config), &m->report.pcrs, NULL), 0);
}

/* --- the steps of a boot, without a mapping --- */

static char recovery_text[RECOVERY_KEY_TEXT + 1];

static int keep_text(struct recovery_sink *sink, const char *volume, const struct secret *text,
		     struct err *reterr)
{
	char path[128];

	(void)sink;
	(void)volume;
	memcpy(recovery_text, text->bytes, text->len);
	(void)snprintf(path, sizeof(path), "%s/recovery", folder);
	return file_replace(path, recovery_text, RECOVERY_KEY_TEXT, 0600, reterr);
}

static int text_secret(struct secret *ret, struct err *reterr)
{
	_cleanup_buf_ struct buf b = BUF_INIT(0);
	char path[128];
	int r;

	(void)snprintf(path, sizeof(path), "%s/recovery", folder);
	r = file_read(path, 256, &b, reterr);
	return r < 0 ? r : recovery_key_parse((const char *)b.data, b.len, ret, reterr);
}

static int do_enroll(struct machine *m, bool with_tpm, struct err *e)
{
	_cleanup_secret_ struct secret old = SECRET_INIT;
	struct enroll_result res = {.s = SECRET_INIT};
	struct recovery_sink sink = {.deliver = keep_text};
	char pass[] = OLD;
	int r = secret_absorb(&old, pass, strlen(OLD), e);

	if (r == 0)
		r = enroll_volume(&(struct enroll_request){.config = &m->config,
			.volume = config_volume(&m->config, "root"), .device = image, .passphrase = &old,
			.approve_key = key_path, .sink = &sink, .tpm = with_tpm ? m->tpm : NULL},
			&res, e);
	secret_clear(&res.s);
	if (r == 0)
		load_config(m);
	return r;
}

/* S by the recovery key, header checks, then what the observed boot stages. */
static int do_observe(struct machine *m, struct err *e)
{
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	_cleanup_secret_ struct secret text = SECRET_INIT, s = SECRET_INIT;
	_cleanup_buf_ struct buf out = BUF_INIT(RECORD_TEXT_MAX + 1);
	struct record record;
	int r;

	r = volume_load(&v, image, false, e);
	if (r == 0)
		r = text_secret(&text, e);
	if (r == 0)
		r = source_recovery(&v.record, &text, &s, e);
	if (r == 0)
		r = volume_accept(&v, &s, config_volume(&m->config, "root")->id, e);
	if (r < 0)
		return r;
	m->report.volume[0].opened = true;
	m->report.volume[0].state = v.record.approval_count ? VOLUME_OPEN : VOLUME_OBSERVED;
	(void)snprintf(m->report.volume[0].source, 16, "recovery");
	record = v.record;
	r = reseal_record(m->tpm, &record, &v.header, &s, e);
	if (r <= 0)
		return r;
	r = record_format(&record, &out, e);
	return r < 0 ? r : boot_stage_write("root", out.data, out.len, e);
}

static int do_unlock(struct machine *m, struct err *e)
{
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	_cleanup_secret_ struct secret s = SECRET_INIT, key = SECRET_INIT;
	int r, approval = -1, pcr = -1;

	r = volume_load(&v, image, false, e);
	if (r == 0)
		r = source_tpm2(m->tpm, &v.record, &m->report.pcrs, &s, &approval, &pcr, e);
	if (r == 0)
		r = volume_accept(&v, &s, config_volume(&m->config, "root")->id, e);
	if (r == 0)
		r = volume_key(&v, &s, &key, e);
	if (r < 0)
		return r;
	m->report.volume[0].opened = true;
	m->report.volume[0].state = VOLUME_OPEN;
	m->report.volume[0].approval = v.record.approvals[approval].number;
	(void)snprintf(m->report.volume[0].source, 16, "tpm2");
	return 0;
}

static struct approve_request request(struct machine *m)
{
	return (struct approve_request){.config = &m->config,
		.volume = config_volume(&m->config, "root"), .report = &m->report, .tpm = m->tpm,
		.approve_key = key_path, .device = image};
}

static int do_commit(struct machine *m, struct commit_result *res, struct err *e)
{
	struct approve_request q = request(m);

	return commit_volume(&q, res, e);
}

static int do_approve(struct machine *m, bool accept, struct err *e)
{
	struct approve_request q = request(m);
	uint64_t number;

	q.accept_changes = accept;
	return approve_boot(&q, &number, e);
}

static size_t approvals(void)
{
	_cleanup_volume_ struct volume v = VOLUME_INIT;

	assert_int_equal(volume_load(&v, image, false, NULL), 0);
	return v.record.approval_count;
}

#define OK(call) do { int _r = (call); if (_r < 0) fail_msg("%s: E%d %s", #call, -_r, e.msg); } while (0)
#define FAILS(code, call) do { int _r = (call); if (_r != -(code)) \
	fail_msg("%s: %d instead of -%d: %s", #call, _r, code, e.msg); } while (0)

/* --- set-up --- */

static int format_image(void)
{
	char command[512];

	(void)snprintf(command, sizeof(command),
		       "rm -rf %s/image %s/etc/cvmcrypt.conf %s/approve.pem && truncate -s 20M %s/image && "
		       "printf '%s' | cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 "
		       "--pbkdf-force-iterations 1000 %s/image -", folder, folder, folder, folder, OLD,
		       folder);
	return system(command);
}

static int each(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));

	if (!m || format_image() != 0)
		return -1;
	(void)state_forget("root", NULL);
	boot_stage_remove("root");
	write_config();
	load_config(m);
	*state = m;
	if (!swtpm_replace(&tpm_server))
		return -1;
	reset(m, "uki 1", "root=/dev/mapper/root");
	return 0;
}

static int each_done(void **state)
{
	struct machine *m = *state;

	tpm_freep(&m->tpm);
	free(m);
	return 0;
}

/* Enrolled, observed, committed: what a machine looks like after its first boot. */
static void first_boot(struct machine *m, bool with_tpm)
{
	struct commit_result res;
	struct err e = {0};

	OK(do_enroll(m, with_tpm, &e));
	reset(m, "uki 1", "root=/dev/mapper/root");
	OK(do_observe(m, &e));
	OK(tpm_door_close(m->tpm, &e));
	OK(do_commit(m, &res, &e));
	assert_true(res.approved);
}

/* --- tests --- */

static void test_life(void **state)
{
	struct machine *m = *state;
	struct commit_result res;
	struct err e = {0};

	FAILS(E_RECORD_ABSENT, do_unlock(m, &e));
	first_boot(m, false);
	reset(m, "uki 1", "root=/dev/mapper/root");
	OK(do_unlock(m, &e));
	OK(tpm_door_close(m->tpm, &e));
	OK(do_commit(m, &res, &e));
	assert_true(res.proven);
	OK(do_commit(m, &res, &e));
	assert_false(res.proven);
	/* the door is closed: not again in this boot */
	OK(tpm_pcr_read(m->tpm, config_pcr_mask(&m->config), &m->report.pcrs, &e));
	FAILS(E_DOOR_CLOSED, do_unlock(m, &e));
}

static void test_enrolled_with_tpm(void **state)
{
	struct machine *m = *state;
	struct err e = {0};

	first_boot(m, true);
	reset(m, "uki 1", "root=/dev/mapper/root");
	OK(do_unlock(m, &e));
	FAILS(E_ENROLLED, do_enroll(m, true, &e));
}

static void test_changed_boot(void **state)
{
	struct machine *m = *state;
	struct commit_result res;
	struct err e = {0};

	first_boot(m, false);
	reset(m, "uki 1", "root=/dev/mapper/root evil");
	FAILS(E_PCR_MISMATCH, do_unlock(m, &e));
	assert_non_null(strstr(e.msg, "PCR 11"));
	/* a typed key opens it, but approves nothing by itself */
	OK(do_observe(m, &e));
	OK(do_commit(m, &res, &e));
	assert_false(res.approved);
	FAILS(E_CHANGES, do_approve(m, false, &e));
	assert_int_equal(approvals(), 1);
	OK(do_approve(m, true, &e));
	assert_int_equal(approvals(), 2);
	OK(do_approve(m, false, &e));
	assert_int_equal(approvals(), 2);
}

static void test_uncovered(void **state)
{
	struct machine *m = *state;
	struct commit_result res;
	struct err e = {0};

	OK(do_enroll(m, false, &e));
	reset(m, "uki 1", NULL);
	OK(do_observe(m, &e));
	FAILS(E_PROFILE_UNCOVERED, do_commit(m, &res, &e));
	assert_non_null(strstr(e.msg, ".cmdline"));
	OK(file_replace(log_path, "", 0, 0600, &e));
	FAILS(E_EVENTLOG_ABSENT, do_commit(m, &res, &e));
}

/* The host takes the approvals out of the header: somebody types the key, nothing is approved. */
static void test_approvals_stripped(void **state)
{
	struct machine *m = *state;
	struct commit_result res;
	struct err e = {0};

	first_boot(m, false);
	reset(m, "other", "root=/dev/mapper/root");
	OK(do_observe(m, &e));
	m->report.volume[0].state = VOLUME_OBSERVED;
	OK(do_commit(m, &res, &e));
	assert_false(res.approved);
	assert_int_equal(approvals(), 1);
}

static void boot_and_commit(struct machine *m, const char *uki, struct commit_result *res)
{
	struct err e = {0};

	reset(m, uki, "root=/dev/mapper/root");
	if (do_unlock(m, &e) < 0) {
		OK(do_observe(m, &e));
		OK(do_approve(m, true, &e));
		reset(m, uki, "root=/dev/mapper/root");
		OK(do_unlock(m, &e));
	}
	OK(do_commit(m, res, &e));
}

/* Current and last good stay; what is older is revoked, also for a host that kept the old header. */
static void test_revocation(void **state)
{
	struct machine *m = *state;
	_cleanup_volume_ struct volume old = VOLUME_INIT;
	_cleanup_secret_ struct secret s = SECRET_INIT;
	struct commit_result res;
	struct err e = {0};
	int approval, pcr;

	first_boot(m, false);
	OK(volume_load(&old, image, false, &e));
	boot_and_commit(m, "uki 1", &res);
	boot_and_commit(m, "uki 2", &res);
	assert_int_equal(res.revoked, 0);
	assert_int_equal(approvals(), 2);
	boot_and_commit(m, "uki 3", &res);
	assert_int_equal(res.revoked, 1);
	boot_and_commit(m, "uki 2", &res);
	reset(m, "uki 1", "root=/dev/mapper/root");
	FAILS(E_PCR_MISMATCH, do_unlock(m, &e));
	FAILS(E_APPROVAL_REVOKED, source_tpm2(m->tpm, &old.record, &m->report.pcrs, &s, &approval, &pcr, &e));
}

/* What a host can do to the record between unlock and commit. */
static void tamper(void (*change)(struct record *))
{
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	_cleanup_luks_store_ struct luks_store *store = NULL;
	_cleanup_buf_ struct buf text = BUF_INIT(RECORD_TEXT_MAX + 1);
	const struct luks2_token *token;
	int number;

	assert_int_equal(volume_load(&v, image, false, NULL), 0);
	assert_int_equal(luks2_header_token(&v.header, RECORD_TYPE, &token, NULL), 0);
	change(&v.record);
	assert_int_equal(record_format(&v.record, &text, NULL), 0);
	assert_int_equal(luks_store_open(&store, image, NULL), 0);
	assert_int_equal(luks_store_put_token(store, token->id, (char *)text.data, &number, NULL), 0);
}

static void narrow_mask(struct record *r)
{
	for (size_t i = 0; i < r->way_count; i++)
		if (r->ways[i].type == WAY_TPM2)
			r->ways[i].tpm2.pcr_mask = PCR_BIT(4) | PCR_BIT(15);
	r->approval_count = 0;
}

static void test_narrow_mask(void **state)
{
	struct machine *m = *state;
	struct err e = {0};

	first_boot(m, false);
	reset(m, "uki 2", "root=/dev/mapper/root");
	OK(do_observe(m, &e));
	tamper(narrow_mask);
	FAILS(E_RECORD_MALFORMED, do_approve(m, true, &e));
	assert_non_null(strstr(e.msg, "4+7+11+12+13+15"));
}

static void high_number(struct record *r)
{
	r->approvals[0].number = UINT64_MAX - 1;
	r->approvals[0].pcr_short[0][0] ^= 1;
}

static void test_high_number(void **state)
{
	struct machine *m = *state;
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	uint64_t counter;
	struct err e = {0};

	first_boot(m, false);
	reset(m, "uki 2", "root=/dev/mapper/root");
	OK(do_observe(m, &e));
	tamper(high_number);
	OK(do_approve(m, true, &e));
	OK(tpm_counter_read(m->tpm, &counter, &e));
	assert_int_equal(volume_load(&v, image, false, NULL), 0);
	/* the forged one is gone, the new one has a number that the counter can reach */
	assert_int_equal(v.record.approval_count, 1);
	assert_in_range(v.record.approvals[0].number, counter, counter + 1);
}

/* An approval of the present values that nobody signed. */
static void forge(struct record *r)
{
	struct approval *a = &r->approvals[r->approval_count++];

	*a = r->approvals[0];
	a->number += 1;
	a->signature[0] ^= 1;
}

static void test_forged_approval(void **state)
{
	struct machine *m = *state;
	struct commit_result res;
	struct err e = {0};

	first_boot(m, false);
	reset(m, "uki 1", "root=/dev/mapper/root");
	/* it does not stand before the genuine one */
	tamper(forge);
	OK(do_unlock(m, &e));
	OK(do_commit(m, &res, &e));
	/* nor is it believed where values are approved */
	OK(do_approve(m, false, &e));
	assert_int_equal(approvals(), 1);
}

/* Revoking goes by what is newer, too: image 1 is booted, image 2 has to go. */
static void test_revoke_others(void **state)
{
	struct machine *m = *state;
	struct approve_request q;
	struct commit_result res;
	uint64_t number;
	struct err e = {0};

	first_boot(m, false);
	boot_and_commit(m, "uki 1", &res);
	boot_and_commit(m, "uki 2", &res);
	reset(m, "uki 1", "root=/dev/mapper/root");
	OK(do_unlock(m, &e));
	q = request(m);
	q.revoke_others = true;
	OK(approve_boot(&q, &number, &e));
	reset(m, "uki 2", "root=/dev/mapper/root");
	FAILS(E_APPROVAL_REVOKED, do_unlock(m, &e));
	e = (struct err){0};
	reset(m, "uki 1", "root=/dev/mapper/root");
	OK(do_unlock(m, &e));
}

/* The log was written by the host: PCR 11 does not bear it out. */
static void test_invented_log(void **state)
{
	struct machine *m = *state;
	struct commit_result res;
	struct err e = {0};

	OK(do_enroll(m, false, &e));
	reset(m, "uki 1", "root=/dev/mapper/root");
	m->report.pcrs.value[11][0] ^= 1;
	OK(do_observe(m, &e));
	FAILS(E_UNEXPLAINED, do_commit(m, &res, &e));
	assert_non_null(strstr(e.msg, "PCR 11"));
}

/* Keeps the oldest approval, as if it were the last good one. */
static struct approval oldest;

static void keep_oldest(struct record *r)
{
	r->approvals[r->approval_count++] = oldest;
}

static void test_flags_decide_nothing(void **state)
{
	struct machine *m = *state;
	_cleanup_volume_ struct volume old = VOLUME_INIT;
	_cleanup_secret_ struct secret s = SECRET_INIT;
	struct commit_result res;
	struct err e = {0};
	int approval, pcr;

	first_boot(m, false);
	boot_and_commit(m, "uki 1", &res);
	OK(volume_load(&old, image, false, &e));
	oldest = old.record.approvals[0];
	assert_true(oldest.proven);
	boot_and_commit(m, "uki 2", &res);
	boot_and_commit(m, "uki 3", &res);
	tamper(keep_oldest);
	boot_and_commit(m, "uki 3", &res);
	reset(m, "uki 1", "root=/dev/mapper/root");
	FAILS(E_APPROVAL_REVOKED, source_tpm2(m->tpm, &old.record, &m->report.pcrs, &s, &approval, &pcr, &e));
}

static void test_other_tpm(void **state)
{
	struct machine *m = *state;
	struct commit_result res;
	struct err e = {0};

	first_boot(m, false);
	tpm_freep(&m->tpm);
	assert_true(swtpm_replace(&tpm_server));
	reset(m, "uki 1", "root=/dev/mapper/root");
	FAILS(E_TPM_OTHER, do_unlock(m, &e));
	/* recovery seals to the new one; a person has to accept it */
	OK(do_observe(m, &e));
	OK(do_commit(m, &res, &e));
	assert_false(res.approved);
	OK(do_approve(m, true, &e));
	reset(m, "uki 1", "root=/dev/mapper/root");
	OK(do_unlock(m, &e));
}

/* Another OS on the same TPM seals its own secret to our values and plants its whole disk. */
static void test_planted_disk(void **state)
{
	struct machine *m = *state;
	struct config ours;
	struct err e = {0};

	first_boot(m, false);
	ours = m->config;
	assert_int_equal(format_image(), 0);
	(void)state_forget("root", NULL);
	write_config();
	load_config(m);
	first_boot(m, false);
	reset(m, "uki 1", "root=/dev/mapper/root");
	OK(do_unlock(m, &e));
	m->config = ours;
	FAILS(E_ANCHOR, do_unlock(m, &e));
}

static void test_recovery_replace(void **state)
{
	struct machine *m = *state;
	_cleanup_secret_ struct secret old = SECRET_INIT;
	struct recovery_sink sink = {.deliver = keep_text};
	struct err e = {0};

	first_boot(m, false);
	OK(text_secret(&old, &e));
	OK(recovery_replace(image, &old, "root", &sink, &e));
	FAILS(E_RECOVERY_WRONG, recovery_replace(image, &old, "root", &sink, &e));
	OK(do_observe(m, &e));
	reset(m, "uki 1", "root=/dev/mapper/root");
	OK(do_unlock(m, &e));
}

static void test_unenroll(void **state)
{
	struct machine *m = *state;
	_cleanup_secret_ struct secret old = SECRET_INIT, text = SECRET_INIT;
	char pass[] = OLD;
	struct err e = {0};

	first_boot(m, false);
	OK(text_secret(&text, &e));
	FAILS(E_LAST_WAY, unenroll_volume(image, &text, false, &e));
	OK(secret_absorb(&old, pass, strlen(OLD), &e));
	OK(unenroll_volume(image, &old, false, &e));
	FAILS(E_RECORD_ABSENT, do_unlock(m, &e));
	OK(do_enroll(m, false, &e));
}

/* A record of another program's making: cryptsetup reencrypt leaves one whose keyslot is another. */
static void test_unenroll_by_force(void **state)
{
	struct machine *m = *state;
	_cleanup_luks_store_ struct luks_store *store = NULL;
	_cleanup_secret_ struct secret old = SECRET_INIT;
	char pass[] = OLD;
	struct err e = {0};

	OK(do_enroll(m, false, &e));
	OK(luks_store_open(&store, image, &e));
	OK(luks_store_put_token(store, 0, "{\"type\":\"cvmcrypt\",\"keyslots\":[\"1\"],\"v\":1}",
				&(int){0}, &e));
	luks_store_freep(&store);
	OK(secret_absorb(&old, pass, strlen(OLD), &e));
	FAILS(E_RECORD_MALFORMED, unenroll_volume(image, &old, false, &e));
	OK(unenroll_volume(image, &old, true, &e));
	OK(do_enroll(m, false, &e));
}

/* --- one step alone, for the sweep --- */

static int judge(struct machine *m, struct err *e)
{
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	_cleanup_secret_ struct secret text = SECRET_INIT, s = SECRET_INIT;
	int r = volume_load(&v, image, false, e);

	if (r == -E_RECORD_ABSENT)
		return 0;
	if (r == 0)
		r = text_secret(&text, e);
	if (r == 0)
		r = source_recovery(&v.record, &text, &s, e);
	if (r == 0)
		r = volume_accept(&v, &s, config_volume(&m->config, "root")->id, e);
	return r;
}

static int with_tpm(struct machine *m, const char *op, struct err *e)
{
	struct commit_result res;
	int r;

	open_tpm(m);
	m->report = (struct boot_report){.volume_count = 1};
	(void)snprintf(m->report.volume[0].name, sizeof(m->report.volume[0].name), "root");
	r = tpm_pcr_read(m->tpm, config_pcr_mask(&m->config), &m->report.pcrs, e);
	if (r == 0 && strcmp(op, "unlock") == 0)
		return do_unlock(m, e);
	if (r == 0 && strcmp(op, "commit-first") == 0) {
		r = do_observe(m, e);
		m->report.volume[0].state = VOLUME_OBSERVED;
		return r < 0 ? r : do_commit(m, &res, e);
	}
	if (r == 0 && strcmp(op, "commit-proven") == 0) {
		r = do_unlock(m, e);
		return r < 0 ? r : do_commit(m, &res, e);
	}
	if (r == 0 && strcmp(op, "measure") == 0) {
		measure(m, "uki 1", "root=/dev/mapper/root");
		return 0;
	}
	if (r == 0 && strcmp(op, "measure-other") == 0) {
		measure(m, "uki 2", "root=/dev/mapper/root");
		return 0;
	}
	if (r == 0 && strcmp(op, "reseal") == 0) {
		r = do_observe(m, e);
		return r < 0 ? r : do_approve(m, true, e) < 0 ? -e->code : 0;
	}
	return r < 0 ? r : err_set(e, E_USAGE, "no operation '%s'", op);
}

/* What tests/fault/fail_alloc.c has: from here on allocations fail. */
__attribute__((weak)) void fault_begin(void);

static int one_operation(const char *op, const char *dir)
{
	struct machine m = {0};
	struct err e = {0};
	int r;

	(void)snprintf(folder, sizeof(folder), "%s", dir);
	(void)make_folders();
	make_log_folder();
	write_config();
	load_config(&m);
	(void)snprintf(tpm_server.conf, sizeof(tpm_server.conf), "swtpm:path=%s/tpm.sock", dir);
	if (fault_begin)
		fault_begin();
	if (strcmp(op, "enroll") == 0) {
		r = do_enroll(&m, false, &e);
	} else if (strcmp(op, "judge") == 0) {
		r = judge(&m, &e);
	} else if (strcmp(op, "recovery-replace") == 0) {
		_cleanup_secret_ struct secret old = SECRET_INIT;
		struct recovery_sink sink = {.deliver = keep_text};

		r = text_secret(&old, &e);
		if (r == 0)
			r = recovery_replace(image, &old, "root", &sink, &e);
	} else if (strcmp(op, "unenroll") == 0) {
		_cleanup_secret_ struct secret old = SECRET_INIT;
		char pass[] = OLD;

		r = secret_absorb(&old, pass, strlen(OLD), &e);
		if (r == 0)
			r = unenroll_volume(image, &old, false, &e);
	} else {
		r = with_tpm(&m, op, &e);
	}
	tpm_freep(&m.tpm);
	if (r < 0)
		(void)fprintf(stderr, "E%d %s\n", -r, e.msg);
	return r < 0 ? 1 : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int make_all(void **state)
{
	(void)state;
	if (!mkdtemp(folder) || make_folders() != 0)
		return -1;
	make_log_folder();
	return swtpm_start(&tpm_server, NULL) ? 0 : -1;
}

static int remove_all(void **state)
{
	(void)state;
	swtpm_stop(&tpm_server);
	(void)state_forget("root", NULL);
	boot_stage_remove("root");
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, each, each_done)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_life), TEST(test_enrolled_with_tpm), TEST(test_changed_boot),
		TEST(test_uncovered), TEST(test_approvals_stripped), TEST(test_revocation),
		TEST(test_other_tpm), TEST(test_planted_disk), TEST(test_recovery_replace),
		TEST(test_unenroll), TEST(test_unenroll_by_force), TEST(test_narrow_mask), TEST(test_high_number),
		TEST(test_flags_decide_nothing), TEST(test_forged_approval), TEST(test_revoke_others),
		TEST(test_invented_log),
	};

	if (secret_heap_init(NULL) < 0)
		return 1;
	if (argc == 4 && strcmp(argv[1], "--op") == 0)
		return one_operation(argv[2], argv[3]);
	return cmocka_run_group_tests(tests, make_all, remove_all);
}
