/* SPDX-License-Identifier: MIT */
#include "guest.h"

#include "child.h"
#include "deadline.h"
#include "file.h"
#include "luks_image.h"
#include "platform.h"
#include "recovery_key.h"
#include "reseal.h"
#include "source.h"
#include "volume.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "../unit/eventlog_builder.h"

#define PASSPHRASE "the old passphrase"

/* --- the folder --- */

static void make_log_folder(struct guest *g, const char *root)
{
	static const char *const parts[] = {"sys", "kernel", "security", "tpm0"};
	char path[200];
	size_t at = (size_t)snprintf(path, sizeof(path), "%s", root);

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		at += (size_t)snprintf(path + at, sizeof(path) - at, "/%s", parts[i]);
		(void)mkdir(path, 0755);
	}
	(void)snprintf(g->log, sizeof(g->log), "%s/binary_bios_measurements", path);
}

void guest_folder(struct guest *g, const char *dir)
{
	char root[128];

	(void)snprintf(g->image, sizeof(g->image), "%s/image", dir);
	(void)snprintf(g->passphrase, sizeof(g->passphrase), "%s/passphrase", dir);
	(void)snprintf(g->recovery, sizeof(g->recovery), "%s/recovery", dir);
	(void)snprintf(g->approve_key, sizeof(g->approve_key), "%s/approve.pem", dir);
	(void)snprintf(g->config_dir, sizeof(g->config_dir), "%s/etc", dir);
	(void)snprintf(root, sizeof(root), "%s/root", dir);
	(void)mkdir(root, 0755);
	platform_set_root(root);
	(void)mkdir(g->config_dir, 0755);
	make_log_folder(g, root);
}

static void config_path(const struct guest *g, char out[192])
{
	(void)snprintf(out, 192, "%s/cvmcrypt.conf", g->config_dir);
}

static void load_config(struct guest *g)
{
	struct err e = {0};

	if (config_load(&g->config, g->config_dir, &e) < 0)
		fail_msg("%s", e.msg);
}

void guest_configure(struct guest *g)
{
	static const char head[] = "[boot]\nprofile = uki\nisolation = none\n[volume root]\nrole = os\n"
				   "mapping = root\nsources = tpm2\ndevice = ";
	char path[192], text[512];

	config_path(g, path);
	(void)snprintf(text, sizeof(text), "%s%s\n", head, g->image);
	if (!file_exists(path))
		assert_int_equal(file_replace(path, text, strlen(text), 0644, NULL), 0);
	load_config(g);
}

bool guest_new_disk(struct guest *g)
{
	char path[192];

	config_path(g, path);
	(void)unlink(path);
	(void)unlink(g->approve_key);
	(void)state_forget("root", NULL);
	if (file_replace(g->passphrase, PASSPHRASE, strlen(PASSPHRASE), 0600, NULL) < 0 ||
	    !luks_image_format(g->image, g->passphrase))
		return false;
	guest_configure(g);
	return true;
}

int guest_passphrase(struct secret *ret, struct err *reterr)
{
	char text[] = PASSPHRASE;

	return secret_absorb(ret, text, strlen(PASSPHRASE), reterr);
}

/* --- a boot up to unlock --- */

static void extend(struct guest *g, struct buf *log, unsigned pcr, uint32_t type, const char *data)
{
	assert_int_equal(tpm_pcr_extend(g->tpm, pcr, data, strlen(data), NULL), 0);
	build_event(log, pcr, type, data, strlen(data));
}

static void section(struct guest *g, struct buf *log, const char *name, const char *contents)
{
	assert_int_equal(tpm_pcr_extend(g->tpm, 11, name, strlen(name) + 1, NULL), 0);
	assert_int_equal(tpm_pcr_extend(g->tpm, 11, contents, strlen(contents), NULL), 0);
	build_section(log, name, contents);
}

void guest_measure(struct guest *g, const char *uki, const char *cmdline)
{
	struct buf log;

	build_start_sha256(&log);
	extend(g, &log, 7, 0x80000007, "Secure Boot on");
	extend(g, &log, 4, EV_EFI_BOOT_SERVICES_APPLICATION, uki);
	section(g, &log, ".linux", uki);
	if (cmdline)
		section(g, &log, ".cmdline", cmdline);
	section(g, &log, ".initrd", "initrd");
	assert_int_equal(file_replace(g->log, log.data, log.len, 0600, NULL), 0);
	buf_done(&log);
}

void guest_connect_tpm(struct guest *g)
{
	struct err e = {0};

	/* the software TPM serves one client at a time, and needs a moment between two */
	for (int i = 0; i < 50; i++) {
		if (tpm_open(&g->tpm, g->swtpm.conf, true, &e) == 0)
			return;
		sleep_until(deadline_in(50));
	}
	fail_msg("%s", e.msg);
}

int guest_begin_report(struct guest *g, struct err *reterr)
{
	g->report = (struct boot_report){.volume_count = 1};
	(void)snprintf(g->report.volume[0].name, sizeof(g->report.volume[0].name), "root");
	return tpm_pcr_read(g->tpm, config_pcr_mask(&g->config), &g->report.pcrs, reterr);
}

void guest_boot(struct guest *g, const char *uki, const char *cmdline)
{
	tpm_freep(&g->tpm);
	assert_true(swtpm_reset(&g->swtpm));
	guest_connect_tpm(g);
	guest_measure(g, uki, cmdline);
	assert_int_equal(guest_begin_report(g, NULL), 0);
}

