/* SPDX-License-Identifier: MIT */
#include "next_boot.h"

#include "cmdline.h"
#include "enroll.h"
#include "file.h"
#include "image_check.h"
#include "platform.h"
#include "source.h"
#include "tpm.h"
#include "volume.h"

#include <stdio.h>

#define CMDLINE_FILE "/etc/kernel/cmdline"

/* What goes through all checks: the first failure, and what they share. */
struct run {
	const struct next_boot *q;
	struct tpm *tpm;
	struct pcr_set pcrs;
	uint64_t counter;
	bool counter_known;
	struct err first;
};

static void tell(struct run *run, const char *check, const char *volume, int r, const struct err *e,
		 const char *good)
{
	run->q->on_result(run->q->context, check, volume, -r, r < 0 ? e->msg : good);
	if (r < 0 && run->first.code == 0)
		run->first = *e;
}

static void check_config(struct run *run)
{
	const struct image_report silent = {0};
	struct err e = {0};
	int r = image_check_config(run->q->config_dir, file_exists(CMDLINE_FILE) ? CMDLINE_FILE : NULL,
				   &silent, &e);

	tell(run, "config", NULL, r, &e, "fit for a boot image");
}

static void check_cmdline(struct run *run)
{
	const struct volume_config *os = config_os_volume(run->q->config);
	char cmdline[PLATFORM_CMDLINE_MAX];
	struct err e = {0};
	int r = platform_cmdline(cmdline, &e);

	if (r == 0)
		r = cmdline_judge(cmdline, os ? os->mapping : NULL, true, NULL, NULL, &e);
	tell(run, "cmdline", NULL, r, &e, "of this boot: has what is required, nothing forbidden");
}

static void check_tpm(struct run *run)
{
	const struct config *c = run->q->config;
	struct err e = {0};
	int r = tpm_open(&run->tpm, run->q->tcti ? run->q->tcti : c->tpm, true, &e);

	if (r == 0)
		r = tpm_pcr_read(run->tpm, config_pcr_mask(c), &run->pcrs, &e);
	if (r < 0)
		tpm_freep(&run->tpm);
	else
		run->counter_known = tpm_counter_read(run->tpm, &run->counter, NULL) == 0;
	tell(run, "tpm", NULL, r, &e, "answers, SHA-256 bank active");
}

/* What approves boots, and which have booted, is not the host's to read or change. */
static void check_state(struct run *run)
{
	struct err e = {0};
	int r = platform_path_encrypted(STATE_DIR, &e);

	tell(run, "state", NULL, r, &e, "'" STATE_DIR "' is on an encrypted volume");
}

/* The sealed object is this vTPM's, and some approval is not revoked. */
static void check_sealed(struct run *run, const struct volume_config *vc, const struct volume *v)
{
	const struct way *way = record_way(&v->record, WAY_TPM2);
	struct err e = {0};
	size_t standing = 0;
	char text[96];
	int r = 0;

	if (!way || way->tpm2.public_len == 0)
		r = err_set(&e, E_NOT_APPROVED, "nothing is sealed yet: the next boot asks for the recovery key");
	else if (run->tpm)
		r = tpm_load_test(run->tpm, &way->tpm2, &e);
	tell(run, "sealed", vc->name, r, &e, "the object is this vTPM's");
	if (r < 0)
		return;
	for (size_t i = 0; i < v->record.approval_count; i++)
		standing += !run->counter_known || v->record.approvals[i].number >= run->counter;
	if (standing == 0)
		r = err_set(&e, E_NOT_APPROVED, "no standing approval: the next boot asks for the recovery key");
	(void)snprintf(text, sizeof(text), "%zu standing", standing);
	tell(run, "approvals", vc->name, r, &e, text);
}

/* If the next boot is of the image that runs now, it has the values of now. */
static void check_this_boot(struct run *run, const struct volume_config *vc, const struct volume *v)
{
	const struct next_boot *q = run->q;
	struct err e = {0};
	int r = 0;

	if (!q->report)
		r = err_set(&e, E_UNEXPLAINED, "this boot did not go through 'cvmcrypt unlock'");
	else if (approval_for_values(&v->record, &q->report->pcrs) < 0)
		r = err_set(&e, E_PCR_MISMATCH, "this boot's PCR values are not approved: booted again, this "
			    "image is refused; see 'cvmcrypt enroll %s'", vc->name);
	tell(run, "this-boot", vc->name, r, &e, "booted again, this image opens it, if the header "
	     "is genuine: only a boot can tell");
}

static void check_volume(struct run *run, const struct volume_config *vc)
{
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	char device[256];
	struct err e = {0};
	int r = platform_device_path(vc->device, device, sizeof(device), &e);

	if (r == 0)
		r = volume_load(&v, device, false, &e);
	tell(run, "header", vc->name, r, &e, "allowed, as enrolled");
	if (r < 0)
		return;
	for (int i = 0; i < 2; i++) {
		if (!v.header.copy_reason[i][0])
			continue;
		r = err_set(&e, E_HEADER_CHECKSUM, "%s copy: %s; any change of the header repairs it",
			    i ? "secondary" : "primary", v.header.copy_reason[i]);
		tell(run, "copies", vc->name, r, &e, NULL);
	}
	r = vc->id_set || vc->measured ? 0 : err_set(&e, E_CONFIG_MISSING, "the config has no id of it");
	tell(run, "anchor", vc->name, r, &e, "the config names its secret");
	r = record_way(&v.record, WAY_RECOVERY) ? 0 : err_set(&e, E_WAY_ABSENT, "no recovery key");
	tell(run, "recovery", vc->name, r, &e, "there is a recovery key");
	if (vc->role != ROLE_OS)
		return;
	check_sealed(run, vc, &v);
	check_this_boot(run, vc, &v);
}

int next_boot_check(const struct next_boot *q, struct err *reterr)
{
	struct run run = {.q = q};

	check_config(&run);
	check_cmdline(&run);
	check_tpm(&run);
	check_state(&run);
	for (size_t i = 0; i < q->config->volume_count; i++)
		check_volume(&run, &q->config->volume[i]);
	tpm_freep(&run.tpm);
	if (run.first.code && reterr)
		*reterr = run.first;
	return -run.first.code;
}
