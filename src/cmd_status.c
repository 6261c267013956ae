/* SPDX-License-Identifier: MIT */
#include "boot_report.h"
#include "codec.h"
#include "json.h"
#include "lifecycle.h"
#include "log.h"
#include "verbs.h"
#include "volume.h"

#include <stdio.h>
#include <string.h>

enum { O_DEVICE, O_CONFIG, O_JSON, O_COUNT };

const struct verb_option status_options[] = {
	[O_DEVICE] = {"device", "PATH", "device or image file, when it is not the config's"},
	[O_CONFIG] = {"config", "DIR", "configuration folder (default /etc/cvmcrypt)"},
	[O_JSON] = {"json", NULL, "print the result as JSON"},
	[O_COUNT] = {NULL, NULL, NULL}};

/* "pending": no boot went through it yet. */
static const char *way_state(const struct record *rec, const struct way *way)
{
	if (way->type != WAY_TPM2)
		return "ready";
	if (way->tpm2.public_len == 0)
		return "pending: the first boot seals";
	if (rec->approval_count == 0)
		return "pending: sealed, no boot approved yet";
	for (size_t i = 0; i < rec->approval_count; i++)
		if (rec->approvals[i].proven)
			return "ready";
	return "pending: approved, not booted yet";
}

static struct cJSON *describe(struct cJSON *list, const struct volume_config *vc,
			      const struct volume *v, const struct boot_volume *bv, bool *ok)
{
	struct cJSON *o = json_add_object(list, NULL, ok), *ways, *approvals, *foreign;
	const struct record *rec = &v->record;

	json_add_string(o, "volume", vc->name, ok);
	json_add_string(o, "device", v->device.path, ok);
	json_add_string(o, "uuid", v->header.uuid, ok);
	json_add_string(o, "cipher", rec->cipher, ok);
	json_add_number(o, "generation", (double)rec->generation, ok);
	json_add_bool(o, "anchored", vc->id_set || vc->measured, ok);
	ways = json_add_object(o, "ways", ok);
	for (size_t i = 0; i < rec->way_count; i++)
		json_add_string(ways, record_way_name(rec->ways[i].type), way_state(rec, &rec->ways[i]), ok);
	approvals = json_add_array(o, "approvals", ok);
	for (size_t i = 0; i < rec->approval_count; i++) {
		struct cJSON *a = json_add_object(approvals, NULL, ok);

		json_add_number(a, "number", (double)rec->approvals[i].number, ok);
		json_add_bool(a, "proven", rec->approvals[i].proven, ok);
		json_add_bool(a, "unexplained", rec->approvals[i].unexplained, ok);
	}
	foreign = json_add_array(o, "foreign_keyslots", ok);
	for (size_t i = 0; i < v->header.keyslot_count; i++) {
		int slot = v->header.keyslot[i].id;
		const struct way *rw = record_way(rec, WAY_RECOVERY);

		if (slot != rec->keyslot && !(rw && rw->recovery.keyslot == slot))
			json_add_number(foreign, NULL, slot, ok);
	}
	for (int i = 0; i < 2; i++)
		json_add_string(o, i ? "secondary_copy" : "primary_copy",
				v->header.copy_reason[i][0] ? v->header.copy_reason[i] : "good", ok);
	if (bv) {
		json_add_string(o, "boot_state", volume_state_name(bv->state), ok);
		json_add_string(o, "boot_source", bv->source, ok);
	}
	return o;
}

