/* SPDX-License-Identifier: MIT */
/*
 * Files under tests/vectors, read whole; a test that cannot read one fails. Include behind cmocka.h.
 */
#ifndef TESTS_VECTOR_H
#define TESTS_VECTOR_H

#include "file.h"

#include <stdio.h>

/* In the caller: _cleanup_buf_ struct buf b = vector("snp", "report.bin"); */
static inline struct buf vector(const char *format, const char *name)
{
	struct buf bytes = BUF_INIT(0);
	struct err e = {0};
	char path[256];

	(void)snprintf(path, sizeof(path), "tests/vectors/%s/%s", format, name);
	if (file_read(path, 1 << 20, &bytes, &e) < 0)
		fail_msg("%s", e.msg);
	return bytes;
}

#endif
