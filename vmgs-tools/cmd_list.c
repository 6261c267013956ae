/* SPDX-License-Identifier: MIT */
#include "verb_store.h"
#include "vmgs_verbs.h"

#include "json.h"

#include <stdio.h>

enum { JSON, KEY, ALL, SECTOR };

const struct verb_option vmgs_list_options[] = {
	[JSON] = VERB_OPTION_JSON, [KEY] = VERB_OPTION_KEY,
	[ALL] = {"all", NULL, "the two tables as well"},
	[SECTOR] = VERB_OPTION_SECTOR,
	{NULL, NULL, NULL}};

static bool shown(const struct vmgs_store *s, int id, const char *all)
{
	return vmgs_store_has(s, id) && (all || (id != VMGS_ID_TABLE && id != VMGS_ID_EXTENDED));
}

static int print_json(const struct vmgs_store *s, const char *all, struct err *reterr)
{
	struct cJSON *root = json_new_object(), *list;
	bool ok = root != NULL;
	char name[32];

	list = json_add_array(root, "files", &ok);
	for (int id = 0; id < VMGS_FILES; id++) {
		const struct vmgs_entry *e = &s->entry[id];
		struct cJSON *node;

		if (!shown(s, id, all))
			continue;
		node = json_add_object(list, NULL, &ok);
		json_add_number(node, "id", id, &ok);
		json_add_string(node, "name", vmgs_file_text(id, name), &ok);
		json_add_number(node, "allocated", (double)e->blocks * VMGS_BLOCK_BYTES, &ok);
		json_add_number(node, "size", (double)e->bytes, &ok);
		json_add_bool(node, "encrypted", vmgs_store_encrypted(s, id), &ok);
		json_add_number(node, "block", e->offset, &ok);
	}
	return verb_print_json(root, ok, reterr);
}

static void print_text(const struct vmgs_store *s, const char *all)
{
	char name[32];

	printf("%2s  %-20s %10s %10s  %s\n", "id", "name", "allocated", "size", "encrypted");
	for (int id = 0; id < VMGS_FILES; id++)
		if (shown(s, id, all))
			printf("%2d  %-20s %10llu %10llu  %s\n", id, vmgs_file_text(id, name),
			       (unsigned long long)s->entry[id].blocks * VMGS_BLOCK_BYTES,
			       (unsigned long long)s->entry[id].bytes,
			       vmgs_store_encrypted(s, id) ? "yes" : "no");
}

int vmgs_cmd_list(int argc, char **argv, struct err *reterr)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	const char *v[VERB_OPTIONS_MAX];
	int count, r;

	r = verb_parse(vmgs_list_options, argc, argv, v, &count, reterr);
	if (r == 0)
		r = verb_arguments(count, 1, "list FILE", reterr);
	if (r < 0)
		return r;
	r = verb_open(&s, &(struct verb_open){.path = argv[1], .key_file = v[KEY],
					      .sector = v[SECTOR]}, reterr);
	if (r < 0)
		return verb_json_failure(v[JSON], r, reterr);
	if (v[JSON])
		return print_json(&s, v[ALL], reterr);
	print_text(&s, v[ALL]);
	return 0;
}
