/* SPDX-License-Identifier: MIT */
/*
 * What device-mapper itself says, and removing. Not through libcryptsetup: to remove or to
 * describe a mapping it would read the header on the disk again, which may have changed or be
 * gone.
 */
#include "luks.h"
#include "luks_internal.h"
#include "luks_table.h"

#include <errno.h>
#include <libdevmapper.h>
#include <string.h>
#include <sys/sysmacros.h>

static void no_message(int level, const char *file, int line, int dm_errno, const char *fmt, ...)
{
	(void)level;
	(void)file;
	(void)line;
	(void)dm_errno;
	(void)fmt;
}

static void task_freep(struct dm_task **t)
{
	if (*t)
		dm_task_destroy(*t);	/* wipes tables: all tasks have secure_data */
	dm_log_with_errno_init(NULL);
}

#define _cleanup_task_ _cleanup_(task_freep)

static struct dm_task *task_new(int type, const char *mapping)
{
	struct dm_task *t;

	dm_log_with_errno_init(no_message);
	t = dm_task_create(type);
	if (!t)
		return NULL;
	if (!dm_task_set_name(t, mapping) || !dm_task_secure_data(t)) {
		dm_task_destroy(t);
		return NULL;
	}
	return t;
}

/*
 * One ioctl: name, UUID, state and table are those of one moment. 0, or an errno; ENXIO: there is
 * no such mapping, which is so when the kernel has no device-mapper.
 */
static int task_run(struct dm_task *t)
{
	if (!t)
		return access("/sys/module/dm_mod", F_OK) == 0 ? EIO : ENXIO;
	if (dm_task_run(t))
		return 0;
	return dm_task_get_errno(t) ? dm_task_get_errno(t) : EIO;
}

/* Pointers in *ret are the task's. */
static int read_live(struct dm_task *t, struct luks_table_live *ret, struct dm_info *ret_info)
{
	char *type = NULL, *params = NULL;
	void *next = NULL;

	*ret = (struct luks_table_live){.name = dm_task_get_name(t), .uuid = dm_task_get_uuid(t)};
	if (!dm_task_get_info(t, ret_info) || !ret_info->exists || !ret->name || !ret->uuid)
		return ENXIO;
	ret->suspended = ret_info->suspended;
	ret->read_only = ret_info->read_only;
	ret->inactive_table = ret_info->inactive_table;
	next = dm_get_next_target(t, NULL, &ret->start_sectors, &ret->length_sectors, &type,
				  &params);
	ret->type = type ? type : "";
	ret->params = params ? params : "";
	ret->target_count = type ? 1 : 0;
	while (next) {
		uint64_t start, length;

		next = dm_get_next_target(t, next, &start, &length, &type, &params);
		ret->target_count++;
	}
	return 0;
}

static int expectation(const struct luks_map_request *q, struct luks_table_expect *ret,
		       struct err *reterr)
{
	const struct luks2_segment *s = &q->header->segment;

	if (q->header->segment_count != 1 || !s->dynamic || s->iv_tweak != 0 || s->integrity)
		return err_set(reterr, E_READBACK, "segment is not one that can be judged");
	*ret = (struct luks_table_expect){
		.mapping = q->mapping,
		.uuid = q->header->uuid,
		.cipher = s->cipher,
		.key_size = luks_volume_key_size(q->header),
		.sector_size = s->sector_size,
		.offset = s->offset,
		.device_size = q->device->size,
		.device_major = major(q->device->rdev),
		.device_minor = minor(q->device->rdev),
		.discards = q->discards,
	};
	return 0;
}

int luks_readback(const struct luks_map_request *q, struct err *reterr)
{
	_cleanup_task_ struct dm_task *t = NULL;
	struct luks_table_expect expect;
	struct luks_table_live live;
	struct dm_info info;
	int r;

	r = expectation(q, &expect, reterr);
	if (r < 0)
		return r;
	t = task_new(DM_DEVICE_TABLE, q->mapping);
	r = task_run(t);
	if (r == 0)
		r = read_live(t, &live, &info);
	if (r != 0)
		return err_errno(reterr, E_READBACK, r, "reading mapping '%s' back", q->mapping);
	r = luks_table_judge(&expect, &live, reterr);
	return r < 0 ? err_wrap(reterr, r, "mapping '%s'", q->mapping) : 0;
}

/*
 * Without a udev cookie: it would wait for a udev that may be gone when a boot is being ended. The
 * library removes the node itself; udev follows the kernel's event. A short-lived opener (udev's
 * probe) is waited for by the library, five seconds at most.
 */
int luks_deactivate(const char *mapping, struct err *reterr)
{
	_cleanup_task_ struct dm_task *t = NULL;
	int r;

	if (!luks_mapping_name_ok(mapping))
		return err_set(reterr, E_CONFIG_VALUE, "'%.64s' is no name for a mapping", mapping);
	t = task_new(DM_DEVICE_REMOVE, mapping);
	if (t)
		(void)dm_task_retry_remove(t);
	r = task_run(t);
	dm_task_update_nodes();
	if (r == 0 || r == ENXIO)
		return 0;
	return err_errno(reterr, E_ACTIVATE, r, "removing mapping '%s'", mapping);
}

int luks_mapping_rdev(const char *mapping, uint64_t *ret, struct err *reterr)
{
	_cleanup_task_ struct dm_task *t = NULL;
	struct luks_table_live live;
	struct dm_info info;
	int r;

	if (!luks_mapping_name_ok(mapping))
		return err_set(reterr, E_HANDOFF_MOUNT, "'%.64s' is no name for a mapping",
			       mapping);
	t = task_new(DM_DEVICE_TABLE, mapping);
	r = task_run(t);
	if (r == 0)
		r = read_live(t, &live, &info);
	if (r != 0)
		return err_errno(reterr, E_HANDOFF_MOUNT, r, "mapping '%s'", mapping);
	if (live.target_count != 1 || strcmp(live.type, "crypt") != 0)
		return err_set(reterr, E_HANDOFF_MOUNT, "mapping '%s' is no dm-crypt mapping",
			       mapping);
	*ret = makedev((unsigned)info.major, info.minor);
	return 0;
}
