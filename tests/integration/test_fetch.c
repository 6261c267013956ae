/* SPDX-License-Identifier: MIT */
/* The real fetcher, seen from outside, against a hostile server. */
#include "fetch.h"

#include "child.h"
#include "file.h"

#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

static char dir[] = "/tmp/cvmcrypt-fetch.XXXXXX", program[PATH_MAX];
static char roots[CONFIG_PATH_MAX], other[CONFIG_PATH_MAX];
static char listing[4096];
static struct child server = CHILD_INIT;

/* What the server printed as NAME=VALUE. */
static const char *told(const char *name, char out[128])
{
	char key[32], *at;

	(void)snprintf(key, sizeof(key), "%s=", name);
	at = strstr(listing, key);
	while (at && at != listing && at[-1] != '\n')
		at = strstr(at + 1, key);
	assert_non_null(at);
	(void)snprintf(out, 128, "%.*s", (int)strcspn(at + strlen(key), "\n"), at + strlen(key));
	return out;
}

static int64_t server_now(void)
{
	char text[128];

	return strtoll(told("now", text), NULL, 10);
}

static const char *url(const char *kind, char out[CONFIG_URL_MAX])
{
	bool plain = strcmp(kind, "plain") == 0;
	char port[128];

	(void)snprintf(out, CONFIG_URL_MAX, "%s:%s", plain ? "http://127.0.0.1" : "https://localhost",
		       told(kind, port));
	return out;
}

static struct network_config network(const char *kind)
{
	struct network_config c = {.timeout_ms = 20000};
	char text[CONFIG_URL_MAX];

	(void)snprintf(c.metadata, sizeof(c.metadata), "%s", url("plain", text));
	(void)snprintf(c.amd_kds, sizeof(c.amd_kds), "%s", url(kind, text));
	(void)snprintf(c.roots, sizeof(c.roots), "%s", roots);
	return c;
}

static struct fetch *start(const struct network_config *c, int64_t floor)
{
	struct fetch_settings s;
	struct fetch *f = NULL;
	struct err e = {0};

	fetch_settings_init(&s, c, floor);
	s.program = program;
	if (fetch_start(&f, &s, &e) < 0)
		fail_msg("%s", e.msg);
	return f;
}

/* One request to the metadata service, without limits. */
static int ask(struct fetch *f, const char *path, struct fetch_reply *reply, struct err *e)
{
	return fetch_get(f, &(struct fetch_request){.path = path}, reply, e);
}

/* One request to the endpoint; what it gave, and its message. */
static int get(struct fetch *f, enum fetch_endpoint_index endpoint, const char *path, int64_t ms,
	       struct err *e)
{
	_cleanup_fetch_reply_ struct fetch_reply reply = {0};

	*e = (struct err){0};
	return fetch_get(f, &(struct fetch_request){.endpoint = endpoint, .path = path, .max = 65536,
						    .type = "application/json",
						    .deadline = deadline_in(ms)}, &reply, e);
}

/* By a fetcher of its own, because roots, pins and floor are told once. */
static int get_once(const struct network_config *c, int64_t floor, int64_t ms, struct err *e)
{
	_cleanup_fetch_ struct fetch *f = start(c, floor);

	return get(f, FETCH_AMD_KDS, "/ok", ms, e);
}

static int tls_get(const struct network_config *c, int64_t floor, struct err *e)
{
	return get_once(c, floor, 5000, e);
}

static void expect(int r, enum err_code code, const struct err *e, const char *text)
{
	if (r != -(int)code || (text && !strstr(e->msg, text)))
		fail_msg("%d '%s', not E%03d '%s'", r, e->msg, code, text ? text : "");
}

static void expect_part(const struct buf *text, const char *part)
{
	if (!strstr((const char *)text->data, part))
		fail_msg("no '%s' in:\n%s", part, (const char *)text->data);
}

