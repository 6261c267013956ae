/* SPDX-License-Identifier: MIT */
#include "kdf.h"

static const char *const infos[KDF_PURPOSE_MAX] = {
	[KDF_LUKS_PASSPHRASE] = "cvmcrypt/1 luks-passphrase",
	[KDF_COMMITMENT] = "cvmcrypt/1 commitment",
	[KDF_HEADER_MAC] = "cvmcrypt/1 header-mac",
	[KDF_CHILD_WRAP] = "cvmcrypt/1 child-wrap",
	[KDF_JOURNAL_MAC] = "cvmcrypt/1 journal-mac",
	[KDF_VOLUME_KEY_WRAP] = "cvmcrypt/1 volume-key-wrap",
	[KDF_RECOVERY_WRAP] = "cvmcrypt/1 recovery-wrap",
};

const char *kdf_info(enum kdf_purpose purpose)
{
	return (unsigned)purpose < KDF_PURPOSE_MAX ? infos[purpose] : NULL;
}

int kdf_luks_passphrase(const struct secret *s, const uint8_t id[KDF_ID_SIZE], struct secret *ret,
			struct err *reterr)
{
	_cleanup_secret_ struct secret key = SECRET_INIT;
	int r = crypto_hkdf(s, id, KDF_ID_SIZE, infos[KDF_LUKS_PASSPHRASE], KDF_KEY_SIZE, &key,
			    reterr);

	return r < 0 ? r : crypto_secret_hex(&key, ret, reterr);
}

int kdf_commitment(const struct secret *s, const uint8_t id[KDF_ID_SIZE],
		   uint8_t ret[SHA256_SIZE], struct err *reterr)
{
	return crypto_hkdf_public(s, id, KDF_ID_SIZE, infos[KDF_COMMITMENT], ret, SHA256_SIZE,
				  reterr);
}

int kdf_key(const struct secret *s, const uint8_t id[KDF_ID_SIZE], enum kdf_purpose purpose,
	    struct secret *ret, struct err *reterr)
{
	const char *info = kdf_info(purpose);

	/* the commitment is public and the passphrase goes to stock tools: neither is a key */
	if (!info || purpose == KDF_LUKS_PASSPHRASE || purpose == KDF_COMMITMENT)
		return err_set(reterr, E_INTERNAL, "key derivation for purpose %d", (int)purpose);
	return crypto_hkdf(s, id, KDF_ID_SIZE, info, KDF_KEY_SIZE, ret, reterr);
}
