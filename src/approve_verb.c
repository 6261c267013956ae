/* SPDX-License-Identifier: MIT */
#include "approve_verb.h"

#include "lifecycle.h"
#include "platform.h"

#include <stdio.h>

struct listing {
	const char *volume;
	bool json;
	size_t count;
};

static void print_difference(void *context, const char *text)
{
	struct listing *l = context;

	if (!l->json && l->count == 0)
		printf("%s: this boot differs from the enrolled one:\n", l->volume);
	if (!l->json)
		printf("  %s\n", text);
	l->count++;
}

int approve_verb_run(const struct approve_verb *v, struct err *reterr)
{
	struct listing listing = {v->volume->name, v->json, 0};
	const char *device = v->device;
	struct boot_report report;
	uint64_t number = 0;
	char path[256];
	bool told;
	int r;

	r = boot_report_read(&report, NULL);
	told = r < 0;
	if (told) {
		r = report_from_values(v->config, v->tpm, v->accept_unexplained, &report, reterr);
		/* this boot made no mapping to look under */
		if (r == 0 && !device)
			r = platform_device_path(v->volume->device, path, sizeof(path), reterr);
		if (!device)
			device = path;
	}
	if (r < 0)
		return r;
	r = approve_boot(&(struct approve_request){
		.config = v->config, .volume = v->volume, .report = &report, .tpm = v->tpm,
		.approve_key = v->approve_key, .device = device, .device_named = v->device != NULL,
		.told = told, .accept_changes = v->accept_changes,
		.accept_unexplained = v->accept_unexplained, .revoke_others = v->revoke_others,
		.dry_run = v->dry_run, .on_difference = print_difference, .context = &listing},
		&number, reterr);
	if (r < 0)
		return r;
	if (v->json)
		printf("{\"volume\":\"%s\",\"approval\":%llu,\"added\":%s,\"differences\":%zu%s}\n",
		       v->volume->name, (unsigned long long)number, r > 0 ? "true" : "false",
		       listing.count, v->dry_run ? ",\"dry_run\":true" : "");
	else
		printf("%s: this boot's PCR values %s (approval %llu)\n", v->volume->name,
		       r == 0 ? "are approved already" : v->dry_run ? "would be approved" : "are approved",
		       (unsigned long long)number);
	return 0;
}
