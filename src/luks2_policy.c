/* SPDX-License-Identifier: MIT */
/*
 * What a LUKS2 header may say. Nobody signs a LUKS2 header, and libcryptsetup does what it says: a
 * segment of cipher_null opens with the right passphrase and the right volume key, and the host
 * reads along. So everything that libcryptsetup acts upon is on an allow-list here.
 */
#include "luks2_header.h"

#include "crypto.h"

#include <string.h>

#define OUR_TOKEN "cvmcrypt"

/*
 * Encryption of data and of keyslot areas. Authenticated ciphers that need integrity tags
 * (aegis128-random, aes-gcm-random, aes-xts-random with hmac-sha256) come here when "integrity" is
 * decoded and compared with what was enrolled.
 */
#define CIPHER "aes-xts-plain64"

#define ITERATIONS_MIN 1000
#define ITERATIONS_MAX 10000000
#define ARGON_TIME_MAX 1000
#define ARGON_MEMORY_MIN 32		/* KiB */
#define ARGON_MEMORY_MAX 4194304	/* KiB: 4 GiB */
#define ARGON_CPUS_MAX 16
#define SALT_MIN 16
#define AF_STRIPES 4000
/* What volumes converted from LUKS1 carry: the beginning of a longer one. */
#define DIGEST_MIN 20

#define ULL(v) ((unsigned long long)(v))

static bool known_hash(const char *name)
{
	return strcmp(name, "sha256") == 0 || strcmp(name, "sha512") == 0;
}

/* XTS takes two keys: AES-128 or AES-256. */
static bool known_key_size(uint32_t bytes)
{
	return bytes == 32 || bytes == 64;
}

static int check_whole(const struct luks2_header *h, struct err *reterr)
{
	if (h->requirement_count)
		return err_set(reterr, E_HEADER_REFUSED, "header has requirement '%s', none is allowed",
			       h->first_requirement);
	if (h->reencrypt_keyslot)
		return err_set(reterr, E_HEADER_REFUSED,
			       "header has a keyslot of type 'reencrypt': a re-encryption is under way");
	if (h->flag_count)
		return err_set(reterr, E_HEADER_REFUSED, "header has flag '%s', none is allowed",
			       h->first_flag);
	if (h->keyslots_size == 0)
		return err_set(reterr, E_HEADER_REFUSED, "keyslots area is empty");
	if (h->segment_count != 1)
		return err_set(reterr, E_HEADER_REFUSED, "header has %zu data segments, exactly 1 is "
			       "allowed", h->segment_count);
	if (!h->segment.type[0])
		return err_set(reterr, E_HEADER_REFUSED, "data segment is not number 0");
	if (strcmp(h->segment.type, "crypt") != 0)
		return err_set(reterr, E_HEADER_REFUSED,
			       "data segment type is '%s', only 'crypt' is allowed", h->segment.type);
	return 0;
}

static int check_segment(const struct luks2_header *h, uint64_t device_size, struct err *reterr)
{
	const struct luks2_segment *s = &h->segment;
	uint64_t areas_end = 2 * h->hdr_size + h->keyslots_size;

	if (strcmp(s->cipher, CIPHER) != 0)
		return err_set(reterr, E_HEADER_REFUSED,
			       "data segment cipher is '%s', only '" CIPHER "' is allowed", s->cipher);
	if (s->integrity)
		return err_set(reterr, E_HEADER_REFUSED,
			       "data segment has integrity, which is not supported");
	if (s->flag_count)
		return err_set(reterr, E_HEADER_REFUSED, "data segment has flags, none is allowed");
	if (!s->dynamic)
		return err_set(reterr, E_HEADER_REFUSED,
			       "data segment size is %llu, only 'dynamic' is allowed", ULL(s->size));
	if (s->iv_tweak)
		return err_set(reterr, E_HEADER_REFUSED,
			       "data segment iv_tweak is %llu, only 0 is allowed", ULL(s->iv_tweak));
	if (s->sector_size != 512 && s->sector_size != 1024 && s->sector_size != 2048 &&
	    s->sector_size != 4096)
		return err_set(reterr, E_HEADER_REFUSED, "data segment sector size is %u, only 512, "
			       "1024, 2048 and 4096 are allowed", s->sector_size);
	if (s->offset % 4096)
		return err_set(reterr, E_HEADER_REFUSED,
			       "data segment offset is %llu, not a multiple of 4096", ULL(s->offset));
	if (s->offset < areas_end)
		return err_set(reterr, E_HEADER_REFUSED, "data segment offset is %llu, inside the "
			       "header, which ends at %llu", ULL(s->offset), ULL(areas_end));
	if (s->offset >= device_size)
		return err_set(reterr, E_HEADER_REFUSED, "data segment offset is %llu, behind the end "
			       "of the device of %llu bytes", ULL(s->offset), ULL(device_size));
	return 0;
}

