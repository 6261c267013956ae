/* SPDX-License-Identifier: MIT */
/*
 * The network of the boot image: one interface, chosen by its driver, one IPv4 address, by DHCP.
 * Up before there is any secret, down before the real root is entered and on every other path out.
 *
 * The DHCP client is the distribution's (busybox udhcpc): a child that may open a packet socket
 * and nothing else. Of what it learns only address, prefix, router and name servers are taken, and
 * they are read strictly (dhcp_lease.h). The host can make them anything: they only decide where
 * packets go.
 */
#ifndef CVMCRYPT_NETWORK_H
#define CVMCRYPT_NETWORK_H

#include "config.h"
#include "deadline.h"
#include "err.h"

/* Does this configuration demand evidence of the hardware? */
bool evidence_needed(const struct config *c);
/* And does some of that come over a network? */
bool network_needed(const struct config *c);

/*
 * In the initramfs: waits for the interface, raises it, runs the DHCP client and applies what it
 * learnt; event-driven, until it is up or the deadline has passed. Writes the name servers to
 * NETWORK_RESOLV. On a running system, which has its own network, it does nothing. E_NETWORK;
 * after a failure nothing is left behind.
 */
int network_up(const struct network_config *c, struct deadline deadline, struct err *reterr);
/*
 * Takes down what network_up() raised, in this process or in one that has died: the client, the
 * addresses and routes, the interface, the name servers. Can be called at any time, also when
 * nothing is up; never on a network that somebody else raised.
 */
void network_down(void);

/* The programs that can be the DHCP client, for the check of a boot image; NULL behind the last. */
const char *network_client(size_t i);
/* What the client calls; installed, and in the boot image. */
#define NETWORK_DHCP_EVENT CVMCRYPT_LIBEXECDIR "/dhcp-event"

#endif
