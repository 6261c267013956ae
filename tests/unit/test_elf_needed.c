/* SPDX-License-Identifier: MIT */
#include "elf_needed.h"

#include "file.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* One PT_LOAD at an odd address over the whole file, one PT_DYNAMIC, names behind. */
struct tiny {
	Elf64_Ehdr header;
	Elf64_Phdr program[3];
	Elf64_Dyn dynamic[4];
	char names[64];
};

#define BASE 0x400000

static struct tiny make_tiny(void)
{
	struct tiny t = {0};

	memcpy(t.header.e_ident, ELFMAG, SELFMAG);
	t.header.e_ident[EI_CLASS] = ELFCLASS64;
	t.header.e_ident[EI_DATA] = ELFDATA2LSB;
	t.header.e_phoff = offsetof(struct tiny, program);
	t.header.e_phentsize = sizeof(Elf64_Phdr);
	t.header.e_phnum = 3;
	memcpy(t.names, "\0libone.so.1\0libtwo.so\0/lib64/ld.so\0", 37);
	t.program[0] = (Elf64_Phdr){.p_type = PT_LOAD, .p_vaddr = BASE, .p_filesz = sizeof(t)};
	t.program[1] = (Elf64_Phdr){.p_type = PT_DYNAMIC,
				    .p_offset = offsetof(struct tiny, dynamic),
				    .p_filesz = sizeof(t.dynamic)};
	t.program[2] = (Elf64_Phdr){
		.p_type = PT_INTERP, .p_offset = offsetof(struct tiny, names) + 23, .p_filesz = 13};
	t.dynamic[0].d_tag = DT_NEEDED;
	t.dynamic[0].d_un.d_val = 1;
	t.dynamic[1].d_tag = DT_NEEDED;
	t.dynamic[1].d_un.d_val = 13;
	t.dynamic[2].d_tag = DT_STRTAB;
	t.dynamic[2].d_un.d_ptr = BASE + offsetof(struct tiny, names);
	return t;
}

static int parse(const struct tiny *t, size_t len, struct elf_needed *n)
{
	return elf_needed_parse(n, (const uint8_t *)t, len, NULL);
}

static void test_tiny(void **state)
{
	struct tiny t = make_tiny();
	struct elf_needed n;

	(void)state;
	assert_int_equal(parse(&t, sizeof(t), &n), 0);
	assert_int_equal(n.count, 2);
	assert_string_equal(n.name[0], "libone.so.1");
	assert_string_equal(n.name[1], "libtwo.so");
	assert_string_equal(n.interpreter, "/lib64/ld.so");
}

static void test_self(void **state)
{
	_cleanup_buf_ struct buf self = {0};
	struct elf_needed n;
	bool cmocka = false;

	(void)state;
	assert_int_equal(file_read("/proc/self/exe", 64u << 20, &self, NULL), 0);
	assert_int_equal(elf_needed_parse(&n, self.data, self.len, NULL), 0);
	for (size_t i = 0; i < n.count; i++)
		cmocka |= strncmp(n.name[i], "libcmocka", 9) == 0;
	assert_true(cmocka);
	assert_int_equal(n.interpreter[0], '/');
}

static void test_malformed(void **state)
{
	struct tiny t = make_tiny();
	struct elf_needed n;

	(void)state;
	for (size_t len = 0; len < offsetof(struct tiny, names) + 36; len++)
		assert_int_equal(parse(&t, len, &n), -E_IMAGE_FILE);
	for (size_t i = 0; i < sizeof(t); i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			struct tiny m = t;

			((uint8_t *)&m)[i] ^= (uint8_t)(1u << bit);
			(void)parse(&m, sizeof(m), &n);
			assert_true(n.count <= ELF_NEEDED_MAX);
		}
	}
	t.header.e_phoff = UINT64_MAX - 8;
	assert_int_equal(parse(&t, sizeof(t), &n), -E_IMAGE_FILE);
	t = make_tiny();
	t.program[1].p_offset = UINT64_MAX - 4;
	assert_int_equal(parse(&t, sizeof(t), &n), -E_IMAGE_FILE);
	t = make_tiny();
	t.dynamic[0].d_un.d_val = UINT64_MAX - 100;
	assert_int_equal(parse(&t, sizeof(t), &n), -E_IMAGE_FILE);
	t = make_tiny();
	memset(t.names + 1, 'x', sizeof(t.names) - 1);
	assert_int_equal(parse(&t, sizeof(t), &n), -E_IMAGE_FILE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tiny),
		cmocka_unit_test(test_self),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
