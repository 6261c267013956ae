/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "codec.h"
#include "file.h"
#include "ini.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Where the section and its id line stand in the text. */
struct place {
	const char *name;
	bool section_found, id_found;
	size_t section_end; /* of the section's own line */
	size_t id_start, id_end;
	char id_value[80];
};

static int find(void *context, const struct ini_line *l, struct err *reterr)
{
	struct place *p = context;

	if (strcmp(l->section, "volume") != 0 || strcmp(l->name, p->name) != 0)
		return 0;
	if (!l->key) {
		if (p->section_found)
			return ini_err(reterr, E_CONFIG_DUPLICATE, l,
				       "section [volume %s] stands twice", p->name);
		p->section_found = true;
		p->section_end = l->end;
	} else if (strcmp(l->key, "id") == 0) {
		if (p->id_found)
			return ini_err(reterr, E_CONFIG_DUPLICATE, l, "'id' is given twice");
		p->id_found = true;
		p->id_start = l->start;
		p->id_end = l->end;
		(void)snprintf(p->id_value, sizeof(p->id_value), "%s", l->value);
	}
	return 0;
}

int config_edit_id(const struct volume_config *v, const uint8_t id[32], const char *text,
		   size_t len, struct buf *ret, struct err *reterr)
{
	struct place before = {.name = v->name}, after = {.name = v->name};
	char hex[HEX_SIZE(32)], line[80];
	size_t cut, resume;
	int r;

	r = ini_parse(v->file, text, len, find, &before, reterr);
	if (r < 0)
		return r;
	if (!before.section_found)
		return err_set(reterr, E_CONFIG_READ, "%s: section [volume %s] is gone", v->file,
			       v->name);
	hex_encode(hex, id, 32);
	(void)snprintf(line, sizeof(line), "%sid = %s", before.id_found ? "" : "\n", hex);
	cut = before.id_found ? before.id_start : before.section_end;
	resume = before.id_found ? before.id_end : before.section_end;
	buf_put(ret, text, cut);
	buf_put(ret, line, strlen(line));
	buf_put(ret, text + resume, len - resume);
	if (ret->failed)
		return err_set(reterr, E_NOMEM, "%s: the text with its id", v->file);
	/* what will be measured is what was meant: read it back as the next boot will */
	r = ini_parse(v->file, (const char *)ret->data, ret->len, find, &after, reterr);
	if (r == 0 && strcmp(after.id_value, hex) != 0)
		r = err_set(reterr, E_INTERNAL, "%s: the id does not read back", v->file);
	return r;
}

int config_write_id(const struct volume_config *v, const uint8_t id[32], struct err *reterr)
{
	_cleanup_buf_ struct buf text = BUF_INIT(0), edited = BUF_INIT(CONFIG_TEXT_MAX);
	_cleanup_close_ int fd = -1;
	char real[PATH_MAX];
	struct stat st;
	int r;

	/* a link stays a link: the rename must hit the file behind it */
	if (!realpath(v->file, real))
		return err_errno(reterr, E_CONFIG_READ, errno, "'%s'", v->file);
	fd = open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(reterr, E_CONFIG_READ, errno, "opening '%s'", real);
	r = file_read_fd(fd, real, CONFIG_TEXT_MAX, &text, reterr);
	if (r == 0)
		r = config_edit_id(v, id, (const char *)text.data, text.len, &edited, reterr);
	if (r < 0)
		return r;
	return file_replace(real, edited.data, edited.len, st.st_mode & 0777, reterr);
}
