/* SPDX-License-Identifier: MIT */
/*
 * A process that gives up being root: for children that meet the network. Works on the caller, for
 * good.
 */
#ifndef CVMCRYPT_CONFINE_H
#define CVMCRYPT_CONFINE_H

#include "base.h"

#include <sys/types.h>

/*
 * The user of such children: `cvmcrypt-fetch`, or where there is none, as in a boot image, a number
 * that systemd's UIDS-GIDS leaves unused.
 */
void confine_user(uid_t *ret_uid, gid_t *ret_gid);

/*
 * Root becomes uid and gid, without other groups; who is not root stays who it is. All capabilities
 * go, out of the bounding set too, but those in keep (bits), which a program that it executes has.
 * No new privileges, no core, no tracing; it dies with its parent. false: errno says why.
 */
bool confine(uid_t uid, gid_t gid, uint64_t keep);

#endif
