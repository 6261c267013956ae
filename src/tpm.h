/* SPDX-License-Identifier: MIT */
/*
 * The TPM, on ESAPI: our verbs, not the library's calls. Inside the boot the device TCTI is linked
 * directly; `--tcti` (outside boot) loads another. Every answer is treated as a host's bytes:
 * names, selections and sizes are checked (E_TPM_ANSWER). Sessions and objects are flushed on every
 * path, so that /dev/tpm0 is left as it was found. Any call can fail with E_TPM_BUSY, E_TPM_LOCKOUT
 * and E_TPM_COMMAND. Nothing sleeps; after E_TPM_BUSY "no answer" only a new context is of use.
 * Several files share struct tpm through tpm_internal.h.
 */
#ifndef CVMCRYPT_TPM_H
#define CVMCRYPT_TPM_H

#include "crypto.h"
#include "err.h"
#include "pcr.h"
#include "record.h"
#include "secret.h"
#include "tpm_policy.h"

#define TPM_SRK_HANDLE 0x81000001u
#define TPM_GUEST_KEY_HANDLE 0x81000004u	/* guest secret key, put there by the paravisor */

struct tpm;
#define _cleanup_tpm_ _cleanup_(tpm_freep)
void tpm_freep(struct tpm **t);

/*
 * conf: "device:/dev/tpmrm0", or "/dev/...": the same; others ("swtpm:path=...") only with
 * allow_loader. E_TPM_ABSENT, E_TPM_BUSY (/dev/tpm0 is in use), E_USAGE.
 */
int tpm_open(struct tpm **ret, const char *conf, bool allow_loader, struct err *reterr);
/* Commands sent so far, counted at the TCTI (those of its own opening included). */
unsigned tpm_command_count(const struct tpm *t);

/* tpm_pcr.c */
/*
 * One command for each eight PCRs. E_TPM_BANK when the TPM leaves a requested PCR out: the bank is
 * not active. E_TPM_PCR_CHANGED when more than eight were not read as of one moment.
 */
int tpm_pcr_read(struct tpm *t, uint32_t mask, struct pcr_set *ret, struct err *reterr);
/*
 * Extends H(data) into the PCR, H being each active bank's algorithm, in one command. The TPM
 * hashes (TPM2_PCR_Event), so no active bank is left out because its algorithm is not known here.
 */
int tpm_pcr_extend(struct tpm *t, unsigned pcr, const void *data, size_t len, struct err *reterr);
/*
 * Extends PCR 15 with the closing constant in every active bank and reads it back: whatever fails,
 * E_TPM_CLOSE. The value before is the one that this context read last and extended itself; so an
 * extend by somebody else in between is noticed.
 */
int tpm_door_close(struct tpm *t, struct err *reterr);
/* PCR 15's value (SHA-256) after the given commitments were measured and the door was closed. */
int tpm_door_expected(const uint8_t (*commitments)[32], size_t count, bool closed,
		      uint8_t out[SHA256_SIZE], struct err *reterr);

/* tpm_srk.c */
/*
 * The name of the SRK at TPM_SRK_HANDLE. An RSA or ECC storage key that is there is taken, another
 * key is E_TPM_OBJECT; none is E_TPM_OTHER, or with create one is made (TCG template, P-256).
 */
int tpm_srk_name(struct tpm *t, bool create, uint8_t ret_name[34], struct err *reterr);

/* tpm_counter.c: the revocation counter (NV, TPM_NT_COUNTER) */
/* Finds it, or defines and starts it; E_TPM_COUNTER when something else sits at the index. */
int tpm_counter_ensure(struct tpm *t, uint64_t *ret_value, struct err *reterr);
int tpm_counter_read(struct tpm *t, uint64_t *ret_value, struct err *reterr);
int tpm_counter_increment(struct tpm *t, struct err *reterr);

