/* SPDX-License-Identifier: MIT */
/*
 * Is an SEV-SNP report genuine? Its signature by the chip's key (VCEK) or the cloud's (VLEK), the
 * certificate of that key (AMD, documents 57230 and 58217) up to a trusted ARK, and that this
 * certificate is the one of this chip and this TCB. What the report then says is for the policy.
 */
#ifndef CVMCRYPT_SNP_CHAIN_H
#define CVMCRYPT_SNP_CHAIN_H

#include "snp_report.h"
#include "verdict.h"
#include "x509.h"

/* What a VCEK or VLEK certificate says. */
struct snp_leaf {
	const struct x509_cert *cert;	/* borrowed from the list that it was picked from */
	bool vlek;
	enum snp_product product;	/* by its productName */
	struct snp_tcb tcb;		/* certified; raw is not set */
	uint8_t chip_id[SNP_CHIP_ID];	/* VCEK only: hwID, zeros behind it */
	size_t chip_id_len;		/* 64; Turin 8; VLEK 0 */
	char csp_id[64];		/* VLEK only */
};

/* E_CERT_BINDING: not a VCEK or VLEK certificate by its name and extensions. */
int snp_leaf_read(struct snp_leaf *ret, const struct x509_cert *c, struct err *reterr);
/* Kind, product, chip id and TCB are those of the report: a cached certificate can be used. */
bool snp_leaf_fits(const struct snp_leaf *leaf, const struct snp_report *r);

/*
 * Adds the checks "snp-report.*" and returns whether all of them passed; goes on after a failed one
 * where that makes sense. certs: in any order, with or without intermediates and roots; AMD's ASK and
 * ASVK are known. Of several VCEKs or VLEKs the one that fits is taken. A certificate in certs with
 * the name of a CA of the chain must be that CA. *ret is filled when a leaf was found (ret->cert).
 * at: x509_verify().
 */
bool snp_verify(const struct snp_report *r, const struct x509_list *certs,
		const struct x509_list *roots, int64_t at, struct snp_leaf *ret, struct verdict *v);

#endif
