/* SPDX-License-Identifier: MIT */
/*
 * The URLs that the fetcher will fetch, and nothing else that RFC 3986 knows: no user, no fragment,
 * no "." or ".." part, no empty part, no encoded byte that some server takes for one of these.
 * Pure. Strictness is the point: a path that is refused here is a mistake of this program.
 */
#ifndef CVMCRYPT_URL_H
#define CVMCRYPT_URL_H

#include "base.h"

/*
 * "https://host[:port][/part...]" without a slash at its end; "http://" only if plain. The host is
 * a DNS name in lower case or an IPv4 address.
 */
bool url_is_base(const char *text, bool plain);
/* "/part/part" with an optional "?query"; what is put behind a base. */
bool url_is_path(const char *text);
/* The host of a base that url_is_base() accepts, and its port. */
bool url_host(const char *base, char *out, size_t out_size, uint16_t *ret_port);
/* "Name: value", printable, and not one of those that frame the message or name the host. */
bool url_is_header(const char *text);

#endif
