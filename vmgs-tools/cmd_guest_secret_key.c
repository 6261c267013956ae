/* SPDX-License-Identifier: MIT */
#include "verb_store.h"
#include "vmgs_guest_key.h"
#include "vmgs_verbs.h"

#include "codec.h"
#include "file.h"
#include "json.h"
#include "pcr_file.h"
#include "tpm_policy.h"

#include <stdio.h>
#include <string.h>

#define INPUT_BYTES_MAX 16384

enum { KEY, PCRS, UNBOUND, SRK, INPUT, OUTPUT, JSON, FORCE, NO_BACKUP, SECTOR };

const struct verb_option vmgs_guest_secret_key_options[] = {
	[KEY] = VERB_OPTION_KEY,
	[PCRS] = {"pcrs", "FILE", "bind it to these PCR values (SHA-256) and to PCR 15 not closed"},
	[UNBOUND] = {"unbound", NULL, "bind it to nothing: who has the vTPM can use it"},
	[SRK] = {"srk-pub", "FILE", "wrap it to this storage key: TPM2B_PUBLIC or PEM"},
	[INPUT] = {"input", "FILE", "import: an RSA-2048 private key in PEM, or a blob made elsewhere"},
	[OUTPUT] = {"output", "FILE", "where the public half goes, in PEM; - is standard output"},
	[JSON] = {"json", NULL, "export-public: what the key is, as JSON"},
	[FORCE] = {"force", NULL, "replace one that is there; write it into an unencrypted store"},
	[NO_BACKUP] = VERB_OPTION_NO_BACKUP, [SECTOR] = VERB_OPTION_SECTOR,
	{NULL, NULL, NULL}};

/* The predicted values; PCR 15 is zero while the key may be used, and closed afterwards. */
static int policy_of(const char *path, uint8_t ret[SHA256_SIZE], struct err *reterr)
{
	static const uint8_t zero[SHA256_SIZE];
	_cleanup_free_ struct pcr_values *v = calloc(1, sizeof(*v));
	const struct pcr_bank *bank;
	struct pcr_set set = {0};
	int r;

	if (!v)
		return err_set(reterr, E_NOMEM, "PCR values");
	r = pcr_file_read(v, path, reterr);
	if (r < 0)
		return r;
	bank = pcr_values_bank(v, HASH_SHA256);
	if (!bank || bank->mask == 0 || bank->mask >> PCR_COUNT)
		return err_set(reterr, E_PCRS_MALFORMED, "'%s' has no values of PCRs 0 to 23 in bank sha256",
			       path);
	if (bank->mask == PCR_BIT(PCR_CAP))
		return err_set(reterr, E_USAGE, "'%s' has no value of a PCR that tells one boot from another",
			       path);
	if ((bank->mask & PCR_BIT(PCR_CAP)) && memcmp(bank->value[PCR_CAP], zero, sizeof(zero)) != 0)
		return err_set(reterr, E_USAGE, "'%s' has a value of PCR 15 that is not zero: the door is "
			       "closed there, and the key would be of use only behind it", path);
	set.mask = bank->mask | PCR_BIT(PCR_CAP);
	for (unsigned i = 0; i < PCR_COUNT; i++)
		memcpy(set.value[i], bank->value[i], SHA256_SIZE);
	memset(ret, 0, SHA256_SIZE);
	return tpm_policy_pcr_digest(&set, set.mask, ret, reterr);
}

static int make_blob(const struct vmgs_rsa *key, const char *const *v, struct buf *ret,
		     struct err *reterr)
{
	_cleanup_buf_ struct buf srk = BUF_INIT(0);
	struct guest_key_parent parent;
	uint8_t policy[SHA256_SIZE];
	int r = 0;

	if (!v[PCRS] == !v[UNBOUND])
		return err_set(reterr, E_USAGE, "bound to what? give either --pcrs or --unbound");
	if (v[PCRS])
		r = policy_of(v[PCRS], policy, reterr);
	if (r == 0 && v[SRK])
		r = file_read(v[SRK], INPUT_BYTES_MAX, &srk, reterr);
	if (r == 0 && v[SRK])
		r = guest_key_parent_read(srk.data, srk.len, v[SRK], &parent, reterr);
	return r < 0 ? r : guest_key_format(key, v[PCRS] ? policy : NULL, v[SRK] ? &parent : NULL, ret,
					    reterr);
}

