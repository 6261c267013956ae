/* SPDX-License-Identifier: MIT */
#include "inspect_luks.h"

#include "codec.h"
#include "json.h"
#include "luks.h"
#include "luks2_header.h"
#include "record.h"

#include <stdio.h>
#include <string.h>

static const char *const copy_name[2] = {"primary", "secondary"};

struct facts {
	struct luks_device device;
	bool header_only;		/* a file without data: what luksHeaderBackup writes */
	struct luks2_header header;
	bool has_record;
	struct err record_error;	/* code 0: none */
	struct record record;
	struct err refusal;		/* code 0: allowed */
};

static void facts_done(struct facts *f)
{
	luks_device_done(&f->device);
	luks2_header_done(&f->header);
}

static void read_record(struct facts *f)
{
	const struct luks2_token *t = NULL;

	if (luks2_header_token(&f->header, RECORD_TYPE, &t, &f->record_error) < 0 || !t)
		return;
	if (record_parse(&f->record, t->text, strlen(t->text), &f->record_error) == 0)
		f->has_record = true;
}

static int collect(struct facts *f, const char *file, struct err *reterr)
{
	const struct luks2_header *h = &f->header;
	int r = luks_device_open(&f->device, file, false, reterr);

	if (r < 0)
		return r;
	r = luks_read_header(&f->device, &f->header, reterr);
	if (r < 0)
		return r;
	f->header_only = !f->device.rdev && f->device.size <= 2 * h->hdr_size + h->keyslots_size;
	read_record(f);
	(void)luks2_header_policy(h, f->has_record ? f->record.keyslot : -1,
				  f->header_only ? UINT64_MAX : f->device.size, &f->refusal);
	if (!f->refusal.code)
		f->refusal = f->record_error;
	return 0;
}

