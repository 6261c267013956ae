/* SPDX-License-Identifier: MIT */
/*
 * The network of the boot image, up and down, on one end of a wire; a DHCP server at the other.
 * Root only: each test is in a network namespace of its own.
 */
#include "child.h"
#include "fetch.h"
#include "network_internal.h"

#include "file.h"
#include "platform.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

/* the DHCP client of this network namespace, and not the shell that looks for it */
#define CLIENT "pgrep --ns $$ --nslist net -f 'udhcp[c] '"
#define EVIL "/tmp/cvmcrypt-evil"

struct wire {
	char dir[64];		/* the machine, for platform_set_root() */
	char program[PATH_MAX];
	struct child server;
	struct network_config config;
	struct err e;
};

static bool run(const char *fmt, ...) _printf_(1, 2);
static bool run(const char *fmt, ...)
{
	char command[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	return system(command) == 0;
}

static void read_line(int fd, char out[64])
{
	size_t n = 0;

	while (n < 63 && read(fd, out + n, 1) == 1 && out[n] != '\n')
		n++;
	out[n] = '\0';
}

static void start_server(struct wire *w, const char *mode)
{
	const char *const argv[] = {"unshare", "--net", "python3", "tests/emu/dhcp_server.py", "far0", mode,
				    NULL};
	char line[64];

	assert_true(child_start(&w->server, argv));
	read_line(w->server.out, line);
	assert_true(run("ip link add near0 type veth peer name far0 netns %s", line));
	read_line(w->server.out, line);
	assert_string_equal(line, "ready");
}

/* A machine with one interface of this driver, as far as sysfs says. */
static void show_interface(struct wire *w, const char *driver)
{
	assert_true(run("cd %s && mkdir -p sys/class/net/near0/device && "
			"cat /sys/class/net/lo/ifindex > sys/class/net/near0/ifindex && "
			"ln -s ../../../../bus/drivers/%s sys/class/net/near0/device/driver",
			w->dir, driver));
}

static int make_wire(void **state)
{
	struct wire *w = calloc(1, sizeof(*w));

	*state = w;
	if (!w)
		return -1;
	w->server = CHILD_INIT;
	if (geteuid() != 0)
		return 0;
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/cvmcrypt-wire.XXXXXX");
	if (!mkdtemp(w->dir) ||
	    !run("cd %s && mkdir -p etc run usr/libexec/cvmcrypt && : > etc/initrd-release && "
		 "cp \"$OLDPWD/network/dhcp-event\" usr/libexec/cvmcrypt/ && chmod 755 . usr usr/libexec", w->dir))
		return -1;
	child_built("cvmcrypt-fetch", w->program);
	platform_set_root(w->dir);
	w->config = (struct network_config){.metadata = "http://169.254.169.254",
					    .drivers = "hv_netvsc virtio_net", .timeout_ms = 5000};
	return unshare(CLONE_NEWNET);
}

static int free_wire(void **state)
{
	struct wire *w = *state;

	platform_set_root("");
	child_stop(&w->server);
	if (*w->dir)
		(void)run("rm -rf %s", w->dir);
	free(w);
	return 0;
}

static struct wire *wire_of(void **state)
{
	if (geteuid() != 0 || !run("command -v ip unshare > /dev/null") ||
	    (!file_exists("/bin/busybox") && !file_exists("/sbin/udhcpc")))
		skip();
	return *state;
}

static short flags(void)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq q = {.ifr_name = "near0"};

	return ioctl(fd, SIOCGIFFLAGS, &q) == 0 ? q.ifr_flags : 0;
}

static bool has_address(void)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq q = {.ifr_name = "near0"};

	return ioctl(fd, SIOCGIFADDR, &q) == 0;
}

static bool exists(const struct wire *w, const char *path)
{
	char full[PATH_MAX];

	(void)snprintf(full, sizeof(full), "%s%s", w->dir, path);
	return file_exists(full);
}

