/* SPDX-License-Identifier: MIT */
#include "secret.h"

#include <openssl/crypto.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define SECURE_HEAP_BYTES 65536
#define SECURE_HEAP_MIN 32
/* deeper than the libraries' frames below those that hold secrets */
#define DEAD_STACK_BYTES 32768

int secret_heap_init(struct err *reterr)
{
	const struct rlimit none = {0, 0};

	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
	/* openssl.cnf could name providers and engines, and the initramfs has none */
	/* without memory for its default context OpenSSL goes on, and crashes at the first use */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1 ||
	    !OSSL_LIB_CTX_get0_global_default())
		return err_set(reterr, E_CRYPTO, "starting the cryptographic library");
	/* 2: memory that could not be locked. Unprivileged users (inspect, tests) have small limits. */
	if (CRYPTO_secure_malloc_init(SECURE_HEAP_BYTES, SECURE_HEAP_MIN) == 0)
		return err_set(reterr, E_NOMEM, "secure heap of %d bytes", SECURE_HEAP_BYTES);
	return 0;
}

int secret_alloc(struct secret *s, size_t len, struct err *reterr)
{
	if (len == 0 || len > SECRET_MAX)
		return err_set(reterr, E_INTERNAL, "secret of %zu bytes", len);
	s->bytes = OPENSSL_secure_zalloc(len);
	if (!s->bytes)
		return err_set(reterr, E_NOMEM, "secret of %zu bytes", len);
	s->len = len;
	return 0;
}

int secret_absorb(struct secret *s, void *source, size_t len, struct err *reterr)
{
	int r = secret_alloc(s, len, reterr);

	if (r == 0)
		memcpy(s->bytes, source, len);
	OPENSSL_cleanse(source, len);
	return r;
}

void secret_take(struct secret *dst, struct secret *src)
{
	secret_clear(dst);
	*dst = *src;
	*src = SECRET_INIT;
}

/*
 * Libraries return with keys in their frames: libtss2-esys decrypts what TPM2_Unseal answers on its
 * stack. The calls that worked with a secret were made at the depth of its owner or further down.
 */
static __attribute__((noinline)) void wipe_dead_frames(void)
{
	uint8_t frames[DEAD_STACK_BYTES];

	explicit_bzero(frames, sizeof(frames));
}

void secret_clear(struct secret *s)
{
	if (s->bytes) {
		OPENSSL_secure_clear_free(s->bytes, s->len);
		wipe_dead_frames();
	}
	*s = SECRET_INIT;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	return a->len == b->len && a->len > 0 && CRYPTO_memcmp(a->bytes, b->bytes, a->len) == 0;
}
