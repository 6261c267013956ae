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

/* /sys/kernel/security/tpm0/binary_bios_measurements; mounts securityfs if nothing has. E_EVENTLOG_ABSENT. */
int platform_event_log(struct buf *ret, struct err *reterr);
int platform_cmdline(char out[PLATFORM_CMDLINE_MAX], struct err *reterr);
bool platform_is_initramfs(void);	/* /etc/initrd-release, or the root is rootfs/tmpfs */

/* PARTLABEL=x, PARTUUID=x, UUID=x, LABEL=x (to /dev/disk/by-..., udev's escaping) or an absolute path. E_CONFIG_VALUE. */
int platform_device_path(const char *device, char *out, size_t out_size, struct err *reterr);
/* Event-driven (inotify): until the path exists or the deadline has passed. false: not there. */
bool platform_wait_path(const char *path, struct deadline deadline);

/* st_dev of what is mounted at dir (the file system's device; btrfs: E_HANDOFF_MOUNT unless handled by platform_backing). */
int platform_mount_source(const char *dir, char *out, size_t out_size, char *fstype, size_t fstype_size,
			  struct err *reterr);
/*
 * The whole-stack leaves below a block device (dm slaves, LVM, btrfs members): calls visit(rdev) for
 * each device at the bottom of the stack that is stop_at, or has no slaves. Used by handoff to prove
 * that everything under the root is one of our mappings.
 */
int platform_backing_all_ours(const char *source, const char *fstype, const uint64_t *ours, size_t count,
			      struct err *reterr);

/* sync, then power off, halt or reboot by system call. Does not return on success. */
void platform_end_boot(const char *action);

/* A line typed at /dev/console, echo off (shown as nothing); terminal settings restored. */
int platform_ask_console(const char *prompt, char *out, size_t out_size, struct deadline deadline,
			 struct err *reterr);

#endif
