/* SPDX-License-Identifier: MIT */
/*
 * Messages. Levels are syslog's; below verbs and `boot` only log_debug() is used. stderr gets
 * "<N>" prefixes when it is not a terminal (journald reads them). In the initramfs log_to_console()
 * adds /dev/console and /dev/kmsg, whatever `quiet` says. The last LOG_RING_LINES lines that were too
 * detailed to print are kept in memory, and log_dump_ring() prints them when a boot has failed. There
 * is no hexdump, and no function that takes a struct secret.
 */
#ifndef CVMCRYPT_LOG_H
#define CVMCRYPT_LOG_H

#include "base.h"

#define LOG_RING_LINES 64
#define LOG_LINE_MAX 240

enum log_level { LOG_L_ERR = 3, LOG_L_WARNING = 4, LOG_L_NOTICE = 5, LOG_L_INFO = 6, LOG_L_DEBUG = 7 };

void log_set_level(enum log_level level);
/* From now on lines up to `info` go to /dev/console and /dev/kmsg as well. */
void log_to_console(void);
void log_line(enum log_level level, const char *fmt, ...) _printf_(2, 3);
void log_dump_ring(void);

#define log_error(...) log_line(LOG_L_ERR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_L_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_L_NOTICE, __VA_ARGS__)
#define log_info(...) log_line(LOG_L_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_L_DEBUG, __VA_ARGS__)

#endif
