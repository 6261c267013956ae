/* SPDX-License-Identifier: MIT */
/* Shared by lifecycle_*.c: an enrolled volume open for changing its tokens. */
#ifndef CVMCRYPT_LIFECYCLE_INTERNAL_H
#define CVMCRYPT_LIFECYCLE_INTERNAL_H

#include "eventlog.h"
#include "lifecycle.h"
#include "volume.h"

struct change {
	struct volume volume;		/* as on the disk; record is the one being changed */
	struct luks_store *store;
	int token, events_token;	/* numbers on the disk, -1: none */
};

#define CHANGE_INIT ((struct change){.volume = VOLUME_INIT, .token = -1, .events_token = -1})
#define _cleanup_change_ _cleanup_(change_done)
void change_done(struct change *c);
int change_open(struct change *c, const char *device, struct err *reterr);
/* Replaces the record on the disk by c->volume.record, then reads it back and compares. */
int change_write_record(struct change *c, struct err *reterr);

/* The device under the mapping that this boot opened: a name such as PARTLABEL=root can be anybody's. */
int change_open_for(struct change *c, const struct approve_request *q, const struct boot_volume *bv,
		    struct err *reterr);
/* The record that unlock staged, if it is a newer state of the same one. ret_taken may be NULL. */
int change_take_staged(struct change *c, const char *name, bool *ret_taken, struct err *reterr);

#endif
