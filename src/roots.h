/* SPDX-License-Identifier: MIT */
/*
 * The built-in trust roots: certificates as data (roots_*.c), with their fingerprints in the tests.
 * --root and the measured config replace those of a kind.
 */
#ifndef CVMCRYPT_ROOTS_H
#define CVMCRYPT_ROOTS_H

#include "x509.h"

enum root_kind {
	ROOT_AMD,	/* ARK of Milan, Genoa and Turin */
	ROOT_INTEL,	/* Intel SGX Root CA */
	ROOT_AZURE_VTPM	/* Azure Virtual TPM Root Certificate Authority 2023 */
};

/* Appends the roots of a kind. */
int roots_builtin(enum root_kind kind, struct x509_list *roots, struct err *reterr);
/*
 * Appends the intermediates that need not travel with evidence: AMD's ASK and ASVK, Intel's TCB
 * signing certificates.
 */
int roots_intermediates(enum root_kind kind, struct x509_list *pool, struct err *reterr);

#endif
