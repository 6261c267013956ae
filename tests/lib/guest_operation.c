/* SPDX-License-Identifier: MIT */
#include "guest_operation.h"

#include "guest.h"

#include <stdio.h>
#include <string.h>

static int op_enroll(struct guest *g, struct err *e)
{
	return guest_enroll(g, false, e);
}

static int op_recovery_replace(struct guest *g, struct err *e)
{
	_cleanup_secret_ struct secret old = SECRET_INIT;
	int r = guest_recovery_key(g, &old, e);

	return r < 0 ? r : guest_recovery_replace(g, &old, e);
}

static int op_unenroll(struct guest *g, struct err *e)
{
	_cleanup_secret_ struct secret old = SECRET_INIT;
	int r = guest_passphrase(&old, e);

	return r < 0 ? r : unenroll_volume(g->image, &old, false, e);
}

static int op_commit_first(struct guest *g, struct err *e)
{
	struct commit_result res;
	int r = guest_observe(g, e);

	g->report.volume[0].state = VOLUME_OBSERVED;
	return r < 0 ? r : guest_commit(g, &res, e);
}

static int op_commit_proven(struct guest *g, struct err *e)
{
	struct commit_result res;
	int r = guest_unlock(g, e);

	return r < 0 ? r : guest_commit(g, &res, e);
}

static int op_measure(struct guest *g, struct err *e)
{
	(void)e;
	guest_measure(g, "uki 1", "root=/dev/mapper/root");
	return 0;
}

static int op_measure_other(struct guest *g, struct err *e)
{
	(void)e;
	guest_measure(g, "uki 2", "root=/dev/mapper/root");
	return 0;
}

static int op_reseal(struct guest *g, struct err *e)
{
	int r = guest_observe(g, e);

	return r < 0 ? r : guest_approve(g, true, e) < 0 ? -e->code : 0;
}

static const struct operation {
	const char *name;
	int (*run)(struct guest *g, struct err *e);
	bool tpm;
} operations[] = {
	{"enroll", op_enroll, false},
	{"judge", guest_judge, false},
	{"recovery-replace", op_recovery_replace, false},
	{"unenroll", op_unenroll, false},
	{"unlock", guest_unlock, true},
	{"commit-first", op_commit_first, true},
	{"commit-proven", op_commit_proven, true},
	{"measure", op_measure, true},
	{"measure-other", op_measure_other, true},
	{"reseal", op_reseal, true},
};

/* What tests/fault/fail_alloc.c has: from here on allocations fail. */
__attribute__((weak)) void fault_begin(void);

static int run_operation(struct guest *g, const char *name, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		int r = 0;

		if (strcmp(operations[i].name, name) != 0)
			continue;
		if (operations[i].tpm) {
			guest_connect_tpm(g);
			r = guest_begin_report(g, e);
		}
		return r < 0 ? r : operations[i].run(g, e);
	}
	return err_set(e, E_USAGE, "no operation '%s'", name);
}

int guest_operation(const char *name, const char *dir)
{
	struct guest g = {0};
	struct err e = {0};
	int r;

	guest_folder(&g, dir);
	guest_configure(&g);
	(void)snprintf(g.swtpm.conf, sizeof(g.swtpm.conf), "swtpm:path=%s/tpm.sock", dir);
	if (fault_begin)
		fault_begin();
	r = run_operation(&g, name, &e);
	tpm_freep(&g.tpm);
	if (r < 0)
		(void)fprintf(stderr, "E%d %s\n", -r, e.msg);
	return r < 0 ? 1 : 0;
}
