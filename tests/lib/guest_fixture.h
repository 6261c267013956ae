/* SPDX-License-Identifier: MIT */
/* cmocka's side of a guest: each test has a new disk and a new TPM, and is in its first boot. */
#ifndef CVMCRYPT_TEST_GUEST_FIXTURE_H
#define CVMCRYPT_TEST_GUEST_FIXTURE_H

#include "guest.h"
#include "record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* e: the struct err that the call was given */
#define OK(call) do { int _r = (call); if (_r < 0) fail_msg("%s: E%d %s", #call, -_r, e.msg); } while (0)
#define FAILS(code, call) do { int _r = (call); if (_r != -(code)) \
	fail_msg("%s: %d instead of -%d: %s", #call, _r, code, e.msg); } while (0)
#define GUEST_TEST(f) cmocka_unit_test_setup_teardown(f, guest_fixture_each, guest_fixture_each_done)

int guest_fixture_make(void **state);
int guest_fixture_free(void **state);
int guest_fixture_each(void **state);
int guest_fixture_each_done(void **state);

/* Enrolled, observed, committed: what a machine looks like after its first boot. */
void guest_first_boot(struct guest *g, bool with_tpm);
/* What a host can do to the record on the disk. */
void guest_tamper(struct guest *g, void (*change)(struct record *));

#endif
