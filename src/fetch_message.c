/* SPDX-License-Identifier: MIT */
#include "fetch_message.h"

#include "url.h"

#include <string.h>

#define VERSION 1
#define NO_RETRY_AFTER UINT32_MAX

static void put_start(struct buf *b, enum fetch_kind kind)
{
	b->max = FETCH_MESSAGE_MAX;
	buf_put_be16(b, VERSION);
	buf_put_u8(b, (uint8_t)kind);
}

enum fetch_kind fetch_kind(const void *data, size_t len)
{
	struct cursor c = CURSOR(data, len);
	uint16_t version = cursor_be16(&c);
	uint8_t kind = cursor_u8(&c);

	if (c.failed || version != VERSION || kind < FETCH_SETUP || kind > FETCH_REPLY)
		return (enum fetch_kind)0;
	return (enum fetch_kind)kind;
}

static struct cursor get_start(enum fetch_kind kind, const void *data, size_t len)
{
	struct cursor c = CURSOR(data, len);

	(void)cursor_take(&c, 3);
	if (fetch_kind(data, len) != kind || len > FETCH_MESSAGE_MAX)
		c.failed = true;
	return c;
}

static bool is_end(const struct cursor *c)
{
	return !c->failed && c->left == 0;
}

static const uint8_t *get_bytes(struct cursor *c, size_t max, size_t *ret_len)
{
	uint32_t len = cursor_be32(c);

	*ret_len = 0;
	if (len > max)
		c->failed = true;
	if (c->failed)
		return NULL;
	*ret_len = len;
	return cursor_take(c, len);
}

static void get_text(struct cursor *c, char *out, size_t out_size)
{
	size_t len;
	const uint8_t *p = get_bytes(c, out_size - 1, &len);

	for (size_t i = 0; p && i < len; i++)
		if (p[i] < 0x20 || p[i] >= 0x7f)
			c->failed = true;
	if (p && len > 0)
		memcpy(out, p, len);
	out[p ? len : 0] = '\0';
}

