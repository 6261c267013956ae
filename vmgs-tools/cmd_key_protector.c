/* SPDX-License-Identifier: MIT */
#include "verb_store.h"
#include "vmgs_protector.h"
#include "vmgs_verbs.h"

#include "json.h"

#include <stdio.h>
#include <string.h>

#define ID_KEY_PROTECTOR 6

enum { JSON, KEY, SECTOR };

const struct verb_option vmgs_key_protector_options[] = {
	[JSON] = VERB_OPTION_JSON, [KEY] = VERB_OPTION_KEY, [SECTOR] = VERB_OPTION_SECTOR,
	{NULL, NULL, NULL}};

/* Which of the two the next boot reads, and which it fills. */
static const char *role(const struct key_protector *p, int i)
{
	return (uint32_t)i == p->active % 2 ? "ingress" : "egress";
}

static int print_json(const struct key_protector *p, size_t bytes, struct err *reterr)
{
	struct cJSON *root = json_new_object(), *list;
	bool ok = root != NULL;

	json_add_number(root, "size", (double)bytes, &ok);
	json_add_bool(root, "padded", p->padded, &ok);
	json_add_number(root, "active", p->active, &ok);
	json_add_number(root, "ingress", p->active % 2, &ok);
	list = json_add_array(root, "entries", &ok);
	for (int i = 0; i < 2; i++) {
		struct cJSON *node = json_add_object(list, NULL, &ok);

		json_add_number(node, "index", i, &ok);
		json_add_string(node, "role", role(p, i), &ok);
		json_add_string(node, "dek", key_protector_form_name(p->dek[i].form), &ok);
		json_add_number(node, "dek_size", p->dek[i].bytes, &ok);
		json_add_number(node, "gsp_size", p->gsp_bytes[i], &ok);
	}
	json_add_bool(root, "rotation_unfinished",
		      p->dek[!(p->active % 2)].form != KEY_PROTECTOR_EMPTY, &ok);
	return verb_print_json(root, ok, reterr);
}

static void print_text(const struct key_protector *p, size_t bytes)
{
	printf("size     %zu%s\n", bytes, p->padded ? " (short: the rest counts as zeros)" : "");
	printf("active   %u\n", p->active);
	for (int i = 0; i < 2; i++)
		printf("entry %d  %s: key %s, %u bytes; guest state protection %u bytes\n", i, role(p, i),
		       key_protector_form_name(p->dek[i].form), p->dek[i].bytes, p->gsp_bytes[i]);
	if (p->dek[!(p->active % 2)].form != KEY_PROTECTOR_EMPTY)
		printf("the last rotation of the key did not end: the egress entry is filled\n");
}

int vmgs_cmd_key_protector(int argc, char **argv, struct err *reterr)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_buf_ struct buf data = BUF_INIT(0);
	const char *v[VERB_OPTIONS_MAX];
	struct key_protector p;
	int count, r;

	r = verb_parse(vmgs_key_protector_options, argc, argv, v, &count, reterr);
	if (r == 0)
		r = verb_arguments(count, 2, "key-protector show FILE", reterr);
	if (r == 0 && strcmp(argv[1], "show") != 0)
		r = err_set(reterr, E_USAGE, "key-protector has no '%s'; it has show", argv[1]);
	if (r < 0)
		return r;
	r = verb_open(&s, &(struct verb_open){.path = argv[2], .key_file = v[KEY], .sector = v[SECTOR]},
		      reterr);
	if (r == 0)
		r = vmgs_store_read(&s, ID_KEY_PROTECTOR, &data, reterr);
	if (r == 0)
		r = key_protector_parse(data.data, data.len, &p, reterr);
	if (r < 0)
		return verb_json_failure(v[JSON], r, reterr);
	if (v[JSON])
		return print_json(&p, data.len, reterr);
	print_text(&p, data.len);
	return 0;
}
