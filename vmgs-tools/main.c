/* SPDX-License-Identifier: MIT */
#include "vmgs_verbs.h"

#include <stdio.h>

static const struct verb verbs[] = {
	{"create", vmgs_cmd_create, "FILE", "make an empty guest state file", vmgs_create_options},
	{"info", vmgs_cmd_info, "FILE", "show container, headers, key slots", vmgs_info_options},
	{"list", vmgs_cmd_list, "FILE", "list the files in it", vmgs_list_options},
	{"verify", vmgs_cmd_verify, "FILE", "check everything that can be checked", vmgs_verify_options},
	{"read", vmgs_cmd_read, "FILE", "read a file out of it", vmgs_read_options},
	{"write", vmgs_cmd_write, "FILE", "write a file into it", vmgs_write_options},
	{"delete", vmgs_cmd_delete, "FILE", "delete a file in it", vmgs_delete_options},
	{"move", vmgs_cmd_move, "FILE", "give a file in it another id", vmgs_move_options},
	{"encrypt", vmgs_cmd_encrypt, "FILE", "give it its first key", vmgs_encrypt_options},
	{"rekey", vmgs_cmd_rekey, "FILE", "change the key", vmgs_rekey_options},
	{"convert", vmgs_cmd_convert, "FILE", "change between VHD and raw disk", vmgs_convert_options},
	{"nvram", vmgs_cmd_nvram, "list FILE", "list the UEFI variables", vmgs_nvram_options},
	{"key-protector", vmgs_cmd_key_protector, "show FILE", "show how the root key is wrapped",
	 vmgs_key_protector_options},
	{"guest-secret-key", vmgs_cmd_guest_secret_key, "generate|import|export-public FILE",
	 "make the key that the guest finds in its vTPM", vmgs_guest_secret_key_options},
	{0},
};

static int report(int r, const struct err *e)
{
	const struct err_info *info = err_info(r);

	fprintf(stderr, "vmgs: E%03d %s\n", -r, e->msg[0] ? e->msg : info ? info->text : "unknown error");
	if (info)
		fprintf(stderr, "vmgs:      %s\n",
			r == -E_USAGE ? "see 'vmgs --help', 'vmgs VERB --help' and vmgs(1)" : info->hint);
	return vmgs_exit_status(r);
}

static const struct program program = {
	.name = "vmgs",
	.arguments = "FILE",
	.manual = "vmgs(1)",
	.notes = "Exit status: 0 done, 1 failed, 2 usage, 10 not encrypted\n"
		 "or nothing to do, 11 corrupt, 12 wrong key. Failures have codes (E857): cvmcrypt-errors(7).\n",
	.verbs = verbs,
	.report = report,
};

int main(int argc, char **argv)
{
	return program_run(&program, argc, argv);
}
