/* SPDX-License-Identifier: MIT */
#include "verb_store.h"
#include "vmgs_verbs.h"
#include "vmgs_verify.h"

#include "json.h"

#include <stdio.h>

enum { JSON, KEY, SECTOR };

const struct verb_option vmgs_info_options[] = {
	[JSON] = VERB_OPTION_JSON, [KEY] = VERB_OPTION_KEY, [SECTOR] = VERB_OPTION_SECTOR,
	{NULL, NULL, NULL}};

static const char *container_of_store(const struct vmgs_store *s)
{
	return s->disk_bytes == 0 ? "unknown" : s->container == VMGS_VHD ? "vhd" : "raw";
}

static const char *encryption_of(const struct vmgs_store *s)
{
	return s->active < 0 ? "unknown" : vmgs_store_sealed(s) ? "aes-256-gcm" : "none";
}

/* How the root key is protected: not in the header, the files that exist tell. */
static const char *scheme_of(const struct vmgs_store *s)
{
	if (s->active >= 0 && !vmgs_store_sealed(s))
		return "none";
	return vmgs_store_has(s, 6) ? "gsp-key" : vmgs_store_has(s, 7) ? "gsp-by-id" : "unknown";
}

static int count_files(const struct vmgs_store *s)
{
	int n = 0;

	for (int id = 1; id < VMGS_ID_EXTENDED; id++)
		n += vmgs_store_has(s, id);
	return n;
}

static void add_headers(const struct vmgs_store *s, struct cJSON *root, bool *ok)
{
	struct cJSON *list = json_add_array(root, "headers", ok);

	for (int i = 0; s->active >= -1 && i < 2; i++) {
		struct cJSON *h = json_add_object(list, NULL, ok);
		bool valid = s->state[i] == VMGS_HEADER_VALID;

		json_add_number(h, "index", i, ok);
		json_add_number(h, "offset", (double)i * s->sector_bytes, ok);
		json_add_bool(h, "valid", valid, ok);
		json_add_string(h, "reason", valid ? "" : vmgs_header_text(s->state[i]), ok);
		json_add_number(h, "sequence", s->header[i].sequence, ok);
		json_add_number(h, "version", s->header[i].version, ok);
		json_add_number(h, "checksum", s->header[i].checksum, ok);
		json_add_number(h, "file_table_block", s->header[i].table_offset, ok);
		json_add_number(h, "algorithm", s->header[i].algorithm, ok);
		json_add_number(h, "markers", s->header[i].markers, ok);
	}
}

static void add_slots(const struct vmgs_store *s, struct cJSON *root, bool *ok)
{
	struct cJSON *list = json_add_array(root, "key_slots", ok);

	for (int i = 0; s->active >= 0 && i < VMGS_SLOTS; i++) {
		const struct vmgs_slot *slot = &s->header[s->active].slot[i];
		struct cJSON *node = json_add_object(list, NULL, ok);

		json_add_number(node, "index", i, ok);
		json_add_bool(node, "occupied", !vmgs_slot_empty(slot), ok);
		json_add_number(node, "writes", vmgs_slot_empty(slot)
				? 0 : (double)(vmgs_slot_counter(slot) + 1), ok);
		if (s->unlocked)
			json_add_bool(node, "opened", s->slot == i, ok);
	}
}

static void add_anomalies(const struct vmgs_findings *f, struct cJSON *root, bool *ok)
{
	struct cJSON *list = json_add_array(root, "anomalies", ok);

	for (size_t i = 0; i < f->count; i++) {
		struct cJSON *node = json_add_object(list, NULL, ok);

		json_add_string(node, "code", f->item[i].code, ok);
		json_add_string(node, "severity", vmgs_severity_name(f->item[i].severity), ok);
		json_add_string(node, "text", f->item[i].text, ok);
	}
}

static int print_json(const struct vmgs_store *s, const struct vmgs_findings *f, struct err *reterr)
{
	struct cJSON *root = json_new_object();
	bool ok = root != NULL;

	json_add_string(root, "container", container_of_store(s), &ok);
	json_add_number(root, "size", (double)s->file_bytes, &ok);
	json_add_number(root, "disk_size", (double)s->disk_bytes, &ok);
	json_add_number(root, "sector_size", s->sector_bytes, &ok);
	json_add_number(root, "blocks", s->capacity, &ok);
	add_headers(s, root, &ok);
	if (s->active >= 0)
		json_add_number(root, "active", s->active, &ok);
	json_add_string(root, "encryption", encryption_of(s), &ok);
	json_add_string(root, "scheme", scheme_of(s), &ok);
	add_slots(s, root, &ok);
	json_add_number(root, "files", count_files(s), &ok);
	add_anomalies(f, root, &ok);
	return verb_print_json(root, ok, reterr);
}

static void print_text(const struct vmgs_store *s, const struct vmgs_findings *f)
{
	printf("container   %s, disk of %llu bytes (%u blocks), file of %llu bytes\n",
	       container_of_store(s), (unsigned long long)s->disk_bytes, s->capacity,
	       (unsigned long long)s->file_bytes);
	for (int i = 0; s->active >= -1 && i < 2; i++)
		printf("header %d    %s, sequence %u, file table at block %u%s\n", i,
		       vmgs_header_text(s->state[i]), s->header[i].sequence, s->header[i].table_offset,
		       s->active == i ? ", active" : "");
	if (s->active >= 0) {
		printf("encryption  %s\n", encryption_of(s));
		printf("scheme      %s\n", scheme_of(s));
		for (int i = 0; i < VMGS_SLOTS; i++) {
			const struct vmgs_slot *slot = &s->header[s->active].slot[i];

			if (vmgs_slot_empty(slot))
				printf("key slot %d  empty\n", i);
			else
				printf("key slot %d  in use, write number %llu%s\n", i,
				       (unsigned long long)vmgs_slot_counter(slot) + 1,
				       s->unlocked && s->slot == i ? ", opened by the key" : "");
		}
		printf("files       %d\n", count_files(s));
	}
	for (size_t i = 0; i < f->count; i++)
		printf("%-11s %s: %s\n", vmgs_severity_name(f->item[i].severity), f->item[i].code,
		       f->item[i].text);
}

int vmgs_cmd_info(int argc, char **argv, struct err *reterr)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_free_ struct vmgs_findings *f = calloc(1, sizeof(*f));
	const char *v[VERB_OPTIONS_MAX];
	int count, r, opened, printed = 0;

	if (!f)
		return err_set(reterr, E_NOMEM, "findings");
	r = verb_parse(vmgs_info_options, argc, argv, v, &count, reterr);
	if (r == 0)
		r = verb_arguments(count, 1, "info FILE", reterr);
	if (r < 0)
		return r;
	opened = verb_open(&s, &(struct verb_open){.path = argv[1], .key_file = v[KEY],
						   .sector = v[SECTOR]}, reterr);
	/* what was read is shown, whatever became of the rest: also that it is blank, or no container */
	if (s.active == -2 && err_exit_status(opened) < 10)
		return verb_json_failure(v[JSON], opened, reterr);
	vmgs_verify_structure(&s, f);
	if (opened < 0 && reterr)
		vmgs_findings_failure(f, opened, reterr);
	if (v[JSON])
		printed = print_json(&s, f, reterr);
	else
		print_text(&s, f);
	return opened < 0 ? opened : printed;
}
