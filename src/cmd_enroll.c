/* SPDX-License-Identifier: MIT */
#include "approve_verb.h"
#include "ask.h"
#include "codec.h"
#include "config.h"
#include "enroll.h"
#include "file.h"
#include "lifecycle.h"
#include "platform.h"
#include "source.h"
#include "verbs.h"
#include "volume.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { O_PENDING, O_FROM, O_KEY_FILE, O_RECOVERY_OUT, O_RECOVERY_TO, O_DEVICE, O_CONFIG, O_APPROVE_KEY,
       O_PARENT_KEY, O_GUEST_KEY, O_ACCEPT_CHANGES, O_ACCEPT_UNEXPLAINED, O_DRY_RUN, O_TCTI, O_JSON, O_COUNT };

const struct verb_option enroll_options[] = {
	[O_PENDING] = {"pending", NULL, "finish at the next boot, which is observed (needed for a new volume)"},
	[O_FROM] = {"from", "KIND", "what opens the volume now: passphrase (default) or key-file"},
	[O_KEY_FILE] = {"key-file", "FILE", "the key file; - is standard input"},
	[O_RECOVERY_OUT] = {"recovery-out", "FILE", "write the recovery key to FILE (a folder: a file a volume); - is standard output"},
	[O_RECOVERY_TO] = {"recovery-to", "PUBKEY", "keep it in the header, encrypted to this RSA key (PEM)"},
	[O_DEVICE] = {"device", "PATH", "device or image file, when it is not the config's"},
	[O_CONFIG] = {"config", "DIR", "configuration folder (default /etc/cvmcrypt)"},
	[O_APPROVE_KEY] = {"approve-key", "FILE", "key that approves PCR values; made if it does not exist"},
	[O_PARENT_KEY] = {"parent-recovery-key", "FILE", "the OS volume's, to hang a data volume on it"},
	[O_GUEST_KEY] = {"guest-secret-key", "FILE", "public key (PEM) of the VM's guest secret key, for that source"},
	[O_ACCEPT_CHANGES] = {"accept-changes", NULL, "approve a boot that differs from the enrolled one"},
	[O_ACCEPT_UNEXPLAINED] = {"accept-unexplained", NULL, "approve PCR values without a usable event log"},
	[O_DRY_RUN] = {"dry-run", NULL, "say what would be done, change nothing"},
	[O_TCTI] = {"tcti", "CONF", "TPM to use, as tpm2-tss names it"},
	[O_JSON] = {"json", NULL, "print the result as JSON"},
	[O_COUNT] = {NULL, NULL, NULL}};

/* One run over several volumes: the OS volume's secret goes from one step to the next. */
struct run {
	const char **values;
	const struct config *config;
	const char *approve_key;
	struct recovery_sink sink;
	struct tpm *tpm;
	struct secret parent_s;
	uint8_t parent_id[RECORD_ID_SIZE];
	bool have_parent;
	FILE *out;		/* for what is told: a recovery key on standard output stands there alone */
};

static void run_done(struct run *run)
{
	tpm_freep(&run->tpm);
	secret_clear(&run->parent_s);
}

/* A TPM that is not there is fine when the first boot seals; one that was named must answer. */
static int open_tpm(struct run *run, struct err *reterr)
{
	const char *tcti = run->values[O_TCTI];
	struct pcr_set probe;
	int r;

	if (!tcti && (run->values[O_DEVICE] || !file_exists(run->config->tpm)))
		return 0;
	r = tpm_open(&run->tpm, tcti ? tcti : run->config->tpm, true, reterr);
	/* reading is the test for an active bank */
	return r < 0 ? r : tpm_pcr_read(run->tpm, config_pcr_mask(run->config), &probe, reterr);
}

static int load_parent(struct run *run, struct err *reterr)
{
	const struct volume_config *os = config_os_volume(run->config);
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	_cleanup_secret_ struct secret text = SECRET_INIT;
	char device[256];
	int r;

	if (run->have_parent || !run->values[O_PARENT_KEY] || !os)
		return 0;
	r = ask_recovery_key(run->values[O_PARENT_KEY], os->name, &text, reterr);
	if (r == 0)
		r = verb_device(NULL, os, device, sizeof(device), reterr);
	if (r == 0)
		r = volume_load(&v, device, false, reterr);
	if (r == 0)
		r = source_recovery(&v.record, &text, &run->parent_s, reterr);
	if (r == 0)
		r = volume_accept(&v, &run->parent_s, os->id_set ? os->id : NULL, reterr);
	if (r < 0)
		return err_wrap(reterr, r, "the OS volume '%s'", os->name);
	memcpy(run->parent_id, v.record.id, sizeof(run->parent_id));
	run->have_parent = true;
	return 0;
}

static bool has_source(const struct volume_config *vc, enum source_type source)
{
	for (size_t i = 0; i < vc->source_count; i++)
		if (vc->sources[i] == source)
			return true;
	return false;
}

