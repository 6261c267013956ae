/* SPDX-License-Identifier: MIT */
/*
 * Changes of a store. A change is planned in memory; then its blocks are written where nothing is, in
 * order of their ids, and synced; then the inactive header, which makes them the contents, and synced.
 */
#include "vmgs_store.h"

#include "file.h"

#include <errno.h>
#include <string.h>

struct change {
	int id;				/* the file that gets new contents; -1: none */
	const void *data;
	size_t len;
	bool encrypt;
	bool tables;			/* the tables get new places; else only the header is new */
	struct vmgs_entry entry[VMGS_FILES];
	struct vmgs_header header;
	int slot;
	const struct secret *root;	/* wraps the metadata key; NULL: the store stays locked or plain */
	struct secret metadata, extended;
	struct buf stored;		/* the file as it is written, padded to a sector */
	uint8_t extended_block[VMGS_BLOCK_BYTES];
};

#define _cleanup_change_ _cleanup_(change_done)

static void change_done(struct change *c)
{
	secret_clear(&c->metadata);
	secret_clear(&c->extended);
	buf_done(&c->stored);
}

/* Of a store that is open for writing; root wraps the metadata key, NULL leaves the key slots alone. */
static int begin(const struct vmgs_store *s, struct change *c, const struct secret *root,
		 struct err *reterr)
{
	int r;

	if (!s->writable)
		return err_set(reterr, E_INTERNAL, "'%s' is open for reading", s->name);
	memcpy(c->entry, s->entry, sizeof(c->entry));
	c->header = s->header[s->active];
	/* what is reserved is not carried over; who writes has seen that the store was made anew */
	c->header.markers = 0;
	c->header.sequence++;
	c->slot = s->slot;
	c->root = root;
	if (!root)
		return 0;
	r = secret_alloc(&c->extended, VMGS_BLOCK_BYTES, reterr);
	if (r == 0 && s->unlocked)
		memcpy(c->extended.bytes, s->extended.bytes, VMGS_BLOCK_BYTES);
	return r;
}

/* The root key, where the store is open with it. */
static const struct secret *root_of(const struct vmgs_store *s)
{
	return s->unlocked ? &s->root : NULL;
}

/* The table, the file, the extended table; all that is in use now stays reserved. */
static int place(const struct vmgs_store *s, struct change *c, struct err *reterr)
{
	struct vmgs_runs runs = {.capacity = s->capacity};
	int r = 0;

	for (int id = 0; r == 0 && id < VMGS_FILES; id++)
		if (s->entry[id].blocks > 0)
			r = vmgs_runs_add(&runs, s->entry[id].offset, s->entry[id].blocks, reterr);
	for (int id = 0; r == 0 && id < VMGS_FILES; id++) {
		uint64_t bytes = id == c->id ? c->len : VMGS_BLOCK_BYTES;
		struct vmgs_entry *e = &c->entry[id];

		if (id != VMGS_ID_TABLE && id != c->id && !(id == VMGS_ID_EXTENDED && c->root))
			continue;
		*e = (struct vmgs_entry){.bytes = bytes};
		r = vmgs_runs_place(&runs, vmgs_blocks(bytes), &e->offset, reterr);
		e->blocks = (uint32_t)vmgs_blocks(bytes);
	}
	c->header.table_offset = c->entry[VMGS_ID_TABLE].offset;
	return r;
}

static int seal_entry(struct vmgs_entry *e, const struct vmgs_random *random,
		      const struct secret *key, const void *in, void *out, struct err *reterr)
{
	int r = vmgs_random_nonce(random, 0, e->nonce, reterr);

	e->attributes = VMGS_ATTRIBUTES_BOTH;
	return r < 0 ? r : vmgs_seal(key, e->nonce, in, (size_t)e->bytes, out, e->tag, reterr);
}

static int prepare_file(const struct vmgs_store *s, struct change *c, struct err *reterr)
{
	_cleanup_secret_ struct secret key = SECRET_INIT;
	size_t padded = (c->len + VMGS_SECTOR_BYTES - 1) / VMGS_SECTOR_BYTES * VMGS_SECTOR_BYTES;
	int r;

	if (c->id < 0)
		return 0;
	c->stored.max = c->stored.cap = padded ? padded : VMGS_SECTOR_BYTES;
	c->stored.len = padded;
	c->stored.data = calloc(1, c->stored.cap);
	if (!c->stored.data)
		return err_set(reterr, E_NOMEM, "a file of %zu bytes", c->len);
	if (c->root)	/* what another file of this id left */
		explicit_bzero(c->extended.bytes + (size_t)c->id * VMGS_ENTRY_BYTES, VMGS_ENTRY_BYTES);
	if (!c->encrypt) {
		if (c->len > 0)
			memcpy(c->stored.data, c->data, c->len);
		return 0;
	}
	r = vmgs_random_key(&s->random, &key, reterr);
	if (r < 0)
		return r;
	vmgs_extended_set_attributes(c->extended.bytes, c->id, VMGS_ATTRIBUTES_BOTH);
	memcpy(c->extended.bytes + VMGS_EXTENDED_KEY(c->id), key.bytes, key.len);
	return seal_entry(&c->entry[c->id], &s->random, &key, c->data, c->stored.data, reterr);
}

