/* SPDX-License-Identifier: MIT */
/* What the files of the network module share. */
#ifndef CVMCRYPT_NETWORK_INTERNAL_H
#define CVMCRYPT_NETWORK_INTERNAL_H

#include "dhcp_lease.h"
#include "network.h"

#include <net/if.h>

#define NETWORK_STATE "/run/cvmcrypt/network"	/* index of the interface that we raised */
#define NETWORK_RESOLV "/etc/resolv.conf"

/*
 * The interface by its driver, as sysfs shows both: first driver of the list that has one, lowest
 * index; parts of another interface do not count. false: there is none.
 */
bool network_choose(const char *drivers, char ret_name[IFNAMSIZ]);
/* Names come from sysfs and from a file of ours; they go into paths and requests. */
bool network_is_name(const char *name);

/* Runs the DHCP client on an interface that is up, until it has a lease. E_NETWORK. */
int dhcp_run(const char *interface, struct deadline deadline, struct dhcp_lease *ret,
	     struct err *reterr);

#endif