void fetch_text(char *out, size_t out_size, const char *text, size_t len)
{
	size_t n = len < out_size - 1 ? len : out_size - 1;

	for (size_t i = 0; i < n; i++)
		out[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
	out[n] = '\0';
}

void fetch_put_setup(struct buf *ret, const struct fetch_setup *m)
{
	put_start(ret, FETCH_SETUP);
	buf_put_be64(ret, (uint64_t)m->floor);
	buf_put_lv_str(ret, m->roots);
	buf_put_u8(ret, (uint8_t)m->count);
	for (size_t i = 0; i < m->count; i++) {
		buf_put_lv_str(ret, m->endpoint[i].base);
		buf_put_lv_str(ret, m->endpoint[i].pins);
	}
}

bool fetch_get_setup(struct fetch_setup *ret, const void *data, size_t len)
{
	struct cursor c = get_start(FETCH_SETUP, data, len);
	uint64_t floor = cursor_be64(&c);

	memset(ret, 0, sizeof(*ret));
	get_text(&c, ret->roots, sizeof(ret->roots));
	ret->count = cursor_u8(&c);
	if (floor > INT64_MAX || ret->count > FETCH_TABLE_MAX)
		return false;
	ret->floor = (int64_t)floor;
	for (size_t i = 0; i < ret->count; i++) {
		const char *base = ret->endpoint[i].base;

		get_text(&c, ret->endpoint[i].base, sizeof(ret->endpoint[i].base));
		get_text(&c, ret->endpoint[i].pins, sizeof(ret->endpoint[i].pins));
		if (c.failed || (*base && !url_is_base(base, true)))
			return false;
	}
	return is_end(&c);
}

void fetch_put_ready(struct buf *ret, const struct fetch_ready *m)
{
	put_start(ret, FETCH_READY);
	buf_put_u8(ret, m->landlock);
	buf_put_lv_str(ret, m->problem);
}

bool fetch_get_ready(struct fetch_ready *ret, const void *data, size_t len)
{
	struct cursor c = get_start(FETCH_READY, data, len);

	memset(ret, 0, sizeof(*ret));
	ret->landlock = cursor_u8(&c);
	get_text(&c, ret->problem, sizeof(ret->problem));
	return is_end(&c);
}

void fetch_put_query(struct buf *ret, const struct fetch_query *m)
{
	put_start(ret, FETCH_REQUEST);
	buf_put_be32(ret, m->id);
	buf_put_u8(ret, m->endpoint);
	buf_put_lv_str(ret, m->path);
	buf_put_u8(ret, (uint8_t)m->header_count);
	for (size_t i = 0; i < m->header_count; i++)
		buf_put_lv_str(ret, m->headers[i]);
	buf_put_u8(ret, m->has_body);
	buf_put_lv(ret, m->body, m->body_len);
	buf_put_be32(ret, m->max);
	buf_put_be32(ret, m->time_ms);
}

static void get_headers(struct cursor *c, struct fetch_query *q)
{
	size_t count = cursor_u8(c);

	if (count > FETCH_HEADERS_MAX)
		c->failed = true;
	for (size_t i = 0; i < count && !c->failed; i++) {
		size_t len;
		const uint8_t *p = get_bytes(c, FETCH_HEADER_MAX - 1, &len);
		char *text = p ? strndup((const char *)p, len) : NULL;

		if (!text || strlen(text) != len || !url_is_header(text))
			c->failed = true;
		if (text)
			q->headers[q->header_count++] = text;
	}
}

bool fetch_get_query(struct fetch_query *ret, const void *data, size_t len)
{
	struct cursor c = get_start(FETCH_REQUEST, data, len);
	uint8_t has_body;

	memset(ret, 0, sizeof(*ret));
	ret->id = cursor_be32(&c);
	ret->endpoint = cursor_u8(&c);
	get_text(&c, ret->path, sizeof(ret->path));
	get_headers(&c, ret);
	has_body = cursor_u8(&c);
	ret->has_body = has_body == 1;
	ret->body = get_bytes(&c, FETCH_REQUEST_BODY_MAX, &ret->body_len);
	ret->max = cursor_be32(&c);
	ret->time_ms = cursor_be32(&c);
	if (is_end(&c) && url_is_path(ret->path) && has_body <= 1 &&
	    (has_body || ret->body_len == 0) && ret->max > 0 && ret->max <= FETCH_BODY_MAX &&
	    ret->time_ms > 0 && ret->time_ms <= FETCH_TIME_MAX_MS)
		return true;
	fetch_query_done(ret);
	return false;
}

void fetch_query_done(struct fetch_query *q)
{
	for (size_t i = 0; i < q->header_count; i++) {
		/* a header can be an access token */
		explicit_bzero(q->headers[i], strlen(q->headers[i]));
		free(q->headers[i]);
	}
	q->header_count = 0;
}

void fetch_put_answer(struct buf *ret, const struct fetch_answer *m)
{
	bool has_retry = m->retry_after_s >= 0 && m->retry_after_s < NO_RETRY_AFTER;

	put_start(ret, FETCH_REPLY);
	buf_put_be32(ret, m->id);
	buf_put_u8(ret, (uint8_t)m->code);
	buf_put_be16(ret, m->status);
	buf_put_be32(ret, has_retry ? (uint32_t)m->retry_after_s : NO_RETRY_AFTER);
	buf_put_lv_str(ret, m->request_id);
	buf_put_lv_str(ret, m->type);
	buf_put_lv_str(ret, m->detail);
	buf_put_lv(ret, m->body, m->body_len);
}

bool fetch_get_answer(struct fetch_answer *ret, const void *data, size_t len)
{
	struct cursor c = get_start(FETCH_REPLY, data, len);
	uint32_t retry_after;
	uint8_t code;

	memset(ret, 0, sizeof(*ret));
	ret->id = cursor_be32(&c);
	code = cursor_u8(&c);
	ret->status = cursor_be16(&c);
	retry_after = cursor_be32(&c);
	ret->retry_after_s = retry_after == NO_RETRY_AFTER ? -1 : (int64_t)retry_after;
	get_text(&c, ret->request_id, sizeof(ret->request_id));
	get_text(&c, ret->type, sizeof(ret->type));
	get_text(&c, ret->detail, sizeof(ret->detail));
	ret->body = get_bytes(&c, FETCH_BODY_MAX, &ret->body_len);
	if (code >= FETCH_CODE_COUNT)
		return false;
	ret->code = (enum fetch_code)code;
	/* an answer has a status, and only an answer has a body */
	if (ret->code == FETCH_DONE ? ret->status < 200 || ret->status > 599 : ret->body_len > 0)
		return false;
	return is_end(&c);
}
