/* SPDX-License-Identifier: MIT */
#include "codec.h"
#include "json.h"
#include "rfc3339.h"
#include "verbs.h"
#include "verify.h"
#include "verify_print.h"

#include <string.h>
#include <time.h>

enum {
	O_CERT, O_ROOT, O_AT, O_POLICY, O_JSON, O_SIGNATURE, O_KEY, O_NONCE, O_PCRS, O_TDX_QUOTE,
	O_COLLATERAL, O_COUNT
};

const struct verb_option verify_options[] = {
	[O_CERT] = {"cert", "FILE...", "certificates, PEM or DER, in any order"},
	[O_ROOT] = {"root", "FILE", "trust these roots instead of the built-in ones"},
	[O_AT] = {"at", "TIME", "judge certificates at this time (RFC 3339) instead of now"},
	[O_POLICY] = {"policy", "FILE", "judge by this policy too, not authenticity only"},
	[O_JSON] = {"json", NULL, "print the result as JSON"},
	[O_SIGNATURE] = {"signature", "FILE", "tpm-quote: raw or TPMT_SIGNATURE"},
	[O_KEY] = {"key", "FILE", "tpm-quote: public key, certificate or HCL report"},
	[O_NONCE] = {"nonce", "HEX", "tpm-quote: what the quote must carry"},
	[O_PCRS] = {"pcrs", "FILE", "tpm-quote, eventlog: PCR values in JSON"},
	[O_TDX_QUOTE] = {"tdx-quote", "FILE", "hcl-report: the quote that carries the same data"},
	[O_COLLATERAL] = {"collateral", "DIR", "tdx-quote, hcl-report: Intel's TCB info and CRLs"},
	[O_COUNT] = {NULL, NULL, NULL}};

#define BIT(o) (1u << (o))
#define CERTS (BIT(O_CERT) | BIT(O_ROOT))
#define COMMON (BIT(O_AT) | BIT(O_POLICY) | BIT(O_JSON))

static const struct type {
	const char *name;
	verify_fn *verify;
	unsigned takes, needs;	/* BIT(O_...) beside COMMON */
} types[] = {
	{"snp-report", verify_snp_report, CERTS, BIT(O_CERT)},
	{"hcl-report", verify_hcl_report, CERTS | BIT(O_TDX_QUOTE) | BIT(O_COLLATERAL), 0},
	{"tpm-quote", verify_tpm_quote,
	 BIT(O_SIGNATURE) | BIT(O_KEY) | BIT(O_NONCE) | BIT(O_PCRS) | CERTS,
	 BIT(O_SIGNATURE) | BIT(O_KEY)},
	{"eventlog", verify_eventlog, BIT(O_PCRS), 0},
	{"tdx-quote", verify_tdx_quote, CERTS | BIT(O_COLLATERAL), 0},
};

/* The command line: options of the table, and the files after --cert, which can be several. */
struct line {
	const char *values[O_COUNT];
	char *certs[VERIFY_CERT_FILES_MAX + 1];	/* one may turn out to be FILE */
	size_t cert_count;
	bool list_open;		/* the last list of --cert has more than one file */
	int count;		/* positional arguments, in argv[1...] */
};

static int add_cert(struct line *l, char *file, struct err *reterr)
{
	if (l->cert_count == ARRAY_SIZE(l->certs))
		return err_set(reterr, E_USAGE, "more than %d files after '--cert'",
			       VERIFY_CERT_FILES_MAX);
	l->certs[l->cert_count++] = file;
	l->values[O_CERT] = "";
	return 0;
}

/* "--cert" at argv[*at]: takes what follows up to the next option. "--cert=FILE" takes one. */
static int take_certs(struct line *l, int argc, char **argv, int *at, struct err *reterr)
{
	size_t before = l->cert_count;
	char *equals = strchr(argv[*at], '=');
	int r = 0;

	l->list_open = false;
	if (equals)
		return equals[1] ? add_cert(l, equals + 1, reterr) :
				   err_set(reterr, E_USAGE, "option '--cert' has an empty value");
	while (r == 0 && *at + 1 < argc && strncmp(argv[*at + 1], "--", 2) != 0)
		r = add_cert(l, argv[++*at], reterr);
	if (r == 0 && l->cert_count == before)
		return err_set(reterr, E_USAGE, "option '--cert' needs a value: FILE...");
	l->list_open = l->cert_count > before + 1;
	return r;
}

