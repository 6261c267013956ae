/* SPDX-License-Identifier: MIT */
#include "verb_store.h"
#include "vmgs_nvram.h"
#include "vmgs_verbs.h"

#include "codec.h"
#include "json.h"

#include <stdio.h>
#include <string.h>

#define ID_BIOS_NVRAM 1
#define TEXT_DATA_BYTES 32

enum { KEY, JSON, SECTOR };

const struct verb_option vmgs_nvram_options[] = {
	[KEY] = VERB_OPTION_KEY, [JSON] = VERB_OPTION_JSON, [SECTOR] = VERB_OPTION_SECTOR,
	{NULL, NULL, NULL}};

static void add_variable(struct cJSON *list, const struct nvram_variable *v, const char *name, bool *ok)
{
	struct cJSON *node = json_add_object(list, NULL, ok);
	char guid[NVRAM_GUID_TEXT], time[NVRAM_TIME_TEXT];

	nvram_guid(v->vendor, guid);
	nvram_time(v->time, time);
	json_add_string(node, "name", name, ok);
	json_add_string(node, "vendor", guid, ok);
	json_add_number(node, "attributes", v->attributes, ok);
	json_add_string(node, "timestamp", time, ok);
	json_add_number(node, "size", (double)v->data_bytes, ok);
	json_add_hex(node, "data", v->data, v->data_bytes, ok);
}

/* The guest wrote the name: nothing of it may reach a terminal as a control. */
static void print_variable(const struct nvram_variable *v, const char *name)
{
	char guid[NVRAM_GUID_TEXT], time[NVRAM_TIME_TEXT], hex[HEX_SIZE(TEXT_DATA_BYTES)];
	size_t shown = v->data_bytes < TEXT_DATA_BYTES ? v->data_bytes : TEXT_DATA_BYTES;

	nvram_guid(v->vendor, guid);
	nvram_time(v->time, time);
	hex_encode(hex, v->data, shown);
	printf("%s ", guid);
	for (const char *p = name; *p; p++)
		putchar((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f ? '?' : *p);
	printf("\n  attributes 0x%x, %zu bytes, %s\n  %s%s\n", v->attributes, v->data_bytes, time, hex,
	       shown < v->data_bytes ? "..." : "");
}

static int each_variable(const struct buf *data, struct cJSON *list, bool *ok, struct err *reterr)
{
	struct cursor c = CURSOR(data->data, data->len);

	while (c.left > 0) {
		_cleanup_buf_ struct buf name = BUF_INIT(3 * NVRAM_NAME_BYTES_MAX);
		struct nvram_variable v;
		int r = nvram_next(&c, &v, reterr);

		if (r < 0)
			return r;
		nvram_name(&v, &name);
		buf_put_u8(&name, 0);
		if (name.failed)
			return err_set(reterr, E_NOMEM, "a variable's name");
		if (list)
			add_variable(list, &v, (const char *)name.data, ok);
		else
			print_variable(&v, (const char *)name.data);
	}
	return 0;
}

static int list_variables(const struct buf *data, bool as_json, struct err *reterr)
{
	struct cJSON *root, *list;
	bool ok;
	int r;

	if (data->len > NVRAM_BYTES_MAX)
		return err_set(reterr, E_VMGS_CONTENT, "%zu bytes of variables; %d are possible", data->len,
			       NVRAM_BYTES_MAX);
	if (!as_json)
		return each_variable(data, NULL, NULL, reterr);
	root = json_new_object();
	ok = root != NULL;
	list = json_add_array(root, "variables", &ok);
	r = each_variable(data, list, &ok, reterr);
	if (r < 0) {
		json_free(root);
		return r;
	}
	return verb_print_json(root, ok, reterr);
}

int vmgs_cmd_nvram(int argc, char **argv, struct err *reterr)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_buf_ struct buf data = BUF_INIT(0);
	const char *v[VERB_OPTIONS_MAX];
	int count, r;

	r = verb_parse(vmgs_nvram_options, argc, argv, v, &count, reterr);
	if (r == 0)
		r = verb_arguments(count, 2, "nvram list FILE", reterr);
	if (r == 0 && strcmp(argv[1], "list") != 0)
		r = err_set(reterr, E_USAGE, "nvram has no '%s'; it has list", argv[1]);
	if (r < 0)
		return r;
	r = verb_open(&s, &(struct verb_open){.path = argv[2], .key_file = v[KEY], .sector = v[SECTOR]},
		      reterr);
	if (r == 0)
		r = vmgs_store_read(&s, ID_BIOS_NVRAM, &data, reterr);
	if (r == 0)
		r = list_variables(&data, v[JSON] != NULL, reterr);
	return verb_json_failure(v[JSON], r, reterr);
}
