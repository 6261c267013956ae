/* SPDX-License-Identifier: MIT */
/*
 * The functions that read the values of [policy]; the rows that name them are in config_keys.c.
 */
#ifndef CVMCRYPT_POLICY_KEYS_H
#define CVMCRYPT_POLICY_KEYS_H

#include "config_keys.h"

typedef int config_set(const struct config_key *k, void *target, const struct ini_line *l,
		       struct err *reterr);

/* Words of choices, each as it is or with "no-" in front: struct policy_bits. */
config_set policy_set_bits;
/* Words of choices: a mask, 1 << value. */
config_set policy_set_mask;
/* Hex values of k->bytes: struct policy_values. */
config_set policy_set_values;
/* A decimal number up to 2^32 - 1: uint64_t. */
config_set policy_set_number;
/* "bootloader=4 snp=24 microcode=219": struct policy_tcb. */
config_set policy_set_tcb;
/* Up to 16 decimal numbers up to 255: uint8_t[16]. */
config_set policy_set_svn;
/* pcr-N = HEX...; event-N = TYPE HEX... [TYPE HEX...]: the lists of struct policy. */
config_set policy_set_pcr, policy_set_event;

#endif
