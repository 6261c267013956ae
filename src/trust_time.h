/* SPDX-License-Identifier: MIT */
/*
 * The time that certificates are judged at in a boot. The clock is the host's: it can say 1970 or
 * 2100, and nothing here can tell. What is known is a floor (floor.h): the time at which the boot image
 * was built, which is after the enrolment that it belongs to; it is measured with the image.
 *
 * So a certificate is good when it is valid at some moment that is not before the floor. The clock
 * chooses among those moments and does nothing else: it can't bring an expired certificate back, and
 * a wrong clock does not stop a boot. docs/time.md has the outcomes. Pure; seconds since 1970.
 */
#ifndef CVMCRYPT_TRUST_TIME_H
#define CVMCRYPT_TRUST_TIME_H

#include "x509.h"

/*
 * The time to judge a certificate at that is valid from not_before to not_after: the clock where it is
 * neither before the floor nor outside these; else the earliest moment that is in them and not before
 * the floor; the floor when there is none, and then the certificate has expired.
 */
int64_t trust_time(int64_t floor, int64_t clock, int64_t not_before, int64_t not_after);
/* The same for the certificates of a list that are no CA's: those that change often. */
int64_t trust_time_of(const struct x509_list *certs, int64_t floor, int64_t clock);

#endif
