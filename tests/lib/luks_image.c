/* SPDX-License-Identifier: MIT */
#include "luks_image.h"

#include "base.h"
#include "child.h"

#include <fcntl.h>
#include <unistd.h>

bool luks_image_clear(const char *image, off_t size)
{
	_cleanup_close_ int fd = open(image, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return fd >= 0 && ftruncate(fd, size) == 0;
}

bool luks_image_format(const char *image, const char *key_file)
{
	return luks_image_clear(image, LUKS_IMAGE_SIZE) && CHILD_RUN(LUKS_FORMAT, image, key_file) == 0;
}

bool luks_image_opens(const char *image, const char *key_file)
{
	return child_run_quiet((const char *const[]){"cryptsetup", "-q", "open", "--test-passphrase",
						     "--key-file", key_file, image, NULL}) == 0;
}
