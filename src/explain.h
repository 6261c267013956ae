/* SPDX-License-Identifier: MIT */
/*
 * Are PCR values explained: does the event log's replay give them, with the extends that are known
 * to come from user space and are not in the firmware's log? Those are systemd's boot phases in
 * PCR 11 (systemd-pcrphase(8)): enter-initrd comes before cvmcrypt unlocks, the rest after. Pure.
 *
 * PCR 15 is never looked at: cvmcrypt extends and closes it itself, and unlocks only while it is 0.
 */
#ifndef CVMCRYPT_EXPLAIN_H
#define CVMCRYPT_EXPLAIN_H

#include "err.h"
#include "pcr.h"

#define EXPLAIN_PHASE_PCR 11

/* Values that were seen at the moment of unlock. A PCR that either side lacks is not explained. */
int explain_at_unlock(const struct pcr_set *replay, const struct pcr_set *seen, uint32_t mask,
		      uint32_t *ret_unexplained, struct err *reterr);

/*
 * Values read now, in the real root. *ret_at_unlock gets those of mask that are explained, as they
 * were at the moment of unlock (PCR 15: 0); what is not explained is not in its mask, so it can't
 * be sealed to by mistake.
 */
int explain_values(const struct pcr_set *replay, const struct pcr_set *current, uint32_t mask,
		   struct pcr_set *ret_at_unlock, uint32_t *ret_unexplained, struct err *reterr);

#endif
