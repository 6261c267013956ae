/* SPDX-License-Identifier: MIT */
#include "ask.h"
#include "codec.h"
#include "escrow.h"
#include "lifecycle.h"
#include "source.h"
#include "verbs.h"
#include "volume.h"

#include <stdio.h>
#include <string.h>

enum { O_KEY_FILE, O_RECOVERY_OUT, O_RECOVERY_TO, O_DEVICE, O_CONFIG, O_COUNT };

const struct verb_option recovery_options[] = {
	[O_KEY_FILE] = {"recovery-key-file", "FILE", "the present key; - is standard input; else it is asked for"},
	[O_RECOVERY_OUT] = {"recovery-out", "FILE", "replace: write the new key to FILE; - is standard output"},
	[O_RECOVERY_TO] = {"recovery-to", "PUBKEY", "replace: keep the new key in the header, encrypted to this RSA key"},
	[O_DEVICE] = {"device", "PATH", "device or image file, when it is not the config's"},
	[O_CONFIG] = {"config", "DIR", "configuration folder (default /etc/cvmcrypt)"},
	[O_COUNT] = {NULL, NULL, NULL}};

static int test_key(const char *device, const uint8_t *anchor, const char *volume, const char *key_file,
		    struct err *reterr)
{
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	_cleanup_secret_ struct secret text = SECRET_INIT, s = SECRET_INIT;
	int r;

	r = volume_load(&v, device, false, reterr);
	if (r == 0)
		r = ask_recovery_key(key_file, volume, &text, reterr);
	if (r == 0)
		r = source_recovery(&v.record, &text, &s, reterr);
	if (r == 0)
		r = volume_accept(&v, &s, anchor, reterr);
	if (r == 0)
		printf("%s: this is its recovery key\n", volume);
	return r;
}

static int replace_key(const char *device, const uint8_t *anchor, const char *volume, const char **values,
		       struct err *reterr)
{
	_cleanup_secret_ struct secret text = SECRET_INIT;
	struct recovery_sink sink;
	int r;

	r = recovery_sink_init(&sink, values[O_RECOVERY_OUT], values[O_RECOVERY_TO], reterr);
	if (r == 0)
		r = ask_recovery_key(values[O_KEY_FILE], volume, &text, reterr);
	if (r == 0)
		r = recovery_replace(device, anchor, &text, volume, &sink, reterr);
	if (r == 0)
		fprintf(stderr, "%s: recovery key replaced. The old one still opens a copy of the header made "
			"before:\n  if somebody may have read it, encrypt the volume anew (cryptsetup reencrypt) and "
			"enrol it again\n", volume);
	return r;
}

/* The encrypted key as base64, for the holder of the private half: openssl pkeyutl -decrypt ... */
static int export_key(const char *device, const char *volume, struct err *reterr)
{
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	char text[BASE64_SIZE(ESCROW_SIZE_MAX)];
	struct escrow escrow;
	bool any = false;
	int r = volume_load(&v, device, false, reterr);

	/* two where a replacement was cut: one of them is the volume's */
	for (size_t i = 0; r == 0 && i < v.header.token_count; i++) {
		const struct luks2_token *token = &v.header.token[i];

		if (strcmp(token->type, ESCROW_TYPE) != 0)
			continue;
		r = escrow_parse(&escrow, token->text, strlen(token->text), reterr);
		if (r < 0)
			return r;
		base64_encode(text, escrow.encrypted, escrow.len);
		printf("%s\n", text);
		any = true;
	}
	if (r == 0 && !any)
		return err_set(reterr, E_WAY_ABSENT, "no recovery key is kept in this header; 'cvmcrypt recovery "
			       "replace %s --recovery-to PUBKEY' makes a new one that is", volume);
	return r;
}

int cmd_recovery(int argc, char **argv, struct err *reterr)
{
	const char *values[O_COUNT], *volume, *action;
	char device[256];
	const struct volume_config *vc = NULL;
	const uint8_t *anchor;
	struct config config;
	int count, r;

	r = verb_parse(recovery_options, argc, argv, values, &count, reterr);
	if (r < 0)
		return r;
	if (count != 2)
		return err_set(reterr, E_USAGE, "'recovery' needs test, replace or export, and a volume");
	action = argv[1];
	volume = argv[2];
	/* a device that is named needs no config: it may be on a rescue machine */
	if (!values[O_DEVICE])
		r = verb_config(values[O_CONFIG], argv + 2, 1, &config, reterr);
	if (r == 0 && !values[O_DEVICE])
		vc = config_volume(&config, volume);
	if (r == 0)
		r = verb_device(values[O_DEVICE], vc, device, sizeof(device), reterr);
	if (r < 0)
		return r;
	anchor = vc && vc->id_set ? vc->id : NULL;
	if (strcmp(action, "test") == 0)
		return test_key(device, anchor, volume, values[O_KEY_FILE], reterr);
	if (strcmp(action, "replace") == 0)
		return replace_key(device, anchor, volume, values, reterr);
	if (strcmp(action, "export") == 0)
		return export_key(device, volume, reterr);
	return err_set(reterr, E_USAGE, "'recovery %s': test, replace or export", action);
}
