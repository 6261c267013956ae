/* SPDX-License-Identifier: MIT */
#include "url.h"

#include "codec.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define URL_MAX 2048
#define HOST_MAX 253		/* RFC 1035, 2.3.4 */

static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

static bool is_in(const char *set, char c)
{
	return c != '\0' && strchr(set, c);
}

/* "%XX" of a printable byte; in a path not of one that separates or climbs. */
static bool escape_is_fine(const char *p, bool in_query)
{
	char hex[3] = {p[1], p[1] ? p[2] : '\0', '\0'};
	uint8_t byte;

	return hex_decode(&byte, 1, hex) && byte >= 0x20 && byte < 0x7f &&
	       (in_query || !is_in("./\\%", (char)byte));
}

/* One part of a path, up to the next '/', '?' or the end; its length, or 0 if it is not allowed. */
static size_t part_len(const char *p)
{
	size_t n = 0;

	for (; p[n] && p[n] != '/' && p[n] != '?'; n++) {
		if (p[n] == '%' && !escape_is_fine(p + n, false))
			return 0;
		if (p[n] != '%' && !is_in(unreserved, p[n]) && !is_in("!$&'()*+,;=:", p[n]))
			return 0;
	}
	if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
		return 0;
	return n;
}

/* "/part/part"; where it ends, NULL if it is not one. */
static const char *skip_parts(const char *p)
{
	while (*p == '/') {
		size_t n = part_len(++p);

		if (n == 0)
			return NULL;
		p += n;
	}
	return p;
}

bool url_is_path(const char *text)
{
	const char *p;

	if (*text != '/' || strlen(text) >= URL_MAX)
		return false;
	p = skip_parts(text);
	if (!p)
		return false;
	if (*p == '\0')
		return true;
	for (p++; *p; p++) {
		if (*p == '%' && !escape_is_fine(p, true))
			return false;
		if (*p != '%' && !is_in(unreserved, *p) && !is_in("!$&'()*+,;=:/?", *p))
			return false;
	}
	return true;
}

static const char *after_scheme(const char *text)
{
	static const char *const schemes[] = {"https://", "http://"};

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (strncmp(text, schemes[i], strlen(schemes[i])) == 0)
			return text + strlen(schemes[i]);
	return NULL;
}

/* Labels of letters, digits and inner hyphens. */
static bool is_host(const char *p, size_t len)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	if (len == 0 || len > HOST_MAX || p[0] == '-' || p[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		char previous = i > 0 ? p[i - 1] : '.';

		if (p[i] == '.' && (previous == '.' || previous == '-' || i + 1 == len))
			return false;
		if (p[i] == '-' && previous == '.')
			return false;
		if (p[i] != '.' && !is_in(alphabet, p[i]))
			return false;
	}
	return true;
}

bool url_host(const char *base, char *out, size_t out_size, uint16_t *ret_port)
{
	const char *host = after_scheme(base);
	size_t len = host ? strcspn(host, ":/") : 0;
	uint64_t port = strncmp(base, "http:", 5) == 0 ? 80 : 443;

	if (!host || !is_host(host, len) || len >= out_size)
		return false;
	if (host[len] == ':') {
		size_t digits = strcspn(host + len + 1, "/");
		char text[6];

		if (digits == 0 || digits >= sizeof(text))
			return false;
		(void)snprintf(text, sizeof(text), "%.*s", (int)digits, host + len + 1);
		if (!decimal_u64(text, UINT16_MAX, &port) || port == 0)
			return false;
	}
	(void)snprintf(out, out_size, "%.*s", (int)len, host);
	*ret_port = (uint16_t)port;
	return true;
}

bool url_is_base(const char *text, bool plain)
{
	const char *host = after_scheme(text), *rest;
	char name[HOST_MAX + 1];
	uint16_t port;

	if (strlen(text) >= URL_MAX || !url_host(text, name, sizeof(name), &port))
		return false;
	if (!plain && strncmp(text, "https:", 6) != 0)
		return false;
	rest = skip_parts(host + strcspn(host, "/"));
	return rest && *rest == '\0';
}

bool url_is_header(const char *text)
{
	static const char token[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	static const char *const framing[] = {"Host", "Content-Length", "Transfer-Encoding",
		"Connection", "Upgrade", "TE", "Trailer", "Expect", "Cookie", "Accept-Encoding"};
	size_t n = strspn(text, token);

	if (n == 0 || strncmp(text + n, ": ", 2) != 0 || text[n + 2] == '\0')
		return false;
	for (const char *p = text + n; *p; p++)
		if (*p < 0x20 || *p >= 0x7f)
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(framing); i++)
		if (strlen(framing[i]) == n && strncasecmp(text, framing[i], n) == 0)
			return false;
	return true;
}