/* A private key, out of which the blob is made here, or the blob itself, which says what it is bound to. */
static int import_blob(const char *const *v, struct buf *ret, struct err *reterr)
{
	_cleanup_buf_ struct buf input = BUF_INIT(0);
	_cleanup_vmgs_rsa_ struct vmgs_rsa key = VMGS_RSA_INIT;
	struct guest_key k;
	int r = verb_input(v[INPUT], INPUT_BYTES_MAX, &input, reterr);

	if (r < 0)
		return r;
	if (input.len > 0 && input.data[0] == '-') {
		r = vmgs_rsa_read(input.data, input.len, &key, reterr);
		return r < 0 ? r : make_blob(&key, v, ret, reterr);
	}
	if (v[PCRS] || v[SRK])
		return err_set(reterr, E_USAGE, "a blob is bound and wrapped already; --pcrs and --srk-pub "
			       "are for private keys");
	r = guest_key_parse(input.data, input.len, &k, reterr);
	if (r == 0 && !k.bound && !v[UNBOUND])
		r = err_set(reterr, E_USAGE, "the blob has no policy: --unbound takes it nevertheless");
	if (r < 0)
		return r;
	buf_put(ret, input.data, input.len);
	return ret->failed ? err_set(reterr, E_NOMEM, "blob") : 0;
}

static int public_of(const struct buf *blob, struct buf *ret_pem, struct err *reterr)
{
	struct guest_key k;
	int r = guest_key_parse(blob->data, blob->len, &k, reterr);

	return r < 0 ? r : vmgs_rsa_public_pem(k.modulus, k.bits / 8u, k.exponent, ret_pem, reterr);
}

static int export_public(const struct buf *blob, const char *output, struct err *reterr)
{
	_cleanup_buf_ struct buf pem = BUF_INIT(4096);
	int r = public_of(blob, &pem, reterr);

	return r < 0 ? r : verb_output(output, pem.data, pem.len, reterr);
}

static int print_json(const struct buf *blob, struct err *reterr)
{
	_cleanup_buf_ struct buf pem = BUF_INIT(4096);
	struct cJSON *root;
	struct guest_key k;
	bool ok;
	int r = guest_key_parse(blob->data, blob->len, &k, reterr);

	if (r == 0)
		r = vmgs_rsa_public_pem(k.modulus, k.bits / 8u, k.exponent, &pem, reterr);
	if (r < 0)
		return r;
	buf_put_u8(&pem, 0);
	root = json_new_object();
	ok = root != NULL && !pem.failed;
	json_add_string(root, "type", "rsa", &ok);
	json_add_number(root, "bits", k.bits, &ok);
	json_add_bool(root, "wrapped", k.wrapped, &ok);
	json_add_bool(root, "bound", k.bound, &ok);
	json_add_number(root, "attributes", k.attributes, &ok);
	json_add_hex(root, "policy", k.policy, k.policy ? SHA256_SIZE : 0, &ok);
	json_add_hex(root, "name", k.name, sizeof(k.name), &ok);
	json_add_string(root, "public", (const char *)pem.data, &ok);
	return verb_print_json(root, ok, reterr);
}

static int check_store(const struct vmgs_store *s, const char *force, struct err *reterr)
{
	if (!vmgs_store_sealed(s) && !force)
		return err_set(reterr, E_VMGS_REFUSED,
			       "'%s' is not encrypted: the private key would be there for anyone to read",
			       s->name);
	if (vmgs_store_sealed(s) && !s->unlocked)
		return err_set(reterr, E_VMGS_LOCKED, "'%s' is encrypted", s->name);
	if (vmgs_store_has(s, GUEST_KEY_FILE_ID) && s->entry[GUEST_KEY_FILE_ID].bytes > 0 && !force)
		return err_set(reterr, E_VMGS_FILE_EXISTS, "there is a guest secret key already");
	return 0;
}

/*
 * The public half first, as far as it goes: a disk's key that is encrypted to a key which no store holds is
 * lost, and so is a key that was replaced for nothing.
 */
