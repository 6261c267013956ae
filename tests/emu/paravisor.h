/* SPDX-License-Identifier: MIT */
/*
 * A paravisor for the tests: stands between a TPM's user (QEMU, or a TCTI) and swtpm, and makes of it
 * what an Azure confidential VM has: an attestation key at 0x81000003, and the HCL report at NV
 * 0x01400001, made anew on a read at offset 0 and signed under a test root. Knobs make it lie.
 *
 * paravisor.c sockets, paravisor_tpm.c the TPM's wire, paravisor_report.c the report,
 * paravisor_knobs.c what it can be told.
 */
#ifndef CVMCRYPT_TEST_PARAVISOR_H
#define CVMCRYPT_TEST_PARAVISOR_H

#include "base.h"
#include "buf.h"

#define NV_REPORT 0x01400001u
#define NV_USER_DATA 0x01400002u
#define NV_REPORT_ATTRIBUTES 0x62060004u	/* platformCreate written noDA authRead ownerRead authWrite */
#define AK_HANDLE 0x81000003u
#define EK_HANDLE 0x81010001u
#define AK_ATTRIBUTES 0x00050472u
#define REPORT_SIZE 2900			/* as OpenHCL defines the index */
#define USER_DATA_SIZE 64
#define MODULUS_SIZE 256
#define WIRE_MAX 4096

enum tee { TEE_SNP, TEE_TDX, TEE_NONE };
enum user_data { USER_DATA_LOWER, USER_DATA_UPPER, USER_DATA_OMIT };
enum ak_in_report { AK_RIGHT, AK_OTHER };
enum json_form { JSON_PLAIN, JSON_DUPLICATE, JSON_SECOND_AK, JSON_TRAILING };
enum report_data { REPORT_DATA_RIGHT, REPORT_DATA_WRONG, REPORT_DATA_UPPER };

struct knobs {
	enum tee tee;
	/* the vTPM */
	uint32_t ak_attributes;
	enum ak_in_report ak;
	uint32_t user_data_attributes;	/* not 0: 0x01400002 is there already, like this */
	uint32_t user_data_size;
	/* when a report is made */
	uint32_t period_ms;
	uint32_t stale;			/* so often the one before is given; all ones: always */
	/* the runtime JSON */
	enum user_data user_data;
	enum json_form json;
	bool secure_boot, tpm, persisted, console, interactive;
	/* the hardware report */
	enum report_data report_data;
	bool signature_wrong;
	uint32_t version;
	char product[16];
	uint8_t chip[64];
	uint8_t tcb[8];			/* as the report has it */
	uint8_t measurement[48], host_data[32], id_key[48];
	uint64_t policy, platform_info;
	uint64_t td_attributes;
	uint32_t vmpl, guest_svn;
};

void knobs_init(struct knobs *k);
/* "name=value"; false: there is no such knob, or no such value. */
bool knobs_set(struct knobs *k, const char *text);
/* All names, for the usage text. */
void knobs_print(void);

struct paravisor {
	struct knobs knobs;
	const char *pki;		/* folder: keys, certificates */
	int tpm;			/* swtpm's data channel */
	uint8_t ak[MODULUS_SIZE], ek[MODULUS_SIZE];
	uint8_t report[REPORT_SIZE];
	bool made;
	int64_t made_ms;
};

_Noreturn void die(const char *fmt, ...) _printf_(1, 2);

/* paravisor_tpm.c */
bool read_full(int fd, void *out, size_t len);
bool write_full(int fd, const void *data, size_t len);
/* One message of the TPM's wire (Part 1, 18): its length is in its header. 0: the other side is gone. */
size_t wire_read(int fd, uint8_t out[WIRE_MAX]);
/* Sends, takes the answer; returns its length. */
size_t tpm_exchange(struct paravisor *p, const uint8_t *command, size_t len, uint8_t out[WIRE_MAX]);
/* Keys and NV indices; the TPM must have been started. */
void tpm_prepare(struct paravisor *p);
/* What the guest wrote to 0x01400002, zero padded; zeros when there is nothing. */
void tpm_user_data(struct paravisor *p, uint8_t out[USER_DATA_SIZE]);
/* Answers one command of the guest. Returns the answer's length. */
size_t tpm_serve(struct paravisor *p, const uint8_t *command, size_t len, uint8_t out[WIRE_MAX]);

/* paravisor_report.c: p->report anew */
void report_make(struct paravisor *p);

#endif
