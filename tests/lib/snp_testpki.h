/* SPDX-License-Identifier: MIT */
/*
 * An SEV-SNP platform for tests: reports made to measure, signed by a key with a certificate chain
 * as AMD's (ARK, ASK or ASVK, VCEK or VLEK; RSA-PSS, serial 0, the extensions), under a root of its
 * own. Keys are made once a process. Linked with integration tests and with unit tests that call it.
 *
 *	uint8_t report[SNP_REPORT_SIZE];
 *	struct snp_testpki_spec spec;
 *	_cleanup_snp_testpki_ struct snp_testpki pki = {0};
 *
 *	snp_testpki_report(report, 3, SNP_MILAN);	// a good one: azure's policy, VMPL 0
 *	report[SNP_TESTPKI_POLICY + 2] |= 0x08;		// ... with debugging allowed
 *	snp_testpki_spec_for(&spec, report);		// certificates that fit it
 *	spec.leaf_until = 1700000000;			// ... but for this
 *	snp_testpki_make(&pki, &spec);			// pki.ark, .ask, .leaf in DER
 *	snp_testpki_sign(report);			// last: any change after it breaks the signature
 *
 * To have the command line take it: write pki.ark to a file for --root, pki.leaf and pki.ask for
 * --cert. A failure ends the program: nothing of it depends on what is tested.
 */
#ifndef TESTS_SNP_TESTPKI_H
#define TESTS_SNP_TESTPKI_H

#include "buf.h"
#include "snp_report.h"

/* Offsets of fields, for tests that set them. */
#define SNP_TESTPKI_VERSION 0x00
#define SNP_TESTPKI_GUEST_SVN 0x04
#define SNP_TESTPKI_POLICY 0x08
#define SNP_TESTPKI_FAMILY_ID 0x10
#define SNP_TESTPKI_IMAGE_ID 0x20
#define SNP_TESTPKI_VMPL 0x30
#define SNP_TESTPKI_ALGORITHM 0x34
#define SNP_TESTPKI_CURRENT_TCB 0x38
#define SNP_TESTPKI_PLATFORM_INFO 0x40
#define SNP_TESTPKI_KEY_INFO 0x48
#define SNP_TESTPKI_REPORT_DATA 0x50
#define SNP_TESTPKI_MEASUREMENT 0x90
#define SNP_TESTPKI_HOST_DATA 0xc0
#define SNP_TESTPKI_ID_KEY 0xe0
#define SNP_TESTPKI_AUTHOR_KEY 0x110
#define SNP_TESTPKI_REPORT_ID_MA 0x160
#define SNP_TESTPKI_REPORTED_TCB 0x180
#define SNP_TESTPKI_CPUID 0x188
#define SNP_TESTPKI_CHIP_ID 0x1a0
#define SNP_TESTPKI_COMMITTED_TCB 0x1e0
#define SNP_TESTPKI_LAUNCH_TCB 0x1f0
#define SNP_TESTPKI_MITIGATION 0x1f8

/* NULL, 0 and false: as AMD has it. Times: seconds since 1970, else 2020 to 2045. */
struct snp_testpki_spec {
	enum snp_product product;
	bool vlek;
	struct snp_tcb tcb;
	uint8_t chip_id[SNP_CHIP_ID];

	const char *product_name;	/* extension */
	const char *leaf_cn, *ask_cn, *ark_cn;
	int64_t ark_from, ark_until, ask_from, ask_until, leaf_from, leaf_until;
	uint64_t leaf_serial;
	bool ask_not_ca;
	bool ask_by_other;		/* signed by another key than the ARK's */
	bool leaf_by_other;		/* ... than the ASK's */
	bool leaf_other_key;		/* certifies another key than the one that signs reports */
	bool leaf_is_ca;
	bool pkcs1;			/* RSASSA signatures instead of RSA-PSS */
	bool sha256;			/* instead of SHA-384 */
	bool hwid_wrapped;		/* in an OCTET STRING of its own */
	bool no_hwid, no_tcb, no_struct_version, csp_id_too;
	bool unknown_critical;		/* a critical extension that nobody knows */
	const uint8_t *ucode_spl;	/* raw bytes of that extension */
	size_t ucode_spl_len;
};

struct snp_testpki {
	struct buf ark, ask, leaf;	/* DER */
};

#define _cleanup_snp_testpki_ _cleanup_(snp_testpki_done)
void snp_testpki_done(struct snp_testpki *p);

/* A report without signature: reported TCB, CPUID, chip id of the product; version 2 to 5. */
void snp_testpki_report(uint8_t out[SNP_REPORT_SIZE], uint32_t version, enum snp_product product);
/* What the certificates of a report must say; its product by CPUID, else Milan. */
void snp_testpki_spec_for(struct snp_testpki_spec *spec, const uint8_t report[SNP_REPORT_SIZE]);
void snp_testpki_make(struct snp_testpki *ret, const struct snp_testpki_spec *spec);
/* By the key of VCEKs and VLEKs. */
void snp_testpki_sign(uint8_t report[SNP_REPORT_SIZE]);
/* A CRL of the ARK (by_ask: of the ASK) that revokes the certificate with the serial. */
void snp_testpki_crl(struct buf *ret, const struct snp_testpki_spec *spec, bool by_ask,
		     uint64_t serial, int64_t from, int64_t until);

/* Serial number of the ASK; VCEK certificates have 0. */
#define SNP_TESTPKI_ASK_SERIAL 0x10001

#endif
