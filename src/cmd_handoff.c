/* SPDX-License-Identifier: MIT */
#include "boot_report.h"
#include "log.h"
#include "luks.h"
#include "network.h"
#include "platform.h"
#include "tpm.h"
#include "verbs.h"

#include <string.h>

/* PCR 15 must hold exactly what this boot put there: each opened volume, then the closing constant. */
static int check_door(const struct config *config, const struct boot_report *report,
		      struct err *reterr)
{
	uint8_t commitments[CONFIG_VOLUMES_MAX][32], expected[SHA256_SIZE];
	_cleanup_tpm_ struct tpm *t = NULL;
	struct pcr_set now = {0};
	size_t count = 0;
	int r;

	for (size_t i = 0; i < report->volume_count; i++)
		if (report->volume[i].opened)
			memcpy(commitments[count++], report->volume[i].commitment, 32);
	r = tpm_door_expected(commitments, count, true, expected, reterr);
	if (r == 0)
		r = tpm_open(&t, config->tpm, false, reterr);
	if (r == 0)
		r = tpm_pcr_read(t, PCR_BIT(PCR_CAP), &now, reterr);
	if (r < 0)
		return r;
	if (!crypto_equal(now.value[PCR_CAP], expected, SHA256_SIZE))
		return err_set(reterr, E_HANDOFF_OPEN, "PCR 15 is not what closing leaves behind");
	return 0;
}

static int check_mount(const struct boot_report *report, const char *root, struct err *reterr)
{
	uint64_t ours[CONFIG_VOLUMES_MAX];
	size_t count = 0;
	int r;

	for (size_t i = 0; i < report->volume_count; i++) {
		if (!report->volume[i].opened)
			continue;
		r = luks_mapping_rdev(report->volume[i].mapping, &ours[count++], reterr);
		if (r < 0)
			return r;
	}
	r = platform_mounts_all_ours(root, ours, count, reterr);
	return r < 0 ? r : platform_check_init(root, reterr);
}

int cmd_handoff(int argc, char **argv, struct err *reterr)
{
	static const struct verb_option options[] = {{"root", "DIR", ""}, {NULL, NULL, NULL}};
	struct boot_report report;
	const char *values[1];
	struct config config;
	int count, r;

	r = verb_parse(options, argc, argv, values, &count, reterr);
	if (r < 0)
		return r;
	if (!values[0] || count > 0)
		return err_set(reterr, E_USAGE, "'handoff' needs --root DIR and nothing else");
	if (platform_is_initramfs())
		log_to_console();
	/* unlock has done so; a network that is up must not reach the real root on any path */
	network_down();
	r = config_load(&config, CONFIG_DIR, reterr);
	if (r < 0 || config.volume_count == 0)
		return r;
	r = boot_report_read(&report, reterr);
	if (r < 0)
		return err_set(reterr, E_HANDOFF_MOUNT, "this boot did not go through 'cvmcrypt unlock'");
	r = check_mount(&report, values[0], reterr);
	if (r == 0)
		r = check_door(&config, &report, reterr);
	return r;
}
