/* SPDX-License-Identifier: MIT */
/* The program: exit statuses, JSON, names and numbers, standard input and output, backups, locks. */
#include "file.h"
#include "json.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

static char program[PATH_MAX], vectors[PATH_MAX], dir[64];

/* Runs "vmgs ARGUMENTS" by the shell, in the folder; the exit status. */
static int vmgs(const char *fmt, ...) _printf_(1, 2);
static int vmgs(const char *fmt, ...)
{
	char arguments[1024], command[3 * PATH_MAX];
	va_list ap;
	int status;

	va_start(ap, fmt);
	(void)vsnprintf(arguments, sizeof(arguments), fmt, ap);
	va_end(ap);
	assert_true((size_t)snprintf(command, sizeof(command), "cd %s && '%s' %s >out 2>err", dir, program,
				     arguments) < sizeof(command));
	status = system(command);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void shell(const char *command)
{
	char line[2 * PATH_MAX];

	(void)snprintf(line, sizeof(line), "cd %s && %s", dir, command);
	assert_int_equal(system(line), 0);
}

static void text_of(const char *name, struct buf *ret)
{
	char path[PATH_MAX];

	buf_done(ret);
	*ret = BUF_INIT(0);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(file_read(path, 1 << 20, ret, NULL), 0);
}

static bool out_has(const char *name, const char *wanted)
{
	_cleanup_buf_ struct buf text = BUF_INIT(0);

	text_of(name, &text);
	return memmem(text.data, text.len, wanted, strlen(wanted)) != NULL;
}

static void out_json(struct json *ret)
{
	_cleanup_buf_ struct buf text = BUF_INIT(0);

	text_of("out", &text);
	assert_int_equal(json_parse(ret, "out", E_INTERNAL, text.data, text.len, NULL), 0);
}

static int setup(void **state _unused_)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/vmgs-cli-XXXXXX");
	assert_non_null(mkdtemp(dir));
	shell("head -c 32 /dev/urandom >k1; head -c 32 /dev/urandom >k2; head -c 31 k1 >short;"
	      "head -c 32 /dev/zero >zero; printf hello >hello; : >empty; head -c 70000 /dev/urandom >big");
	return 0;
}

static int teardown(void **state _unused_)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static void test_usage(void **state _unused_)
{
	assert_int_equal(vmgs("--help"), 0);
	assert_int_equal(vmgs("--version"), 0);
	assert_int_equal(vmgs("write --help"), 0);
	assert_int_equal(vmgs(" "), 2);
	assert_int_equal(vmgs("frobnicate x"), 2);
	assert_int_equal(vmgs("info"), 2);
	assert_int_equal(vmgs("info a b"), 2);
	assert_int_equal(vmgs("info --frob a"), 2);
	assert_int_equal(vmgs("create x --size 12288"), 2);
	assert_int_equal(vmgs("create x --size 65537"), 2);
	assert_int_equal(vmgs("create x --size 4T"), 2);
	assert_int_equal(vmgs("create x --container qcow"), 2);
	assert_int_equal(vmgs("create x --sector-size 4096"), 2);
	assert_int_equal(vmgs("create x --key-file short"), 2);
	assert_int_equal(vmgs("create x --key-file zero"), 2);
	assert_int_equal(vmgs("create x --key-file big"), 2);
	shell("test ! -e x && ! ls | grep tmp");	/* a refused create leaves nothing */
	assert_int_equal(vmgs("info missing"), 1);
	assert_int_equal(vmgs("create s"), 0);
	assert_int_equal(vmgs("write s --id 64 --input hello"), 2);
	assert_true(out_has("err", "1 to 62"));
	assert_int_equal(vmgs("write s --id 0 --input hello"), 2);
	assert_int_equal(vmgs("write s --id EXTENDED_FILE_TABLE --input hello"), 2);
	assert_int_equal(vmgs("write s --id 1"), 2);
	assert_int_equal(vmgs("write s --id 1 --input - --key-file -"), 2);
	assert_int_equal(vmgs("nvram frob s"), 2);
}

