#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Brings an encrypted image up to date with a plain one that was edited since it was encrypted.

usage: sync-blocks.py BEFORE AFTER IMAGE OFFSET KEYFILE

Where AFTER differs from BEFORE, the sectors are encrypted as dm-crypt's aes-xts-plain64 does (512-byte
sectors) and written to IMAGE, whose data segment starts at byte OFFSET. KEYFILE holds the volume key.
For build machines without device-mapper; with it one would open the volume and mount it.
"""
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

CHUNK = 1 << 20
SECTOR = 512


def encrypt(key, number, data):
    tweak = number.to_bytes(16, "little")
    encryptor = Cipher(algorithms.AES(key), modes.XTS(tweak)).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def main(before, after, image, offset, keyfile):
    offset = int(offset)
    with open(keyfile, "rb") as f:
        key = f.read()
    written = 0
    with open(before, "rb") as old, open(after, "rb") as new, open(image, "r+b") as out:
        position = 0
        while True:
            a, b = old.read(CHUNK), new.read(CHUNK)
            if len(a) != len(b):
                sys.exit("the two plain images differ in size")
            if not b:
                break
            if a != b:
                for n in range(0, len(b), SECTOR):
                    if a[n:n + SECTOR] != b[n:n + SECTOR]:
                        out.seek(offset + position + n)
                        out.write(encrypt(key, (position + n) // SECTOR, b[n:n + SECTOR]))
                        written += 1
            position += len(b)
    print(written, "sectors written")


if __name__ == "__main__":
    main(*sys.argv[1:])
