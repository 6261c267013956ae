/* SPDX-License-Identifier: MIT */
#include "platform.h"

#include "platform_internal.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>

/* Hypervisor Top Level Functional Specification, 2.4: leaf 0x4000000C, isolation type. */
#define HYPERV_VENDOR 0x40000000
#define HYPERV_ISOLATION 0x4000000c
#define TDX_LEAF 0x21

static const char *by_cpuid(void)
{
	static const char *const types[] = {NULL, NULL, "snp", "tdx"};
	unsigned a, b, c, d;
	char name[13] = "";

	if (__get_cpuid_count(TDX_LEAF, 0, &a, &b, &c, &d)) {
		memcpy(name, &b, 4);
		memcpy(name + 4, &d, 4);
		memcpy(name + 8, &c, 4);
		if (strcmp(name, "IntelTDX    ") == 0)
			return "tdx";
	}
	__cpuid(HYPERV_VENDOR, a, b, c, d);
	memcpy(name, &b, 4);
	memcpy(name + 4, &c, 4);
	memcpy(name + 8, &d, 4);
	if (strcmp(name, "Microsoft Hv") != 0 || a < HYPERV_ISOLATION)
		return NULL;
	__cpuid(HYPERV_ISOLATION, a, b, c, d);
	return (b & 0xf) < ARRAY_SIZE(types) ? types[b & 0xf] : NULL;
}
#else
static const char *by_cpuid(void)
{
	return NULL;
}
#endif

static bool exists(const char *path)
{
	char full[PATH_MAX];

	platform_under_root(path, full);
	return access(full, F_OK) == 0;
}

const char *platform_isolation_hint(void)
{
	const char *hint = platform_is_real() ? by_cpuid() : NULL;

	if (hint)
		return hint;
	if (exists("/dev/sev-guest"))
		return "snp";
	return exists("/dev/tdx_guest") ? "tdx" : NULL;
}
