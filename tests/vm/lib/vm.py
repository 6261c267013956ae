# SPDX-License-Identifier: MIT
"""One virtual machine: swtpm, QEMU, and a driver for its serial console.

Files of a machine (all in one folder): console.log (ttyS0, a time stamp before each line),
report.log (ttyS1: what the scenario's own scripts say inside the guest), qemu.log, tpm/ and vars.fd.
"""
import ctypes
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

OVMF_CODE = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"
OVMF_VARS_SECURE = "/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd"
OVMF_VARS_OPEN = "/usr/share/OVMF/OVMF_VARS_4M.fd"
# What a terminal would swallow: escape sequences of the firmware's and systemd's output.
ESCAPES = re.compile(r"\x1b(\[[0-9;?=]*[A-Za-z]|[()][0-9A-B]|[c78=>M])")
UNFINISHED = re.compile(r"\x1b(\[[0-9;?=]*|[()])?$")


class VmError(Exception):
    pass


class Tpm:
    """A TPM 2.0 state in a folder, and the swtpm process that serves it for one run."""

    def __init__(self, state, paravisor=None):
        """paravisor: (program, folder of its keys, knobs), or None for swtpm alone."""
        self.state = os.path.abspath(state)     # swtpm changes its directory
        self.paravisor = paravisor
        self.process = None
        self.run = None

    def create(self):
        os.makedirs(self.state)
        subprocess.run(["swtpm_setup", "--tpm2", "--tpmstate", self.state, "--pcr-banks", "sha256",
                        "--overwrite"], check=True, stdout=subprocess.DEVNULL)

    def start(self, *args):
        self.run = tempfile.mkdtemp(prefix="cvmvm-")     # socket paths are limited to 107 bytes
        self.control = self.run + "/tpm.ctrl"
        command = ["swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + self.state,
                   "--ctrl", "type=unixio,path=" + self.control, "--terminate", *args]
        if self.paravisor:
            program, pki, knobs = self.paravisor
            command = [program, "--state", self.state, "--pki", pki, "--control", self.control, *knobs]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=die_with_us)
        deadline = time.monotonic() + (60 if self.paravisor else 10)
        while not listening(self.control):
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise VmError("swtpm did not start on " + self.state)
            time.sleep(0.02)

    def stop(self):
        if self.process:
            stop_process(self.process)
            self.process = None
        if self.run:
            shutil.rmtree(self.run, ignore_errors=True)
            self.run = None


def listening(path):
    """Whether a connect to this socket would be taken: its name is there before that. Without
    connecting, which would end a swtpm --terminate."""
    if not os.path.exists(path):
        return False
    accepting = "00010000"      # __SO_ACCEPTCON
    with open("/proc/net/unix", encoding="utf-8", errors="replace") as f:
        rows = [line.split() for line in f]
    # the paravisor binds under another name and renames: there the name alone is enough
    return any(row[3] == accepting and row[-1] in (path, path + ".0") for row in rows[1:])