/* What is left to do, for people. */
static void print_next(const struct run *run, const struct volume_config *vc)
{
	bool opens = has_source(vc, SOURCE_GUEST_KEY) || has_source(vc, SOURCE_GUEST_KEY_UNBOUND);
	int indent = (int)strlen(vc->name);

	if (!run->tpm && has_source(vc, SOURCE_TPM2))
		fprintf(run->out, "%s: no TPM is used here: the first boot seals its secret\n", vc->name);
	if (vc->role == ROLE_DATA)
		fprintf(run->out, "%s: its id is part of the boot image: build that again; an enrolled OS volume "
			"then asks\n%*s  for its recovery key once\n", vc->name, indent, "");
	if (vc->role == ROLE_OS && run->config->recovery == RECOVERY_OFF)
		fprintf(run->out, "%s: recovery = off: an image that differs later is refused and cannot be "
			"approved at the\n%*s  console; recovery = console lets it ask\n", vc->name, indent, "");
	if (vc->role == ROLE_OS && opens)
		fprintf(run->out, "%s: next: build the boot image with this config; the VM with the guest secret "
			"key opens\n%*s  the volume from its first boot. Nothing old was removed.\n", vc->name,
			indent, "");
	else if (vc->role == ROLE_OS)
		fprintf(run->out, "%s: next: build the boot image with this config, boot it once with the "
			"recovery key;\n%*s  from then on the volume opens by itself. Nothing old was "
			"removed.\n", vc->name, indent, "");
}

static void print_result(const struct run *run, const struct volume_config *vc,
			 const struct enroll_result *res)
{
	char id[HEX_SIZE(32)];

	hex_encode(id, res->commitment, 32);
	if (run->values[O_JSON]) {
		fprintf(run->out, "{\"volume\":\"%s\",\"state\":\"pending\",\"id\":\"%s\",\"keyslot\":%d,"
			"\"recovery_keyslot\":%d,\"sealed\":%s}\n", vc->name, id, res->keyslot,
			res->recovery_keyslot, res->sealed ? "true" : "false");
		return;
	}
	fprintf(run->out, "%s: enrolled: keyslot %d, recovery keyslot %d, id %.16s... written to %s\n",
		vc->name, res->keyslot, res->recovery_keyslot, id, vc->file);
	print_next(run, vc);
}

/* Object or line; one a volume, as of a volume that is enrolled. */
static void print_dry_run(const struct run *run, const struct volume_config *vc)
{
	if (run->values[O_JSON])
		fprintf(run->out, "{\"volume\":\"%s\",\"state\":\"new\",\"dry_run\":true}\n", vc->name);
	else
		fprintf(run->out, "%s: would be enrolled; whether the passphrase or key file opens it was "
			"not tried\n", vc->name);
}

static int enroll_new(struct run *run, const struct volume_config *vc, struct err *reterr)
{
	_cleanup_secret_ struct secret means = SECRET_INIT;
	struct enroll_result res = {.s = SECRET_INIT};
	struct enroll_request q = {.config = run->config, .volume = vc,
		.device = run->values[O_DEVICE], .passphrase = &means,
		.approve_key = run->approve_key, .sink = &run->sink, .tpm = run->tpm,
		.guest_key = run->values[O_GUEST_KEY]};
	int r;

	if (vc->role == ROLE_OS && !run->values[O_PENDING])
		return err_set(reterr, E_UNEXPLAINED,
			       "'%s' is new: the boot image changes with its id, so the next boot has "
			       "to be observed: give --pending", vc->name);
	r = enroll_precheck(&q, reterr);
	if (r < 0 || run->values[O_DRY_RUN]) {
		if (r == 0)
			print_dry_run(run, vc);
		return r;
	}
	if (vc->role == ROLE_DATA)
		r = load_parent(run, reterr);
	if (r == 0)
		r = recovery_sink_init(&run->sink, run->values[O_RECOVERY_OUT],
				       run->values[O_RECOVERY_TO], reterr);
	if (r == 0)
		r = ask_means(run->values[O_FROM], run->values[O_KEY_FILE], vc->name, &means, reterr);
	if (r < 0)
		return r;
	q.parent_s = run->have_parent ? &run->parent_s : NULL;
	q.parent_id = run->parent_id;
	r = enroll_volume(&q, &res, reterr);
	if (r == -E_PASSPHRASE)
		return means_refused(run->values[O_KEY_FILE], run->values[O_DEVICE] ? run->values[O_DEVICE] :
				     vc->name, reterr);
	if (r < 0)
		return r;
	print_result(run, vc, &res);
	/* a disk that was named may be another machine's: this machine's state stays */
	if (vc->role == ROLE_OS && !run->values[O_DEVICE])
		r = state_begin(vc->name, res.id, reterr);
	if (vc->role == ROLE_OS) {
		secret_take(&run->parent_s, &res.s);
		memcpy(run->parent_id, res.id, sizeof(run->parent_id));
		run->have_parent = true;
	}
	secret_clear(&res.s);
	return r;
}

