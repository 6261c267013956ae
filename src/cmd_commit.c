/* SPDX-License-Identifier: MIT */
#include "lifecycle.h"
#include "log.h"
#include "platform.h"
#include "verbs.h"

enum { O_CONFIG, O_TCTI, O_COUNT };

const struct verb_option commit_options[] = {
	[O_CONFIG] = {"config", "DIR", "configuration folder (default /etc/cvmcrypt)"},
	[O_TCTI] = {"tcti", "CONF", "TPM to use, as tpm2-tss names it"},
	[O_COUNT] = {NULL, NULL, NULL}};

static int commit_one(const struct config *config, const struct volume_config *vc,
		      const struct boot_report *report, struct tpm *tpm, struct err *reterr)
{
	const struct approve_request q = {.config = config, .volume = vc, .report = report, .tpm = tpm,
					  .approve_key = APPROVE_KEY_PATH};
	struct commit_result res;
	int r = commit_volume(&q, &res, reterr);

	if (r < 0)
		return r;
	if (res.not_approved)
		log_warning("%s: approved once, and the header has no approval any more; if you removed them, "
			    "'cvmcrypt enroll %s --accept-changes'", vc->name, vc->name);
	if (res.approved)
		log_notice("%s: enrolment finished: the next boot opens it by itself", vc->name);
	if (res.proven)
		log_notice("%s: this boot image has proven itself", vc->name);
	if (res.revoked)
		log_notice("%s: %zu older approval%s revoked", vc->name, res.revoked,
			   res.revoked == 1 ? "" : "s");
	return 0;
}

/* For the cache of the next boot image; that it cannot be kept is no reason to fail. */
static void keep_certificates(void)
{
	struct err e = {0};
	int r = boot_certificates_keep(&e);

	if (r < 0)
		log_warning("certificates of this boot are not kept: %s", e.msg);
	else if (r > 0)
		log_notice("certificates of this boot are kept; the next boot image carries them");
}

/* The key was put there already: that is to be known, and no reason to leave the boot unfinished. */
static void warn_of_plain_state(void)
{
	struct err e = {0};

	if (platform_path_encrypted(APPROVE_KEY_PATH, &e) < 0)
		log_warning("E%03d %s", e.code, e.msg);
}

int cmd_commit(int argc, char **argv, struct err *reterr)
{
	_cleanup_tpm_ struct tpm *tpm = NULL;
	const char *values[O_COUNT];
	struct boot_report report;
	struct config config;
	int count, r, first = 0;

	r = verb_parse(commit_options, argc, argv, values, &count, reterr);
	if (r < 0)
		return r;
	if (platform_is_initramfs())
		return err_set(reterr, E_USAGE, "'commit' runs in the real root");
	r = config_load(&config, values[O_CONFIG] ? values[O_CONFIG] : CONFIG_DIR, reterr);
	if (r == 0 && config.volume_count > 0)
		r = boot_report_read(&report, reterr);
	if (r == -E_IO)
		return err_set(reterr, E_UNEXPLAINED,
			       "this boot did not go through 'cvmcrypt unlock': there is nothing to store");
	if (r == 0 && config.volume_count > 0)
		r = tpm_open(&tpm, values[O_TCTI] ? values[O_TCTI] : config.tpm, true, reterr);
	if (r < 0)
		return r;
	warn_of_plain_state();
	keep_certificates();
	/* one volume's failure must not keep the others from being stored */
	for (size_t i = 0; i < config.volume_count; i++) {
		struct err e = {0};

		r = commit_one(&config, &config.volume[i], &report, tpm, &e);
		if (r < 0 && first == 0) {
			first = r;
			*reterr = e;
		}
	}
	return first;
}
