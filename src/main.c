/* SPDX-License-Identifier: MIT */
#include "err.h"
#include "log.h"
#include "verbs.h"

#include <stdio.h>

static const struct verb_option no_options[] = {{NULL, NULL, NULL}};

static const struct verb_option close_options[] = {
	{"fail", NULL, "remove the mappings and end the boot as on-refused says"},
	{NULL, NULL, NULL}};

static const struct verb_option handoff_options[] = {
	{"root", "DIR", "where the real root is mounted"},
	{NULL, NULL, NULL}};

static const struct verb verbs[] = {
	{"unlock", cmd_unlock, "", "open the volumes of this boot (boot path)", no_options},
	{"close", cmd_close, "", "close PCR 15, so that no key is given in this boot any more", close_options},
	{"handoff", cmd_handoff, "--root DIR", "prove that the root about to be entered is ours", handoff_options},
	{"commit", cmd_commit, "", "store what this boot proved (real root)", commit_options},
	{"enroll", cmd_enroll, "[VOLUME...]", "tie volumes to this machine's boot", enroll_options},
	{"reseal", cmd_reseal, "[VOLUME...]", "approve this boot's PCR values", reseal_options},
	{"unenroll", cmd_unenroll, "VOLUME", "remove what enroll added", unenroll_options},
	{"recovery", cmd_recovery, "test|replace|export VOLUME", "look after the recovery key", recovery_options},
	{"open", cmd_open, "DEVICE", "open a volume with its recovery key, on any machine", open_options},
	{"status", cmd_status, "[VOLUME...]", "show what is", status_options},
	{"check", cmd_check, "", "say whether the next boot will work, and why not", check_options},
	{"verify", cmd_verify, "TYPE FILE", "verify evidence offline, on any machine", verify_options},
	{"attest", cmd_attest, "", "collect this machine's evidence and judge it", attest_options},
	{"inspect", cmd_inspect, "TYPE FILE", "decode a file or device", inspect_options},
	{0},
};

/* For the generated manual page: number, symbol, exit status, retryable, text, hint; tab separated. */
static void print_errors(void)
{
	size_t count;
	const struct err_info *table = err_table(&count);

	for (size_t i = 0; i < count; i++)
		printf("E%03d\t%s\t%d\t%d\t%s\t%s\n", table[i].code, table[i].symbol,
		       table[i].exit_status, table[i].retryable, table[i].text, table[i].hint);
}

static int report(int r, const struct err *e)
{
	const struct err_info *info = err_info(r);

	log_error("E%03d %s", -r, e->msg[0] ? e->msg : info ? info->text : "unknown error");
	if (info)
		log_notice("     %s", info->hint);
	return err_exit_status(r);
}

static const struct program program = {
	.name = "cvmcrypt",
	.arguments = "[ARGUMENT...]",
	.manual = "cvmcrypt(8)",
	.notes = "Exit status: 0 done, 1 internal error, 2 usage or\n"
		 "configuration, 3 refused, 4 transient, 5 volume rejected the secret, 6 platform lacks\n"
		 "something. Failures have codes (E507): cvmcrypt-errors(7).\n",
	.verbs = verbs,
	.report = report,
	.print_errors = print_errors,
};

int main(int argc, char **argv)
{
	return program_run(&program, argc, argv);
}
