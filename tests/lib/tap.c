/* SPDX-License-Identifier: MIT */
#include "tap.h"

#include <string.h>

struct tap {
	TSS2_TCTI_CONTEXT_COMMON_V1 common;
	TSS2_TCTI_CONTEXT *inner;
	struct tap_hooks hooks;
	struct tap_answer answer;	/* given instead of the TPM's */
	bool instead;
	unsigned commands;
	struct buf seen;
};

static TSS2_RC tap_transmit(TSS2_TCTI_CONTEXT *context, size_t size, const uint8_t *command)
{
	struct tap *tap = (struct tap *)context;
	struct cursor c = CURSOR(command, size);

	buf_put(&tap->seen, command, size);
	tap->commands++;
	(void)cursor_take(&c, 6);	/* tag, size */
	tap->instead = tap->hooks.instead &&
		tap->hooks.instead(tap->hooks.user, tap->commands - 1, cursor_be32(&c),
				   &tap->answer);
	return tap->instead ? 0 : Tss2_Tcti_Transmit(tap->inner, size, command);
}

static TSS2_RC tap_receive(TSS2_TCTI_CONTEXT *context, size_t *size, uint8_t *answer,
			   int32_t timeout)
{
	struct tap *tap = (struct tap *)context;
	struct tap_answer *a = &tap->answer;
	TSS2_RC rc = 0;

	if (!tap->instead) {
		a->size = sizeof(a->bytes);
		rc = Tss2_Tcti_Receive(tap->inner, &a->size, a->bytes, timeout);
	}
	if (rc == 0)
		buf_put(&tap->seen, a->bytes, a->size);
	if (rc == 0 && tap->hooks.change)
		rc = tap->hooks.change(tap->hooks.user, tap->commands - 1, a);
	if (rc == 0 && a->size > *size)
		rc = TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
	if (rc == 0)
		memcpy(answer, a->bytes, a->size);
	*size = a->size;
	return rc;
}

/* The layer above frees the tap itself. */
static void tap_finalize(TSS2_TCTI_CONTEXT *context)
{
	struct tap *tap = (struct tap *)context;

	Tss2_Tcti_Finalize(tap->inner);
	free(tap->inner);
	buf_done(&tap->seen);
}

int tap_open(struct tpm **ret, struct tap **ret_tap, const char *conf, struct err *reterr)
{
	struct tap *tap = calloc(1, sizeof(*tap));
	struct tpm_tcti layer = {0};
	int r;

	if (!tap)
		return err_set(reterr, E_NOMEM, "tap");
	(void)setenv("TSS2_LOG", "all+NONE", 1);
	r = tpm_tcti_load(&layer, conf, reterr);
	if (r < 0) {
		free(tap);
		return r;
	}
	tap->common = (TSS2_TCTI_CONTEXT_COMMON_V1){
		.version = 1,
		.transmit = tap_transmit,
		.receive = tap_receive,
		.finalize = tap_finalize,
	};
	tap->seen = BUF_INIT(1 << 20);
	tap->inner = layer.inner;
	layer.inner = (TSS2_TCTI_CONTEXT *)tap;
	r = tpm_open_tcti(ret, &layer, reterr);
	*ret_tap = tap;
	return r;
}

void tap_hook(struct tap *tap, const struct tap_hooks *hooks)
{
	tap->hooks = hooks ? *hooks : (struct tap_hooks){0};
}

void tap_rewind(struct tap *tap)
{
	tap->commands = 0;
	tap->seen.len = 0;
}

bool tap_saw(const struct tap *tap, const void *bytes, size_t len)
{
	return !tap->seen.failed && tap->seen.len >= len &&
	       memmem(tap->seen.data, tap->seen.len, bytes, len) != NULL;
}
