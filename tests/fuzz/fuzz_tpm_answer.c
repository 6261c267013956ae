/* SPDX-License-Identifier: MIT */
/*
 * A TPM that answers with the input. First byte: the verb, and with bit 7 each answer's header is
 * made right, so that more of it is read. Then for each answer two bytes of length and the answer;
 * when the input ends the connection is gone. Seeds and way are record_tpm_answer.c's.
 */
#include "codec.h"
#include "tpm_internal.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADER 10
#define MAKE_HEADER 0x80

static const char srk_name[] =
	"000b7d8e7ee6ba8c3c64b360e90ee3f2b21cbca27c852f0c0c624cd343689fde3ea6";
static const char approver_x[] =
	"8db4434e2a7141c2881d95cc00e31d5617bd1064fe2a5c9856e227f9e153c653";
static const char approver_y[] =
	"1553a51e3302fb1f2c38efafe8b98f596ba7768ad6efef3d5c9d369db1f04982";
static const char public_area[] =
	"004e0008000b00000492002037586213154e4d61a9e6232ada57ea6ea7bd0989fab0a23b442dc424"
	"bfaf873f00100020a5444e2f2417a5c28269522fe3690108ee9dc41f199642a2d3117526ce5c07be";
static const char private_area[] =
	"009e00201e62194943ce60d44e8e3c5061f867d47a77e29b53f42ba5f19445bb17d294fe0010a25c"
	"c6496f31d3a6488ec6dc93a3b079cbc2c92b9c40604076ef29308af50a690ae097371cb51c533174"
	"00efee57309b7d4e20249e12c7b66a66ff533b4bccec56857f5b2d215c578c26cd0f8462f0319cc4"
	"81ec0f2c8625601d0a5f3c1943111e8eee103667f07a87e9e452662d5affc69d684e7c868e4c3f40";

struct source {
	TSS2_TCTI_CONTEXT_COMMON_V1 common;
	struct cursor c;
	bool make_header;
	unsigned commands;
};

static TSS2_RC fuzz_transmit(TSS2_TCTI_CONTEXT *context, size_t size, const uint8_t *command)
{
	struct source *s = (struct source *)context;

	(void)size;
	(void)command;
	if (++s->commands > 300)
		abort();	/* who asks so often asks without end */
	return 0;
}

static void make_header(uint8_t *answer, size_t size)
{
	const uint8_t head[6] = {0x80, answer[1] & 1 ? 0x01 : 0x02, 0, 0, (uint8_t)(size >> 8),
				 (uint8_t)size};

	memcpy(answer, head, sizeof(head));
	memset(answer + 6, 0, 4);
}

static TSS2_RC fuzz_receive(TSS2_TCTI_CONTEXT *context, size_t *size, uint8_t *answer,
			    int32_t timeout)
{
	struct source *s = (struct source *)context;
	size_t len = cursor_be16(&s->c);
	const uint8_t *p;

	(void)timeout;
	if (s->c.failed)
		return TSS2_TCTI_RC_IO_ERROR;
	p = cursor_take(&s->c, len < s->c.left ? len : s->c.left);
	len = len < (size_t)(s->c.p - p) ? len : (size_t)(s->c.p - p);
	if (len > *size)
		len = *size;
	memcpy(answer, p, len);
	if (s->make_header && len >= HEADER)
		make_header(answer, len);
	*size = len;
	return 0;
}

static void decode(uint8_t *out, size_t *ret_len, const char *hex)
{
	size_t len = strlen(hex) / 2;

	if (!hex_decode(out, len, hex))
		abort();
	if (ret_len)
		*ret_len = len;
}

static void fill_way(struct way_tpm2 *way)
{
	*way = (struct way_tpm2){
		.srk_handle = TPM_SRK_HANDLE,
		.counter_index = TPM_COUNTER_INDEX,
		.pcr_mask = PCR_PROFILE_UKI,
	};
	decode(way->srk_name, NULL, srk_name);
	decode(way->approver_x, NULL, approver_x);
	decode(way->approver_y, NULL, approver_y);
	decode(way->public_area, &way->public_len, public_area);
	decode(way->private_area, &way->private_len, private_area);
}

static int unseal(struct tpm *t, const struct way_tpm2 *way, struct err *e)
{
	_cleanup_secret_ struct secret got = SECRET_INIT;
	const struct approval approval = {.number = 1};
	struct pcr_set pcrs;
	int r = tpm_pcr_read(t, way->pcr_mask, &pcrs, e);

	if (r == 0)
		r = tpm_unseal(t, way, &approval, &pcrs, &got, e);
	/* No input knows the session's salt: what opens with it would open for any host. */
	if (r == 0 || got.bytes)
		abort();
	return r;
}

static int seal(struct tpm *t, struct way_tpm2 *way, struct err *e)
{
	_cleanup_secret_ struct secret s = SECRET_INIT;
	int r = secret_alloc(&s, 32, e);

	if (r == 0)
		r = tpm_seal(t, way, &s, e);
	if (r == 0)
		abort();
	return r;
}

static int run_verb(unsigned verb, struct tpm *t, struct err *e)
{
	struct way_tpm2 way;
	struct pcr_set pcrs;
	uint8_t name[34];
	uint64_t value;

	fill_way(&way);
	switch (verb % 8) {
	case 0:
		return tpm_pcr_read(t, 0xffffff, &pcrs, e);
	case 1:
		return unseal(t, &way, e);
	case 2:
		return tpm_door_close(t, e);
	case 3:
		return tpm_counter_ensure(t, &value, e);
	case 4:
		return seal(t, &way, e);
	case 5:
		return tpm_load_test(t, &way, e);
	case 6:
		return tpm_srk_name(t, true, name, e);
	default:
		return tpm_counter_increment(t, e);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source *s;
	struct tpm_tcti layer;
	struct tpm *t = NULL;
	struct err e = {0};
	int r;

	if (size == 0)
		return 0;
	s = calloc(1, sizeof(*s));
	if (!s)
		return 0;
	(void)setenv("TSS2_LOG", "all+NONE", 1);
	*s = (struct source){
		.common = {.version = 1, .transmit = fuzz_transmit, .receive = fuzz_receive},
		.c = CURSOR(data + 1, size - 1),
		.make_header = data[0] & MAKE_HEADER,
	};
	tpm_tcti_wrap(&layer, (TSS2_TCTI_CONTEXT *)s);
	if (tpm_open_tcti(&t, &layer, &e) < 0)
		return 0;
	r = run_verb(data[0] & ~MAKE_HEADER, t, &e);
	/* a failure is one of the table, and told; the context goes on after any */
	if (r < 0 && (!err_info(r) || e.code != -r || !e.msg[0]))
		abort();
	if (tpm_ready(t, &e) < 0)
		abort();
	tpm_freep(&t);
	return 0;
}
