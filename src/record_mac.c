/* SPDX-License-Identifier: MIT */
/* docs/record.md describes this byte string field by field. */
#include "record.h"

#include <string.h>

#define DOMAIN "cvmcrypt/1 header"

static int refuse(struct err *reterr, const char *what)
{
	return err_set(reterr, E_HEADER_REFUSED, "%s", what);
}

/* The string says "none" for these without a field: so there must be none. */
static int check_header(const struct luks2_header *h, int keyslot, struct err *reterr)
{
	const struct luks2_keyslot *k = luks2_header_keyslot(h, keyslot);

	if (h->segment_count != 1 || strcmp(h->segment.type, "crypt") != 0)
		return refuse(reterr, "the header has not exactly one segment of type crypt");
	if (h->segment.flag_count > 0 || h->segment.integrity)
		return refuse(reterr, "the segment has flags or integrity");
	if (h->flag_count > 0 || h->requirement_count > 0)
		return refuse(reterr, "the header has flags or requirements");
	if (h->digest_count != 1 || strcmp(h->digest.type, "pbkdf2") != 0)
		return refuse(reterr, "the header has not exactly one digest of type pbkdf2");
	if (!k || !k->plain)
		return refuse(reterr, "the record's keyslot is not there, or not a plain one");
	if (!(h->digest.keyslots & 1U << k->id))
		return refuse(reterr, "the record's keyslot is not one of the volume key's");
	return 0;
}

static void put_segment(struct buf *b, const struct luks2_segment *s)
{
	buf_put_be64(b, s->offset);
	buf_put_u8(b, s->dynamic ? 1 : 0);
	buf_put_be64(b, s->dynamic ? 0 : s->size);
	buf_put_be64(b, s->iv_tweak);
	buf_put_lv_str(b, s->cipher);
	buf_put_be32(b, s->sector_size);
}

static void put_keyslot(struct buf *b, const struct luks2_keyslot *k)
{
	buf_put_be32(b, (uint32_t)k->id);
	buf_put_be32(b, k->key_size);
	buf_put_be64(b, k->area_offset);
	buf_put_be64(b, k->area_size);
	buf_put_lv_str(b, k->area_cipher);
	buf_put_be32(b, k->area_key_size);
	buf_put_be32(b, k->af_stripes);
	buf_put_lv_str(b, k->af_hash);
	buf_put_lv_str(b, k->kdf);
	buf_put_lv_str(b, k->kdf_hash);
	buf_put_be32(b, k->kdf_iterations);
	buf_put_be32(b, k->kdf_memory);
	buf_put_be32(b, k->kdf_cpus);
	buf_put_lv(b, k->kdf_salt, k->kdf_salt_len);
}

static void put_digest(struct buf *b, const struct luks2_digest *d)
{
	buf_put_lv_str(b, d->hash);
	buf_put_be32(b, d->iterations);
	buf_put_lv(b, d->salt, d->salt_len);
	buf_put_lv(b, d->digest, d->digest_len);
}

static void put_way(struct buf *b, const struct way *w)
{
	buf_put_u8(b, (uint8_t)w->type);
	switch (w->type) {
	case WAY_TPM2:
		buf_put_be32(b, w->tpm2.srk_handle);
		buf_put(b, w->tpm2.srk_name, sizeof(w->tpm2.srk_name));
		buf_put(b, w->tpm2.approver_x, sizeof(w->tpm2.approver_x));
		buf_put(b, w->tpm2.approver_y, sizeof(w->tpm2.approver_y));
		buf_put_be32(b, w->tpm2.counter_index);
		buf_put_be32(b, w->tpm2.pcr_mask);
		buf_put_lv(b, w->tpm2.public_area, w->tpm2.public_len);
		buf_put_lv(b, w->tpm2.private_area, w->tpm2.private_len);
		return;
	case WAY_RECOVERY:
		buf_put_be32(b, (uint32_t)w->recovery.keyslot);
		buf_put(b, w->recovery.wrapped, sizeof(w->recovery.wrapped));
		return;
	case WAY_PARENT:
		buf_put(b, w->parent.parent_id, sizeof(w->parent.parent_id));
		buf_put(b, w->parent.wrapped, sizeof(w->parent.wrapped));
		return;
	case WAY_GUEST_KEY:
		buf_put(b, w->guest_key.key, sizeof(w->guest_key.key));
		buf_put_lv(b, w->guest_key.wrapped, w->guest_key.wrapped_len);
		return;
	}
}

static void put_record(struct buf *b, const struct record *r)
{
	buf_put_be32(b, r->version);
	buf_put_be32(b, r->min_version);
	buf_put(b, r->id, sizeof(r->id));
	buf_put_be64(b, r->generation);
	buf_put_be32(b, (uint32_t)r->keyslot);
	buf_put_lv_str(b, r->cipher);
	buf_put_be32(b, r->key_size);
	buf_put_be32(b, r->sector_size);
	buf_put_be64(b, r->offset);
	buf_put_lv(b, r->volume_key, r->volume_key_len);
	buf_put_be32(b, (uint32_t)r->way_count);
	for (size_t i = 0; i < r->way_count; i++)
		put_way(b, &r->ways[i]);
}

int record_mac_input(const struct record *r, const struct luks2_header *h, struct buf *ret,
		     struct err *reterr)
{
	int failed = check_header(h, r->keyslot, reterr);

	if (failed < 0)
		return failed;
	buf_put_lv_str(ret, DOMAIN);
	buf_put_lv(ret, h->uuid, strnlen(h->uuid, sizeof(h->uuid)));
	put_segment(ret, &h->segment);
	put_keyslot(ret, luks2_header_keyslot(h, r->keyslot));
	put_digest(ret, &h->digest);
	put_record(ret, r);
	if (ret->failed)
		return err_set(reterr, E_NOMEM, "the bytes under the MAC");
	return 0;
}