static void test_answer(void **state)
{
	struct network_config c = network("good");
	_cleanup_fetch_ struct fetch *f = start(&c, 0);
	_cleanup_fetch_reply_ struct fetch_reply reply = {0};
	struct err e = {0};

	(void)state;
	for (int i = 0; i < FETCH_ENDPOINTS; i++) {
		struct fetch_request q = {.endpoint = (enum fetch_endpoint_index)i,
					  .path = "/echo/a?b=%2F",
					  .headers = {"Metadata: true", "Accept: application/json",
						      "Content-Type: application/json"},
					  .body = "{\"a\":1}", .body_len = 7,
					  .type = "application/json"};

		if (fetch_get(f, &q, &reply, &e) < 0)
			fail_msg("%s", e.msg);
		assert_int_equal(reply.status, 200);
		assert_int_equal(reply.retry_after_ms, -1);
		expect_part(&reply.body, "\"method\": \"POST\"");
		expect_part(&reply.body, "\"path\": \"/echo/a?b=%2F\"");
		expect_part(&reply.body, "\"metadata\": \"true\"");
		expect_part(&reply.body, "\"content-type\": \"application/json\"");
		expect_part(&reply.body, "\"body\": \"{\\\"a\\\":1}\"");
		assert_null(strstr((char *)reply.body.data, "expect"));
		fetch_reply_clear(&reply);
	}
	assert_int_equal(ask(f, "/echo", &reply, &e), 0);
	expect_part(&reply.body, "\"method\": \"GET\"");
	assert_null(strstr((char *)reply.body.data, "content-type"));
	fetch_reply_clear(&reply);
	assert_int_equal(ask(f, "/size/131072", &reply, &e), 0);
	assert_int_equal(reply.body.len, FETCH_BODY_MAX);
	fetch_reply_clear(&reply);
	assert_int_equal(ask(f, "/chunked", &reply, &e), 0);
	assert_string_equal((char *)reply.body.data, "helloworld");
}

static void test_status(void **state)
{
	struct network_config c = network("good");
	_cleanup_fetch_ struct fetch *f = start(&c, 0);
	_cleanup_fetch_reply_ struct fetch_reply reply = {0};
	struct err e = {0};

	(void)state;
	expect(ask(f, "/status/429", &reply, &e), E_FETCH_STATUS, &e, "HTTP status 429, request abc-123");
	assert_int_equal(reply.status, 429);
	assert_int_equal(reply.retry_after_ms, 7000);
	assert_string_equal(reply.request_id, "abc-123");
	assert_string_equal((char *)reply.body.data, "{\"error\":\"x\"}");
	fetch_reply_clear(&reply);
	expect(ask(f, "/retry/99999999999999999999", &reply, &e), E_FETCH_STATUS, &e, "503");
	assert_true(reply.retry_after_ms <= 24 * 3600000);
	fetch_reply_clear(&reply);
	/* no control byte gets through to a console */
	expect(ask(f, "/control", &reply, &e), E_FETCH_STATUS, &e, "request a?[2Jb??c");
	assert_int_equal(strlen(reply.request_id), FETCH_TEXT_MAX - 1);
	assert_null(strchr(reply.type, '\x1b'));
}

static void test_hostile(void **state)
{
	static const struct {
		const char *path;
		enum err_code code;
		const char *text;
	} cases[] = {
		{"/redirect", E_FETCH_REFUSED, "redirect (HTTP status 302)"},
		{"/status/304", E_FETCH_REFUSED, "redirect"},
		{"/huge", E_FETCH_REFUSED, "too large"},
		{"/huge-chunked", E_FETCH_REFUSED, "too large"},
		{"/endless", E_FETCH_REFUSED, "too large"},
		{"/size/65537", E_FETCH_REFUSED, "too large"},
		{"/headers", E_FETCH_REFUSED, "too large"},
		{"/interim", E_FETCH_REFUSED, "too large"},
		{"/type", E_FETCH_REFUSED, "is 'text/html', not 'application/json'"},
		{"/gzip", E_FETCH_REFUSED, "not an answer in HTTP/1.1"},
		{"/garbage", E_FETCH_REFUSED, NULL},
		{"/http09", E_FETCH_REFUSED, NULL},
		{"/slow", E_FETCH_TIMEOUT, NULL},
		{"/slow-chunked", E_FETCH_TIMEOUT, NULL},
		{"/slow-head", E_FETCH_TIMEOUT, NULL},
		{"/silent", E_FETCH_TIMEOUT, NULL},
		{"/drop", E_FETCH, NULL},
		{"/nothing", E_FETCH, NULL},
		{"/absent", E_FETCH_STATUS, "404"},
	};
	struct network_config c = network("good");
	_cleanup_fetch_ struct fetch *f = start(&c, 0);
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (int n = 0; n < FETCH_ENDPOINTS; n++) {
			int64_t begin = now_ms();
			int r = get(f, (enum fetch_endpoint_index)n, cases[i].path,
				    cases[i].code == E_FETCH_TIMEOUT ? 700 : 15000, &e);

			if (r != -(int)cases[i].code || (cases[i].text && !strstr(e.msg, cases[i].text)))
				fail_msg("%s: %d '%s'", cases[i].path, r, e.msg);
			if (now_ms() - begin > 5000)
				fail_msg("%s took %d ms", cases[i].path, (int)(now_ms() - begin));
		}
	/* a line without an end: libcurl's own bound or ours */
	assert_true(get(f, FETCH_METADATA, "/long-header", 15000, &e) < 0);
	/* it has survived them all, with nothing left of one in the next */
	assert_int_equal(get(f, FETCH_METADATA, "/ok", 5000, &e), 0);
	assert_int_equal(get(f, FETCH_AMD_KDS, "/ok", 5000, &e), 0);
}

