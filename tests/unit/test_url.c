/* SPDX-License-Identifier: MIT */
/* What may be fetched: URLs, headers, and section [network] that names them. */
#include "config.h"
#include "url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void test_base(void **state)
{
	static const char *const good[] = {
		"https://kdsintf.amd.com", "https://h", "https://a-b.example.org:8443/part/p",
		"https://10.0.0.1", "https://v.vault.azure.net",
	};
	static const char *const bad[] = {
		"", "kdsintf.amd.com", "https://", "https:///x", "https://h/", "https://h//x",
		"https://u@h", "https://u:p@h", "https://h:0", "https://h:65536", "https://h:",
		"https://h:+1", "https://h:080", "https://h?q", "https://h#f", "https://H",
		"https://-h", "https://h-", "https://a..b", "https://a.", "https://.a",
		"https://a-.b", "https://a.-b", "https://h/..", "https://h/./x", "https://h/%2e",
		"https://h\r\nX: y", "https://h\\x", "https://[::1]", "HTTPS://h", "file:///etc",
		"ftp://h", "https://h x", "https://h_h", "https://\xc3\xa4.de", "https:/h",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (!url_is_base(good[i], false))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (url_is_base(bad[i], true))
			fail_msg("accepted: %s", bad[i]);
	assert_true(url_is_base("http://169.254.169.254", true));
	assert_false(url_is_base("http://169.254.169.254", false));
}

static void test_path(void **state)
{
	static const char *const good[] = {
		"/metadata/THIM/amd/certification", "/acc/tdquote",
		"/vcek/v1/Milan/00ff?blSPL=03&teeSPL=00", "/a?x=https%3A%2F%2Fvault.azure.net",
		"/keys/disk/1234/release?api-version=7.4", "/a?b=/../c", "/a..b", "/...",
	};
	static const char *const bad[] = {
		"", "x", "/", "//", "//host/x", "/a//b", "/a/", "/../x", "/a/..", "/a/./b", "/.",
		"/%2e%2e/x", "/a%2fb", "/a%5cb", "/a%25b", "/a%00", "/a?%0d%0a", "/a?%", "/a?%4",
		"/a?%zz", "/a\r\nX: y", "/a b", "/a@b", "/a?x@y", "/a#f", "/a\\b", "/a?\x80",
		"/a?b|c", "/a?<", "/a?\"",
	};
	static char text[4096] = "/";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (!url_is_path(good[i]))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (url_is_path(bad[i]))
			fail_msg("accepted: %s", bad[i]);
	memset(text + 1, 'a', sizeof(text) - 2);
	assert_false(url_is_path(text));
	text[2047] = '\0';
	assert_true(url_is_path(text));
}

static void test_host(void **state)
{
	char host[16];
	uint16_t port;

	(void)state;
	assert_true(url_host("https://h.org/x", host, sizeof(host), &port));
	assert_string_equal(host, "h.org");
	assert_int_equal(port, 443);
	assert_true(url_host("http://169.254.169.254", host, sizeof(host), &port));
	assert_int_equal(port, 80);
	assert_true(url_host("http://127.0.0.1:8080", host, sizeof(host), &port));
	assert_int_equal(port, 8080);
	assert_false(url_host("https://a-very-long-name", host, sizeof(host), &port));
}

static void test_header(void **state)
{
	static const char *const bad[] = {
		"", "x", "x:", "x:y", "x: ", ": y", "a b: c", "x: a\r\ny: b", "x: \x80",
		"Host: h", "host: h", "Content-Length: 3", "transfer-encoding: chunked",
		"Cookie: a=b", "Connection: close",
	};

	(void)state;
	assert_true(url_is_header("Metadata: true"));
	assert_true(url_is_header("Content-Type: application/json"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (url_is_header(bad[i]))
			fail_msg("accepted: %s", bad[i]);
}

static int parse(struct config *c, const char *text, struct err *e)
{
	config_init(c);
	return config_parse(c, "f", text, strlen(text), e);
}

#define PIN_A "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define PIN_B "sha256//BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA="

static void test_config_network(void **state)
{
	static const char text[] = "[network]\n"
				   "metadata = http://127.0.0.1:8080\n"
				   "amd-kds = off\n"
				   "roots = /etc/cvmcrypt/roots.pem\n"
				   "pins = " PIN_A "  " PIN_B "\n"
				   "timeout = 3s\n"
				   "up-timeout = 4s\n"
				   "interface-drivers = mana mlx5_core\n";
	struct err e = {0};
	struct config c;

	(void)state;
	assert_int_equal(parse(&c, "", &e), 0);
	assert_string_equal(c.network.metadata, "http://169.254.169.254");
	assert_string_equal(c.network.amd_kds, "https://kdsintf.amd.com");
	assert_string_equal(c.network.roots, "");
	assert_string_equal(c.network.pins, "");
	assert_string_equal(c.network.drivers, "hv_netvsc virtio_net gve ena");
	assert_int_equal(c.network.timeout_ms, 20000);
	assert_int_equal(c.network.up_timeout_ms, 30000);
	if (parse(&c, text, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(c.network.metadata, "http://127.0.0.1:8080");
	assert_string_equal(c.network.amd_kds, "");
	assert_string_equal(c.network.roots, "/etc/cvmcrypt/roots.pem");
	assert_string_equal(c.network.pins, PIN_A ";" PIN_B);
	assert_string_equal(c.network.drivers, "mana mlx5_core");
	assert_int_equal(c.network.timeout_ms, 3000);
	assert_int_equal(c.network.up_timeout_ms, 4000);
}

static void test_config_refused(void **state)
{
	static const struct {
		const char *text;
		enum err_code code;
		const char *message;
	} cases[] = {
		{"[network x]\n", E_CONFIG_KEY, "f:1: section [network] has no name"},
		{"[network]\n[network]\n", E_CONFIG_DUPLICATE, "stands already at f:1"},
		{"[network]\nrole = os\n", E_CONFIG_KEY, "belongs into a section [volume NAME]"},
		{"[network]\nmetadata = http://h/\n", E_CONFIG_VALUE, "f:2: 'metadata = http://h/'"},
		{"[network]\nmetadata = none\n", E_CONFIG_VALUE, "expected off, or http://"},
		{"[network]\namd-kds = http://h\n", E_CONFIG_VALUE, "expected off, or https://"},
		{"[network]\nroots = roots.pem\n", E_CONFIG_VALUE, "full path"},
		{"[network]\nroots = /etc/../x\n", E_CONFIG_VALUE, "full path"},
		{"[network]\npins = sha256//AAAA\n", E_CONFIG_VALUE, "digest of a public key"},
		{"[network]\npins = sha1//AAAA\n", E_CONFIG_VALUE, "digest of a public key"},
		{"[network]\npins = " PIN_A ";" PIN_B "\n", E_CONFIG_VALUE, "digest of a public key"},
		{"[network]\ninterface-drivers = ../x\n", E_CONFIG_VALUE, "network drivers"},
		{"[network]\ntimeout = 5\n", E_CONFIG_VALUE, "a time with its unit"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err e = {0};
		struct config c;

		assert_int_equal(parse(&c, cases[i].text, &e), -(int)cases[i].code);
		if (!strstr(e.msg, cases[i].message))
			fail_msg("%s: %s", cases[i].text, e.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_config_network),
		cmocka_unit_test(test_config_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
