/* SPDX-License-Identifier: MIT */
#include "ask.h"
#include "codec.h"
#include "source.h"
#include "verbs.h"
#include "volume.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { O_RECOVERY, O_KEY_FILE, O_MAPPING, O_ID, O_TEST, O_COUNT };

const struct verb_option open_options[] = {
	[O_RECOVERY] = {"recovery", NULL, "open with the recovery key"},
	[O_KEY_FILE] = {"recovery-key-file", "FILE", "where it stands; - is standard input; else it is asked for"},
	[O_MAPPING] = {"mapping", "NAME", "name under /dev/mapper (default: cvmcrypt-UUID)"},
	[O_ID] = {"id", "HEX", "the volume's id, as in its config; compared when given"},
	[O_TEST] = {"test", NULL, "check header and key, make no mapping"},
	[O_COUNT] = {NULL, NULL, NULL}};

/* The recovery key is its own anchor: only its holder could have wrapped the secret under it. */
static int accept(struct volume *v, const char **values, struct secret *ret_s, struct err *reterr)
{
	_cleanup_secret_ struct secret text = SECRET_INIT;
	uint8_t id[32];
	int r;

	if (values[O_ID] && !hex_decode(id, sizeof(id), values[O_ID]))
		return err_set(reterr, E_USAGE, "--id takes 64 hexadecimal digits");
	r = ask_recovery_key(values[O_KEY_FILE], v->device.path, &text, reterr);
	if (r == 0)
		r = source_recovery(&v->record, &text, ret_s, reterr);
	if (r == 0)
		r = volume_accept(v, ret_s, values[O_ID] ? id : NULL, reterr);
	return r == -E_ANCHOR ? err_set(reterr, E_ANCHOR, "this is not the volume that --id names") : r;
}

int cmd_open(int argc, char **argv, struct err *reterr)
{
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	_cleanup_secret_ struct secret s = SECRET_INIT, key = SECRET_INIT;
	const char *values[O_COUNT];
	char mapping[64];
	int count, r;

	r = verb_parse(open_options, argc, argv, values, &count, reterr);
	if (r < 0)
		return r;
	if (count != 1 || !values[O_RECOVERY])
		return err_set(reterr, E_USAGE, "'open' needs one device and --recovery");
	r = volume_load(&v, argv[1], false, reterr);
	if (r == 0)
		r = accept(&v, values, &s, reterr);
	if (r == 0)
		r = volume_key(&v, &s, &key, reterr);
	if (r < 0)
		return r;
	secret_clear(&key);
	if (values[O_TEST]) {
		printf("%s: header and recovery key are good\n", argv[1]);
		return 0;
	}
	if (geteuid() != 0)
		return err_set(reterr, E_NOT_ROOT, "making a mapping needs root");
	(void)snprintf(mapping, sizeof(mapping), "%s%s", values[O_MAPPING] ? "" : "cvmcrypt-",
		       values[O_MAPPING] ? values[O_MAPPING] : v.header.uuid);
	r = volume_activate(&v, &s, mapping, false, reterr);
	if (r < 0)
		return r;
	printf("%s: open as /dev/mapper/%s\n", argv[1], mapping);
	return 0;
}
