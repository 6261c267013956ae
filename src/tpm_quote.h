/* SPDX-License-Identifier: MIT */
/*
 * TPM quotes as bytes: TPMS_ATTEST of type quote, TPMT_SIGNATURE or a raw signature, TPMT_PUBLIC
 * (TPM 2.0 Library, Part 2: 10.12.8, 11.3.4, 12.2.4). Pure, no TPM needed; strict: nothing may
 * follow. A quote proves something only when its key is a restricted one of the right TPM.
 */
#ifndef CVMCRYPT_TPM_QUOTE_H
#define CVMCRYPT_TPM_QUOTE_H

#include "err.h"
#include "pcr_file.h"
#include "pubkey.h"
#include "verdict.h"

#define TPM_QUOTE_SIZE_MAX 4096
#define TPM_SELECTIONS_MAX 16
#define TPM_SIGNATURE_MAX 512
#define TPM_NONCE_MAX 66		/* TPM2B_DATA: as long as a TPMT_HA */

struct tpm_selection {
	uint16_t hash;			/* of the bank */
	uint32_t mask;
};

struct tpm_quote {
	const uint8_t *attest;		/* TPMS_ATTEST: what is signed; borrowed, as all pointers */
	size_t attest_len;
	const uint8_t *signer;		/* qualified name */
	size_t signer_len;
	const uint8_t *extra;		/* extraData: the nonce */
	size_t extra_len;
	uint64_t clock;			/* milliseconds */
	uint32_t reset_count, restart_count;
	bool safe;
	uint64_t firmware_version;
	struct tpm_selection selection[TPM_SELECTIONS_MAX];	/* in the quote's order */
	size_t selection_count;
	const uint8_t *digest;		/* over the selected PCRs, by the hash of the signature */
	size_t digest_len;
};

/* TPMS_ATTEST, or TPM2B_ATTEST (its size in front). E_QUOTE_MALFORMED. */
int tpm_quote_parse(struct tpm_quote *ret, const uint8_t *bytes, size_t len, struct err *reterr);
/* PCRs of a bank that the quote is over. */
uint32_t tpm_quote_mask(const struct tpm_quote *q, uint16_t hash);

enum tpm_signature_form { TPM_SIG_TPMT, TPM_SIG_RAW_RSA, TPM_SIG_RAW_ECDSA };

struct tpm_signature {
	enum tpm_signature_form form;
	enum sig_scheme scheme;		/* TPMT, ECDSA; raw RSA: RSASSA or RSAPSS, tried in turn */
	uint16_t hash;			/* TPMT only; raw: that of the quote's digest */
	uint8_t r[TPM_SIGNATURE_MAX];	/* RSA: the signature; ECDSA: r, big endian */
	size_t r_len;
	uint8_t s[TPM_SIGNATURE_MAX];
	size_t s_len;
};

/* TPMT_SIGNATURE; or an RSA signature; or ECDSA as r || s or in DER. E_QUOTE_MALFORMED. */
int tpm_signature_parse(struct tpm_signature *ret, const uint8_t *bytes, size_t len,
			struct err *reterr);

/* TPMA_OBJECT, Part 2, 8.3 */
#define TPM_FIXED_TPM 0x00000002u
#define TPM_FIXED_PARENT 0x00000010u
#define TPM_SENSITIVE_DATA_ORIGIN 0x00000020u
#define TPM_USER_WITH_AUTH 0x00000040u
#define TPM_NO_DA 0x00000400u
#define TPM_RESTRICTED 0x00010000u
#define TPM_DECRYPT 0x00020000u
#define TPM_SIGN 0x00040000u
/* What makes a key an attestation key: the TPM made it, keeps it, and signs only its own words. */
#define TPM_AK_ATTRIBUTES \
	(TPM_FIXED_TPM | TPM_FIXED_PARENT | TPM_SENSITIVE_DATA_ORIGIN | TPM_RESTRICTED | TPM_SIGN)

struct tpm_public {
	struct pubkey *key;		/* owned */
	uint32_t attributes;
	uint16_t name_alg;
	size_t policy_len;		/* of authPolicy */
	uint16_t scheme;		/* 0x10 none, 0x14 RSASSA, 0x16 RSAPSS, 0x18 ECDSA */
	uint16_t scheme_hash;		/* 0 when there is no scheme */
	bool symmetric;			/* has a symmetric algorithm: a storage key */
	uint8_t name[2 + DIGEST_MAX];	/* nameAlg, then H(TPMT_PUBLIC) */
	size_t name_len;
};

#define _cleanup_tpm_public_ _cleanup_(tpm_public_done)
void tpm_public_done(struct tpm_public *p);
/* TPMT_PUBLIC, or TPM2B_PUBLIC (its size in front), of an RSA or ECC key. E_QUOTE_MALFORMED. */
int tpm_public_parse(struct tpm_public *ret, const uint8_t *bytes, size_t len, struct err *reterr);

struct tpm_quote_demand {
	const struct pubkey *key;
	const struct tpm_public *public_area;	/* the key's, if it came with one */
	const struct tpm_signature *signature;
	const uint8_t *nonce;		/* NULL: not compared */
	size_t nonce_len;
	const struct pcr_values *pcrs;	/* NULL: the quote's digest is not recomputed */
	uint32_t cover_sha256;		/* PCRs that the quote must be over; 0: as it is */
};

/* "rsassa", "rsapss", "ecdsa" */
const char *tpm_scheme_name(enum sig_scheme scheme);

/*
 * Adds "tpm-quote.key" (E_AK, with a public area), ".signature" (E_SIGNATURE), ".nonce" (E_STALE),
 * ".selection" (E_QUOTE_PCRS) and ".pcrs" (E_QUOTE_PCRS) as far as demanded; true if all passed.
 * Signatures over SHA-1 are refused. Values in pcrs that the quote is not over are not vouched for.
 */
bool tpm_quote_verify(struct verdict *v, const struct tpm_quote *q,
		      const struct tpm_quote_demand *demand);

#endif
