/* SPDX-License-Identifier: MIT */
/* Input: lengths of quote and signature (2 bytes each, little-endian), quote, signature, public area. */
#include "tpm_quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = CURSOR(data, size);
	size_t quote_len = cursor_le16(&c), signature_len = cursor_le16(&c);
	const uint8_t *quote = cursor_take(&c, quote_len);
	const uint8_t *signature = cursor_take(&c, signature_len);
	_cleanup_tpm_public_ struct tpm_public p = {0};
	_cleanup_verdict_ struct verdict v = {0};
	static const struct pcr_values none;
	struct tpm_signature s;
	struct tpm_quote q;
	struct tpm_quote_demand d = {.key = NULL};
	bool whole;

	if (c.failed)
		return 0;
	whole = tpm_quote_parse(&q, quote, quote_len, NULL) == 0;
	if (whole && (q.attest + q.attest_len != quote + quote_len ||
		      q.digest + q.digest_len != quote + quote_len))
		abort();
	whole &= tpm_signature_parse(&s, signature, signature_len, NULL) == 0;
	whole &= tpm_public_parse(&p, c.p, c.left, NULL) == 0;
	if (!whole)
		return 0;
	d = (struct tpm_quote_demand){.key = p.key, .public_area = &p, .signature = &s,
				      .nonce = quote, .nonce_len = quote_len % 64, .pcrs = &none,
				      .cover_sha256 = 1};
	if (tpm_quote_verify(&v, &q, &d) && !verdict_pass(&v))
		abort();
	return 0;
}