/* Under a fresh metadata key each time. */
static int prepare_extended(const struct vmgs_store *s, struct change *c, struct err *reterr)
{
	uint8_t *table = c->extended.bytes;
	int r = vmgs_random_key(&s->random, &c->metadata, reterr);

	if (r < 0)
		return r;
	/* as the reference writer: it fills the table before it changes the key of the table itself */
	if (s->unlocked) {
		vmgs_extended_set_attributes(table, VMGS_ID_EXTENDED, VMGS_ATTRIBUTES_BOTH);
		memcpy(table + VMGS_EXTENDED_KEY(VMGS_ID_EXTENDED), s->metadata.bytes, s->metadata.len);
	}
	return seal_entry(&c->entry[VMGS_ID_EXTENDED], &s->random, &c->metadata, table,
			  c->extended_block, reterr);
}

static int wrap(const struct vmgs_random *random, struct vmgs_slot *slot, uint64_t counter,
		const struct secret *root, const struct secret *metadata, struct err *reterr)
{
	int r = vmgs_random_nonce(random, counter, slot->nonce, reterr);

	return r < 0 ? r : vmgs_seal(root, slot->nonce, metadata->bytes, metadata->len, slot->wrapped,
				     slot->tag, reterr);
}

static int write_block(const struct vmgs_store *s, const struct vmgs_entry *e, const void *data,
		       size_t len, struct err *reterr)
{
	return file_pwrite(s->fd, s->name, data, len, (off_t)e->offset * VMGS_BLOCK_BYTES, reterr);
}

static int sync_store(const struct vmgs_store *s, struct err *reterr)
{
	return fsync(s->fd) < 0 ? err_errno(reterr, E_IO, errno, "syncing '%s'", s->name) : 0;
}

static int write_blocks(const struct vmgs_store *s, const struct change *c, struct err *reterr)
{
	uint8_t table[VMGS_BLOCK_BYTES];
	int r;

	vmgs_table_format(c->entry, table);
	r = write_block(s, &c->entry[VMGS_ID_TABLE], table, sizeof(table), reterr);
	if (r == 0 && c->id >= 0 && c->stored.len > 0)
		r = write_block(s, &c->entry[c->id], c->stored.data, c->stored.len, reterr);
	if (r == 0 && c->root)
		r = write_block(s, &c->entry[VMGS_ID_EXTENDED], c->extended_block,
				sizeof(c->extended_block), reterr);
	return r < 0 ? r : sync_store(s, reterr);
}

static int write_header(struct vmgs_store *s, const struct vmgs_header *h, struct err *reterr)
{
	uint8_t sector[VMGS_SECTOR_BYTES] = {0};
	int r, next = !s->active;

	vmgs_header_format(h, sector);
	r = file_pwrite(s->fd, s->name, sector, sizeof(sector), (off_t)next * s->sector_bytes, reterr);
	if (r == 0)
		r = sync_store(s, reterr);
	if (r < 0)
		return r;
	s->state[next] = vmgs_header_parse(sector, &s->header[next]);
	s->active = next;
	return 0;
}

static int commit(struct vmgs_store *s, struct change *c, struct err *reterr)
{
	struct vmgs_slot *slot = &c->header.slot[c->slot];
	uint64_t counter = vmgs_slot_empty(slot) ? 0 : vmgs_slot_counter(slot) + 1;
	int r;

	if (c->tables) {
		r = place(s, c, reterr);
		if (r == 0)
			r = prepare_file(s, c, reterr);
		if (r == 0 && c->root)
			r = prepare_extended(s, c, reterr);
		if (r == 0 && c->root)
			r = wrap(&s->random, slot, counter, c->root, &c->metadata, reterr);
		if (r == 0)
			r = write_blocks(s, c, reterr);
		if (r < 0)
			return r;
	}
	r = write_header(s, &c->header, reterr);
	if (r < 0 || !c->tables)
		return r;
	memcpy(s->entry, c->entry, sizeof(s->entry));
	s->stale = 0;
	if (c->root) {
		secret_take(&s->metadata, &c->metadata);
		secret_take(&s->extended, &c->extended);
		explicit_bzero(s->extended.bytes + (size_t)VMGS_ID_EXTENDED * VMGS_ENTRY_BYTES,
			       VMGS_ENTRY_BYTES);
	}
	return 0;
}

static int check_id(int id, struct err *reterr)
{
	return id > VMGS_ID_TABLE && id < VMGS_ID_EXTENDED
		? 0 : err_set(reterr, E_USAGE, "the tables are no files; ids go from 1 to 62");
}

static int check_present(const struct vmgs_store *s, int id, struct err *reterr)
{
	char name[32];
	int r = check_id(id, reterr);

	if (r == 0 && !vmgs_store_has(s, id))
		return err_set(reterr, E_VMGS_FILE_ABSENT, "there is no file %s",
			       vmgs_file_text(id, name));
	return r;
}

