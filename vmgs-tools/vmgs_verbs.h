/* SPDX-License-Identifier: MIT */
/* The verbs of vmgs, which main.c lists. */
#ifndef VMGS_VERBS_H
#define VMGS_VERBS_H

#include "program.h"

/* 0, 1, 2, 10, 11 or 12: what vmgs(1) documents. */
int vmgs_exit_status(int code);

extern const struct verb_option vmgs_create_options[], vmgs_info_options[], vmgs_list_options[],
	vmgs_verify_options[], vmgs_read_options[], vmgs_write_options[], vmgs_delete_options[],
	vmgs_move_options[], vmgs_encrypt_options[], vmgs_rekey_options[], vmgs_convert_options[],
	vmgs_nvram_options[], vmgs_key_protector_options[], vmgs_guest_secret_key_options[];

int vmgs_cmd_create(int argc, char **argv, struct err *reterr);
int vmgs_cmd_info(int argc, char **argv, struct err *reterr);
int vmgs_cmd_list(int argc, char **argv, struct err *reterr);
int vmgs_cmd_verify(int argc, char **argv, struct err *reterr);
int vmgs_cmd_read(int argc, char **argv, struct err *reterr);
int vmgs_cmd_write(int argc, char **argv, struct err *reterr);
int vmgs_cmd_delete(int argc, char **argv, struct err *reterr);
int vmgs_cmd_move(int argc, char **argv, struct err *reterr);
int vmgs_cmd_encrypt(int argc, char **argv, struct err *reterr);
int vmgs_cmd_rekey(int argc, char **argv, struct err *reterr);
int vmgs_cmd_convert(int argc, char **argv, struct err *reterr);
int vmgs_cmd_nvram(int argc, char **argv, struct err *reterr);
int vmgs_cmd_key_protector(int argc, char **argv, struct err *reterr);
int vmgs_cmd_guest_secret_key(int argc, char **argv, struct err *reterr);

#endif
