#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds and installs a signed UKI for one kernel, with dracut.
#
# usage: uki-dracut.sh [KERNEL-VERSION]
#
# The command line is the text of /etc/kernel/cmdline, for example
#   root=/dev/mapper/root ro systemd.import_credentials=no systemd.gpt_auto=0 rd.systemd.gpt_auto=0
# Both checks are made before anything is replaced: cvmcrypt's module judges the configuration and
# the initramfs, the line below the configuration with the command line that is signed.
#
# --no-hostonly-cmdline: what dracut would write into the image's /etc/cmdline.d stands on the
# signed line already, and rd.luks.* there would be refused.
set -eu

version=${1:-$(uname -r)}
here=$(cd "$(dirname "$0")" && pwd)
cmdline=${CMDLINE:-/etc/kernel/cmdline}
output=${OUTPUT:-/boot/efi/EFI/Linux/cvmcrypt-$version.efi}
key=${SB_KEY:-/etc/kernel/secure-boot.key.pem}
cert=${SB_CERT:-/etc/kernel/secure-boot.cert.pem}

die() {
	printf '%s: %s\n' "${0##*/}" "$1" >&2
	exit 2
}

[ -s "$cmdline" ] || die "'$cmdline' is missing or empty: write the kernel command line there"
facts=$(cvmcrypt check --image --cmdline "$cmdline")
case $facts in
*configured=no*)
	die 'no volume is configured, the image would open none: see cvmcrypt.conf(5)' ;;
esac
initrd=$(mktemp)
trap 'rm -f "$initrd"' EXIT
dracut --force --no-hostonly --no-hostonly-cmdline --add cvmcrypt --kver "$version" "$initrd"
"$here/build-uki" --kernel "/boot/vmlinuz-$version" --initrd "$initrd" --cmdline "$cmdline" \
	--output "$output" --key "$key" --cert "$cert"
echo "installed $output"