/* --- the steps --- */

static int keep_key(struct recovery_sink *sink, const char *volume, const struct secret *text,
		    struct err *reterr)
{
	(void)volume;
	return file_replace(sink->destination, text->bytes, RECOVERY_KEY_TEXT, 0600, reterr);
}

int guest_recovery_key(const struct guest *g, struct secret *ret, struct err *reterr)
{
	_cleanup_buf_ struct buf b = BUF_INIT(0);
	int r = file_read(g->recovery, 256, &b, reterr);

	return r < 0 ? r : recovery_key_parse((const char *)b.data, b.len, ret, reterr);
}

int guest_enroll(struct guest *g, bool with_tpm, struct err *reterr)
{
	_cleanup_secret_ struct secret old = SECRET_INIT;
	struct enroll_result res = {.s = SECRET_INIT};
	struct recovery_sink sink = {.deliver = keep_key, .destination = g->recovery};
	int r = guest_passphrase(&old, reterr);

	if (r == 0)
		r = enroll_volume(&(struct enroll_request){.config = &g->config,
			.volume = config_volume(&g->config, "root"), .device = g->image,
			.passphrase = &old, .approve_key = g->approve_key, .sink = &sink,
			.tpm = with_tpm ? g->tpm : NULL}, &res, reterr);
	secret_clear(&res.s);
	if (r == 0)
		load_config(g);
	return r;
}

/* S by the recovery key, for a header that belongs to the record. */
static int accept_by_recovery(struct guest *g, struct volume *v, struct secret *s, struct err *reterr)
{
	_cleanup_secret_ struct secret key = SECRET_INIT;
	int r = volume_load(v, g->image, false, reterr);

	if (r == 0)
		r = guest_recovery_key(g, &key, reterr);
	if (r == 0)
		r = source_recovery(&v->record, &key, s, reterr);
	if (r == 0)
		r = volume_accept(v, s, config_volume(&g->config, "root")->id, reterr);
	return r;
}

int guest_observe(struct guest *g, struct err *reterr)
{
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	_cleanup_secret_ struct secret s = SECRET_INIT;
	_cleanup_buf_ struct buf out = BUF_INIT(RECORD_TEXT_MAX + 1);
	struct record record;
	int r = accept_by_recovery(g, &v, &s, reterr);

	if (r < 0)
		return r;
	g->report.volume[0].opened = true;
	memcpy(g->report.volume[0].record, v.record.id, RECORD_ID_SIZE);
	g->report.volume[0].state = v.record.approval_count ? VOLUME_OPEN : VOLUME_OBSERVED;
	(void)snprintf(g->report.volume[0].source, 16, "recovery");
	record = v.record;
	r = reseal_record(g->tpm, &record, &v.header, &s, reterr);
	if (r <= 0)
		return r;
	r = record_format(&record, &out, reterr);
	return r < 0 ? r : boot_stage_write("root", out.data, out.len, reterr);
}

int guest_unlock(struct guest *g, struct err *reterr)
{
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	_cleanup_secret_ struct secret s = SECRET_INIT, key = SECRET_INIT;
	int r, approval = -1, pcr = -1;

	r = volume_load(&v, g->image, false, reterr);
	if (r == 0)
		r = source_tpm2(g->tpm, &v.record, &g->report.pcrs, &s, &approval, &pcr, reterr);
	if (r == 0)
		r = volume_accept(&v, &s, config_volume(&g->config, "root")->id, reterr);
	if (r == 0)
		r = volume_key(&v, &s, &key, reterr);
	if (r < 0)
		return r;
	g->report.volume[0].opened = true;
	memcpy(g->report.volume[0].record, v.record.id, RECORD_ID_SIZE);
	g->report.volume[0].state = VOLUME_OPEN;
	g->report.volume[0].approval = v.record.approvals[approval].number;
	(void)snprintf(g->report.volume[0].source, 16, "tpm2");
	return 0;
}

struct approve_request guest_approve_request(struct guest *g)
{
	return (struct approve_request){.config = &g->config,
		.volume = config_volume(&g->config, "root"), .report = &g->report, .tpm = g->tpm,
		.approve_key = g->approve_key, .device = g->image};
}

int guest_commit(struct guest *g, struct commit_result *ret, struct err *reterr)
{
	struct approve_request q = guest_approve_request(g);

	return commit_volume(&q, ret, reterr);
}

int guest_approve(struct guest *g, bool accept_changes, struct err *reterr)
{
	struct approve_request q = guest_approve_request(g);
	uint64_t number;

	q.accept_changes = accept_changes;
	return approve_boot(&q, &number, reterr);
}

int guest_recovery_replace(struct guest *g, const struct secret *old, struct err *reterr)
{
	struct recovery_sink sink = {.deliver = keep_key, .destination = g->recovery};

	return recovery_replace(g->image, config_volume(&g->config, "root")->id, old, "root", &sink, reterr);
}

int guest_judge(struct guest *g, struct err *reterr)
{
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	_cleanup_secret_ struct secret s = SECRET_INIT;
	int r = accept_by_recovery(g, &v, &s, reterr);

	return r == -E_RECORD_ABSENT ? 0 : r;
}

size_t guest_approvals(const struct guest *g)
{
	_cleanup_volume_ struct volume v = VOLUME_INIT;

	assert_int_equal(volume_load(&v, g->image, false, NULL), 0);
	return v.record.approval_count;
}
