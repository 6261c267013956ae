# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For `prepare` scripts of scenarios with more volumes or another initramfs than their image has.
# Sourced by them, after prepare.sh. Everything is made from files, without device-mapper.
# shellcheck disable=SC2154

CVMCRYPT=$TOP/build/cvmcrypt
EDIT=$TOP/tests/lib/luks2_edit.py
BUILD_CONFIG=$WORK/build-config		# the configuration of the machine that enrols: devices are files
MIB=$((1024 * 1024))

# initrd_with NEW DIR: the image's initrd with the files of DIR on top. The kernel unpacks archives one
# after the other; what is not compressed must begin at a multiple of four.
initrd_with() {
	cp "$IMAGE/initrd" "$1"
	truncate -s %4 "$1"
	(cd "$2" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) >> "$1"
}

# boot_with DIR: the image's UKI gets an initrd with the files of DIR on top
boot_with() {
	initrd_with initrd.new "$1"
	uki new.efi --initrd "$PWD/initrd.new"
	esp_put new.efi EFI/BOOT/BOOTX64.EFI
}

# direct_boot INITRD: for `firmware = direct`
direct_boot() {
	cp "$IMAGE/vmlinuz" "$IMAGE/cmdline" .
	[ "$1" -ef initrd ] || cp "$1" initrd
}

# volume NAME MIB [TEXT]: a LUKS2 volume NAME.luks that opens with volumes.key, enrolled under the
# image's OS volume. Its section, with PARTLABEL=NAME and the lines of TEXT, goes to NAME.conf, its
# recovery key to NAME.key.
volume() {
	local name=$1 size=$2 text=${3:-} conf=$BUILD_CONFIG/cvmcrypt.conf
	if [ ! -e volumes.key ]; then
		head -c 32 /dev/urandom > volumes.key
		mkdir -p "$BUILD_CONFIG"
		disk_read "$ROOT_START" $((32 * MIB)) root.header
		truncate -s "$ROOT_SIZE" root.header
	fi
	truncate -s "${size}M" "$name.luks"
	cryptsetup luksFormat -q --type luks2 --sector-size 512 --pbkdf pbkdf2 \
		--pbkdf-force-iterations 1000 --key-file volumes.key "$name.luks"
	printf '[boot]\nprofile = uki\nisolation = none\n[volume root]\nrole = os\ndevice = %s\n' \
		"$PWD/root.header" > "$conf"
	printf '[volume %s]\nrole = data\ndevice = %s\nmapping = %s\nsources = parent\n%s\n' \
		"$name" "$PWD/$name.luks" "$name" "$text" >> "$conf"
	"$CVMCRYPT" enroll --pending "$name" --config "$BUILD_CONFIG" --from key-file \
		--key-file volumes.key --parent-recovery-key "$IMAGE/recovery.key" --recovery-out "$name.key"
	sed -n "/^\[volume $name\]/,\$p" "$conf" | sed "s|^device = .*|device = PARTLABEL=$name|" > "$name.conf"
}

# partitions DISK NAME...: a GPT disk with the content of NAME.luks (or else the file NAME) in
# PARTLABEL=NAME, one after the other
partitions() {
	local disk=$1 name file start=1 table="label: gpt"
	local -a where=()
	shift
	for name; do
		file=$name.luks
		[ -e "$file" ] || file=$name
		where+=("$file:$start")
		table+=$'\n'"start=${start}MiB, size=$(($(stat -c %s "$file") / 512)), type=linux, name=$name"
		start=$((start + ($(stat -c %s "$file") + MIB - 1) / MIB))
	done
	truncate -s $(((start + 1) * MIB)) "$disk"
	sfdisk -q "$disk" <<< "$table"
	for name in "${where[@]}"; do
		dd if="${name%:*}" of="$disk" bs=1M seek="${name##*:}" conv=notrunc,sparse status=none
	done
}
