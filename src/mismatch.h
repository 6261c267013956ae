/* SPDX-License-Identifier: MIT */
/*
 * Why a PCR is not the enrolled value, in words: this boot's event log beside the enrolled events in the
 * header's "cvmcrypt-events" token. For explaining only: both sides come from the host, and nothing is
 * decided by them.
 */
#ifndef CVMCRYPT_MISMATCH_H
#define CVMCRYPT_MISMATCH_H

#include "luks2_header.h"

#define MISMATCH_TEXT 160

/* cause: "Secure Boot was turned off"; event: the first event that differs. "" where nothing is known. */
void mismatch_explain(const struct luks2_header *header, int pcr, char cause[MISMATCH_TEXT],
		      char event[MISMATCH_TEXT]);

#endif
