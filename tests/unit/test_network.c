/* SPDX-License-Identifier: MIT */
/* Leases as a hostile network would like them, the choice of the interface, the time floor. */
#include "floor.h"
#include "network_internal.h"

#include "platform.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <cmocka.h>

static char dir[] = "/tmp/cvmcrypt-network.XXXXXX";

static int parse(struct dhcp_lease *l, const char *text)
{
	return dhcp_lease_parse(l, text, strlen(text), NULL);
}

static void test_lease(void **state)
{
	struct dhcp_lease l;
	struct buf text = BUF_INIT(1000);

	(void)state;
	assert_int_equal(parse(&l, "ip=10.0.0.4\nsubnet=255.255.255.0\nrouter=10.0.0.1 10.0.0.2\n"
				   "dns=168.63.129.16 10.0.0.2 8.8.8.8 9.9.9.9\n"), 0);
	assert_int_equal(l.address, 0x0a000004);
	assert_int_equal(l.prefix, 24);
	assert_int_equal(l.router, 0x0a000001);
	assert_int_equal(l.name_server_count, 3);
	dhcp_lease_resolv(&l, &text);
	buf_put_u8(&text, 0);
	assert_string_equal((char *)text.data, "nameserver 168.63.129.16\nnameserver 10.0.0.2\n"
					       "nameserver 8.8.8.8\n");
	buf_done(&text);
	assert_int_equal(parse(&l, "ip=169.254.169.15\nsubnet=255.255.255.255\nrouter=\ndns=\n"), 0);
	assert_int_equal(l.prefix, 32);
	assert_int_equal(l.router, 0);
	assert_int_equal(l.name_server_count, 0);
}

static void test_lease_refused(void **state)
{
	static const char *const bad[] = {
		"", "\n", "ip=10.0.0.4\n", "subnet=255.0.0.0\n", "ip=10.0.0.4\nsubnet=255.0.0.0",
		"ip=10.0.0.4\nsubnet=255.0.0.0\nip=10.0.0.5\n",
		"ip=10.0.0.4\nsubnet=255.0.0.0\nhostname=x\n",
		"ip=10.0.0.4\nsubnet=255.0.0.0\n\n", "ip =10.0.0.4\nsubnet=255.0.0.0\n",
		"ip=10.0.0\nsubnet=255.0.0.0\n", "ip=10.0.0.4.5\nsubnet=255.0.0.0\n",
		"ip=10.0.0.256\nsubnet=255.0.0.0\n", "ip=10.0.0.04\nsubnet=255.0.0.0\n",
		"ip=10.0.0.-4\nsubnet=255.0.0.0\n", "ip=10.0.0.4 \nsubnet=255.0.0.0\n",
		"ip=0.0.0.0\nsubnet=255.0.0.0\n", "ip=127.0.0.1\nsubnet=255.0.0.0\n",
		"ip=224.0.0.1\nsubnet=255.0.0.0\n", "ip=255.255.255.255\nsubnet=255.0.0.0\n",
		"ip=10.0.0.4\nsubnet=255.0.255.0\n", "ip=10.0.0.4\nsubnet=0.0.0.0\n",
		"ip=10.0.0.4\nsubnet=128.0.0.0\n", "ip=10.0.0.4\nsubnet=0.0.0.255\n",
		"ip=10.0.0.4\nsubnet=255.0.0.0\nrouter=10.0.0.4\n",
		"ip=10.0.0.4\nsubnet=255.0.0.0\nrouter=127.0.0.1\n",
		"ip=10.0.0.4\nsubnet=255.0.0.0\ndns=x\n",
		"ip=10.0.0.4\nsubnet=255.0.0.0\ndns=8.8.8.8,9.9.9.9\n",
		"ip=10.0.0.4\nsubnet=255.0.0.0\ndns=8.8.8.8 $(reboot)\n",
	};
	char with_nul[] = "ip=10.0.0.4\nsubnet=255.0.0.0\ndns=\0\n";
	static char large[DHCP_TEXT_MAX + 2];
	struct dhcp_lease l;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (parse(&l, bad[i]) != -E_NETWORK)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(dhcp_lease_parse(&l, with_nul, sizeof(with_nul) - 1, NULL), -E_NETWORK);
	memset(large, '\n', sizeof(large) - 1);
	assert_int_equal(parse(&l, large), -E_NETWORK);
}

