/* SPDX-License-Identifier: MIT */
/*
 * Changing a header, through libcryptsetup: each change is written to the primary copy, synced,
 * then to the secondary, so a cut at any write leaves one whole copy. Across processes
 * libcryptsetup locks each change; a lock of ours spans the whole operation.
 */
#include "luks.h"
#include "luks_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <libcryptsetup.h>
#include <stdio.h>
#include <string.h>

#define PBKDF2_ITERATIONS 1000	/* the least that libcryptsetup takes: passphrases are random */
#define AREA_CIPHER "aes-xts-plain64"
#define AREA_KEY_BYTES 64
#define AF_STRIPES 4000
#define AREA_ALIGN 4096

struct luks_store {
	struct luks_device device;
	struct crypt_device *cd;
	struct luks_note note;
	uint32_t slots, tokens;		/* that were there when the present call began */
};

void luks_store_freep(struct luks_store **s)
{
	if (!*s)
		return;
	luks_crypt_freep(&(*s)->cd);
	luks_device_done(&(*s)->device);
	free(*s);
	*s = NULL;
}

/*
 * A record lock on the open file: libcryptsetup uses flock(2) on image files, which is another
 * kind, so the two don't meet. It ends with the descriptor.
 */
static int lock(const struct luks_device *d, struct err *reterr)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(d->fd, F_OFD_SETLK, &whole) == 0)
		return 0;
	if (errno == EAGAIN || errno == EACCES)
		return err_set(reterr, E_LOCKED, "'%s'", d->path);
	return err_errno(reterr, E_IO, errno, "locking '%s'", d->path);
}

static int load(struct luks_store *s, struct err *reterr)
{
	char path[32];
	int r;

	luks_crypt_freep(&s->cd);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", s->device.fd);
	r = crypt_init(&s->cd, path);
	if (r < 0)
		return luks_fail(reterr, E_IO, r, NULL, s->device.path);
	luks_attach_note(s->cd, &s->note);
	r = crypt_load(s->cd, CRYPT_LUKS2, NULL);
	return r < 0 ? luks_fail(reterr, E_HEADER_MALFORMED, r, &s->note, s->device.path) : 0;
}

