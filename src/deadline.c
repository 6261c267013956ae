/* SPDX-License-Identifier: MIT */
#include "deadline.h"

#include <errno.h>
#include <limits.h>
#include <time.h>

int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct deadline deadline_in(int64_t ms)
{
	return (struct deadline){now_ms() + ms};
}

int deadline_left_ms(struct deadline d)
{
	int64_t left = d.at_ms - now_ms();

	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

void sleep_until(struct deadline d)
{
	struct timespec ts = {d.at_ms / 1000, d.at_ms % 1000 * 1000000};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}
