/* SPDX-License-Identifier: MIT */
#include "ask.h"
#include "lifecycle.h"
#include "log.h"
#include "recovery_key.h"
#include "source.h"
#include "verbs.h"
#include "volume.h"

#include <stdio.h>

enum { O_FROM, O_KEY_FILE, O_FORCE, O_DEVICE, O_CONFIG, O_TCTI, O_COUNT };

const struct verb_option unenroll_options[] = {
	[O_FROM] = {"from", "KIND", "what opens the volume afterwards: passphrase (default) or key-file"},
	[O_KEY_FILE] = {"key-file", "FILE", "the key file; - is standard input"},
	[O_FORCE] = {"force", NULL, "also when the record cannot be read or the TPM cannot revoke"},
	[O_DEVICE] = {"device", "PATH", "device or image file, when it is not the config's"},
	[O_CONFIG] = {"config", "DIR", "configuration folder (default /etc/cvmcrypt)"},
	[O_TCTI] = {"tcti", "CONF", "TPM that revokes the approvals, as tpm2-tss names it"},
	[O_COUNT] = {NULL, NULL, NULL}};

/* What revokes the approvals; empty where none were given out. */
struct revocation {
	struct tpm *tpm;
	struct approval_state state;
	uint64_t counter;
};

static void revocation_done(struct revocation *rev)
{
	tpm_freep(&rev->tpm);
}

/* Before anything is removed: afterwards there is no volume to call this verb for again. */
static int revocation_init(struct revocation *rev, const struct config *config, const char *tcti,
			   const char *volume, struct err *reterr)
{
	int r = state_load(volume, NULL, &rev->state, reterr);

	if (r < 0 || !rev->state.numbered)
		return r;
	r = tpm_open(&rev->tpm, tcti ? tcti : config->tpm, tcti != NULL, reterr);
	if (r == 0)
		r = tpm_counter_read(rev->tpm, &rev->counter, reterr);
	return r;
}

/* A copy of the old header must not open with an approval that still counts. */
static int revoke_all(struct revocation *rev, const char *volume, struct err *reterr)
{
	int r = 0;

	for (; r == 0 && rev->state.numbered && rev->counter <= rev->state.highest; rev->counter++)
		r = tpm_counter_increment(rev->tpm, reterr);
	return r < 0 ? err_wrap(reterr, r, "removed, but its approvals still count: clear the TPM, or "
				"encrypt the volume anew") : state_forget(volume, reterr);
}

/* Somebody who gives the recovery key should hear why it does not do. */
static bool is_recovery_key(const char *device, const struct secret *means)
{
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	_cleanup_secret_ struct secret text = SECRET_INIT, s = SECRET_INIT;

	return recovery_key_parse((const char *)means->bytes, means->len, &text, NULL) == 0 &&
	       volume_load(&v, device, false, NULL) == 0 &&
	       source_recovery(&v.record, &text, &s, NULL) == 0;
}

static int remove_enrolment(const struct volume_config *vc, const char **values, struct err *reterr)
{
	_cleanup_secret_ struct secret means = SECRET_INIT;
	char device[256];
	int r;

	r = verb_device(values[O_DEVICE], vc, device, sizeof(device), reterr);
	if (r == 0)
		r = ask_means(values[O_FROM], values[O_KEY_FILE], vc->name, &means, reterr);
	if (r == 0)
		r = unenroll_volume(device, &means, values[O_FORCE] != NULL, reterr);
	if (r == -E_LAST_WAY && is_recovery_key(device, &means))
		return err_set(reterr, E_LAST_WAY, "this is the recovery key, which goes, too: give a "
			       "passphrase or key file that stays");
	return r;
}

int cmd_unenroll(int argc, char **argv, struct err *reterr)
{
	_cleanup_(revocation_done) struct revocation rev = {0};
	const struct volume_config *vc;
	const char *values[O_COUNT];
	struct config config;
	struct err why = {0};
	int count, r, revocable = 0;

	r = verb_parse(unenroll_options, argc, argv, values, &count, reterr);
	if (r == 0 && count != 1)
		r = err_set(reterr, E_USAGE, "'unenroll' needs one volume");
	if (r == 0 && values[O_TCTI] && values[O_DEVICE])
		r = err_set(reterr, E_USAGE, "--tcti goes without --device: approvals are revoked for this "
			    "machine's own disk");
	if (r == 0)
		r = verb_config(values[O_CONFIG], argv + 1, count, &config, reterr);
	if (r < 0)
		return r;
	vc = config_volume(&config, argv[1]);
	/* a disk that was named may be another machine's: this machine's state stays */
	if (!values[O_DEVICE])
		revocable = revocation_init(&rev, &config, values[O_TCTI], vc->name, &why);
	if (revocable < 0 && !values[O_FORCE])
		return err_set(reterr, (enum err_code)-revocable, "nothing is removed, as its approvals cannot be "
			       "revoked: %s; --force removes all the same", why.msg);
	r = remove_enrolment(vc, values, reterr);
	if (r == 0 && revocable == 0 && !values[O_DEVICE])
		r = revoke_all(&rev, vc->name, reterr);
	if (r < 0)
		return r;
	if (revocable < 0)
		log_error("%s: its approvals are not revoked: %s; a copy of the old header still opens with them: "
			  "clear the TPM, or encrypt the volume anew", vc->name, why.msg);
	printf("%s: no longer enrolled; take it out of the config and build the boot image again\n",
	       vc->name);
	return 0;
}