int luks_store_open(struct luks_store **ret, const char *path, struct err *reterr)
{
	_cleanup_luks_store_ struct luks_store *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return err_set(reterr, E_NOMEM, "'%s'", path);
	s->device = LUKS_DEVICE_INIT;
	luks_library_init();
	r = luks_device_open(&s->device, path, true, reterr);
	if (r == 0)
		r = lock(&s->device, reterr);
	if (r == 0)
		r = load(s, reterr);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

/*
 * After a failed write libcryptsetup's picture of the header may hold half of the change (a token
 * that found no room takes the one that it was to replace with it), and the next write would store
 * it.
 */
static int write_failed(struct luks_store *s, enum err_code code, int r, const char *context,
			struct err *reterr)
{
	int e = luks_fail(reterr, code, r, &s->note, context);

	if (load(s, NULL) < 0)
		luks_crypt_freep(&s->cd);
	return e;
}

/*
 * On the disk a failed change may be whole: memory can run short after the first copy, too. The
 * caller gets no number of what was added and can't undo it, so that is done here. What is ours is
 * told by its key and its type: others may have changed the header meanwhile.
 */
static void take_back_keyslot(struct luks_store *s, const struct secret *passphrase)
{
	const char *key = (const char *)passphrase->bytes;

	for (int i = 0; s->cd && i < LUKS2_KEYSLOTS_MAX; i++)
		if (!(s->slots & UINT32_C(1) << i) &&
		    crypt_activate_by_passphrase(s->cd, NULL, i, key, passphrase->len, 0) == i)
			(void)crypt_keyslot_destroy(s->cd, i);
}

static void take_back_token(struct luks_store *s)
{
	const char *type;

	for (int i = 0; s->cd && i < LUKS2_KEYSLOTS_MAX; i++)
		if (!(s->tokens & UINT32_C(1) << i) &&
		    crypt_token_status(s->cd, i, &type) > CRYPT_TOKEN_INACTIVE &&
		    strncmp(type, "cvmcrypt", strlen("cvmcrypt")) == 0)
			(void)crypt_token_json_set(s->cd, i, NULL);
}

static int check_loaded(const struct luks_store *s, struct err *reterr)
{
	if (s->cd)
		return 0;
	return err_set(reterr, E_HEADER_WRITE, "'%s' did not load again after a failure",
		       s->device.path);
}

/* Every call starts here, so that a note is of that call, and what is there is known. */
static int begin(struct luks_store *s, struct err *reterr)
{
	int r = check_loaded(s, reterr);

	s->note.last[0] = 0;
	s->slots = s->tokens = 0;
	for (int i = 0; r == 0 && i < LUKS2_KEYSLOTS_MAX; i++) {
		if (crypt_keyslot_status(s->cd, i) > CRYPT_SLOT_INACTIVE)
			s->slots |= UINT32_C(1) << i;
		if (crypt_token_status(s->cd, i, NULL) > CRYPT_TOKEN_INACTIVE)
			s->tokens |= UINT32_C(1) << i;
	}
	return r;
}

static int set_kdf(struct luks_store *s, struct err *reterr)
{
	const struct crypt_pbkdf_type kdf = {
		.type = CRYPT_KDF_PBKDF2,
		.hash = "sha256",
		.iterations = PBKDF2_ITERATIONS,
		.flags = CRYPT_PBKDF_NO_BENCHMARK,
	};
	int r = crypt_set_pbkdf_type(s->cd, &kdf);

	if (r == 0)
		r = crypt_keyslot_set_encryption(s->cd, AREA_CIPHER, AREA_KEY_BYTES);
	return r < 0 ? luks_fail(reterr, E_INTERNAL, r, &s->note, "keyslot parameters") : 0;
}

static bool overlaps_an_area(struct crypt_device *cd, uint64_t start, uint64_t end)
{
	uint64_t offset, len;

	for (int slot = 0; slot < LUKS2_KEYSLOTS_MAX; slot++)
		if (crypt_keyslot_area(cd, slot, &offset, &len) == 0 && start < offset + len &&
		    offset < end)
			return true;
	return false;
}

/* libcryptsetup says EINVAL for no number, for no area and for much else: so it is asked here. */
static bool has_room(struct crypt_device *cd, size_t key_len)
{
	uint64_t need = (key_len * AF_STRIPES + AREA_ALIGN - 1) / AREA_ALIGN * AREA_ALIGN;
	uint64_t copy_size, areas_size, first, offset, len;
	bool number = false, room;

	if (crypt_get_metadata_size(cd, &copy_size, &areas_size) < 0)
		return false;
	first = 2 * copy_size;
	room = need <= areas_size && !overlaps_an_area(cd, first, first + need);
	for (int slot = 0; slot < LUKS2_KEYSLOTS_MAX; slot++) {
		if (crypt_keyslot_status(cd, slot) == CRYPT_SLOT_INACTIVE)
			number = true;
		if (crypt_keyslot_area(cd, slot, &offset, &len) == 0 &&
		    offset + len + need <= first + areas_size &&
		    !overlaps_an_area(cd, offset + len, offset + len + need))
			room = true;
	}
	return number && room;
}

int luks_store_add_keyslot(struct luks_store *s, const struct secret *volume_key,
			   const struct secret *passphrase, int *ret_slot, struct err *reterr)
{
	int r = begin(s, reterr);

	if (r == 0)
		r = set_kdf(s, reterr);
	if (r < 0)
		return r;
	if (!has_room(s->cd, volume_key->len))
		return err_set(reterr, E_NO_SPACE, "keyslots of '%s'", s->device.path);
	r = crypt_keyslot_add_by_volume_key(s->cd, CRYPT_ANY_SLOT, (const char *)volume_key->bytes,
					    volume_key->len, (const char *)passphrase->bytes,
					    passphrase->len);
	if (r < 0) {
		r = write_failed(s, r == -EPERM ? E_KEYTEST : E_HEADER_WRITE, r,
				 "adding a keyslot", reterr);
		take_back_keyslot(s, passphrase);
		return r;
	}
	*ret_slot = r;
	return 0;
}

int luks_store_test_keyslot(struct luks_store *s, int slot, const struct secret *passphrase,
			    struct err *reterr)
{
	int r = begin(s, reterr);

	if (r < 0)
		return r;
	if (slot < 0)
		return err_set(reterr, E_INTERNAL, "keyslot %d", slot);
	r = crypt_activate_by_passphrase(s->cd, NULL, slot, (const char *)passphrase->bytes,
					 passphrase->len, 0);
	if (r == slot)
		return 0;
	return luks_fail(reterr, E_KEYTEST, r < 0 ? r : -EINVAL, &s->note, "trying the keyslot");
}

int luks_store_remove_keyslot(struct luks_store *s, int slot, struct err *reterr)
{
	int r = begin(s, reterr);

	if (r < 0)
		return r;
	if (crypt_keyslot_status(s->cd, slot) == CRYPT_SLOT_INACTIVE)
		return 0;
	r = crypt_keyslot_destroy(s->cd, slot);
	return r < 0 ? write_failed(s, E_HEADER_WRITE, r, "removing a keyslot", reterr) : 0;
}

int luks_store_put_token(struct luks_store *s, int token, const char *json, int *ret_token,
			 struct err *reterr)
{
	int r = begin(s, reterr);

	if (r < 0)
		return r;
	r = crypt_token_json_set(s->cd, token < 0 ? CRYPT_ANY_TOKEN : token, json);
	if (r < 0) {
		r = write_failed(s, r == -ENOSPC ? E_NO_SPACE : E_HEADER_WRITE, r,
				 "writing a token", reterr);
		if (token < 0)
			take_back_token(s);
		return r;
	}
	*ret_token = r;
	return 0;
}

int luks_store_remove_token(struct luks_store *s, int token, struct err *reterr)
{
	int r = begin(s, reterr);

	if (r < 0)
		return r;
	if (crypt_token_status(s->cd, token, NULL) == CRYPT_TOKEN_INACTIVE)
		return 0;
	r = crypt_token_json_set(s->cd, token, NULL);
	return r < 0 ? write_failed(s, E_HEADER_WRITE, r, "removing a token", reterr) : 0;
}
