/* SPDX-License-Identifier: MIT */
#include "x509_internal.h"

#include "file.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define EXTENSIONS_MAX 40
#define V3 2			/* as the field counts (RFC 5280, 4.1.2.1) */

static void cert_free(struct x509_cert *c)
{
	if (c)
		X509_free(c->x);
	free(c);
}

void x509_list_done(struct x509_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		cert_free(list->cert[i]);
	*list = (struct x509_list){0};
}

/* DER lengths only (X.690, 10.1): definite, in the fewest bytes. */
size_t x509_der_size(const uint8_t *bytes, size_t len)
{
	size_t n, head = 2;

	if (len < 2 || bytes[0] != (V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED))
		return 0;
	n = bytes[1];
	if (n >= 0x80) {
		unsigned count = n & 0x7f;

		if (count < 1 || count > 3 || len < 2 + (size_t)count || bytes[2] == 0)
			return 0;
		n = 0;
		for (unsigned i = 0; i < count; i++)
			n = n << 8 | bytes[2 + i];
		head += count;
		if (n < 0x80)
			return 0;
	}
	return n <= len - head ? head + n : 0;
}

/* An extension that stands twice could be read one way here and the other way by somebody else. */
static bool extension_twice(const X509 *x)
{
	int count = X509_get_ext_count(x);

	for (int i = 0; i < count; i++)
		for (int j = i + 1; j < count; j++)
			if (OBJ_cmp(X509_EXTENSION_get_object(X509_get_ext(x, i)),
				    X509_EXTENSION_get_object(X509_get_ext(x, j))) == 0)
				return true;
	return false;
}

static int check_cert(const char *name, X509 *x, const uint8_t *der, size_t len, struct err *reterr)
{
	uint8_t *again = NULL;
	int again_len = i2d_X509(x, &again);
	bool same = again_len > 0 && (size_t)again_len == len && memcmp(again, der, len) == 0;

	OPENSSL_free(again);
	if (!same)
		return err_set(reterr, E_CERT_MALFORMED, "%s: certificate is not in DER", name);
	if (X509_get_ext_count(x) > EXTENSIONS_MAX)
		return err_set(reterr, E_CERT_MALFORMED, "%s: too many extensions", name);
	if (X509_get_ext_count(x) > 0 && X509_get_version(x) != V3)
		return err_set(reterr, E_CERT_MALFORMED, "%s: extensions, but not version 3", name);
	if (extension_twice(x))
		return err_set(reterr, E_CERT_MALFORMED, "%s: an extension stands twice", name);
	return 0;
}

/* A reference of its own, unless the list has it already. */
static int append(struct x509_list *list, const char *name, X509 *x, struct err *reterr)
{
	struct x509_cert *c;

	for (size_t i = 0; i < list->count; i++)
		if (X509_cmp(list->cert[i]->x, x) == 0)
			return 0;
	if (list->count == X509_CERTS_MAX)
		return err_set(reterr, E_CERT_MALFORMED, "%s: more than %d certificates", name,
			       X509_CERTS_MAX);
	c = calloc(1, sizeof(*c));
	if (!c)
		return err_set(reterr, E_NOMEM, "%s", name);
	X509_up_ref(x);
	c->x = x;
	list->cert[list->count++] = c;
	return 0;
}

static int take_cert(void *to, const char *name, const uint8_t *der, size_t len, struct err *reterr)
{
	struct x509_list *list = to;
	const uint8_t *p = der;
	X509 *x = d2i_X509(NULL, &p, (long)len);
	int r;

	ERR_clear_error();
	if (!x || p != der + len) {
		X509_free(x);
		return err_set(reterr, E_CERT_MALFORMED, "%s: not a certificate", name);
	}
	r = check_cert(name, x, der, len, reterr);
	if (r == 0)
		r = append(list, name, x, reterr);
	X509_free(x);
	return r;
}

int x509_list_add(struct x509_list *list, const struct x509_cert *c, struct err *reterr)
{
	return append(list, "list of certificates", c->x, reterr);
}

/* One block; *ret_end at the end of the text. */
static int pem_block(BIO *bio, const char *name, const char *label, struct buf *der, bool *ret_end,
		     struct err *reterr)
{
	char *type = NULL, *header = NULL;
	uint8_t *data = NULL;
	long len = 0;
	int r = 0;

