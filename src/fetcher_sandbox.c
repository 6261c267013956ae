/* SPDX-License-Identifier: MIT */
/*
 * What the fetcher gives up before the first byte from a network, in this order: every other
 * descriptor; the file system, for one in memory that holds the resolver's files; memory, time and
 * files beyond small limits; its user and capabilities, for good; what files are left, and ports
 * (Landlock, where the kernel has it); every system call but those of a network client (seccomp).
 */
#include "fetcher.h"

#include "confine.h"
#include "file.h"
#include "url.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define FILE_MAX 65536
#define JAIL "/dev"		/* is there everywhere; covered in our own mount namespace only */

static const char *const resolver_files[] = {
	"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf",
};

static bool problem(struct fetch_ready *m, const char *what)
{
	(void)snprintf(m->problem, sizeof(m->problem), "%s: %s", what, strerror(errno));
	return false;
}

/* A file system of our own with copies of the resolver's files: no device, no /proc, no disk. */
static bool enter_jail(void)
{
	struct buf text[ARRAY_SIZE(resolver_files)] = {{0}};
	bool ok = unshare(CLONE_NEWNS) == 0 &&
		  mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;

	for (size_t i = 0; ok && i < ARRAY_SIZE(resolver_files); i++)
		if (file_read(resolver_files[i], FILE_MAX, &text[i], NULL) < 0)
			buf_done(&text[i]);
	ok = ok && mount("none", JAIL, "tmpfs", MS_NODEV | MS_NOSUID | MS_NOEXEC,
			 "mode=0755,size=512k,nr_inodes=16") == 0 &&
	     chdir(JAIL) == 0 && mkdir("etc", 0755) == 0 && chmod("etc", 0755) == 0;
	for (size_t i = 0; i < ARRAY_SIZE(resolver_files); i++) {
		if (ok && text[i].data)
			ok = file_replace(resolver_files[i] + 1, text[i].data, text[i].len, 0444,
					  NULL) == 0;
		buf_done(&text[i]);
	}
	return ok &&
	       mount(NULL, JAIL, NULL,
		     MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODEV | MS_NOSUID | MS_NOEXEC,
		     NULL) == 0 &&
	       chroot(".") == 0 && chdir("/") == 0;
}

static bool limit(int what, rlim_t value)
{
	return setrlimit((__rlimit_resource_t)what, &(struct rlimit){value, value}) == 0;
}

static bool set_limits(bool own_user)
{
	/* libcurl resolves names in threads, each with an arena for malloc unless told otherwise */
	(void)mallopt(M_ARENA_MAX, 1);
	return limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, 64) &&
	       limit(RLIMIT_CPU, 120) && limit(RLIMIT_STACK, 1 << 20) &&
	       limit(RLIMIT_MEMLOCK, 0) && limit(RLIMIT_MSGQUEUE, 0) &&
	       (!own_user || limit(RLIMIT_NPROC, 16))
#ifndef __SANITIZE_ADDRESS__
	       && limit(RLIMIT_AS, 256 << 20)
#endif
		;
}

/* Of later versions than the headers of the systems that this builds on; see landlock(7). */
struct ruleset_attr {
	uint64_t fs, net, scoped;
};
struct net_port_attr {
	uint64_t allowed, port;
};
#define RULE_NET_PORT 2
#define NET_BIND_TCP 1
#define NET_CONNECT_TCP 2

static void allow_port(int ruleset, uint16_t port)
{
	struct net_port_attr rule = {.allowed = NET_CONNECT_TCP, .port = port};

	(void)syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0);
}

static void allow_file(int ruleset, const char *path)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
						  .parent_fd = fd};

	if (fd >= 0)
		(void)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

/* Only the resolver's files, only TCP to the endpoints' ports and to name servers. Its ABI, or 0. */
static uint8_t restrict_files(const struct fetch_setup *setup)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset_attr attr = {.fs = (1u << (abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13)) - 1,
				    .net = abi >= 4 ? NET_BIND_TCP | NET_CONNECT_TCP : 0,
				    .scoped = abi >= 6 ? 3 : 0};
	size_t size = abi >= 6 ? sizeof(attr) : abi >= 4 ? 16 : 8;
	_cleanup_close_ int ruleset = -1;
	char host[FETCH_BASE_MAX];
	uint16_t port;

	if (abi < 1)
		return 0;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(resolver_files); i++)
		allow_file(ruleset, resolver_files[i]);
	if (attr.net)
		allow_port(ruleset, 53);
	for (size_t i = 0; attr.net && i < setup->count; i++)
		if (url_host(setup->endpoint[i].base, host, sizeof(host), &port))
			allow_port(ruleset, port);
	return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ? (uint8_t)(abi < 255 ? abi : 255) : 0;
}

