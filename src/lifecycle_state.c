/* SPDX-License-Identifier: MIT */
#include "lifecycle_internal.h"

#include "codec.h"
#include "file.h"
#include "json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define STATE_SIZE_MAX 4096

static void state_path(const char *volume, char out[160])
{
	(void)snprintf(out, 160, STATE_DIR "/%s.state", volume);
}

static int read_state(const struct json *j, struct approval_state *ret, struct err *reterr)
{
	const char *id;
	int r = json_get_string(j, j->root, "record", &id, reterr);

	if (r == 0 && !hex_decode(ret->id, sizeof(ret->id), id))
		r = err_set(reterr, E_IO, "%s: bad record id", j->name);
	if (r == 0)
		r = json_get_u64_string(j, j->root, "highest", &ret->highest, reterr);
	if (r == 0)
		r = json_get_bool(j, j->root, "written", &ret->written, reterr);
	if (r == 0)
		r = json_get_bool(j, j->root, "booted", &ret->booted, reterr);
	if (r == 0)
		r = json_get_u64_string(j, j->root, "current", &ret->current, reterr);
	if (r == 0)
		r = json_get_u64_string(j, j->root, "last-good", &ret->last_good, reterr);
	ret->numbered = r == 0;
	return r;
}

int state_load(const char *volume, const uint8_t *id, struct approval_state *ret,
	       struct err *reterr)
{
	_cleanup_buf_ struct buf text = BUF_INIT(0);
	_cleanup_json_ struct json j = {0};
	char path[160];
	int r;

	*ret = (struct approval_state){0};
	if (id)
		memcpy(ret->id, id, sizeof(ret->id));
	state_path(volume, path);
	if (!file_exists(path))
		return 0;
	r = file_read(path, STATE_SIZE_MAX, &text, reterr);
	if (r == 0)
		r = json_parse(&j, path, E_IO, text.data, text.len, reterr);
	if (r == 0)
		r = read_state(&j, ret, reterr);
	if (r == 0 && id && memcmp(ret->id, id, sizeof(ret->id)) != 0) {
		*ret = (struct approval_state){.numbered = true, .highest = ret->highest, .other = true};
		memcpy(ret->id, id, sizeof(ret->id));
	}
	return r;
}

int state_begin(const char *volume, const uint8_t *id, struct err *reterr)
{
	struct approval_state state;
	int r = state_load(volume, id, &state, reterr);

	return r < 0 || !state.other ? r : state_store(volume, &state, reterr);
}

static void add_number(struct cJSON *o, const char *key, uint64_t value, bool *ok)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	json_add_string(o, key, text, ok);
}

int state_store(const char *volume, const struct approval_state *state, struct err *reterr)
{
	struct cJSON *o = json_new_object();
	_cleanup_free_ char *text = NULL;
	bool ok = o != NULL;
	char path[160];

	json_add_string(o, "schema", "cvmcrypt.state/1", &ok);
	json_add_hex(o, "record", state->id, sizeof(state->id), &ok);
	add_number(o, "highest", state->highest, &ok);
	json_add_bool(o, "written", state->written, &ok);
	json_add_bool(o, "booted", state->booted, &ok);
	add_number(o, "current", state->current, &ok);
	add_number(o, "last-good", state->last_good, &ok);
	if (ok)
		text = json_print(o, true);
	json_free(o);
	if (!text)
		return err_set(reterr, E_NOMEM, "state of '%s'", volume);
	state_path(volume, path);
	(void)mkdir(STATE_DIR, 0700);
	return file_replace(path, text, strlen(text), 0600, reterr);
}

int state_forget(const char *volume, struct err *reterr)
{
	char path[160];

	state_path(volume, path);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(reterr, E_IO, errno, "removing '%s'", path);
	return 0;
}
