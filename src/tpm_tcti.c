/* SPDX-License-Identifier: MIT */
#include "tpm_internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <tss2/tss2_tcti_device.h>

#define LAYER_MAGIC 0x63766d6372797074ULL
#define HEADER_BYTES 10
#define COMMAND_BYTES_MAX 4096
#define FILLER 0xff

/* TCG TSS 2.0 TCTI, 3.2: magic and version come first, whatever follows. */
static struct tpm_tcti *layer_of(TSS2_TCTI_CONTEXT *context)
{
	return (struct tpm_tcti *)context;
}

static TSS2_RC layer_transmit(TSS2_TCTI_CONTEXT *context, size_t size, const uint8_t *command)
{
	struct tpm_tcti *l = layer_of(context);

	l->transmits++;
	return Tss2_Tcti_Transmit(l->inner, size, command);
}

/*
 * Part 1, 18.2: tag, size, code; a refusal is no longer than that. Codes with a layer are not the
 * TPM's to give, but the kernel's resource manager uses two. Code 9 alone is no TPM's either: ESAPI
 * takes it for "ask again".
 */
static bool answer_plausible(const uint8_t *answer, size_t size, TSS2_RC *ret_rc)
{
	struct cursor c = CURSOR(answer, size);
	uint16_t tag = cursor_be16(&c);
	uint32_t length = cursor_be32(&c), rc = cursor_be32(&c), layer = rc & TSS2_RC_LAYER_MASK;

	*ret_rc = rc;
	if (c.failed || length != size || rc >> 24)
		return false;
	if (rc == TSS2_RC_SUCCESS)
		return tag == TPM2_ST_NO_SESSIONS || tag == TPM2_ST_SESSIONS;
	if (size != HEADER_BYTES || (tag != TPM2_ST_NO_SESSIONS && tag != TPM2_ST_RSP_COMMAND))
		return false;
	if (layer != 0 && layer != TSS2_RESMGR_RC_LAYER && layer != TSS2_RESMGR_TPM_RC_LAYER)
		return false;
	return (rc & 0xffff) != TSS2_BASE_RC_TRY_AGAIN;
}

static TSS2_RC layer_receive(TSS2_TCTI_CONTEXT *context, size_t *size, uint8_t *answer,
			     int32_t timeout)
{
	struct tpm_tcti *l = layer_of(context);
	size_t room = *size;
	TSS2_RC rc, answered;

	if (!answer) {
		*size = COMMAND_BYTES_MAX;
		return TSS2_RC_SUCCESS;
	}
	if (timeout < 0 || timeout > TPM_ANSWER_MS)
		timeout = TPM_ANSWER_MS;
	rc = Tss2_Tcti_Receive(l->inner, size, answer, timeout);
	if (rc == TSS2_TCTI_RC_TRY_AGAIN) {
		/* ESAPI would ask again without end */
		l->timed_out = true;
		return TSS2_TCTI_RC_IO_ERROR;
	}
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	if (*size > room || !answer_plausible(answer, *size, &answered)) {
		memset(answer, FILLER, room);
		*size = 0;
		return TSS2_TCTI_RC_MALFORMED_RESPONSE;
	}
	/*
	 * The library reads on behind an answer that is too short: it shall find no valid size
	 * there. Behind a refusal the command stays, it may be sent again.
	 */
	if (answered == TSS2_RC_SUCCESS)
		memset(answer + *size, FILLER, room - *size);
	return TSS2_RC_SUCCESS;
}

void tpm_tcti_wrap(struct tpm_tcti *ret, TSS2_TCTI_CONTEXT *inner)
{
	*ret = (struct tpm_tcti){
		.common = {
			.magic = LAYER_MAGIC,
			.version = 1,
			.transmit = layer_transmit,
			.receive = layer_receive,
		},
		.inner = inner,
	};
}

