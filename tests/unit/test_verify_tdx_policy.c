/* SPDX-License-Identifier: MIT */
/* [policy] on TD quotes that are signed again under a test root, through the command line. */
#include "tdx_testpki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "verify_cli.h"

#define AT "2026-01-01T00:00:00Z"

static struct cli_result verify(const struct tdx_body *td, const char *policy)
{
	_cleanup_tdx_testpki_ struct tdx_testpki pki = {0};
	_cleanup_buf_ struct buf quote = {0};
	struct tdx_testpki_spec spec;

	tdx_testpki_spec(&spec);
	tdx_testpki_make(&pki, &spec);
	tdx_testpki_quote(&quote, &pki, &spec, td);
	return CLI("verify", "tdx-quote", cli_file("quote.bin", quote.data, quote.len), "--root",
		   cli_file("root.der", pki.root.data, pki.root.len), "--policy",
		   cli_text("policy.conf", policy), "--at", AT, "--json");
}

static void expect(struct cli_result r, const char *failed)
{
	char found[300];

	cli_failed(&r, found, sizeof(found));
	if (strcmp(found, failed) != 0 || r.status != (*failed ? 3 : 0))
		fail_msg("status %d, failed '%s' instead of '%s'", r.status, found, failed);
	cli_done(&r);
}

static void signed_again(void **state)
{
	struct tdx_body good, td;

	(void)state;
	tdx_testpki_body(&good);
	expect(verify(&good, "[boot]\nisolation = tdx\n[policy]\n"), "");
	expect(verify(&good, "[boot]\nisolation = snp\n[policy]\n"), "policy.isolation");
	td = good;
	td.attributes |= TDX_ATTR_DEBUG;
	expect(verify(&td, "[policy]\n"), "policy.debug");
	td = good;
	td.attributes |= TDX_ATTR_MIGRATABLE;
	expect(verify(&td, "[policy]\n"), "policy.migration");
	td = good;
	td.attributes &= ~TDX_ATTR_SEPT_VE_DISABLE;
	expect(verify(&td, "[policy]\ntd-attributes = sept-ve-disable\n"),
	       "policy.td-attributes.sept-ve-disable");
	expect(verify(&good, "[policy]\nmin-tee-tcb-svn = 255\n"), "policy.min-tee-tcb-svn");
	expect(verify(&good, "[policy]\ntcb-status = UpToDate\n"), "policy.tcb-status");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(signed_again)};

	return cmocka_run_group_tests(tests, cli_setup, cli_teardown);
}
