/* SPDX-License-Identifier: MIT */
#include "tpm_internal.h"

#include <string.h>

static bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

int tpm_open_tcti(struct tpm **ret, struct tpm_tcti *tcti, struct err *reterr)
{
	struct tpm *t = calloc(1, sizeof(*t));
	int r;

	if (!t) {
		tpm_tcti_done(tcti);
		return err_set(reterr, E_NOMEM, "TPM context");
	}
	t->tcti = *tcti;
	*tcti = (struct tpm_tcti){0};
	crypto_share_context((void (*)(void))Esys_Initialize);
	t->poisoned = true;	/* that is: there is no ESAPI context yet */
	t->ahead.session = TPM_GUARD(t);
	r = tpm_ready(t, reterr);
	if (r < 0) {
		tpm_freep(&t);
		return r;
	}
	*ret = t;
	return 0;
}

int tpm_open(struct tpm **ret, const char *conf, bool allow_loader, struct err *reterr)
{
	const char *path = starts_with(conf, "device:") ? conf + strlen("device:") : conf;
	struct tpm_tcti tcti = {0};
	int r;

	/* The library writes to stderr on its own; it looks at this once, before its first line. */
	(void)setenv("TSS2_LOG", "all+NONE", 1);
	if (starts_with(path, "/dev/"))
		r = tpm_tcti_device(&tcti, path, reterr);
	else if (allow_loader && path == conf)
		r = tpm_tcti_load(&tcti, conf, reterr);
	else
		r = err_set(reterr, E_USAGE, "'%s' does not name a TPM device", conf);
	return r < 0 ? r : tpm_open_tcti(ret, &tcti, reterr);
}

int tpm_ready(struct tpm *t, struct err *reterr)
{
	TSS2_RC rc;

	if (!t->poisoned)
		return 0;
	if (t->esys)
		Esys_Finalize(&t->esys);
	rc = Esys_Initialize(&t->esys, (TSS2_TCTI_CONTEXT *)&t->tcti, NULL);
	if (rc != TSS2_RC_SUCCESS) {
		t->esys = NULL;
		return tpm_fail(t, rc, "Esys_Initialize", reterr);
	}
	t->poisoned = false;
	tpm_guard_flush(&t->ahead.session);	/* the new context does not know it */
	return 0;
}

void tpm_freep(struct tpm **tp)
{
	struct tpm *t = *tp;

	if (!t)
		return;
	if (t->esys) {
		if (!t->poisoned)
			tpm_guard_flush(&t->ahead.session);
		Esys_Finalize(&t->esys);
	}
	tpm_tcti_done(&t->tcti);
	explicit_bzero(t, sizeof(*t));
	free(t);
	*tp = NULL;
}

unsigned tpm_command_count(const struct tpm *t)
{
	return t->tcti.transmits;
}
