/* SPDX-License-Identifier: MIT */
#include "tpm_quote.h"

#include <string.h>

#define ALG_RSASSA 0x0014
#define ALG_RSAPSS 0x0016
#define ALG_ECDSA 0x0018
#define ATTEST_MAGIC 0xff544347u	/* TPM_GENERATED_VALUE, Part 2, 6.2 */
#define ATTEST_QUOTE 0x8018		/* TPM_ST_ATTEST_QUOTE, Part 2, 6.9 */
#define SELECT_MAX 4			/* bytes of a bitmap: PCRs 0 to 31 */
#define NAME_MAX_SIZE (2 + DIGEST_MAX)

static int malformed(const char *what, struct err *reterr)
{
	return err_set(reterr, E_QUOTE_MALFORMED, "%s", what);
}

/* A TPM2B: its size, then so many bytes. */
static const uint8_t *take_sized(struct cursor *c, size_t *ret_len)
{
	*ret_len = cursor_be16(c);
	return cursor_take(c, *ret_len);
}

/* TPML_PCR_SELECTION, Part 2, 10.9.7 */
static int take_selections(struct tpm_quote *q, struct cursor *c, struct err *reterr)
{
	uint32_t count = cursor_be32(c);

	if (count > TPM_SELECTIONS_MAX)
		return malformed("too many PCR selections", reterr);
	for (uint32_t i = 0; i < count && !c->failed; i++) {
		struct tpm_selection *s = &q->selection[i];
		const uint8_t *bits;
		uint8_t size;

		s->hash = cursor_be16(c);
		size = cursor_u8(c);
		bits = cursor_take(c, size);
		if (!bits)
			break;
		if (size < 1 || size > SELECT_MAX)
			return malformed("size of a PCR selection is not 1 to 4", reterr);
		for (unsigned k = 0; k < size; k++)
			s->mask |= (uint32_t)bits[k] << (8 * k);
	}
	q->selection_count = count;
	return 0;
}

/* TPMS_ATTEST of type quote, Part 2, 10.12.8 and 10.12.12 */
static int take_attest(struct tpm_quote *q, struct cursor *c, struct err *reterr)
{
	uint8_t safe;
	int r;

	if (cursor_be32(c) != ATTEST_MAGIC)
		return malformed("it doesn't begin as what a TPM made", reterr);
	if (cursor_be16(c) != ATTEST_QUOTE)
		return malformed("it is no quote", reterr);
	q->signer = take_sized(c, &q->signer_len);
	q->extra = take_sized(c, &q->extra_len);
	q->clock = cursor_be64(c);
	q->reset_count = cursor_be32(c);
	q->restart_count = cursor_be32(c);
	safe = cursor_u8(c);
	q->firmware_version = cursor_be64(c);
	r = take_selections(q, c, reterr);
	if (r < 0)
		return r;
	q->digest = take_sized(c, &q->digest_len);
	if (c->failed)
		return malformed("it ends too early", reterr);
	if (c->left > 0)
		return malformed("something follows it", reterr);
	if (q->signer_len > NAME_MAX_SIZE || q->extra_len > TPM_NONCE_MAX)
		return malformed("a name or the extra data is too long", reterr);
	if (safe > 1)
		return malformed("'safe' is neither yes nor no", reterr);
	q->safe = safe;
	if (q->digest_len != 20 && q->digest_len != 32 && q->digest_len != 48 &&
	    q->digest_len != 64)
		return malformed("size of the PCR digest is that of no hash", reterr);
	return 0;
}

int tpm_quote_parse(struct tpm_quote *ret, const uint8_t *bytes, size_t len, struct err *reterr)
{
	struct tpm_quote q = {.attest = bytes, .attest_len = len};
	struct cursor c = CURSOR(bytes, len);
	int r;

	if (len > TPM_QUOTE_SIZE_MAX)
		return malformed("it is too large", reterr);
	if (len > 2 && (size_t)(bytes[0] << 8 | bytes[1]) == len - 2) {
		(void)cursor_be16(&c);
		q.attest = c.p;
		q.attest_len = c.left;
	}
	r = take_attest(&q, &c, reterr);
	if (r == 0)
		*ret = q;
	return r;
}

uint32_t tpm_quote_mask(const struct tpm_quote *q, uint16_t hash)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < q->selection_count; i++)
		if (q->selection[i].hash == hash)
			mask |= q->selection[i].mask;
	return mask;
}