def die_with_us():
    """In a child, before exec: no machine outlives a run that was killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)      # PR_SET_PDEATHSIG


def stop_process(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Machine:
    """QEMU with the console in our hands. Use as a context manager."""

    def __init__(self, folder, firmware="secure", memory=1024):
        self.folder = folder
        self.firmware = firmware            # secure | open (Secure Boot off) | direct (-kernel)
        self.memory = memory
        self.drives = []                    # (file, format, read-only, serial)
        self.tpm = None
        self.kernel = None                  # direct: (vmlinuz, initrd, command line)
        self.extra = []                     # further QEMU arguments
        self.text = ""                      # all of the console so far, without escapes
        self.events = []                    # QMP events
        self.watch = None                   # called with (seconds, line)
        self.started = None
        self.process = None

    def add_disk(self, path, serial, fmt="raw", readonly=False):
        self.drives.append((path, fmt, readonly, serial))

    def arguments(self):
        accel = ["-accel", "tcg,thread=multi", "-cpu", "max"]
        if os.environ.get("CVMCRYPT_VM_ACCEL") == "kvm":
            accel = ["-accel", "kvm", "-cpu", "host"]
        smm = "on" if self.firmware in ("secure", "open") else "off"
        args = ["qemu-system-x86_64", *accel, "-machine", "q35,smm=" + smm, "-smp", "2",
                "-m", str(self.memory), "-display", "none", "-nodefaults", "-no-user-config",
                "-no-reboot", "-rtc", "base=utc",
                "-chardev", f"socket,id=console,path={self.run}/console,server=on,wait=on",
                "-serial", "chardev:console", "-serial", f"file:{self.folder}/report.log",
                "-qmp", f"unix:{self.run}/qmp,server=on,wait=off"]
        if self.firmware in ("secure", "open"):
            args += ["-global", "driver=cfi.pflash01,property=secure,value=on",
                     "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={OVMF_CODE}",
                     "-drive", f"if=pflash,format=raw,unit=1,file={self.folder}/vars.fd"]
        else:
            kernel, initrd, cmdline = self.kernel
            args += ["-kernel", kernel, "-initrd", initrd, "-append", cmdline]
        for n, (path, fmt, readonly, serial) in enumerate(self.drives):
            ro = "on" if readonly else "off"
            args += ["-drive", f"if=none,id=d{n},format={fmt},readonly={ro},file={path},"
                     "cache=unsafe,discard=unmap",
                     "-device", f"virtio-blk-pci,drive=d{n},serial={serial}"
                     + (",bootindex=1" if n == 0 else "")]
        if self.tpm:
            args += ["-chardev", f"socket,id=tpm,path={self.tpm.control}",
                     "-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", "tpm-crb,tpmdev=tpm0"]
        return args + self.extra

    def __enter__(self):
        self.run = tempfile.mkdtemp(prefix="cvmvm-")
        if self.tpm:
            self.tpm.start()
        self.log = open(self.folder + "/console.log", "w", encoding="utf-8")
        with open(self.folder + "/qemu.log", "w") as err:
            self.process = subprocess.Popen(self.arguments(), stdout=err, stderr=err,
                                            stdin=subprocess.DEVNULL, start_new_session=True,
                                            preexec_fn=die_with_us)
        self.started = time.monotonic()
        self.console = self._connect("console")
        self.qmp = self._connect("qmp")
        self._qmp_buffer = b""
        self._line = self._raw = ""
        self.command("qmp_capabilities")
        return self

    def __exit__(self, *exc):
        if self.process:
            stop_process(self.process)
        if self.tpm:
            self.tpm.stop()
        self.log.write(self._line)
        self.log.close()
        shutil.rmtree(self.run, ignore_errors=True)

    def _connect(self, name):
        deadline = time.monotonic() + 10
        while True:
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(f"{self.run}/{name}")
                return s
            except OSError:
                s.close()
                if self.process.poll() is not None or time.monotonic() > deadline:
                    with open(self.folder + "/qemu.log") as f:
                        raise VmError("QEMU did not start: " + f.read()[-400:]) from None
                time.sleep(0.02)

    def seconds(self):
        return time.monotonic() - self.started

    def command(self, name, **arguments):
        self.qmp.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")

    def send(self, text):
        try:
            self.console.sendall(text.encode())
        except OSError:
            pass        # the machine has just ended: the caller sees that

    def _take_console(self, data):
        raw = self._raw + data.decode("utf-8", "replace")
        cut = UNFINISHED.search(raw)
        self._raw = raw[cut.start():] if cut else ""
        new = ESCAPES.sub("", raw[:cut.start()] if cut else raw).replace("\r", "")
        self.text += new
        for char in new:
            if not self._line:
                self._line = f"[{self.seconds():7.2f}] "
            self._line += char
            if char == "\n":
                self.log.write(self._line)
                if self.watch:
                    self.watch(self.seconds(), self._line[10:].rstrip())
                self._line = ""
        self.log.flush()

    def _take_qmp(self, data):
        self._qmp_buffer += data
        *lines, self._qmp_buffer = self._qmp_buffer.split(b"\n")
        for line in lines:
            if line.strip():
                message = json.loads(line)
                if "event" in message:
                    self.events.append(message)

    def pump(self, seconds):
        """Take what comes within this time. False when the machine has ended."""
        sockets = [s for s in (self.console, self.qmp) if s]
        if not sockets:
            return False
        for s in select.select(sockets, [], [], seconds)[0]:
            try:
                data = s.recv(65536)
            except OSError:
                data = b""
            if s is self.console:
                if data:
                    self._take_console(data)
                else:
                    self.console = None
            elif data:
                self._take_qmp(data)
            else:
                self.qmp = None
        return bool(self.console or self.qmp)

    def wait_for(self, pattern, timeout, start=0):
        """The first match at or after offset start of the console's text, or None."""
        deadline = time.monotonic() + timeout
        regex = re.compile(pattern, re.M)
        while True:
            match = regex.search(self.text, start)
            if match or time.monotonic() > deadline or "Kernel panic - not" in self.text:
                return match
            if not self.pump(0.2):
                return regex.search(self.text, start)

    def ended(self):
        """How it ended: poweroff, reset, panic, or None while it runs."""
        for event in self.events:
            if event["event"] == "GUEST_PANICKED":
                return "panic"
            if event["event"] in ("SHUTDOWN", "RESET"):
                reason = event["data"]["reason"]
                if reason == "guest-shutdown":
                    return "poweroff"
                if reason == "guest-reset":
                    return "reset"
        return None if self.qmp or self.console else "quit"
