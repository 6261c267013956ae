/* SPDX-License-Identifier: MIT */
/* A host that reads along, changes, replays and withholds what the TPM says. */
#include "machine.h"
#include "tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <tss2/tss2_sys.h>

/* Opens anew, and flushes what answers that were lies have left in the TPM. */
static void start_anew(struct machine *c)
{
	static const uint32_t kinds[] = {0x80000000, 0x02000000, 0x03000000};
	TSS2_SYS_CONTEXT *sys;
	TPMS_CAPABILITY_DATA data;
	TPMI_YES_NO more;

	tpm_freep(&c->t);
	assert_int_equal(tap_open(&c->t, &c->tap, c->swtpm.conf, &c->e), 0);
	assert_int_equal(Esys_GetSysContext(c->t->esys, &sys), 0);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		data = (TPMS_CAPABILITY_DATA){0};
		assert_int_equal(Tss2_Sys_GetCapability(sys, NULL, TPM2_CAP_HANDLES, kinds[i], 16,
							&more, &data, NULL), 0);
		for (uint32_t n = 0; n < data.data.handles.count; n++)
			(void)Tss2_Sys_FlushContext(sys, data.data.handles.handle[n]);
	}
	tap_rewind(c->tap);
}

static int tapped(void **state)
{
	int r = machine_enrolled(state);
	struct machine *c = *state;

	if (r == 0 && c->t)
		start_anew(c);
	return r;
}

/* The secret passes the host encrypted, to the TPM and back. */
static void test_traffic(void **state)
{
	struct machine *c = machine_of(state);
	const uint8_t canary[] = "0123456789abcdef0123456789abcdef";

	tap_rewind(c->tap);
	assert_int_equal(tpm_seal(c->t, &c->m.way, &c->m.s, &c->e), 0);
	assert_int_equal(machine_unseal(c), 0);
	assert_int_equal(tpm_pcr_extend(c->t, 16, canary, 32, &c->e), 0);
	assert_true(tap_saw(c->tap, canary, 32));
	assert_true(tap_saw(c->tap, c->m.way.public_area, c->m.way.public_len));
	for (unsigned i = 0; i + 8 <= 32; i++)
		assert_false(tap_saw(c->tap, c->m.s.bytes + i, 8));
}

#define WINDOW 65536
#define OVERLAP 31	/* one byte less than what is looked for */

/* What is looked for: bytes under a mask, so that the search itself leaves none in memory. */
struct wanted {
	uint8_t bytes[32];
	unsigned found;
};
#define MASK 0x5a

/* `at`: where in memory the window was copied from; the window itself does not count. */
static void count_in(struct wanted *w, const uint8_t *window, size_t size, uintptr_t at)
{
	for (size_t i = 0; i + sizeof(w->bytes) <= size; i++) {
		size_t k = 0;

		while (k < sizeof(w->bytes) && (window[i + k] ^ MASK) == w->bytes[k])
			k++;
		if (k == sizeof(w->bytes) && at + i - (uintptr_t)window >= WINDOW)
			w->found++;
	}
}

/* In this process' writable memory, the secret heap included. */
static unsigned copies_in_memory(struct wanted *w)
{
	static uint8_t window[WINDOW];
	FILE *maps = fopen("/proc/self/maps", "re");
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	unsigned long from, to;
	char line[512], mode[8];

	assert_non_null(maps);
	assert_true(fd >= 0);
	w->found = 0;
	while (fgets(line, sizeof(line), maps)) {
		/* ASan's shadow is terabytes */
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 || mode[1] != 'w' ||
		    to - from > 1UL << 28)
			continue;
		for (unsigned long at = from; at < to; at += WINDOW - OVERLAP) {
			size_t left = to - at;
			ssize_t n = pread(fd, window, left < WINDOW ? left : WINDOW, (off_t)at);

			if (n > 0)
				count_in(w, window, (size_t)n, at);
			explicit_bzero(window, sizeof(window));
		}
	}
	(void)fclose(maps);
	close(fd);
	return w->found;
}

/*
 * Neither the library nor we keep a copy beside the secret itself. Under ASan, whose wide frames
 * later calls overwrite less, this finds what libtss2-esys leaves on its stack.
 */