static void expect_nothing_left(const struct wire *w)
{
	_cleanup_buf_ struct buf routes = {0};

	assert_false(flags() & IFF_UP);
	assert_false(has_address());
	assert_int_equal(file_read("/proc/thread-self/net/route", 65536, &routes, NULL), 0);
	assert_null(strstr((char *)routes.data, "near0"));
	assert_false(exists(w, NETWORK_STATE));
	assert_false(exists(w, NETWORK_RESOLV));
	assert_false(run(CLIENT " > /dev/null"));
}

static void expect_up(struct wire *w)
{
	int64_t begin = now_ms();

	if (network_up(&w->config, deadline_in(20000), &w->e) < 0)
		fail_msg("%s", w->e.msg);
	print_message("up after %d ms\n", (int)(now_ms() - begin));
	assert_true(now_ms() - begin < 3000);
	assert_true(flags() & IFF_RUNNING);
	assert_true(exists(w, NETWORK_STATE));
}

/* The fetcher over it, by address and by name. */
static int fetch_from(struct wire *w, const char *base)
{
	_cleanup_fetch_ struct fetch *f = NULL;
	_cleanup_fetch_reply_ struct fetch_reply reply = {0};
	struct fetch_settings s;

	(void)snprintf(w->config.metadata, sizeof(w->config.metadata), "%s", base);
	fetch_settings_init(&s, &w->config, 0);
	s.program = w->program;
	if (fetch_start(&f, &s, &w->e) < 0)
		fail_msg("%s", w->e.msg);
	return fetch_get(f, &(struct fetch_request){.path = "/x"}, &reply, &w->e);
}

static void test_up_and_down(void **state)
{
	struct wire *w = wire_of(state);
	_cleanup_buf_ struct buf resolv = {0};
	char path[PATH_MAX];

	show_interface(w, "hv_netvsc");
	start_server(w, "normal");
	for (int i = 0; i < 2; i++) {
		buf_done(&resolv);
		expect_up(w);
		(void)snprintf(path, sizeof(path), "%s%s", w->dir, NETWORK_RESOLV);
		assert_int_equal(file_read(path, 4096, &resolv, NULL), 0);
		assert_string_equal((char *)resolv.data, "nameserver 10.11.12.1\n");
		assert_int_equal(fetch_from(w, "http://169.254.169.254"), 0);
		network_down();
		expect_nothing_left(w);
	}
	/* again, when there is nothing to do */
	network_down();
	assert_true(fetch_from(w, "http://169.254.169.254") < 0);
}

/* The resolver's file is the machine's here: a mount namespace gives the fetcher ours. */
static void test_name(void **state)
{
	struct wire *w = wire_of(state);

	show_interface(w, "virtio_net");
	start_server(w, "normal");
	expect_up(w);
	if (unshare(CLONE_NEWNS) < 0 || !run("mount --make-rprivate / && mount --bind %s%s /etc/resolv.conf",
					      w->dir, NETWORK_RESOLV))
		skip();
	assert_int_equal(fetch_from(w, "http://metadata.test"), 0);
	assert_int_equal(fetch_from(w, "http://metadata.invalid"), -E_FETCH);
	assert_true(run("umount /etc/resolv.conf"));
	network_down();
	expect_nothing_left(w);
}

static void test_far_router(void **state)
{
	struct wire *w = wire_of(state);

	show_interface(w, "virtio_net");
	start_server(w, "far");
	expect_up(w);
	assert_int_equal(fetch_from(w, "http://169.254.169.254"), 0);
	network_down();
	expect_nothing_left(w);
}

static void test_no_dns(void **state)
{
	struct wire *w = wire_of(state);

	show_interface(w, "virtio_net");
	start_server(w, "nodns");
	expect_up(w);
	network_down();
	expect_nothing_left(w);
}

static void test_text_is_not_run(void **state)
{
	struct wire *w = wire_of(state);

	(void)unlink(EVIL);
	show_interface(w, "virtio_net");
	start_server(w, "flood");
	expect_up(w);
	network_down();
	assert_false(file_exists(EVIL));
}