const char *tpm_scheme_name(enum sig_scheme scheme)
{
	switch (scheme) {
	case SIG_RSASSA:
		return "rsassa";
	case SIG_RSAPSS:
		return "rsapss";
	case SIG_ECDSA:
		return "ecdsa";
	}
	return "unknown";
}

static bool keep(uint8_t out[TPM_SIGNATURE_MAX], size_t *ret_len, const uint8_t *p, size_t len)
{
	if (!p || len == 0 || len > TPM_SIGNATURE_MAX)
		return false;
	memcpy(out, p, len);
	*ret_len = len;
	return true;
}

/* TPMT_SIGNATURE, Part 2, 11.3.4; false if it is anything else. */
static bool signature_tpmt(struct tpm_signature *s, const uint8_t *bytes, size_t len)
{
	struct cursor c = CURSOR(bytes, len);
	uint16_t alg = cursor_be16(&c);
	const uint8_t *p;
	size_t size;

	s->form = TPM_SIG_TPMT;
	s->hash = cursor_be16(&c);
	if (hash_size(s->hash) == 0)
		return false;
	if (alg != ALG_RSASSA && alg != ALG_RSAPSS && alg != ALG_ECDSA)
		return false;
	s->scheme = alg == ALG_ECDSA ? SIG_ECDSA : alg == ALG_RSAPSS ? SIG_RSAPSS : SIG_RSASSA;
	p = take_sized(&c, &size);
	if (!keep(s->r, &s->r_len, p, size))
		return false;
	if (alg == ALG_ECDSA) {
		p = take_sized(&c, &size);
		if (!keep(s->s, &s->s_len, p, size))
			return false;
	}
	return !c.failed && c.left == 0;
}

/* A positive INTEGER in its shortest form (X.690, 8.3). */
static bool der_integer(struct cursor *c, uint8_t out[TPM_SIGNATURE_MAX], size_t *ret_len)
{
	uint8_t tag = cursor_u8(c), len = cursor_u8(c);
	const uint8_t *p = len < 0x80 ? cursor_take(c, len) : NULL;

	if (tag != 0x02 || !p || len == 0 || p[0] & 0x80)
		return false;
	if (p[0] == 0 && (len == 1 || !(p[1] & 0x80)))
		return false;
	if (p[0] == 0) {
		p++;
		len--;
	}
	return keep(out, ret_len, p, len);
}

/* ECDSA-Sig-Value (RFC 3279, 2.2.3) of P-256 or P-384: no length needs a second byte. */
static bool signature_der(struct tpm_signature *s, const uint8_t *bytes, size_t len)
{
	struct cursor c = CURSOR(bytes, len);

	s->form = TPM_SIG_RAW_ECDSA;
	s->scheme = SIG_ECDSA;
	if (len < 2 || len >= 0x82 || cursor_u8(&c) != 0x30 || cursor_u8(&c) != len - 2)
		return false;
	return der_integer(&c, s->r, &s->r_len) && der_integer(&c, s->s, &s->s_len) &&
	       c.left == 0;
}

/* By its length: r || s of P-256 or P-384, or RSA of 2048, 3072 or 4096 bits. */
static bool signature_plain(struct tpm_signature *s, const uint8_t *bytes, size_t len)
{
	if (len == 64 || len == 96) {
		s->form = TPM_SIG_RAW_ECDSA;
		s->scheme = SIG_ECDSA;
		return keep(s->r, &s->r_len, bytes, len / 2) &&
		       keep(s->s, &s->s_len, bytes + len / 2, len / 2);
	}
	if (len != 256 && len != 384 && len != 512)
		return false;
	s->form = TPM_SIG_RAW_RSA;
	s->scheme = SIG_RSASSA;
	return keep(s->r, &s->r_len, bytes, len);
}

int tpm_signature_parse(struct tpm_signature *ret, const uint8_t *bytes, size_t len,
			struct err *reterr)
{
	static bool (*const forms[])(struct tpm_signature *, const uint8_t *, size_t) = {
		signature_tpmt, signature_der, signature_plain};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct tpm_signature s = {0};

		if (forms[i](&s, bytes, len)) {
			*ret = s;
			return 0;
		}
	}
	return err_set(reterr, E_QUOTE_MALFORMED,
		       "%zu bytes are no TPMT_SIGNATURE and no raw RSA or ECDSA signature", len);
}
