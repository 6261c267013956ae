/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An id written into a configuration that was accepted reads back, and nothing else changes. */
static void check_edit(const struct config *c, const char *text, size_t len)
{
	for (size_t i = 0; i < c->volume_count; i++) {
		_cleanup_buf_ struct buf edited = BUF_INIT(CONFIG_TEXT_MAX + 128);
		struct volume_config expected = c->volume[i];
		const struct volume_config *v;
		struct config again;
		struct err e;

		memset(expected.id, 0xa0 + (int)i, sizeof(expected.id));
		expected.id_set = true;
		expected.measured = false;
		if (config_edit_id(&c->volume[i], expected.id, text, len, &edited, &e) < 0)
			abort();
		if (edited.len > CONFIG_TEXT_MAX)
			continue;
		config_init(&again);
		if (config_parse(&again, "fuzz", (const char *)edited.data, edited.len, &e) < 0)
			abort();
		v = config_volume(&again, expected.name);
		if (!v || again.volume_count != c->volume_count)
			abort();
		expected.line = v->line;
		if (memcmp(v->id, expected.id, sizeof(v->id)) != 0 || !v->id_set || v->measured ||
		    strcmp(v->device, expected.device) != 0 ||
		    strcmp(v->mapping, expected.mapping) != 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config c;
	struct err e = {0};

	config_init(&c);
	if (config_parse(&c, "fuzz", (const char *)data, size, &e) < 0) {
		/* every refusal says where */
		if (strncmp(e.msg, "fuzz:", 5) != 0)
			abort();
		return 0;
	}
	check_edit(&c, (const char *)data, size);
	if (config_finish(&c, &e) < 0)
		return 0;
	(void)config_check_image(&c, &e);
	(void)config_os_volume(&c);
	(void)config_pcr_mask(&c);
	return 0;
}
