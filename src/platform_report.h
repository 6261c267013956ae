/* SPDX-License-Identifier: MIT */
/*
 * The kernel's interfaces to a confidential VM's hardware report, where the guest may ask for one
 * itself: configfs-tsm (Linux 6.7, Documentation/ABI/testing/configfs-tsm), which gives an SEV-SNP
 * report or a TD quote, and the older /dev/sev-guest. Never run on the hardware: tested on a recorded
 * tree.
 */
#ifndef CVMCRYPT_PLATFORM_REPORT_H
#define CVMCRYPT_PLATFORM_REPORT_H

#include "buf.h"
#include "err.h"

#define PLATFORM_REPORT_DATA 64
#define PLATFORM_REPORT_MAX 65536
#define PLATFORM_PROVIDER_MAX 32

/*
 * Appends a report or quote over data. provider: "sev_guest" or "tdx_guest". E_EVIDENCE_ABSENT: this
 * kernel has no such interface, or this machine no such hardware.
 */
int platform_report(const uint8_t data[PLATFORM_REPORT_DATA], char provider[PLATFORM_PROVIDER_MAX],
		    struct buf *ret, struct err *reterr);

#endif
