/* SPDX-License-Identifier: MIT */
#include "machine.h"

void machine_reopen(struct machine *c)
{
	tpm_freep(&c->t);
	ok(c, tpm_open(&c->t, c->swtpm.conf, true, &c->e));
}

static int power_on(void **state, const char *banks)
{
	struct machine *c = calloc(1, sizeof(*c));

	*state = c;
	if (!swtpm_available())
		return 0;
	if (!c || !swtpm_start(&c->swtpm, banks))
		return -1;
	return tpm_open(&c->t, c->swtpm.conf, true, &c->e);
}

int machine_bare(void **state)
{
	return power_on(state, NULL);
}

int machine_sha1_only(void **state)
{
	return power_on(state, "sha1");
}

int machine_enrolled(void **state)
{
	int r = power_on(state, NULL);
	struct machine *c = *state;

	return r < 0 || !c->t ? r : sealed_enrol(&c->m, c->t, &c->pcrs, &c->e);
}

int machine_off(void **state)
{
	struct machine *c = *state;

	tpm_freep(&c->t);
	sealed_done(&c->m);
	swtpm_stop(&c->swtpm);
	free(c);
	return 0;
}

struct machine *machine_of(void **state)
{
	struct machine *c = *state;

	if (!c->t) {
		print_message("no swtpm\n");
		skip();
	}
	return c;
}

int machine_unseal(struct machine *c)
{
	_cleanup_secret_ struct secret got = SECRET_INIT;
	struct pcr_set now;
	int r = tpm_pcr_read(c->t, SEALED_MASK, &now, &c->e);

	if (r == 0)
		r = tpm_unseal(c->t, &c->m.way, &c->m.approval, &now, &got, &c->e);
	if (r == 0)
		assert_true(secret_equal(&got, &c->m.s));
	else
		assert_null(got.bytes);
	return r;
}

static unsigned handles(struct machine *c, uint32_t first)
{
	_cleanup_esys_ TPMS_CAPABILITY_DATA *data = NULL;
	TPMI_YES_NO more;

	assert_int_equal(Esys_GetCapability(c->t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					    TPM2_CAP_HANDLES, first, 64, &more, &data), 0);
	return data->data.handles.count;
}

void machine_holds_nothing(struct machine *c)
{
	ok(c, tpm_ready(c->t, &c->e));
	/* Part 2, 7.4: transient objects, loaded and saved sessions */
	assert_int_equal(handles(c, 0x80000000), 0);
	assert_int_equal(handles(c, 0x02000000), 0);
	assert_int_equal(handles(c, 0x03000000), 0);
}
