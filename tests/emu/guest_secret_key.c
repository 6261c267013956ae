/* SPDX-License-Identifier: MIT */
/*
 * The paravisor's part for file 13 of a VM guest state file (GUEST_SECRET_KEY), as OpenHCL does it at
 * each power-on: with an SRK at 0x81000001 and nothing at 0x81000004 it imports TPM2B_PUBLIC ||
 * TPM2B_PRIVATE || TPM2B_ENCRYPTED_SECRET under the SRK and leaves the key at 0x81000004.
 *
 * usage: guest_secret_key TCTI FILE
 */
#include "file.h"
#include "guest_key.h"

#include <stdio.h>
#include <tss2/tss2_mu.h>

#define FILE_MAX 2048

struct blob {
	TPM2B_PUBLIC public;
	TPM2B_PRIVATE duplicate;
	TPM2B_ENCRYPTED_SECRET seed;
};

static TSS2_RC parse(const struct buf *file, struct blob *ret)
{
	size_t at = 0;
	TSS2_RC rc = Tss2_MU_TPM2B_PUBLIC_Unmarshal(file->data, file->len, &at, &ret->public);

	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_MU_TPM2B_PRIVATE_Unmarshal(file->data, file->len, &at, &ret->duplicate);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(file->data, file->len, &at, &ret->seed);
	return rc;
}

static int run(const char *tcti, const char *path, struct err *e)
{
	_cleanup_buf_ struct buf file = BUF_INIT(0);
	_cleanup_tpm_ struct tpm *t = NULL;
	struct blob blob = {0};
	int r = file_read(path, FILE_MAX, &file, e);

	if (r < 0)
		return r;
	if (parse(&file, &blob) != TSS2_RC_SUCCESS)
		return err_set(e, E_USAGE, "'%s' is no file 13", path);
	r = tpm_open(&t, tcti, true, e);
	return r < 0 ? r : guest_key_import(t, &blob.public, &blob.duplicate, &blob.seed, e);
}

int main(int argc, char **argv)
{
	struct err e = {0};

	if (argc != 3) {
		fprintf(stderr, "usage: %s TCTI FILE\n", argv[0]);
		return 2;
	}
	if (secret_heap_init(&e) < 0 || run(argv[1], argv[2], &e) < 0) {
		fprintf(stderr, "%s\n", e.msg);
		return 1;
	}
	return 0;
}
