/* SPDX-License-Identifier: MIT */
#include "vmgs_verify.h"

#include "vmgs_nvram.h"
#include "vmgs_protector.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *vmgs_severity_name(enum vmgs_severity severity)
{
	return severity == VMGS_ERROR ? "error" : severity == VMGS_WARNING ? "warning" : "info";
}

/* err: 0 but for an error. */
static void add(struct vmgs_findings *f, const char *code, int err, enum vmgs_severity severity,
		const char *fmt, ...) _printf_(5, 6);
static void add(struct vmgs_findings *f, const char *code, int err, enum vmgs_severity severity,
		const char *fmt, ...)
{
	struct vmgs_finding *item;
	va_list ap;

	if (f->count == VMGS_FINDINGS_MAX)
		return;
	item = &f->item[f->count++];
	item->code = code;
	item->err = err;
	item->severity = severity;
	va_start(ap, fmt);
	(void)vsnprintf(item->text, sizeof(item->text), fmt, ap);
	va_end(ap);
}

static const char *failure_word(int code)
{
	static const struct {
		int code;
		const char *word;
	} words[] = {
		{E_VMGS_CONTAINER, "container-invalid"}, {E_VMGS_EMPTY, "blank"},
		{E_VMGS_VERSION_1, "version-1"}, {E_VMGS_HEADER, "header-invalid"},
		{E_VMGS_TABLE, "table-invalid"}, {E_VMGS_DATA, "file-corrupt"},
		{E_VMGS_KEY, "wrong-key"}, {E_VMGS_PLAIN, "not-encrypted"},
		{E_VMGS_CONTENT, "content-malformed"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].code == code)
			return words[i].word;
	return "failed";
}

void vmgs_findings_failure(struct vmgs_findings *f, int r, const struct err *e)
{
	add(f, failure_word(-r), -r, VMGS_ERROR, "%s", e->msg);
}

static void check_headers(const struct vmgs_store *s, struct vmgs_findings *f)
{
	for (int i = 0; i < 2; i++) {
		const struct vmgs_header *h = &s->header[i];

		/* a write that was cut leaves one such header, a fresh store a blank one */
		if (s->state[i] != VMGS_HEADER_VALID && s->state[i] != VMGS_HEADER_BLANK)
			add(f, "header-damaged", 0, VMGS_WARNING,
			    "header %d is not valid: %s; the state that it stood for is lost", i,
			    vmgs_header_text(s->state[i]));
		if (s->state[i] != VMGS_HEADER_VALID)
			continue;
		if (h->reserved != 0 || (h->markers & ~VMGS_MARKER_REPROVISIONED) != 0)
			add(f, "reserved-set", 0, VMGS_WARNING, "header %d has reserved bits set", i);
	}
	if (s->active >= 0 && (s->header[s->active].markers & VMGS_MARKER_REPROVISIONED))
		add(f, "reprovisioned", 0, VMGS_INFO,
		    "the marker that the store was made anew is set; the next change clears it");
	if (s->container == VMGS_RAW && s->active >= 0)
		add(f, "no-footer", 0, VMGS_INFO, "a raw disk without VHD footer, second header at byte %u",
		    s->sector_bytes);
}

static void check_slots(const struct vmgs_store *s, struct vmgs_findings *f)
{
	const struct vmgs_slot *slot = s->header[s->active].slot;
	bool first = !vmgs_slot_empty(&slot[0]), second = !vmgs_slot_empty(&slot[1]);

	if (!vmgs_store_sealed(s)) {
		if (first || second)
			add(f, "slot-unused", 0, VMGS_WARNING, "key slots are filled in a store without "
			    "encryption");
		return;
	}
	if (!first && !second)
		add(f, "slots-empty", E_VMGS_HEADER, VMGS_ERROR,
		    "the store is encrypted and has no key slot: no key opens it");
	if (first && second)
		add(f, "two-keys", 0, VMGS_WARNING,
		    "both key slots are filled: a change of the key did not end, or a second key was added");
}

static void check_entries(const struct vmgs_store *s, struct vmgs_findings *f)
{
	bool sealed_store = vmgs_store_sealed(s);
	char name[32], other[32];
	int a, b;

	if (vmgs_table_overlap(s->entry, &a, &b))
		add(f, "overlap", E_VMGS_TABLE, VMGS_ERROR, "%s and %s share blocks",
		    vmgs_file_text(a, name), vmgs_file_text(b, other));
	for (int id = 0; id < VMGS_FILES; id++) {
		const struct vmgs_entry *e = &s->entry[id];
		bool sealed = vmgs_entry_sealed(e);

		(void)vmgs_file_text(id, name);
		if (e->blocks == 0) {
			if (e->offset || e->bytes || e->attributes || sealed)
				add(f, "entry-unused", 0, VMGS_WARNING,
				    "the entry of %s has no blocks, and is not empty", name);
			continue;
		}
		if (e->reserved_set || (e->attributes & ~(uint32_t)VMGS_ATTRIBUTES_BOTH))
			add(f, "reserved-set", 0, VMGS_WARNING, "the entry of %s has reserved bits set", name);
		if (sealed && !sealed_store)
			add(f, "key-gone", E_VMGS_DATA, VMGS_ERROR,
			    "%s is ciphertext, and the store is not encrypted any more", name);
		else if (sealed && e->attributes == 0)
			add(f, "old-writer", 0, VMGS_INFO,
			    "%s is encrypted, and only its nonce tells: written by an old program", name);
		else if (!sealed && e->attributes != 0)
			add(f, "attributes-false", 0, VMGS_WARNING,
			    "%s is called encrypted, and has neither nonce nor tag", name);
		if (sealed && id != VMGS_ID_EXTENDED && vmgs_file_read_locked(id))
			add(f, "encrypted-early", 0, VMGS_WARNING,
			    "%s is encrypted, and is read before the key is there", name);
	}
	if (sealed_store && (s->entry[VMGS_ID_EXTENDED].blocks != 1 ||
			     s->entry[VMGS_ID_EXTENDED].bytes != VMGS_BLOCK_BYTES))
		add(f, "no-extended-table", E_VMGS_TABLE, VMGS_ERROR,
		    "the store is encrypted and has no extended file table of one block");
}