	if (PEM_read_bio(bio, &type, &header, &data, &len) != 1) {
		*ret_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
		ERR_clear_error();
		if (*ret_end)
			return 0;
		return err_set(reterr, E_CERT_MALFORMED, "%s: PEM block is broken", name);
	}
	*ret_end = false;
	if (strcmp(type, label) != 0 || header[0] != '\0')
		r = err_set(reterr, E_CERT_MALFORMED, "%s: holds a PEM block '%.40s', not '%s'", name,
			    type, label);
	else
		buf_put(der, data, (size_t)len);
	OPENSSL_free(type);
	OPENSSL_free(header);
	OPENSSL_clear_free(data, (size_t)len);
	return r;
}

/* How many blocks there ought to be: one that a broken line hides must not go unnoticed. */
static size_t pem_begins(const struct cursor *bytes)
{
	static const char begin[] = "-----BEGIN";
	const uint8_t *p = bytes->p, *end = bytes->p + bytes->left;
	size_t count = 0;

	while (p && p < end) {
		p = memmem(p, (size_t)(end - p), begin, sizeof(begin) - 1);
		if (!p)
			break;
		count++;
		p += sizeof(begin) - 1;
	}
	return count;
}

static int pem_blocks(BIO *bio, size_t want, const char *name, const char *label, x509_take *take,
		      void *to, struct err *reterr)
{
	for (size_t count = 0;; count++) {
		_cleanup_buf_ struct buf der = BUF_INIT(X509_FILE_MAX);
		bool end = false;
		int r = pem_block(bio, name, label, &der, &end, reterr);

		if (r < 0)
			return r;
		if (end && count == 0)
			return err_set(reterr, E_CERT_MALFORMED, "%s: no %s in PEM or DER", name, label);
		if (end && count != want)
			return err_set(reterr, E_CERT_MALFORMED, "%s: a PEM block is broken", name);
		if (end)
			return 0;
		if (der.failed)
			return err_set(reterr, E_NOMEM, "%s", name);
		r = take(to, name, der.data, der.len, reterr);
		if (r < 0)
			return r;
	}
}

static int der_blocks(const char *name, struct cursor c, x509_take *take, void *to,
		      struct err *reterr)
{
	while (c.left > 0 && c.p[0] != 0) {
		size_t size = x509_der_size(c.p, c.left);
		int r;

		if (size == 0)
			return err_set(reterr, E_CERT_MALFORMED, "%s: DER is cut or not a SEQUENCE", name);
		r = take(to, name, c.p, size, reterr);
		if (r < 0)
			return r;
		(void)cursor_take(&c, size);
	}
	for (; c.left > 0; c.p++, c.left--)
		if (*c.p != 0)
			return err_set(reterr, E_CERT_MALFORMED, "%s: data behind the padding", name);
	return 0;
}

int x509_blocks(const char *name, const char *label, const struct cursor *bytes, x509_take *take,
		void *to, struct err *reterr)
{
	BIO *bio;
	int r;

	if (bytes->left > X509_FILE_MAX)
		return err_set(reterr, E_CERT_MALFORMED, "%s: larger than %d bytes", name, X509_FILE_MAX);
	if (x509_der_size(bytes->p, bytes->left) > 0)
		return der_blocks(name, *bytes, take, to, reterr);
	bio = BIO_new_mem_buf(bytes->left > 0 ? bytes->p : (const uint8_t *)"", (int)bytes->left);
	if (!bio)
		return err_set(reterr, E_NOMEM, "%s", name);
	r = pem_blocks(bio, pem_begins(bytes), name, label, take, to, reterr);
	BIO_free(bio);
	return r;
}

int x509_read(struct x509_list *list, const char *name, const void *bytes, size_t len,
	      struct err *reterr)
{
	return x509_blocks(name, "CERTIFICATE", &CURSOR(bytes, len), take_cert, list, reterr);
}

int x509_read_file(struct x509_list *list, const char *path, struct err *reterr)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(0);
	int r = file_read(path, X509_FILE_MAX, &bytes, reterr);

	return r < 0 ? r : x509_read(list, path, bytes.data, bytes.len, reterr);
}

