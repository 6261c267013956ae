/* SPDX-License-Identifier: MIT */
#include "codec.h"
#include "file.h"
#include "json.h"
#include "pcr.h"
#include "tpm_quote.h"
#include "verify_certs.h"
#include "verify_key.h"

#include <stdio.h>
#include <string.h>

/* What the command line names. */
struct inputs {
	struct buf bytes, signature_bytes;
	struct tpm_quote quote;
	struct tpm_signature signature;
	struct verify_key key;
	uint8_t nonce[TPM_NONCE_MAX];
	size_t nonce_len;
	struct pcr_values *pcrs;	/* owned; NULL without --pcrs */
};

static void inputs_done(struct inputs *in)
{
	buf_done(&in->bytes);
	buf_done(&in->signature_bytes);
	verify_key_done(&in->key);
	free(in->pcrs);
}

static void describe_selection(const struct tpm_quote *q, struct cJSON *obj, bool *ok)
{
	struct cJSON *list = json_add_array(obj, "pcr_selection", ok);

	for (size_t i = 0; i < q->selection_count; i++) {
		struct cJSON *bank = json_add_object(list, NULL, ok), *pcrs;
		const char *name = hash_name(q->selection[i].hash);
		char number[8];

		(void)snprintf(number, sizeof(number), "0x%04x", q->selection[i].hash);
		json_add_string(bank, "bank", name ? name : number, ok);
		pcrs = json_add_array(bank, "pcrs", ok);
		for (unsigned n = 0; n < PCR_INDEX_MAX; n++)
			if (q->selection[i].mask >> n & 1)
				json_add_number(pcrs, NULL, n, ok);
	}
}

static void describe_quote(const struct tpm_quote *q, struct cJSON *obj, bool *ok)
{
	char text[24];

	json_add_hex(obj, "qualified_signer", q->signer, q->signer_len, ok);
	json_add_hex(obj, "extra_data", q->extra, q->extra_len, ok);
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)q->clock);
	json_add_string(obj, "clock", text, ok);
	json_add_number(obj, "reset_count", q->reset_count, ok);
	json_add_number(obj, "restart_count", q->restart_count, ok);
	json_add_bool(obj, "safe", q->safe, ok);
	(void)snprintf(text, sizeof(text), "%016llx", (unsigned long long)q->firmware_version);
	json_add_string(obj, "firmware_version", text, ok);
	describe_selection(q, obj, ok);
	json_add_hex(obj, "pcr_digest", q->digest, q->digest_len, ok);
}

int inspect_tpm_quote(const char *name, const uint8_t *bytes, size_t len, struct cJSON *decoded,
		      struct err *reterr)
{
	struct tpm_quote q;
	bool ok = true;
	int r;

	(void)name;
	r = tpm_quote_parse(&q, bytes, len, reterr);
	if (r < 0)
		return r;
	describe_quote(&q, decoded, &ok);
	return ok ? 0 : err_set(reterr, E_NOMEM, "no memory for the description");
}

static void describe_signature(const struct tpm_signature *s, struct cJSON *obj, bool *ok)
{
	json_add_string(obj, "form", s->form == TPM_SIG_TPMT ? "TPMT_SIGNATURE" : "raw", ok);
	if (s->form != TPM_SIG_RAW_RSA)
		json_add_string(obj, "scheme", tpm_scheme_name(s->scheme), ok);
	if (s->form == TPM_SIG_TPMT)
		json_add_string(obj, "hash", hash_name(s->hash), ok);
}

/* A value that the quote is not over is nothing but a claim of the file: named, then dropped. */
static bool drop_unquoted(struct inputs *in, struct cJSON *obj, bool *ok)
{
	struct cJSON *list = NULL;

	for (size_t i = 0; in->pcrs && i < in->pcrs->count; i++) {
		struct pcr_bank *b = &in->pcrs->bank[i];
		uint32_t rest = b->mask & ~tpm_quote_mask(&in->quote, b->hash);
		char text[16];

		for (unsigned n = 0; n < PCR_INDEX_MAX; n++) {
			if (!(rest >> n & 1))
				continue;
			if (!list)
				list = json_add_array(obj, "pcrs_not_quoted", ok);
			(void)snprintf(text, sizeof(text), "%s:%u", hash_name(b->hash), n);
			json_add_string(list, NULL, text, ok);
		}
		b->mask &= ~rest;
	}
	return list != NULL;
}

static void add_note(struct buf *notes, const char *text)
{
	if (notes->len > 0)
		buf_put(notes, "; ", 2);
	buf_put(notes, text, strlen(text));
}

/* What a pass doesn't say. */
static void describe_limits(const struct inputs *in, const struct verify_options *o, bool unquoted,
			    struct cJSON *obj, bool *ok)
{
	_cleanup_buf_ struct buf notes = BUF_INIT(1024);

	if (unquoted)
		add_note(&notes, "--pcrs has values that the quote is not over; they are not judged "
				 "(pcrs_not_quoted)");
	/* it may be anybody's: claims, key and report data of his own */
	if (in->key.form == KEY_HCL_REPORT)
		add_note(&notes, "whether hardware made the report that names the key is told by "
				 "'cvmcrypt verify hcl-report'");
	if (in->key.form == KEY_CERTIFICATE && !o->root && o->cert_count == 0)
		add_note(&notes, "whether the key's certificate leads to a trusted root is not judged: "
				 "give its issuers by --cert, or a root by --root");
	if (o->policy && o->policy->pcr_count > 0 && !in->pcrs)
		add_note(&notes, "a quote has a digest of PCR values, not the values: the policy's pcr-N "
				 "are judged with --pcrs");
	if (notes.len == 0)
		return;
	buf_put_u8(&notes, 0);
	*ok = *ok && !notes.failed;
	if (*ok)
		json_add_string(obj, "note", (const char *)notes.data, ok);
}

