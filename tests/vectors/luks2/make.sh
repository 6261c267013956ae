#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the vectors of this folder anew, with the installed cryptsetup; no root needed.
# usage: make.sh FOLDER
set -eu
out=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
img=$work/img

fresh() {
	rm -f "$img"
	truncate -s 32M "$img"
	printf passphrase | cryptsetup luksFormat --disable-locks -q --type luks2 \
		--key-size 512 --sector-size 512 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
		"$@" "$img" -
}

keep() {
	head -c "$2" "$img" >"$out/$1"
}

# key slots 0 (pbkdf2), 1 (argon2id), 2 (unbound: a digest of its own); a foreign token on slot 1
fresh --uuid 11111111-2222-4333-8444-555555555501 --label a-label --subsystem a-subsystem
printf passphrase >"$work/old"
printf second >"$work/new"
cryptsetup luksAddKey --disable-locks -q --key-file "$work/old" --pbkdf argon2id \
	--pbkdf-force-iterations 4 --pbkdf-memory 32 --pbkdf-parallel 1 "$img" "$work/new"
cryptsetup luksAddKey --disable-locks -q --unbound --key-size 256 --key-slot 2 \
	--pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$img" "$work/new"
printf '%s' '{"type":"x-foreign","keyslots":["1"],"x-data":{"list":[1,2.5,true,null,"t\u00e4xt"]}}' |
	cryptsetup token import --disable-locks "$img"
printf '%s' '{"type":"cvmcrypt","keyslots":["0"],"v":1}' |
	cryptsetup token import --disable-locks "$img"
keep plain.bin 32768

# larger metadata, larger sectors, AES-128
fresh --uuid 11111111-2222-4333-8444-555555555502 --key-size 256 --sector-size 4096 \
	--luks2-metadata-size 64k --luks2-keyslots-size 1m --hash sha512
keep metadata64k.bin 131072

# a re-encryption that was begun
fresh --uuid 11111111-2222-4333-8444-555555555503
cryptsetup reencrypt --disable-locks -q --init-only --key-file "$work/old" --pbkdf pbkdf2 \
	--pbkdf-force-iterations 1000 --resilience checksum "$img"
keep reencrypt.bin 32768

# converted from LUKS1: a digest of 20 bytes
rm -f "$img"
truncate -s 32M "$img"
printf passphrase | cryptsetup luksFormat --disable-locks -q --type luks1 \
	--uuid 11111111-2222-4333-8444-555555555504 --key-size 512 --hash sha256 \
	--pbkdf-force-iterations 1000 "$img" -
head -c 4096 "$img" >"$out/luks1.bin"
cryptsetup convert --disable-locks -q --type luks2 "$img"
keep converted.bin 32768