static void test_plain(void **state _unused_)
{
	_cleanup_json_ struct json j = {0};
	const struct cJSON *files, *file;
	uint64_t n;
	bool b;

	shell("rm -f s s.bak");
	assert_int_equal(vmgs("create s"), 0);
	assert_int_equal(vmgs("create s"), 1);
	assert_int_equal(vmgs("create s --force --no-backup --size 8M"), 0);
	assert_int_equal(vmgs("write s --id 1 --input hello"), 0);
	assert_int_equal(vmgs("write s --id BIOS_NVRAM --input big"), 1);
	assert_true(out_has("err", "E862"));
	assert_int_equal(vmgs("write s --id bios_nvram --input big --force"), 0);
	assert_int_equal(vmgs("write s --id 40 --input - < hello"), 0);
	assert_int_equal(vmgs("write s --id 41 --input empty"), 0);
	assert_int_equal(vmgs("write s --id 41 --input hello"), 0);	/* what was empty is free */
	assert_int_equal(vmgs("read s --id BIOS_NVRAM --output copy"), 0);
	shell("cmp -s copy big && test \"$(stat -c %a copy)\" = 600");
	assert_int_equal(vmgs("read s --id 40 --output -"), 0);
	shell("cmp -s out hello");
	assert_int_equal(vmgs("read s --id 39 --output -"), 1);
	assert_int_equal(vmgs("read s --id 1 --output - --key-file k1"), 10);
	assert_int_equal(vmgs("write s --id 42 --input hello --key-file k1"), 10);
	assert_int_equal(vmgs("rekey s --key-file k1 --new-key-file k2"), 10);
	assert_int_equal(vmgs("verify s --key-file k1"), 10);
	assert_int_equal(vmgs("list s --json"), 0);
	out_json(&j);
	assert_int_equal(json_get_array(&j, j.root, "files", &files, NULL), 0);
	assert_int_equal(json_count(files), 3);
	file = json_at(files, 0);
	assert_int_equal(json_get_u64(&j, file, "id", 63, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_string_equal(json_string(json_find(file, "name")), "BIOS_NVRAM");
	assert_int_equal(json_get_u64(&j, file, "size", UINT32_MAX, &n, NULL), 0);
	assert_int_equal(n, 70000);
	assert_int_equal(json_get_u64(&j, file, "allocated", UINT32_MAX, &n, NULL), 0);
	assert_int_equal(n, 18 * 4096);
	assert_int_equal(json_get_bool(&j, file, "encrypted", &b, NULL), 0);
	assert_false(b);
	assert_int_equal(vmgs("move s --id 40 --to 41"), 1);
	assert_int_equal(vmgs("move s --id 40 --to 43"), 0);
	assert_int_equal(vmgs("move s --id 40 --to 44"), 1);
	assert_int_equal(vmgs("delete s --id 43"), 0);
	assert_int_equal(vmgs("delete s --id 43"), 10);
	assert_int_equal(vmgs("verify s"), 0);
	shell("test -e s.bak && ! ls | grep tmp");
}

static void test_encrypted(void **state _unused_)
{
	_cleanup_json_ struct json info = {0}, verdict = {0};
	const struct cJSON *list;
	uint64_t n;

	shell("rm -f s s.bak");
	assert_int_equal(vmgs("create s --key-file - < k1"), 0);
	assert_int_equal(vmgs("write s --id TPM_NVRAM --input big --key-file k1 --no-backup"), 0);
	shell("test ! -e s.bak");
	assert_int_equal(vmgs("read s --id 3 --output copy --key-file k1"), 0);
	shell("cmp -s copy big");
	assert_int_equal(vmgs("read s --id 3 --output copy"), 1);
	assert_int_equal(vmgs("read s --id 3 --output copy --key-file k2"), 12);
	assert_int_equal(vmgs("write s --id 3 --input hello --force --key-file k2"), 12);
	assert_int_equal(vmgs("verify s --key-file k2 --json"), 12);
	assert_int_equal(vmgs("move s --id 3 --to 17"), 1);
	assert_int_equal(vmgs("encrypt s --key-file k1"), 10);
	assert_int_equal(vmgs("encrypt s --key-file k2"), 12);
	assert_int_equal(vmgs("rekey s --key-file k1 --new-key-file k1"), 10);
	assert_int_equal(vmgs("rekey s --key-file k1 --new-key-file zero"), 2);
	assert_int_equal(vmgs("rekey s --key-file k1 --new-key-file k2"), 0);
	assert_int_equal(vmgs("read s --id 3 --output copy --key-file k1"), 12);
	assert_int_equal(vmgs("rekey s --key-file k2 --new-key-file k1 --rewrite"), 0);
	assert_int_equal(vmgs("rekey s --key-file k1 --rewrite"), 0);
	assert_int_equal(vmgs("move s --id 3 --to 17 --key-file k1"), 0);
	assert_int_equal(vmgs("read s --id 17 --output copy --key-file k1"), 0);
	shell("cmp -s copy big");
	assert_int_equal(vmgs("info s --json"), 0);
	out_json(&info);
	assert_string_equal(json_string(json_find(info.root, "container")), "vhd");
	assert_string_equal(json_string(json_find(info.root, "encryption")), "aes-256-gcm");
	assert_string_equal(json_string(json_find(info.root, "scheme")), "unknown");
	assert_int_equal(json_get_u64(&info, info.root, "size", UINT32_MAX, &n, NULL), 0);
	assert_int_equal(n, 0x400200);
	assert_int_equal(json_get_array(&info, info.root, "headers", &list, NULL), 0);
	assert_int_equal(json_count(list), 2);
	assert_int_equal(vmgs("verify s --key-file k1 --json"), 0);
	out_json(&verdict);
	assert_string_equal(json_string(json_find(verdict.root, "verdict")), "pass");
	shell("printf x | dd of=s bs=1 seek=24000 conv=notrunc 2>/dev/null; cp s t");
	assert_int_equal(vmgs("convert s --to raw"), 0);
	assert_int_equal(vmgs("convert s --to raw"), 10);
	assert_int_equal(vmgs("convert s --to vhd --output u"), 0);
	assert_int_equal(vmgs("convert s --to vhd --output u"), 1);
	assert_int_equal(vmgs("info u"), 0);
}

/* What stays unencrypted, and where: it is said, and how to cure it. */
static void test_left_plain(void **state _unused_)
{
	shell("rm -f s s.bak");
	assert_int_equal(vmgs("create s"), 0);
	assert_int_equal(vmgs("write s --id TPM_NVRAM --input hello --no-backup"), 0);
	assert_int_equal(vmgs("encrypt s --key-file k1 --no-backup"), 0);
	assert_true(out_has("err", "TPM_NVRAM was there before and stays unencrypted"));
	assert_int_equal(vmgs("encrypt s --key-file k1 --rewrite"), 10);
	assert_true(out_has("err", "E860") && out_has("err", "again with --key-file and --force"));
	assert_int_equal(vmgs("verify s --key-file k1"), 0);
	assert_true(out_has("out", "secret-plain") && out_has("out", "again with --key-file and --force"));
	assert_int_equal(vmgs("read s --id TPM_NVRAM --output copy --key-file k1"), 0);
	assert_int_equal(vmgs("write s --id TPM_NVRAM --input copy --key-file k1 --force"), 0);
	assert_int_equal(vmgs("verify s --key-file k1"), 0);
	assert_false(out_has("out", "secret-plain"));
	assert_int_equal(vmgs("encrypt s --key-file k1 --rewrite"), 10);
	assert_false(out_has("err", "--force"));
	/* the backup is the plaintext that the rewriting is to be rid of */
	shell("rm -f s s.bak");
	assert_int_equal(vmgs("create s"), 0);
	assert_int_equal(vmgs("write s --id TPM_NVRAM --input hello --no-backup"), 0);
	assert_int_equal(vmgs("encrypt s --key-file k1 --rewrite"), 0);
	assert_true(out_has("err", "s.bak' holds what was there before, unencrypted"));
	shell("grep -q hello s.bak && ! grep -q hello s");
}

/* A program that reads --json gets an object, of failures too. */
static void test_json_failures(void **state _unused_)
{
	static const char *const lines[] = {
		"list missing --json", "list hello --json", "nvram list s --json --key-file k2",
		"nvram list s --json --key-file k1", "key-protector show s --json --key-file k1",
		"guest-secret-key export-public s --json --key-file k1", "info missing --json",
		"verify missing --json",
	};

	shell("rm -f s s.bak");
	assert_int_equal(vmgs("create s --key-file k1"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_json_ struct json j = {0};
		const char *code;

		assert_int_not_equal(vmgs("%s", lines[i]), 0);
		out_json(&j);
		code = json_string(json_find(j.root, "code"));
		assert_true(code && code[0] == 'E' && out_has("err", code));
		assert_non_null(json_string(json_find(j.root, "error")));
	}
}

static void test_corrupt(void **state _unused_)
{
	_cleanup_json_ struct json blank = {0};

	shell("rm -f s s.bak");
	assert_int_equal(vmgs("create s --key-file k1"), 0);
	assert_int_equal(vmgs("write s --id 13 --input big --key-file k1"), 0);
	/* a byte of the file itself */
	assert_int_equal(vmgs("list s --all --json"), 0);
	shell("python3 - <<'X'\nimport json\nj = json.load(open('out'))\n"
	      "b = [f['block'] for f in j['files'] if f['id'] == 13][0]\n"
	      "d = bytearray(open('s', 'rb').read()); d[b * 4096 + 5000] ^= 1\n"
	      "open('s', 'wb').write(d)\nX");
	assert_int_equal(vmgs("read s --id 13 --output copy --key-file k1"), 11);
	assert_int_equal(vmgs("verify s --key-file k1"), 11);
	assert_int_equal(vmgs("verify s"), 0);	/* nothing to be seen without the key */
	shell("head -c 4194304 /dev/zero >s");
	assert_int_equal(vmgs("info s"), 11);
	shell(": >s");
	assert_int_equal(vmgs("info s"), 11);
	assert_int_equal(vmgs("info s --json"), 11);
	out_json(&blank);
	assert_string_equal(json_string(json_find(blank.root, "encryption")), "unknown");
	assert_int_equal(vmgs("verify s --json"), 11);
	assert_true(out_has("out", "\"fail\""));
}

/* A claim of 4 GiB in a file of 4 MiB allocates nothing: 64 MiB of memory are more than enough. */
static void test_claims(void **state _unused_)
{
	char arguments[128];

	shell("rm -f s; python3 - <<'X'\nimport struct\n"
	      "for name, offset, blocks, size in (('a', 8, 1048576, 1 << 32), ('b', 8, 1, 1 << 32),"
	      " ('c', 8, 0xffffffff, 5), ('d', 0xffffffff, 1, 1), ('e', 0xffffffff, 2, 1)):\n"
	      " import zlib\n"
	      " d = bytearray(4 << 20)\n"
	      " h = bytearray(b'GUESTRTS' + struct.pack('<7I', 0x30000, 0, 1, 168, 2, 1, 0) + bytes(132))\n"
	      " h[12:16] = struct.pack('<I', zlib.crc32(bytes(h))); d[:168] = h\n"
	      " d[8192:8208] = struct.pack('<IIQ', 2, 1, 4096)\n"
	      " d[8192 + 64:8192 + 80] = struct.pack('<IIQ', offset, blocks, size)\n"
	      " open('claim-' + name, 'wb').write(d)\nX");
	for (char c = 'a'; c <= 'e'; c++) {
		(void)snprintf(arguments, sizeof(arguments), "read claim-%c --id 1 --output -", c);
		assert_int_equal(vmgs("%s", arguments), 11);
	}
}

static void test_locked_out(void **state _unused_)
{
	char path[128];
	int fd;
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	shell("rm -f s");
	assert_int_equal(vmgs("create s"), 0);
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_SH), 0);
	assert_int_equal(vmgs("write s --id 1 --input hello"), 1);
	assert_int_equal(vmgs("create s --force"), 1);
	assert_int_equal(vmgs("list s"), 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(vmgs("list s"), 1);
	assert_int_equal(flock(fd, LOCK_UN), 0);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &whole), 0);
	assert_int_equal(vmgs("list s"), 1);
	assert_true(out_has("err", "E864"));
	(void)close(fd);
	assert_int_equal(vmgs("write s --id 1 --input hello"), 0);
}

