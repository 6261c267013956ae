/* SPDX-License-Identifier: MIT */
/*
 * The runtime claims of an HCL report (JSON): the vTPM's keys, what the paravisor says of the VM,
 * and the 64 bytes that the guest put into NV 0x01400002. Unknown members are tolerated, what is
 * absent is told from what is false, wrong types, duplicate keys and a second key of one name are
 * refused. Pure.
 */
#ifndef CVMCRYPT_HCL_CLAIMS_H
#define CVMCRYPT_HCL_CLAIMS_H

#include "err.h"
#include "pubkey.h"

#define HCL_JSON_SIZE_MAX 16384
#define HCL_MODULUS_MAX 512
#define HCL_USER_DATA_SIZE 64

enum hcl_flag { HCL_ABSENT, HCL_FALSE, HCL_TRUE };

struct hcl_key {
	bool present;
	bool sign, encrypt;		/* key_ops; old reports call the AK's "encrypt" */
	uint8_t n[HCL_MODULUS_MAX];	/* big endian, no leading zeros */
	size_t n_len;
	uint64_t e;
};

struct hcl_claims {
	struct hcl_key ak;		/* HCLAkPub */
	struct hcl_key ek;		/* HCLEkPub */
	/* vm-configuration */
	enum hcl_flag console_enabled;
	enum hcl_flag interactive_console_enabled;
	enum hcl_flag secure_boot;
	enum hcl_flag tpm_enabled;
	enum hcl_flag tpm_persisted;
	enum hcl_flag filtered_vpci_devices_allowed;
	char vm_unique_id[64];		/* as written; "" when absent, as for all texts */
	char root_cert_thumbprint[96];
	char hardware_sealing_policy[32];
	bool current_time_present;
	uint64_t current_time;		/* seconds since 1970 */
	bool user_data_present;
	uint8_t user_data[HCL_USER_DATA_SIZE];
};

/* json: the bytes of struct hcl_report, not NUL-terminated. E_HCL_MALFORMED. */
int hcl_claims_parse(struct hcl_claims *ret, const uint8_t *json, size_t len, struct err *reterr);
/* HCLAkPub as a key. E_HCL_MALFORMED when absent, E_CERT_MALFORMED when too small or odd. */
int hcl_claims_ak(const struct hcl_claims *c, struct pubkey **ret, struct err *reterr);
/* NULL, "false" or "true": absent is NULL. */
const char *hcl_flag_name(enum hcl_flag flag);

#endif
