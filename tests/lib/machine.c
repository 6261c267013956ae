/* SPDX-License-Identifier: MIT */
#include "machine.h"

void machine_reopen(struct machine *c)
{
	tpm_freep(&c->t);
	ok(c, tpm_open(&c->t, c->swtpm.conf, true, &c->e));
}

static int power_on(struct machine *c, const char *banks, bool enrol)
{
	int r;

	if (!swtpm_available())
		return 0;
	if (!swtpm_start(&c->swtpm, banks))
		return err_set(&c->e, E_TPM_ABSENT, "swtpm does not start");
	r = tpm_open(&c->t, c->swtpm.conf, true, &c->e);
	return r < 0 || !enrol ? r : sealed_enrol(&c->m, c->t, &c->pcrs, &c->e);
}

/* cmocka tears nothing down where the set-up fails. */
static int set_up(void **state, const char *banks, bool enrol)
{
	struct machine *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -1;
	*state = c;
	r = power_on(c, banks, enrol);
	if (r < 0) {
		print_error("%s\n", c->e.msg);
		(void)machine_off(state);
	}
	return r;
}

int machine_bare(void **state)
{
	return set_up(state, NULL, false);
}

int machine_sha1_only(void **state)
{
	return set_up(state, "sha1", false);
}

int machine_enrolled(void **state)
{
	return set_up(state, NULL, true);
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
