# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the image building scripts share: places, progress, the cache. Sourced.

set -euo pipefail
VMLIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$VMLIB/../../.." && pwd)
CACHE=${CVMCRYPT_VM_CACHE:-$TOP/build/vm}
BUILD_UKI=$TOP/examples/build-uki
SUITE=bookworm
SB_CERT=/usr/share/ovmf/PkKek-1-snakeoil.pem
SB_KEY_LOCKED=/usr/share/ovmf/PkKek-1-snakeoil.key	# Debian's test key; its pass phrase is public
mkdir -p "$CACHE"

die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# step TEXT COMMAND...: one line with the seconds it took; the command's output only if it fails.
step() {
	local text=$1 start=${EPOCHREALTIME/./} log took status=0
	shift
	log=$(mktemp "$CACHE/step.XXXXXX")
	[ ! -t 1 ] || printf '  %-58s ...' "$text"
	# In the background, because bash forgets -e in what stands under a condition.
	"$@" > "$log" 2>&1 < /dev/null &
	wait $! || status=$?
	took=$(((${EPOCHREALTIME/./} - start) / 100000))
	[ ! -t 1 ] || printf '\r'
	if [ "$status" != 0 ]; then
		mv "$log" "$CACHE/failed-step.log"
		tail -40 "$CACHE/failed-step.log" >&2
		die "failed: $text (exit $status; all of its output: $CACHE/failed-step.log)"
	fi
	rm -f "$log"
	printf '  %-58s %3d.%d s\n' "$text" $((took / 10)) $((took % 10))
}

# key ITEM...: a cache key from texts and the content of files and folders (@PATH).
key() {
	local item
	for item; do
		case $item in
		@*) item=${item#@}
			[ ! -d "$item" ] || item=$item/.
			(cd "${item%/*}" && find "${item##*/}" -type f -printf '%m %p\n' -exec sha256sum {} + |
				LC_ALL=C sort) ;;
		*) printf '%s\n' "$item" ;;
		esac
	done | sha256sum | cut -c1-16
}

# one_builder NAME: waits until no other process builds this part of the cache.
one_builder() {
	exec {BUILD_LOCK}> "$CACHE/$1.lock"
	flock "$BUILD_LOCK"
}

# in_tree TREE COMMAND...: runs in the tree, with its own mounts, which vanish with the command.
in_tree() {
	local tree=$1
	shift
	# shellcheck disable=SC2016  # expanded by the inner shell
	unshare --mount --pid --fork sh -ec '
		mount -t proc proc "$0/proc"
		mount -t tmpfs -o mode=755 dev "$0/dev"
		mkdir "$0/dev/shm" "$0/dev/pts"
		for node in null zero full random urandom tty; do
			: > "$0/dev/$node"
			mount --bind "/dev/$node" "$0/dev/$node"
		done
		ln -s /proc/self/fd "$0/dev/fd"
		exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root TERM=dumb \
			DEBIAN_FRONTEND=noninteractive ${http_proxy:+http_proxy="$http_proxy"} "$@"
	' "$tree" "$@"
}

# sb_key: the path of the Secure Boot signing key, without pass phrase.
sb_key() {
	if [ ! -s "$CACHE/secureboot.key" ]; then
		(umask 077
		openssl rsa -in "$SB_KEY_LOCKED" -passin pass:snakeoil \
			-out "$CACHE/secureboot.key.$$" 2> /dev/null)
		mv "$CACHE/secureboot.key.$$" "$CACHE/secureboot.key"
	fi
	echo "$CACHE/secureboot.key"
}
