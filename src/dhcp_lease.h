/* SPDX-License-Identifier: MIT */
/*
 * What a DHCP client has learnt, as network/dhcp-event prints it. Anybody on the wire can have
 * written it, the host for one: only addresses are read, strictly, and everything else is refused.
 * Pure. Addresses are in host byte order.
 */
#ifndef CVMCRYPT_DHCP_LEASE_H
#define CVMCRYPT_DHCP_LEASE_H

#include "buf.h"
#include "err.h"

#define DHCP_NAME_SERVERS_MAX 3		/* as many as resolv.conf(5) takes */
#define DHCP_TEXT_MAX 4096

struct dhcp_lease {
	uint32_t address;
	uint8_t prefix;			/* 8 to 32 */
	uint32_t router;		/* 0: none */
	uint32_t name_server[DHCP_NAME_SERVERS_MAX];
	size_t name_server_count;
};

/*
 * Lines "key=value" of ip, subnet, router and dns, each once; the last two are lists and can be
 * empty, and what is beyond the first router and the third name server is left out. E_NETWORK.
 */
int dhcp_lease_parse(struct dhcp_lease *ret, const char *text, size_t len, struct err *reterr);
/* Lines of resolv.conf(5). */
void dhcp_lease_resolv(const struct dhcp_lease *l, struct buf *ret);

#endif
