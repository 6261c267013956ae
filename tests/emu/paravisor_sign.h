/* SPDX-License-Identifier: MIT */
/*
 * The test roots of the paravisor, in a folder: what is not there is made. ark.pem, ask.pem with their
 * keys; vcek.pem and vcek.der for the chip and TCB of the knobs, chain.pem (ASK, ARK), tcbm (as the
 * metadata service gives it), hwid (hex), product; intel-root.der and the keys of its quotes.
 */
#ifndef CVMCRYPT_TEST_PARAVISOR_SIGN_H
#define CVMCRYPT_TEST_PARAVISOR_SIGN_H

#include "paravisor.h"

#define TD_REPORT_SIZE 1024
#define TD_REPORT_MAC 224
#define TD_REPORT_MAC_BYTE 0xac

/* Makes what is missing, and the VCEK. */
void sign_open(struct paravisor *p);
/* Signs the 1184 bytes. */
void sign_snp(const struct paravisor *p, uint8_t *report);
/* The MAC of the 1024 bytes. */
void sign_td(const struct paravisor *p, uint8_t *report);

#endif