int vmgs_store_write(struct vmgs_store *s, int id, const void *data, size_t len, bool encrypt,
		     struct err *reterr)
{
	_cleanup_change_ struct change c = {.id = id};
	int r = check_id(id, reterr);

	if (r == 0)
		r = begin(s, &c, root_of(s), reterr);
	if (r < 0)
		return r;
	if (encrypt && !s->unlocked)
		return err_set(reterr, E_VMGS_LOCKED, "'%s' is not open for encrypted files", s->name);
	if (len > s->disk_bytes || len > VMGS_FILE_BYTES_MAX)
		return err_set(reterr, E_VMGS_SPACE, "%zu bytes are more than the store takes", len);
	c.data = data;
	c.len = len;
	c.encrypt = encrypt;
	c.tables = true;
	return commit(s, &c, reterr);
}

/* The extended table's entry goes with the file. */
static void move_extended(struct change *c, int from, int to)
{
	uint8_t *source;

	if (!c->root)
		return;
	source = c->extended.bytes + (size_t)from * VMGS_ENTRY_BYTES;
	if (to >= 0)
		memcpy(c->extended.bytes + (size_t)to * VMGS_ENTRY_BYTES, source, VMGS_ENTRY_BYTES);
	explicit_bzero(source, VMGS_ENTRY_BYTES);
}

int vmgs_store_delete(struct vmgs_store *s, int id, struct err *reterr)
{
	_cleanup_change_ struct change c = {.id = -1};
	int r = check_present(s, id, reterr);

	if (r == 0)
		r = begin(s, &c, root_of(s), reterr);
	if (r < 0)
		return r;
	c.entry[id] = (struct vmgs_entry){0};
	c.tables = true;
	move_extended(&c, id, -1);
	return commit(s, &c, reterr);
}

int vmgs_store_move(struct vmgs_store *s, int from, int to, struct err *reterr)
{
	_cleanup_change_ struct change c = {.id = -1};
	int r = check_present(s, from, reterr);

	if (r == 0)
		r = check_id(to, reterr);
	if (r == 0)
		r = begin(s, &c, root_of(s), reterr);
	if (r < 0)
		return r;
	/* locked, the extended table would go on to speak of the old id */
	if (vmgs_store_sealed(s) && !s->unlocked)
		return err_set(reterr, E_VMGS_LOCKED, "'%s' is encrypted", s->name);
	if (from == to)
		return err_set(reterr, E_VMGS_NOTHING, "it has this id already");
	c.entry[to] = c.entry[from];
	c.entry[from] = (struct vmgs_entry){0};
	c.tables = true;
	move_extended(&c, from, to);
	return commit(s, &c, reterr);
}

int vmgs_store_refresh(struct vmgs_store *s, struct err *reterr)
{
	_cleanup_change_ struct change c = {.id = -1};
	int r = begin(s, &c, root_of(s), reterr);

	c.tables = true;
	return r < 0 ? r : commit(s, &c, reterr);
}

static int check_new_key(const struct secret *root, struct err *reterr)
{
	return root->len == VMGS_KEY_BYTES && !vmgs_all_zero(root->bytes, root->len)
		? 0 : err_set(reterr, E_USAGE, "a key of zeros protects nothing");
}

int vmgs_store_encrypt(struct vmgs_store *s, struct secret *root, struct err *reterr)
{
	_cleanup_change_ struct change c = {.id = -1};
	int r = check_new_key(root, reterr);

	if (r == 0 && vmgs_store_sealed(s))
		r = err_set(reterr, E_VMGS_NOTHING, "'%s' is encrypted already", s->name);
	if (r == 0)
		r = begin(s, &c, root, reterr);
	if (r < 0)
		return r;
	memset(c.header.slot, 0, sizeof(c.header.slot));
	c.header.algorithm = VMGS_ALGORITHM_AES_GCM;
	c.slot = 0;
	c.tables = true;
	r = commit(s, &c, reterr);
	if (r < 0)
		return r;
	secret_take(&s->root, root);
	s->slot = 0;
	s->unlocked = true;
	return 0;
}

int vmgs_store_rekey(struct vmgs_store *s, struct secret *root, struct err *reterr)
{
	_cleanup_change_ struct change c = {.id = -1};
	int r = check_new_key(root, reterr);

	if (r == 0 && !s->unlocked)
		r = err_set(reterr, vmgs_store_sealed(s) ? E_VMGS_LOCKED : E_VMGS_PLAIN,
			    "'%s' is not open with its key", s->name);
	if (r == 0)
		r = begin(s, &c, NULL, reterr);
	if (r < 0)
		return r;
	c.slot = !s->slot;
	memset(c.header.slot, 0, sizeof(c.header.slot));
	r = wrap(&s->random, &c.header.slot[c.slot], 0, root, &s->metadata, reterr);
	if (r == 0)
		r = commit(s, &c, reterr);
	if (r < 0)
		return r;
	secret_take(&s->root, root);
	s->slot = c.slot;
	return 0;
}