/* Two that make the same file: one wins, and the file has the winner's key. */
static void test_two_creates(void **state _unused_)
{
	assert_int_equal(setenv("VMGS", program, 1), 0);
	for (int i = 0; i < 20; i++) {
		shell("rm -f r; \"$VMGS\" create r --key-file k1 2>/dev/null & a=$!; "
		      "\"$VMGS\" create r --key-file k2 2>/dev/null & b=$!; "
		      "wait $a; a=$?; wait $b; b=$?; test $((a + b)) = 1");
		assert_int_equal(vmgs("verify r --key-file k1") == 0,
				 vmgs("verify r --key-file k2") != 0);
	}
	shell("! ls | grep tmp");
}

static void test_links(void **state _unused_)
{
	shell("rm -f s link; ln -s s link");
	assert_int_equal(vmgs("create s"), 0);
	assert_int_equal(vmgs("create link --force --key-file k1"), 0);
	shell("test -L link && test -e s.bak && ! test -e link.bak");
	assert_int_equal(vmgs("verify s --key-file k1"), 0);
	/* copies belong to whom the file belongs to */
	if (geteuid() == 0) {
		shell("chown 1:2 s; chmod 640 s");
		assert_int_equal(vmgs("convert link"), 0);
		shell("test $(stat -c %u:%g:%a s s.bak | sort -u) = 1:2:640");
	}
	/* a node that is no file stays */
	shell("mkfifo pipe.bak; rm -f pipe; cp s pipe");
	assert_int_equal(vmgs("delete pipe --id 1"), 10);
	assert_int_equal(vmgs("write pipe --id 1 --input hello --key-file k1"), 2);
	shell("test -p pipe.bak; rm pipe.bak");
}

