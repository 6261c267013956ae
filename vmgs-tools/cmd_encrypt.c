/* SPDX-License-Identifier: MIT */
#include "verb_store.h"
#include "vmgs_verbs.h"

enum { KEY, REWRITE, NO_BACKUP, SECTOR };

const struct verb_option vmgs_encrypt_options[] = {
	[KEY] = {"key-file", "FILE", "the first root key: 32 bytes; - is standard input"},
	[REWRITE] = {"rewrite", NULL, "encrypt secret files that are there, and wipe what is free"},
	[NO_BACKUP] = VERB_OPTION_NO_BACKUP, [SECTOR] = VERB_OPTION_SECTOR,
	{NULL, NULL, NULL}};

#define CURE "read it, and write it again with --key-file and --force"

static bool plain_secret(const struct vmgs_store *s, int id)
{
	return vmgs_store_has(s, id) && vmgs_file_secret(id) && !vmgs_store_encrypted(s, id);
}

static void warn(const struct vmgs_store *s, const char *const *v)
{
	char name[32];

	for (int id = 1; id < VMGS_ID_EXTENDED; id++)
		if (plain_secret(s, id))
			verb_warn("%s was there before and stays unencrypted; to encrypt it, " CURE,
				  vmgs_file_text(id, name));
	if (v[REWRITE] && !v[NO_BACKUP])
		verb_warn("'%s.bak' holds what was there before, unencrypted: delete it when it is not needed",
			  s->name);
}

/* Encrypted with this key already, or with another one? */
static int refuse_sealed(struct vmgs_store *s, struct secret *key, struct err *reterr)
{
	char name[32];
	int r = vmgs_store_unlock(s, key, reterr);

	for (int id = 1; r == 0 && id < VMGS_ID_EXTENDED; id++)
		if (plain_secret(s, id))
			verb_warn("%s is unencrypted; to encrypt it, " CURE, vmgs_file_text(id, name));
	return r < 0 ? r : err_set(reterr, E_VMGS_NOTHING, "'%s' is encrypted already, with this key",
				   s->name);
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
	if (r == 0 && vmgs_store_sealed(&s))
		r = refuse_sealed(&s, &key, reterr);
	if (r == 0)
		r = verb_backup(&s, v[NO_BACKUP], reterr);
	if (r == 0)
		r = vmgs_store_encrypt(&s, &key, reterr);
	if (r == 0 && v[REWRITE])
		r = vmgs_store_encrypt_files(&s, reterr);
	if (r == 0)
		warn(&s, v);
	return r;
}