/* Text from a header may try to drive the terminal. */
static const char *shown(const char *text, char out[LUKS2_TYPE_MAX])
{
	size_t i;

	for (i = 0; text[i] && i < LUKS2_TYPE_MAX - 1; i++)
		out[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
	out[i] = '\0';
	return out;
}

/* Whose a keyslot is: NULL if it is nothing to cvmcrypt. */
static const char *keyslot_use(const struct facts *f, int id)
{
	if (!f->has_record)
		return NULL;
	if (f->record.keyslot == id)
		return "cvmcrypt";
	for (size_t i = 0; i < f->record.way_count; i++)
		if (f->record.ways[i].type == WAY_RECOVERY &&
		    f->record.ways[i].recovery.keyslot == id)
			return "recovery";
	return NULL;
}

static void print_mask(const char *before, uint32_t mask)
{
	printf("%s", mask ? before : ", no keyslot");
	for (int id = 0; id < 32; id++)
		if (mask & UINT32_C(1) << id)
			printf(" %d", id);
}

static void print_copies(const struct luks2_header *h)
{
	for (int i = 0; i < 2; i++)
		printf("%-10s copy  %s%s%s%s\n", copy_name[i],
		       h->copy[i] == LUKS2_COPY_GOOD ? "good" : "bad", i == h->used ? ", used" : "",
		       h->copy_reason[i][0] ? ": " : "", h->copy_reason[i]);
}

static void print_segment(const struct luks2_header *h)
{
	const struct luks2_segment *s = &h->segment;
	char text[LUKS2_TYPE_MAX];

	if (h->segment_count != 1)
		printf("segments         %zu\n", h->segment_count);
	if (!s->type[0])
		return;
	printf("segment 0        %s", shown(s->type, text));
	if (strcmp(s->type, "crypt") == 0) {
		printf(", %s, sector size %u", shown(s->cipher, text), s->sector_size);
		printf(", offset %llu", (unsigned long long)s->offset);
		if (!s->dynamic)
			printf(", size %llu", (unsigned long long)s->size);
		if (s->iv_tweak)
			printf(", iv_tweak %llu", (unsigned long long)s->iv_tweak);
		printf("%s%s", s->integrity ? ", integrity" : "", s->flag_count ? ", flags" : "");
	}
	printf("\n");
}

static void print_digest(const struct luks2_header *h)
{
	const struct luks2_digest *d = &h->digest;
	char text[LUKS2_TYPE_MAX];

	if (h->digest_count != 1)
		printf("digests          %zu of segment 0\n", h->digest_count);
	if (!d->type[0])
		return;
	printf("digest           %s", shown(d->type, text));
	if (strcmp(d->type, "pbkdf2") == 0)
		printf(" %s, %u iterations", shown(d->hash, text), d->iterations);
	print_mask(", keyslots", d->keyslots);
	printf("\n");
}

static void print_keyslot(const struct facts *f, const struct luks2_keyslot *k)
{
	const char *use = keyslot_use(f, k->id);
	char text[LUKS2_TYPE_MAX];

	printf("keyslot %-2d       ", k->id);
	if (!k->plain) {
		printf("%s, not used: %s\n", shown(k->type, text), k->reason);
		return;
	}
	printf("%u-bit key, %s", k->key_size * 8, k->kdf);
	if (k->kdf_hash[0])
		printf(" %s, %u iterations", shown(k->kdf_hash, text), k->kdf_iterations);
	else
		printf(", time %u, memory %u KiB, cpus %u", k->kdf_iterations, k->kdf_memory,
		       k->kdf_cpus);
	printf(", area %s%s%s\n", shown(k->area_cipher, text), use ? "; of " : "", use ? use : "");
}

static void print_record(const struct facts *f)
{
	const struct record *rec = &f->record;
	char id[HEX_SIZE(RECORD_ID_SIZE)];

	if (f->record_error.code)
		printf("record           E%d %s\n", f->record_error.code, f->record_error.msg);
	if (!f->has_record)
		return;
	hex_encode(id, rec->id, sizeof(rec->id));
	printf("record           version %u, generation %llu, record id %s\n", rec->version,
	       (unsigned long long)rec->generation, id);
	for (size_t i = 0; i < rec->way_count; i++)
		printf("  way            %s\n", record_way_name(rec->ways[i].type));
	for (size_t i = 0; i < rec->approval_count; i++)
		printf("  approval       %llu%s%s\n", (unsigned long long)rec->approvals[i].number,
		       rec->approvals[i].proven ? ", proven" : "",
		       rec->approvals[i].unexplained ? ", unexplained" : "");
}

static void print_text(const struct facts *f)
{
	const struct luks2_header *h = &f->header;
	char text[LUKS2_TYPE_MAX];

	printf("UUID             %s\n", h->uuid);
	if (h->label[0])
		printf("label            %s\n", shown(h->label, text));
	print_copies(h);
	printf("seqid            %llu\n", (unsigned long long)h->seqid);
	printf("sizes            %llu bytes a copy, %llu bytes of keyslots\n",
	       (unsigned long long)h->hdr_size, (unsigned long long)h->keyslots_size);
	print_segment(h);
	print_digest(h);
	if (h->flag_count)
		printf("flags            %zu: %s\n", h->flag_count, shown(h->first_flag, text));
	if (h->requirement_count)
		printf("requirements     %zu: %s\n", h->requirement_count,
		       shown(h->first_requirement, text));
	for (size_t i = 0; i < h->keyslot_count; i++)
		print_keyslot(f, &h->keyslot[i]);
	for (size_t i = 0; i < h->token_count; i++) {
		printf("token %-2d         %s", h->token[i].id, shown(h->token[i].type, text));
		print_mask(", keyslots", h->token[i].keyslots);
		printf("\n");
	}
	print_record(f);
	if (f->refusal.code)
		printf("refused          E%d %s\n", f->refusal.code, f->refusal.msg);
	else
		printf("allowed          %s\n", f->has_record ? "yes" :
		       "yes, but there is no cvmcrypt record to open it by");
}

static void add_mask(struct cJSON *obj, const char *key, uint32_t mask, bool *ok)
{
	struct cJSON *list = json_add_array(obj, key, ok);

	for (int id = 0; id < 32; id++)
		if (mask & UINT32_C(1) << id)
			json_add_number(list, NULL, id, ok);
}

static void add_u64(struct cJSON *obj, const char *key, uint64_t value, bool *ok)
{
	char text[24];

	/* a JSON number carries 53 bits; a header may claim more */
	if (value < UINT64_C(1) << 53) {
		json_add_number(obj, key, (double)value, ok);
		return;
	}
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	json_add_string(obj, key, text, ok);
}

static void add_copies(struct cJSON *root, const struct luks2_header *h, bool *ok)
{
	struct cJSON *list = json_add_array(root, "copies", ok);

	for (int i = 0; i < 2; i++) {
		struct cJSON *o = json_add_object(list, NULL, ok);

		json_add_string(o, "copy", copy_name[i], ok);
		json_add_bool(o, "good", h->copy[i] == LUKS2_COPY_GOOD, ok);
		json_add_bool(o, "used", i == h->used, ok);
		if (h->copy_reason[i][0])
			json_add_string(o, "reason", h->copy_reason[i], ok);
	}
}

static void add_segment(struct cJSON *root, const struct luks2_header *h, bool *ok)
{
	const struct luks2_segment *s = &h->segment;
	struct cJSON *o;

	json_add_number(root, "segments", (double)h->segment_count, ok);
	if (!s->type[0])
		return;
	o = json_add_object(root, "segment", ok);
	json_add_string(o, "type", s->type, ok);
	if (strcmp(s->type, "crypt") != 0)
		return;
	json_add_string(o, "cipher", s->cipher, ok);
	json_add_number(o, "sector_size", s->sector_size, ok);
	add_u64(o, "offset", s->offset, ok);
	json_add_bool(o, "dynamic", s->dynamic, ok);
	if (!s->dynamic)
		add_u64(o, "size", s->size, ok);
	add_u64(o, "iv_tweak", s->iv_tweak, ok);
	json_add_bool(o, "integrity", s->integrity, ok);
	json_add_number(o, "flags", (double)s->flag_count, ok);
}

static void add_digest(struct cJSON *root, const struct luks2_header *h, bool *ok)
{
	const struct luks2_digest *d = &h->digest;
	struct cJSON *o;

	json_add_number(root, "digests", (double)h->digest_count, ok);
	if (!d->type[0])
		return;
	o = json_add_object(root, "digest", ok);
	json_add_string(o, "type", d->type, ok);
	json_add_string(o, "hash", d->hash, ok);
	json_add_number(o, "iterations", d->iterations, ok);
	add_mask(o, "keyslots", d->keyslots, ok);
}

static void add_keyslots(struct cJSON *root, const struct facts *f, bool *ok)
{
	struct cJSON *list = json_add_array(root, "keyslots", ok);

	for (size_t i = 0; i < f->header.keyslot_count; i++) {
		const struct luks2_keyslot *k = &f->header.keyslot[i];
		const char *use = keyslot_use(f, k->id);
		struct cJSON *o = json_add_object(list, NULL, ok);

		json_add_number(o, "id", k->id, ok);
		json_add_string(o, "type", k->type, ok);
		json_add_string(o, "use", use ? use : "foreign", ok);
		if (!k->plain) {
			json_add_string(o, "reason", k->reason, ok);
			continue;
		}
		json_add_number(o, "key_size", k->key_size, ok);
		json_add_string(o, "kdf", k->kdf, ok);
		json_add_number(o, "iterations", k->kdf_iterations, ok);
		json_add_string(o, "area_cipher", k->area_cipher, ok);
		add_u64(o, "area_offset", k->area_offset, ok);
		add_u64(o, "area_size", k->area_size, ok);
	}
}

static void add_record(struct cJSON *root, const struct facts *f, bool *ok)
{
	const struct record *rec = &f->record;
	struct cJSON *o, *list;

	if (f->record_error.code)
		json_add_string(root, "record_error", f->record_error.msg, ok);
	if (!f->has_record)
		return;
	o = json_add_object(root, "record", ok);
	json_add_number(o, "version", rec->version, ok);
	add_u64(o, "generation", rec->generation, ok);
	json_add_hex(o, "record_id", rec->id, sizeof(rec->id), ok);
	json_add_number(o, "keyslot", rec->keyslot, ok);
	list = json_add_array(o, "ways", ok);
	for (size_t i = 0; i < rec->way_count; i++)
		json_add_string(list, NULL, record_way_name(rec->ways[i].type), ok);
	list = json_add_array(o, "approvals", ok);
	for (size_t i = 0; i < rec->approval_count; i++) {
		struct cJSON *a = json_add_object(list, NULL, ok);

		add_u64(a, "number", rec->approvals[i].number, ok);
		json_add_bool(a, "proven", rec->approvals[i].proven, ok);
		json_add_bool(a, "unexplained", rec->approvals[i].unexplained, ok);
	}
}

static void add_lists(struct cJSON *root, const struct luks2_header *h, bool *ok)
{
	struct cJSON *list = json_add_array(root, "tokens", ok);

	for (size_t i = 0; i < h->token_count; i++) {
		struct cJSON *o = json_add_object(list, NULL, ok);

		json_add_number(o, "id", h->token[i].id, ok);
		json_add_string(o, "type", h->token[i].type, ok);
		add_mask(o, "keyslots", h->token[i].keyslots, ok);
	}
	json_add_number(root, "flags", (double)h->flag_count, ok);
	json_add_number(root, "requirements", (double)h->requirement_count, ok);
}

static void add_verdict(struct cJSON *root, const struct facts *f, bool *ok)
{
	struct cJSON *o = json_add_object(root, "policy", ok);
	char code[16];

	json_add_bool(o, "allowed", f->refusal.code == 0, ok);
	if (!f->refusal.code)
		return;
	(void)snprintf(code, sizeof(code), "E%d", f->refusal.code);
	json_add_string(o, "code", code, ok);
	json_add_string(o, "message", f->refusal.msg, ok);
}

static int print_json(const struct facts *f, struct err *reterr)
{
	const struct luks2_header *h = &f->header;
	struct cJSON *root = json_new_object();
	_cleanup_free_ char *text = NULL;
	bool ok = root != NULL;

	json_add_string(root, "schema", "cvmcrypt.luks-header/1", &ok);
	json_add_string(root, "file", f->device.path, &ok);
	json_add_bool(root, "header_only", f->header_only, &ok);
	json_add_string(root, "uuid", h->uuid, &ok);
	json_add_string(root, "label", h->label, &ok);
	add_u64(root, "seqid", h->seqid, &ok);
	add_u64(root, "header_size", h->hdr_size, &ok);
	add_u64(root, "keyslots_size", h->keyslots_size, &ok);
	add_copies(root, h, &ok);
	add_segment(root, h, &ok);
	add_digest(root, h, &ok);
	add_keyslots(root, f, &ok);
	add_lists(root, h, &ok);
	add_record(root, f, &ok);
	add_verdict(root, f, &ok);
	if (ok)
		text = json_print(root, true);
	json_free(root);
	if (!text)
		return err_set(reterr, E_NOMEM, "no memory for the result");
	printf("%s\n", text);
	return 0;
}

int cmd_inspect_luks_header(const char *file, bool json, struct err *reterr)
{
	_cleanup_(facts_done) struct facts f = {.device = LUKS_DEVICE_INIT};
	int r = collect(&f, file, reterr);

	if (r < 0)
		return r;
	if (!json)
		print_text(&f);
	else
		r = print_json(&f, reterr);
	return r < 0 ? r : err_exit_status(f.refusal.code);
}