/* More than one common name: nobody can say which is meant, so there is none. */
static void common_name(const X509_NAME *n, char out[X509_NAME_MAX])
{
	int at = X509_NAME_get_index_by_NID(n, NID_commonName, -1);
	const ASN1_STRING *s;
	const uint8_t *text;
	size_t len;

	out[0] = '\0';
	if (at < 0 || X509_NAME_get_index_by_NID(n, NID_commonName, at) >= 0)
		return;
	s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(n, at));
	text = ASN1_STRING_get0_data(s);
	len = (size_t)ASN1_STRING_length(s);
	if (len > X509_NAME_MAX - 1)
		len = X509_NAME_MAX - 1;
	for (size_t i = 0; i < len; i++)
		out[i] = text[i] >= 0x20 && text[i] <= 0x7e ? (char)text[i] : '?';
	out[len] = '\0';
}

void x509_subject_cn(const struct x509_cert *c, char out[X509_NAME_MAX])
{
	common_name(X509_get_subject_name(c->x), out);
}

void x509_issuer_cn(const struct x509_cert *c, char out[X509_NAME_MAX])
{
	common_name(X509_get_issuer_name(c->x), out);
}

bool x509_equal(const struct x509_cert *a, const struct x509_cert *b)
{
	return X509_cmp(a->x, b->x) == 0;
}

bool x509_same_subject(const struct x509_cert *a, const struct x509_cert *b)
{
	return X509_NAME_cmp(X509_get_subject_name(a->x), X509_get_subject_name(b->x)) == 0;
}

/* INT64_MIN for a time that can't be told. */
int64_t x509_seconds(const ASN1_TIME *t)
{
	struct tm tm;

	if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
		return INT64_MIN;
	return (int64_t)timegm(&tm);
}

void x509_time_text(int64_t t, char out[X509_TIME_SIZE])
{
	time_t seconds = (time_t)t;
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || strftime(out, X509_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(out, X509_TIME_SIZE, "%lld s", (long long)t);
}

void x509_validity(const struct x509_cert *c, int64_t *ret_not_before, int64_t *ret_not_after)
{
	*ret_not_before = x509_seconds(X509_get0_notBefore(c->x));
	if (*ret_not_before == INT64_MIN)	/* never valid, then */
		*ret_not_before = INT64_MAX;
	*ret_not_after = x509_seconds(X509_get0_notAfter(c->x));
}

int x509_fingerprint(const struct x509_cert *c, uint8_t out[SHA256_SIZE], struct err *reterr)
{
	unsigned len = 0;

	if (X509_digest(c->x, EVP_sha256(), out, &len) != 1 || len != SHA256_SIZE) {
		ERR_clear_error();
		return err_set(reterr, E_CRYPTO, "hashing a certificate");
	}
	return 0;
}

int x509_der(const struct x509_cert *c, uint8_t **ret, size_t *ret_len, struct err *reterr)
{
	_cleanup_free_ uint8_t *der = NULL;
	uint8_t *p;
	int len = i2d_X509(c->x, NULL);

	der = len > 0 ? malloc((size_t)len) : NULL;
	if (!der)
		return err_set(reterr, E_NOMEM, "certificate");
	p = der;
	if (i2d_X509(c->x, &p) != len)
		return err_set(reterr, E_CRYPTO, "writing a certificate");
	*ret = TAKE_PTR(der);
	*ret_len = (size_t)len;
	return 0;
}

int x509_pubkey(const struct x509_cert *c, struct pubkey **ret, struct err *reterr)
{
	char name[X509_NAME_MAX];
	uint8_t *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x), &der);
	int r;

	x509_subject_cn(c, name);
	if (len > 0)
		r = pubkey_read(ret, name, der, (size_t)len, reterr);
	else
		r = err_set(reterr, E_CERT_MALFORMED, "%s: no public key", name);
	OPENSSL_free(der);
	ERR_clear_error();
	return r;
}

bool x509_is_ca(const struct x509_cert *c)
{
	/* other results than 1 stand for old ways of being a CA */
	return X509_check_ca(c->x) == 1;
}

const uint8_t *x509_extension(const struct x509_cert *c, const char *oid, size_t *ret_len)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	int at = object ? X509_get_ext_by_OBJ(c->x, object, -1) : -1;
	const ASN1_OCTET_STRING *value;

	ASN1_OBJECT_free(object);
	ERR_clear_error();
	if (at < 0)
		return NULL;
	value = X509_EXTENSION_get_data(X509_get_ext(c->x, at));
	*ret_len = (size_t)ASN1_STRING_length(value);
	return ASN1_STRING_get0_data(value);
}
