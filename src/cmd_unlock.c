/* SPDX-License-Identifier: MIT */
#include "boot.h"
#include "log.h"
#include "platform.h"
#include "verbs.h"

int cmd_unlock(int argc, char **argv, struct err *reterr)
{
	static const struct verb_option none[] = {{NULL, NULL, NULL}};
	const char *values[1];
	struct config config;
	int count, r;

	r = verb_parse(none, argc, argv, values, &count, reterr);
	if (r < 0)
		return r;
	if (count > 0)
		return err_set(reterr, E_USAGE, "'unlock' takes no arguments");
	/* it ends the boot when it fails: never on a running system */
	if (!platform_is_initramfs())
		return err_set(reterr, E_USAGE, "'unlock' runs in the initramfs only; see 'cvmcrypt open'");
	platform_disable_sysrq();
	log_to_console();
	r = config_load(&config, CONFIG_DIR, reterr);
	if (r < 0) {
		boot_say_failure("config", reterr, NULL, -1);
		boot_refuse(NULL, "config", reterr);
	}
	if (config.volume_count == 0) {
		log_notice("no volume is configured");
		return 0;
	}
	r = boot_run(&config, reterr);
	if (r < 0) {
		log_dump_ring();
		boot_refuse(&config, "boot", reterr);
	}
	return 0;
}
