/* SPDX-License-Identifier: MIT */
#include "lifecycle.h"

#include "eventlog.h"
#include "explain.h"
#include "platform.h"

#include <stdio.h>
#include <string.h>

/* What the PCRs were when the volume was (or would have been) unlocked, told from log and present values. */
static int explained_values(const struct pcr_set *now, uint32_t mask, struct pcr_set *ret,
			    uint32_t *ret_unexplained, struct err *reterr)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(0);
	_cleanup_eventlog_ struct eventlog log = {0};
	struct pcr_set replay;
	int r = platform_event_log(&bytes, reterr);

	if (r == 0)
		r = eventlog_parse(&log, bytes.data, bytes.len, reterr);
	if (r == 0)
		r = eventlog_replay_sha256(&log, &replay, reterr);
	return r < 0 ? r : explain_values(&replay, now, mask, ret, ret_unexplained, reterr);
}

/* What is not explained is taken as it is now, if that is accepted. PCR 15 is 0 at every unlock. */
static int values_at_unlock(struct tpm *tpm, uint32_t mask, bool accept_unexplained,
			    struct pcr_set *ret, struct err *reterr)
{
	char text[PCR_MASK_TEXT];
	uint32_t unexplained = 0;
	struct pcr_set now;
	int r = tpm_pcr_read(tpm, mask, &now, reterr);

	if (r < 0)
		return r;
	*ret = (struct pcr_set){0};
	r = explained_values(&now, mask, ret, &unexplained, reterr);
	if (r < 0 && !accept_unexplained)
		return r;
	if (r < 0) {
		unexplained = mask & ~PCR_BIT(PCR_CAP);
		ret->mask |= mask & PCR_BIT(PCR_CAP);
	}
	pcr_mask_text(unexplained, text);
	if (unexplained && !accept_unexplained)
		return err_set(reterr, E_UNEXPLAINED, "event log and known extends do not give PCR %s", text);
	for (int i = 0; i < PCR_COUNT; i++) {
		if (!(unexplained & PCR_BIT(i)))
			continue;
		memcpy(ret->value[i], now.value[i], SHA256_SIZE);
		ret->mask |= PCR_BIT(i);
	}
	return 0;
}

int report_from_values(const struct config *config, struct tpm *tpm, bool accept_unexplained,
		       struct boot_report *ret, struct err *reterr)
{
	*ret = (struct boot_report){0};
	for (size_t i = 0; i < config->volume_count; i++) {
		struct boot_volume *bv = &ret->volume[ret->volume_count++];

		(void)snprintf(bv->name, sizeof(bv->name), "%s", config->volume[i].name);
		(void)snprintf(bv->mapping, sizeof(bv->mapping), "%s", config->volume[i].mapping);
		bv->opened = true;
	}
	return values_at_unlock(tpm, config_pcr_mask(config), accept_unexplained, &ret->pcrs, reterr);
}
