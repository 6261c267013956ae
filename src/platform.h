/* SPDX-License-Identifier: MIT */
/*
 * Every path that is read about the machine: event log, kernel command line, device names, mounts,
 * block device relations. Paths are relative to a root folder, so that a test can point it at a
 * recorded machine; the shipped binary uses "/".
 */
#ifndef CVMCRYPT_PLATFORM_H
#define CVMCRYPT_PLATFORM_H

#include "buf.h"
#include "deadline.h"
#include "err.h"

#define PLATFORM_CMDLINE_MAX 8192

void platform_set_root(const char *root);

/*
 * /sys/kernel/security/tpm0/binary_bios_measurements; mounts securityfs if nothing has.
 * E_EVENTLOG_ABSENT.
 */
int platform_event_log(struct buf *ret, struct err *reterr);
int platform_cmdline(char out[PLATFORM_CMDLINE_MAX], struct err *reterr);
bool platform_is_initramfs(void);	/* /etc/initrd-release, or the root is rootfs/tmpfs */

/*
 * PARTLABEL=x, PARTUUID=x, UUID=x, LABEL=x (to /dev/disk/by-..., udev's escaping) or an absolute
 * path. E_CONFIG_VALUE.
 */
int platform_device_path(const char *device, char *out, size_t out_size, struct err *reterr);
/* Event-driven (inotify): until the path exists or the deadline has passed. false: not there. */
bool platform_wait_path(const char *path, struct deadline deadline);

/*
 * What is mounted at dir, the topmost if there are several: "MAJOR:MINOR" of its block device, or
 * for btrfs the file system's UUID. E_HANDOFF_MOUNT if nothing is.
 */
int platform_mount_source(const char *dir, char *out, size_t out_size, char *fstype,
			  size_t fstype_size, struct err *reterr);
/*
 * Does everything below this source (dm slaves, LVM, md, the members of a btrfs) stand on devices
 * of the list? ours: st_rdev of our mappings. E_HANDOFF_MOUNT if one does not.
 */
int platform_backing_all_ours(const char *source, const char *fstype, const uint64_t *ours,
			      size_t count, struct err *reterr);
/*
 * The same for what is mounted at dir and for every file system mounted below it, the kernel's
 * excepted.
 */
int platform_mounts_all_ours(const char *dir, const uint64_t *ours, size_t count,
			     struct err *reterr);
/*
 * Does what is written to this path stay from the host: LUKS below its file system, in every part, or the
 * VM's memory? The path need not exist. E_NOT_ENCRYPTED; E_IO when that can't be found out.
 */
int platform_path_encrypted(const char *path, struct err *reterr);
/*
 * Is there an init below dir? Without one both systemd and initramfs-tools start /bin/sh.
 * E_HANDOFF_MOUNT.
 */
int platform_check_init(const char *dir, struct err *reterr);
/* The one block device below /dev/mapper/MAPPING. */
int platform_mapping_device(const char *mapping, char *out, size_t out_size, struct err *reterr);

/*
 * "snp" or "tdx" where this looks like such a machine, else NULL: a proposal for the configuration.
 * CPUID and device nodes are the host's word and prove nothing.
 */
const char *platform_isolation_hint(void);

/*
 * No key combination of the console's owner kills a program or dumps memory; the real root sets its
 * own.
 */
void platform_disable_sysrq(void);

/* sync, then power off, halt or reboot by system call. Does not return on success. */
void platform_end_boot(const char *action);

/* A line typed at /dev/console, echo off (shown as nothing); terminal settings restored. */
int platform_ask_console(const char *prompt, char *out, size_t out_size, struct deadline deadline,
			 struct err *reterr);

#endif
