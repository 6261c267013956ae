/* SPDX-License-Identifier: MIT */
/*
 * The device TCTI, the one that boots use: a pseudo-terminal stands in for /dev/tpmrm0, its other end
 * hands commands to swtpm and counts them.
 */
#include "machine.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

struct bridge {
	int master, socket, stop[2];
	pthread_t thread;
	char path[64];
	unsigned commands;	/* looked at when nothing is under way */
};

/* Part 1, 18: bytes 2 to 5 of a command or answer are its size. */
static bool copy_one(int from, int to)
{
	uint8_t bytes[4096];
	size_t have = 0, need = 10;

	while (have < need) {
		ssize_t n = read(from, bytes + have, sizeof(bytes) - have);

		if (n <= 0)
			return false;
		have += (size_t)n;
		if (have >= 10)
			need = (size_t)bytes[4] << 8 | bytes[5];
	}
	return write(to, bytes, have) == (ssize_t)have;
}

static void *carry(void *arg)
{
	struct bridge *b = arg;

	for (;;) {
		struct pollfd fds[2] = {{.fd = b->master, .events = POLLIN},
					{.fd = b->stop[0], .events = POLLIN}};

		if (poll(fds, 2, -1) < 0 || fds[1].revents)
			return NULL;
		if (!(fds[0].revents & POLLIN)) {
			/* nobody has the other end open */
			(void)poll(&fds[1], 1, 1);
			continue;
		}
		b->commands++;
		if (!copy_one(b->master, b->socket) || !copy_one(b->socket, b->master))
			return NULL;
	}
}

static void bridge_start(struct bridge *b, const char *dir)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct termios raw;

	*b = (struct bridge){0};
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", dir);
	b->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(b->socket, (struct sockaddr *)&address, sizeof(address)), 0);
	b->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(b->master >= 0);
	assert_int_equal(grantpt(b->master), 0);
	assert_int_equal(unlockpt(b->master), 0);
	assert_int_equal(ptsname_r(b->master, b->path, sizeof(b->path)), 0);
	assert_int_equal(tcgetattr(b->master, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(b->master, TCSANOW, &raw), 0);
	assert_int_equal(pipe2(b->stop, O_CLOEXEC), 0);
	assert_int_equal(pthread_create(&b->thread, NULL, carry, b), 0);
}

static void bridge_stop(struct bridge *b)
{
	assert_int_equal(write(b->stop[1], "", 1), 1);
	(void)pthread_join(b->thread, NULL);
	close(b->stop[0]);
	close(b->stop[1]);
	close(b->master);
	close(b->socket);
}

/* What a boot asks of the TPM; what we count is what goes over the wire. */
static void test_boot(void **state)
{
	_cleanup_secret_ struct secret got = SECRET_INIT;
	struct machine *c = machine_of(state);
	struct pcr_set now;
	struct bridge b;

	tpm_freep(&c->t);
	bridge_start(&b, c->swtpm.dir);
	ok(c, tpm_open(&c->t, b.path, false, &c->e));
	assert_int_equal(tpm_command_count(c->t), b.commands);
	ok(c, tpm_pcr_read(c->t, SEALED_MASK, &now, &c->e));
	ok(c, tpm_unseal(c->t, &c->m.way, &c->m.approval, &now, &got, &c->e));
	assert_true(secret_equal(&got, &c->m.s));
	ok(c, tpm_pcr_extend(c->t, PCR_CAP, "commitment", 10, &c->e));
	ok(c, tpm_door_close(c->t, &c->e));
	assert_int_equal(b.commands, 16);
	assert_int_equal(tpm_command_count(c->t), 16);
	tpm_freep(&c->t);
	bridge_stop(&b);
}

/* Both spellings, and what is not there. */
static void test_names(void **state)
{
	struct machine *c = machine_of(state);
	char conf[80];
	struct bridge b;

	tpm_freep(&c->t);
	bridge_start(&b, c->swtpm.dir);
	(void)snprintf(conf, sizeof(conf), "device:%s", b.path);
	ok(c, tpm_open(&c->t, conf, false, &c->e));
	ok(c, machine_unseal(c));
	tpm_freep(&c->t);
	bridge_stop(&b);
	refused(c, tpm_open(&c->t, conf, false, &c->e), E_TPM_ABSENT);
}

int main(void)
{
#define with(test) cmocka_unit_test_setup_teardown(test, machine_enrolled, machine_off)
	const struct CMUnitTest tests[] = {with(test_boot), with(test_names)};
	struct err e = {0};

	if (secret_heap_init(&e) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
