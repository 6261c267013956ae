/* SPDX-License-Identifier: MIT */
#include "vmgs_protector.h"

#include "buf.h"

#include <string.h>

#define KWP_BYTES 40	/* of a 32-byte key: RFC 5649 */

static uint32_t used_bytes(const uint8_t *p, uint32_t len)
{
	while (len > 0 && p[len - 1] == 0)
		len--;
	return len;
}

int key_protector_parse(const void *data, size_t len, struct key_protector *ret, struct err *reterr)
{
	uint8_t full[KEY_PROTECTOR_BYTES] = {0};
	struct cursor c = CURSOR(full, sizeof(full));

	if (len < KWP_BYTES || len > sizeof(full))
		return err_set(reterr, E_VMGS_CONTENT, "a key protector of %zu bytes; it has %u", len,
			       KEY_PROTECTOR_BYTES);
	memcpy(full, data, len);
	ret->padded = len < sizeof(full);
	for (int i = 0; i < 2; i++) {
		const uint8_t *dek = cursor_take(&c, KEY_PROTECTOR_DEK_BYTES);
		uint32_t used = used_bytes(dek, KEY_PROTECTOR_DEK_BYTES);

		ret->dek[i].bytes = used;
		ret->dek[i].form = used == 0 ? KEY_PROTECTOR_EMPTY
				   : used <= KWP_BYTES ? KEY_PROTECTOR_KWP : KEY_PROTECTOR_RSA;
	}
	for (int i = 0; i < 2; i++) {
		ret->gsp_bytes[i] = cursor_le32(&c);
		(void)cursor_take(&c, KEY_PROTECTOR_GSP_BYTES);
		if (ret->gsp_bytes[i] > KEY_PROTECTOR_GSP_BYTES)
			return err_set(reterr, E_VMGS_CONTENT, "a key protector with %u bytes of guest state "
				       "protection; there is room for %u", ret->gsp_bytes[i],
				       KEY_PROTECTOR_GSP_BYTES);
	}
	ret->active = cursor_le32(&c);
	return 0;
}

const char *key_protector_form_name(enum key_protector_form form)
{
	return form == KEY_PROTECTOR_EMPTY ? "none" : form == KEY_PROTECTOR_KWP ? "aes-kwp" : "rsa-oaep";
}
