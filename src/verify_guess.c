/* SPDX-License-Identifier: MIT */
#include "verify_guess.h"

#include "buf.h"
#include "snp_report.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEE_TDX 0x81	/* of a quote's header */
#define SNP_VERSION_MIN 2
#define SNP_VERSION_MAX 5

static bool begins(const uint8_t *bytes, size_t len, size_t at, const char *with, size_t with_len)
{
	return len >= at + with_len && memcmp(bytes + at, with, with_len) == 0;
}

const char *verify_guess(const uint8_t *bytes, size_t len)
{
	struct cursor c = CURSOR(bytes, len);
	uint32_t first = cursor_le32(&c), second = cursor_le32(&c);

	if (begins(bytes, len, 0, "HCLA", 4))
		return "hcl-report";
	if (begins(bytes, len, 0, "LUKS\xba\xbe\0\2", 8))
		return "luks-header";
	if (begins(bytes, len, 0, "\377TCG\x80\x18", 6))	/* TPM_ST_ATTEST_QUOTE */
		return "tpm-quote";
	if (begins(bytes, len, 32, "Spec ID Event", 13))
		return "eventlog";
	if (begins(bytes, len, 0, "eyJ", 3))	/* base64url of {" */
		return "jws";
	if (c.failed)
		return NULL;
	/* the version's 16 bits, then the attestation key's type */
	if (((first & 0xffff) == 4 || (first & 0xffff) == 5) && second == TEE_TDX)
		return "tdx-quote";
	if (len >= SNP_REPORT_SIZE && first >= SNP_VERSION_MIN && first <= SNP_VERSION_MAX)
		return "snp-report";
	return NULL;
}

const char *verify_guess_file(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	uint8_t bytes[SNP_REPORT_SIZE];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)))
		return NULL;
	n = pread(fd, bytes, sizeof(bytes), 0);
	return n < 0 ? NULL : verify_guess(bytes, (size_t)n);
}
