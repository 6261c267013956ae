/* SPDX-License-Identifier: MIT */
/*
 * Below ESAPI, which would read an index' public area (and its name) twice before each use: with a
 * password for authorization the name is not part of anything.
 */
#include "tpm_internal.h"

#include <string.h>

#define USER_INDEX_ATTRIBUTES \
	(TPMA_NV_OWNERWRITE | TPMA_NV_AUTHWRITE | TPMA_NV_OWNERREAD | TPMA_NV_AUTHREAD | TPMA_NV_NO_DA)

int tpm_nv_public(struct tpm *t, uint32_t index, struct tpm_nv_public *ret, struct err *reterr)
{
	TPM2B_NV_PUBLIC public = {0};
	TSS2_SYS_CONTEXT *sys = NULL;
	TPM2B_NAME name = {0};
	TSS2_RC rc = TSS2_RC_SUCCESS;
	int r = tpm_ready(t, reterr);

	if (r == 0)
		r = tpm_sys_context(t, &sys, reterr);
	if (r < 0)
		return r;
	TPM_SYS(rc, Tss2_Sys_NV_ReadPublic(sys, index, NULL, &public, &name, NULL));
	*ret = (struct tpm_nv_public){0};
	if (tpm_rc_base(rc) == TPM2_RC_HANDLE)
		return 0;
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "TPM2_NV_ReadPublic", reterr);
	if (public.nvPublic.nvIndex != index)
		return err_set(reterr, E_TPM_ANSWER, "public area of another NV index");
	*ret = (struct tpm_nv_public){.present = true, .attributes = public.nvPublic.attributes,
				      .size = public.nvPublic.dataSize};
	return 0;
}

static int read_some(struct tpm *t, uint32_t index, size_t size, size_t offset, struct buf *ret,
		     struct err *reterr)
{
	TSS2L_SYS_AUTH_RESPONSE answered = {0};
	TPM2B_MAX_NV_BUFFER data = {0};
	TSS2_SYS_CONTEXT *sys = NULL;
	TSS2_RC rc = TSS2_RC_SUCCESS;
	int r = tpm_sys_context(t, &sys, reterr);

	if (r < 0)
		return r;
	TPM_SYS(rc, Tss2_Sys_NV_Read(sys, index, index, &tpm_sys_empty_password, (uint16_t)size,
				     (uint16_t)offset, &data, &answered));
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "TPM2_NV_Read", reterr);
	if (data.size != size)
		return err_set(reterr, E_TPM_ANSWER, "%u bytes of NV index 0x%08x instead of %zu",
			       data.size, index, size);
	buf_put(ret, data.buffer, size);
	return 0;
}

int tpm_nv_read(struct tpm *t, uint32_t index, size_t size, struct buf *ret, struct err *reterr)
{
	int r = tpm_ready(t, reterr);

	if (size > UINT16_MAX)
		return err_set(reterr, E_INTERNAL, "NV index of %zu bytes", size);
	for (size_t at = 0; r == 0 && at < size; at += TPM_NV_CHUNK)
		r = read_some(t, index, size - at < TPM_NV_CHUNK ? size - at : TPM_NV_CHUNK, at, ret,
			      reterr);
	if (r == 0 && ret->failed)
		r = err_set(reterr, E_NOMEM, "NV index 0x%08x", index);
	return r;
}

static int define(struct tpm *t, uint32_t index, size_t size, struct err *reterr)
{
	const TPM2B_NV_PUBLIC public = {
		.nvPublic = {
			.nvIndex = index,
			.nameAlg = TPM2_ALG_SHA256,
			.attributes = USER_INDEX_ATTRIBUTES,
			.dataSize = (uint16_t)size,
		},
	};
	TSS2L_SYS_AUTH_RESPONSE answered = {0};
	TSS2_SYS_CONTEXT *sys = NULL;
	const TPM2B_AUTH none = {0};
	TSS2_RC rc = TSS2_RC_SUCCESS;
	int r = tpm_sys_context(t, &sys, reterr);

	if (r < 0)
		return r;
	TPM_SYS(rc, Tss2_Sys_NV_DefineSpace(sys, TPM2_RH_OWNER, &tpm_sys_empty_password, &none,
					    &public, &answered));
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail_owner(t, rc, "TPM2_NV_DefineSpace", reterr);
}

static TSS2_RC write_all(TSS2_SYS_CONTEXT *sys, uint32_t index, const TPM2B_MAX_NV_BUFFER *data)
{
	TSS2L_SYS_AUTH_RESPONSE answered = {0};
	TSS2_RC rc = TSS2_RC_SUCCESS;

	TPM_SYS(rc, Tss2_Sys_NV_Write(sys, TPM2_RH_OWNER, index, &tpm_sys_empty_password, data, 0,
				      &answered));
	return rc;
}

int tpm_nv_write(struct tpm *t, uint32_t index, const void *data, size_t len, struct err *reterr)
{
	TPM2B_MAX_NV_BUFFER bytes = {.size = (uint16_t)len};
	TSS2_SYS_CONTEXT *sys = NULL;
	TSS2_RC rc;
	int r = tpm_ready(t, reterr);

	if (len > sizeof(bytes.buffer))
		return err_set(reterr, E_INTERNAL, "%zu bytes for an NV index", len);
	memcpy(bytes.buffer, data, len);
	if (r == 0)
		r = tpm_sys_context(t, &sys, reterr);
	if (r < 0)
		return r;
	rc = write_all(sys, index, &bytes);
	if (tpm_rc_base(rc) == TPM2_RC_HANDLE) {
		r = define(t, index, len, reterr);
		if (r < 0)
			return r;
		rc = write_all(sys, index, &bytes);
	}
	switch (rc == TSS2_RC_SUCCESS ? 0 : tpm_rc_base(rc)) {
	case 0:
		return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(t, rc, "TPM2_NV_Write", reterr);
	case TPM2_RC_NV_RANGE:
	case TPM2_RC_NV_AUTHORIZATION:
	case TPM2_RC_NV_LOCKED:
	case TPM2_RC_ATTRIBUTES:
		return tpm_fail_as(t, rc, E_TPM_OBJECT, reterr,
				   "NV index 0x%08x is in use for something else", index);
	default:
		return tpm_fail_owner(t, rc, "TPM2_NV_Write", reterr);
	}
}
