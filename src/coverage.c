/* SPDX-License-Identifier: MIT */
#include "coverage.h"

#include <string.h>

static int sha256_bank(const struct eventlog *log)
{
	for (size_t i = 0; i < log->bank_count; i++)
		if (log->bank[i] == HASH_SHA256)
			return (int)i;
	return -1;
}

/* systemd-stub measures each section's name, with its NUL, before the section itself. */
static bool section_measured(const struct eventlog *log, int bank, const char *section)
{
	uint8_t digest[SHA256_SIZE];

	if (crypto_sha256(section, strlen(section) + 1, digest, NULL) < 0)
		return false;
	for (size_t i = 0; i < log->event_count; i++) {
		const struct event *e = &log->event[i];

		if (e->pcr == 11 && e->digest[bank] &&
		    memcmp(e->digest[bank], digest, sizeof(digest)) == 0)
			return true;
	}
	return false;
}

static int check_uki(const struct eventlog *log, int bank, struct err *reterr)
{
	static const char *const sections[] = {".linux", ".initrd", ".cmdline"};

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (!section_measured(log, bank, sections[i]))
			return err_set(reterr, E_PROFILE_UNCOVERED,
				       "no section '%s' is measured into PCR 11: this boot is not a UKI "
				       "with its own %s", sections[i],
				       i == 0 ? "kernel" : i == 1 ? "initramfs" : "command line");
	return 0;
}

/* Does an event of the PCR have the word in its data? GRUB logs what it measures as text. */
static bool text_measured(const struct eventlog *log, uint32_t pcr, const char *word)
{
	for (size_t i = 0; i < log->event_count; i++) {
		const struct event *e = &log->event[i];

		if (e->pcr == pcr && memmem(e->data, e->data_len, word, strlen(word)))
			return true;
	}
	return false;
}

static int check_grub(const struct eventlog *log, struct err *reterr)
{
	if (!text_measured(log, 8, "kernel_cmdline"))
		return err_set(reterr, E_PROFILE_UNCOVERED,
			       "no kernel command line is measured into PCR 8");
	if (!text_measured(log, 9, "initrd"))
		return err_set(reterr, E_PROFILE_UNCOVERED, "no initramfs is measured into PCR 9");
	return 0;
}

int coverage_check(const struct eventlog *log, enum profile profile, struct err *reterr)
{
	int bank = sha256_bank(log);

	if (bank < 0)
		return err_set(reterr, E_EVENTLOG_ABSENT, "the event log has no SHA-256 bank");
	return profile == PROFILE_UKI ? check_uki(log, bank, reterr) : check_grub(log, reterr);
}