static void test_cookies(void **state)
{
	struct network_config c = network("good");
	_cleanup_fetch_ struct fetch *f = start(&c, 0);
	struct err e = {0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		_cleanup_fetch_reply_ struct fetch_reply reply = {0};

		assert_int_equal(ask(f, "/cookie", &reply, &e), 0);
		assert_string_equal((char *)reply.body.data, "none");
	}
}

static void test_tls(void **state)
{
	static const struct {
		const char *kind, *text;
	} refused[] = {
		{"wrongname", "no alternative certificate subject name"},
		{"expired", "certificate has expired (the clock says 20"},
		{"ahead", "not yet valid (the clock says 20"},
		{"otherroot", NULL},
		{"selfsigned", NULL},
		{"old", NULL},
	};
	struct network_config c = network("good");
	char port[128];
	struct err e;

	(void)state;
	assert_int_equal(tls_get(&c, 0, &e), 0);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		c = network(refused[i].kind);
		expect(tls_get(&c, 0, &e), E_FETCH_TLS, &e, refused[i].text);
	}
	/* the other root is no root here, and this one none there */
	c = network("otherroot");
	(void)snprintf(c.roots, sizeof(c.roots), "%s", other);
	assert_int_equal(tls_get(&c, 0, &e), 0);
	c = network("good");
	(void)snprintf(c.roots, sizeof(c.roots), "%s", other);
	expect(tls_get(&c, 0, &e), E_FETCH_TLS, &e, NULL);
	/* http where https is meant, and the other way round */
	c = network("plain");
	assert_true(tls_get(&c, 0, &e) == 0);
	(void)snprintf(c.amd_kds, sizeof(c.amd_kds), "https://127.0.0.1:%s", told("plain", port));
	assert_true(tls_get(&c, 0, &e) < 0);
}

static void test_pins(void **state)
{
	static const char wrong[] = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	struct network_config c = network("good");
	char pin[128];
	struct err e;

	(void)state;
	(void)snprintf(c.pins, sizeof(c.pins), "%s", told("pin", pin));
	assert_int_equal(tls_get(&c, 0, &e), 0);
	(void)snprintf(c.pins, sizeof(c.pins), "%s;%s", wrong, pin);
	assert_int_equal(tls_get(&c, 0, &e), 0);
	(void)snprintf(c.pins, sizeof(c.pins), "%s", wrong);
	expect(tls_get(&c, 0, &e), E_FETCH_TLS, &e, NULL);
	/* a pin is beside the chain, not in its place */
	(void)snprintf(c.pins, sizeof(c.pins), "%s", pin);
	(void)snprintf(c.roots, sizeof(c.roots), "%s", other);
	expect(tls_get(&c, 0, &e), E_FETCH_TLS, &e, NULL);
}

/*
 * The clock is the host's. A floor ahead of it is what a clock of 1970 looks like, one long before it
 * what a clock of 2100 does.
 */
static void test_floor(void **state)
{
	const int64_t day = 24 * 3600, now = server_now(), year_2019 = 1546300800;
	struct network_config c = network("short");
	struct err e;

	(void)state;
	assert_int_equal(tls_get(&c, now - day, &e), 0);
	assert_int_equal(tls_get(&c, now + 9 * day, &e), 0);
	expect(tls_get(&c, now + 20 * day, &e), E_FETCH_TLS, &e, "expired");
	/* it has ended by the clock, but not before the floor */
	c = network("expired");
	assert_int_equal(tls_get(&c, year_2019 + 100 * day, &e), 0);
	expect(tls_get(&c, year_2019 + 400 * day, &e), E_FETCH_TLS, &e, "expired");
	expect(tls_get(&c, 0, &e), E_FETCH_TLS, &e, "expired");
	/* it begins after the clock: how much later it is nobody knows */
	c = network("ahead");
	assert_int_equal(tls_get(&c, now - day, &e), 0);
	assert_int_equal(tls_get(&c, now + day, &e), 0);
	expect(tls_get(&c, 0, &e), E_FETCH_TLS, &e, "not yet valid");
	/* without a floor an hour is not a wrong clock */
	c = network("soon");
	assert_int_equal(tls_get(&c, 0, &e), 0);
	/* another failure stays one */
	c = network("otherroot");
	expect(tls_get(&c, now + day, &e), E_FETCH_TLS, &e, NULL);
	c = network("wrongname");
	expect(tls_get(&c, now + day, &e), E_FETCH_TLS, &e, NULL);
}

