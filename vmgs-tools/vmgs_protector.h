/* SPDX-License-Identifier: MIT */
/*
 * KEY_PROTECTOR: the root key, wrapped to the key that the vault releases, twice over so that a rotation
 * can be cut. Pure. Failure: E_VMGS_CONTENT.
 */
#ifndef VMGS_PROTECTOR_H
#define VMGS_PROTECTOR_H

#include "err.h"

#define KEY_PROTECTOR_BYTES 2060
#define KEY_PROTECTOR_DEK_BYTES 512
#define KEY_PROTECTOR_GSP_BYTES 512

enum key_protector_form {
	KEY_PROTECTOR_EMPTY,
	KEY_PROTECTOR_KWP,	/* AES key wrap with padding: 40 bytes, then zeros */
	KEY_PROTECTOR_RSA,	/* RSA-OAEP: up to 512 bytes */
};

struct key_protector {
	uint32_t active;	/* counts up; modulo 2: the entry that the next boot reads */
	bool padded;		/* the file was shorter, the rest counts as zeros */
	struct {
		enum key_protector_form form;
		uint32_t bytes;	/* up to the last one that is not zero */
	} dek[2];
	uint32_t gsp_bytes[2];	/* 0: none */
};

int key_protector_parse(const void *data, size_t len, struct key_protector *ret, struct err *reterr);
const char *key_protector_form_name(enum key_protector_form form);

#endif
