/* SPDX-License-Identifier: MIT */
#include "volume.h"

#include "kdf.h"

#include <string.h>

#define MAC_INPUT_MAX 16384

void volume_done(struct volume *v)
{
	luks_device_done(&v->device);
	luks2_header_done(&v->header);
}

/* What was enrolled must be what the header says: a header is not believed, only compared. */
static int check_geometry(const struct record *r, const struct luks2_header *h, struct err *reterr)
{
	const struct luks2_segment *s = &h->segment;
	const struct luks2_keyslot *slot = luks2_header_keyslot(h, r->keyslot);

	if (strcmp(s->cipher, r->cipher) != 0)
		return err_set(reterr, E_HEADER_REFUSED, "segment cipher is '%s', enrolled was '%s'",
			       s->cipher, r->cipher);
	if (s->sector_size != r->sector_size)
		return err_set(reterr, E_HEADER_REFUSED, "sector size is %u, enrolled was %u",
			       s->sector_size, r->sector_size);
	if (s->offset != r->offset)
		return err_set(reterr, E_HEADER_REFUSED, "segment offset is %llu, enrolled was %llu",
			       (unsigned long long)s->offset, (unsigned long long)r->offset);
	if (!slot || slot->key_size != r->key_size)
		return err_set(reterr, E_HEADER_REFUSED, "volume key is of %u bytes, enrolled was %u",
			       slot ? slot->key_size : 0, r->key_size);
	return 0;
}

int volume_load(struct volume *v, const char *path, bool writable, struct err *reterr)
{
	const struct luks2_token *token;
	int r;

	r = luks_device_open(&v->device, path, writable, reterr);
	if (r == 0)
		r = luks_read_header(&v->device, &v->header, reterr);
	if (r == 0)
		r = luks2_header_token(&v->header, RECORD_TYPE, &token, reterr);
	if (r < 0)
		return r;
	if (!token)
		return err_set(reterr, E_RECORD_ABSENT, "'%s' carries no cvmcrypt record", path);
	r = record_parse(&v->record, token->text, strlen(token->text), reterr);
	if (r == 0)
		r = luks2_header_policy(&v->header, v->record.keyslot, v->device.size, reterr);
	if (r == 0)
		r = check_geometry(&v->record, &v->header, reterr);
	return r;
}

int volume_mac(const struct record *record, const struct luks2_header *header,
	       const struct secret *s, uint8_t ret[SHA256_SIZE], struct err *reterr)
{
	_cleanup_buf_ struct buf input = BUF_INIT(MAC_INPUT_MAX);
	_cleanup_secret_ struct secret key = SECRET_INIT;
	int r;

	r = record_mac_input(record, header, &input, reterr);
	if (r == 0)
		r = kdf_key(s, record->id, KDF_HEADER_MAC, &key, reterr);
	if (r == 0)
		r = crypto_hmac_sha256(&key, input.data, input.len, ret, reterr);
	return r;
}

int volume_accept(struct volume *v, const struct secret *s, const uint8_t *anchor,
		  struct err *reterr)
{
	uint8_t mac[SHA256_SIZE];
	int r;

	r = kdf_commitment(s, v->record.id, v->commitment, reterr);
	if (r < 0)
		return r;
	/* the anchor first: it says whose secret this is, the MAC only that header and secret agree */
	if (anchor && !crypto_equal(anchor, v->commitment, sizeof(v->commitment)))
		return err_set(reterr, E_ANCHOR,
			       "the volume's secret is not the one that the measured config names");
	r = volume_mac(&v->record, &v->header, s, mac, reterr);
	if (r < 0)
		return r;
	if (!crypto_equal(mac, v->record.mac, sizeof(mac)))
		return err_set(reterr, E_MAC, "the header or the record was altered after enrolment");
	v->accepted = true;
	return 0;
}

int volume_key(const struct volume *v, const struct secret *s, struct secret *ret,
	       struct err *reterr)
{
	_cleanup_secret_ struct secret kek = SECRET_INIT;
	int r;

	r = kdf_key(s, v->record.id, KDF_VOLUME_KEY_WRAP, &kek, reterr);
	if (r == 0)
		r = crypto_unwrap(&kek, v->record.volume_key, v->record.volume_key_len, ret, reterr);
	if (r == 0 && ret->len != v->record.key_size) {
		secret_clear(ret);
		return err_set(reterr, E_UNWRAP, "wrapped volume key has another size than enrolled");
	}
	return r;
}

int volume_activate(struct volume *v, const struct secret *s, const char *mapping, bool discards,
		    struct err *reterr)
{
	const struct luks_map_request q = {&v->device, &v->header, mapping, discards};
	_cleanup_secret_ struct secret key = SECRET_INIT;
	int r;

	/* the MAC covers the key's wrap and the header's digest: that is what proves the key */
	if (!v->accepted)
		return err_set(reterr, E_INTERNAL, "volume was not accepted");
	r = volume_key(v, s, &key, reterr);
	if (r == 0)
		r = luks_activate_proven(&q, &key, reterr);
	if (r < 0)
		return r;
	r = luks_readback(&q, reterr);
	if (r < 0)
		(void)luks_deactivate(mapping, NULL);
	return r;
}

void volume_rehearse(void)
{
	_cleanup_secret_ struct secret s = SECRET_INIT, key = SECRET_INIT, again = SECRET_INIT;
	uint8_t id[RECORD_ID_SIZE] = {0}, digest[SHA256_SIZE], wrapped[KWP_SIZE(KDF_KEY_SIZE)];
	size_t len;

	if (secret_alloc(&s, KDF_KEY_SIZE, NULL) < 0)
		return;
	memset(s.bytes, 0, s.len);
	if (kdf_commitment(&s, id, digest, NULL) < 0 ||
	    kdf_key(&s, id, KDF_VOLUME_KEY_WRAP, &key, NULL) < 0 ||
	    crypto_hmac_sha256(&key, digest, sizeof(digest), digest, NULL) < 0 ||
	    crypto_sha256(digest, sizeof(digest), digest, NULL) < 0 ||
	    crypto_wrap(&key, &s, wrapped, sizeof(wrapped), &len, NULL) < 0)
		return;
	(void)crypto_unwrap(&key, wrapped, len, &again, NULL);
}
