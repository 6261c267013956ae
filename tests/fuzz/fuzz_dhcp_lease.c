/* SPDX-License-Identifier: MIT */
/* What a DHCP client's script prints; and the same bytes as something to fetch. */
#include "dhcp_lease.h"
#include "url.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_urls(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), host[256];
	uint16_t port;

	if (!text)
		return;
	if (url_is_base(text, true) && (!url_host(text, host, sizeof(host), &port) || port == 0 ||
					strchr(text, '@') || strstr(text, "/../")))
		abort();
	if (url_is_path(text) && (text[0] != '/' || text[1] == '/' || strpbrk(text, "@#\\ \r\n")))
		abort();
	if (url_is_header(text) && strpbrk(text, "\r\n"))
		abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf resolv = BUF_INIT(256);
	struct dhcp_lease l;

	check_urls(data, size);
	if (dhcp_lease_parse(&l, (const char *)data, size, NULL) < 0)
		return 0;
	if (l.prefix < 8 || l.prefix > 32 || l.address == 0 || l.router == l.address ||
	    l.name_server_count > DHCP_NAME_SERVERS_MAX)
		abort();
	dhcp_lease_resolv(&l, &resolv);
	if (resolv.failed)
		abort();
	return 0;
}
