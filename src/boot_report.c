/* SPDX-License-Identifier: MIT */
#include "boot_report.h"

#include "codec.h"
#include "evidence_collect.h"
#include "file.h"
#include "json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SCHEMA "cvmcrypt.boot/1"
#define REPORT_SIZE_MAX 262144
#define RECORD_FILE_MAX 4096

static const char *const state_names[] = {"skipped", "open", "refused", "failed", "observed"};

const char *volume_state_name(enum volume_state s)
{
	return state_names[s];
}

static void add_volume(struct cJSON *list, const struct boot_volume *v, bool *ok)
{
	struct cJSON *o = json_add_object(list, NULL, ok);
	char number[24], code[8];

	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)v->approval);
	(void)snprintf(code, sizeof(code), "E%03d", v->code);
	json_add_string(o, "name", v->name, ok);
	json_add_string(o, "state", volume_state_name(v->state), ok);
	json_add_string(o, "code", code, ok);
	json_add_string(o, "source", v->source, ok);
	json_add_number(o, "ms", (double)v->ms, ok);
	json_add_string(o, "mapping", v->mapping, ok);
	json_add_string(o, "device", v->device, ok);
	json_add_string(o, "uuid", v->uuid, ok);
	json_add_string(o, "approval", number, ok);
	json_add_bool(o, "opened", v->opened, ok);
	json_add_hex(o, "commitment", v->commitment, sizeof(v->commitment), ok);
	json_add_hex(o, "record", v->record, sizeof(v->record), ok);
}

static void add_evidence(const struct collection *c, struct cJSON *o, bool *ok)
{
	evidence_describe(c, o, ok);
	verdict_describe_checks(&c->verdict, o, ok);
}

static void make_run_dir(void)
{
	(void)mkdir(RUN_DIR, 0700);
}

int boot_report_write(const struct boot_report *report, struct err *reterr)
{
	struct cJSON *root = json_new_object(), *list, *pcrs;
	_cleanup_free_ char *text = NULL;
	bool ok = root != NULL;

	json_add_string(root, "schema", SCHEMA, &ok);
	json_add_number(root, "ms", (double)report->ms, &ok);
	json_add_number(root, "tpm_commands", report->tpm_commands, &ok);
	json_add_bool(root, "closed", report->closed, &ok);
	pcrs = json_add_object(json_add_object(root, "pcrs", &ok), "sha256", &ok);
	for (int i = 0; i < PCR_COUNT; i++) {
		char key[4];

		(void)snprintf(key, sizeof(key), "%d", i);
		if (report->pcrs.mask & PCR_BIT(i))
			json_add_hex(pcrs, key, report->pcrs.value[i], SHA256_SIZE, &ok);
	}
	list = json_add_array(root, "volumes", &ok);
	for (size_t i = 0; i < report->volume_count; i++)
		add_volume(list, &report->volume[i], &ok);
	if (report->evidence)
		add_evidence(report->evidence, json_add_object(root, "evidence", &ok), &ok);
	if (ok)
		text = json_print(root, true);
	json_free(root);
	if (!text)
		return err_set(reterr, E_NOMEM, "boot report");
	make_run_dir();
	return file_replace(BOOT_REPORT_PATH, text, strlen(text), 0600, reterr);
}

static int copy_string(const struct json *j, const struct cJSON *o, const char *key, char *out,
		       size_t size, struct err *reterr)
{
	const char *s;
	int r = json_get_string(j, o, key, &s, reterr);

	if (r < 0)
		return r;
	if (strlen(s) >= size)
		return err_set(reterr, E_IO, "'%s' in the boot report is too long", key);
	memcpy(out, s, strlen(s) + 1);
	return 0;
}

static int read_state(const struct json *j, const struct cJSON *o, struct boot_volume *v,
		      struct err *reterr)
{
	uint64_t code;
	const char *s;
	int r = json_get_string(j, o, "state", &s, reterr);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(state_names); i++)
		if (strcmp(s, state_names[i]) == 0)
			v->state = (enum volume_state)i;
	r = json_get_string(j, o, "code", &s, reterr);
	if (r == 0 && (s[0] != 'E' || strlen(s) != 4))
		return err_set(reterr, E_IO, "bad code in the boot report");
	if (r == 0) {
		for (s++; s[0] == '0' && s[1]; s++)
			;
		if (!decimal_u64(s, 999, &code))
			return err_set(reterr, E_IO, "bad code in the boot report");
		v->code = (int)code;
	}
	return r;
}

static int read_volume(const struct json *j, const struct cJSON *o, struct boot_volume *v,
		       struct err *reterr)
{
	const char *commitment, *record;
	uint64_t ms;
	int r;

