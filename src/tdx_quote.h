/* SPDX-License-Identifier: MIT */
/*
 * TD quotes, versions 4 and 5 (Intel TDX DCAP Quoting Library API, Appendix 3): strict, bounded,
 * pure. Only ECDSA P-256 with certification data of type 6 (a QE report) around type 5 (the PCK
 * chain), which is what exists. Quotes of SGX enclaves are refused. Behind a quote zero bytes may
 * follow (buffers are read whole), or one piece of printable text that begins with a newline;
 * neither is used.
 */
#ifndef CVMCRYPT_TDX_QUOTE_H
#define CVMCRYPT_TDX_QUOTE_H

#include "tdx_report.h"

#define TDX_QUOTE_MAX 65536		/* bytes of a file */
#define TDX_QUOTE_SIGNATURE 64		/* r || s, big endian */
#define TDX_QUOTE_KEY 64		/* x || y, big endian */
#define SGX_REPORT_SIZE 384

/* The report of the quoting enclave (SGX REPORT_BODY). */
struct sgx_report {
	uint8_t cpusvn[16];
	uint32_t miscselect;
	uint8_t attributes[16];		/* bit 1 of byte 0: debug */
	uint8_t mrenclave[32];
	uint8_t mrsigner[32];
	uint16_t isvprodid, isvsvn;
	uint8_t report_data[64];
	const uint8_t *bytes;		/* SGX_REPORT_SIZE, as signed; borrowed */
};

struct tdx_quote {
	uint16_t version;		/* 4 or 5 */
	uint16_t body_type;		/* 2: TD 1.0, 3: TD 1.5; version 4 has 2 only */
	uint8_t qe_vendor[16];
	uint8_t user_data[20];
	struct tdx_body td;
	size_t used, trailing;		/* bytes of the quote, and behind it */
	/* all borrowed from the file's bytes */
	const uint8_t *signed_bytes;	/* header and body */
	size_t signed_len;
	const uint8_t *signature;	/* TDX_QUOTE_SIGNATURE, of signed_bytes by key */
	const uint8_t *key;		/* TDX_QUOTE_KEY: the attestation key */
	struct sgx_report qe;
	const uint8_t *qe_signature;	/* TDX_QUOTE_SIGNATURE, of qe.bytes by the PCK */
	const uint8_t *auth;		/* QE authentication data */
	size_t auth_len;
	const uint8_t *chain;		/* PCK chain as it stands there, PEM as a rule */
	size_t chain_len;
};

/* bytes must outlive *ret. E_TDX_MALFORMED. */
int tdx_quote_parse(struct tdx_quote *ret, const uint8_t *bytes, size_t len, struct err *reterr);

#endif
