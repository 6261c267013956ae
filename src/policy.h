/* SPDX-License-Identifier: MIT */
/*
 * What the platform must be before a key is asked for: section [policy] of cvmcrypt.conf(5), and
 * [boot] isolation. Judged against evidence by functions without any other input, into a verdict
 * that lists each check with what was wanted and what was found. They judge what the evidence says;
 * that it is authentic is the verifiers' business, and evidence.h carries their findings.
 *
 * Fixed size, owns no memory, immutable once read. config_init() gives the defaults.
 */
#ifndef CVMCRYPT_POLICY_H
#define CVMCRYPT_POLICY_H

#include "err.h"
#include "verdict.h"

enum isolation {
	ISOLATION_UNSET,
	ISOLATION_NONE,
	ISOLATION_SNP,
	ISOLATION_TDX,
	ISOLATION_SNP_OR_TDX
};

/* ALLOW: not looked at. In [policy]: "refuse" and "allow"; "required" and "any". */
enum policy_rule { POLICY_REFUSE, POLICY_ALLOW };
enum policy_demand { POLICY_BY_ISOLATION, POLICY_ANY, POLICY_REQUIRED };

#define POLICY_VMPL_ANY 255

/* Values of one length that are allowed; none: any is. */
#define POLICY_VALUES_MAX 9
#define POLICY_VALUE_SIZE 48
struct policy_values {
	uint8_t value[POLICY_VALUES_MAX][POLICY_VALUE_SIZE];
	size_t count, size;		/* size: bytes of each */
};

/* Bits that must be set, bits that must be clear: "smt" and "no-smt". */
struct policy_bits {
	uint64_t set, clear;
};

/* AMD's products, as deny-products and tcb-* speak of them. */
enum policy_product { POLICY_MILAN, POLICY_GENOA, POLICY_TURIN, POLICY_PRODUCTS };

struct policy_tcb {
	bool given;
	uint8_t fmc, bootloader, tee, snp, microcode;
};

/* An allowed value of a PCR; several of one PCR and length are alternatives. */
#define POLICY_PCRS_MAX 64
struct policy_pcr {
	uint8_t pcr, size;		/* size: 20 sha1, 32 sha256, 48 sha384, 64 sha512 */
	uint8_t value[64];
};

/* PCR's log has an event of the type with one of the digests of the same group. */
#define POLICY_EVENTS_MAX 48
struct policy_event {
	uint32_t type;
	uint8_t pcr, group, size;
	uint8_t digest[64];
};

/* Full path of a file of certificates that replaces the built-in roots of a kind; "": none. */
#define POLICY_FILE_MAX 256

struct policy {
	enum isolation isolation;	/* [boot] isolation */
	char file[256];			/* where [policy] stands; "": nowhere */
	unsigned line;

	enum policy_rule debug, migration, vlek, console, interactive_console, evidence_offline;
	enum policy_demand secure_boot, vtpm_persistent;
	/* SEV-SNP */
	int vmpl;			/* 0..3 or POLICY_VMPL_ANY */
	struct policy_bits guest, platform;
	uint64_t min_guest_svn, min_report_version;
	struct policy_tcb tcb[POLICY_PRODUCTS];
	uint32_t deny_products;		/* 1 << enum policy_product */
	struct policy_values measurement, host_data, id_key, author_key, family_id, image_id;
	/* TDX */
	struct policy_bits td_attributes;
	struct policy_values mrtd, mrseam, mrconfigid, mrowner, mrownerconfig, rtmr[4];
	uint8_t min_tee_tcb_svn[16];
	uint32_t tcb_statuses;		/* 1 << enum tdx_status; 0: any */
	/* measured boot */
	struct policy_pcr pcr[POLICY_PCRS_MAX];
	size_t pcr_count;
	struct policy_event event[POLICY_EVENTS_MAX];
	size_t event_count;

	char amd_roots[POLICY_FILE_MAX], intel_roots[POLICY_FILE_MAX],
		azure_vtpm_roots[POLICY_FILE_MAX];
};

/*
 * The policy of one file in the configuration's grammar: a whole cvmcrypt.conf, or [policy] and
 * [boot] isolation alone. Errors of config_parse(), E_CONFIG_READ.
 */
int policy_load_file(struct policy *ret, const char *path, struct err *reterr);

/*
 * Adds to decoded the list "not_judged": what the policy demands and no check of v looked at, because
 * the artefact does not show it. E_NOMEM.
 */
struct cJSON;
int policy_not_judged(const struct policy *p, const struct verdict *v, struct cJSON *decoded,
		      struct err *reterr);

/* "snp", "snp-or-tdx"; "unset" */
const char *isolation_name(enum isolation i);

struct evidence;
struct snp_report;
struct snp_leaf;
struct tdx_body;
struct hcl_claims;
struct pcr_values;
struct eventlog;

/* What one artefact holds; each adds its checks. leaf may be NULL: no certificate at hand. */
void policy_judge_snp(const struct policy *p, const struct snp_report *r,
		      const struct snp_leaf *leaf, struct verdict *v);
/* status: of the platform's TCB by its collateral, enum tdx_status; -1: not known. */
void policy_judge_tdx(const struct policy *p, const struct tdx_body *td, int status,
		      struct verdict *v);
void policy_judge_claims(const struct policy *p, const struct hcl_claims *c, struct verdict *v);
void policy_judge_pcrs(const struct policy *p, const struct pcr_values *pcrs, struct verdict *v);
/* Secure Boot as the log tells it, events; the log must have been replayed against PCRs. */
void policy_judge_eventlog(const struct policy *p, const struct eventlog *log, struct verdict *v);

/*
 * All of it, for boot and attest: isolation first. Demanded isolation that is not proven fails, in
 * words of what was found, whatever else holds.
 */
void policy_judge(const struct policy *p, const struct evidence *e, struct verdict *v);

#endif
