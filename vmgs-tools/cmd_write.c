/* SPDX-License-Identifier: MIT */
#include "verb_store.h"
#include "vmgs_verbs.h"

enum { ID, INPUT, KEY, FORCE, PLAIN, NO_BACKUP, SECTOR };

const struct verb_option vmgs_write_options[] = {
	[ID] = VERB_OPTION_ID,
	[INPUT] = {"input", "FILE", "the new contents; - is standard input"},
	[KEY] = {"key-file", "FILE", "the root key: 32 bytes; the file is then encrypted"},
	[FORCE] = {"force", NULL, "overwrite a file that has contents"},
	[PLAIN] = {"plain", NULL, "with a key: leave this file unencrypted"},
	[NO_BACKUP] = VERB_OPTION_NO_BACKUP, [SECTOR] = VERB_OPTION_SECTOR,
	{NULL, NULL, NULL}};

static int check_options(const char *const *v, int *ret_id, struct err *reterr)
{
	int r = verb_id(v[ID], ret_id, reterr);

	if (r == 0 && !v[INPUT])
		r = err_set(reterr, E_USAGE, "what? give --input");
	return r < 0 ? r : verb_one_stdin(v[INPUT], v[KEY], reterr);
}

static void warn(const struct vmgs_store *s, int id, size_t len, bool encrypt)
{
	char name[32];

	(void)vmgs_file_text(id, name);
	if (encrypt && len == 0)
		verb_warn("%s is empty and stays unencrypted: other programs cannot read an empty "
			  "encrypted file", name);
	else if (encrypt && vmgs_file_read_locked(id))
		verb_warn("%s is read before the key is there; --plain leaves it unencrypted", name);
	if (encrypt || !vmgs_store_sealed(s))
		return;
	if (vmgs_file_secret(id))
		verb_warn("%s is written unencrypted; --key-file encrypts it", name);
	if (!s->unlocked && vmgs_store_encrypted(s, id))
		verb_warn("%s was encrypted: without the key the store goes on to call it so, and other "
			  "programs cannot read it", name);
}

int vmgs_cmd_write(int argc, char **argv, struct err *reterr)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_buf_ struct buf data = BUF_INIT(0);
	const char *v[VERB_OPTIONS_MAX];
	int count, id = -1, r;
	bool encrypt;
	char name[32];

	r = verb_parse(vmgs_write_options, argc, argv, v, &count, reterr);
	if (r == 0)
		r = verb_arguments(count, 1, "write FILE --id ID --input FILE", reterr);
	if (r == 0)
		r = check_options(v, &id, reterr);
	if (r == 0)
		r = verb_open(&s, &(struct verb_open){.path = argv[1], .key_file = v[KEY],
						      .sector = v[SECTOR], .write = true}, reterr);
	if (r == 0 && vmgs_store_has(&s, id) && s.entry[id].bytes > 0 && !v[FORCE])
		r = err_set(reterr, E_VMGS_FILE_EXISTS, "%s has contents already",
			    vmgs_file_text(id, name));
	if (r == 0)
		r = verb_input(v[INPUT], (size_t)s.disk_bytes, &data, reterr);
	if (r < 0)
		return r;
	encrypt = v[KEY] && !v[PLAIN];
	warn(&s, id, data.len, encrypt);
	r = verb_backup(&s, v[NO_BACKUP], reterr);
	return r < 0 ? r : vmgs_store_write(&s, id, data.data, data.len, encrypt && data.len > 0, reterr);
}