/* What is read out does not take the store's place; what was put over a secret is told. */
static void test_read_out(void **state _unused_)
{
	shell("rm -f s s.bak raw");
	assert_int_equal(vmgs("create s --key-file k1"), 0);
	assert_int_equal(vmgs("write s --id 13 --input hello --key-file k1"), 0);
	assert_int_equal(vmgs("read s --id 13 --output ./s --key-file k1"), 2);
	assert_int_equal(vmgs("convert s --output s --force"), 2);
	assert_int_equal(vmgs("guest-secret-key generate s --unbound --key-file k1 --force --output s"), 2);
	assert_int_equal(vmgs("read s --id 13 --output - --key-file k1"), 0);
	shell("cmp out hello && ! test -s err");
	assert_int_equal(vmgs("write s --id 13 --input k2 --force"), 0);
	assert_int_equal(vmgs("read s --id 13 --output - --key-file k1"), 0);
	shell("cmp out k2 && test -s err");
	/* where the second header belongs is seen from the start */
	assert_int_equal(vmgs("create raw --container raw --sector-size 4096"), 0);
	assert_int_equal(vmgs("write raw --id 40 --input hello"), 0);
	assert_int_equal(vmgs("read raw --id 40 --output - --sector-size 4096"), 0);
}

static void test_guest_secret_key(void **state _unused_)
{
	_cleanup_json_ struct json j = {0};
	bool b;

	shell("rm -f s; python3 - <<'X'\nimport json\n"
	      "json.dump({'bank': 'sha256', 'pcrs': {'4': '11' * 32, '7': '22' * 32}}, open('pcrs', 'w'))\n"
	      "json.dump({'bank': 'sha256', 'pcrs': {'4': '11' * 32, '15': '22' * 32}}, open('bad', 'w'))\nX");
	assert_int_equal(vmgs("create plain"), 0);
	assert_int_equal(vmgs("guest-secret-key generate plain --unbound"), 1);
	assert_true(out_has("err", "E865") && !out_has("err", "leave --key-file out"));
	assert_int_equal(vmgs("guest-secret-key generate plain --unbound --force"), 0);
	assert_int_equal(vmgs("create s --key-file k1"), 0);
	assert_int_equal(vmgs("guest-secret-key generate s --unbound"), 1);
	assert_int_equal(vmgs("guest-secret-key generate s --key-file k1"), 2);
	assert_int_equal(vmgs("guest-secret-key generate s --key-file k1 --pcrs bad"), 2);
	assert_int_equal(vmgs("guest-secret-key generate s --key-file k1 --pcrs pcrs --output p1"), 0);
	assert_int_equal(vmgs("guest-secret-key generate s --key-file k1 --pcrs pcrs"), 1);
	assert_int_equal(vmgs("guest-secret-key export-public s --key-file k1 --output p2"), 0);
	shell("cmp -s p1 p2 && openssl pkey -pubin -in p2 -noout");
	assert_int_equal(vmgs("guest-secret-key export-public s"), 1);
	assert_int_equal(vmgs("guest-secret-key export-public s --key-file k1 --json"), 0);
	out_json(&j);
	assert_int_equal(json_get_bool(&j, j.root, "bound", &b, NULL), 0);
	assert_true(b);
	assert_int_equal(json_get_bool(&j, j.root, "wrapped", &b, NULL), 0);
	assert_false(b);
	/* a private key made elsewhere, then upstream's own blob */
	shell("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out priv.pem 2>/dev/null;"
	      "openssl pkey -in priv.pem -pubout -out pub.pem");
	assert_int_equal(vmgs("guest-secret-key import s --key-file k1 --input priv.pem --pcrs pcrs "
			      "--srk-pub pub.pem --force --output p3"), 0);
	shell("cmp -s p3 pub.pem");
	assert_int_equal(vmgs("guest-secret-key import s --key-file k1 --force --input %s/"
			      "guest-secret-key.blob", vectors), 2);
	assert_int_equal(vmgs("guest-secret-key import s --key-file k1 --force --unbound --input %s/"
			      "guest-secret-key.blob", vectors), 0);
	assert_int_equal(vmgs("guest-secret-key export-public s --key-file k1 --output p4"), 0);
	assert_int_equal(vmgs("guest-secret-key import s --key-file k1 --force --unbound --input big"), 1);
	assert_int_equal(vmgs("guest-secret-key import s --key-file k1 --force --unbound --input hello"), 11);
	assert_int_equal(vmgs("key-protector show s"), 1);
}