	r = copy_string(j, o, "name", v->name, sizeof(v->name), reterr);
	if (r == 0)
		r = copy_string(j, o, "source", v->source, sizeof(v->source), reterr);
	if (r == 0)
		r = copy_string(j, o, "mapping", v->mapping, sizeof(v->mapping), reterr);
	if (r == 0)
		r = copy_string(j, o, "device", v->device, sizeof(v->device), reterr);
	if (r == 0)
		r = copy_string(j, o, "uuid", v->uuid, sizeof(v->uuid), reterr);
	if (r == 0)
		r = read_state(j, o, v, reterr);
	if (r == 0)
		r = json_get_u64(j, o, "ms", INT32_MAX, &ms, reterr);
	if (r == 0)
		r = json_get_u64_string(j, o, "approval", &v->approval, reterr);
	if (r == 0)
		r = json_get_bool(j, o, "opened", &v->opened, reterr);
	if (r == 0)
		r = json_get_string(j, o, "commitment", &commitment, reterr);
	if (r == 0)
		r = json_get_string(j, o, "record", &record, reterr);
	if (r < 0)
		return r;
	v->ms = (int64_t)ms;
	if (!hex_decode(v->commitment, sizeof(v->commitment), commitment))
		return err_set(reterr, E_IO, "bad commitment in the boot report");
	if (!hex_decode(v->record, sizeof(v->record), record))
		return err_set(reterr, E_IO, "bad record id in the boot report");
	return 0;
}

static int read_pcrs(const struct json *j, struct pcr_set *ret, struct err *reterr)
{
	const struct cJSON *pcrs, *bank;
	int r = json_get_object(j, j->root, "pcrs", &pcrs, reterr);

	if (r == 0)
		r = json_get_object(j, pcrs, "sha256", &bank, reterr);
	for (size_t i = 0; r == 0 && i < json_count(bank); i++) {
		const char *hex = json_string(json_at(bank, i));
		uint64_t pcr;

		if (!hex || !decimal_u64(json_key(json_at(bank, i)), PCR_COUNT - 1, &pcr) ||
		    !hex_decode(ret->value[pcr], SHA256_SIZE, hex))
			return err_set(reterr, E_IO, "bad PCR value in the boot report");
		ret->mask |= PCR_BIT(pcr);
	}
	return r;
}

int boot_report_read(struct boot_report *ret, struct err *reterr)
{
	_cleanup_buf_ struct buf text = BUF_INIT(0);
	_cleanup_json_ struct json j = {0};
	const struct cJSON *list;
	uint64_t commands;
	int r;

	*ret = (struct boot_report){0};
	r = file_read(BOOT_REPORT_PATH, REPORT_SIZE_MAX, &text, reterr);
	if (r == 0)
		r = json_parse(&j, BOOT_REPORT_PATH, E_IO, text.data, text.len, reterr);
	if (r == 0)
		r = read_pcrs(&j, &ret->pcrs, reterr);
	if (r == 0)
		r = json_get_bool(&j, j.root, "closed", &ret->closed, reterr);
	if (r == 0)
		r = json_get_u64(&j, j.root, "tpm_commands", INT32_MAX, &commands, reterr);
	if (r == 0)
		r = json_get_array(&j, j.root, "volumes", &list, reterr);
	if (r < 0)
		return r;
	ret->tpm_commands = (unsigned)commands;
	for (size_t i = 0; i < json_count(list) && i < CONFIG_VOLUMES_MAX; i++) {
		r = read_volume(&j, json_at(list, i), &ret->volume[i], reterr);
		if (r < 0)
			return r;
		ret->volume_count = i + 1;
	}
	return 0;
}

const struct boot_volume *boot_report_volume(const struct boot_report *report, const char *name)
{
	for (size_t i = 0; i < report->volume_count; i++)
		if (strcmp(report->volume[i].name, name) == 0)
			return &report->volume[i];
	return NULL;
}

int boot_certificates_keep(struct err *reterr)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(0);
	int r;

	if (!file_exists(BOOT_CERTS_PATH))
		return 0;
	r = file_read(BOOT_CERTS_PATH, X509_FILE_MAX, &bytes, reterr);
	(void)mkdir(CERTS_DIR, 0700);
	if (r == 0)
		r = file_replace(CERTS_DIR "/fetched.der", bytes.data, bytes.len, 0600, reterr);
	if (r < 0)
		return r;
	(void)unlink(BOOT_CERTS_PATH);
	return 1;
}

static void stage_path(const char *name, char out[128])
{
	(void)snprintf(out, 128, RUN_DIR "/%s.record", name);
}

int boot_stage_write(const char *name, const void *text, size_t len, struct err *reterr)
{
	char path[128];

	make_run_dir();
	stage_path(name, path);
	return file_replace(path, text, len, 0600, reterr);
}

int boot_stage_read(const char *name, struct buf *ret, struct err *reterr)
{
	char path[128];

	stage_path(name, path);
	return file_read(path, RECORD_FILE_MAX, ret, reterr);
}

void boot_stage_remove(const char *name)
{
	char path[128];

	stage_path(name, path);
	(void)unlink(path);
}
