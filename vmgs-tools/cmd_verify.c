/* SPDX-License-Identifier: MIT */
#include "verb_store.h"
#include "vmgs_verbs.h"
#include "vmgs_verify.h"

#include "json.h"

#include <stdio.h>

enum { KEY, JSON, SECTOR };

const struct verb_option vmgs_verify_options[] = {
	[KEY] = VERB_OPTION_KEY, [JSON] = VERB_OPTION_JSON, [SECTOR] = VERB_OPTION_SECTOR,
	{NULL, NULL, NULL}};

static int print_json(const struct vmgs_findings *f, int verdict, struct err *reterr)
{
	struct cJSON *root = json_new_object(), *list;
	bool ok = root != NULL;

	json_add_string(root, "verdict", verdict == 0 ? "pass" : "fail", &ok);
	list = json_add_array(root, "findings", &ok);
	for (size_t i = 0; i < f->count; i++) {
		struct cJSON *node = json_add_object(list, NULL, &ok);

		json_add_string(node, "code", f->item[i].code, &ok);
		json_add_string(node, "severity", vmgs_severity_name(f->item[i].severity), &ok);
		json_add_string(node, "text", f->item[i].text, &ok);
	}
	return verb_print_json(root, ok, reterr);
}

static void print_text(const struct vmgs_findings *f, int verdict)
{
	for (size_t i = 0; i < f->count; i++)
		printf("%-8s %s: %s\n", vmgs_severity_name(f->item[i].severity), f->item[i].code,
		       f->item[i].text);
	printf("verdict  %s\n", verdict == 0 ? "pass" : "fail");
}

/* Of failures that say something about the file, a finding; others are returned. */
static int gather(struct vmgs_store *s, const struct verb_open *how, struct vmgs_findings *f,
		  struct err *reterr)
{
	struct err e = {0};
	int r = verb_open(s, how, &e), status = err_exit_status(r);

	if (r < 0 && status < 10) {
		*reterr = e;
		return r;
	}
	vmgs_verify_structure(s, f);
	if (r < 0)
		vmgs_findings_failure(f, r, &e);
	else
		vmgs_verify_contents(s, f);
	return 0;
}

int vmgs_cmd_verify(int argc, char **argv, struct err *reterr)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_free_ struct vmgs_findings *f = calloc(1, sizeof(*f));
	const char *v[VERB_OPTIONS_MAX];
	int count, r, verdict;

	if (!f)
		return err_set(reterr, E_NOMEM, "findings");
	r = verb_parse(vmgs_verify_options, argc, argv, v, &count, reterr);
	if (r == 0)
		r = verb_arguments(count, 1, "verify FILE", reterr);
	if (r < 0)
		return r;
	r = gather(&s, &(struct verb_open){.path = argv[1], .key_file = v[KEY], .sector = v[SECTOR]}, f,
		   reterr);
	if (r < 0)
		return verb_json_failure(v[JSON], r, reterr);
	verdict = vmgs_findings_verdict(f);
	if (v[JSON])
		r = print_json(f, verdict, reterr);
	else
		print_text(f, verdict);
	return r < 0 ? r : vmgs_exit_status(verdict);
}
