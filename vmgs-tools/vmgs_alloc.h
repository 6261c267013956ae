/* SPDX-License-Identifier: MIT */
/*
 * Free runs of blocks. There is no map of them on disk: free is what no file covers. Placed where the
 * reference writer places: the smallest gap that fits, the lowest among equals, at its start.
 */
#ifndef VMGS_ALLOC_H
#define VMGS_ALLOC_H

#include "base.h"
#include "err.h"

#define VMGS_RUNS_MAX 160	/* the files of one table, and what a change adds to them */

struct vmgs_run {
	uint32_t offset, blocks;
};

struct vmgs_runs {
	uint32_t capacity;
	size_t count;
	struct vmgs_run run[VMGS_RUNS_MAX];	/* taken ones, by offset */
};

/* Adds a run that is taken. Runs may overlap here: a damaged table can be looked at. */
int vmgs_runs_add(struct vmgs_runs *r, uint32_t offset, uint32_t blocks, struct err *reterr);
/* E_VMGS_TABLE when runs overlap, E_VMGS_SPACE when no gap is large enough. The run is taken. */
int vmgs_runs_place(struct vmgs_runs *r, uint64_t blocks, uint32_t *ret_offset, struct err *reterr);
/* The first gap at or above *at; false when there is none. */
bool vmgs_runs_gap(const struct vmgs_runs *r, uint32_t at, struct vmgs_run *ret);

#endif
