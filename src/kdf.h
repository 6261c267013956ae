/* SPDX-License-Identifier: MIT */
/*
 * What is derived from a volume's secret S: HKDF-SHA256 (RFC 5869), salt = the record's id, info =
 * the purpose's name, 32 bytes. One name a purpose: a key that is used for one thing says nothing
 * about another. tests/vectors/kdf/ has known answers.
 */
#ifndef CVMCRYPT_KDF_H
#define CVMCRYPT_KDF_H

#include "crypto.h"
#include "err.h"
#include "secret.h"

#define KDF_ID_SIZE 16		/* RECORD_ID_SIZE */
#define KDF_KEY_SIZE 32
#define KDF_PASSPHRASE_SIZE 64	/* hex digits */

enum kdf_purpose {
	KDF_LUKS_PASSPHRASE,	/* by kdf_luks_passphrase() */
	KDF_COMMITMENT,		/* by kdf_commitment() */
	KDF_HEADER_MAC,
	KDF_CHILD_WRAP,		/* wraps S of the volumes whose parent this one is */
	KDF_JOURNAL_MAC,
	KDF_VOLUME_KEY_WRAP,
	KDF_RECOVERY_WRAP,	/* from the recovery key's canonical text instead of S */
	KDF_PURPOSE_MAX
};

/* The info string; NULL for a number that is no purpose. */
const char *kdf_info(enum kdf_purpose purpose);

/* The keyslot's passphrase: the derived key in lower-case hex. */
int kdf_luks_passphrase(const struct secret *s, const uint8_t id[KDF_ID_SIZE], struct secret *ret,
			struct err *reterr);
/* Not secret: the volume's id in the config, and what PCR 15 is extended with. */
int kdf_commitment(const struct secret *s, const uint8_t id[KDF_ID_SIZE],
		   uint8_t ret[SHA256_SIZE], struct err *reterr);
/* A key for any other purpose. */
int kdf_key(const struct secret *s, const uint8_t id[KDF_ID_SIZE], enum kdf_purpose purpose,
	    struct secret *ret, struct err *reterr);

#endif