/* Takes --cert out of argv, then leaves the rest to the parser of all verbs. */
static int parse_line(struct line *l, int argc, char **argv, struct err *reterr)
{
	const char *values[O_COUNT];
	int kept = 1, r = 0;

	for (int at = 1; r == 0 && at < argc; at++) {
		if (strcmp(argv[at], "--cert") == 0 || strncmp(argv[at], "--cert=", 7) == 0) {
			r = take_certs(l, argc, argv, &at, reterr);
			continue;
		}
		if (strcmp(argv[at], "--") == 0) {
			while (at < argc)
				argv[kept++] = argv[at++];
			break;
		}
		argv[kept++] = argv[at];
	}
	if (r == 0)
		r = verb_parse(verify_options, kept, argv, values, &l->count, reterr);
	if (r < 0)
		return r;
	values[O_CERT] = l->values[O_CERT];
	memcpy(l->values, values, sizeof(values));
	/* 'verify TYPE --cert A B FILE': the list has swallowed FILE */
	if (l->count == 1 && l->list_open)
		argv[1 + l->count++] = l->certs[--l->cert_count];
	if (l->cert_count > VERIFY_CERT_FILES_MAX)
		return err_set(reterr, E_USAGE, "more than %d files after '--cert'",
			       VERIFY_CERT_FILES_MAX);
	return 0;
}

static const struct type *find_type(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

static int fit_options(const struct type *t, const struct line *l, struct err *reterr)
{
	for (unsigned i = 0; i < O_COUNT; i++) {
		if (l->values[i] && !((t->takes | COMMON) & BIT(i)))
			return err_set(reterr, E_USAGE, "'verify %s' takes no '--%s'", t->name,
				       verify_options[i].name);
		if (!l->values[i] && (t->needs & BIT(i)))
			return err_set(reterr, E_USAGE, "'verify %s' needs '--%s %s'", t->name,
				       verify_options[i].name, verify_options[i].argument);
	}
	return 0;
}

static bool is_hex(const char *text)
{
	return *text && !text[strspn(text, "0123456789abcdefABCDEF")] && strlen(text) % 2 == 0;
}

static int fill_options(struct verify_options *o, const struct line *l, const char *file,
			struct err *reterr)
{
	*o = (struct verify_options){.file = file,
				     .cert_count = l->cert_count,
				     .root = l->values[O_ROOT],
				     .at = (int64_t)time(NULL),
				     .signature = l->values[O_SIGNATURE],
				     .key = l->values[O_KEY],
				     .nonce = l->values[O_NONCE],
				     .pcrs = l->values[O_PCRS],
				     .tdx_quote = l->values[O_TDX_QUOTE],
				     .collateral = l->values[O_COLLATERAL]};
	for (size_t i = 0; i < l->cert_count; i++)
		o->certs[i] = l->certs[i];
	if (l->values[O_AT] && !rfc3339_parse(l->values[O_AT], &o->at))
		return err_set(reterr, E_USAGE,
			       "--at '%.60s' is no time of RFC 3339, such as 2026-11-21T08:30:00Z",
			       l->values[O_AT]);
	if (o->nonce && !is_hex(o->nonce))
		return err_set(reterr, E_USAGE, "--nonce is not hexadecimal");
	return 0;
}

static int judge(const struct type *t, const struct verify_options *o, bool json,
		 struct err *reterr)
{
	struct verify_result result = {.decoded = json_new_object()};
	struct err failure = {0};
	int r, status, printed = 0;

	if (!result.decoded)
		return err_set(reterr, E_NOMEM, "no memory for the result");
	r = t->verify(o, &result, &failure);
	if (r == 0 && o->policy)
		r = policy_not_judged(o->policy, &result.verdict, result.decoded, &failure);
	status = r < 0 ? verify_status(t->name, o->file, r, &failure) : verdict_pass(&result.verdict) ? 0 : 3;
	if (json)
		printed = verify_print_json(t->name, &result, r < 0 ? &failure : NULL, reterr);
	else if (r == 0)
		verify_print_text(t->name, &result);
	json_free(result.decoded);
	json_free(result.pcrs);
	verdict_done(&result.verdict);
	return printed < 0 ? printed : status;
}

int cmd_verify(int argc, char **argv, struct err *reterr)
{
	struct line line = {0};
	struct verify_options o;
	struct policy policy;
	const struct type *t;
	int r;

	r = parse_line(&line, argc, argv, reterr);
	if (r < 0)
		return r;
	if (line.count != 2)
		return err_set(reterr, E_USAGE, "'verify' needs a type and a file");
	t = find_type(argv[1]);
	if (!t)
		return err_set(reterr, E_USAGE,
			       "'%.40s' is no type: snp-report, hcl-report, tdx-quote, tpm-quote or "
			       "eventlog", argv[1]);
	r = fit_options(t, &line, reterr);
	if (r == 0)
		r = fill_options(&o, &line, argv[2], reterr);
	if (r == 0 && line.values[O_POLICY]) {
		r = policy_load_file(&policy, line.values[O_POLICY], reterr);
		o.policy = &policy;
	}
	return r < 0 ? r : judge(t, &o, line.values[O_JSON] != NULL, reterr);
}
