/* SPDX-License-Identifier: MIT */
#include "lifecycle_internal.h"

#include "platform.h"

#include <string.h>

void change_done(struct change *c)
{
	luks_store_freep(&c->store);
	volume_done(&c->volume);
}

int change_open(struct change *c, const char *device, struct err *reterr)
{
	const struct luks2_token *token;
	int r;

	/* the lock first: what is read under it is what will be changed */
	r = luks_store_open(&c->store, device, reterr);
	if (r == 0)
		r = volume_load(&c->volume, device, false, reterr);
	if (r == 0)
		r = luks2_header_token(&c->volume.header, RECORD_TYPE, &token, reterr);
	if (r < 0)
		return r;
	c->token = token->id;
	r = luks2_header_token(&c->volume.header, RECORD_EVENTS_TYPE, &token, reterr);
	if (r == 0 && token)
		c->events_token = token->id;
	return r;
}

int change_write_record(struct change *c, struct err *reterr)
{
	_cleanup_buf_ struct buf text = BUF_INIT(RECORD_TEXT_MAX + 1);
	_cleanup_volume_ struct volume again = VOLUME_INIT;
	_cleanup_buf_ struct buf back = BUF_INIT(RECORD_TEXT_MAX + 1);
	int r;

	r = record_format(&c->volume.record, &text, reterr);
	if (r == 0)
		r = luks_store_put_token(c->store, c->token, (const char *)text.data, &c->token, reterr);
	if (r == 0)
		r = volume_load(&again, c->volume.device.path, false, reterr);
	if (r == 0)
		r = record_format(&again.record, &back, reterr);
	if (r < 0)
		return r;
	if (back.len != text.len || memcmp(back.data, text.data, text.len) != 0)
		return err_set(reterr, E_HEADER_WRITE, "the record read back is not the one written");
	return 0;
}

int change_open_for(struct change *c, const struct approve_request *q, const struct boot_volume *bv,
		    struct err *reterr)
{
	char device[256];
	int r = 0;

	if (!q->device)
		r = platform_mapping_device(bv->mapping, device, sizeof(device), reterr);
	if (r == 0)
		r = change_open(c, q->device ? q->device : device, reterr);
	/* only a boot can check the MAC: by the id, what is on the disk now is what it checked */
	if (r == 0 && !q->told && memcmp(c->volume.record.id, bv->record, sizeof(bv->record)) != 0)
		r = err_set(reterr, E_RECORD_OTHER, "'%s' has another record now than when this boot opened it",
			    q->volume->name);
	return r;
}

int change_take_staged(struct change *c, const char *name, bool *ret_taken, struct err *reterr)
{
	_cleanup_buf_ struct buf text = BUF_INIT(0);
	struct record staged;
	int r;

	if (ret_taken)
		*ret_taken = false;
	if (boot_stage_read(name, &text, NULL) < 0)
		return 0;
	r = record_parse(&staged, (const char *)text.data, text.len, reterr);
	if (r < 0)
		return r;
	if (memcmp(staged.id, c->volume.record.id, sizeof(staged.id)) != 0 ||
	    staged.generation <= c->volume.record.generation ||
	    staged.keyslot != c->volume.record.keyslot)
		return 0;
	c->volume.record = staged;
	if (ret_taken)
		*ret_taken = true;
	return 0;
}
