/* SPDX-License-Identifier: MIT */
/*
 * Are an event's digests those of its data? Only for types where the data is what was measured
 * (Firmware Profile 1.06, table 27 and section 10.4): separators, versions, actions, variables, the
 * partition table. Firmware that departs from the text in a known way is accepted. Of other types the
 * digest is of something that the log does not hold, such as an image.
 */
#ifndef CVMCRYPT_EVENTLOG_DIGEST_H
#define CVMCRYPT_EVENTLOG_DIGEST_H

#include "eventlog.h"

enum event_match { EVENT_NOT_RECOMPUTED, EVENT_MATCHES, EVENT_DIFFERS };

enum event_match event_match(const struct eventlog *log, const struct event *e);

#endif
