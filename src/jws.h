/* SPDX-License-Identifier: MIT */
/*
 * JSON Web Signatures in compact form (RFC 7515), as the key vault and the attestation service send
 * them: header and payload are JSON objects. Pure; strict base64url, strict JSON, no "crit", only
 * the asymmetric algorithms below; "none" and HMACs are refused when parsing.
 */
#ifndef CVMCRYPT_JWS_H
#define CVMCRYPT_JWS_H

#include "json.h"
#include "pubkey.h"
#include "x509.h"

#define JWS_SIZE_MAX 131072		/* of the text; a key vault's is 18 kB */
#define JWS_SIGNATURE_MAX 1024

struct jws {
	struct json header, payload;	/* owned */
	char alg[8];			/* RFC 7518, 3.1: RS256, 384, 512, PS256, ..., ES256, ES384 */
	enum sig_scheme scheme;
	uint16_t hash;
	char *signed_text;		/* owned: header and payload as they are signed */
	size_t signed_len;
	uint8_t signature[JWS_SIGNATURE_MAX];
	size_t signature_len;
};

#define _cleanup_jws_ _cleanup_(jws_done)
void jws_done(struct jws *j);

/*
 * Compact JWS; white space may follow. Also {"value":"JWS"}, as the key vault answers. The text
 * need not outlive *ret; name must. E_JWS_MALFORMED.
 */
int jws_parse(struct jws *ret, const char *name, const void *text, size_t len, struct err *reterr);
/*
 * Is it signed with this key, by the algorithm that the caller expects ("RS256")? What the header
 * names is no choice: another one is E_SIGNATURE.
 */
int jws_verify(const struct jws *j, const char *alg, const struct pubkey *key, struct err *reterr);
/* Appends the certificates of the header's x5c, leaf first; none when it has no x5c. */
int jws_x5c(const struct jws *j, struct x509_list *list, struct err *reterr);

#endif
