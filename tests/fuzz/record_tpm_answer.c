/* SPDX-License-Identifier: MIT */
/*
 * Makes the seeds of fuzz_tpm_answer: what swtpm answers to each verb, in folder argv[1]; and prints the
 * way whose SRK those answers show, for the harness. Not built by the Makefile:
 *   gcc -std=gnu17 -D_GNU_SOURCE -Isrc -Itests/lib -o /tmp/record tests/fuzz/record_tpm_answer.c \
 *       tests/lib/{swtpm,sealed,tap}.c build/libcvmcrypt.a $(pkg-config --libs tss2-esys tss2-sys \
 *       tss2-mu tss2-rc tss2-tcti-device libcrypto) && /tmp/record tests/fuzz/corpus/tpm_answer
 */
#include "codec.h"
#include "sealed.h"
#include "swtpm.h"
#include "tap.h"

#include <stdio.h>
#include <string.h>

static TSS2_RC record(void *user, unsigned command, struct tap_answer *a)
{
	(void)command;
	buf_put_be16(user, (uint16_t)a->size);
	buf_put(user, a->bytes, a->size);
	return 0;
}

static int run_verb(unsigned verb, struct tpm *t, struct sealed *m, struct err *e)
{
	struct pcr_set pcrs;
	_cleanup_secret_ struct secret got = SECRET_INIT;
	uint64_t value;
	uint8_t name[34];
	int r;

	switch (verb) {
	case 0:
		return tpm_pcr_read(t, 0xffffff, &pcrs, e);
	case 1:
		r = tpm_pcr_read(t, SEALED_MASK, &pcrs, e);
		return r < 0 ? r : tpm_unseal(t, &m->way, &m->approval, &pcrs, &got, e);
	case 2:
		return tpm_door_close(t, e);
	case 3:
		return tpm_counter_ensure(t, &value, e);
	case 4:
		return tpm_seal(t, &m->way, &m->s, e);
	case 5:
		return tpm_load_test(t, &m->way, e);
	default:
		return tpm_srk_name(t, true, name, e);
	}
}

static void print_hex(const char *name, const void *data, size_t len)
{
	char text[HEX_SIZE(256)];

	hex_encode(text, data, len);
	printf("#define WAY_%s \"%s\"\n", name, text);
}

int main(int argc, char **argv)
{
	static struct tap_hooks hooks = {.change = record};
	struct swtpm swtpm;
	struct sealed m = {0};
	struct pcr_set pcrs;
	struct tap *tap;
	struct tpm *t = NULL;
	struct err e = {0};
	char path[512];

	if (argc != 2 || !swtpm_start(&swtpm, NULL) || tap_open(&t, &tap, swtpm.conf, &e) < 0 ||
	    sealed_enrol(&m, t, &pcrs, &e) < 0)
		return 1;
	print_hex("SRK_NAME", m.way.srk_name, 34);
	print_hex("X", m.way.approver_x, 32);
	print_hex("Y", m.way.approver_y, 32);
	print_hex("PUBLIC", m.way.public_area, m.way.public_len);
	print_hex("PRIVATE", m.way.private_area, m.way.private_len);
	for (unsigned verb = 0; verb < 7; verb++) {
		struct buf b = BUF_INIT(65536);
		FILE *f;

		buf_put_u8(&b, (uint8_t)verb);
		hooks.user = &b;
		tap_hook(tap, &hooks);
		if (run_verb(verb, t, &m, &e) < 0)
			fprintf(stderr, "verb %u: %s\n", verb, e.msg);
		(void)snprintf(path, sizeof(path), "%s/verb-%u", argv[1], verb);
		f = fopen(path, "we");
		if (!f || fwrite(b.data, 1, b.len, f) != b.len || fclose(f) != 0)
			return 1;
		buf_done(&b);
	}
	tpm_freep(&t);
	sealed_done(&m);
	swtpm_stop(&swtpm);
	return 0;
}
