/* SPDX-License-Identifier: MIT */
#include "tdx_collateral.h"

#include "codec.h"
#include "file.h"
#include "json.h"
#include "json_scan.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define NESTING_MAX 4		/* texts in texts */

/* One piece of text or bytes, and how deep in others it lies. */
struct piece {
	const char *name;
	const uint8_t *p;
	size_t len;
	unsigned depth;
};

static int add_piece(struct tdx_collateral *c, struct piece s, bool *used, struct err *reterr);

static void signed_list_done(struct tdx_signed_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->item[i].body);
	list->count = 0;
}

void tdx_collateral_done(struct tdx_collateral *c)
{
	x509_list_done(&c->certs);
	x509_crls_done(&c->crls);
	signed_list_done(&c->tcb_infos);
	signed_list_done(&c->qe_identities);
}

static bool contains(const struct piece *s, const char *text)
{
	return memmem(s->p, s->len, text, strlen(text)) != NULL;
}

static int add_signed(struct tdx_signed_list *list, struct piece body, const char *signature,
		      struct err *reterr)
{
	struct tdx_signed item = {.len = body.len};

	if (!hex_decode(item.signature, sizeof(item.signature), signature))
		return err_set(reterr, E_COLLATERAL_MALFORMED, "%s: signature is not 64 bytes of hex",
			       body.name);
	for (size_t i = 0; i < list->count; i++)
		if (list->item[i].len == body.len &&
		    memcmp(list->item[i].body, body.p, body.len) == 0 &&
		    memcmp(list->item[i].signature, item.signature, sizeof(item.signature)) == 0)
			return 0;
	if (list->count == TDX_SIGNED_MAX)
		return err_set(reterr, E_COLLATERAL_MALFORMED, "%s: more than %d of its kind",
			       body.name, TDX_SIGNED_MAX);
	(void)snprintf(item.name, sizeof(item.name), "%s", body.name);
	item.body = malloc(body.len + 1);
	if (!item.body)
		return err_set(reterr, E_NOMEM, "%s", body.name);
	memcpy(item.body, body.p, body.len);
	item.body[body.len] = 0;
	list->item[list->count++] = item;
	return 0;
}

/* {"tcbInfo":{...},"signature":"hex"}: as the service gives it. */
static int add_response(const struct json *j, const struct piece *s, const char *key,
			struct tdx_signed_list *list, struct err *reterr)
{
	const struct cJSON *body;
	const char *signature;
	size_t at, len;
	int r;

	r = json_get_object(j, j->root, key, &body, reterr);
	if (r == 0)
		r = json_get_string(j, j->root, "signature", &signature, reterr);
	if (r < 0)
		return r;
	if (!json_scan_member(s->p, s->len, key, &at, &len))
		return json_fail(j, j->root, key, "written with escapes", reterr);
	return add_signed(list, (struct piece){s->name, s->p + at, len, 0}, signature, reterr);
}

/* The text of a member: of a string its value, of an object its bytes. false: absent or other. */
static bool member_text(const struct json *j, const struct piece *s, const char *key,
			struct piece *ret)
{
	const struct cJSON *node = json_find(j->root, key);
	const char *text = json_string(node);
	size_t at, len;

	if (text) {
		*ret = (struct piece){s->name, (const uint8_t *)text, strlen(text), s->depth + 1};
		return true;
	}
	if (!json_is_object(node) || !json_scan_member(s->p, s->len, key, &at, &len))
		return false;
	*ret = (struct piece){s->name, s->p + at, len, s->depth + 1};
	return true;
}

/* "tcb_info" with "tcb_info_signature"; or the service's whole answer under that key. */
static int add_bundled(struct tdx_collateral *c, const struct json *j, const struct piece *s,
		       bool qe, struct err *reterr)
{
	const char *key = qe ? "qe_identity" : "tcb_info", *signature;
	struct piece body;
	bool used = false;
	int r;

	if (!json_find(j->root, key))
		return 0;
	if (!member_text(j, s, key, &body))
		return json_fail(j, j->root, key, "string or object expected", reterr);
	if (contains(&body, qe ? "\"enclaveIdentity\"" : "\"tcbInfo\""))
		return add_piece(c, body, &used, reterr);
	r = json_get_string(j, j->root, qe ? "qe_identity_signature" : "tcb_info_signature",
			    &signature, reterr);
	if (r < 0)
		return r;
	return add_signed(qe ? &c->qe_identities : &c->tcb_infos, body, signature, reterr);
}

