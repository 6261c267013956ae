/* SPDX-License-Identifier: MIT */
/*
 * libcryptsetup proves a volume key by PBKDF2 with as many iterations as took 125 ms where the
 * volume was made: the larger part of an unlock, and seconds under emulation. Where the key is
 * proven already (its wrap and the header's digest are under the record's MAC) the copy in memory
 * gets a digest of the same key with one iteration. The text is changed in place, all other bytes
 * stay; a header that is written in an unusual way is left as it is, and costs the time.
 */
#include "luks_internal.h"

#include "codec.h"
#include "crypto.h"

#include <string.h>

/*
 * PBKDF2-HMAC-SHA256 (RFC 8018) with one iteration and one block is one HMAC over salt and block
 * number.
 */
static int digest_of(const struct luks2_digest *d, const struct secret *key,
		     uint8_t out[SHA256_SIZE], struct err *reterr)
{
	uint8_t message[sizeof(d->salt) + 4];

	memcpy(message, d->salt, d->salt_len);
	memcpy(message + d->salt_len, "\0\0\0\1", 4);
	return crypto_hmac_sha256(key, message, d->salt_len + 4, out, reterr);
}

/*
 * The only place where `what` stands between text and end; NULL if there is none or a second one.
 */
static char *find_only(char *text, const char *end, const char *what)
{
	size_t len = strlen(what);
	char *first = memmem(text, (size_t)(end - text), what, len);

	if (!first || memmem(first + 1, (size_t)(end - first - 1), what, len))
		return NULL;
	return first;
}

/* The digest object around its "digest" value: flat, so the nearest braces are its own. */
static bool find_object(char *text, char *value, char **ret_start, char **ret_end)
{
	*ret_start = memrchr(text, '{', (size_t)(value - text));
	*ret_end = strchr(value, '}');
	return *ret_start && *ret_end;
}

bool luks_cheapen_digest(const struct luks2_header *h, const struct secret *key, uint8_t *area)
{
	char old[BASE64_SIZE(SHA256_SIZE) + 2], new[BASE64_SIZE(SHA256_SIZE)];
	char *text = (char *)area + LUKS2_BIN_HDR_SIZE, *value, *start, *end, *number;
	uint8_t digest[SHA256_SIZE];
	size_t digits;

	if (h->digest_count != 1 || strcmp(h->digest.hash, "sha256") != 0 ||
	    h->digest.digest_len != SHA256_SIZE || area[h->hdr_size - 1] != 0 ||
	    digest_of(&h->digest, key, digest, NULL) < 0)
		return false;
	old[0] = '"';
	base64_encode(old + 1, h->digest.digest, SHA256_SIZE);
	memcpy(old + strlen(old), "\"", 2);
	base64_encode(new, digest, sizeof(digest));
	value = find_only(text, text + strlen(text), old);
	if (!value || !find_object(text, value, &start, &end))
		return false;
	number = find_only(start, end, "\"iterations\":");
	if (!number)
		return false;
	number += strlen("\"iterations\":");
	digits = strspn(number, "0123456789");
	if (digits == 0)
		return false;
	memset(number, ' ', digits);	/* white space is nothing in JSON; nothing has to move */
	number[0] = '1';
	memcpy(value + 1, new, strlen(new));
	return true;
}
