# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What `prepare` scripts of scenarios use. They run in the scenario's work folder, after the TPM state,
# the firmware variables and the disk overlay were put there. Set by the caller: IMAGE (folder of the
# image), WORK, FAMILY, TOP, VMLIB, and the image's geometry (ESP_START, ROOT_START, ROOT_SIZE,
# ROOT_DATA), in bytes.
# shellcheck disable=SC2154
. "$VMLIB/env.sh"
set +o pipefail

# uki NEW [--cmdline TEXT|--initrd FILE|--unsigned]...: the image's UKI with one thing changed.
uki() {
	local new=$1 initrd=$IMAGE/initrd sign=(--key "$(sb_key)" --cert "$SB_CERT")
	shift
	cp "$IMAGE/cmdline" cmdline.new
	while [ $# -gt 0 ]; do
		case $1 in
		--cmdline) echo "$2" > cmdline.new; shift 2 ;;
		--initrd) initrd=$2; shift 2 ;;
		--unsigned) sign=(); shift ;;
		*) die "uki: $1" ;;
		esac
	done
	"$BUILD_UKI" --kernel "$IMAGE/vmlinuz" --initrd "$initrd" --cmdline cmdline.new \
		--os-release "$IMAGE/os-release" --output "$new" "${sign[@]}"
}

# disk_write OFFSET FILE [DISK]: onto the disk's overlay
disk_write() {
	local log
	log=$(qemu-io -f qcow2 -c "write -q -s $2 $1 $(stat -c %s "$2")" "${3:-disk.qcow2}")
	[ -z "$log" ] || die "qemu-io: $log"
}

# disk_read OFFSET LENGTH FILE: from the disk's overlay
disk_read() {
	qemu-img dd -f qcow2 -O raw if=disk.qcow2 of="$3" bs=512 skip=$(($1 / 512)) count=$((($1 + $2) / 512))
}

disk_garbage() {
	head -c "$2" /dev/urandom > garbage
	disk_write "$1" garbage "${3:-disk.qcow2}"
	rm garbage
}

# esp_put FILE PATH...: files into the ESP, folders made as needed
esp_put() {
	local folder
	[ -e esp.img ] || cp "$IMAGE/esp.img" esp.img
	while [ $# -gt 0 ]; do
		folder=$(dirname "$2")
		mmd -i esp.img -D s "::$folder" 2> /dev/null || :
		mcopy -o -i esp.img "$1" "::$2"
		shift 2
	done
	disk_write "$ESP_START" "$PWD/esp.img"
}