static void test_memory(void **state)
{
	struct machine *c = machine_of(state);
	struct wanted w, canary_wanted;
	volatile uint8_t canary[32];

	for (unsigned i = 0; i < 32; i++) {
		w.bytes[i] = c->m.s.bytes[i] ^ MASK;
		canary_wanted.bytes[i] = (uint8_t)(i * 7);
	}
	assert_int_equal(copies_in_memory(&canary_wanted), 0);
	for (unsigned i = 0; i < 32; i++)
		canary[i] = (uint8_t)(i * 7) ^ MASK;
	assert_int_equal(copies_in_memory(&canary_wanted), 1);
	explicit_bzero((void *)(uintptr_t)canary, sizeof(canary));

	assert_int_equal(copies_in_memory(&w), 1);
	assert_int_equal(machine_unseal(c), 0);
	assert_int_equal(copies_in_memory(&w), 1);
	assert_int_equal(tpm_seal(c->t, &c->m.way, &c->m.s, &c->e), 0);
	assert_int_equal(copies_in_memory(&w), 1);
	start_anew(c);
	assert_int_equal(copies_in_memory(&w), 1);
}

enum mutation { FLIP, CUT, CUT_AND_SAY_SO, GROW };

struct mutator {
	unsigned command;
	size_t at;
	enum mutation kind;
	size_t size;	/* of the answer, for the loop */
	bool done;
};

static void say_size(struct tap_answer *a)
{
	for (unsigned i = 0; i < 4 && a->size >= 6; i++)
		a->bytes[2 + i] = (uint8_t)(a->size >> (24 - 8 * i));
}

static TSS2_RC mutate(void *user, unsigned command, struct tap_answer *a)
{
	struct mutator *m = user;

	if (command != m->command)
		return 0;
	m->size = a->size;
	if (m->at >= a->size)
		return 0;
	m->done = true;
	if (m->kind == FLIP)
		a->bytes[m->at] ^= (uint8_t)(1 << (m->at % 8));
	else if (m->kind != GROW)
		a->size = m->at;
	else
		a->size += 1 + m->at;
	if (m->kind == CUT_AND_SAY_SO || m->kind == GROW)
		say_size(a);
	return 0;
}

static unsigned try_mutation(struct machine *c, struct mutator *m)
{
	const struct tap_hooks hooks = {.change = mutate, .user = m};
	int r;

	start_anew(c);
	tap_hook(c->tap, &hooks);
	m->done = false;
	r = machine_unseal(c);
	if (r < 0 && !err_info(r))
		fail_msg("command %u, mutation %d at %zu: %d", m->command, m->kind, m->at, r);
	return r == 0 && m->done;
}

/* Every answer on the way to the secret, changed: never a crash, a wait, or another secret. */
static void test_mutations(void **state)
{
	struct machine *c = machine_of(state);
	struct mutator m = {0};
	unsigned survived = 0;

	for (m.command = 0; m.command < 12; m.command++)
		for (m.kind = FLIP; m.kind <= GROW; m.kind++) {
			m.size = 1;
			for (m.at = 0; m.at < m.size; m.at += 1 + (m.at > 24) * 10)
				if (try_mutation(c, &m) && m.command == 10 && m.kind != GROW)
					survived++;
		}
	/* TPM2_Unseal, its encrypted answer and its HMAC: nothing may change there */
	assert_int_equal(survived, 0);
	start_anew(c);
	assert_int_equal(machine_unseal(c), 0);
}

struct tape {
	struct tap_answer answers[16];
	unsigned count, played;
};

static TSS2_RC record(void *user, unsigned command, struct tap_answer *a)
{
	struct tape *tape = user;

	if (command < ARRAY_SIZE(tape->answers)) {
		tape->answers[command] = *a;
		tape->count = command + 1;
	}
	return 0;
}

static bool play(void *user, unsigned command, uint32_t code, struct tap_answer *a)
{
	struct tape *tape = user;

	(void)code;
	if (command >= tape->count)
		return false;
	tape->played++;
	*a = tape->answers[command];
	return true;
}

/* The answers of a boot that was allowed, played to a later one. */
static void test_replay(void **state)
{
	struct machine *c = machine_of(state);
	struct tape *tape = calloc(1, sizeof(*tape));
	struct tap_hooks hooks = {.change = record, .user = tape};

	assert_non_null(tape);
	start_anew(c);
	tap_hook(c->tap, &hooks);
	assert_int_equal(machine_unseal(c), 0);
	start_anew(c);
	hooks = (struct tap_hooks){.instead = play, .user = tape};
	tap_hook(c->tap, &hooks);
	assert_int_equal(machine_unseal(c), -E_TPM_ANSWER);
	assert_true(tape->played >= 11);
	free(tape);
}

