/* SPDX-License-Identifier: MIT */
#include "boot.h"

#include "cmdline.h"
#include "deadline.h"
#include "evidence_collect.h"
#include "log.h"
#include "platform.h"

#include <stdio.h>
#include <string.h>

#define BACKOFF_MIN_MS 30000
#define BACKOFF_MAX_MS 300000
#define DELAY_WITHOUT_CONFIG_MS 60000

void boot_remove_mappings(const struct config *config)
{
	/* in the reverse of the order in which they were opened */
	for (size_t i = config->volume_count; i > 0; i--)
		(void)luks_deactivate(config->volume[i - 1].mapping, NULL);
}

/* The measured command line; it costs nothing, so it is judged before evidence is collected. */
static int check_cmdline(const struct config *config, struct err *reterr)
{
	char cmdline[PLATFORM_CMDLINE_MAX];
	const struct volume_config *os = config_os_volume(config);
	int r = platform_cmdline(cmdline, reterr);

	return r < 0 ? r : cmdline_judge(cmdline, os ? os->mapping : NULL, true, NULL, NULL, reterr);
}

/* Half to one and a half of the step, so that a fleet does not come back in lockstep. */
static int64_t backoff_ms(unsigned attempt)
{
	int64_t step = BACKOFF_MIN_MS;
	uint32_t random = 0;

	while (attempt-- > 0 && step < BACKOFF_MAX_MS)
		step *= 2;
	if (step > BACKOFF_MAX_MS)
		step = BACKOFF_MAX_MS;
	(void)crypto_random(&random, sizeof(random), NULL);
	return step / 2 + (int64_t)(random % (uint32_t)step);
}

/* Says why, and waits for the time of the next try. */
static void wait_for_next_try(const char *what, unsigned attempt, const struct err *e)
{
	int64_t wait = backoff_ms(attempt);

	log_error("E%03d %s: %s; next try in %lld s", e->code, what, e->msg, (long long)(wait / 1000));
	sleep_until(deadline_in(wait));
}

/* EVIDENCE and VERDICT with all retries; NULL: no key is asked for. */
static const struct admission *be_judged(struct boot *b, struct err *reterr)
{
	const struct admission *leave = NULL;

	if (check_cmdline(b->config, reterr) < 0)
		return NULL;
	for (unsigned attempt = 0;; attempt++) {
		leave = boot_judge(b, reterr);
		if (leave || !err_retryable(reterr->code) || !b->config->on_transient_retry)
			return leave;
		wait_for_next_try("platform", attempt, reterr);
	}
}

/* One volume with all its retries. */
static int open_with_retries(struct boot *b, const struct admission *leave,
			     const struct volume_config *vc, struct boot_volume *bv,
			     struct err *reterr)
{
	for (unsigned attempt = 0;; attempt++) {
		int r = boot_open_volume(b, leave, vc, bv, reterr);

		if (r == 0 || !err_retryable(r) || !b->config->on_transient_retry || !vc->required)
			return r;
		wait_for_next_try(vc->name, attempt, reterr);
	}
}

static struct boot_volume *report_row(struct boot *b, const struct volume_config *vc)
{
	struct boot_volume *bv = &b->report.volume[b->report.volume_count++];

	*bv = (struct boot_volume){.state = VOLUME_SKIPPED};
	(void)snprintf(bv->name, sizeof(bv->name), "%s", vc->name);
	(void)snprintf(bv->mapping, sizeof(bv->mapping), "%s", vc->mapping);
	return bv;
}

static bool refused(int code)
{
	int status = err_exit_status(code);

	return status == 3 || status == 5;
}

/* OS volumes first: the others hang on them. Keeps the first failure of a required volume. */
static int open_role(struct boot *b, const struct admission *leave, enum volume_role role, int so_far,
		     struct err *reterr)
{
	int first = so_far;

	for (size_t i = 0; i < b->config->volume_count; i++) {
		const struct volume_config *vc = &b->config->volume[i];
		struct boot_volume *bv;
		struct err e = {0};
		int r;

		if (vc->role != role)
			continue;
		bv = report_row(b, vc);
		if (so_far < 0)
			r = err_set(&e, E_PARENT_CLOSED, "the OS volume is not open");
		else
			r = open_with_retries(b, leave, vc, bv, &e);
		bv->ms = now_ms() - b->started_ms;
		bv->code = -r;
		if (r == 0)
			continue;
		bv->state = so_far < 0 ? VOLUME_SKIPPED : refused(r) ? VOLUME_REFUSED : VOLUME_FAILED;
		if (so_far == 0 && !vc->required)
			log_warning("E%03d %s: %s; it is optional, the boot goes on", -r, vc->name, e.msg);
		if (vc->required && first == 0) {
			first = r;
			*reterr = e;
		}
	}
	return first;
}

/* Also when the boot is refused before a TPM was needed; without one there is nothing to close. */
static int close_door(struct boot *b, struct err *reterr)
{
	int r;

	if (!b->tpm && tpm_open(&b->tpm, b->config->tpm, false, NULL) < 0)
		return err_set(reterr, E_TPM_CLOSE, "no TPM was reached");
	r = tpm_door_close(b->tpm, reterr);
	b->report.closed = r == 0;
	return r;
}

int boot_run(const struct config *config, struct err *reterr)
{
	struct boot b = {.config = config, .started_ms = now_ms()};
	const struct admission *leave = be_judged(&b, reterr);
	struct err close_err = {0};
	int r, closed;

	if (leave) {
		r = open_role(&b, leave, ROLE_OS, 0, reterr);
		r = open_role(&b, leave, ROLE_DATA, r, reterr);
	} else {
		r = -reterr->code;
		boot_say_failure(b.evidence ? "platform" : "boot", reterr, NULL, -1);
	}
	secret_clear(&b.child_wrap);
	closed = close_door(&b, &close_err);
	if (r == 0 && closed < 0) {
		r = closed;
		*reterr = close_err;
		boot_say_failure("boot", reterr, NULL, -1);
	}
	b.report.tpm_commands = b.tpm ? tpm_command_count(b.tpm) : 0;
	tpm_freep(&b.tpm);
	if (r < 0)
		boot_remove_mappings(config);
	b.report.ms = now_ms() - b.started_ms;
	b.report.evidence = b.evidence;
	boot_say_results(&b.report);
	if (boot_report_write(&b.report, &close_err) < 0)
		log_warning("%s", close_err.msg);
	collection_freep(&b.evidence);
	return r;
}

_Noreturn void boot_refuse(const struct config *config, const char *volume, const struct err *e)
{
	static const char *const actions[] = {"poweroff", "halt", "reboot"};
	int64_t delay = config ? config->refused_delay_ms : DELAY_WITHOUT_CONFIG_MS;
	struct deadline end = deadline_in(delay);
	const char *action = actions[config ? config->on_refused : ON_REFUSED_POWEROFF];

	log_notice("%s: no key, no boot: %s in %lld s", volume, action, (long long)(delay / 1000));
	while (deadline_left_ms(end) > 0) {
		int64_t step = deadline_left_ms(end);

		sleep_until(deadline_in(step > 60000 ? 60000 : step));
		if (deadline_left_ms(end) > 0)
			boot_say_failure(volume, e, NULL, -1);
	}
	platform_end_boot(action);
	/* the kernel refused to end: stay here for ever rather than go on */
	for (;;)
		sleep_until(deadline_in(60000));
}
