"""What is done to a running instance, in an order that a seed decides."""
import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

DAEMONS = ("qmgr", "cleanup", "smtpd", "bounce", "pickup", "smtp", "local", "deliverer", "showq", "error", "master")
# Whoever has a delivery in hand when he is killed may have made it already.
AGENTS = {"smtp", "local", "deliverer", "error"}
GENTLE = ("qmgr", "master", "bounce", "pickup", "showq")
ORDERLY = ("reload", "reload", "upgrade", "restart")
COMBINED = ("qmgr+cleanup", "qmgr+smtp", "qmgr+local", "master+qmgr", "everybody")


def events(seed, mode):
    """(pause before it, what), for ever: everybody in turn first, then at random."""
    dice = random.Random(f"{seed}/violence/{mode}")
    if mode == "gentle":
        first, later = GENTLE, GENTLE + ("qmgr", "qmgr", "reload", "master+qmgr", "stop for a while")
    else:
        first = DAEMONS + ("reload", "upgrade", "restart")
        later = DAEMONS + ("qmgr", "cleanup", "smtpd", "smtp", "local") + ORDERLY + COMBINED + ("stop for a while",)
    for what in first:
        yield dice.uniform(0.3, 2.5), what
    while True:
        yield dice.uniform(0.1, 2.5), dice.choice(later)


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Violence:
    def __init__(self, instance, say):
        self.instance, self.say = instance, say
        self.done = {}
        self.killed_agents = {}  # process -> second of the day
        helped = instance.run("martlet", "--help").stdout
        self.can_upgrade = re.search(r"^\s+upgrade\b", helped, re.M) is not None

    # --- who belongs to the instance

    def processes(self):
        """{pid: program} of this instance only: the programs of its directory that were given its configuration, and theirs."""
        found, parents, names = {}, {}, {}
        conf = str(self.instance.conf)
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            pid = int(entry.name)
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                stat = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                name = os.path.basename(os.readlink(entry / "exe"))
            except OSError:
                continue
            if stat[0] == "Z":
                continue
            parents[pid], names[pid] = int(stat[1]), name
            if conf in words and name != "sendmail" and name != "martlet":
                found[pid] = name
        for pid, parent in parents.items():
            if parent in found and names[pid] == "deliverer":
                found[pid] = names[pid]
        return found

    # --- deeds

    def do(self, what):
        self.done[what] = self.done.get(what, 0) + 1
        if what == "reload":
            self.instance.martlet("reload", check=False)
        elif what == "upgrade":
            if self.can_upgrade:
                self.instance.martlet("upgrade", check=False)
        elif what == "restart":
            self.instance.martlet("stop", check=False)
            self.start()
        elif what == "stop for a while":
            self.suspend("qmgr", 1.5)
        elif what == "everybody":
            self.kill(set(DAEMONS))
        else:
            self.kill(set(what.split("+")))
        if what == "everybody" or "master" in what:
            self.start()

    def kill(self, names):
        victims = {pid: name for pid, name in self.processes().items() if name in names}
        # All of one program at the same instant: that is worse than one of them.
        for pid, name in victims.items():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            if name in AGENTS:
                now = time.localtime()
                self.killed_agents[str(pid)] = now.tm_hour * 3600 + now.tm_min * 60 + now.tm_sec
        end = time.monotonic() + 5
        while any(is_alive(pid) for pid in victims) and time.monotonic() < end:
            time.sleep(0.005)
        self.say(f"killed {', '.join(sorted(names))}: {len(victims)} processes")

    def suspend(self, name, seconds):
        victims = [pid for pid, found in self.processes().items() if found == name]
        for pid in victims:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        for pid in victims:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass
        self.say(f"{name} stopped for {seconds} s")

    def start(self):
        """Until it runs. What is left of the one before may be in the way for a while."""
        end = time.monotonic() + 60
        while True:
            try:
                result = self.instance.martlet("start", check=False)
            except subprocess.TimeoutExpired as problem:
                result = problem
            if getattr(result, "returncode", 1) == 0 or "already running" in (result.stderr or ""):
                return
            assert time.monotonic() < end, f"does not start: {result}"
            time.sleep(0.2)
