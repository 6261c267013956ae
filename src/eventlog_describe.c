/* SPDX-License-Identifier: MIT */
#include "eventlog.h"

#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Tags of EV_EVENT_TAG: Linux's EFI stub and systemd-stub. */
#define TAG_INITRD 0x8f3b22ecu
#define TAG_LOAD_OPTIONS 0x8f3b22edu

/* A line under construction; what does not fit is left out, marked by "..." at the end. */
struct line {
	char *out;
	size_t len, size;
};

static bool printable(unsigned c)
{
	return c >= 0x20 && c < 0x7f;
}

static void line_char(struct line *l, unsigned c)
{
	if (c == '\n' || c == '\t')
		c = ' ';
	if (l->len + 1 < l->size)
		l->out[l->len++] = printable(c) ? (char)c : '?';
	else
		memcpy(l->out + l->size - 4, "...", 3);
	l->out[l->len] = '\0';
}

static void _printf_(2, 3) line_printf(struct line *l, const char *fmt, ...)
{
	char text[EVENT_TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (const char *p = text; *p; p++)
		line_char(l, (unsigned char)*p);
}

static void line_hex(struct line *l, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		line_printf(l, "%02x", data[i]);
}

/* UTF-16LE up to a NUL or the end. */
static void line_utf16(struct line *l, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2) {
		unsigned c = data[i] | (unsigned)data[i + 1] << 8;

		if (c == 0)
			break;
		line_char(l, c);
	}
}

static void line_ascii(struct line *l, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len && data[i]; i++)
		line_char(l, data[i]);
}

/*
 * GRUB and Windows leave stray bytes behind the NUL, so only what is before it counts; two
 * characters are the least that is taken for text.
 */
static bool is_ascii(const uint8_t *data, size_t len)
{
	size_t n = 0;

	while (n < len && (printable(data[n]) || data[n] >= 0x80))
		n++;
	return n >= 2 && printable(data[0]) && (n == len || data[n] == '\0' || data[n] == '\n');
}

static bool is_utf16(const uint8_t *data, size_t len)
{
	return len >= 4 && printable(data[0]) && data[1] == 0;
}

/* false: it is no text, and nothing was written. */
static bool line_text(struct line *l, const uint8_t *data, size_t len)
{
	if (is_utf16(data, len))
		line_utf16(l, data, len);
	else if (is_ascii(data, len))
		line_ascii(l, data, len);
	else
		return false;
	return true;
}

/* UEFI 2.10, appendix A: the first three fields are little-endian. */
static void line_guid(struct line *l, const uint8_t g[16])
{
	line_printf(l, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-", g[3], g[2], g[1], g[0], g[5],
		    g[4], g[7], g[6], g[8], g[9]);
	line_hex(l, g + 10, 6);
}

bool event_variable(const struct event *e, struct event_variable *ret)
{
	struct cursor c = CURSOR(e->data, e->data_len);
	struct event_variable v = {0};
	struct line name = {.out = v.name, .size = sizeof(v.name)};
	const uint8_t *text;
	uint64_t name_units, data_len;

	if (e->type != EV_EFI_VARIABLE_DRIVER_CONFIG && e->type != EV_EFI_VARIABLE_BOOT &&
	    e->type != EV_EFI_VARIABLE_BOOT2 && e->type != EV_EFI_VARIABLE_AUTHORITY)
		return false;
	(void)cursor_take(&c, 16);	/* the vendor's GUID */
	name_units = cursor_le64(&c);
	data_len = cursor_le64(&c);
	if (c.failed || name_units > c.left / 2)
		return false;
	text = cursor_take(&c, (size_t)name_units * 2);
	/* more may be there: old shims logged bytes behind the data */
	if (!text || data_len > c.left)
		return false;
	line_utf16(&name, text, (size_t)name_units * 2);
	v.data = c.p;
	v.data_len = (size_t)data_len;
	*ret = v;
	return v.name[0] != '\0';
}

/* EFI_LOAD_OPTION (UEFI 2.10, 3.1.3): attributes, length of the path, description. */
static bool is_load_option(const struct event_variable *v)
{
	return strlen(v->name) == 8 && strncmp(v->name, "Boot", 4) == 0 && v->data_len > 6 &&
	       strspn(v->name + 4, "0123456789ABCDEFabcdef") == 4;
}

