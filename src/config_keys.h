/* SPDX-License-Identifier: MIT */
/*
 * The keys of cvmcrypt.conf: one row each, with the function that reads its value. Defaults are
 * text that goes through the same function. tests/lint/man-config compares the rows with the manual
 * page.
 */
#ifndef CVMCRYPT_CONFIG_KEYS_H
#define CVMCRYPT_CONFIG_KEYS_H

#include "config.h"
#include "ini.h"

#define CONFIG_KEY_COUNT 64
/* As a default: the name of the section. */
#define CONFIG_FALLBACK_NAME "NAME"

struct config_choice {
	const char *text;
	int value;
};

struct config_key {
	const char *section, *name;
	/* target: the volume_config in [volume NAME], else the config. E_CONFIG_VALUE. */
	int (*set)(const struct config_key *k, void *target, const struct ini_line *l,
		   struct err *reterr);
	const char *fallback, *fallback_os;	/* defaults; the second for the os volume */
	const char *example;
	bool mandatory;
	size_t offset, size;			/* of the field in the target */
	const struct config_choice *choices;	/* up to a row without text */
	size_t bytes;				/* of each value in a list of hex values */
};

/* Does key name this row? The name "pcr-N" stands for pcr-0 to pcr-23. */
bool config_key_is(const struct config_key *k, const char *key);
/* For the functions that read values; in config_keys.c and policy_keys.c. */
int config_refuse(struct err *reterr, const struct ini_line *l, const char *expected);
/* The value of a word, or -1. */
int config_choice_value(const struct config_choice *c, const char *word);

static inline void *config_field(const struct config_key *k, void *target)
{
	return (char *)target + k->offset;
}

const struct config_key *config_keys(size_t *ret_count);

#endif
