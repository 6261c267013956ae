/* SPDX-License-Identifier: MIT */
/* The blob's form; that a TPM takes it: tests/integration/test_vmgs_guest_key.c */
#include "file.h"
#include "vmgs_guest_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define VECTORS "tests/vectors/vmgs/"

static void read_sample(struct buf *ret)
{
	assert_int_equal(file_read(VECTORS "guest-secret-key.blob", 4096, ret, NULL), 0);
	assert_int_equal(ret->len, 422);
}

/* Upstream's example: unbound and plain, and what we make of the same key but for the modulus. */
static void test_sample(void **state _unused_)
{
	_cleanup_buf_ struct buf blob = BUF_INIT(0), modulus = BUF_INIT(0), ours = BUF_INIT(2048);
	_cleanup_vmgs_rsa_ struct vmgs_rsa key = VMGS_RSA_INIT;
	struct guest_key k;

	read_sample(&blob);
	assert_int_equal(file_read(VECTORS "guest-secret-key.modulus.bin", 512, &modulus, NULL), 0);
	assert_int_equal(guest_key_parse(blob.data, blob.len, &k, NULL), 0);
	assert_int_equal(k.bits, 2048);
	assert_int_equal(k.exponent, 65537);
	assert_int_equal(k.attributes, 0x00020040);
	assert_false(k.bound);
	assert_false(k.wrapped);
	assert_null(k.policy);
	assert_memory_equal(k.modulus, modulus.data, modulus.len);
	/* its prime stands before the empty seed */
	memcpy(key.modulus, modulus.data, modulus.len);
	assert_int_equal(secret_alloc(&key.prime, 128, NULL), 0);
	memcpy(key.prime.bytes, blob.data + blob.len - 2 - 128, 128);
	assert_int_equal(guest_key_format(&key, NULL, NULL, &ours, NULL), 0);
	assert_int_equal(ours.len, blob.len);
	assert_memory_equal(ours.data, blob.data, blob.len);
}

static void test_refused(void **state _unused_)
{
	_cleanup_buf_ struct buf blob = BUF_INIT(0);
	uint8_t padded[GUEST_KEY_BYTES_MAX + 1] = {0};
	struct guest_key k;

	read_sample(&blob);
	for (size_t len = 0; len < blob.len; len++)
		assert_int_equal(guest_key_parse(blob.data, len, &k, NULL), -E_VMGS_GUEST_KEY);
	memcpy(padded, blob.data, blob.len);
	assert_int_equal(guest_key_parse(padded, GUEST_KEY_BYTES_MAX, &k, NULL), 0);
	assert_int_equal(guest_key_parse(padded, sizeof(padded), &k, NULL), -E_VMGS_GUEST_KEY);
	padded[GUEST_KEY_BYTES_MAX - 1] = 1;
	assert_int_equal(guest_key_parse(padded, GUEST_KEY_BYTES_MAX, &k, NULL), -E_VMGS_GUEST_KEY);
	blob.data[3] = 0x08;	/* sealed data is no RSA key */
	assert_int_equal(guest_key_parse(blob.data, blob.len, &k, NULL), -E_VMGS_GUEST_KEY);
	blob.data[3] = 0x01;
	blob.data[9] |= TPM_OBJECT_FIXED_TPM;	/* could never be imported */
	assert_int_equal(guest_key_parse(blob.data, blob.len, &k, NULL), -E_VMGS_GUEST_KEY);
}

static void test_forms(void **state _unused_)
{
	const uint8_t policy[SHA256_SIZE] = {1, 2, 3};
	_cleanup_vmgs_rsa_ struct vmgs_rsa key = VMGS_RSA_INIT, srk = VMGS_RSA_INIT;
	_cleanup_buf_ struct buf pem = BUF_INIT(4096), blob = BUF_INIT(GUEST_KEY_BYTES_MAX);
	struct guest_key_parent parent;
	struct guest_key k;

	assert_int_equal(vmgs_rsa_generate(&key, NULL), 0);
	assert_int_equal(vmgs_rsa_generate(&srk, NULL), 0);
	assert_int_equal(vmgs_rsa_public_pem(srk.modulus, sizeof(srk.modulus), 65537, &pem, NULL), 0);
	assert_int_equal(guest_key_parent_read(pem.data, pem.len, "srk", &parent, NULL), 0);
	assert_memory_equal(parent.modulus, srk.modulus, sizeof(srk.modulus));
	assert_int_equal(guest_key_format(&key, policy, &parent, &blob, NULL), 0);
	assert_int_equal(guest_key_parse(blob.data, blob.len, &k, NULL), 0);
	assert_true(k.bound && k.wrapped);
	assert_false(k.attributes & TPM_OBJECT_USER_WITH_AUTH);
	assert_memory_equal(k.policy, policy, sizeof(policy));
	assert_null(memmem(blob.data, blob.len, key.prime.bytes, key.prime.len));
	/* this key is no storage key */
	assert_true(guest_key_parent_read(blob.data, blob.len, "blob", &parent, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
