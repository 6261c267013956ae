/* SPDX-License-Identifier: MIT */
#include "image_tree.h"

#include "cmdline.h"
#include "config.h"
#include "fetch.h"
#include "file.h"
#include "floor.h"
#include "network.h"
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/*
 * What the image must be able to load beyond what the build system's own tools find out. The TPM
 * and disk drivers of the clouds are named, because an image is often built on another machine; a
 * kernel that has one built in, or that does not know it, is fine: --image-tree judges what is
 * there.
 */
static const char modules[] = "dm_mod dm_crypt xts ecb aes_generic aesni_intel sha256_generic "
			      "algif_skcipher tpm_tis tpm_crb virtio_pci virtio_blk virtio_scsi "
			      "sd_mod hv_vmbus hv_storvsc nvme";

struct emitter {
	const struct image_report *report;
	struct err *reterr;
	int first;
};

static void fact(const struct emitter *e, const char *key, const char *value)
{
	if (e->report->on_fact)
		e->report->on_fact(e->report->context, key, value);
}

static void finding(void *context, int code, const char *message)
{
	struct emitter *e = context;

	if (e->report->on_finding)
		e->report->on_finding(e->report->context, code, message);
	if (e->first == 0)
		e->first = err_set(e->reterr, (enum err_code)code, "%s", message);
}

/* As systemd names the unit of /dev/mapper/NAME: '/' becomes '-', the rest is escaped. */
static void device_unit(const char *mapping, char *out, size_t out_size)
{
	size_t at = (size_t)snprintf(out, out_size, "dev-mapper-");

	for (const char *c = mapping; *c && at + 16 < out_size; c++) {
		bool plain = (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') ||
			     (*c >= 'a' && *c <= 'z') || *c == '_' || *c == '.' || *c == ':';

		at += (size_t)snprintf(out + at, out_size - at, plain ? "%c" : "\\x%02x", *c);
	}
	(void)snprintf(out + at, out_size - at, ".device");
}

/* Roots that the policy names instead of the built-in ones; paths have no blanks. */
static void trust_facts(const struct emitter *e, const struct policy *p)
{
	const char *const files[] = {p->amd_roots, p->intel_roots, p->azure_vtpm_roots};
	char text[3 * POLICY_FILE_MAX] = "";

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		size_t len = strlen(text);

		(void)snprintf(text + len, sizeof(text) - len, "%s%s", len && *files[i] ? " " : "",
			       files[i]);
	}
	if (*text)
		fact(e, "trust", text);
}

/* What the image needs beside for evidence: nothing, if none is demanded. */
static void evidence_facts(const struct emitter *e, const struct config *config)
{
	char text[512];
	bool network = network_needed(config);

	(void)snprintf(text, sizeof(text), "%s%s%s", modules, network ? " af_packet " : "",
		       network ? config->network.drivers : "");
	fact(e, "modules", text);
	fact(e, "built-at", evidence_needed(config) ? CONFIG_DIR "/" FLOOR_FILE : "no");
	trust_facts(e, &config->policy);
	fact(e, "network", network ? "yes" : "no");
	if (!network)
		return;
	fact(e, "fetcher", FETCH_PROGRAM);
	fact(e, "dhcp-event", NETWORK_DHCP_EVENT);
	if (fetch_uses_tls(&config->network))
		fact(e, "roots", fetch_roots(&config->network));
}

static void config_facts(const struct emitter *e, const struct config *config)
{
	const struct volume_config *os = config_os_volume(config);
	char text[512];

	fact(e, "configured", "yes");
	evidence_facts(e, config);
	if (!os)
		return;
	fact(e, "mapping", os->mapping);
	(void)snprintf(text, sizeof(text), "/dev/mapper/%s", os->mapping);
	fact(e, "root", text);
	device_unit(os->mapping, text, sizeof(text));
	fact(e, "device-unit", text);
}

static void check_cmdline_file(struct emitter *e, const struct config *config, const char *path)
{
	const struct volume_config *os = config_os_volume(config);
	_cleanup_buf_ struct buf text = {0};
	struct err err = {0};
	int r = file_read(path, PLATFORM_CMDLINE_MAX - 1, &text, &err);

	if (r < 0)
		finding(e, -r, err.msg);
	else if (memchr(text.data, '\0', text.len))
		finding(e, E_CMDLINE_FORBIDDEN, "kernel command line has a NUL byte");
	else
		(void)cmdline_judge((const char *)text.data, os ? os->mapping : NULL, true, finding,
				    e, NULL);
}

/* The image is often built on the machine that will boot it. */
static void propose_isolation(struct emitter *e, const struct err *err)
{
	const char *hint = platform_isolation_hint();
	char text[ERR_MSG_MAX + 64];

	(void)snprintf(text, sizeof(text), "%s; this machine suggests isolation = %s", err->msg,
		       hint ? hint : "none");
	finding(e, err->code, text);
}

int image_check_config(const char *config_dir, const char *cmdline_file,
		       const struct image_report *report, struct err *reterr)
{
	struct emitter e = {.report = report, .reterr = reterr};
	struct err err = {0};
	struct config config;
	int r = config_load(&config, config_dir, &err);

	if (r < 0) {
		finding(&e, -r, err.msg);
		return e.first;
	}
	if (config.volume_count == 0) {
		fact(&e, "configured", "no");
		return 0;
	}
	config_facts(&e, &config);
	r = config_check_image(&config, &err);
	if (r < 0 && config.policy.isolation == ISOLATION_UNSET)
		propose_isolation(&e, &err);
	else if (r < 0)
		finding(&e, -r, err.msg);
	if (cmdline_file)
		check_cmdline_file(&e, &config, cmdline_file);
	return e.first;
}

int image_check_tree(const char *dir, const struct image_report *report, struct err *reterr)
{
	_cleanup_close_ int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct image_tree t = {.dir = dir, .fd = fd, .report = report, .reterr = reterr};
	bool scripts, systemd;

	if (fd < 0)
		return err_errno(reterr, E_USAGE, errno, "opening '%s'", dir);
	scripts = tree_exists(&t, "/scripts/functions");
	systemd = tree_exists(&t, "/usr/lib/systemd/systemd") ||
		  tree_exists(&t, "/lib/systemd/systemd");
	if (!scripts && !systemd)
		return err_set(reterr, E_USAGE,
			       "'%s' holds neither an initramfs-tools image nor one with systemd",
			       dir);
	image_check_program(&t);
	image_check_modules(&t);
	image_check_openers(&t);
	if (scripts)
		image_check_initramfs_tools(&t);
	else
		image_check_systemd(&t);
	return t.first;
}