static int add_bundle(struct tdx_collateral *c, const struct json *j, const struct piece *s,
		      struct err *reterr)
{
	static const char *const keys[] = {"pck_crl_issuer_chain", "tcb_info_issuer_chain",
					   "qe_identity_issuer_chain", "root_ca_crl", "pck_crl"};
	int r = add_bundled(c, j, s, false, reterr);

	if (r == 0)
		r = add_bundled(c, j, s, true, reterr);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(keys); i++) {
		struct piece part;
		bool used = false;

		if (!member_text(j, s, keys[i], &part))
			continue;
		r = add_piece(c, part, &used, reterr);
		if (r == 0 && !used)
			r = json_fail(j, j->root, keys[i], "no certificate or CRL", reterr);
	}
	return r;
}

static int add_json(struct tdx_collateral *c, struct piece s, bool *used, struct err *reterr)
{
	_cleanup_json_ struct json j = {0};
	int r;

	if (!contains(&s, "\"tcbInfo\"") && !contains(&s, "\"enclaveIdentity\"") &&
	    !contains(&s, "\"tcb_info\"") && !contains(&s, "\"qe_identity\""))
		return 0;
	r = json_parse(&j, s.name, E_COLLATERAL_MALFORMED, s.p, s.len, reterr);
	if (r < 0)
		return r;
	*used = true;
	if (json_find(j.root, "tcbInfo"))
		return add_response(&j, &s, "tcbInfo", &c->tcb_infos, reterr);
	if (json_find(j.root, "enclaveIdentity"))
		return add_response(&j, &s, "enclaveIdentity", &c->qe_identities, reterr);
	*used = json_find(j.root, "tcb_info") || json_find(j.root, "qe_identity");
	return add_bundle(c, &j, &s, reterr);
}

/* Certificates and CRLs are told apart by what stands in front of the serial number and issuer. */
static int add_der(struct tdx_collateral *c, struct piece s, bool *used, struct err *reterr)
{
	struct cursor der = CURSOR(s.p, s.len);
	const uint8_t *p;

	for (int i = 0; i < 2; i++) {
		uint8_t tag = cursor_u8(&der), first = cursor_u8(&der);

		if (tag != 0x30)
			return 0;
		if (first >= 0x80)
			(void)cursor_take(&der, first & 0x7f);
	}
	p = cursor_take(&der, 4);
	if (!p)
		return 0;
	if (p[0] == 0xa0) {
		*used = true;
		return x509_read(&c->certs, s.name, s.p, s.len, reterr);
	}
	if (memcmp(p, "\x02\x01\x01\x30", 4) == 0) {
		*used = true;
		return x509_read_crl(&c->crls, s.name, s.p, s.len, reterr);
	}
	return 0;
}

/* The service gives chains in HTTP headers, percent-encoded. */
static int add_percent(struct tdx_collateral *c, struct piece s, bool *used, struct err *reterr)
{
	_cleanup_free_ uint8_t *plain = malloc(s.len + 1);
	size_t n = 0;

	if (!plain)
		return err_set(reterr, E_NOMEM, "%s", s.name);
	for (size_t i = 0; i < s.len; i++) {
		char digits[3] = {0};

		plain[n] = s.p[i];
		if (s.p[i] == '%') {
			if (s.len - i < 3)
				return err_set(reterr, E_COLLATERAL_MALFORMED, "%s: cut", s.name);
			memcpy(digits, s.p + i + 1, 2);
			if (!hex_decode(&plain[n], 1, digits))
				return err_set(reterr, E_COLLATERAL_MALFORMED,
					       "%s: bad percent-encoding", s.name);
			i += 2;
		}
		n++;
	}
	return add_piece(c, (struct piece){s.name, plain, n, s.depth + 1}, used, reterr);
}

/* DER as hex or base64; anything else is no collateral. */
static int add_encoded(struct tdx_collateral *c, struct piece s, bool *used, struct err *reterr)
{
	_cleanup_free_ char *text = malloc(s.len + 1);
	_cleanup_free_ uint8_t *plain = malloc(s.len + 1);
	size_t n = s.len / 2;

	if (!text || !plain)
		return err_set(reterr, E_NOMEM, "%s", s.name);
	memcpy(text, s.p, s.len);
	text[s.len] = 0;
	if (!hex_decode(plain, n, text) && !base64_decode(plain, s.len, &n, text))
		return 0;
	return add_der(c, (struct piece){s.name, plain, n, s.depth + 1}, used, reterr);
}

static bool is_text(const struct piece *s)
{
	for (size_t i = 0; i < s->len; i++)
		if (s->p[i] > 0x7e || (s->p[i] < 0x20 && !memchr("\t\n\r", s->p[i], 3)))
			return false;
	return true;
}

