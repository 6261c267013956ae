/* SPDX-License-Identifier: MIT */
#include "guest_fixture.h"

#include "child.h"
#include "volume.h"

#include <string.h>

void guest_first_boot(struct guest *g, bool with_tpm)
{
	struct commit_result res;
	struct err e = {0};

	OK(guest_enroll(g, with_tpm, &e));
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	OK(guest_observe(g, &e));
	OK(tpm_door_close(g->tpm, &e));
	OK(guest_commit(g, &res, &e));
	assert_true(res.approved);
}

void guest_tamper(struct guest *g, void (*change)(struct record *))
{
	_cleanup_volume_ struct volume v = VOLUME_INIT;
	_cleanup_luks_store_ struct luks_store *store = NULL;
	_cleanup_buf_ struct buf text = BUF_INIT(RECORD_TEXT_MAX + 1);
	const struct luks2_token *token;
	int number;

	assert_int_equal(volume_load(&v, g->image, false, NULL), 0);
	assert_int_equal(luks2_header_token(&v.header, RECORD_TYPE, &token, NULL), 0);
	change(&v.record);
	assert_int_equal(record_format(&v.record, &text, NULL), 0);
	assert_int_equal(luks_store_open(&store, g->image, NULL), 0);
	assert_int_equal(luks_store_put_token(store, token->id, (char *)text.data, &number, NULL), 0);
}

static char folder[] = "/tmp/cvmcrypt-life.XXXXXX";

int guest_fixture_make(void **state)
{
	struct guest *g = calloc(1, sizeof(*g));

	if (!g || !mkdtemp(folder))
		return -1;
	guest_folder(g, folder);
	*state = g;
	return swtpm_start(&g->swtpm, NULL) ? 0 : -1;
}

int guest_fixture_free(void **state)
{
	struct guest *g = *state;

	swtpm_stop(&g->swtpm);
	(void)state_forget("root", NULL);
	boot_stage_remove("root");
	free(g);
	return CHILD_RUN("rm", "-r", folder);
}

int guest_fixture_each(void **state)
{
	struct guest *g = *state;

	if (!guest_new_disk(g))
		return -1;
	boot_stage_remove("root");
	if (!swtpm_replace(&g->swtpm))
		return -1;
	guest_boot(g, "uki 1", "root=/dev/mapper/root");
	return 0;
}

int guest_fixture_each_done(void **state)
{
	struct guest *g = *state;

	tpm_freep(&g->tpm);
	return 0;
}
