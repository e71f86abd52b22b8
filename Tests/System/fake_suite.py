"""An instance of master whose programs are all fake_worker.py, and who may be told how to behave."""
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from instance import DEADLINE, unprivileged, user_name, wait_until

FAKE = Path(__file__).with_name("fake_worker.py")
QMGR = "qmgr unix n - n 300 1 qmgr"


class Suite:
    """An instance whose programs are all fake_worker.py."""

    def __init__(self, programs, root, services, settings=()):
        self.root = Path(root)
        self.daemons = self.root / "daemons"
        self.conf = self.root / "conf"
        self.log_file = self.root / "mail.log"
        for name in ("daemons", "conf", "spool", "data"):
            (self.root / name).mkdir()
        self.programs = programs
        for name in ("master", "martlet"):
            shutil.copy2(programs / name, self.daemons / name)
        for name in ("qmgr", "cleanup", "echo", "other", "smtpd"):
            shutil.copy2(FAKE, self.daemons / name)
            (self.daemons / name).chmod(0o755)
        self.log_file.touch()
        self.configure(services, settings)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            for path in (self.root, self.conf, self.root / "spool", self.root / "data", self.log_file):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        self.process = None

    def configure(self, services, settings=()):
        lines = [
            f"queue_directory = {self.root}/spool",
            f"data_directory = {self.root}/data",
            f"daemon_directory = {self.daemons}",
            f"mail_owner = {user_name()}",
            f"maillog_file = {self.log_file}",
            "maillog_file_prefixes = /tmp, /var",
            "inet_interfaces = 127.0.0.1",
            "inet_protocols = ipv4",
            *settings,
        ]
        (self.conf / "main.cf").write_text("\n".join(lines) + "\n")
        (self.conf / "master.cf").write_text("\n".join(services) + "\n")

    def run(self, *arguments, program="master"):
        return subprocess.run(
            [str(self.daemons / program), "-c", str(self.conf), *arguments],
            capture_output=True, text=True, timeout=DEADLINE, **unprivileged(),
        )  # fmt: skip

    def start(self):
        result = self.run("-w")
        assert result.returncode == 0, result.stderr + self.log()
        return self

    @property
    def pid(self):
        return int((self.root / "spool/pid/master.pid").read_text())

    def reload(self):
        os.kill(self.pid, signal.SIGHUP)

    def is_running(self):
        # By a program that no test removes.
        result = subprocess.run([str(self.programs / "master"), "-c", str(self.conf), "-t"], capture_output=True, **unprivileged())
        return result.returncode == 1 or is_alive(self.pid)

    def stop(self):
        if (self.root / "spool/pid/master.pid").exists() and self.is_running():
            os.kill(self.pid, signal.SIGTERM)
            wait_until(lambda: not self.is_running(), "master ends")

    def kill(self):
        if (self.root / "spool/pid/master.pid").exists() and self.is_running():
            os.kill(self.pid, signal.SIGKILL)

    def log(self):
        return self.log_file.read_text()

    def wait_for_log(self, text, count=1):
        try:
            wait_until(lambda: self.log().count(text) >= count, f"in the log: {text}")
        except AssertionError:
            raise AssertionError(f"{count} times in the log: {text}\n{self.log()}") from None

    def ask(self, address, keep=None):
        """What the worker behind an address was given. With a list as `keep` the connection stays open in it."""
        family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
        client = socket.socket(family)
        client.settimeout(DEADLINE)
        client.connect(address if family == socket.AF_INET else str(self.root / "spool" / address))
        line = client.makefile("rb").readline()
        if keep is None:
            client.close()
        else:
            keep.append(client)
        return json.loads(line) if line else None


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