static void expect_failure(struct wire *w, int ms, const char *text)
{
	int64_t begin = now_ms();

	assert_int_equal(network_up(&w->config, deadline_in(ms), &w->e), -E_NETWORK);
	if (!strstr(w->e.msg, text))
		fail_msg("%s", w->e.msg);
	assert_true(now_ms() - begin < ms + 1000);
	expect_nothing_left(w);
}

static void test_failures(void **state)
{
	struct wire *w = wire_of(state);

	expect_failure(w, 300, "no network interface of driver hv_netvsc virtio_net");
	start_server(w, "silent");
	expect_failure(w, 300, "no network interface");
	show_interface(w, "virtio_net");
	expect_failure(w, 1500, "no DHCP server answers");
}

static void test_lies(void **state)
{
	struct wire *w = wire_of(state);

	show_interface(w, "virtio_net");
	start_server(w, "lies");
	expect_failure(w, 5000, "a lease that makes no sense");
}

static void test_no_link(void **state)
{
	struct wire *w = wire_of(state);

	assert_true(run("ip link add near0 type veth peer name far0"));
	show_interface(w, "virtio_net");
	expect_failure(w, 500, "has no link");
}

/* The other end comes up later: it is an event that ends the wait. */
static void test_late_link(void **state)
{
	struct wire *w = wire_of(state);
	int64_t begin = now_ms();

	assert_true(run("ip link add near0 type veth peer name far0"));
	show_interface(w, "virtio_net");
	assert_true(run("(sleep 0.5; ip link set far0 up) &"));
	assert_int_equal(network_up(&w->config, deadline_in(2000), &w->e), -E_NETWORK);
	assert_non_null(strstr(w->e.msg, "no DHCP server"));
	assert_true(now_ms() - begin >= 1900);
	expect_nothing_left(w);
}

/* unlock was killed with the network up: whoever comes next takes it down by the state file. */
static void test_after_a_death(void **state)
{
	struct wire *w = wire_of(state);
	int status;
	pid_t pid;

	show_interface(w, "virtio_net");
	start_server(w, "normal");
	pid = fork();
	if (pid == 0) {
		(void)network_up(&w->config, deadline_in(10000), NULL);
		(void)kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(has_address());
	network_down();
	expect_nothing_left(w);
	/* and with the client running */
	free_wire(state);
	assert_int_equal(make_wire(state), 0);
	w = *state;
	show_interface(w, "virtio_net");
	start_server(w, "silent");
	pid = fork();
	if (pid == 0)
		_exit(network_up(&w->config, deadline_in(10000), NULL) < 0);
	for (int i = 0; i < 200 && !run(CLIENT " > /dev/null"); i++)
		(void)usleep(20000);
	assert_true(run(CLIENT " > /dev/null"));
	/* the client's rights: a packet socket and its port */
	assert_true(run("grep -q 'CapEff:\t0000000000002400' /proc/$(" CLIENT ")/status"));
	assert_true(run("grep -q 'CapBnd:\t0000000000002400' /proc/$(" CLIENT ")/status"));
	assert_true(run("grep -q 'NoNewPrivs:\t1' /proc/$(" CLIENT ")/status"));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (int i = 0; i < 100 && run(CLIENT " > /dev/null"); i++)
		(void)usleep(20000);
	network_down();
	expect_nothing_left(w);
}

/* A running system has its own network. */
static void test_not_ours(void **state)
{
	struct wire *w = wire_of(state);

	show_interface(w, "virtio_net");
	start_server(w, "normal");
	assert_true(run("rm %s/etc/initrd-release", w->dir));
	assert_int_equal(network_up(&w->config, deadline_in(1000), &w->e), 0);
	assert_false(flags() & IFF_UP);
	assert_true(run("ip link set near0 up"));
	network_down();
	assert_true(flags() & IFF_UP);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_wire, free_wire)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_up_and_down),
		TEST(test_name),
		TEST(test_far_router),
		TEST(test_no_dns),
		TEST(test_text_is_not_run),
		TEST(test_failures),
		TEST(test_lies),
		TEST(test_no_link),
		TEST(test_late_link),
		TEST(test_after_a_death),
		TEST(test_not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
