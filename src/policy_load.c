/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "file.h"

int policy_load_file(struct policy *ret, const char *path, struct err *reterr)
{
	_cleanup_buf_ struct buf text = BUF_INIT(0);
	struct err cause = {0};
	struct config c;
	int r;

	config_init(&c);
	if (file_read(path, CONFIG_TEXT_MAX, &text, &cause) < 0)
		return err_set(reterr, E_CONFIG_READ, "%s", cause.msg);
	r = config_parse(&c, path, (const char *)text.data, text.len, reterr);
	if (r == 0)
		*ret = c.policy;
	return r;
}