/* Neither a key that is replaced for nothing, nor a public half of a key that no store holds. */
static void test_guest_secret_key_output(void **state _unused_)
{
	shell("rm -rf s s.bak *.pem; mkdir -p folder");
	assert_int_equal(vmgs("create s --key-file k1"), 0);
	assert_int_equal(vmgs("guest-secret-key generate s --key-file k1 --unbound --output a.pem"), 0);
	shell("cp s before");
	assert_int_equal(vmgs("guest-secret-key generate s --key-file k1 --unbound --force "
			      "--output nodir/x.pem"), 1);
	assert_true(out_has("err", "E203"));
	assert_int_equal(vmgs("guest-secret-key generate s --key-file k1 --unbound --force "
			      "--output folder"), 1);
	shell("cmp s before");
	assert_int_equal(vmgs("guest-secret-key export-public s --key-file k1 --output b.pem"), 0);
	shell("cmp a.pem b.pem");
	/* the store is changed, and then nobody reads: the message says where the public half is */
	assert_int_equal(vmgs("guest-secret-key generate s --key-file k1 --unbound --force "
			      "--output /dev/full"), 1);
	assert_true(out_has("err", "export-public"));
	assert_int_equal(vmgs("guest-secret-key export-public s --key-file k1 --output b.pem"), 0);
	shell("! cmp -s a.pem b.pem");
	/* the name that the output has on the way is the store's */
	shell("cp s o.pem.tmp");
	assert_int_equal(vmgs("guest-secret-key export-public o.pem.tmp --key-file k1 --output o.pem"), 2);
	shell("cmp s o.pem.tmp && test ! -e o.pem && rm o.pem.tmp");
	/* the store cannot be changed: no public half, new or half done */
	shell("cp s s.keep; cp a.pem c.pem; rm -f s.bak; mkdir s.bak");
	assert_int_equal(vmgs("guest-secret-key generate s --key-file k1 --unbound --force "
			      "--output new.pem"), 2);
	assert_int_equal(vmgs("guest-secret-key generate s --key-file k1 --unbound --force "
			      "--output c.pem"), 2);
	shell("cmp s s.keep && test ! -e new.pem && cmp a.pem c.pem && ! ls | grep tmp; rmdir s.bak");
}

int main(int argc _unused_, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_encrypted),
		cmocka_unit_test(test_left_plain),
		cmocka_unit_test(test_json_failures),
		cmocka_unit_test(test_corrupt),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_locked_out),
		cmocka_unit_test(test_two_creates),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_read_out),
		cmocka_unit_test(test_guest_secret_key),
		cmocka_unit_test(test_guest_secret_key_output),
	};
	char self[PATH_MAX], *slash;

	/* build/integration/test_vmgs_cli -> build/vmgs */
	if (!realpath(argv[0], self) || !realpath("tests/vectors/vmgs", vectors))
		return 1;
	for (int i = 0; i < 2; i++) {
		slash = strrchr(self, '/');
		if (!slash)
			return 1;
		*slash = '\0';
	}
	if ((size_t)snprintf(program, sizeof(program), "%s/vmgs", self) >= sizeof(program))
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
