/* SPDX-License-Identifier: MIT */
#include "jws.h"

#include "codec.h"

#include <string.h>

static const struct {
	char name[8];
	enum sig_scheme scheme;
	uint16_t hash;
} algorithms[] = {
	{"RS256", SIG_RSASSA, HASH_SHA256}, {"RS384", SIG_RSASSA, HASH_SHA384},
	{"RS512", SIG_RSASSA, HASH_SHA512}, {"PS256", SIG_RSAPSS, HASH_SHA256},
	{"PS384", SIG_RSAPSS, HASH_SHA384}, {"PS512", SIG_RSAPSS, HASH_SHA512},
	{"ES256", SIG_ECDSA, HASH_SHA256},  {"ES384", SIG_ECDSA, HASH_SHA384},
};

/* The three parts, borrowed from the text. */
struct parts {
	const char *text[3];
	size_t len[3];
};

void jws_done(struct jws *j)
{
	json_done(&j->header);
	json_done(&j->payload);
	free(j->signed_text);
	j->signed_text = NULL;
}

static int malformed(const char *name, const char *what, struct err *reterr)
{
	return err_set(reterr, E_JWS_MALFORMED, "%s: %s", name, what);
}

/* Three parts with a full stop between them; white space may follow the last. */
static bool split(struct parts *p, const char *text, size_t len)
{
	size_t part = 0, start = 0;

	while (len > 0 && strchr(" \t\r\n", text[len - 1]) && text[len - 1])
		len--;
	for (size_t i = 0; i <= len; i++) {
		if (i < len && text[i] != '.')
			continue;
		if (part == ARRAY_SIZE(p->text) || i == start)
			return false;
		p->text[part] = text + start;
		p->len[part++] = i - start;
		start = i + 1;
	}
	return part == ARRAY_SIZE(p->text);
}

/* A part that is a JSON object. */
static int read_object(struct json *ret, const char *name, const char *text, size_t len,
		       struct err *reterr)
{
	_cleanup_free_ uint8_t *bytes = malloc(len);
	_cleanup_json_ struct json j = {0};
	size_t size;
	int r;

	if (!bytes)
		return err_set(reterr, E_NOMEM, "%s: no memory for %zu bytes", name, len);
	if (!base64url_decode(bytes, len, &size, text, len))
		return malformed(name, "a part is not base64url", reterr);
	r = json_parse(&j, name, E_JWS_MALFORMED, bytes, size, reterr);
	if (r < 0)
		return r;
	if (!json_is_object(j.root))
		return malformed(name, "a part is not a JSON object", reterr);
	*ret = j;
	j.root = NULL;
	return 0;
}

static int read_header(struct jws *j, struct err *reterr)
{
	const char *alg = NULL;
	int r;

	/* RFC 7515, 4.1.11: what is critical and not understood makes a JWS invalid */
	if (json_find(j->header.root, "crit"))
		return json_fail(&j->header, j->header.root, "crit", "not understood", reterr);
	r = json_get_string(&j->header, j->header.root, "alg", &alg, reterr);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++) {
		if (strcmp(algorithms[i].name, alg) != 0)
			continue;
		memcpy(j->alg, algorithms[i].name, sizeof(j->alg));
		j->scheme = algorithms[i].scheme;
		j->hash = algorithms[i].hash;
		return 0;
	}
	return json_fail(&j->header, j->header.root, "alg", "not an algorithm that is taken",
			 reterr);
}

static int read_compact(struct jws *j, const char *name, const char *text, size_t len,
			struct err *reterr)
{
	struct parts p;
	int r;

	if (!split(&p, text, len))
		return malformed(name, "three parts with '.' between them expected", reterr);
	if (!base64url_decode(j->signature, sizeof(j->signature), &j->signature_len, p.text[2],
			      p.len[2]))
		return malformed(name, "the signature is not base64url", reterr);
	r = read_object(&j->header, name, p.text[0], p.len[0], reterr);
	if (r == 0)
		r = read_header(j, reterr);
	if (r == 0)
		r = read_object(&j->payload, name, p.text[1], p.len[1], reterr);
	if (r < 0)
		return r;
	j->signed_len = p.len[0] + 1 + p.len[1];
	j->signed_text = malloc(j->signed_len);
	if (!j->signed_text)
		return err_set(reterr, E_NOMEM, "%s: no memory for its text", name);
	memcpy(j->signed_text, text, j->signed_len);
	return 0;
}

/* {"value":"JWS"}: what a key vault answers to a release. */
static int read_value(struct jws *j, const char *name, const void *text, size_t len,
		      struct err *reterr)
{
	_cleanup_json_ struct json outer = {0};
	const char *value = NULL;
	int r;

	r = json_parse(&outer, name, E_JWS_MALFORMED, text, len, reterr);
	if (r == 0)
		r = json_get_string(&outer, outer.root, "value", &value, reterr);
	if (r < 0)
		return r;
	return read_compact(j, name, value, strlen(value), reterr);
}

int jws_parse(struct jws *ret, const char *name, const void *text, size_t len, struct err *reterr)
{
	_cleanup_jws_ struct jws j = {0};
	const char *first = text;
	int r;

	if (len == 0 || len > JWS_SIZE_MAX)
		return malformed(name, "empty or too large", reterr);
	if (*first == '{')
		r = read_value(&j, name, text, len, reterr);
	else
		r = read_compact(&j, name, text, len, reterr);
	if (r < 0)
		return r;
	*ret = j;
	j = (struct jws){0};
	return 0;
}

int jws_verify(const struct jws *j, const char *alg, const struct pubkey *key, struct err *reterr)
{
	if (strcmp(j->alg, alg) != 0)
		return err_set(reterr, E_SIGNATURE, "signed with %s, not %s", j->alg, alg);
	/* RFC 7518, 3.4: each ECDSA algorithm has its curve */
	if (pubkey_is_rsa(key) != (j->scheme != SIG_ECDSA) ||
	    (j->scheme == SIG_ECDSA && pubkey_bits(key) != 8 * hash_size(j->hash)))
		return err_set(reterr, E_SIGNATURE, "the key is not one for %s", j->alg);
	return pubkey_verify(key, j->scheme, j->hash, j->signed_text, j->signed_len, j->signature,
			     j->signature_len, reterr);
}

int jws_x5c(const struct jws *j, struct x509_list *list, struct err *reterr)
{
	const struct cJSON *array = NULL;
	int r;

	if (!json_find(j->header.root, "x5c"))
		return 0;
	r = json_get_array(&j->header, j->header.root, "x5c", &array, reterr);
	for (size_t i = 0, n = json_count(array); r == 0 && i < n; i++) {
		const char *text = json_string(json_at(array, i));
		size_t max = text ? strlen(text) : 0, len;
		_cleanup_free_ uint8_t *der = malloc(max + 1);

		if (!der)
			return err_set(reterr, E_NOMEM, "no memory for a certificate");
		/* RFC 7515, 4.1.6: base64, not base64url */
		if (!text || !base64_decode(der, max, &len, text))
			return json_fail(&j->header, j->header.root, "x5c",
					 "base64 of certificates expected", reterr);
		r = x509_read(list, "x5c", der, len, reterr);
	}
	return r;
}