/* ReadPublic gives the enrolled name with a key that the host has: the salt would be its. */
static TSS2_RC swap_point(void *user, unsigned command, struct tap_answer *a)
{
	const struct sealed *m = user;

	/* header, TPM2B size; then 26 bytes of TPMT_PUBLIC up to x, y */
	if (command != 1)
		return 0;
	assert_true(a->size > 10 + 2 + 90 + 34);
	memcpy(a->bytes + 10 + 2 + 24, m->way.approver_x, 32);
	memcpy(a->bytes + 10 + 2 + 24 + 34, m->way.approver_y, 32);
	return 0;
}

static void test_swapped_srk(void **state)
{
	struct machine *c = machine_of(state);
	const struct tap_hooks hooks = {.change = swap_point, .user = &c->m};
	int r;

	start_anew(c);
	tap_hook(c->tap, &hooks);
	r = machine_unseal(c);
	assert_true(r == -E_TPM_OTHER || r == -E_TPM_ANSWER);
}

struct always {
	TSS2_RC code;		/* of the connection */
	uint32_t rc;		/* of the TPM */
	unsigned from, until;	/* commands */
	bool flush;		/* flushing works all the same */
};

static TSS2_RC answer_always(void *user, unsigned command, struct tap_answer *a)
{
	const struct always *w = user;

	if (command < w->from || command >= w->until)
		return 0;
	if (w->rc) {
		const uint8_t plain[10] = {0x80, 0x01, 0, 0, 0, 10, (uint8_t)(w->rc >> 24),
					   (uint8_t)(w->rc >> 16), (uint8_t)(w->rc >> 8),
					   (uint8_t)w->rc};

		memcpy(a->bytes, plain, sizeof(plain));
		a->size = sizeof(plain);
	}
	return w->code;
}

static bool swallow(void *user, unsigned command, uint32_t code, struct tap_answer *a)
{
	const struct always *w = user;

	if (command < w->from || command >= w->until || (code == TPM2_CC_FlushContext && w->flush))
		return false;
	(void)answer_always(user, command, a);
	return true;
}

/* The command `from` gets this answer; what unsealing then says. */
static int unseal_against(struct machine *c, struct always w)
{
	const struct tap_hooks hooks = {
		.instead = w.rc ? swallow : NULL,
		.change = answer_always,
		.user = &w,
	};

	start_anew(c);
	tap_hook(c->tap, &hooks);
	return machine_unseal(c);
}

static void test_codes(void **state)
{
	struct machine *c = machine_of(state);

	for (unsigned i = 0; i < 12; i++) {
		/* what a flush is answered is of no matter, but for what stops the library */
		const int refusal = i == 4 || i == 11 ? 0 : -1, stop = i == 11 ? 0 : -1;
		struct always w = {.from = i, .until = 1000, .rc = 0x922};

		assert_int_equal(unseal_against(c, w), i == 11 ? 0 : -E_TPM_BUSY);
		assert_true(tpm_command_count(c->t) < 80);
		w.until = i + 1;
		assert_int_equal(unseal_against(c, w), 0);
		w.rc = 0x921;
		assert_int_equal(unseal_against(c, w), refusal * E_TPM_LOCKOUT);
		w.rc = 0x000a0009;	/* the connection's "try again", said by the TPM */
		assert_int_equal(unseal_against(c, w), stop * E_TPM_ANSWER);
		w.rc = 9;
		assert_int_equal(unseal_against(c, w), stop * E_TPM_ANSWER);
		w.rc = 0xffffffff;
		assert_int_equal(unseal_against(c, w), stop * E_TPM_ANSWER);
		w.rc = 0;
		w.code = TSS2_TCTI_RC_IO_ERROR;
		assert_int_equal(unseal_against(c, w),
				 stop * (i == 4 ? E_TPM_ANSWER : E_TPM_COMMAND));
		w.code = TSS2_TCTI_RC_TRY_AGAIN;
		assert_int_equal(unseal_against(c, w), stop * E_TPM_BUSY);
	}
	assert_int_equal(unseal_against(c, (struct always){.from = 10, .until = 11, .rc = 0x128}),
			 -E_TPM_PCR_CHANGED);
}