static void describe_variable(struct line *l, const struct event *e)
{
	struct event_variable v;

	if (!event_variable(e, &v)) {
		line_printf(l, "%u bytes", e->data_len);
		return;
	}
	line_printf(l, "%s: ", v.name);
	if (is_load_option(&v))
		line_utf16(l, v.data + 6, v.data_len - 6);
	else if (v.data_len == 0)
		line_printf(l, "empty");
	else if (strcmp(v.name, "SbatLevel") == 0)	/* shim's list of revoked generations */
		line_ascii(l, v.data, v.data_len);
	else if (v.data_len <= 16)
		line_hex(l, v.data, v.data_len);
	else
		line_printf(l, "%zu bytes", v.data_len);
}

/* One node of a device path (UEFI 2.10, 10.3); false: nothing that a person would read. */
static bool describe_node(struct line *l, unsigned type, unsigned subtype, const uint8_t *data,
			  size_t len)
{
	if (type == 4 && subtype == 4) {		/* file path */
		line_utf16(l, data, len);
		return true;
	}
	if (type == 4 && (subtype == 6 || subtype == 7) && len == 16) {	/* of the firmware */
		line_printf(l, "%s ", subtype == 6 ? "firmware file" : "firmware volume");
		line_guid(l, data);
		return true;
	}
	return false;
}

/* true if the path was well-formed and something was written. */
static bool describe_device_path(struct line *l, const uint8_t *path, size_t path_len)
{
	struct cursor c = CURSOR(path, path_len);
	bool any = false;

	while (c.left >= 4) {
		unsigned type = cursor_u8(&c), subtype = cursor_u8(&c);
		size_t len = cursor_le16(&c);
		const uint8_t *data;

		if (type == 0x7f || len < 4)		/* the end node */
			break;
		data = cursor_take(&c, len - 4);
		if (!data)
			break;
		if (any && type == 4)
			line_char(l, ' ');
		any |= describe_node(l, type, subtype, data, len - 4);
	}
	return any;
}

/* UEFI_IMAGE_LOAD_EVENT, Firmware Profile 10.2.3 */
static void describe_image(struct line *l, const struct event *e)
{
	struct cursor c = CURSOR(e->data, e->data_len);
	uint64_t image_len, path_len;

	(void)cursor_le64(&c);		/* where it was loaded: differs from boot to boot */
	image_len = cursor_le64(&c);
	(void)cursor_le64(&c);
	path_len = cursor_le64(&c);
	if (c.failed || path_len > c.left) {
		line_printf(l, "%u bytes", e->data_len);
		return;
	}
	if (!describe_device_path(l, c.p, (size_t)path_len))
		line_printf(l, "image of %llu bytes", (unsigned long long)image_len);
}

/* EFI_PLATFORM_FIRMWARE_BLOB or BLOB2 (with a description in front), Firmware Profile 10.2.5 */
static void describe_blob(struct line *l, const struct event *e)
{
	struct cursor c = CURSOR(e->data, e->data_len);
	uint64_t base, len;

	if (e->type == EV_EFI_PLATFORM_FIRMWARE_BLOB2) {
		uint8_t name_len = cursor_u8(&c);
		const uint8_t *name = cursor_take(&c, name_len);

		if (name) {
			line_ascii(l, name, name_len);
			line_printf(l, ": ");
		}
	}
	base = cursor_le64(&c);
	len = cursor_le64(&c);
	if (c.failed || c.left > 0)
		line_printf(l, "%u bytes", e->data_len);
	else
		line_printf(l, "%llu bytes at 0x%llx", (unsigned long long)len,
			    (unsigned long long)base);
}

static void describe_handoff(struct line *l, const struct event *e)
{
	uint8_t name_len = e->data_len > 0 ? e->data[0] : 0;

	if (name_len == 0 || name_len >= e->data_len)
		line_printf(l, "%u bytes", e->data_len);
	else
		line_ascii(l, e->data + 1, name_len);
}

