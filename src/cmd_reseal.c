/* SPDX-License-Identifier: MIT */
#include "approve_verb.h"
#include "enroll.h"
#include "verbs.h"

enum { O_ACCEPT_CHANGES, O_ACCEPT_UNEXPLAINED, O_REVOKE, O_APPROVE_KEY, O_CONFIG, O_TCTI, O_DRY_RUN,
       O_JSON, O_COUNT };

const struct verb_option reseal_options[] = {
	[O_ACCEPT_CHANGES] = {"accept-changes", NULL, "approve a boot that differs from the enrolled one"},
	[O_ACCEPT_UNEXPLAINED] = {"accept-unexplained", NULL, "approve PCR values without a usable event log"},
	[O_REVOKE] = {"revoke-others", NULL, "revoke every other approval at once"},
	[O_APPROVE_KEY] = {"approve-key", "FILE", "key that approves PCR values"},
	[O_CONFIG] = {"config", "DIR", "configuration folder (default /etc/cvmcrypt)"},
	[O_TCTI] = {"tcti", "CONF", "TPM to use, as tpm2-tss names it"},
	[O_DRY_RUN] = {"dry-run", NULL, "say what would be done, change nothing"},
	[O_JSON] = {"json", NULL, "print the result as JSON"},
	[O_COUNT] = {NULL, NULL, NULL}};

int cmd_reseal(int argc, char **argv, struct err *reterr)
{
	_cleanup_tpm_ struct tpm *tpm = NULL;
	const char *values[O_COUNT];
	struct config config;
	int count, r;

	r = verb_parse(reseal_options, argc, argv, values, &count, reterr);
	if (r == 0)
		r = verb_config(values[O_CONFIG], argv + 1, count, &config, reterr);
	if (r == 0)
		r = tpm_open(&tpm, values[O_TCTI] ? values[O_TCTI] : config.tpm, true, reterr);
	for (size_t i = 0; r == 0 && i < config.volume_count; i++) {
		if (config.volume[i].role != ROLE_OS ||
		    !verb_selects(argv + 1, count, config.volume[i].name))
			continue;
		r = approve_verb_run(&(struct approve_verb){
			.config = &config, .volume = &config.volume[i], .tpm = tpm,
			.approve_key = values[O_APPROVE_KEY] ? values[O_APPROVE_KEY] : APPROVE_KEY_PATH,
			.accept_changes = values[O_ACCEPT_CHANGES] != NULL,
			.accept_unexplained = values[O_ACCEPT_UNEXPLAINED] != NULL,
			.revoke_others = values[O_REVOKE] != NULL,
			.dry_run = values[O_DRY_RUN] != NULL, .json = values[O_JSON] != NULL}, reterr);
	}
	return r;
}
