/* SPDX-License-Identifier: MIT */
#include "platform_report.h"

#include "file.h"
#include "platform_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sev-guest.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define CONFIGFS "/sys/kernel/config"
#define TSM CONFIGFS "/tsm/report"
#define ENTRY TSM "/cvmcrypt"
#define SEV_GUEST "/dev/sev-guest"
/* MSG_REPORT_RSP: status, size of the report, reserved (SEV-SNP ABI, table "MSG_REPORT_RSP") */
#define RESPONSE_HEADER 32
#define SNP_REPORT 1184
#define GENERATION_TEXT 32

static void path_of(const char *name, char out[PATH_MAX])
{
	char path[128];

	(void)snprintf(path, sizeof(path), ENTRY "/%s", name);
	platform_under_root(path, out);
}

/* The attribute's text without its line feed. */
static int read_line(const char *name, char *out, size_t size, struct err *reterr)
{
	_cleanup_buf_ struct buf text = BUF_INIT(size - 1);
	char path[PATH_MAX];
	int r;

	path_of(name, path);
	r = file_read(path, size - 1, &text, reterr);
	if (r < 0)
		return r;
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return 0;
}

static int write_data(const uint8_t *data, struct err *reterr)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];

	path_of("inblob", path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, data, PLATFORM_REPORT_DATA) != PLATFORM_REPORT_DATA)
		return err_errno(reterr, E_IO, errno, "writing '%s'", path);
	return 0;
}

/* The generation counts writes: the same before and after means that the report is over our data. */
static int by_entry(const uint8_t *data, char *provider, struct buf *ret, struct err *reterr)
{
	char before[GENERATION_TEXT], after[GENERATION_TEXT], path[PATH_MAX];
	int r = write_data(data, reterr);

	if (r == 0)
		r = read_line("generation", before, sizeof(before), reterr);
	if (r == 0)
		r = read_line("provider", provider, PLATFORM_PROVIDER_MAX, reterr);
	path_of("outblob", path);
	if (r == 0)
		r = file_read(path, PLATFORM_REPORT_MAX, ret, reterr);
	if (r == 0 && ret->len == 0)
		r = err_set(reterr, E_IO, "'%s' gave no report", path);
	if (r == 0)
		r = read_line("generation", after, sizeof(after), reterr);
	if (r == 0 && strcmp(before, after) != 0)
		r = err_set(reterr, E_STALE, "another program uses '%s'", ENTRY);
	return r;
}

static int by_configfs(const uint8_t *data, char *provider, struct buf *ret, struct err *reterr)
{
	char folder[PATH_MAX], entry[PATH_MAX];
	int r;

	platform_under_root(TSM, folder);
	platform_under_root(ENTRY, entry);
	if (platform_is_initramfs() && !file_exists(folder))
		(void)mount("configfs", CONFIGFS, "configfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	/* one that is left over from a program that died is as good */
	if (!file_exists(folder) || (mkdir(entry, 0700) < 0 && errno != EEXIST))
		return err_set(reterr, E_EVIDENCE_ABSENT, "there is no '%s'", TSM);
	r = by_entry(data, provider, ret, reterr);
	if (platform_is_real())
		(void)rmdir(entry);
	return r;
}

static int by_sev_guest(const uint8_t *data, struct buf *ret, struct err *reterr)
{
	struct snp_report_req request = {.vmpl = 0};
	struct snp_report_resp response = {0};
	struct snp_guest_request_ioctl io = {.msg_version = 1,
					     .req_data = (uint64_t)(uintptr_t)&request,
					     .resp_data = (uint64_t)(uintptr_t)&response};
	_cleanup_close_ int fd = platform_is_real() ? open(SEV_GUEST, O_RDWR | O_CLOEXEC) : -1;
	struct cursor c;

	if (fd < 0)
		return err_set(reterr, E_EVIDENCE_ABSENT, "there is neither '%s' nor '%s'", TSM,
			       SEV_GUEST);
	memcpy(request.user_data, data, PLATFORM_REPORT_DATA);
	if (ioctl(fd, SNP_GET_REPORT, &io) < 0)
		return err_errno(reterr, E_IO, errno, "asking '%s' for a report", SEV_GUEST);
	c = CURSOR(response.data, sizeof(response.data));
	if (cursor_le32(&c) != 0 || cursor_le32(&c) != SNP_REPORT)
		return err_set(reterr, E_IO, "'%s' gave no report", SEV_GUEST);
	buf_put(ret, response.data + RESPONSE_HEADER, SNP_REPORT);
	return ret->failed ? err_set(reterr, E_NOMEM, "report") : 0;
}

int platform_report(const uint8_t data[PLATFORM_REPORT_DATA], char provider[PLATFORM_PROVIDER_MAX],
		    struct buf *ret, struct err *reterr)
{
	int r = by_configfs(data, provider, ret, reterr);

	if (r != -E_EVIDENCE_ABSENT)
		return r;
	(void)snprintf(provider, PLATFORM_PROVIDER_MAX, "sev_guest");
	return by_sev_guest(data, ret, reterr);
}
