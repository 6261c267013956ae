# SPDX-License-Identifier: MIT
"""Scenarios: reads tests/vm/<name>/scenario.ini, boots, judges. README.md there explains the format."""
import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import time

import vm

LIB = os.path.dirname(os.path.abspath(__file__))
VM = os.path.dirname(LIB)
TOP = os.path.dirname(os.path.dirname(VM))
CACHE = os.environ.get("CVMCRYPT_VM_CACHE", TOP + "/build/vm")
DEAD = re.compile("Kernel panic - not syncing")     # waiting for more is of no use
FAMILIES = ("it", "dracut")

# No boot of any scenario may show these, whatever it is about: a shell, a prompt of another tool, a
# crash, memory of a key. (The recovery prompt is ours and allowed only where a scenario answers it.)
NEVER = [
    r"\(initramfs\)", r"BusyBox", r"Dropping to a shell", r"built-in shell", r"shell-42",
    r"Press Enter for", r"Give root password", r"[Mm]aintenance", r"emergency shell", r"sulogin",
    r"[Pp]lease (unlock|enter)", r"[Pp]assphrase for", r"\blogin:", r"Segmentation fault",
    r"segfault at", r"Kernel panic", r"AddressSanitizer", r"runtime error:",
]
PROMPT = r"recovery key of"
# Typed into a boot that must end: who gets a shell shows it by the answer, 42.
PROBE = "\n\necho shell-$((6*7))\n"


class Failed(Exception):
    pass


def lines(text):
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def run(command, cwd=None, env=None):
    done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise Failed(f"{shlex.join(command)}: exit {done.returncode}\n{done.stdout[-2000:]}")
    return done.stdout