static int store_key(struct vmgs_store *s, const char *const *v, const struct buf *blob,
		     struct err *reterr)
{
	_cleanup_verb_pending_ struct verb_pending output = VERB_PENDING_INIT;
	_cleanup_buf_ struct buf pem = BUF_INIT(4096);
	int r = 0;

	if (v[OUTPUT])
		r = public_of(blob, &pem, reterr);
	if (r == 0 && v[OUTPUT])
		r = verb_output_prepare(&output, v[OUTPUT], pem.data, pem.len, reterr);
	if (r == 0)
		r = verb_backup(s, v[NO_BACKUP], reterr);
	if (r == 0)
		r = vmgs_store_write(s, GUEST_KEY_FILE_ID, blob->data, blob->len, s->unlocked, reterr);
	if (r < 0 || !v[OUTPUT])
		return r;
	r = verb_output_finish(&output, reterr);
	return r < 0 ? err_wrap(reterr, r, "the key is stored; its public half is had by 'export-public'")
		     : 0;
}

static int put_key(const char *path, const char *const *v, bool generate, struct err *reterr)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_buf_ struct buf blob = BUF_INIT(GUEST_KEY_BYTES_MAX);
	_cleanup_vmgs_rsa_ struct vmgs_rsa key = VMGS_RSA_INIT;
	int r = verb_open(&s, &(struct verb_open){.path = path, .key_file = v[KEY], .sector = v[SECTOR],
						  .write = true}, reterr);

	if (r == 0)
		r = check_store(&s, v[FORCE], reterr);
	if (r == 0)
		r = verb_not_itself(&s, v[OUTPUT], reterr);
	if (r == 0 && generate)
		r = vmgs_rsa_generate(&key, reterr);
	if (r == 0)
		r = generate ? make_blob(&key, v, &blob, reterr) : import_blob(v, &blob, reterr);
	return r < 0 ? r : store_key(&s, v, &blob, reterr);
}

static int get_key(const char *path, const char *const *v, struct err *reterr)
{
	_cleanup_vmgs_store_ struct vmgs_store s = VMGS_STORE_INIT;
	_cleanup_buf_ struct buf blob = BUF_INIT(0);
	int r;

	if (v[PCRS] || v[UNBOUND] || v[SRK] || v[INPUT])
		return err_set(reterr, E_USAGE, "export-public reads the key that is there");
	r = verb_open(&s, &(struct verb_open){.path = path, .key_file = v[KEY], .sector = v[SECTOR]},
		      reterr);
	if (r == 0)
		r = verb_not_itself(&s, v[OUTPUT], reterr);
	if (r == 0)
		r = vmgs_store_read(&s, GUEST_KEY_FILE_ID, &blob, reterr);
	if (r < 0)
		return verb_json_failure(v[JSON], r, reterr);
	return v[JSON] ? print_json(&blob, reterr)
		       : export_public(&blob, v[OUTPUT] ? v[OUTPUT] : "-", reterr);
}

int vmgs_cmd_guest_secret_key(int argc, char **argv, struct err *reterr)
{
	const char *v[VERB_OPTIONS_MAX];
	int count, r;

	r = verb_parse(vmgs_guest_secret_key_options, argc, argv, v, &count, reterr);
	if (r == 0)
		r = verb_arguments(count, 2, "guest-secret-key generate|import|export-public FILE", reterr);
	if (r == 0)
		r = verb_one_stdin(v[INPUT], v[KEY], reterr);
	if (r < 0)
		return r;
	if (strcmp(argv[1], "export-public") == 0)
		return get_key(argv[2], v, reterr);
	if (strcmp(argv[1], "generate") != 0 && strcmp(argv[1], "import") != 0)
		return err_set(reterr, E_USAGE,
			       "guest-secret-key has no '%s'; it has generate, import, export-public", argv[1]);
	if (v[JSON])
		return err_set(reterr, E_USAGE, "--json is for export-public");
	if (!v[INPUT] != (argv[1][0] == 'g'))
		return err_set(reterr, E_USAGE, argv[1][0] == 'g' ? "--input is for import"
							       : "import what? give --input");
	return put_key(argv[2], v, argv[1][0] == 'g', reterr);
}
