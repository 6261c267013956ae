/* SPDX-License-Identifier: MIT */
/*
 * Points in time on the monotonic clock, in milliseconds. Nothing in this program measures time in
 * any other way, and the wall clock, which is the host's, decides nothing.
 */
#ifndef CVMCRYPT_DEADLINE_H
#define CVMCRYPT_DEADLINE_H

#include "base.h"

struct deadline {
	int64_t at_ms;
};

int64_t now_ms(void);
struct deadline deadline_in(int64_t ms);
/* 0 when it has passed; capped so that it fits poll(2). */
int deadline_left_ms(struct deadline d);
void sleep_until(struct deadline d);

#endif
