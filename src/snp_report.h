/* SPDX-License-Identifier: MIT */
/*
 * ATTESTATION_REPORT of AMD SEV-SNP, versions 2 to 5 (SEV Secure Nested Paging Firmware ABI,
 * document 56860, tables "ATTESTATION_REPORT Structure" and "TCB_VERSION"). Strict, pure. Integers
 * are little endian there, host order here. Parsing proves nothing: snp_chain.h.
 */
#ifndef CVMCRYPT_SNP_REPORT_H
#define CVMCRYPT_SNP_REPORT_H

#include "err.h"

#define SNP_REPORT_SIZE 1184
#define SNP_SIGNED_SIZE 0x2a0		/* bytes that the signature is over */
#define SNP_REPORT_DATA 64
#define SNP_MEASUREMENT 48		/* SHA-384 */
#define SNP_CHIP_ID 64
#define SNP_SCALAR 48			/* r and s of the signature */

enum snp_product { SNP_UNKNOWN, SNP_MILAN, SNP_GENOA, SNP_TURIN };

/* POLICY */
#define SNP_POLICY_SMT (UINT64_C(1) << 16)
#define SNP_POLICY_ONE (UINT64_C(1) << 17)	/* must be set */
#define SNP_POLICY_MIGRATE_MA (UINT64_C(1) << 18)
#define SNP_POLICY_DEBUG (UINT64_C(1) << 19)
#define SNP_POLICY_SINGLE_SOCKET (UINT64_C(1) << 20)
#define SNP_POLICY_CXL (UINT64_C(1) << 21)
#define SNP_POLICY_AES_256_XTS (UINT64_C(1) << 22)
#define SNP_POLICY_RAPL_DIS (UINT64_C(1) << 23)
#define SNP_POLICY_CIPHERTEXT_HIDING (UINT64_C(1) << 24)
#define SNP_POLICY_PAGE_SWAP_DISABLE (UINT64_C(1) << 25)
#define SNP_POLICY_RESERVED (~((UINT64_C(1) << 26) - 1))	/* must be clear */

/* PLATFORM_INFO; version 2 reports have SMT, TSME only */
#define SNP_PLATFORM_SMT (UINT64_C(1) << 0)
#define SNP_PLATFORM_TSME (UINT64_C(1) << 1)
#define SNP_PLATFORM_ECC (UINT64_C(1) << 2)
#define SNP_PLATFORM_RAPL_DIS (UINT64_C(1) << 3)
#define SNP_PLATFORM_CIPHERTEXT_HIDING (UINT64_C(1) << 4)
#define SNP_PLATFORM_ALIAS_CHECK (UINT64_C(1) << 5)
#define SNP_PLATFORM_TIO (UINT64_C(1) << 7)

/* SIGNING_KEY of KEY_INFO; other values are reserved */
enum snp_signing_key { SNP_KEY_VCEK = 0, SNP_KEY_VLEK = 1, SNP_KEY_NONE = 7 };

/* Components are compared one by one; the eight bytes as a number mean nothing. */
struct snp_tcb {
	bool has_fmc;			/* Turin and later */
	uint8_t fmc, bootloader, tee, snp, microcode;
	uint8_t raw[8];
};

struct snp_version {
	uint8_t major, minor, build;
};

struct snp_report {
	uint32_t version, guest_svn;
	uint64_t policy;		/* SNP_POLICY_*; bits 0 to 15: policy_abi_* */
	uint8_t policy_abi_minor, policy_abi_major;
	uint8_t family_id[16], image_id[16];
	uint32_t vmpl;
	uint32_t signature_algorithm;	/* 1: ECDSA P-384 with SHA-384 */
	uint64_t platform_info;		/* SNP_PLATFORM_* */
	bool author_key_en, mask_chip_key;
	uint8_t signing_key;		/* enum snp_signing_key */
	uint8_t report_data[SNP_REPORT_DATA];
	uint8_t measurement[SNP_MEASUREMENT];
	uint8_t host_data[32];
	uint8_t id_key_digest[48], author_key_digest[48];
	uint8_t report_id[32];
	uint8_t report_id_ma[32];	/* all 0xff: no migration agent */
	struct snp_tcb current_tcb, reported_tcb, committed_tcb, launch_tcb;
	bool has_cpuid;			/* from version 3 */
	uint8_t cpuid_family, cpuid_model, cpuid_stepping;	/* family and model are the full ones */
	enum snp_product product;	/* by CPUID; SNP_UNKNOWN without it */
	uint8_t chip_id[SNP_CHIP_ID];	/* all zero: masked. Turin: 8 bytes, then zeros */
	struct snp_version current_version, committed_version;
	bool has_mitigation;		/* from version 5 */
	uint64_t launch_mitigation, current_mitigation;
	uint8_t r[SNP_SCALAR], s[SNP_SCALAR];	/* big endian */
	const uint8_t *bytes;		/* borrowed: the whole report */
};

/*
 * len: exactly SNP_REPORT_SIZE. bytes must outlive *ret. What is reserved must be zero, in policy
 * and platform info excepted: those say what bits there are. E_REPORT_MALFORMED.
 */
int snp_report_parse(struct snp_report *ret, const uint8_t *bytes, size_t len, struct err *reterr);

/* "Milan", "Genoa", "Turin", as AMD writes them in names of certificates and URLs; else "unknown" */
const char *snp_product_name(enum snp_product p);
/* Full family and model. Genoa stands for Bergamo and Siena too. */
enum snp_product snp_product_of_cpuid(uint8_t family, uint8_t model);
/* "VCEK", "VLEK", "none", "reserved" */
const char *snp_signing_key_name(uint8_t key);
bool snp_tcb_equal(const struct snp_tcb *a, const struct snp_tcb *b);
/* "bootloader 4 tee 0 snp 24 microcode 219" */
#define SNP_TCB_TEXT 80
void snp_tcb_text(const struct snp_tcb *t, char out[SNP_TCB_TEXT]);
/* The chip gives no id: a VCEK cannot be held against it. */
bool snp_chip_id_masked(const struct snp_report *r);

#endif
