/* SPDX-License-Identifier: MIT */
#include "ask.h"
#include "lifecycle.h"
#include "verbs.h"

#include <stdio.h>

enum { O_FROM, O_KEY_FILE, O_FORCE, O_DEVICE, O_CONFIG, O_COUNT };

const struct verb_option unenroll_options[] = {
	[O_FROM] = {"from", "KIND", "what opens the volume afterwards: passphrase (default) or key-file"},
	[O_KEY_FILE] = {"key-file", "FILE", "the key file; - is standard input"},
	[O_FORCE] = {"force", NULL, "also when the record cannot be read"},
	[O_DEVICE] = {"device", "PATH", "device or image file, when it is not the config's"},
	[O_CONFIG] = {"config", "DIR", "configuration folder (default /etc/cvmcrypt)"},
	[O_COUNT] = {NULL, NULL, NULL}};

/* A copy of the old header must not open with an approval that still counts. */
static int revoke_all(const struct config *config, const char *volume, struct err *reterr)
{
	_cleanup_tpm_ struct tpm *tpm = NULL;
	struct approval_state state;
	uint64_t counter;
	int r = state_load(volume, NULL, &state, reterr);

	if (r == 0 && state.numbered) {
		r = tpm_open(&tpm, config->tpm, false, reterr);
		if (r == 0)
			r = tpm_counter_read(tpm, &counter, reterr);
		for (; r == 0 && counter <= state.highest; counter++)
			r = tpm_counter_increment(tpm, reterr);
	}
	return r < 0 ? err_wrap(reterr, r, "removed, but its approvals are not revoked")
		     : state_forget(volume, reterr);
}

int cmd_unenroll(int argc, char **argv, struct err *reterr)
{
	_cleanup_secret_ struct secret means = SECRET_INIT;
	const struct volume_config *vc;
	const char *values[O_COUNT];
	struct config config;
	char device[256];
	int count, r;

	r = verb_parse(unenroll_options, argc, argv, values, &count, reterr);
	if (r == 0 && count != 1)
		r = err_set(reterr, E_USAGE, "'unenroll' needs one volume");
	if (r == 0)
		r = verb_config(values[O_CONFIG], argv + 1, count, &config, reterr);
	if (r < 0)
		return r;
	vc = config_volume(&config, argv[1]);
	r = verb_device(values[O_DEVICE], vc, device, sizeof(device), reterr);
	if (r == 0)
		r = ask_means(values[O_FROM], values[O_KEY_FILE], vc->name, &means, reterr);
	if (r == 0)
		r = unenroll_volume(device, &means, values[O_FORCE] != NULL, reterr);
	/* a disk that was named may be another machine's: this machine's state stays */
	if (r == 0 && !values[O_DEVICE])
		r = revoke_all(&config, vc->name, reterr);
	if (r < 0)
		return r;
	printf("%s: no longer enrolled; take it out of the config and build the boot image again\n",
	       vc->name);
	return 0;
}
