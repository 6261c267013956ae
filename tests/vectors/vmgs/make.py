#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: make.py SAMPLES_FOLDER

Packs samples as NAME.vec: only sectors of 512 bytes that aren't zero, or that differ from another sample.
A .vec is: name of the base sample (32 bytes, zero padded; empty: all zeros), size (u64), then a record a
sector: number (u32), 512 bytes. All little-endian. contents.tsv says what a sample must give."""
import json
import os
import struct
import sys

folder = sys.argv[1]
GOOD = ["01-plain-empty", "04-min-16k", "10-enc-empty", "11-enc-multi", "13-rekeyed", "15-two-keys",
        "19-gsp-by-id", "20-locked-plain-overwrite", "30-headwriter-enc", "31-legacywriter-enc",
        "40-cvm-2blob", "50-nvram", "d1-plain", "d2-enc-create", "d3-enc-write", "d6-enc-write-head"]
KEEP_BASES = ["11-enc-multi", "crc-active-bad"]
manifest = json.load(open(folder + "/manifest.json", encoding="utf-8"))


def name_of(path):
    return os.path.basename(path)[:-len(".vmgs")]


def sectors(data):
    return [data[i:i + 512].ljust(512, b"\0") for i in range(0, len(data), 512)]


def pack(data, bases):
    best = None
    for base, other in [("", b"")] + bases:
        old = sectors(other)
        records = b""
        for number, sector in enumerate(sectors(data)):
            before = old[number] if number < len(old) else bytes(512)
            if sector != before:
                records += struct.pack("<I", number) + sector
        # a base must not reach beyond this sample
        if len(other) <= len(data) and (best is None or len(records) < len(best[1])):
            best = (base, records)
    return best[0].encode().ljust(32, b"\0") + struct.pack("<Q", len(data)) + best[1]


bases, lines = [], []
for kind, entries in (("good", [g for g in manifest["good"] if name_of(g["file"]) in GOOD]),
                      ("bad", sorted(manifest["bad"], key=lambda b: "crc-active-bad" not in b["file"]))):
    for entry in entries:
        name = name_of(entry["file"])
        with open(folder + "/" + entry["file"], "rb") as f:
            data = f.read()
        with open(name + ".vec", "wb") as f:
            f.write(pack(data, bases))
        if name in KEEP_BASES:
            bases.append((name, data))
        for c in entry.get("files", []):
            lines.append("\t".join([name, os.path.basename(entry["key"] or "-"), str(c["file_id"]),
                                    str(c["size"]), str(int(c["encrypted"])), c["sha256"]]))
with open("contents.tsv", "w", encoding="utf-8") as f:
    f.write("\n".join(lines) + "\n")
