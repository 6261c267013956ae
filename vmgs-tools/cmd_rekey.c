/* SPDX-License-Identifier: MIT */
#include "verb_store.h"
#include "vmgs_verbs.h"

#include <string.h>

enum { KEY, NEW_KEY, REWRITE, NO_BACKUP, SECTOR };

const struct verb_option vmgs_rekey_options[] = {
	[KEY] = VERB_OPTION_KEY,
	[NEW_KEY] = {"new-key-file", "FILE", "the new root key: 32 bytes; - is standard input"},
	[REWRITE] = {"rewrite", NULL, "new keys for tables and files as well; wipe what is free"},
	[NO_BACKUP] = VERB_OPTION_NO_BACKUP, [SECTOR] = VERB_OPTION_SECTOR,
	{NULL, NULL, NULL}};

static int check_options(const char *const *v, struct err *reterr)
{
	if (!v[KEY])
		return err_set(reterr, E_USAGE, "the key that it has? give --key-file");
	if (!v[NEW_KEY] && !v[REWRITE])
		return err_set(reterr, E_USAGE, "the new key? give --new-key-file");
	if (!v[NEW_KEY] && strcmp(v[KEY], "-") == 0)
		return err_set(reterr, E_USAGE, "without --new-key-file the key must be in a file");
	return verb_one_stdin(v[KEY], v[NEW_KEY], reterr);
}

int vmgs_cmd_rekey(int argc, char **argv, struct err *reterr)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_secret_ struct secret key = SECRET_INIT;
	const char *v[VERB_OPTIONS_MAX];
	int count, r;

	r = verb_parse(vmgs_rekey_options, argc, argv, v, &count, reterr);
	if (r == 0)
		r = verb_arguments(count, 1, "rekey FILE --key-file FILE --new-key-file FILE", reterr);
	if (r == 0)
		r = check_options(v, reterr);
	if (r == 0)	/* a rewrite alone keeps the root key */
		r = verb_key(v[NEW_KEY] ? v[NEW_KEY] : v[KEY], &key, reterr);
	if (r == 0)
		r = verb_open(&s, &(struct verb_open){.path = argv[1], .key_file = v[KEY],
						      .sector = v[SECTOR], .write = true}, reterr);
	if (r == 0 && !v[REWRITE] && secret_equal(&key, &s.root))
		r = err_set(reterr, E_VMGS_NOTHING, "the new key is the key that it has");
	if (r == 0)
		r = verb_backup(&s, v[NO_BACKUP], reterr);
	if (r < 0)
		return r;
	return v[REWRITE] ? vmgs_store_rewrite(&s, &key, reterr) : vmgs_store_rekey(&s, &key, reterr);
}
