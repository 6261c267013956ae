/* SPDX-License-Identifier: MIT */
/*
 * One volume from header to mapping. volume_load() reads the header once; all that follows works from
 * that memory. A volume is activated only after volume_accept(): header MAC and anchor.
 */
#ifndef CVMCRYPT_VOLUME_H
#define CVMCRYPT_VOLUME_H

#include "err.h"
#include "luks.h"
#include "record.h"
#include "secret.h"

struct volume {
	struct luks_device device;
	struct luks2_header header;
	struct record record;
	uint8_t commitment[32];		/* of S; set by volume_accept() */
	bool accepted;
};

#define VOLUME_INIT ((struct volume){.device = LUKS_DEVICE_INIT})
#define _cleanup_volume_ _cleanup_(volume_done)
void volume_done(struct volume *v);

/* Device, header, record, header policy, enrolled geometry. No secret is needed or had. */
int volume_load(struct volume *v, const char *path, bool writable, struct err *reterr);
/* The record must match S (E_MAC), and S the anchor if one is given (32 bytes; E_ANCHOR). */
int volume_accept(struct volume *v, const struct secret *s, const uint8_t *anchor,
		  struct err *reterr);
/* Activates by the wrapped volume key and reads the mapping back; a failed read-back removes it. */
int volume_activate(struct volume *v, const struct secret *s, const char *mapping, bool discards,
		    struct err *reterr);
/* The record's volume key. E_UNWRAP. */
int volume_key(const struct volume *v, const struct secret *s, struct secret *ret,
	       struct err *reterr);
/*
 * Does with zeros what volume_accept() and volume_activate() compute, for the time before the disk
 * appears: the first use of each algorithm is the slow one.
 */
void volume_rehearse(void);
/* Computes the MAC of record over header under S. */
int volume_mac(const struct record *record, const struct luks2_header *header,
	       const struct secret *s, uint8_t ret[SHA256_SIZE], struct err *reterr);

#endif