static bool is_blank(uint8_t b)
{
	return b == ' ' || b == '\t' || b == '\n' || b == '\r' || b == 0;
}

static int add_piece(struct tdx_collateral *c, struct piece s, bool *used, struct err *reterr)
{
	if (s.depth > NESTING_MAX)
		return err_set(reterr, E_COLLATERAL_MALFORMED, "%s: nested too deeply", s.name);
	if (s.len > 0 && s.p[0] == 0x30 && !is_text(&s))
		return add_der(c, s, used, reterr);
	for (; s.len > 0 && is_blank(s.p[0]); s.p++)
		s.len--;
	while (s.len > 0 && is_blank(s.p[s.len - 1]))
		s.len--;
	if (s.len > 0 && s.p[0] == '{')
		return add_json(c, s, used, reterr);
	if (s.len == 0 || !is_text(&s))
		return 0;
	if (contains(&s, "-----BEGIN%20"))
		return add_percent(c, s, used, reterr);
	if (contains(&s, "-----BEGIN CERTIFICATE-----")) {
		*used = true;
		return x509_read(&c->certs, s.name, s.p, s.len, reterr);
	}
	if (contains(&s, "-----BEGIN X509 CRL-----")) {
		*used = true;
		return x509_read_crl(&c->crls, s.name, s.p, s.len, reterr);
	}
	return add_encoded(c, s, used, reterr);
}

/*
 * tdx_ql_qv_collateral_t as Open Enclave stores it: version, TEE type, then for each of seven parts
 * a pointer that means nothing here and a size; then the parts.
 */
static int add_struct(struct tdx_collateral *c, struct piece s, bool *used, struct err *reterr)
{
	enum { PARTS = 7, HEAD = 8 + 16 * PARTS };
	struct cursor head = CURSOR(s.p, s.len), body;
	uint64_t size[PARTS], sum = HEAD;
	int r = 0;

	(void)cursor_le32(&head);
	if (cursor_le32(&head) != 0x81)
		return 0;
	for (int i = 0; i < PARTS; i++) {
		(void)cursor_le64(&head);
		size[i] = cursor_le64(&head);
		if (size[i] > s.len)
			return 0;
		sum += size[i];
	}
	if (head.failed || sum != s.len)
		return 0;
	body = CURSOR(s.p + HEAD, s.len - HEAD);
	for (int i = 0; r == 0 && i < PARTS; i++) {
		const uint8_t *p = cursor_take(&body, size[i]);

		r = add_piece(c, (struct piece){s.name, p, size[i], 1}, used, reterr);
	}
	return r;
}

int tdx_collateral_add(struct tdx_collateral *c, const char *name, const void *bytes, size_t len,
		       bool *ret_used, struct err *reterr)
{
	struct piece s = {.name = name, .p = bytes, .len = len};
	bool used = false;
	int r = add_piece(c, s, &used, reterr);

	if (r == 0 && !used)
		r = add_struct(c, s, &used, reterr);
	if (r < 0)
		return r;
	*ret_used = used;
	return 0;
}

static int load_file(struct tdx_collateral *c, const char *dir, const char *name,
		     struct err *reterr)
{
	_cleanup_buf_ struct buf bytes = {0};
	char path[PATH_MAX];
	struct stat st;
	bool used;
	int r;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path) ||
	    stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > TDX_COLLATERAL_FILE_MAX) {
		c->ignored++;
		return 0;
	}
	r = file_read(path, TDX_COLLATERAL_FILE_MAX, &bytes, reterr);
	if (r == 0)
		r = tdx_collateral_add(c, name, bytes.data, bytes.len, &used, reterr);
	if (r < 0)
		return r;
	if (used)
		c->files++;
	else
		c->ignored++;
	return 0;
}

int tdx_collateral_load(struct tdx_collateral *c, const char *dir, struct err *reterr)
{
	struct dirent **list;
	int n = scandir(dir, &list, NULL, alphasort), r = 0;

	if (n < 0)
		return err_errno(reterr, E_IO, errno, "%s", dir);
	if (n > TDX_COLLATERAL_FILES_MAX)
		r = err_set(reterr, E_COLLATERAL_MALFORMED, "%s: more than %d files", dir,
			    TDX_COLLATERAL_FILES_MAX);
	for (int i = 0; i < n; i++) {
		if (r == 0 && list[i]->d_name[0] != '.')
			r = load_file(c, dir, list[i]->d_name, reterr);
		free(list[i]);
	}
	free(list);
	return r;
}
