/* SPDX-License-Identifier: MIT */
/*
 * One step of a guest, for programs that cut it short: tests/fault/sweep_lifecycle and fail_allocations.
 * The folder is theirs, with a software TPM that listens at FOLDER/tpm.sock where the step needs one.
 */
#ifndef CVMCRYPT_TEST_GUEST_OPERATION_H
#define CVMCRYPT_TEST_GUEST_OPERATION_H

/* The exit status; a failure is told on standard error as "E816 text". */
int guest_operation(const char *name, const char *dir);

#endif