/* What a network client with a resolver thread calls. */
static const int calls[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close),
	SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(sendto), SCMP_SYS(sendmsg),
	SCMP_SYS(sendmmsg), SCMP_SYS(connect), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
	SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(shutdown), SCMP_SYS(poll),
	SCMP_SYS(ppoll), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(stat), SCMP_SYS(lseek),
	SCMP_SYS(pipe2), SCMP_SYS(eventfd2), SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap),
	SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(rseq), SCMP_SYS(set_robust_list),
	SCMP_SYS(set_tid_address), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(getpid),
	SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(uname), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* A network client that tries one of these is no longer one. Everything else fails with EPERM. */
static const int fatal[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(bpf), SCMP_SYS(keyctl),
	SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(mount), SCMP_SYS(umount2),
	SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(unshare), SCMP_SYS(setns),
	SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(kexec_load), SCMP_SYS(reboot),
	SCMP_SYS(open_by_handle_at), SCMP_SYS(io_uring_setup), SCMP_SYS(userfaultfd),
	SCMP_SYS(perf_event_open), SCMP_SYS(setuid), SCMP_SYS(setresuid), SCMP_SYS(mknod),
	SCMP_SYS(mknodat), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
};

static bool allow_if(scmp_filter_ctx f, int call, struct scmp_arg_cmp arg)
{
	return seccomp_rule_add_array(f, SCMP_ACT_ALLOW, call, 1, &arg) == 0;
}

/* Calls that are harmless with some arguments only. */
static bool allow_some(scmp_filter_ctx f)
{
	static const unsigned long fcntls[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL};
	bool ok = true;

	for (size_t i = 0; i < ARRAY_SIZE(fcntls); i++)
		ok = ok && allow_if(f, SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, fcntls[i]));
	return ok &&
	       /* to read, never to make or change */
	       allow_if(f, SCMP_SYS(openat),
			SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC | O_PATH, O_RDONLY)) &&
	       allow_if(f, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, AF_INET)) &&
	       allow_if(f, SCMP_SYS(socketpair), SCMP_A0(SCMP_CMP_EQ, AF_UNIX)) &&
	       /* no page that is executable now or later */
	       allow_if(f, SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0)) &&
	       allow_if(f, SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0)) &&
	       /* threads, no processes; clone3, whose flags lie in memory, is said to be absent */
	       allow_if(f, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) &&
	       seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
	       allow_if(f, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, 0x541B /* FIONREAD */)) &&
	       allow_if(f, SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME)) &&
	       allow_if(f, SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0)) &&
	       allow_if(f, SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
}

static bool restrict_calls(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool ok = f && seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0;

	for (size_t i = 0; ok && i < ARRAY_SIZE(calls); i++)
		ok = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0) == 0;
	for (size_t i = 0; ok && i < ARRAY_SIZE(fatal); i++)
		ok = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, fatal[i], 0) == 0;
	ok = ok && allow_some(f);
#ifndef __SANITIZE_ADDRESS__
	ok = ok && seccomp_load(f) == 0;
#endif
	if (f)
		seccomp_release(f);
	return ok;
}

bool fetcher_close_rest(void)
{
	return close_range(FETCH_SOCKET_FD + 1, ~0u, 0) == 0;
}

bool fetcher_shut_in(const struct fetch_setup *setup, struct fetch_ready *m)
{
	bool root = geteuid() == 0, jailed;
	uid_t uid;
	gid_t gid;

	confine_user(&uid, &gid);
	jailed = root && enter_jail();
	if (!set_limits(root))
		return problem(m, "setting limits");
	if (!confine(uid, gid, 0))
		return problem(m, "giving up privileges");
	m->landlock = restrict_files(setup);
	if (root && !jailed && m->landlock == 0) {
		errno = EPERM;
		return problem(m, "the file system cannot be left: no mount namespace, no Landlock");
	}
	if (!restrict_calls())
		return problem(m, "restricting system calls");
	return true;
}
