/* SPDX-License-Identifier: MIT */
#include "file.h"
#include "inspect_eventlog.h"
#include "inspect_luks.h"
#include "json.h"
#include "log.h"
#include "verbs.h"
#include "verify.h"
#include "verify_print.h"

#include <string.h>

#define FILE_MAX (1u << 20)

enum { O_JSON, O_COUNT };

const struct verb_option inspect_options[] = {
	[O_JSON] = {"json", NULL, "print the result as JSON"},
	[O_COUNT] = {NULL, NULL, NULL}};

/* Those that decode into an object; event logs and LUKS2 headers have words of their own. */
static const struct type {
	const char *name;
	inspect_fn *inspect;
} types[] = {
	{"snp-report", inspect_snp_report},
	{"tdx-quote", inspect_tdx_quote},
	{"hcl-report", inspect_hcl_report},
	{"tpm-quote", inspect_tpm_quote},
	{"jws", inspect_jws},
};

static const struct type *find_type(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

static int inspect(const struct type *t, const char *file, bool json, struct err *reterr)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(0);
	struct cJSON *decoded = NULL;
	int r = file_read(file, FILE_MAX, &bytes, reterr);

	if (r < 0)
		return r;
	decoded = json_new_object();
	if (!decoded)
		return err_set(reterr, E_NOMEM, "no memory for the result");
	r = t->inspect(file, bytes.data, bytes.len, decoded, reterr);
	if (r < 0) {
		json_free(decoded);
		return err_wrap(reterr, r, "'%.100s'", file);
	}
	return verify_print_decoded(t->name, file, decoded, json, reterr);
}

/* A file that is named on the command line and malformed is status 2; of a header, the boot's status. */
static int failed(const char *type, const char *file, bool json, int r, const struct err *e)
{
	struct err second = {0};

	if (json && verify_print_undecoded(type, file, e, &second) < 0)
		log_error("%s", second.msg);
	if (strcmp(type, "luks-header") != 0)
		return verify_status(type, file, r, e);
	verify_print_failure(type, file, r, e);
	return err_exit_status(r);
}

static int inspect_type(const char *type, const char *file, bool json, struct err *reterr)
{
	struct err e = {0};
	int r = 0;

	if (strcmp(type, "luks-header") == 0) {
		r = cmd_inspect_luks_header(file, json, &e);
	} else if (strcmp(type, "eventlog") == 0) {
		r = cmd_inspect_eventlog(file, json, &e);
	} else {
		const struct type *t = find_type(type);

		if (!t)
			return err_set(reterr, E_USAGE,
				       "'%.40s' is no type: snp-report, hcl-report, tdx-quote, "
				       "tpm-quote, eventlog, jws or luks-header", type);
		r = inspect(t, file, json, &e);
	}
	return r < 0 ? failed(type, file, json, r, &e) : r;
}

int cmd_inspect(int argc, char **argv, struct err *reterr)
{
	const char *values[O_COUNT];
	int count, r;

	r = verb_parse(inspect_options, argc, argv, values, &count, reterr);
	if (r < 0)
		return r;
	if (count != 2)
		return err_set(reterr, E_USAGE, "'inspect' needs a type and a file");
	return inspect_type(argv[1], argv[2], values[O_JSON] != NULL, reterr);
}
