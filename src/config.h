/* SPDX-License-Identifier: MIT */
/*
 * cvmcrypt.conf and cvmcrypt.conf.d: the measured configuration. The grammar is in ini.h, the keys
 * are one table in config_keys.c; cvmcrypt.conf(5) explains them, and a lint compares the two.
 * Immutable once parsed; owns no memory.
 */
#ifndef CVMCRYPT_CONFIG_H
#define CVMCRYPT_CONFIG_H

#include "buf.h"
#include "err.h"
#include "policy.h"

#define CONFIG_VOLUMES_MAX 16
#define CONFIG_SOURCES_MAX 4
#define CONFIG_FILES_MAX 64
#define CONFIG_TEXT_MAX 65536		/* bytes of one file */
#define CONFIG_PATH_MAX 256
#define CONFIG_URL_MAX 256
#define CONFIG_PINS_MAX 512

enum on_refused { ON_REFUSED_POWEROFF, ON_REFUSED_HALT, ON_REFUSED_REBOOT };
enum recovery_mode { RECOVERY_UNSET, RECOVERY_OFF, RECOVERY_CONSOLE };
enum volume_role { ROLE_OS, ROLE_DATA };
enum source_type {
	SOURCE_TPM2 = 1,
	SOURCE_PARENT,
	SOURCE_GUEST_KEY,		/* guest-secret-key: bound to PCR values */
	SOURCE_GUEST_KEY_UNBOUND	/* guest-secret-key:unbound: or not */
};
enum profile { PROFILE_UKI, PROFILE_GRUB };

struct volume_config {
	char name[32];			/* the section's: [volume NAME] */
	enum volume_role role;
	char device[256];		/* as written: PARTLABEL=, UUID= ... or a path */
	char mapping[64];
	bool id_set;
	uint8_t id[32];			/* the anchor: commitment of S */
	bool measured;			/* id = measured: PCR 15 carries the commitment */
	enum source_type sources[CONFIG_SOURCES_MAX];
	size_t source_count;
	bool required;			/* default: yes for os */
	bool discards;			/* discards = yes | no (default no) */
	char file[CONFIG_PATH_MAX];	/* where the section stands, for enrol to write the id */
	unsigned line;
};

/* [network]: where evidence comes from that the machine itself does not hold. "" is off. */
struct network_config {
	char metadata[CONFIG_URL_MAX];	/* the cloud's metadata service */
	char amd_kds[CONFIG_URL_MAX];	/* AMD's key service */
	char roots[CONFIG_PATH_MAX];	/* for https; "" is the system's bundle */
	char pins[CONFIG_PINS_MAX];	/* "sha256//...;sha256//..." for https; "" is none */
	char drivers[256];		/* of the interface, first choice first */
	int64_t timeout_ms;		/* timeout, default 20s: of one request */
	int64_t up_timeout_ms;		/* up-timeout, default 30s: then E207 */
	char file[CONFIG_PATH_MAX];	/* where the section stands; "": nowhere */
	unsigned line;
};

struct config {
	enum profile profile;
	enum recovery_mode recovery;
	enum on_refused on_refused;
	int64_t refused_delay_ms;	/* refused-delay, default 10min */
	bool on_transient_retry;	/* on-transient = retry | refuse; default retry */
	int64_t recovery_timeout_ms;	/* recovery-timeout, default 10min: the prompt ends */
	int64_t device_timeout_ms;	/* device-timeout, default 60s: then E202 */
	int64_t tpm_timeout_ms;		/* tpm-timeout, default 30s: then E201 */
	char tpm[128];			/* default /dev/tpmrm0 */
	struct volume_config volume[CONFIG_VOLUMES_MAX];
	size_t volume_count;
	struct network_config network;
	char boot_file[CONFIG_PATH_MAX];	/* where [boot] stands; empty: nowhere */
	unsigned boot_line;
	struct policy policy;		/* [policy], and [boot] isolation */
};

#define CONFIG_DIR "/etc/cvmcrypt"

/*
 * Reads DIR/cvmcrypt.conf and DIR/cvmcrypt.conf.d/ *.conf in name order. No file, or no volume in
 * any: 0 with volume_count 0. Files and folders must belong to root or the caller and be writable
 * by nobody else (E_CONFIG_READ). Messages about a line start with "FILE:LINE: ".
 */
int config_load(struct config *ret, const char *dir, struct err *reterr);
/*
 * One file's text: the pure part, fuzzed. Call config_init() first and config_finish() last; a
 * section may stand once in all files together. E_CONFIG_SYNTAX, E_CONFIG_KEY, E_CONFIG_DUPLICATE,
 * E_CONFIG_VALUE, E_CONFIG_MISSING; after a failure *c must not be used.
 */
void config_init(struct config *c);
int config_parse(struct config *c, const char *file, const char *text, size_t len,
		 struct err *reterr);
/* What concerns more than one section: one os volume, nothing used twice. */
int config_finish(struct config *c, struct err *reterr);
/*
 * What a boot image must have beyond what parses, E_CONFIG_MISSING: isolation, and an id for each
 * volume (the os volume's may be `measured`).
 */
int config_check_image(const struct config *c, struct err *reterr);

const struct volume_config *config_volume(const struct config *c, const char *name);
const struct volume_config *config_os_volume(const struct config *c);
uint32_t config_pcr_mask(const struct config *c);

/*
 * Writes `id = HEX` into the volume's section of the file it stands in, atomically, in place of the
 * line that gives the id or below the section's own line. Every other byte stays, as do the file's
 * mode and, if it is a symbolic link, the link. E_CONFIG_READ, E_IO.
 */
int config_write_id(const struct volume_config *v, const uint8_t id[32], struct err *reterr);
/* The pure part: text with the id in [volume NAME], appended to ret. */
int config_edit_id(const struct volume_config *v, const uint8_t id[32], const char *text,
		   size_t len, struct buf *ret, struct err *reterr);

#endif
