/* SPDX-License-Identifier: MIT */
/*
 * What the tpm_*.c files share, and nobody else includes (but their tests and fuzz harness): the
 * context, the TCTI layer in front of the device, guards for what a TPM keeps loaded, and response
 * codes. ESAPI does sessions, HMACs and encryption; three commands go through the SAPI below it
 * (tpm_sys.c) where ESAPI would cost a command or demand an answer that is not needed.
 */
#ifndef CVMCRYPT_TPM_INTERNAL_H
#define CVMCRYPT_TPM_INTERNAL_H

#include "tpm.h"

#include <tss2/tss2_esys.h>
#include <tss2/tss2_sys.h>
#include <tss2/tss2_tcti.h>

/* How long a TPM may think about one command; the kernel's driver gives up earlier for most. */
#define TPM_ANSWER_MS 60000

/*
 * Stands between ESAPI and the real TCTI: counts commands, bounds the wait, and lets only answers
 * through whose size is what their header says.
 */
struct tpm_tcti {
	TSS2_TCTI_CONTEXT_COMMON_V1 common;	/* first: what ESAPI sees */
	TSS2_TCTI_CONTEXT *inner;
	void *library;				/* of a loaded TCTI, or NULL */
	unsigned transmits;
	bool timed_out;
};

/* Takes the TCTI over: it is finalized and freed with the layer. */
void tpm_tcti_wrap(struct tpm_tcti *ret, TSS2_TCTI_CONTEXT *inner);
int tpm_tcti_device(struct tpm_tcti *ret, const char *path, struct err *reterr);
/* conf: "NAME" or "NAME:ARGUMENT", from libtss2-tcti-NAME.so.0. */
int tpm_tcti_load(struct tpm_tcti *ret, const char *conf, struct err *reterr);
void tpm_tcti_done(struct tpm_tcti *tcti);

/* tpm_sys.c: a session or transient object, flushed by TPM handle whatever state ESAPI is in. */
struct tpm_guard {
	struct tpm *t;
	ESYS_TR tr;
	TPM2_HANDLE handle;
};

struct tpm {
	struct tpm_tcti tcti;
	ESYS_CONTEXT *esys;
	bool poisoned;		/* ESAPI met an answer that it could not use and refuses to go on */
	bool cap_known;		/* PCR 15 as read and extended by us, for the check after closing */
	uint8_t cap[SHA256_SIZE];
	struct {		/* by tpm_unseal_prepare(); session.tr: ESYS_TR_NONE or started */
		ESYS_TR srk;
		uint8_t srk_name[34];
		struct tpm_guard session;
	} ahead;
};

/* Opens on a TCTI that the caller made; it is taken over in any case. */
int tpm_open_tcti(struct tpm **ret, struct tpm_tcti *tcti, struct err *reterr);
/*
 * First call of every verb: a context that an unusable answer stopped is made anew. Every ESYS_TR
 * of before is unknown to it, so a verb that has failed once does not go on.
 */
int tpm_ready(struct tpm *t, struct err *reterr);

/* tpm_error.c */
/* The code without handle, parameter and session numbers (Part 2, 6.6.2); 0: not the TPM's. */
uint32_t tpm_rc_base(TSS2_RC rc);
enum err_code tpm_rc_code(TSS2_RC rc);
/* Remembers that ESAPI has to be made anew, if the code is one after which it does not go on. */
void tpm_note(struct tpm *t, TSS2_RC rc);
/* Tells the failure with its general code. */
int tpm_fail(struct tpm *t, TSS2_RC rc, const char *command, struct err *reterr);
/* The same with a code and a sentence that fit better; fmt gets no rc, it is appended. */
int tpm_fail_as(struct tpm *t, TSS2_RC rc, enum err_code code, struct err *reterr, const char *fmt,
		...) _printf_(5, 6);

/* The same for what the owner hierarchy's password, should it have one, stands in the way of. */
int tpm_fail_owner(struct tpm *t, TSS2_RC rc, const char *command, struct err *reterr);

/* tpm_sys.c: commands below ESAPI, sent again as ESAPI would: TPM_SYS(rc, Tss2_Sys_...(...)) */
#define TPM_SUBMISSIONS_MAX 5
#define TPM_SYS(rc, call) \
	do { \
		for (unsigned i_ = 0; i_ < TPM_SUBMISSIONS_MAX; i_++) { \
			(rc) = (call); \
			if (!tpm_sys_wants_it_again(rc)) \
				break; \
		} \
	} while (0)