/* The digest of no values is right for every file. */
static void check_covered(const struct pcr_values *pcrs, struct verdict *v)
{
	bool any = false;

	for (size_t i = 0; i < pcrs->count; i++)
		any = any || pcrs->bank[i].mask;
	if (!any)
		(void)verdict_add(v, E_QUOTE_PCRS, "tpm-quote.selection", false,
				  "PCRs of --pcrs", "none of them");
}

static int read_file(const char *path, struct buf *bytes, struct err *reterr)
{
	*bytes = BUF_INIT(0);
	return file_read(path, TPM_QUOTE_SIZE_MAX, bytes, reterr);
}

static int read_nonce(struct inputs *in, const char *hex, struct err *reterr)
{
	in->nonce_len = strlen(hex) / 2;
	if (in->nonce_len > sizeof(in->nonce) || !hex_decode(in->nonce, in->nonce_len, hex))
		return err_set(reterr, E_USAGE, "--nonce is not hex of at most %d bytes",
			       TPM_NONCE_MAX);
	return 0;
}

static int read_inputs(struct inputs *in, const struct verify_options *o, struct err *reterr)
{
	int r;

	r = read_file(o->file, &in->bytes, reterr);
	if (r == 0)
		r = read_file(o->signature, &in->signature_bytes, reterr);
	if (r < 0)
		return r;
	r = tpm_quote_parse(&in->quote, in->bytes.data, in->bytes.len, reterr);
	if (r < 0)
		return err_wrap(reterr, r, "'%.90s'", o->file);
	r = tpm_signature_parse(&in->signature, in->signature_bytes.data, in->signature_bytes.len,
				reterr);
	if (r < 0)
		return err_wrap(reterr, r, "'%.90s'", o->signature);
	r = verify_key_read(&in->key, o->key, reterr);
	if (r < 0)
		return err_wrap(reterr, r, "'%.90s'", o->key);
	if (o->nonce)
		r = read_nonce(in, o->nonce, reterr);
	if (r < 0 || !o->pcrs)
		return r;
	in->pcrs = calloc(1, sizeof(*in->pcrs));
	if (!in->pcrs)
		return err_set(reterr, E_NOMEM, "no memory for PCR values");
	return pcr_file_read(in->pcrs, o->pcrs, reterr);
}

/* Roots or certificates at hand say that the key's own certificate is to be judged, too. */
static int check_chain(const struct verify_options *o, const struct verify_key *k,
		       struct verdict *v, struct err *reterr)
{
	_cleanup_x509_list_ struct x509_list roots = {0}, pool = {0};
	struct x509_path path;
	struct err e = {0};
	int r;

	if (!o->root && o->cert_count == 0)
		return 0;
	if (k->form != KEY_CERTIFICATE)
		return err_set(reterr, E_USAGE, "--cert and --root need a certificate as --key");
	r = verify_read_roots(o, ROOT_AZURE_VTPM, &roots, reterr);
	if (r == 0)
		r = verify_read_certs(o, &pool, reterr);
	if (r == 0)
		r = x509_read(&pool, o->key, k->bytes.data, k->bytes.len, reterr);
	if (r < 0)
		return r;
	r = x509_verify(k->cert, &pool, &roots, NULL, o->at, &path, &e);
	(void)verdict_result(v, E_CERT_CHAIN, "tpm-quote.key-chain", r, "a chain to a trusted root",
			     &e);
	return 0;
}

int verify_tpm_quote(const struct verify_options *o, struct verify_result *result,
		     struct err *reterr)
{
	_cleanup_(inputs_done) struct inputs in = {0};
	struct tpm_quote_demand demand = {.signature = &in.signature};
	struct cJSON *decoded = result->decoded;
	bool ok = true, unquoted;
	int r;

	r = read_inputs(&in, o, reterr);
	if (r < 0)
		return r;
	describe_quote(&in.quote, decoded, &ok);
	describe_signature(&in.signature, json_add_object(decoded, "signature", &ok), &ok);
	verify_key_describe(&in.key, json_add_object(decoded, "key", &ok), &ok);
	unquoted = drop_unquoted(&in, decoded, &ok);
	describe_limits(&in, o, unquoted, decoded, &ok);
	if (in.key.form == KEY_HCL_REPORT)
		(void)hcl_report_binding(&result->verdict, &in.key.report);
	if (!ok)
		return err_set(reterr, E_NOMEM, "no memory for the description");
	r = check_chain(o, &in.key, &result->verdict, reterr);
	if (r < 0)
		return r;
	demand.key = in.key.key;
	demand.public_area = in.key.form == KEY_PUBLIC_AREA ? &in.key.area : NULL;
	demand.nonce = o->nonce ? in.nonce : NULL;
	demand.nonce_len = in.nonce_len;
	demand.pcrs = in.pcrs;
	(void)tpm_quote_verify(&result->verdict, &in.quote, &demand);
	if (in.pcrs)
		check_covered(in.pcrs, &result->verdict);
	if (o->policy && in.pcrs)	/* else pcr-N is listed as not judged */
		policy_judge_pcrs(o->policy, in.pcrs, &result->verdict);
	return 0;
}