static void test_unreachable(void **state)
{
	struct network_config c = network("silent");
	struct err e;

	(void)state;
	expect(get_once(&c, 0, 700, &e), E_FETCH_TIMEOUT, &e, NULL);
	(void)snprintf(c.amd_kds, sizeof(c.amd_kds), "https://localhost:1");
	expect(get_once(&c, 0, 5000, &e), E_FETCH, &e, "AMD's key service: /ok");
	c.amd_kds[0] = '\0';
	expect(get_once(&c, 0, 5000, &e), E_FETCH_REFUSED, &e, "switched off");
}

static void test_paths(void **state)
{
	static const char *const bad[] = {"//x", "/a/../b", "/@x", "/a\r\nX: y", "ok", "/%2e%2e/x"};
	struct network_config c = network("good");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_fetch_ struct fetch *f = start(&c, 0);
		struct err e;

		expect(get(f, FETCH_METADATA, bad[i], 5000, &e), E_FETCHER, &e, NULL);
	}
}

static void test_in_flight(void **state)
{
	static const char *const paths[FETCH_IN_FLIGHT_MAX] = {"/slow", "/size/131072", "/ok", "/silent"};
	struct network_config c = network("good");
	_cleanup_fetch_ struct fetch *f = start(&c, 0);
	uint32_t id[FETCH_IN_FLIGHT_MAX], more;
	struct err e = {0};
	int64_t begin = now_ms();

	(void)state;
	for (int i = 0; i < FETCH_IN_FLIGHT_MAX; i++)
		assert_int_equal(fetch_send(f, &(struct fetch_request){.path = paths[i],
				.deadline = deadline_in(1500)}, &id[i], &e), 0);
	expect(fetch_send(f, &(struct fetch_request){.path = "/ok"}, &more, &e), E_FETCHER, &e, NULL);
	for (int i = FETCH_IN_FLIGHT_MAX - 1; i >= 0; i--) {
		_cleanup_fetch_reply_ struct fetch_reply reply = {0};
		int r = fetch_wait(f, id[i], &reply, &e);

		assert_int_equal(r, i == 1 || i == 2 ? 0 : -E_FETCH_TIMEOUT);
	}
	assert_true(now_ms() - begin < 4000);
	assert_int_equal(get(f, FETCH_METADATA, "/ok", 5000, &e), 0);
	expect(fetch_wait(f, 77, &(struct fetch_reply){0}, &e), E_FETCHER, &e, NULL);
}