static int seal_now(struct machine *c)
{
	struct way_tpm2 before = c->m.way, sealed = before;
	int r = tpm_seal(c->t, &sealed, &c->m.s, &c->e);

	if (r < 0)
		assert_memory_equal(&sealed, &before, sizeof(before));
	return r;
}

static int count_now(struct machine *c)
{
	uint64_t value;
	int r = tpm_counter_ensure(c->t, &value, &c->e);

	return r < 0 ? r : tpm_counter_increment(c->t, &c->e);
}

static int load_now(struct machine *c)
{
	return tpm_load_test(c->t, &c->m.way, &c->e);
}

/* Each command of each verb fails once, by the TPM and by the connection; nothing stays loaded. */
static void test_faults(void **state)
{
	int (*const verbs[])(struct machine *) = {machine_unseal, seal_now, count_now, load_now};
	struct machine *c = machine_of(state);

	for (unsigned kind = 0; kind < 2; kind++)
		for (size_t v = 0; v < ARRAY_SIZE(verbs); v++)
			for (unsigned i = 0; i < 12; i++) {
				struct always w = {.rc = 0x101, .from = i, .until = i + 1,
						   .flush = true};
				const struct tap_hooks hooks = {.instead = swallow, .user = &w};
				unsigned before;

				if (kind == 1)
					w.rc = 0x80000000;	/* no code that there is */
				start_anew(c);
				before = tpm_command_count(c->t);
				tap_hook(c->tap, &hooks);
				if (verbs[v](c) == 0 && tpm_command_count(c->t) - before <= i)
					break;
				tap_hook(c->tap, NULL);
				machine_holds_nothing(c);
			}
	start_anew(c);
	ok(c, tpm_counter_read(c->t, &c->m.counter, &c->e));
	ok(c, sealed_approve(&c->m, &c->pcrs, c->m.counter, &c->e));
	ok(c, machine_unseal(c));
}

/* A vTPM that calls a command done and has not done it. */
static void test_door(void **state)
{
	struct machine *c = machine_of(state);
	struct always w = {.rc = 0, .until = 1};
	struct tap_hooks hooks = {.instead = swallow, .user = &w};
	struct pcr_set now;

	/* closing: read, event, read */
	for (unsigned i = 0; i < 3; i++) {
		start_anew(c);
		w = (struct always){.rc = 0x101, .from = i, .until = i + 1};
		tap_hook(c->tap, &hooks);
		assert_int_equal(tpm_door_close(c->t, &c->e), -E_TPM_CLOSE);
	}
	start_anew(c);
	assert_int_equal(tpm_pcr_read(c->t, SEALED_MASK, &now, &c->e), 0);
	tap_rewind(c->tap);
	/* code 0 in a plain header */
	hooks = (struct tap_hooks){.change = NULL, .instead = swallow, .user = &w};
	w = (struct always){.rc = 1U << 31, .from = 0, .until = 1};
	tap_hook(c->tap, &hooks);
	assert_int_equal(tpm_door_close(c->t, &c->e), -E_TPM_CLOSE);
	/* a context that such an answer stopped goes on with the next verb */
	tap_hook(c->tap, NULL);
	assert_int_equal(tpm_door_close(c->t, &c->e), 0);
}

static bool done_it_says(void *user, unsigned command, uint32_t code, struct tap_answer *a)
{
	const uint8_t plain[10] = {0x80, 0x01, 0, 0, 0, 10};

	(void)user;
	(void)code;
	memcpy(a->bytes, plain, sizeof(plain));
	a->size = sizeof(plain);
	return command == 0;
}

static void test_door_faked(void **state)
{
	struct machine *c = machine_of(state);
	const struct tap_hooks hooks = {.instead = done_it_says};
	struct pcr_set now;

	start_anew(c);
	assert_int_equal(tpm_pcr_read(c->t, SEALED_MASK, &now, &c->e), 0);
	tap_rewind(c->tap);
	tap_hook(c->tap, &hooks);
	assert_int_equal(tpm_door_close(c->t, &c->e), -E_TPM_CLOSE);
}

int main(void)
{
#define with(test) cmocka_unit_test_setup_teardown(test, tapped, machine_off)
	const struct CMUnitTest tests[] = {
		with(test_traffic),
		with(test_memory),
		with(test_mutations),
		with(test_replay),
		with(test_swapped_srk),
		with(test_codes),
		with(test_faults),
		with(test_door),
		with(test_door_faked),
	};
	struct err e = {0};

	if (secret_heap_init(&e) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
