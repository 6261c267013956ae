/* SPDX-License-Identifier: MIT */
#include "verb_store.h"
#include "vmgs_verbs.h"

enum { KEY, REWRITE, NO_BACKUP, SECTOR };

const struct verb_option vmgs_encrypt_options[] = {
	[KEY] = {"key-file", "FILE", "the first root key: 32 bytes; - is standard input"},
	[REWRITE] = {"rewrite", NULL, "encrypt secret files that are there, and wipe what is free"},
	[NO_BACKUP] = VERB_OPTION_NO_BACKUP, [SECTOR] = VERB_OPTION_SECTOR,
	{NULL, NULL, NULL}};

static void warn(const struct vmgs_store *s)
{
	char name[32];

	for (int id = 1; id < VMGS_ID_EXTENDED; id++)
		if (vmgs_store_has(s, id) && vmgs_file_secret(id) && !vmgs_store_encrypted(s, id))
			verb_warn("%s was there before and stays unencrypted", vmgs_file_text(id, name));
}

int vmgs_cmd_encrypt(int argc, char **argv, struct err *reterr)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_secret_ struct secret key = SECRET_INIT;
	const char *v[VERB_OPTIONS_MAX];
	int count, r;

	r = verb_parse(vmgs_encrypt_options, argc, argv, v, &count, reterr);
	if (r == 0)
		r = verb_arguments(count, 1, "encrypt FILE --key-file FILE", reterr);
	if (r == 0 && !v[KEY])
		r = err_set(reterr, E_USAGE, "with which key? give --key-file");
	if (r == 0)
		r = verb_key(v[KEY], &key, reterr);
	if (r == 0)
		r = verb_open(&s, &(struct verb_open){.path = argv[1], .sector = v[SECTOR],
						      .write = true}, reterr);
	/* encrypted with this key already, or with another one? */
	if (r == 0 && vmgs_store_sealed(&s)) {
		r = vmgs_store_unlock(&s, &key, reterr);
		return r < 0 ? r : err_set(reterr, E_VMGS_NOTHING, "'%s' is encrypted already, with this key",
					   argv[1]);
	}
	if (r == 0)
		r = verb_backup(&s, v[NO_BACKUP], reterr);
	if (r == 0)
		r = vmgs_store_encrypt(&s, &key, reterr);
	if (r == 0 && v[REWRITE])
		r = vmgs_store_encrypt_files(&s, reterr);
	if (r == 0)
		warn(&s);
	return r;
}
