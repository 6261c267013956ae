/* SPDX-License-Identifier: MIT */
#include "eventlog.h"

#include <string.h>

/* TPM 2.0 PC Client Platform, 4.6.2: the PCRs that only a dynamic launch resets to zero. */
#define DRTM_FIRST 17
#define DRTM_LAST 22

/* Extends nothing, or has no digest in this bank (Windows leaves SHA-1 out). */
static bool is_skipped(const struct event *e, size_t bank)
{
	return e->type == EV_NO_ACTION || !e->digest[bank] || e->pcr >= PCR_COUNT;
}

int eventlog_replay(const struct eventlog *log, size_t bank, struct eventlog_pcrs *ret,
		    struct err *reterr)
{
	struct eventlog_pcrs pcrs = {0};
	size_t size;

	if (bank >= log->bank_count)
		return err_set(reterr, E_INTERNAL, "event log has no bank %zu", bank);
	size = hash_size(log->bank[bank]);
	if (size == 0)
		return err_set(reterr, E_EVENTLOG_ABSENT,
			       "event log's digest algorithm 0x%04x is not known", log->bank[bank]);
	for (unsigned n = DRTM_FIRST; n <= DRTM_LAST && log->form != EVENTLOG_CC; n++)
		memset(pcrs.value[n], 0xff, size);
	if (log->form != EVENTLOG_CC)
		pcrs.value[0][size - 1] = log->startup_locality;
	for (size_t i = 0; i < log->event_count; i++) {
		const struct event *e = &log->event[i];
		int r;

		if (is_skipped(e, bank))
			continue;
		r = crypto_extend(log->bank[bank], pcrs.value[e->pcr], e->digest[bank],
				  pcrs.value[e->pcr], reterr);
		if (r < 0)
			return r;
		pcrs.mask |= PCR_BIT(e->pcr);
	}
	*ret = pcrs;
	return 0;
}

int eventlog_replay_sha256(const struct eventlog *log, struct pcr_set *ret, struct err *reterr)
{
	struct eventlog_pcrs pcrs;
	int bank = eventlog_bank(log, HASH_SHA256);
	int r;

	if (log->form == EVENTLOG_CC)
		return err_set(reterr, E_EVENTLOG_ABSENT,
			       "event log is of measurement registers, not of PCRs");
	if (bank < 0)
		return err_set(reterr, E_EVENTLOG_ABSENT, "event log has no sha256 digests");
	r = eventlog_replay(log, (size_t)bank, &pcrs, reterr);
	if (r < 0)
		return r;
	ret->mask = (1U << PCR_COUNT) - 1;
	for (unsigned n = 0; n < PCR_COUNT; n++)
		memcpy(ret->value[n], pcrs.value[n], SHA256_SIZE);
	return 0;
}
