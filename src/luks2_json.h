/* SPDX-License-Identifier: MIT */
/*
 * The JSON half of the LUKS2 header (LUKS2 On-Disk Format Specification 1.1.1, chapter 3), decoded
 * into struct luks2_header. Part of luks2_header; nobody else includes it.
 */
#ifndef CVMCRYPT_LUKS2_JSON_H
#define CVMCRYPT_LUKS2_JSON_H

#include "luks2_header.h"

/* Sets all fields that come from the JSON area; uses h->hdr_size. E_HEADER_MALFORMED. */
int luks2_json_decode(struct luks2_header *h, const char *text, size_t len, struct err *reterr);

#endif
