/* SPDX-License-Identifier: MIT */
#include "tpm_quote.h"

#include "pcr.h"

#include <stdio.h>
#include <string.h>

#define ALG_RSASSA 0x0014
#define ALG_RSAPSS 0x0016
#define ALG_ECDSA 0x0018
#define FIELD_MAX 48

/* Does the public area, if there is one, leave the key this scheme? */
static bool scheme_allowed(const struct tpm_public *p, enum sig_scheme scheme, uint16_t hash)
{
	static const uint16_t alg[] = {
		[SIG_RSASSA] = ALG_RSASSA, [SIG_RSAPSS] = ALG_RSAPSS, [SIG_ECDSA] = ALG_ECDSA};

	return !p || (p->scheme == alg[scheme] && p->scheme_hash == hash);
}

static bool check_key(struct verdict *v, const struct tpm_public *p)
{
	bool pass = (p->attributes & (TPM_AK_ATTRIBUTES | TPM_DECRYPT)) == TPM_AK_ATTRIBUTES &&
		    !p->symmetric;

	return verdict_add(v, E_AK, "tpm-quote.key", pass,
			   "fixedTPM, fixedParent, sensitiveDataOrigin, restricted, sign, no decrypt",
			   "attributes 0x%08x", p->attributes);
}

/* The hash that the quote's digest is made with is that of its signature (Part 3, TPM2_Quote). */
static uint16_t hash_of_digest(const struct tpm_quote *q)
{
	static const uint16_t hash[] = {HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512};

	for (size_t i = 0; i < ARRAY_SIZE(hash); i++)
		if (hash_size(hash[i]) == q->digest_len)
			return hash[i];
	return 0;
}

/* r or s, left-padded to the size of the curve's field. */
static bool put_scalar(uint8_t *out, size_t size, const uint8_t *p, size_t len)
{
	while (len > size && *p == 0) {
		p++;
		len--;
	}
	if (len > size)
		return false;
	memset(out, 0, size - len);
	memcpy(out + size - len, p, len);
	return true;
}

static int verify_ecdsa(const struct tpm_quote *q, const struct tpm_quote_demand *d,
			uint16_t hash, struct err *reterr)
{
	const struct tpm_signature *s = d->signature;
	size_t size = (pubkey_bits(d->key) + 7) / 8;
	uint8_t sig[2 * FIELD_MAX];

	if (pubkey_is_rsa(d->key))
		return err_set(reterr, E_SIGNATURE, "an ECDSA signature, and an RSA key");
	if (size > FIELD_MAX || !put_scalar(sig, size, s->r, s->r_len) ||
	    !put_scalar(sig + size, size, s->s, s->s_len))
		return err_set(reterr, E_SIGNATURE, "the signature is larger than the key's curve");
	if (!scheme_allowed(d->public_area, SIG_ECDSA, hash))
		return err_set(reterr, E_SIGNATURE, "the key is for another scheme");
	return pubkey_verify(d->key, SIG_ECDSA, hash, q->attest, q->attest_len, sig, 2 * size,
			     reterr);
}

static int verify_rsa(const struct tpm_quote *q, const struct tpm_quote_demand *d,
		      uint16_t hash, struct err *reterr)
{
	const struct tpm_signature *s = d->signature;
	bool raw = s->form == TPM_SIG_RAW_RSA;
	int r = 0;

	if (!pubkey_is_rsa(d->key))
		return err_set(reterr, E_SIGNATURE, "an RSA signature, and a key of a curve");
	if (s->r_len != (pubkey_bits(d->key) + 7) / 8)
		return err_set(reterr, E_SIGNATURE, "signature of %zu bits, and a key of %u",
			       8 * s->r_len, pubkey_bits(d->key));
	for (int i = SIG_RSASSA; i <= SIG_RSAPSS; i++) {
		enum sig_scheme scheme = (enum sig_scheme)i;

		if ((!raw && scheme != s->scheme) || !scheme_allowed(d->public_area, scheme, hash))
			continue;
		r = pubkey_verify(d->key, scheme, hash, q->attest, q->attest_len, s->r, s->r_len,
				  reterr);
		if (r == 0)
			return 0;
	}
	return r < 0 ? r : err_set(reterr, E_SIGNATURE, "the key is for another scheme");
}

