/* SPDX-License-Identifier: MIT */
#include "fetcher.h"

#include "url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HEADERS_MAX 16384		/* bytes of an answer's headers, interim answers included */
#define CONNECT_MAX_MS 10000
#define WAIT_MS 1000

struct transfer {
	const struct fetcher_http *owner;
	CURL *easy;			/* NULL: the place is free */
	struct curl_slist *headers;
	uint32_t id;
	struct buf body;
	size_t header_bytes;
	enum fetch_code refused;	/* why the answer was cut off; FETCH_DONE: it was not */
	char request_id[FETCH_TEXT_MAX];
	char error[CURL_ERROR_SIZE];
};

struct fetcher_http {
	const struct fetch_setup *setup;
	const struct buf *roots;
	CURLM *multi;
	struct transfer transfer[FETCH_IN_FLIGHT_MAX];
};

struct fetcher_http *fetcher_http_new(const struct fetch_setup *setup, const struct buf *roots)
{
	struct fetcher_http *h = calloc(1, sizeof(*h));

	if (!h || !fetcher_tls_init() || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(h);
		return NULL;
	}
	h->setup = setup;
	h->roots = roots;
	h->multi = curl_multi_init();
	if (!h->multi)
		fetcher_http_freep(&h);
	return h;
}

static void transfer_done(struct fetcher_http *h, struct transfer *t)
{
	if (!t->easy)
		return;
	(void)curl_multi_remove_handle(h->multi, t->easy);
	curl_easy_cleanup(t->easy);
	for (struct curl_slist *s = t->headers; s; s = s->next)
		explicit_bzero(s->data, strlen(s->data));
	curl_slist_free_all(t->headers);
	buf_done(&t->body);
	memset(t, 0, sizeof(*t));
}

void fetcher_http_freep(struct fetcher_http **h)
{
	if (!*h)
		return;
	for (size_t i = 0; i < FETCH_IN_FLIGHT_MAX; i++)
		transfer_done(*h, &(*h)->transfer[i]);
	if ((*h)->multi)
		(void)curl_multi_cleanup((*h)->multi);
	free(*h);
	*h = NULL;
}

/* libcurl takes any other count than the given one for a failure. */
static size_t cut_off(struct transfer *t, enum fetch_code code)
{
	t->refused = code;
	return 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
	struct transfer *t = context;

	buf_put(&t->body, data, size * count);
	return t->body.failed ? cut_off(t, FETCH_TOO_LARGE) : size * count;
}

/* The value if the line is this header. */
static const char *header_value(const char *line, size_t len, const char *name, size_t *ret_len)
{
	size_t n = strlen(name);

	if (len <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
		return NULL;
	for (n++; n < len && (line[n] == ' ' || line[n] == '\t'); n++)
		;
	while (len > n && strchr("\r\n \t", line[len - 1]))
		len--;
	*ret_len = len - n;
	return line + n;
}

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
	static const char *const ids[] = {"x-ms-request-id", "x-request-id", "request-id"};
	struct transfer *t = context;
	const char *value;
	size_t len = size * count, n;

	t->header_bytes += len;
	if (t->header_bytes > HEADERS_MAX)
		return cut_off(t, FETCH_TOO_LARGE);
	value = header_value(line, len, "Content-Encoding", &n);
	if (value && !(n == 8 && strncasecmp(value, "identity", 8) == 0))
		return cut_off(t, FETCH_BAD_ANSWER);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		value = header_value(line, len, ids[i], &n);
		if (value && !*t->request_id)
			fetch_text(t->request_id, sizeof(t->request_id), value, n);
	}
	return len;
}

static CURLcode on_ssl_ctx(_unused_ CURL *easy, void *ctx, void *context)
{
	const struct transfer *t = context;

	return fetcher_tls_prepare(ctx, t->owner->setup->floor) ? CURLE_OK :
								  CURLE_ABORTED_BY_CALLBACK;
}

#define SET(option, value) (curl_easy_setopt(e, option, value) == CURLE_OK)

