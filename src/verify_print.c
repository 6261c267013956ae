/* SPDX-License-Identifier: MIT */
#include "verify_print.h"

#include "json.h"
#include "log.h"
#include "verify_guess.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS 100
#define NAME_COLUMNS 32

static bool is_malformed(int code)
{
	switch (code) {
	case E_EVENTLOG_MALFORMED:
	case E_REPORT_MALFORMED:
	case E_HCL_MALFORMED:
	case E_TDX_MALFORMED:
	case E_QUOTE_MALFORMED:
	case E_JWS_MALFORMED:
	case E_HEADER_MALFORMED:
		return true;
	default:
		return false;
	}
}

void verify_print_failure(const char *type, const char *file, int r, const struct err *e)
{
	const struct err_info *info = err_info(r);
	const char *guess = is_malformed(-r) ? verify_guess_file(file) : NULL;

	log_error("E%03d %s", -r, e->msg[0] ? e->msg : info ? info->text : "unknown error");
	if (guess && strcmp(guess, type) != 0)
		log_notice("     '%s' begins as a file of type %s does", file, guess);
	else if (is_malformed(-r))
		log_notice("     it was cut or altered, or is another kind of file");
	else if (info)
		log_notice("     %s", info->hint);
}

int verify_status(const char *type, const char *file, int r, const struct err *e)
{
	if (r >= 0)
		return r;
	verify_print_failure(type, file, r, e);
	return r == -E_NOMEM || r == -E_INTERNAL || r == -E_CRYPTO ? 1 : 2;
}

static int print_root(struct cJSON *root, bool ok, struct err *reterr)
{
	_cleanup_free_ char *text = ok ? json_print(root, /* indented= */ true) : NULL;

	json_free(root);
	if (!text)
		return err_set(reterr, E_NOMEM, "no memory for the result");
	printf("%s\n", text);
	return 0;
}

int verify_print_undecoded(const char *type, const char *file, const struct err *e, struct err *reterr)
{
	struct cJSON *root = json_new_object();
	bool ok = root != NULL;
	char code[8];

	(void)snprintf(code, sizeof(code), "E%03d", e->code);
	json_add_string(root, "type", type, &ok);
	json_add_string(root, "file", file, &ok);
	json_add_string(root, "code", code, &ok);
	json_add_string(root, "error", e->msg, &ok);
	return print_root(root, ok, reterr);
}

int verify_print_json(const char *type, struct verify_result *result, const struct err *failure,
		      struct err *reterr)
{
	struct cJSON *root = json_new_object();
	bool ok = root != NULL;

	json_add_string(root, "type", type, &ok);
	verdict_describe(&result->verdict, failure, root, &ok);
	if (failure)
		json_add_string(root, "error", failure->msg, &ok);
	verdict_describe_checks(&result->verdict, root, &ok);
	if (result->pcrs)
		json_add_node(root, "pcrs", TAKE_PTR(result->pcrs), &ok);
	json_add_node(root, "decoded", TAKE_PTR(result->decoded), &ok);
	return print_root(root, ok, reterr);
}

/* At most width characters; what is cut is seen. */
static void print_cut(const char *text, size_t width)
{
	size_t len = strlen(text);

	if (len <= width)
		printf("%s", text);
	else
		printf("%.*s...", (int)width - 3, text);
}

/* All of the text, in lines that begin below the first. */
static void print_wrapped(const char *label, const char *text)
{
	const size_t width = COLUMNS - 14;
	size_t len = strlen(text);

	printf("      %-6s  ", label);
	while (len > width) {
		size_t n = width;

		while (n > width / 2 && text[n] != ' ')
			n--;
		if (text[n] != ' ')
			n = width;
		printf("%.*s\n%14s", (int)n, text, "");
		text += n;
		len -= n;
		if (*text == ' ') {
			text++;
			len--;
		}
	}
	printf("%s\n", text);
}

/* A policy that looks obeyed because nothing could be held against it would mislead. */
static void print_not_judged(const struct cJSON *list)
{
	size_t count = json_count(list), column = 0;

	for (size_t i = 0; i < count; i++) {
		const char *word = json_string(json_at(list, i));
		size_t len = word ? strlen(word) : 0;

		if (i == 0 || column + len + 1 > COLUMNS) {
			printf("%s", i == 0 ? "not judged, the evidence does not show it:\n      " :
					      "\n      ");
			column = 6;
		}
		printf("%s ", word ? word : "");
		column += len + 1;
	}
	if (count > 0)
		printf("\n");
}

void verify_print_text(const char *type, const struct verify_result *result)
{
	const struct verdict *v = &result->verdict;
	int code = -verdict_err(v, NULL);
	const struct err_info *info = err_info(code);
	const char *note = json_string(json_find(result->decoded, "note"));

	for (size_t i = 0; i < v->count; i++) {
		const struct check *c = &v->check[i];
		size_t name = strlen(c->name);

		if (!c->pass) {
			printf("FAIL  %s\n", c->name);
			print_wrapped("wanted", c->want);
			print_wrapped("found", c->got);
			continue;
		}
		printf("ok    %-*s  ", NAME_COLUMNS, c->name);
		print_cut(c->got, COLUMNS - 8 - (name > NAME_COLUMNS ? name : NAME_COLUMNS));
		printf("\n");
	}
	print_not_judged(json_find(result->decoded, "not_judged"));
	if (code == 0)
		printf("%s: verified, %zu check%s\n", type, v->count, v->count == 1 ? "" : "s");
	else
		printf("%s: REFUSED, E%03d %s\n", type, code, info ? info->text : "");
	if (note)
		print_wrapped("note", note);
}

static void print_node(const struct cJSON *node, const char *key, int depth);

static void print_children(const struct cJSON *node, int depth)
{
	size_t count = json_count(node);

	for (size_t i = 0; i < count; i++) {
		const struct cJSON *child = json_at(node, i);

		print_node(child, json_key(child), depth);
	}
}

/* "name  value" below each other; what is inside something is indented. */
static void print_node(const struct cJSON *node, const char *key, int depth)
{
	_cleanup_free_ char *plain = NULL;
	const char *text = json_string(node);
	int indent = 2 * depth;

	if (json_count(node) > 0) {
		printf("%*s%s\n", indent, "", key ? key : "-");
		print_children(node, depth + 1);
		return;
	}
	if (!text)
		text = plain = json_print(node, /* indented= */ false);
	printf("%*s%-*s %s\n", indent, "", 28 - indent, key ? key : "-", text ? text : "");
}

int verify_print_decoded(const char *type, const char *file, struct cJSON *decoded, bool json,
			 struct err *reterr)
{
	struct cJSON *root;
	bool ok = true;

	if (!json) {
		print_children(decoded, 0);
		json_free(decoded);
		return 0;
	}
	root = json_new_object();
	json_add_string(root, "type", type, &ok);
	json_add_string(root, "file", file, &ok);
	json_add_node(root, "decoded", decoded, &ok);
	return print_root(root, ok && root, reterr);
}