static void print_text(const struct volume_config *vc, const struct volume *v,
		       const struct boot_volume *bv)
{
	const struct record *rec = &v->record;

	printf("%s: %s, LUKS2 %s, %s\n", vc->name, v->device.path, v->header.uuid, rec->cipher);
	for (size_t i = 0; i < rec->way_count; i++)
		printf("  way %-9s %s\n", record_way_name(rec->ways[i].type), way_state(rec, &rec->ways[i]));
	for (size_t i = 0; i < rec->approval_count; i++)
		printf("  approval %llu%s%s\n", (unsigned long long)rec->approvals[i].number,
		       rec->approvals[i].proven ? ", proven" : ", not booted yet",
		       rec->approvals[i].unexplained ? ", without an event log" : "");
	for (size_t i = 0; i < v->header.keyslot_count; i++) {
		int slot = v->header.keyslot[i].id;
		const struct way *rw = record_way(rec, WAY_RECOVERY);

		if (slot != rec->keyslot && !(rw && rw->recovery.keyslot == slot))
			printf("  keyslot %d is not cvmcrypt's (never used at boot)\n", slot);
	}
	for (int i = 0; i < 2; i++)
		if (v->header.copy_reason[i][0])
			printf("  %s header copy: %s\n", i ? "secondary" : "primary",
			       v->header.copy_reason[i]);
	if (bv)
		printf("  this boot: %s by %s in %lld ms\n", volume_state_name(bv->state), bv->source,
		       (long long)bv->ms);
	if (bv && strcmp(bv->source, "recovery") == 0)
		printf("  its recovery key was typed at this boot: 'cvmcrypt recovery replace %s'\n",
		       vc->name);
}

static int show(const struct volume_config *vc, const char *device, const struct boot_report *report,
		struct cJSON *list, struct err *reterr)
{
	const struct boot_volume *bv = report ? boot_report_volume(report, vc->name) : NULL;
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	bool ok = true;
	int r = volume_load(&v, device, false, reterr);

	if (r < 0)
		return err_wrap(reterr, r, "%s", vc->name);
	if (!list) {
		print_text(vc, &v, bv);
		return 0;
	}
	(void)describe(list, vc, &v, bv, &ok);
	return ok ? 0 : err_set(reterr, E_NOMEM, "status");
}

static int show_all(const struct config *config, const char *device_option, char *const *names,
		    int count, struct cJSON *list, struct err *reterr)
{
	struct boot_report report;
	bool have_report = boot_report_read(&report, NULL) == 0;
	char device[256];
	struct err e = {0};
	int r, first = 0;

	for (size_t i = 0; i < config->volume_count; i++) {
		const struct volume_config *vc = &config->volume[i];

		if (!verb_selects(names, count, vc->name))
			continue;
		r = verb_device(device_option, vc, device, sizeof(device), &e);
		if (r < 0)
			(void)err_wrap(&e, r, "%s", vc->name);
		else
			r = show(vc, device, have_report ? &report : NULL, list, &e);
		/* the first one is printed by main, with its hint */
		if (r < 0 && first < 0 && !list)
			log_error("E%03d %s", -r, e.msg);
		if (r < 0 && first == 0) {
			first = r;
			*reterr = e;
		}
	}
	return first;
}

int cmd_status(int argc, char **argv, struct err *reterr)
{
	_cleanup_free_ char *text = NULL;
	const char *values[O_COUNT];
	struct cJSON *root = NULL, *list = NULL;
	struct config config;
	bool ok = true;
	int count, r;

	r = verb_parse(status_options, argc, argv, values, &count, reterr);
	if (r == 0)
		r = verb_config(values[O_CONFIG], argv + 1, count, &config, reterr);
	if (r < 0)
		return r;
	if (values[O_DEVICE] && count != 1)
		return err_set(reterr, E_USAGE, "--device needs exactly one volume");
	if (values[O_JSON]) {
		root = json_new_object();
		list = json_add_array(root, "volumes", &ok);
	}
	r = show_all(&config, values[O_DEVICE], argv + 1, count, list, reterr);
	if (values[O_JSON]) {
		text = ok ? json_print(root, true) : NULL;
		if (text)
			printf("%s\n", text);
		else if (r == 0)
			r = err_set(reterr, E_NOMEM, "status");
	}
	json_free(root);
	return r;
}
