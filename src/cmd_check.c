/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "image_check.h"
#include "json.h"
#include "log.h"
#include "next_boot.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>

enum { O_IMAGE, O_TREE, O_CMDLINE, O_CONFIG, O_TCTI, O_JSON, O_COUNT };

const struct verb_option check_options[] = {
	[O_IMAGE] = {"image", NULL, "judge the configuration as part of a boot image"},
	[O_TREE] = {"image-tree", "DIR", "judge an unpacked boot image"},
	[O_CMDLINE] = {"cmdline", "FILE", "judge this kernel command line too"},
	[O_CONFIG] = {"config", "DIR", "configuration folder (default /etc/cvmcrypt)"},
	[O_TCTI] = {"tcti", "CONF", "TPM to use, as tpm2-tss names it"},
	[O_JSON] = {"json", NULL, "print the result as JSON"},
	[O_COUNT] = {NULL, NULL, NULL}};

/* Collects for --json, prints otherwise. */
struct output {
	struct cJSON *facts, *findings;	/* NULL: print */
	bool ok;
	bool first_told;
};

static void on_fact(void *context, const char *key, const char *value)
{
	struct output *o = context;

	if (o->facts)
		json_add_string(o->facts, key, value, &o->ok);
	else
		printf("%s=%s\n", key, value);
}

/* The first one is printed by main, with its hint, when everything else has been said. */
static void on_finding(void *context, int code, const char *message)
{
	struct output *o = context;
	struct cJSON *item;
	char text[8];

	if (o->findings) {
		item = json_add_object(o->findings, NULL, &o->ok);
		(void)snprintf(text, sizeof(text), "E%03d", code);
		json_add_string(item, "code", text, &o->ok);
		json_add_string(item, "message", message, &o->ok);
		return;
	}
	if (o->first_told)
		log_error("E%03d %s", code, message);
	o->first_told = true;
}

static int print_json(struct cJSON *root, bool ok, struct err *reterr)
{
	_cleanup_free_ char *text = ok ? json_print(root, true) : NULL;

	if (!text)
		return err_set(reterr, E_NOMEM, "writing JSON");
	puts(text);
	return 0;
}

static int check_image(const char *config, const char *cmdline, const char *tree, bool json,
		       struct err *reterr)
{
	struct cJSON *root = json ? json_new_object() : NULL;
	struct output o = {.ok = true};
	struct image_report report = {.on_fact = on_fact, .on_finding = on_finding, .context = &o};
	int r;

	if (json) {
		json_add_string(root, "schema", "cvmcrypt.check/1", &o.ok);
		o.facts = tree ? NULL : json_add_object(root, "facts", &o.ok);
		o.findings = json_add_array(root, "findings", &o.ok);
	}
	if (tree)
		r = image_check_tree(tree, &report, reterr);
	else
		r = image_check_config(config, cmdline, &report, reterr);
	if (json) {
		struct err e;

		if (print_json(root, o.ok, &e) < 0)
			r = err_set(reterr, E_NOMEM, "writing JSON");
		json_free(root);
	}
	return r;
}

/* Name, volume and sentence, a line each; the first failure's hint comes from main. */
static void print_result(void *context, const char *check, const char *volume, int code,
			 const char *message)
{
	struct output *o = context;
	struct cJSON *item;
	char text[8];

	(void)snprintf(text, sizeof(text), "E%03d", code);
	if (!o->findings) {
		printf("%-4s  %s%s%-*s %s\n", code ? text : "ok", check, volume ? " " : "",
		       volume ? 18 - (int)strlen(check) : 19 - (int)strlen(check),
		       volume ? volume : "", message);
		return;
	}
	item = json_add_object(o->findings, NULL, &o->ok);
	json_add_string(item, "check", check, &o->ok);
	if (volume)
		json_add_string(item, "volume", volume, &o->ok);
	json_add_bool(item, "pass", code == 0, &o->ok);
	json_add_string(item, "code", text, &o->ok);
	json_add_string(item, "message", message, &o->ok);
}

static int check_next_boot(const char **values, struct err *reterr)
{
	const char *dir = values[O_CONFIG] ? values[O_CONFIG] : CONFIG_DIR;
	struct cJSON *root = NULL;
	struct output o = {.ok = true};
	struct boot_report report;
	struct config config;
	int r;

	r = verb_config(values[O_CONFIG], NULL, 0, &config, reterr);
	if (r < 0)
		return r;
	if (values[O_JSON]) {
		root = json_new_object();
		json_add_string(root, "schema", "cvmcrypt.check/1", &o.ok);
		o.findings = json_add_array(root, "checks", &o.ok);
	}
	r = next_boot_check(&(struct next_boot){
		.config = &config, .config_dir = dir, .tcti = values[O_TCTI],
		.report = boot_report_read(&report, NULL) == 0 ? &report : NULL,
		.on_result = print_result, .context = &o}, reterr);
	if (root && print_json(root, o.ok, NULL) < 0)
		r = err_set(reterr, E_NOMEM, "writing JSON");
	json_free(root);
	return r;
}

int cmd_check(int argc, char **argv, struct err *reterr)
{
	const char *values[O_COUNT];
	int count, r;

	r = verb_parse(check_options, argc, argv, values, &count, reterr);
	if (r < 0)
		return r;
	if (count > 0)
		return err_set(reterr, E_USAGE, "'check' takes no arguments");
	if (values[O_TREE] && (values[O_IMAGE] || values[O_CMDLINE] || values[O_CONFIG]))
		return err_set(reterr, E_USAGE,
			       "--image-tree stands alone: the tree has its own configuration");
	if (values[O_CMDLINE] && !values[O_IMAGE])
		return err_set(reterr, E_USAGE, "--cmdline needs --image");
	if (values[O_TCTI] && (values[O_TREE] || values[O_IMAGE]))
		return err_set(reterr, E_USAGE, "--tcti goes without --image and --image-tree: judging an "
			       "image takes no TPM");
	if (!values[O_TREE] && !values[O_IMAGE])
		return check_next_boot(values, reterr);
	return check_image(values[O_CONFIG] ? values[O_CONFIG] : CONFIG_DIR, values[O_CMDLINE],
			   values[O_TREE], values[O_JSON], reterr);
}
