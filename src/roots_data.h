/* SPDX-License-Identifier: MIT */
/*
 * The built-in certificates, one PEM block each.
 */
#ifndef CVMCRYPT_ROOTS_DATA_H
#define CVMCRYPT_ROOTS_DATA_H

extern const char roots_ark_milan[];
extern const char roots_ask_milan[];
extern const char roots_asvk_milan[];
extern const char roots_ark_genoa[];
extern const char roots_ask_genoa[];
extern const char roots_asvk_genoa[];
extern const char roots_ark_turin[];
extern const char roots_ask_turin[];
extern const char roots_asvk_turin[];
extern const char roots_intel_sgx[];
extern const char roots_intel_tcb_signing[];
extern const char roots_intel_tcb_signing_2018[];
extern const char roots_azure_vtpm[];

#endif
