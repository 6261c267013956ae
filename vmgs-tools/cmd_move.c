/* SPDX-License-Identifier: MIT */
#include "verb_store.h"
#include "vmgs_verbs.h"

enum { ID, TO, KEY, FORCE, NO_BACKUP, SECTOR };

const struct verb_option vmgs_move_options[] = {
	[ID] = VERB_OPTION_ID,
	[TO] = {"to", "ID", "its new id"},
	[KEY] = VERB_OPTION_KEY,
	[FORCE] = {"force", NULL, "overwrite a file that has the new id"},
	[NO_BACKUP] = VERB_OPTION_NO_BACKUP, [SECTOR] = VERB_OPTION_SECTOR,
	{NULL, NULL, NULL}};

static int check(const struct vmgs_store *s, int from, int to, const char *force, struct err *reterr)
{
	char name[32];

	if (!vmgs_store_has(s, from))
		return err_set(reterr, E_VMGS_FILE_ABSENT, "there is no file %s",
			       vmgs_file_text(from, name));
	if (from == to)
		return err_set(reterr, E_VMGS_NOTHING, "%s has this id already",
			       vmgs_file_text(from, name));
	if (vmgs_store_has(s, to) && !force)
		return err_set(reterr, E_VMGS_FILE_EXISTS, "there is a file %s already",
			       vmgs_file_text(to, name));
	return 0;
}

int vmgs_cmd_move(int argc, char **argv, struct err *reterr)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	const char *v[VERB_OPTIONS_MAX];
	int count, from = -1, to = -1, r;

	r = verb_parse(vmgs_move_options, argc, argv, v, &count, reterr);
	if (r == 0)
		r = verb_arguments(count, 1, "move FILE --id ID --to ID", reterr);
	if (r == 0)
		r = verb_id(v[ID], &from, reterr);
	if (r == 0 && !v[TO])
		r = err_set(reterr, E_USAGE, "where to? give --to");
	if (r == 0)
		r = verb_id(v[TO], &to, reterr);
	if (r == 0)
		r = verb_open(&s, &(struct verb_open){.path = argv[1], .key_file = v[KEY],
						      .sector = v[SECTOR], .write = true}, reterr);
	if (r == 0)
		r = check(&s, from, to, v[FORCE], reterr);
	if (r == 0 && vmgs_store_sealed(&s) && !s.unlocked)
		r = err_set(reterr, E_VMGS_LOCKED, "'%s' is encrypted", argv[1]);
	if (r == 0)
		r = verb_backup(&s, v[NO_BACKUP], reterr);
	return r < 0 ? r : vmgs_store_move(&s, from, to, reterr);
}