/* The fetcher is this test's only other child. */
static pid_t fetcher_pid(void)
{
	_cleanup_buf_ struct buf text = {0};
	char path[64], *save = NULL;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	assert_int_equal(file_read(path, 4096, &text, NULL), 0);
	for (char *w = strtok_r((char *)text.data, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (strtol(w, NULL, 10) != server.pid)
			return (pid_t)strtol(w, NULL, 10);
	fail_msg("no fetcher");
	return 0;
}

static const char *proc_path(pid_t pid, const char *name, char out[64])
{
	(void)snprintf(out, 64, "/proc/%d/%s", (int)pid, name);
	return out;
}

static void proc_file(pid_t pid, const char *name, struct buf *ret)
{
	char path[64];

	assert_int_equal(file_read(proc_path(pid, name, path), 65536, ret, NULL), 0);
}

static void test_shut_in(void **state)
{
	struct network_config c = network("good");
	_cleanup_fetch_ struct fetch *f = NULL;
	_cleanup_buf_ struct buf status = {0}, limits = {0}, environment = {0};
	char path[64];
	struct stat st;
	pid_t pid;

	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip();
#endif
	if (geteuid() != 0)
		skip();
	/* a descriptor and a variable that must not come along */
	assert_int_equal(setenv("https_proxy", "http://127.0.0.1:1", 1), 0);
	assert_int_equal(dup2(1, 77), 77);
	f = start(&c, 0);
	(void)close(77);
	assert_int_equal(unsetenv("https_proxy"), 0);
	pid = fetcher_pid();
	proc_file(pid, "status", &status);
	expect_part(&status, "Name:\tcvmcrypt-fetch\n");
	expect_part(&status, "\nUid:\t61180\t61180\t61180\t61180\n");
	expect_part(&status, "\nGid:\t61180\t61180\t61180\t61180\n");
	expect_part(&status, "\nGroups:\t \n");
	expect_part(&status, "\nNoNewPrivs:\t1\n");
	expect_part(&status, "\nSeccomp:\t2\n");
	for (const char *const *set = (const char *const[]){"Inh", "Prm", "Eff", "Bnd", "Amb", NULL}; *set; set++) {
		char line[64];

		(void)snprintf(line, sizeof(line), "\nCap%s:\t0000000000000000\n", *set);
		expect_part(&status, line);
	}
	proc_file(pid, "limits", &limits);
	expect_part(&limits, "Max file size             0                    0 ");
	expect_part(&limits, "Max core file size        0                    0 ");
	expect_part(&limits, "Max open files            64                   64 ");
	expect_part(&limits, "Max processes             16                   16 ");
	expect_part(&limits, "Max address space         268435456            268435456 ");
	proc_file(pid, "environ", &environment);
	assert_int_equal(environment.len, 0);
	/* its root holds the resolver's files and nothing else: no device, no disk, no /proc */
	assert_int_equal(stat(proc_path(pid, "root/etc", path), &st), 0);
	assert_int_not_equal(stat(proc_path(pid, "root/proc", path), &st), 0);
	assert_int_not_equal(stat(proc_path(pid, "root/null", path), &st), 0);
	assert_int_not_equal(stat(proc_path(pid, "root/etc/passwd", path), &st), 0);
	assert_int_not_equal(lstat(proc_path(pid, "fd/77", path), &st), 0);
	/* not dumpable: its files belong to root */
	assert_int_equal(stat(proc_path(pid, "environ", path), &st), 0);
	assert_int_equal(st.st_uid, 0);
}

static void test_dies(void **state)
{
	struct network_config c = network("good");
	_cleanup_fetch_ struct fetch *f = start(&c, 0);
	_cleanup_fetch_reply_ struct fetch_reply reply = {0};
	struct err e = {0};
	uint32_t id;

	(void)state;
	assert_int_equal(fetch_send(f, &(struct fetch_request){.path = "/silent"}, &id, &e), 0);
	assert_int_equal(kill(fetcher_pid(), SIGKILL), 0);
	expect(fetch_wait(f, id, &reply, &e), E_FETCHER, &e, "has died");
	expect(fetch_send(f, &(struct fetch_request){.path = "/ok"}, &id, &e), E_FETCHER, &e, NULL);
}

static void test_stuck(void **state)
{
	struct network_config c = network("good");
	_cleanup_fetch_ struct fetch *f = start(&c, 0);
	int64_t begin = now_ms();
	struct err e = {0};

	(void)state;
	assert_int_equal(kill(fetcher_pid(), SIGSTOP), 0);
	expect(get(f, FETCH_METADATA, "/ok", 500, &e), E_FETCH_TIMEOUT, &e, "stuck");
	assert_true(now_ms() - begin < 5000);
}

static void test_no_program(void **state)
{
	struct network_config c = network("good");
	struct fetch_settings s;
	struct fetch *f = NULL;
	struct err e = {0};

	(void)state;
	fetch_settings_init(&s, &c, 0);
	s.program = "/nonexistent/cvmcrypt-fetch";
	expect(fetch_start(&f, &s, &e), E_FETCHER, &e, NULL);
	s.program = program;
	s.roots = "/nonexistent/roots.pem";
	expect(fetch_start(&f, &s, &e), E_FETCHER, &e, "/nonexistent/roots.pem");
	assert_null(f);
}

static int start_server(void **state)
{
	const char *const argv[] = {"python3", "-W", "ignore", "tests/emu/http_hostile.py", dir, NULL};
	size_t n = 0;
	ssize_t got;

	(void)state;
	child_built("cvmcrypt-fetch", program);
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(roots, sizeof(roots), "%s/root.pem", dir);
	(void)snprintf(other, sizeof(other), "%s/other.pem", dir);
	if (!child_start(&server, argv))
		return -1;
	while (!strstr(listing, "ready\n") && n < sizeof(listing) - 1 &&
	       (got = read(server.out, listing + n, sizeof(listing) - 1 - n)) > 0)
		n += (size_t)got;
	return strstr(listing, "ready\n") ? 0 : -1;
}

static int stop_server(void **state)
{
	(void)state;
	child_stop(&server);
	return CHILD_RUN("rm", "-rf", dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_cookies),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_pins),
		cmocka_unit_test(test_floor),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_in_flight),
		cmocka_unit_test(test_shut_in),
		cmocka_unit_test(test_dies),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_no_program),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
