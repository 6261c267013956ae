/* SPDX-License-Identifier: MIT */
/*
 * Image files of LUKS2 volumes, made and opened by stock cryptsetup. A slow key derivation would be time
 * lost: it is as short as cryptsetup lets it be.
 */
#ifndef CVMCRYPT_TEST_LUKS_IMAGE_H
#define CVMCRYPT_TEST_LUKS_IMAGE_H

#include <stdbool.h>
#include <sys/types.h>

#define LUKS_IMAGE_SIZE (20 << 20)

/* For CHILD_RUN(); options, image and key file follow. */
#define LUKS_CHEAP_KDF "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"
#define LUKS_FORMAT "cryptsetup", "-q", "luksFormat", "--type", "luks2", LUKS_CHEAP_KDF

/* A file of zeros. */
bool luks_image_clear(const char *image, off_t size);
/* One of LUKS_IMAGE_SIZE with a volume that the bytes of the key file open. */
bool luks_image_format(const char *image, const char *key_file);
/* Does stock cryptsetup take the key file? */
bool luks_image_opens(const char *image, const char *key_file);

#endif
