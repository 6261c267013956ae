#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Puts a file system image into a logical volume, without device-mapper or a loop device.

usage: on-lvm.py CONTENT IMAGE GROUP VOLUME

IMAGE becomes a physical volume: label, one metadata area, and CONTENT as the only logical volume. The
format is that of lib/format_text and lib/label of LVM2, and never changes.
"""
import os
import random
import shutil
import string
import struct
import sys
import zlib

SECTOR = 512
EXTENT = 4 << 20
AREA, DATA = 4096, 1 << 20      # where metadata and data begin, bytes
MAGIC = b" LVM2 x[5A%r0N*>"

TEXT = """{group} {{
id = "{group_id}"
seqno = 1
format = "lvm2"
status = ["RESIZEABLE", "READ", "WRITE"]
flags = []
extent_size = {extent}
max_lv = 0
max_pv = 0
metadata_copies = 0

physical_volumes {{
pv0 {{
id = "{pv_id}"
device = "/dev/mapper/root"
status = ["ALLOCATABLE"]
flags = []
dev_size = {size}
pe_start = {start}
pe_count = {count}
}}
}}

logical_volumes {{
{volume} {{
id = "{volume_id}"
status = ["READ", "WRITE", "VISIBLE"]
flags = []
segment_count = 1
segment1 {{
start_extent = 0
extent_count = {count}
type = "striped"
stripe_count = 1
stripes = ["pv0", 0]
}}
}}
}}
}}
contents = "Text Format Volume Group"
version = 1
description = ""
creation_host = "build"
creation_time = 1700000000
"""


def crc(data):
    return zlib.crc32(data, 0xf597a6cf ^ 0xffffffff) ^ 0xffffffff


def new_id():
    text = "".join(random.choice(string.ascii_letters + string.digits) for _ in range(32))
    cuts = [0, 6, 10, 14, 18, 22, 26, 32]
    return "-".join(text[a:b] for a, b in zip(cuts, cuts[1:]))


def label(pv_id, size):
    header = pv_id.replace("-", "").encode() + struct.pack("<Q", size)
    header += struct.pack("<QQQQ", DATA, 0, 0, 0)                     # data areas
    header += struct.pack("<QQQQ", AREA, DATA - AREA, 0, 0)           # metadata areas
    header += struct.pack("<IIQQ", 2, 1, 0, 0)                        # extension: in use, no more areas
    rest = struct.pack("<I8s", 32, b"LVM2 001") + header
    rest = rest.ljust(SECTOR - 20, b"\0")
    return struct.pack("<8sQI", b"LABELONE", 1, crc(rest)) + rest


def metadata(text):
    rest = struct.pack("<16sIQQ", MAGIC, 1, AREA, DATA - AREA)
    rest += struct.pack("<QQII", SECTOR, len(text), crc(text), 0)
    rest = rest.ljust(SECTOR - 4, b"\0")
    return struct.pack("<I", crc(rest)) + rest + text


def main(content, image, group, volume):
    count = (os.path.getsize(content) + EXTENT - 1) // EXTENT
    size = DATA + count * EXTENT
    pv_id = new_id()
    text = TEXT.format(group=group, group_id=new_id(), volume=volume, volume_id=new_id(), pv_id=pv_id,
                       extent=EXTENT // SECTOR, size=size // SECTOR, start=DATA // SECTOR, count=count)
    with open(image, "wb") as out:
        out.truncate(size)
        out.seek(SECTOR)
        out.write(label(pv_id, size))
        out.seek(AREA)
        out.write(metadata(text.encode() + b"\0"))
        out.seek(DATA)
        with open(content, "rb") as f:
            shutil.copyfileobj(f, out, 1 << 20)


if __name__ == "__main__":
    main(*sys.argv[1:])
