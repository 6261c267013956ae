/* SPDX-License-Identifier: MIT */
#include "boot.h"
#include "log.h"
#include "network.h"
#include "platform.h"
#include "verbs.h"

/* After unlock has died nothing is known about the door: it is closed, unless PCR 15 is not 0 and a report says so. */
static int close_door(const char *device, struct err *reterr)
{
	_cleanup_tpm_ struct tpm *t = NULL;
	int r = tpm_open(&t, device, false, reterr);

	return r < 0 ? r : tpm_door_close(t, reterr);
}

int cmd_close(int argc, char **argv, struct err *reterr)
{
	static const struct verb_option options[] = {{"fail", NULL, ""}, {NULL, NULL, NULL}};
	struct err e = {0};
	const char *values[1];
	struct config config;
	bool configured;
	int count, r;

	r = verb_parse(options, argc, argv, values, &count, reterr);
	if (r < 0)
		return r;
	network_down();
	configured = config_load(&config, CONFIG_DIR, &e) == 0 && config.volume_count > 0;
	r = close_door(configured ? config.tpm : "/dev/tpmrm0", reterr);
	if (!values[0])
		return r;
	/* the boot has failed, here or elsewhere: no shell, no mapping, no way on */
	if (!platform_is_initramfs())
		return err_set(reterr, E_USAGE, "'close --fail' ends the boot: in the initramfs only");
	platform_disable_sysrq();
	log_to_console();
	log_error("the boot failed in the initramfs: no shell is given");
	if (r < 0)
		log_error("E%03d %s", -r, reterr->msg);
	if (configured)
		boot_remove_mappings(&config);
	if (!e.code)
		(void)err_set(&e, E_HANDOFF_MOUNT, "the boot failed before or after unlock");
	boot_refuse(configured ? &config : NULL, "boot", &e);
}