static bool check_signature(struct verdict *v, const struct tpm_quote *q,
			    const struct tpm_quote_demand *d)
{
	const struct tpm_signature *s = d->signature;
	uint16_t hash = s->form == TPM_SIG_TPMT ? s->hash : hash_of_digest(q);
	struct err e = {0};
	int r;

	if (hash != HASH_SHA256 && hash != HASH_SHA384 && hash != HASH_SHA512)
		r = err_set(&e, E_SIGNATURE, "a signature over %s", hash_name(hash));
	else if (s->scheme == SIG_ECDSA)
		r = verify_ecdsa(q, d, hash, &e);
	else
		r = verify_rsa(q, d, hash, &e);
	return verdict_result(v, E_SIGNATURE, "tpm-quote.signature", r,
			      "signed by the key, over SHA-256 or better", &e);
}

static bool check_nonce(struct verdict *v, const struct tpm_quote *q,
			const struct tpm_quote_demand *d)
{
	if (d->nonce_len != q->extra_len)
		return verdict_add(v, E_STALE, "tpm-quote.nonce", false, "the nonce",
				   "%zu bytes where the nonce has %zu", q->extra_len, d->nonce_len);
	return verdict_equal(v, E_STALE, "tpm-quote.nonce", d->nonce, q->extra, q->extra_len);
}

static bool check_selection(struct verdict *v, const struct tpm_quote *q, uint32_t wanted)
{
	uint32_t mask = tpm_quote_mask(q, HASH_SHA256);
	char want[PCR_MASK_TEXT], got[PCR_MASK_TEXT], text[2 * PCR_MASK_TEXT];

	pcr_mask_text(wanted, want);
	pcr_mask_text(mask, got);
	(void)snprintf(text, sizeof(text), "sha256:%s", want);
	return verdict_add(v, E_QUOTE_PCRS, "tpm-quote.selection", (wanted & ~mask) == 0, text,
			   "sha256:%s", got);
}

/* The values that were selected, in the order of the quote's banks (Part 1, 17.5). */
static int gather(const struct tpm_quote *q, const struct pcr_values *pcrs, struct buf *out,
		  struct err *reterr)
{
	for (size_t i = 0; i < q->selection_count; i++) {
		const struct tpm_selection *s = &q->selection[i];
		const struct pcr_bank *bank = pcr_values_bank(pcrs, s->hash);
		const char *name = hash_name(s->hash);

		for (unsigned n = 0; n < PCR_INDEX_MAX; n++) {
			if (!(s->mask >> n & 1))
				continue;
			if (!bank || !(bank->mask >> n & 1))
				return err_set(reterr, E_QUOTE_PCRS, "no value of PCR %u, bank %s",
					       n, name ? name : "unknown");
			buf_put(out, bank->value[n], hash_size(s->hash));
		}
	}
	if (out->failed)
		return err_set(reterr, E_NOMEM, "no memory for the PCR values");
	return 0;
}

static bool check_pcrs(struct verdict *v, const struct tpm_quote *q,
		       const struct tpm_quote_demand *d)
{
	static const char name[] = "tpm-quote.pcrs", want[] = "the digest of the PCR values";
	_cleanup_buf_ struct buf values = BUF_INIT(TPM_SELECTIONS_MAX * PCR_INDEX_MAX * DIGEST_MAX);
	const struct tpm_signature *s = d->signature;
	uint16_t hash = s->form == TPM_SIG_TPMT ? s->hash : hash_of_digest(q);
	uint8_t digest[DIGEST_MAX];
	struct err e = {0};
	int r;

	if (q->digest_len != hash_size(hash))
		return verdict_add(v, E_QUOTE_PCRS, name, false, want,
				   "a digest that is not of the signature's hash");
	r = gather(q, d->pcrs, &values, &e);
	if (r == 0)
		r = crypto_hash(hash, values.data, values.len, digest, &e);
	if (r < 0)
		return verdict_result(v, E_QUOTE_PCRS, name, r, want, &e);
	return verdict_equal(v, E_QUOTE_PCRS, name, q->digest, digest, q->digest_len);
}

bool tpm_quote_verify(struct verdict *v, const struct tpm_quote *q,
		      const struct tpm_quote_demand *demand)
{
	bool pass = true;

	if (demand->public_area)
		pass &= check_key(v, demand->public_area);
	pass &= check_signature(v, q, demand);
	if (demand->nonce)
		pass &= check_nonce(v, q, demand);
	if (demand->cover_sha256)
		pass &= check_selection(v, q, demand->cover_sha256);
	if (demand->pcrs)
		pass &= check_pcrs(v, q, demand);
	return pass;
}
