/* SPDX-License-Identifier: MIT */
#include "verb_store.h"
#include "vmgs_verbs.h"

enum { TO, OUTPUT, FORCE, NO_BACKUP, SECTOR };

const struct verb_option vmgs_convert_options[] = {
	[TO] = {"to", "vhd|raw", "the container; without it the other one"},
	[OUTPUT] = {"output", "FILE", "a new file; without it FILE is replaced"},
	[FORCE] = {"force", NULL, "replace an output file that exists"},
	[NO_BACKUP] = VERB_OPTION_NO_BACKUP, [SECTOR] = VERB_OPTION_SECTOR,
	{NULL, NULL, NULL}};

int vmgs_cmd_convert(int argc, char **argv, struct err *reterr)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	const char *v[VERB_OPTIONS_MAX];
	enum vmgs_container to = VMGS_VHD;
	int count, r;

	r = verb_parse(vmgs_convert_options, argc, argv, v, &count, reterr);
	if (r == 0)
		r = verb_arguments(count, 1, "convert FILE --to vhd|raw", reterr);
	if (r == 0 && v[TO])
		r = verb_container(v[TO], &to, reterr);
	if (r == 0)
		r = verb_open(&s, &(struct verb_open){.path = argv[1], .sector = v[SECTOR],
						      .write = !v[OUTPUT]}, reterr);
	if (r < 0)
		return r;
	if (!v[TO])
		to = s.container == VMGS_VHD ? VMGS_RAW : VMGS_VHD;
	r = verb_not_itself(&s, v[OUTPUT], reterr);
	if (r < 0)
		return r;
	if (v[OUTPUT])
		return vmgs_store_convert(&s, to, v[OUTPUT], v[FORCE] != NULL, reterr);
	if (to == s.container)
		return err_set(reterr, E_VMGS_NOTHING, "'%s' is %s already", argv[1],
			       to == VMGS_VHD ? "a VHD" : "raw");
	r = verb_backup(&s, v[NO_BACKUP], reterr);
	return r < 0 ? r : vmgs_store_convert(&s, to, s.name, true, reterr);
}