static int check_digest(const struct luks2_header *h, struct err *reterr)
{
	const struct luks2_digest *d = &h->digest;

	if (h->digest_count != 1)
		return err_set(reterr, E_HEADER_REFUSED, "%zu digests cover the data segment, exactly "
			       "1 is allowed", h->digest_count);
	if (strcmp(d->type, "pbkdf2") != 0)
		return err_set(reterr, E_HEADER_REFUSED,
			       "digest type is '%s', only 'pbkdf2' is allowed", d->type);
	if (!known_hash(d->hash))
		return err_set(reterr, E_HEADER_REFUSED, "digest hash is '%s', only 'sha256' and "
			       "'sha512' are allowed", d->hash);
	if (d->iterations < ITERATIONS_MIN || d->iterations > ITERATIONS_MAX)
		return err_set(reterr, E_HEADER_REFUSED, "digest has %u iterations, only %d to %d are "
			       "allowed", d->iterations, ITERATIONS_MIN, ITERATIONS_MAX);
	if (d->salt_len < SALT_MIN)
		return err_set(reterr, E_HEADER_REFUSED, "digest salt has %zu bytes, at least %d are "
			       "needed", d->salt_len, SALT_MIN);
	if (d->digest_len < DIGEST_MIN || d->digest_len > hash_size(hash_by_name(d->hash)))
		return err_set(reterr, E_HEADER_REFUSED, "digest has %zu bytes, only %d to %zu are "
			       "allowed", d->digest_len, DIGEST_MIN,
			       hash_size(hash_by_name(d->hash)));
	return 0;
}

static int check_kdf(const struct luks2_keyslot *k, struct err *reterr)
{
	if (k->kdf_salt_len < SALT_MIN)
		return err_set(reterr, E_HEADER_REFUSED, "keyslot %d: salt has %zu bytes, at least %d "
			       "are needed", k->id, k->kdf_salt_len, SALT_MIN);
	if (strcmp(k->kdf, "pbkdf2") == 0) {
		if (!known_hash(k->kdf_hash))
			return err_set(reterr, E_HEADER_REFUSED, "keyslot %d: pbkdf2 hash is '%s', "
				       "only 'sha256' and 'sha512' are allowed", k->id, k->kdf_hash);
		if (k->kdf_iterations < ITERATIONS_MIN || k->kdf_iterations > ITERATIONS_MAX)
			return err_set(reterr, E_HEADER_REFUSED, "keyslot %d: pbkdf2 has %u "
				       "iterations, only %d to %d are allowed", k->id,
				       k->kdf_iterations, ITERATIONS_MIN, ITERATIONS_MAX);
		return 0;
	}
	if (k->kdf_iterations < 1 || k->kdf_iterations > ARGON_TIME_MAX)
		return err_set(reterr, E_HEADER_REFUSED, "keyslot %d: %s time is %u, only 1 to %d are "
			       "allowed", k->id, k->kdf, k->kdf_iterations, ARGON_TIME_MAX);
	if (k->kdf_memory < ARGON_MEMORY_MIN || k->kdf_memory > ARGON_MEMORY_MAX)
		return err_set(reterr, E_HEADER_REFUSED, "keyslot %d: %s memory is %u KiB, only %d to "
			       "%d are allowed", k->id, k->kdf, k->kdf_memory, ARGON_MEMORY_MIN,
			       ARGON_MEMORY_MAX);
	if (k->kdf_cpus < 1 || k->kdf_cpus > ARGON_CPUS_MAX)
		return err_set(reterr, E_HEADER_REFUSED, "keyslot %d: %s cpus is %u, only 1 to %d are "
			       "allowed", k->id, k->kdf, k->kdf_cpus, ARGON_CPUS_MAX);
	return 0;
}

static int check_area(const struct luks2_header *h, const struct luks2_keyslot *k,
		      struct err *reterr)
{
	uint64_t start = 2 * h->hdr_size, end = start + h->keyslots_size;