/* tpm_seal.c */
/*
 * Seals s (32 bytes) under the SRK, made if need be, with policy PolicyAuthorize(approver); fills
 * way's srk_* and public/private, on success only; approver_* and counter_index must be set by the
 * caller. What the TPM made is checked (attributes, name algorithm, policy digest), loaded once and
 * flushed: E_TPM_OBJECT.
 */
int tpm_seal(struct tpm *t, struct way_tpm2 *way, const struct secret *s, struct err *reterr);
/*
 * What of tpm_unseal() does not depend on the volume, done while there is nothing else to do: reads
 * the SRK and starts the session, two of its commands. What fails here fails there as well, and is
 * told there.
 */
void tpm_unseal_prepare(struct tpm *t);
/* tpm_guest_key.c */
/*
 * Decrypts S with the guest secret key, in five commands; policy-bound to the PCRs of pcr_mask, or,
 * with unbound allowed, usable by whoever asks. The answer is encrypted to the key itself: another
 * key could not have decrypted. E_TPM_OTHER: no such key, or another modulus. E_TPM_OBJECT: not bound,
 * or no key for this. E_PCR_MISMATCH, E_UNWRAP, E_TPM_ANSWER.
 */
int tpm_guest_key_decrypt(struct tpm *t, const struct way_guest_key *way, uint32_t pcr_mask,
			  bool allow_unbound, struct secret *ret, struct err *reterr);
/* Does the object load under this TPM's SRK? E_TPM_OTHER if the SRK's name is not the way's. */
int tpm_load_test(struct tpm *t, const struct way_tpm2 *way, struct err *reterr);
/*
 * Unseals with the approval, in 11 commands. current: PCRs as read, for the policy's PCR digest.
 * The session is salted to the SRK whose name the record pins; the answer is encrypted.
 * E_TPM_OTHER: the SRK is another. E_TPM_OBJECT: the way's object is not ours. E_PCR_MISMATCH: the
 * approval is not for `current`. E_TPM_PCR_CHANGED: `current` is no longer true, read again.
 * E_APPROVAL_REVOKED, E_TPM_COUNTER, E_TPM_ANSWER.
 */
int tpm_unseal(struct tpm *t, const struct way_tpm2 *way, const struct approval *approval,
	       const struct pcr_set *current, struct secret *ret, struct err *reterr);

/* tpm_nv.c: NV indices with empty authorization, read by their own, written by the owner's */
struct tpm_nv_public {
	bool present;
	uint32_t attributes;	/* TPMA_NV */
	uint16_t size;
};
int tpm_nv_public(struct tpm *t, uint32_t index, struct tpm_nv_public *ret, struct err *reterr);
/* Appends size bytes from offset 0 on, in one command for each TPM_NV_CHUNK. */
#define TPM_NV_CHUNK 1024
int tpm_nv_read(struct tpm *t, uint32_t index, size_t size, struct buf *ret, struct err *reterr);
/*
 * Writes at offset 0; an index that is not there is defined with this size, to be read and written
 * by the owner and by its own authorization. Whatever else sits at the index: E_TPM_OBJECT.
 */
int tpm_nv_write(struct tpm *t, uint32_t index, const void *data, size_t len, struct err *reterr);

/* tpm_attest.c: the attestation key that a paravisor keeps at a fixed handle */
#define TPM_AK_HANDLE 0x81000003u
/* Appends its TPM2B_PUBLIC, as the TPM sent it. E_AK: there is no such key. */
int tpm_ak_public(struct tpm *t, struct buf *ret, struct err *reterr);
/*
 * TPM2_Quote by it over SHA-256 PCRs: appends TPMS_ATTEST and TPMT_SIGNATURE, as the TPM sent them;
 * nothing is verified here. nonce_len <= 32. E_AK: the key cannot sign.
 */
int tpm_ak_quote(struct tpm *t, const void *nonce, size_t nonce_len, uint32_t mask,
		 struct buf *ret_attest, struct buf *ret_signature, struct err *reterr);

#endif