/* A TCTI says how much room it wants, then sets itself up in it. */
static TSS2_RC make(TSS2_TCTI_INIT_FUNC init, const char *conf, TSS2_TCTI_CONTEXT **ret)
{
	_cleanup_free_ TSS2_TCTI_CONTEXT *context = NULL;
	size_t size = 0;
	TSS2_RC rc = init(NULL, &size, conf);

	if (rc != TSS2_RC_SUCCESS)
		return rc;
	context = calloc(1, size);
	if (!context)
		return TSS2_TCTI_RC_MEMORY;
	errno = 0;
	rc = init(context, &size, conf);
	if (rc == TSS2_RC_SUCCESS)
		*ret = TAKE_PTR(context);
	return rc;
}

int tpm_tcti_device(struct tpm_tcti *ret, const char *path, struct err *reterr)
{
	TSS2_TCTI_CONTEXT *inner = NULL;
	TSS2_RC rc;
	int errnum;

	if (access(path, F_OK) < 0)
		return err_errno(reterr, E_TPM_ABSENT, errno, "%s", path);
	rc = make(Tss2_Tcti_Device_Init, path, &inner);
	errnum = errno;
	if (rc == TSS2_TCTI_RC_MEMORY)
		return err_set(reterr, E_NOMEM, "TPM connection");
	if (rc != TSS2_RC_SUCCESS && errnum == EBUSY)
		return err_native(reterr, E_TPM_BUSY, ERR_TSS, rc, "another program has %s open",
				  path);
	if (rc != TSS2_RC_SUCCESS)
		return err_native(reterr, E_TPM_ABSENT, ERR_TSS, rc, "%s does not open: %s", path,
				  errnum ? strerror(errnum) : "it does not answer");
	tpm_tcti_wrap(ret, inner);
	/* tcti-device has tried a GetRandom, to see whether the driver gives partial answers */
	ret->transmits = 1;
	return 0;
}

static bool name_plain(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!(name[i] >= 'a' && name[i] <= 'z') && name[i] != '-')
			return false;
	return len > 0;
}

static int init_from(void *library, const char *file, const char *conf, TSS2_TCTI_CONTEXT **ret,
		     struct err *reterr)
{
	TSS2_TCTI_INFO_FUNC info_func;
	const TSS2_TCTI_INFO *info;
	TSS2_RC rc;

	/* a function's address as dlsym() gives it; C has no cast for that */
	memcpy(&info_func, &(void *){dlsym(library, TSS2_TCTI_INFO_SYMBOL)}, sizeof(info_func));
	info = info_func ? info_func() : NULL;
	if (!info || !info->init)
		return err_set(reterr, E_USAGE, "%s is not a TCTI library", file);
	rc = make(info->init, conf, ret);
	if (rc != TSS2_RC_SUCCESS)
		return err_native(reterr, E_TPM_ABSENT, ERR_TSS, rc, "no TPM answers at '%s'",
				  conf);
	return 0;
}

int tpm_tcti_load(struct tpm_tcti *ret, const char *conf, struct err *reterr)
{
	size_t len = strcspn(conf, ":");
	const char *argument = conf[len] ? conf + len + 1 : "";
	TSS2_TCTI_CONTEXT *inner = NULL;
	char file[64];
	void *library;
	int r;

	if (!name_plain(conf, len) || len > 24)
		return err_set(reterr, E_USAGE, "'%s' is not NAME:ARGUMENT of a TCTI", conf);
	(void)snprintf(file, sizeof(file), "libtss2-tcti-%.*s.so.0", (int)len, conf);
	library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return err_set(reterr, E_USAGE, "TCTI '%.*s': %s cannot be loaded", (int)len, conf,
			       file);
	r = init_from(library, file, argument, &inner, reterr);
	if (r < 0) {
		(void)dlclose(library);
		return r;
	}
	tpm_tcti_wrap(ret, inner);
	ret->library = library;
	return 0;
}

void tpm_tcti_done(struct tpm_tcti *l)
{
	if (l->inner) {
		Tss2_Tcti_Finalize(l->inner);
		free(l->inner);
	}
	if (l->library)
		(void)dlclose(l->library);
	*l = (struct tpm_tcti){0};
}
