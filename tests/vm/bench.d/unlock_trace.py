# SPDX-License-Identifier: MIT
"""What a boot's kernel trace says about its unlocker. All of it is seen by the kernel and is the same
for every unlocker: which programs were executed and when they ended, when the mapping's table became
live (dm_resume has returned), each command written to a TPM device and each one sent to the TPM (the
kernel's resource manager adds its own), and the memory of each process."""
import re
from dataclasses import dataclass

EVENT = re.compile(r"^trace: +(.+)-(\d+) +\[\d+\] +\S+ +([\d.]+): (\w+): (.*)$")
MEMORY = re.compile(r"^rss: (.+)-(\d+) mm_id=\d+ (\d+)$")


@dataclass
class Event:
    comm: str
    pid: int
    time: float
    name: str
    text: str


@dataclass
class Unlock:
    to_mapping: float       # ms from start to the live mapping
    to_exit: float          # ms from start to the end of the program that made the mapping
    from_kernel: float      # ms from the kernel's start to the live mapping
    commands: int           # TPM commands written by the unlocker
    wire: int               # TPM commands sent meanwhile on its behalf
    memory: int             # bytes: the largest of its processes


class TraceError(Exception):
    pass


def events(report):
    for line in report.splitlines():
        match = EVENT.match(line)
        if match:
            comm, pid, time, name, text = match.groups()
            yield Event(comm, int(pid), float(time), name, text)


def first(found, what):
    for event in found:
        return event
    raise TraceError(f"the trace does not show {what}")


def unlock(report, start, programs, disk):
    """start: path of the program with which the unlocking starts; programs: the unlocker's, by the name
    that the kernel gives a task. An unlocker that was started before udev had found the disk starts
    when it was there: waiting is not its work."""
    trace = list(events(report))
    mapped = first((e for e in trace if e.name == "resumed"), "a mapping")
    began = first((e for e in trace if e.name == "sched_process_exec" and e.time < mapped.time
                   and re.search(f"filename=({start}) ", e.text)), "a start of " + start)
    there = first((e for e in trace if e.name == "link" and e.text.endswith(f'/{disk}"')),
                  "links to " + disk)
    ended = first((e for e in trace if e.name == "sched_process_exit" and e.pid == mapped.pid
                   and e.time > mapped.time), "the end of the unlocker")
    zero = max(began.time, there.time)
    during = [e for e in trace if began.time <= e.time <= ended.time]
    pids = {e.pid for e in during if e.name == "sched_process_exec"}
    memory = [int(m[3]) for m in map(MEMORY.match, report.splitlines())
              if m and int(m[2]) in pids and re.match(programs, m[1])]
    return Unlock(
        to_mapping=(mapped.time - zero) * 1000, to_exit=(ended.time - zero) * 1000,
        from_kernel=mapped.time * 1000,
        commands=sum(e.name == "user" and bool(re.match(programs, e.comm)) for e in during),
        wire=sum(e.name == "wire" and bool(re.match("kworker|" + programs, e.comm)) for e in during),
        memory=max(memory, default=0))