/* Enrolled already: what is left to do is to approve the boot that is running. */
static int enroll_again(struct run *run, const struct volume_config *vc, struct err *reterr)
{
	const struct approve_verb v = {
		.config = run->config, .volume = vc, .tpm = run->tpm, .approve_key = run->approve_key,
		.device = run->values[O_DEVICE],
		.accept_changes = run->values[O_ACCEPT_CHANGES] != NULL,
		.accept_unexplained = run->values[O_ACCEPT_UNEXPLAINED] != NULL,
		.dry_run = run->values[O_DRY_RUN] != NULL, .json = run->values[O_JSON] != NULL};

	/* what begins an enrolment would have no effect, and that would not be seen */
	static const int first_only[] = {O_PENDING, O_FROM, O_KEY_FILE, O_RECOVERY_OUT, O_RECOVERY_TO,
					 O_PARENT_KEY, O_GUEST_KEY};

	for (size_t i = 0; i < ARRAY_SIZE(first_only); i++)
		if (run->values[first_only[i]])
			return err_set(reterr, E_ENROLLED, "'%s' is enrolled; --%s is for a new volume", vc->name,
				       enroll_options[first_only[i]].name);
	if (vc->role != ROLE_OS)
		return err_set(reterr, E_ENROLLED, "'%s' is enrolled", vc->name);
	if (!run->tpm)
		return err_set(reterr, E_TPM_ABSENT, "no TPM to approve values for");
	return approve_verb_run(&v, reterr);
}

static int enroll_one(struct run *run, const struct volume_config *vc, struct err *reterr)
{
	const struct enroll_request probe = {.config = run->config, .volume = vc,
					     .device = run->values[O_DEVICE]};
	int r = enroll_precheck(&probe, reterr);

	if (r == -E_ENROLLED)
		return enroll_again(run, vc, reterr);
	return r < 0 ? r : enroll_new(run, vc, reterr);
}

static int enroll_role(struct run *run, enum volume_role role, char *const *names, int count,
		       struct err *reterr)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < run->config->volume_count; i++) {
		const struct volume_config *vc = &run->config->volume[i];

		if (vc->role == role && verb_selects(names, count, vc->name))
			r = enroll_one(run, vc, reterr);
	}
	return r;
}

/* A plain file holds one key: said before the first volume is changed. */
static int check_recovery_out(const struct run *run, char *const *names, int count,
			      struct err *reterr)
{
	const char *out = run->values[O_RECOVERY_OUT];
	struct stat st;
	int selected = 0;

	for (size_t i = 0; i < run->config->volume_count; i++)
		selected += verb_selects(names, count, run->config->volume[i].name);
	if (!out || selected < 2 || strcmp(out, "-") == 0 ||
	    (stat(out, &st) == 0 && S_ISDIR(st.st_mode)))
		return 0;
	return err_set(reterr, E_USAGE, "several volumes have several recovery keys: give a folder to "
		       "--recovery-out, or name one volume");
}

/* Whoever reads the key that approves boots can approve another one. Named by hand, it is the caller's care. */
static int check_approve_key(const struct run *run, char *const *names, int count, struct err *reterr)
{
	const struct volume_config *os = config_os_volume(run->config);

	if (run->values[O_APPROVE_KEY] || !os || !verb_selects(names, count, os->name))
		return 0;
	return platform_path_encrypted(APPROVE_KEY_PATH, reterr);
}

int cmd_enroll(int argc, char **argv, struct err *reterr)
{
	const char *values[O_COUNT];
	_cleanup_(run_done) struct run run = {.values = values};
	struct config config;
	int count, r;

	r = verb_parse(enroll_options, argc, argv, values, &count, reterr);
	if (r == 0)
		r = verb_config(values[O_CONFIG], argv + 1, count, &config, reterr);
	if (r < 0)
		return r;
	run.config = &config;
	run.out = values[O_RECOVERY_OUT] && strcmp(values[O_RECOVERY_OUT], "-") == 0 ? stderr : stdout;
	run.approve_key = values[O_APPROVE_KEY] ? values[O_APPROVE_KEY] : APPROVE_KEY_PATH;
	if (values[O_JSON] && run.out == stderr)
		return err_set(reterr, E_USAGE, "--json and --recovery-out - exclude each other: standard output "
			       "takes one of them");
	if (values[O_DEVICE] && count != 1)
		return err_set(reterr, E_USAGE, "--device needs exactly one volume");
	/* another machine's disk must not be approved by this machine's key */
	if (values[O_DEVICE] && !values[O_APPROVE_KEY] && config_volume(&config, argv[1])->role == ROLE_OS)
		return err_set(reterr, E_USAGE, "--device needs --approve-key FILE: the key is the disk's, "
			       "not this machine's");
	r = check_recovery_out(&run, argv + 1, count, reterr);
	if (r == 0)
		r = check_approve_key(&run, argv + 1, count, reterr);
	if (r == 0)
		r = open_tpm(&run, reterr);
	/* whatever the order in the file: data volumes hang on the OS volume */
	if (r == 0)
		r = enroll_role(&run, ROLE_OS, argv + 1, count, reterr);
	if (r == 0)
		r = enroll_role(&run, ROLE_DATA, argv + 1, count, reterr);
	return r;
}