def image(name, family):
    """The folder of an enrolled, not yet booted image. Progress goes to the terminal."""
    done = subprocess.run([LIB + "/make-image", name, family], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Failed(f"no image '{name}' for {family}")
    return done.stdout.strip()


def geometry(folder):
    with open(folder + "/geometry") as f:
        return dict(line.strip().split("=") for line in f if "=" in line)


def metadata_network(pki, faults):
    """A network in which 169.254.169.254 is the metadata service: a process for each connection."""
    user = ("user,id=net0,restrict=on,net=169.254.169.0/24,host=169.254.169.2,dns=169.254.169.3,"
            "dhcpstart=169.254.169.15")
    if faults != ["down"]:
        command = [TOP + "/tests/emu/metadata", "--stdio", "--pki", pki, "--tdx-quote",
                   TOP + "/build/emu/tdx-quote"]
        for fault in faults:
            command += [] if fault == "up" else ["--fault", fault]
        user += ",guestfwd=tcp:169.254.169.254:80-cmd:" + " ".join(command)
    return ["-netdev", user, "-device", "virtio-net-pci,netdev=net0"]


def paravisor(image_name, folder, machine, wanted=(), faults=("up",)):
    """What stands before swtpm, and the metadata service; None in images without a paravisor."""
    default = f"{VM}/images/{image_name}/paravisor"
    if not os.path.exists(default):
        return None
    with open(default) as f:
        knobs = f.read().split()
    pki = folder + "/pki"       # VCEK and all: each machine has its own chip
    shutil.copytree(CACHE + "/pki", pki)
    machine.extra += metadata_network(pki, list(faults))
    return TOP + "/build/emu/paravisor", pki, knobs + list(wanted)


class Boot:
    """One boot: a [boot ...] section, run in the scenario's folder."""

    def __init__(self, title, section, scenario):
        self.title = title
        self.section = section
        self.scenario = scenario
        self.seconds = 0.0
        self.text = ""

    def get(self, key, default=""):
        value = self.section.get(key, default) or ""
        for name, text in self.scenario.words().items():
            value = value.replace("{" + name + "}", text)
        return value

    def machine(self, folder):
        work = self.scenario.work
        machine = vm.Machine(folder, self.get("firmware", "secure"), int(self.get("memory", "1024")))
        shutil.copy(work + "/vars.fd", folder + "/vars.fd")
        if machine.firmware == "open":
            shutil.copy(vm.OVMF_VARS_OPEN, folder + "/vars.fd")
        if machine.firmware == "direct":
            with open(work + "/cmdline") as f:
                machine.kernel = (work + "/vmlinuz", work + "/initrd", f.read().strip())
        tpm = self.get("tpm", "enrolled")
        if tpm == "enrolled":
            machine.tpm = vm.Tpm(work + "/tpm", self.paravisor(folder, machine))
        elif tpm == "other":
            machine.tpm = vm.Tpm(folder + "/other-tpm")
            machine.tpm.create()
        default = "disk.qcow2" + ("\ndata.img" if os.path.exists(work + "/data.img") else "")
        for line in lines(self.get("disks", default)):
            machine.add_disk(work + "/" + line, line.split(".")[0],
                             "qcow2" if line.endswith("qcow2") else "raw")
        for key, name in (("guest", "script"), ("early", "early")):
            if self.get(key):
                machine.extra += ["-fw_cfg", f"name=opt/vm-test/{name},file="
                                  + os.path.join(self.scenario.folder, self.get(key))]
        if self.get("argument"):
            machine.extra += ["-fw_cfg", f"name=opt/vm-test/argument,string={self.get('argument')}"]
        machine.extra += shlex.split(self.get("qemu"))
        return machine

    def paravisor(self, folder, machine):
        """None in images without a paravisor, and where the scenario wants none."""
        wanted = self.get("paravisor").split()
        if wanted == ["none"]:
            return None
        return paravisor(self.scenario.image_name, folder, machine, wanted,
                         self.get("metadata", "up").split())

    def act(self, machine, timeout):
        """The `do` list: REGEX => type TEXT | qmp JSON | wait SECONDS, one after the other."""
        seen = 0
        for line in lines(self.get("do")):
            pattern, _, action = line.partition(" => ")
            match = machine.wait_for(pattern, timeout, seen)
            if not match:
                raise Failed(f"never on the console: {pattern}")
            seen = match.end()
            verb, _, argument = action.partition(" ")
            if verb == "type":
                machine.pump(0.3)
                machine.send(argument.encode().decode("unicode_escape") + "\n")
            elif verb == "qmp":
                message = json.loads(argument)
                machine.command(message["execute"], **message.get("arguments", {}))
            elif verb == "wait":
                machine.wait_for(r"\Z(?!)", float(argument))
            else:
                raise Failed(f"scenario.ini: unknown action '{verb}'")

    def run(self, folder, watch=None):
        """watch(seconds, line): told each line of the console as it comes."""
        os.makedirs(folder)
        if self.get("prepare"):
            self.scenario.prepare(f"{self.scenario.folder}/{self.get('prepare')}")
        timeout = float(self.get("within", "600"))
        probe = self.get("probe", "yes" if self.get("end-state") == "refused" else "no") == "yes"
        machine = self.machine(folder)
        machine.watch = watch
        with machine:
            self.act(machine, timeout)
            ended = self.watch_end(machine, timeout, probe)
            self.seconds = machine.seconds()
            self.text = machine.text
        if self.get("keep", "yes") == "yes":
            shutil.copy(folder + "/vars.fd", self.scenario.work + "/vars.fd")
        self.judge(machine.text, folder, ended)

    def watch_end(self, machine, timeout, probe):
        """Until it ends by itself, or `until` was on the console (and ten seconds more)."""
        until = re.compile(self.get("until", r"\Z(?!)"))
        end = time.monotonic() + timeout
        stop = None
        typed = 0
        while machine.ended() is None and time.monotonic() < end and machine.pump(0.5):
            if probe and "cvmcrypt:" in machine.text and machine.seconds() - typed > 2:
                typed = machine.seconds()
                machine.send(PROBE)
            if DEAD.search(machine.text):
                break
            if stop is None and until.search(machine.text):
                stop = end = time.monotonic() + 10
        machine.pump(0.2)
        return machine.ended() or ("stopped" if stop else "timeout")

    def judge(self, console, folder, ended):
        with open(folder + "/report.log", encoding="utf-8", errors="replace") as f:
            report = f.read()
        problems = []
        for pattern in lines(self.get("must")):
            if not re.search(pattern, console, re.M):
                problems.append(f"not on the console: {pattern}")
        for pattern in lines(self.get("report")):
            if not re.search(pattern, report, re.M):
                problems.append(f"not in the guest's report: {pattern}")
        never = NEVER + lines(self.get("must-not"))
        if "recovery" not in self.get("do"):
            never = never + [PROMPT]
        for pattern in never:
            match = re.search(pattern, console, re.M)
            if match and pattern not in lines(self.get("may")):
                problems.append(f"on the console, but must not be: {match.group(0)!r}")
        for pattern in ["pcr 15: open"] + lines(self.get("report-not")):
            if re.search(pattern, report, re.M):
                problems.append(f"in the guest's report, but must not be: {pattern}")
        wanted = self.get("end", "poweroff")
        if ended != wanted:
            problems.append(f"ended by {ended}, not by {wanted}")
        if self.get("end-state") == "refused" and "real root reached" in console + report:
            problems.append("the real root was reached")
        if problems:
            raise Failed(f"boot '{self.title}': " + "\n    ".join(problems))


class Scenario:
    def __init__(self, name, family, folder=None):
        self.name = name
        self.family = family
        self.folder = folder or VM + "/" + name
        self.ini = configparser.ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#",))
        with open(self.folder + "/scenario.ini") as f:
            self.ini.read_file(f)
        self.head = self.ini["scenario"]
        self.about = self.head["about"]
        self.image_name = self.head.get("image", "std")
        self.state = self.head.get("state", "enrolled")
        self.families = self.head.get("families", " ".join(FAMILIES)).split()
        self.check = self.head.get("check", " ".join(self.families)).split()
        self.image = None
        self.work = f"{CACHE}/run/{name}-{family}"
        self.boots = [Boot(self.ini[title].get("title", title[5:] or name), self.ini[title], self)
                      for title in self.ini.sections() if title.startswith("boot")]

    def words(self):
        with open(self.image + "/recovery.key") as f:
            return {"recovery": f.read().strip(), "work": self.work, "image": self.image,
                    "folder": self.folder}

    def template(self):
        return f"{self.image}/after-observe"

    def setup(self):
        shutil.rmtree(self.work, ignore_errors=True)
        os.makedirs(self.work)
        backing = self.image + "/disk.img"
        if self.state == "enrolled":
            backing = self.template() + "/disk.qcow2"
            shutil.copytree(self.template() + "/tpm", self.work + "/tpm")
            shutil.copy(self.template() + "/vars.fd", self.work + "/vars.fd")
        else:
            vm.Tpm(self.work + "/tpm").create()
            shutil.copy(vm.OVMF_VARS_SECURE, self.work + "/vars.fd")
        run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", backing,
             "-F", backing.rsplit(".", 1)[1].replace("img", "raw"), self.work + "/disk.qcow2"])
        if os.path.exists(self.image + "/data.img"):
            run(["cp", "--sparse=always", self.image + "/data.img", self.work])
        if os.path.exists(self.folder + "/prepare"):
            self.prepare(self.folder + "/prepare")

    def prepare(self, script):
        env = dict(os.environ, VMLIB=LIB, IMAGE=self.image, WORK=self.work, FAMILY=self.family,
                   FOLDER=self.folder, **geometry(self.image))
        run(["bash", "-euc", ". \"$VMLIB/prepare.sh\"; . \"$0\"", script], cwd=self.work, env=env)

    def save_template(self):
        new = self.template() + ".new"
        shutil.rmtree(new, ignore_errors=True)
        os.makedirs(new)
        for name in ("disk.qcow2", "vars.fd"):
            shutil.copy(f"{self.work}/{name}", f"{new}/{name}")
        shutil.copytree(self.work + "/tpm", new + "/tpm")
        shutil.rmtree(self.template(), ignore_errors=True)
        os.rename(new, self.template())

    def run(self, keep=False):
        """Raises Failed. The work folder stays when it does."""
        self.setup()
        for number, boot in enumerate(self.boots, 1):
            boot.run(f"{self.work}/boot{number}")
        if self.head.get("saves") == "template":
            self.save_template()
        if not keep:
            shutil.rmtree(self.work, ignore_errors=True)

    def tail(self, count=25):
        """The end of the last boot's console, and where all of it is."""
        logs = sorted(path for path in os.listdir(self.work) if path.startswith("boot"))
        if not logs:
            return ""
        path = f"{self.work}/{logs[-1]}/console.log"
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as f:
            last = f.read().splitlines()[-count:]
        return "\n".join("    | " + line[:160] for line in last) + f"\n    log: {path}"