/* An interface as sysfs shows it. */
static void add(const char *name, unsigned index, const char *driver, const char *master)
{
	char path[PATH_MAX], target[PATH_MAX];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/sys/class/net/%s", dir, name);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/sys/class/net/%s/ifindex", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "%u\n", index);
	(void)fclose(f);
	if (master) {
		(void)snprintf(path, sizeof(path), "%s/sys/class/net/%s/master", dir, name);
		(void)snprintf(target, sizeof(target), "../%s", master);
		assert_int_equal(symlink(target, path), 0);
	}
	if (!driver)
		return;
	(void)snprintf(path, sizeof(path), "%s/sys/class/net/%s/device", dir, name);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/sys/class/net/%s/device/driver", dir, name);
	(void)snprintf(target, sizeof(target), "../../../../../bus/vmbus/drivers/%s", driver);
	assert_int_equal(symlink(target, path), 0);
}

static void test_choose(void **state)
{
	char name[IFNAMSIZ] = "";

	(void)state;
	assert_false(network_choose("hv_netvsc", name));
	add("lo", 1, NULL, NULL);
	add("docker0", 2, NULL, NULL);
	assert_false(network_choose("hv_netvsc virtio_net", name));
	add("eth9", 10, "hv_netvsc", NULL);
	add("eth1", 4, "hv_netvsc", NULL);
	add("eth2", 3, "mlx5_core", "eth1");
	add("eth3", 5, "virtio_net", NULL);
	assert_true(network_choose("hv_netvsc virtio_net mlx5_core", name));
	assert_string_equal(name, "eth1");
	assert_true(network_choose("mlx5_core virtio_net hv_netvsc", name));
	assert_string_equal(name, "eth3");
	assert_false(network_choose("mlx5_core", name));
	assert_false(network_choose("hv_net", name));
	assert_false(network_choose("", name));
}

static void test_name(void **state)
{
	static const char *const bad[] = {"", ".", "..", "a/b", "a b", "a:1", "eth%d", "a\n",
					  "abcdefghijklmnop", "\xc3\xa4"};

	(void)state;
	assert_true(network_is_name("eth0"));
	assert_true(network_is_name("abcdefghijklmno"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(network_is_name(bad[i]));
}

static int64_t floor_of(const char *text)
{
	char path[PATH_MAX];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, FLOOR_FILE);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs(text, f);
	(void)fclose(f);
	return floor_seconds(dir);
}

static void test_floor(void **state)
{
	static const char *const bad[] = {"", "\n", "1700000000", "1700000000\n\n", "-1\n", "x\n",
					  " 1\n", "1.5\n", "9999999999999999999\n"};
	int64_t now = (int64_t)time(NULL);

	(void)state;
	assert_int_equal(floor_seconds("/nonexistent"), 0);
	assert_int_equal(floor_of("1700000000\n"), 1700000000);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(floor_of(bad[i]), 0);
	assert_true(floor_now(0) >= now);
	assert_int_equal(floor_now(now + 1000000), now + 1000000);
}

static void test_needed(void **state)
{
	struct config c;

	(void)state;
	config_init(&c);
	assert_false(network_needed(&c));
	c.policy.isolation = ISOLATION_NONE;
	assert_false(network_needed(&c));
	c.policy.isolation = ISOLATION_SNP;
	assert_true(network_needed(&c));
	c.network.metadata[0] = '\0';
	assert_true(network_needed(&c));
	c.network.amd_kds[0] = '\0';
	assert_false(network_needed(&c));
}

static int setup(void **state)
{
	char path[PATH_MAX];

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	for (const char *const *p = (const char *const[]){"sys", "sys/class", "sys/class/net", NULL}; *p; p++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, *p);
		if (mkdir(path, 0755) < 0)
			return -1;
	}
	platform_set_root(dir);
	return 0;
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	platform_set_root("");
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lease),
		cmocka_unit_test(test_lease_refused),
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_floor),
		cmocka_unit_test(test_needed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
