/* SPDX-License-Identifier: MIT */
#include "confine.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define USER "cvmcrypt-fetch"
#define USER_ID 61180

void confine_user(uid_t *ret_uid, gid_t *ret_gid)
{
	const struct passwd *user = getpwnam(USER);
	bool usable = user && user->pw_uid != 0 && user->pw_gid != 0;

	*ret_uid = usable ? user->pw_uid : USER_ID;
	*ret_gid = usable ? user->pw_gid : USER_ID;
}

static bool limit_bounding_set(uint64_t keep)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(keep >> cap & 1) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return false;
	return true;
}

static bool set_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++) {
		uint32_t half = (uint32_t)(keep >> (32 * i));

		data[i] = (struct __user_cap_data_struct){half, half, half};
	}
	return syscall(SYS_capset, &header, data) == 0;
}

bool confine(uid_t uid, gid_t gid, uint64_t keep)
{
	/* the bounding set first: that needs a capability which the others take along */
	if (geteuid() == 0 &&
	    (!limit_bounding_set(keep) || prctl(PR_SET_KEEPCAPS, keep != 0, 0, 0, 0) < 0 ||
	     setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
	     setresuid(uid, uid, uid) < 0))
		return false;
	if (!set_capabilities(keep) || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return false;
	for (int cap = 0; cap < 64; cap++)
		if ((keep >> cap & 1) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return false;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	       /* a change of user forgets it */
	       prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
}