/* What is the same for every request: no name, no proxy, no cookie, no redirect, no state. */
static bool set_fixed(CURL *e, struct transfer *t)
{
	return SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_ERRORBUFFER, t->error) &&
	       SET(CURLOPT_PROXY, "") && SET(CURLOPT_NOPROXY, "*") &&
	       SET(CURLOPT_FOLLOWLOCATION, 0L) && SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	       SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) && SET(CURLOPT_PATH_AS_IS, 1L) &&
	       SET(CURLOPT_IPRESOLVE, (long)CURL_IPRESOLVE_V4) &&
	       SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       SET(CURLOPT_SSL_ENABLE_ALPN, 0L) && SET(CURLOPT_HTTP_CONTENT_DECODING, 0L) &&
	       SET(CURLOPT_USERAGENT, "cvmcrypt/" CVMCRYPT_VERSION) &&
	       SET(CURLOPT_WRITEFUNCTION, on_body) && SET(CURLOPT_WRITEDATA, t) &&
	       SET(CURLOPT_HEADERFUNCTION, on_header) && SET(CURLOPT_HEADERDATA, t);
}

static bool set_tls(CURL *e, struct transfer *t, const char *pins)
{
	const struct buf *roots = t->owner->roots;
	struct curl_blob blob = {.data = roots->data, .len = roots->len, .flags = CURL_BLOB_NOCOPY};

	/* the system's folder of certificates is no fallback */
	return SET(CURLOPT_SSL_VERIFYPEER, 1L) && SET(CURLOPT_SSL_VERIFYHOST, 2L) &&
	       SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       SET(CURLOPT_CAPATH, NULL) && SET(CURLOPT_CAINFO, NULL) &&
	       SET(CURLOPT_CAINFO_BLOB, &blob) &&
	       SET(CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx) && SET(CURLOPT_SSL_CTX_DATA, t) &&
	       (!*pins || SET(CURLOPT_PINNEDPUBLICKEY, pins));
}

static bool set_headers(CURL *e, struct transfer *t, const struct fetch_query *q)
{
	/* no header that nobody asked for; libcurl leaves out what has no value */
	static const char *const none[] = {"Expect:", "Content-Type:"};
	bool has_type = false;

	for (size_t i = 0; i < q->header_count + ARRAY_SIZE(none); i++) {
		const char *text = i < q->header_count ? q->headers[i] : none[i - q->header_count];
		struct curl_slist *list;

		if (i < q->header_count)
			has_type = has_type || strncasecmp(text, "Content-Type:", 13) == 0;
		else if (has_type && text == none[1])
			continue;
		list = curl_slist_append(t->headers, text);
		if (!list)
			return false;
		t->headers = list;
	}
	return SET(CURLOPT_HTTPHEADER, t->headers);
}

static bool set_query(CURL *e, struct transfer *t, const struct fetch_query *q)
{
	const struct fetch_setup *s = t->owner->setup;
	char url[FETCH_BASE_MAX + FETCH_PATH_MAX];
	bool https;

	if (q->endpoint >= s->count || !*s->endpoint[q->endpoint].base || !url_is_path(q->path))
		return false;
	https = strncmp(s->endpoint[q->endpoint].base, "https:", 6) == 0;
	(void)snprintf(url, sizeof(url), "%s%s", s->endpoint[q->endpoint].base, q->path);
	if (!SET(CURLOPT_URL, url) || !SET(CURLOPT_PROTOCOLS_STR, https ? "https" : "http") ||
	    !SET(CURLOPT_REDIR_PROTOCOLS_STR, https ? "https" : "http") ||
	    !SET(CURLOPT_TIMEOUT_MS, (long)q->time_ms) ||
	    !SET(CURLOPT_CONNECTTIMEOUT_MS,
		 (long)(q->time_ms < CONNECT_MAX_MS ? q->time_ms : CONNECT_MAX_MS)) ||
	    !SET(CURLOPT_MAXFILESIZE, (long)q->max) || !set_headers(e, t, q))
		return false;
	if (https && !set_tls(e, t, s->endpoint[q->endpoint].pins))
		return false;
	return !q->has_body || (SET(CURLOPT_POSTFIELDSIZE, (long)q->body_len) &&
				SET(CURLOPT_COPYPOSTFIELDS, q->body_len ? (const char *)q->body : ""));
}