bool tpm_sys_wants_it_again(TSS2_RC rc);
int tpm_sys_context(struct tpm *t, TSS2_SYS_CONTEXT **ret, struct err *reterr);
extern const TSS2L_SYS_AUTH_COMMAND tpm_sys_empty_password;
/* Parameters of the last answer, as the TPM sent them; valid until the next command. */
int tpm_sys_answer(struct tpm *t, struct cursor *ret, struct err *reterr);
#define TPM_GUARD(context) ((struct tpm_guard){.t = (context), .tr = ESYS_TR_NONE})
#define _cleanup_guard_ _cleanup_(tpm_guard_flush)
int tpm_guard_set(struct tpm_guard *g, ESYS_TR tr, struct err *reterr);
void tpm_guard_flush(struct tpm_guard *g);
/* The TPM itself ended it. */
void tpm_guard_gone(struct tpm_guard *g);
/* No NV_ReadPublic: the TPM puts the index' name into the policy digest, and that is compared. */
int tpm_sys_policy_nv(struct tpm *t, TPM2_HANDLE session, uint64_t number, struct err *reterr);
/* Extends H(data) in every bank that is active, known to us or not; the answer is not looked at. */
int tpm_sys_pcr_event(struct tpm *t, unsigned pcr, const void *data, size_t len,
		      struct err *reterr);
/* Name of the public area that TPM2_ReadPublic, the last command, gave: hashed from its bytes. */
int tpm_sys_answered_name(struct tpm *t, uint8_t ret_name[34], struct err *reterr);
/*
 * What the last command decrypted or unsealed: it must be TPM_SEALED_BYTES long. Overwrites it in ESAPI's
 * answer (a buffer of room bytes) and in the response, where it stays otherwise. E_TPM_OBJECT.
 */
int tpm_sys_take_secret(struct tpm *t, uint8_t *answer, size_t len, size_t room, struct secret *ret,
			struct err *reterr);

/* tpm_pcr.c: these PCRs of the SHA-256 bank */
TPML_PCR_SELECTION tpm_pcr_selection(uint32_t mask);

/* tpm_srk.c */
/* *ret_there: a key is at the handle. The name is computed from what was read. */
int tpm_srk_read(struct tpm *t, ESYS_TR *ret_srk, bool *ret_there, uint8_t ret_name[34],
		 struct err *reterr);
/* The SRK with exactly this name, or E_TPM_OTHER. *ret_srk lives as long as the context. */
int tpm_srk_pinned(struct tpm *t, const struct way_tpm2 *way, ESYS_TR *ret_srk,
		   struct err *reterr);
/* Whatever acceptable SRK is there, made if need be. */
int tpm_srk_any(struct tpm *t, bool create, ESYS_TR *ret_srk, uint8_t ret_name[34],
		struct err *reterr);
/* type: TPM2_SE_HMAC or _POLICY; salted to the SRK, AES-128-CFB, ends with its next use. */
int tpm_session_start(struct tpm *t, ESYS_TR srk, TPM2_SE type, TPMA_SESSION attributes,
		      struct tpm_guard *ret, struct err *reterr);

/* tpm_unseal.c: with the values given, or with those that are (NULL) */
int tpm_policy_pcr(struct tpm *t, const struct tpm_guard *session, uint32_t mask,
		   const TPM2B_DIGEST *values, struct err *reterr);

/* tpm_object.c: the sealed object, which holds S */
#define TPM_SEALED_BYTES 32
/* The public area that cvmcrypt gives the object of this way; unique is left empty. */
int tpm_object_template(const struct way_tpm2 *way, TPM2B_PUBLIC *ret, struct err *reterr);
/* Nothing but `unique` may differ from the template: E_TPM_OBJECT. */
int tpm_object_check(const struct way_tpm2 *way, const TPM2B_PUBLIC *public, struct err *reterr);
int tpm_object_load(struct tpm *t, const struct way_tpm2 *way, ESYS_TR srk, struct tpm_guard *ret,
		    struct err *reterr);

static inline void cleanup_esysp(void *p)
{
	Esys_Free(*(void **)p);
}
#define _cleanup_esys_ _cleanup_(cleanup_esysp)

#endif