	if (k->area_size > h->keyslots_size || k->area_offset < start ||
	    k->area_offset > end - k->area_size)
		return err_set(reterr, E_HEADER_REFUSED, "keyslot %d: area of %llu bytes at %llu is "
			       "not inside the keyslots area, %llu to %llu", k->id, ULL(k->area_size),
			       ULL(k->area_offset), ULL(start), ULL(end));
	if (k->area_size < (uint64_t)k->key_size * k->af_stripes)
		return err_set(reterr, E_HEADER_REFUSED, "keyslot %d: area has %llu bytes, at least "
			       "%llu are needed", k->id, ULL(k->area_size),
			       ULL((uint64_t)k->key_size * k->af_stripes));
	for (size_t i = 0; i < h->keyslot_count; i++) {
		const struct luks2_keyslot *o = &h->keyslot[i];

		/* the other's numbers are unchecked: subtract, don't add */
		if (o->id == k->id || o->area_size == 0)
			continue;
		if (o->area_offset < k->area_offset ?
		    o->area_size > k->area_offset - o->area_offset :
		    o->area_offset - k->area_offset < k->area_size)
			return err_set(reterr, E_HEADER_REFUSED,
				       "areas of keyslots %d and %d overlap", k->id, o->id);
	}
	return 0;
}

static int check_keyslot(const struct luks2_header *h, const struct luks2_keyslot *k,
			 struct err *reterr)
{
	int r;

	if (!k->plain)
		return err_set(reterr, E_HEADER_REFUSED, "keyslot %d cannot be used: %s", k->id,
			       k->reason);
	if (!known_key_size(k->key_size))
		return err_set(reterr, E_HEADER_REFUSED, "keyslot %d: volume key has %u bytes, only "
			       "32 and 64 are allowed", k->id, k->key_size);
	if (strcmp(k->area_cipher, CIPHER) != 0)
		return err_set(reterr, E_HEADER_REFUSED, "keyslot %d: area cipher is '%s', only '"
			       CIPHER "' is allowed", k->id, k->area_cipher);
	if (!known_key_size(k->area_key_size))
		return err_set(reterr, E_HEADER_REFUSED, "keyslot %d: area key has %u bytes, only 32 "
			       "and 64 are allowed", k->id, k->area_key_size);
	if (k->af_stripes != AF_STRIPES || !known_hash(k->af_hash))
		return err_set(reterr, E_HEADER_REFUSED, "keyslot %d: anti-forensic split is %u "
			       "stripes with '%s', only %d with 'sha256' or 'sha512' is allowed",
			       k->id, k->af_stripes, k->af_hash, AF_STRIPES);
	r = check_kdf(k, reterr);
	if (r < 0)
		return r;
	return check_area(h, k, reterr);
}

/* The digest says which volume key the keyslot must give; a token says who may use the keyslot. */
static int check_bonds(const struct luks2_header *h, int keyslot, struct err *reterr)
{
	uint32_t bit = UINT32_C(1) << keyslot;

	if (!(h->digest.keyslots & bit))
		return err_set(reterr, E_HEADER_REFUSED,
			       "keyslot %d is not covered by the digest of the data segment", keyslot);
	if (h->other_keyslots & bit)
		return err_set(reterr, E_HEADER_REFUSED,
			       "keyslot %d is covered by a digest that is not the data segment's",
			       keyslot);
	for (size_t i = 0; i < h->token_count; i++)
		if (h->token[i].keyslots & bit && strcmp(h->token[i].type, OUR_TOKEN) != 0)
			return err_set(reterr, E_FOREIGN_TOKEN,
				       "token %d of type '%s' is bound to keyslot %d",
				       h->token[i].id, h->token[i].type, keyslot);
	return 0;
}

int luks2_header_keyslot_policy(const struct luks2_header *h, int id, struct err *reterr)
{
	const struct luks2_keyslot *k = luks2_header_keyslot(h, id);

	if (!k)
		return err_set(reterr, E_HEADER_REFUSED, "keyslot %d is not there", id);
	return check_keyslot(h, k, reterr);
}

int luks2_header_policy(const struct luks2_header *h, int our_keyslot, uint64_t device_size,
			struct err *reterr)
{
	const struct luks2_keyslot *k;
	int r;

	r = check_whole(h, reterr);
	if (r < 0)
		return r;
	r = check_segment(h, device_size, reterr);
	if (r < 0)
		return r;
	r = check_digest(h, reterr);
	if (r < 0 || our_keyslot < 0)
		return r;
	k = luks2_header_keyslot(h, our_keyslot);
	if (!k)
		return err_set(reterr, E_HEADER_REFUSED, "keyslot %d is not there", our_keyslot);
	r = check_keyslot(h, k, reterr);
	if (r < 0)
		return r;
	return check_bonds(h, our_keyslot, reterr);
}