static void check_zero_key(const struct vmgs_store *s, struct vmgs_findings *f)
{
	struct vmgs_entry previous[VMGS_FILES];

	if (!vmgs_store_sealed(s))
		return;
	if (vmgs_store_zero_key(s, &s->entry[VMGS_ID_EXTENDED]))
		add(f, "metadata-key-zero", E_VMGS_REFUSED, VMGS_ERROR,
		    "the metadata key is all zero: anyone can read the encrypted files without a key; "
		    "'vmgs rekey --rewrite' cures it, a new key alone does not");
	else if (vmgs_store_previous(s, previous) &&
		 vmgs_store_zero_key(s, &previous[VMGS_ID_EXTENDED]))
		add(f, "previous-key-zero", 0, VMGS_WARNING,
		    "the state before this one has an all-zero metadata key and is still on the disk: "
		    "keys of files not written since are open to anyone; 'vmgs rekey --rewrite' cures it");
}

void vmgs_verify_structure(const struct vmgs_store *s, struct vmgs_findings *f)
{
	if (s->active < -1)
		return;
	check_headers(s, f);
	if (s->active < 0)
		return;
	check_slots(s, f);
	if (!s->table_read)
		return;
	check_entries(s, f);
	check_zero_key(s, f);
}

static void check_content(int id, const struct buf *data, struct vmgs_findings *f)
{
	struct key_protector protector;
	struct err e = {0};
	struct cursor c = CURSOR(data->data, data->len);
	int r = 0;

	if (id == 1 && data->len > 0)
		while (c.left > 0 && r == 0) {
			struct nvram_variable v;

			r = nvram_next(&c, &v, &e);
		}
	else if (id == 6 && data->len > 0)
		r = key_protector_parse(data->data, data->len, &protector, &e);
	/* the guest or the host wrote it so: no damage of the store */
	if (r < 0)
		add(f, "content-malformed", 0, VMGS_WARNING, "%s: %s", vmgs_file_name(id), e.msg);
}

static void check_file(const struct vmgs_store *s, int id, struct vmgs_findings *f)
{
	_cleanup_buf_ struct buf data = BUF_INIT(0);
	struct err e = {0};
	int r = vmgs_store_read(s, id, &data, &e);

	if (r == -E_VMGS_LOCKED)
		return;
	if (r < 0)
		vmgs_findings_failure(f, r, &e);
	else
		check_content(id, &data, f);
}

void vmgs_verify_contents(const struct vmgs_store *s, struct vmgs_findings *f)
{
	char name[32];

	for (int id = 1; id < VMGS_ID_EXTENDED; id++) {
		if (!vmgs_store_has(s, id))
			continue;
		(void)vmgs_file_text(id, name);
		if (s->stale & UINT64_C(1) << id)
			add(f, "stale-entry", 0, VMGS_WARNING,
			    "%s is plain, and the extended table calls it encrypted: it was written "
			    "without the key; other programs cannot read it", name);
		if (vmgs_store_encrypted(s, id) && s->unlocked &&
		    vmgs_all_zero(s->extended.bytes + VMGS_EXTENDED_KEY(id), VMGS_KEY_BYTES))
			add(f, "file-key-zero", E_VMGS_REFUSED, VMGS_ERROR,
			    "the key of %s is all zero: anyone can read it", name);
		if (s->unlocked && vmgs_file_secret(id) && !vmgs_store_encrypted(s, id))
			add(f, "secret-plain", 0, VMGS_WARNING, "%s is stored unencrypted: read it, and "
			    "write it again with --key-file and --force", name);
		check_file(s, id, f);
	}
	if (vmgs_store_sealed(s) && !s->unlocked)
		add(f, "locked", 0, VMGS_INFO,
		    "the store is encrypted and no key was given: encrypted files were not checked");
}

int vmgs_findings_verdict(const struct vmgs_findings *f)
{
	int verdict = 0;

	/* open to anyone is said only of contents that are intact */
	for (size_t i = 0; i < f->count; i++)
		if (f->item[i].severity == VMGS_ERROR && (verdict == 0 || verdict == E_VMGS_REFUSED))
			verdict = f->item[i].err;
	return verdict;
}
