/* SPDX-License-Identifier: MIT */
#include "vmgs_alloc.h"

#include "vmgs_format.h"

#include <string.h>

int vmgs_runs_add(struct vmgs_runs *r, uint32_t offset, uint32_t blocks, struct err *reterr)
{
	size_t at = r->count;

	if (r->count == VMGS_RUNS_MAX)
		return err_set(reterr, E_INTERNAL, "more than %d runs of blocks", VMGS_RUNS_MAX);
	while (at > 0 && r->run[at - 1].offset > offset)
		at--;
	memmove(&r->run[at + 1], &r->run[at], (r->count - at) * sizeof(r->run[0]));
	r->run[at] = (struct vmgs_run){.offset = offset, .blocks = blocks};
	r->count++;
	return 0;
}

bool vmgs_runs_gap(const struct vmgs_runs *r, uint32_t at, struct vmgs_run *ret)
{
	uint64_t free_from = at < VMGS_FIRST_BLOCK ? VMGS_FIRST_BLOCK : at;

	for (size_t i = 0; i <= r->count; i++) {
		uint64_t begins = i < r->count ? r->run[i].offset : r->capacity;

		if (begins > free_from) {
			ret->offset = (uint32_t)free_from;
			ret->blocks = (uint32_t)(begins - free_from);
			return true;
		}
		if (i < r->count && begins + r->run[i].blocks > free_from)
			free_from = begins + r->run[i].blocks;
	}
	return false;
}

int vmgs_runs_place(struct vmgs_runs *r, uint64_t blocks, uint32_t *ret_offset, struct err *reterr)
{
	struct vmgs_run gap, best = {0};
	uint32_t at = VMGS_FIRST_BLOCK;

	for (size_t i = 1; i < r->count; i++)
		if ((uint64_t)r->run[i - 1].offset + r->run[i - 1].blocks > r->run[i].offset)
			return err_set(reterr, E_VMGS_TABLE,
				       "invalid data allocation: files overlap at block %u",
				       r->run[i].offset);
	while (vmgs_runs_gap(r, at, &gap)) {
		if (gap.blocks >= blocks && (best.blocks == 0 || gap.blocks < best.blocks))
			best = gap;
		at = gap.offset + gap.blocks;
	}
	if (best.blocks == 0)
		return err_set(reterr, E_VMGS_SPACE, "no %llu free blocks in a row",
			       (unsigned long long)blocks);
	*ret_offset = best.offset;
	return vmgs_runs_add(r, best.offset, (uint32_t)blocks, reterr);
}
