/* SPDX-License-Identifier: MIT */
#include "verb_store.h"
#include "vmgs_verbs.h"

enum { ID, OUTPUT, KEY, SECTOR };

const struct verb_option vmgs_read_options[] = {
	[ID] = VERB_OPTION_ID,
	[OUTPUT] = {"output", "FILE", "where its contents go; - is standard output"},
	[KEY] = VERB_OPTION_KEY, [SECTOR] = VERB_OPTION_SECTOR,
	{NULL, NULL, NULL}};

int vmgs_cmd_read(int argc, char **argv, struct err *reterr)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_buf_ struct buf data = BUF_INIT(0);
	const char *v[VERB_OPTIONS_MAX];
	int count, id = -1, r;
	char name[32];

	r = verb_parse(vmgs_read_options, argc, argv, v, &count, reterr);
	if (r == 0)
		r = verb_arguments(count, 1, "read FILE --id ID --output FILE", reterr);
	if (r == 0)
		r = verb_id(v[ID], &id, reterr);
	if (r == 0 && !v[OUTPUT])
		r = err_set(reterr, E_USAGE, "where to? give --output");
	if (r == 0)
		r = verb_open(&s, &(struct verb_open){.path = argv[1], .key_file = v[KEY],
						      .sector = v[SECTOR]}, reterr);
	if (r == 0)
		r = verb_not_itself(&s, v[OUTPUT], reterr);
	if (r == 0)
		r = vmgs_store_read(&s, id, &data, reterr);
	if (r == 0 && s.stale & UINT64_C(1) << id)
		verb_warn("%s was encrypted and is plain now: who wrote it had no key", vmgs_file_text(id, name));
	return r < 0 ? r : verb_output(v[OUTPUT], data.data, data.len, reterr);
}