#undef SET

size_t fetcher_http_running(const struct fetcher_http *h)
{
	size_t n = 0;

	for (size_t i = 0; i < FETCH_IN_FLIGHT_MAX; i++)
		n += h->transfer[i].easy != NULL;
	return n;
}

bool fetcher_http_start(struct fetcher_http *h, struct fetch_query *q)
{
	struct transfer *t = NULL;
	bool ok;

	for (size_t i = 0; i < FETCH_IN_FLIGHT_MAX && !t; i++)
		if (!h->transfer[i].easy)
			t = &h->transfer[i];
	if (!t)
		return false;
	*t = (struct transfer){.owner = h, .easy = curl_easy_init(), .id = q->id,
			       .body = BUF_INIT(q->max)};
	if (!t->easy)
		return false;
	ok = set_fixed(t->easy, t) && set_query(t->easy, t, q) &&
	     curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t) == CURLE_OK &&
	     curl_multi_add_handle(h->multi, t->easy) == CURLM_OK;
	fetch_query_done(q);
	if (!ok)
		transfer_done(h, t);
	return ok;
}

static enum fetch_code code_of(const struct transfer *t, CURLcode r)
{
	if (t->refused != FETCH_DONE)
		return t->refused;
	switch (r) {
	case CURLE_OK:
		return FETCH_DONE;
	case CURLE_OPERATION_TIMEDOUT:
		return FETCH_TIME_OUT;
	case CURLE_FILESIZE_EXCEEDED:
		return FETCH_TOO_LARGE;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return FETCH_NO_TLS;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_OUT_OF_MEMORY:	/* libcurl's own limit of headers, in some versions */
		return FETCH_BAD_ANSWER;
	default:
		return FETCH_NO_CONNECTION;
	}
}

static void finish(const struct transfer *t, CURLcode r,
		   void (*on_answer)(void *context, const struct fetch_answer *a), void *context)
{
	struct fetch_answer a = {.id = t->id, .code = code_of(t, r), .retry_after_s = -1};
	const char *detail = *t->error ? t->error : curl_easy_strerror(r);
	curl_off_t retry = 0;
	char *type = NULL;
	long status = 0;

	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type);
	(void)curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry);
	if (a.code == FETCH_DONE && status >= 300 && status < 400)
		a.code = FETCH_REDIRECT;
	if (a.code == FETCH_DONE && (status < 200 || status > 599))
		a.code = FETCH_BAD_ANSWER;
	a.status = status > 0 && status <= 999 ? (uint16_t)status : 0;
	a.retry_after_s = retry > 0 ? (int64_t)retry : -1;
	memcpy(a.request_id, t->request_id, sizeof(a.request_id));
	fetch_text(a.type, sizeof(a.type), type ? type : "", type ? strlen(type) : 0);
	if (a.code == FETCH_DONE) {
		a.body = t->body.data;
		a.body_len = t->body.len;
	} else {
		fetch_text(a.detail, sizeof(a.detail), detail, strlen(detail));
	}
	on_answer(context, &a);
}

bool fetcher_http_run(struct fetcher_http *h, int fd,
		      void (*on_answer)(void *context, const struct fetch_answer *a), void *context)
{
	struct curl_waitfd extra = {.fd = fd, .events = CURL_WAIT_POLLIN};
	int running, left;
	CURLMsg *m;

	if (curl_multi_perform(h->multi, &running) != CURLM_OK)
		return false;
	while ((m = curl_multi_info_read(h->multi, &left))) {
		char *private = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private);
		for (size_t i = 0; i < FETCH_IN_FLIGHT_MAX; i++) {
			struct transfer *t = &h->transfer[i];

			if ((char *)t != private)
				continue;
			finish(t, m->data.result, on_answer, context);
			transfer_done(h, t);
		}
	}
	return curl_multi_poll(h->multi, &extra, fd >= 0 ? 1 : 0, WAIT_MS, NULL) == CURLM_OK;
}
