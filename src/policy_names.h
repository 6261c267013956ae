/* SPDX-License-Identifier: MIT */
/*
 * The words of [policy] and what they stand for: bits by their number, products, statuses. For the
 * keys' values and for what a verdict says.
 */
#ifndef CVMCRYPT_POLICY_NAMES_H
#define CVMCRYPT_POLICY_NAMES_H

#include "config_keys.h"

/* SEV-SNP ABI 1.58: table 10 (guest policy), table 24 (PLATFORM_INFO) */
extern const struct config_choice policy_guest_bits[], policy_platform_bits[];
/* TDX Module ABI: ATTRIBUTES; debug and migration have keys of their own */
extern const struct config_choice policy_td_bits[];
extern const struct config_choice policy_products[], policy_statuses[];

/* NULL when the table has no such value. */
const char *policy_word(const struct config_choice *table, int value);

#endif
