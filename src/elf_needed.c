/* SPDX-License-Identifier: MIT */
#include "elf_needed.h"

#include <elf.h>
#include <string.h>

struct elf {
	const uint8_t *data;
	size_t len;
	Elf64_Ehdr header;
};

static bool take(const struct elf *e, uint64_t offset, void *out, size_t size)
{
	if (offset > e->len || size > e->len - offset)
		return false;
	memcpy(out, e->data + offset, size);
	return true;
}

static bool program_header(const struct elf *e, unsigned i, Elf64_Phdr *ret)
{
	return i < e->header.e_phnum && e->header.e_phoff <= e->len &&
	       take(e, e->header.e_phoff + (uint64_t)i * sizeof(*ret), ret, sizeof(*ret));
}

/* Where in the file the byte stands that is loaded at this address. */
static bool file_offset(const struct elf *e, uint64_t address, uint64_t *ret)
{
	Elf64_Phdr p;

	for (unsigned i = 0; program_header(e, i, &p); i++) {
		if (p.p_type != PT_LOAD || address < p.p_vaddr || address - p.p_vaddr >= p.p_filesz)
			continue;
		if (p.p_offset > e->len)
			return false;
		*ret = p.p_offset + (address - p.p_vaddr);
		return true;
	}
	return false;
}

static bool take_name(const struct elf *e, uint64_t offset, char out[ELF_NAME_MAX])
{
	size_t n;

	if (offset >= e->len)
		return false;
	n = strnlen((const char *)e->data + offset, e->len - offset);
	if (n == 0 || n >= ELF_NAME_MAX || n == e->len - offset)
		return false;
	memcpy(out, e->data + offset, n + 1);
	return true;
}

static bool parse_dynamic(const struct elf *e, const Elf64_Phdr *dynamic, struct elf_needed *ret)
{
	uint64_t strings = 0;
	Elf64_Dyn d;

	for (int pass = 0; pass < 2; pass++) {
		for (uint64_t at = 0; at + sizeof(d) <= dynamic->p_filesz; at += sizeof(d)) {
			if (dynamic->p_offset > e->len ||
			    !take(e, dynamic->p_offset + at, &d, sizeof(d)))
				return false;
			if (d.d_tag == DT_NULL)
				break;
			/* the table of names may be told behind the names */
			if (pass == 0 && d.d_tag == DT_STRTAB &&
			    !file_offset(e, d.d_un.d_ptr, &strings))
				return false;
			if (pass == 0 || d.d_tag != DT_NEEDED)
				continue;
			if (strings == 0 || ret->count >= ELF_NEEDED_MAX || d.d_un.d_val > e->len ||
			    !take_name(e, strings + d.d_un.d_val, ret->name[ret->count]))
				return false;
			ret->count++;
		}
	}
	return true;
}

int elf_needed_parse(struct elf_needed *ret, const uint8_t *data, size_t len, struct err *reterr)
{
	struct elf e = {.data = data, .len = len};
	Elf64_Phdr p;

	*ret = (struct elf_needed){0};
	if (!take(&e, 0, &e.header, sizeof(e.header)) ||
	    memcmp(e.header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    e.header.e_ident[EI_CLASS] != ELFCLASS64 || e.header.e_ident[EI_DATA] != ELFDATA2LSB ||
	    e.header.e_phentsize != sizeof(p))
		return err_set(reterr, E_IMAGE_FILE, "not a 64-bit little-endian ELF file");
	for (unsigned i = 0; i < e.header.e_phnum; i++) {
		if (!program_header(&e, i, &p))
			return err_set(reterr, E_IMAGE_FILE,
				       "program header %u is outside the file", i);
		if (p.p_type == PT_INTERP && !take_name(&e, p.p_offset, ret->interpreter))
			return err_set(reterr, E_IMAGE_FILE, "interpreter is outside the file");
		if (p.p_type == PT_DYNAMIC && !parse_dynamic(&e, &p, ret))
			return err_set(reterr, E_IMAGE_FILE, "dynamic section makes no sense");
	}
	return 0;
}
