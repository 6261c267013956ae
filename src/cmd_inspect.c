/* SPDX-License-Identifier: MIT */
#include "file.h"
#include "inspect_eventlog.h"
#include "inspect_luks.h"
#include "json.h"
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

int cmd_inspect(int argc, char **argv, struct err *reterr)
{
	const char *values[O_COUNT];
	int count, r;

	r = verb_parse(inspect_options, argc, argv, values, &count, reterr);
	if (r < 0)
		return r;
	if (count != 2)
		return err_set(reterr, E_USAGE, "'inspect' needs a type and a file");
	if (strcmp(argv[1], "luks-header") == 0)
		return cmd_inspect_luks_header(argv[2], values[O_JSON] != NULL, reterr);
	if (strcmp(argv[1], "eventlog") == 0)
		return verify_status(cmd_inspect_eventlog(argv[2], values[O_JSON] != NULL, reterr),
				     reterr);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].name && strcmp(argv[1], types[i].name) == 0)
			return verify_status(inspect(&types[i], argv[2], values[O_JSON] != NULL,
						     reterr), reterr);
	return err_set(reterr, E_USAGE,
		       "'%.40s' is no type: snp-report, hcl-report, tdx-quote, tpm-quote, eventlog, "
		       "jws or luks-header", argv[1]);
}
