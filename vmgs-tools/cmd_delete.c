/* SPDX-License-Identifier: MIT */
#include "verb_store.h"
#include "vmgs_verbs.h"

enum { ID, KEY, NO_BACKUP, SECTOR };

const struct verb_option vmgs_delete_options[] = {
	[ID] = VERB_OPTION_ID, [KEY] = VERB_OPTION_KEY, [NO_BACKUP] = VERB_OPTION_NO_BACKUP,
	[SECTOR] = VERB_OPTION_SECTOR,
	{NULL, NULL, NULL}};

int vmgs_cmd_delete(int argc, char **argv, struct err *reterr)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	const char *v[VERB_OPTIONS_MAX];
	int count, id = -1, r;
	char name[32];

	r = verb_parse(vmgs_delete_options, argc, argv, v, &count, reterr);
	if (r == 0)
		r = verb_arguments(count, 1, "delete FILE --id ID", reterr);
	if (r == 0)
		r = verb_id(v[ID], &id, reterr);
	if (r == 0)
		r = verb_open(&s, &(struct verb_open){.path = argv[1], .key_file = v[KEY],
						      .sector = v[SECTOR], .write = true}, reterr);
	if (r == 0 && !vmgs_store_has(&s, id))
		r = err_set(reterr, E_VMGS_NOTHING, "there is no file %s", vmgs_file_text(id, name));
	if (r == 0 && !s.unlocked && vmgs_store_sealed(&s) && vmgs_store_encrypted(&s, id))
		verb_warn("%s is encrypted: without the key the store keeps a stale entry of it",
			  vmgs_file_text(id, name));
	if (r == 0)
		r = verb_backup(&s, v[NO_BACKUP], reterr);
	return r < 0 ? r : vmgs_store_delete(&s, id, reterr);
}