/* UEFI_GPT_DATA: the 92-byte header (UEFI 2.10, 5.3.2), the number of partitions, their entries. */
static void describe_gpt(struct line *l, const struct event *e)
{
	struct cursor c = CURSOR(e->data, e->data_len);
	const uint8_t *header = cursor_take(&c, 92);
	uint64_t count = cursor_le64(&c);

	if (c.failed || memcmp(header, "EFI PART", 8) != 0) {
		line_printf(l, "%u bytes", e->data_len);
		return;
	}
	line_printf(l, "disk ");
	line_guid(l, header + 56);
	line_printf(l, ", %llu partitions", (unsigned long long)count);
}

/* TCG_PCClientTaggedEvent: tag, length, data. */
static bool tagged(const struct event *e, uint32_t *ret_tag, const uint8_t **ret, uint32_t *ret_len)
{
	struct cursor c = CURSOR(e->data, e->data_len);
	uint32_t tag = cursor_le32(&c), len = cursor_le32(&c);

	if (c.failed || len != c.left)
		return false;
	*ret_tag = tag;
	*ret = c.p;
	*ret_len = len;
	return true;
}

static void describe_tag(struct line *l, const struct event *e)
{
	const uint8_t *data;
	uint32_t tag, len;

	if (!tagged(e, &tag, &data, &len)) {
		line_printf(l, "%u bytes", e->data_len);
		return;
	}
	if (tag != TAG_INITRD && tag != TAG_LOAD_OPTIONS)
		line_printf(l, "tag 0x%08x ", tag);
	if (!line_text(l, data, len))
		line_printf(l, "%u bytes", len);
}

static void describe_no_action(struct line *l, const struct event *e)
{
	if (e->data_len < 16 || !is_ascii(e->data, 16)) {
		line_printf(l, "%u bytes", e->data_len);
		return;
	}
	line_ascii(l, e->data, 16);
	if (e->data_len == 17)
		line_printf(l, " %u", e->data[16]);
}

void event_string(const struct event *e, char out[EVENT_TEXT_SIZE])
{
	struct line l = {.out = out, .size = EVENT_TEXT_SIZE};
	const uint8_t *data = e->data;
	uint32_t tag, len = e->data_len;

	out[0] = '\0';
	if (e->type == EV_EVENT_TAG && !tagged(e, &tag, &data, &len))
		return;
	if (e->type == EV_IPL || e->type == EV_EVENT_TAG)
		(void)line_text(&l, data, len);
}

static void describe_other(struct line *l, const struct event *e)
{
	if (e->data_len > 4 && line_text(l, e->data, e->data_len))
		return;
	if (e->data_len > 0 && e->data_len <= 16)
		line_hex(l, e->data, e->data_len);
	else
		line_printf(l, "%u bytes", e->data_len);
}

void event_describe(const struct event *e, char out[EVENT_TEXT_SIZE])
{
	struct line l = {.out = out, .size = EVENT_TEXT_SIZE};

	out[0] = '\0';
	switch (e->type) {
	case EV_EFI_VARIABLE_DRIVER_CONFIG:
	case EV_EFI_VARIABLE_BOOT:
	case EV_EFI_VARIABLE_BOOT2:
	case EV_EFI_VARIABLE_AUTHORITY:
		describe_variable(&l, e);
		break;
	case EV_EFI_BOOT_SERVICES_APPLICATION:
	case EV_EFI_BOOT_SERVICES_DRIVER:
	case EV_EFI_RUNTIME_SERVICES_DRIVER:
		describe_image(&l, e);
		break;
	case EV_EFI_PLATFORM_FIRMWARE_BLOB:
	case EV_EFI_PLATFORM_FIRMWARE_BLOB2:
		describe_blob(&l, e);
		break;
	case EV_EFI_HANDOFF_TABLES2:
		describe_handoff(&l, e);
		break;
	case EV_EFI_GPT_EVENT:
		describe_gpt(&l, e);
		break;
	case EV_EVENT_TAG:
		describe_tag(&l, e);
		break;
	case EV_NO_ACTION:
		describe_no_action(&l, e);
		break;
	default:
		describe_other(&l, e);
	}
}
