/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "codec.h"
#include "config_keys.h"
#include "ini.h"
#include "spell.h"

#include <stdio.h>
#include <string.h>

#define KEYS_MAX 96 /* in the table */

struct parser {
	struct config *c;
	struct volume_config *v; /* of the section that is being read, NULL in the others */
	unsigned seen[KEYS_MAX]; /* line that gave the key, in this section */
};

/* Where a key's value goes: but for volumes, the config itself. */
static void *target(struct config *c, struct volume_config *v)
{
	return v ? (void *)v : (void *)c;
}

static int unknown_key(const struct ini_line *l, struct err *reterr)
{
	size_t count;
	const struct config_key *keys = config_keys(&count), *near = NULL;

	for (size_t i = 0; i < count; i++) {
		if (config_key_is(&keys[i], l->key))
			return ini_err(reterr, E_CONFIG_KEY, l,
				       "'%s' belongs into a section [%s%s]", l->key,
				       keys[i].section,
				       strcmp(keys[i].section, "volume") == 0 ? " NAME" : "");
		if (!near && strcmp(keys[i].section, l->section) == 0 &&
		    spell_near(l->key, keys[i].name))
			near = &keys[i];
	}
	if (near)
		return ini_err(reterr, E_CONFIG_KEY, l, "unknown key '%s'; did you mean '%s'?",
			       l->key, near->name);
	return ini_err(reterr, E_CONFIG_KEY, l, "unknown key '%s' in section [%s]", l->key,
		       l->section);
}

static int parse_pair(struct parser *p, const struct ini_line *l, struct err *reterr)
{
	size_t count;
	const struct config_key *keys = config_keys(&count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(keys[i].section, l->section) != 0 ||
		    !config_key_is(&keys[i], l->key))
			continue;
		/* a key with a number in its name judges that itself */
		if (p->seen[i] && strcmp(keys[i].name, l->key) == 0)
			return ini_err(reterr, E_CONFIG_DUPLICATE, l,
				       "'%s' is given twice, first in line %u", l->key, p->seen[i]);
		p->seen[i] = l->number;
		return keys[i].set(&keys[i], target(p->c, p->v), l, reterr);
	}
	return unknown_key(l, reterr);
}

/* A section without a name, which can stand once: [boot], [network]. */
static int begin_single(const struct ini_line *l, char file[CONFIG_PATH_MAX], unsigned *line,
			struct err *reterr)
{
	if (*l->name)
		return ini_err(reterr, E_CONFIG_KEY, l, "section [%s] has no name", l->section);
	if (*file)
		return ini_err(reterr, E_CONFIG_DUPLICATE, l,
			       "section [%s] stands already at %s:%u", l->section, file, *line);
	(void)snprintf(file, CONFIG_PATH_MAX, "%s", l->file);
	*line = l->number;
	return 0;
}

static int begin_volume(struct parser *p, const struct ini_line *l, struct err *reterr)
{
	struct config *c = p->c;
	const struct volume_config *other = config_volume(c, l->name);

	if (!*l->name)
		return ini_err(reterr, E_CONFIG_KEY, l, "a volume needs a name: [volume NAME]");
	if (other)
		return ini_err(reterr, E_CONFIG_DUPLICATE, l,
			       "section [volume %s] stands already at %s:%u", l->name, other->file,
			       other->line);
	if (c->volume_count == CONFIG_VOLUMES_MAX)
		return ini_err(reterr, E_CONFIG_VALUE, l, "more than %d volumes",
			       CONFIG_VOLUMES_MAX);
	p->v = &c->volume[c->volume_count++];
	memset(p->v, 0, sizeof(*p->v));
	(void)snprintf(p->v->name, sizeof(p->v->name), "%s", l->name);
	(void)snprintf(p->v->file, sizeof(p->v->file), "%s", l->file);
	p->v->line = l->number;
	return 0;
}

/* The default of a key that the section did not give. */
static int set_default(const struct config_key *k, struct volume_config *v, struct err *reterr)
{
	struct ini_line l = {.file = v->file,
			     .number = v->line,
			     .section = "volume",
			     .name = v->name,
			     .key = k->name};

	l.value = v->role == ROLE_OS ? k->fallback_os : k->fallback;
	if (!l.value)
		return 0;
	if (strcmp(l.value, CONFIG_FALLBACK_NAME) == 0)
		l.value = v->name;
	return k->set(k, v, &l, reterr);
}

/* Keys that the section lacks: an error or the default, which can depend on the role. */
static int end_section(struct parser *p, struct err *reterr)
{
	struct volume_config *v = p->v;
	size_t count;
	const struct config_key *keys = config_keys(&count);

	p->v = NULL;
	for (size_t i = 0; v && i < count; i++) {
		int r = 0;

		if (p->seen[i] || strcmp(keys[i].section, "volume") != 0)
			continue;
		if (keys[i].mandatory)
			return err_set(reterr, E_CONFIG_MISSING,
				       "%s:%u: [volume %s] lacks '%s'; example: %s", v->file,
				       v->line, v->name, keys[i].name, keys[i].example);
		r = set_default(&keys[i], v, reterr);
		if (r < 0)
			return r;
	}
	memset(p->seen, 0, sizeof(p->seen));
	return 0;
}

static int visit(void *context, const struct ini_line *l, struct err *reterr)
{
	struct parser *p = context;
	int r;

	if (l->key)
		return parse_pair(p, l, reterr);
	r = end_section(p, reterr);
	if (r < 0)
		return r;
	if (strcmp(l->section, "boot") == 0)
		return begin_single(l, p->c->boot_file, &p->c->boot_line, reterr);
	if (strcmp(l->section, "network") == 0)
		return begin_single(l, p->c->network.file, &p->c->network.line, reterr);
	if (strcmp(l->section, "policy") == 0)
		return begin_single(l, p->c->policy.file, &p->c->policy.line, reterr);
	if (strcmp(l->section, "volume") == 0)
		return begin_volume(p, l, reterr);
	return ini_err(reterr, E_CONFIG_KEY, l,
		       "unknown section '%s'; this version knows [boot], [network], "
		       "[policy] and [volume NAME]",
		       l->section);
}

void config_init(struct config *c)
{
	struct ini_line l = {.file = "default", .name = ""};
	size_t count;
	const struct config_key *keys = config_keys(&count);

	_Static_assert(KEYS_MAX >= CONFIG_KEY_COUNT, "parser.seen has a place for each key");
	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < count; i++) {
		if (strcmp(keys[i].section, "volume") == 0 || !keys[i].fallback)
			continue;
		l.section = keys[i].section;
		l.key = keys[i].name;
		l.value = keys[i].fallback;
		/* the table's own text: test_config parses each default */
		(void)keys[i].set(&keys[i], c, &l, NULL);
	}
}

int config_parse(struct config *c, const char *file, const char *text, size_t len,
		 struct err *reterr)
{
	struct parser p = {.c = c};
	int r;

	if (len > CONFIG_TEXT_MAX)
		return err_set(reterr, E_CONFIG_SYNTAX, "%s: larger than %d bytes", file,
			       CONFIG_TEXT_MAX);
	if (strlen(file) >= CONFIG_PATH_MAX)
		return err_set(reterr, E_CONFIG_READ, "%s: the path is longer than %d bytes", file,
			       CONFIG_PATH_MAX - 1);
	r = ini_parse(file, text, len, visit, &p, reterr);
	return r < 0 ? r : end_section(&p, reterr);
}
