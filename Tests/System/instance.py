"""A private Martlet in a temporary directory, for tests that speak to real processes.

As root the programs are copied to where everybody may read them, and everything runs as `nobody`; else as the caller.
"""
import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PROGRAMS = Path(os.environ["MARTLET_PROGRAMS"])
NAMES = ("master smtpd cleanup qmgr smtp local deliverer bounce pickup showq error discard martlet sendmail postqueue postfix").split()
DAEMONS = ("smtpd cleanup qmgr smtp local bounce pickup showq error discard").split()
# Names of one program.
LINKS = {"postsuper": "postqueue", "postcat": "postqueue", "qshape": "postqueue", "mailq": "sendmail",
         "postconf": "postfix", "postmap": "postfix", "postalias": "postfix", "postlog": "postfix",
         "postlock": "postfix", "postkick": "postfix", "postmulti": "postfix"}
DEADLINE = 30.0


def wait_until(condition, what, deadline=DEADLINE):
    """Polls a condition; its value when it is true, a failure naming `what` after the deadline."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {deadline} s: {what}"
        select_pause()


def select_pause():
    # A pause of the poll, not of the test: the deadline above bounds it.
    signal.sigtimedwait([], 0.02)


def free_port(address="127.0.0.1"):
    with contextlib.closing(socket.socket()) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def unprivileged():
    """Options for subprocess that make the command run as nobody when we are root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def user_name():
    return "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


class Instance:
    """`settings` are lines of main.cf; `services` lines of master.cf that come after the customary ones."""

    def __init__(self, programs, root, settings=(), services=(), smtpd_options=""):
        self.programs = programs
        self.root = Path(root)
        self.port = free_port()
        self.conf = self.root / "conf"
        self.log_file = self.root / "mail.log"
        self.mail = self.root / "mail"
        self.user = user_name()
        for name in ("conf", "spool", "data", "mail"):
            (self.root / name).mkdir(exist_ok=True)
        self.log_file.touch()
        self.configure(settings, services, smtpd_options)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            for path in (self.root, self.conf, self.mail, self.root / "spool", self.root / "data", self.log_file):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)

    def configure(self, settings=(), services=(), smtpd_options=""):
        (self.conf / "main.cf").write_text(
            "\n".join(
                [
                    "compatibility_level = 3.6",
                    f"queue_directory = {self.root}/spool",
                    f"data_directory = {self.root}/data",
                    f"daemon_directory = {self.programs}",
                    f"command_directory = {self.programs}",
                    f"mail_owner = {self.user}",
                    f"maillog_file = {self.log_file}",
                    "maillog_file_prefixes = /tmp, /var, /dev",
                    "myhostname = mx.example.test",
                    "mydestination = example.test, $myhostname, localhost",
                    "mynetworks = 127.0.0.0/8 [::1]/128",
                    "inet_interfaces = 127.0.0.1",
                    "inet_protocols = ipv4",
                    "alias_maps =",
                    "alias_database =",
                    f"mail_spool_directory = {self.mail}/",
                    "in_flow_delay = 0",
                    # A system call that is not in a program's table is found here, and denied elsewhere.
                    "martlet_sandbox_violation = kill",
                    *settings,
                    "",
                ]
            )
        )
        stock = (Path(__file__).parents[2] / "conf" / "master.cf").read_text()
        lines = [line for line in stock.splitlines() if not re.match(r"^smtp\s+inet\s", line)]
        own = [f"127.0.0.1:{self.port} inet n - n - - smtpd {smtpd_options}".rstrip(), *services]
        (self.conf / "master.cf").write_text("\n".join(lines + own) + "\n")

    # --- commands

    def run(self, program, *arguments, **options):
        options = {"capture_output": True, "text": True, "timeout": DEADLINE, **unprivileged(), **options}
        return subprocess.run([str(self.programs / program), *arguments], **options)

    def martlet(self, *arguments, check=True):
        result = self.run("martlet", "-c", str(self.conf), *arguments)
        assert not check or result.returncode == 0, (arguments, result.returncode, result.stdout, result.stderr, self.log()[-2000:])
        return result

    def sendmail(self, *arguments, text, **options):
        return self.run("sendmail", "-C", str(self.conf), *arguments, input=text, **options)

    def start(self):
        self.martlet("start")

    def stop(self):
        self.martlet("stop", check=False)

    # --- looking

    def log(self):
        return self.log_file.read_text(errors="replace")

    def wait_for_log(self, pattern, count=1, deadline=DEADLINE):
        """The matches of a pattern in the log, once there are `count` of them."""

        def found():
            matches = re.findall(pattern, self.log())
            return matches if len(matches) >= count else None

        try:
            return wait_until(found, f"{count} times in the log: {pattern}", deadline)
        except AssertionError:
            raise AssertionError(f"{count} times in the log: {pattern}\n{self.log()[-4000:]}") from None

    def mailq(self):
        return self.martlet("queue", "list").stdout

    def wait_for_deferred(self, count=1, deadline=DEADLINE):
        """Until so many messages wait, none of them in an agent's hand: only those can be flushed."""

        def waiting():
            listing = self.mailq()
            return f"in {count} Request" in listing and "*" not in listing and listing

        return wait_until(waiting, f"{count} deferred messages", deadline)

    def wait_for_empty_queue(self, deadline=DEADLINE):
        wait_until(lambda: "Mail queue is empty" in self.mailq(), "an empty queue", deadline)

    def maildir(self, user=None):
        new = self.mail / (user or self.user) / "new"
        return sorted(new.iterdir()) if new.is_dir() else []

    def wait_for_mail(self, count=1, user=None, deadline=DEADLINE):
        try:
            wait_until(lambda: len(self.maildir(user)) >= count, f"{count} messages in the maildir", deadline)
        except AssertionError as problem:
            raise AssertionError(f"{problem}\n{self.log()[-4000:]}") from None
        return [path.read_text(errors="surrogateescape") for path in self.maildir(user)]

    # --- speaking

    def connect(self):
        return Dialogue(self.port)


class Dialogue:
    """A raw SMTP client: says exactly the bytes it is given."""

    def __init__(self, port, greet=True):
        self.socket = socket.create_connection(("127.0.0.1", port), DEADLINE)
        self.file = self.socket.makefile("rb")
        if greet:
            assert self.reply().startswith("220")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def reply(self):
        """One reply, its lines joined by newlines; empty at the end of the connection."""
        lines = []
        while True:
            line = self.file.readline().decode()
            if not line:
                return "\n".join(lines)
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                return "\n".join(lines)

    def say(self, line):
        self.send(line if isinstance(line, bytes) else line + "\r\n")
        return self.reply()

    def script(self, *steps):
        """(line, expected beginning of the reply) pairs."""
        for line, expected in steps:
            got = self.say(line)
            assert got.startswith(expected), f"{line!r}: {got!r}, expected {expected!r}"


class Sink:
    """smtp-sink of Postfix, counting what it is given."""

    def __init__(self, port, *options):
        self.port = port
        self.process = subprocess.Popen(
            ["smtp-sink", *(["-u", "nobody"] if os.geteuid() == 0 else []), "-c", *options, f"127.0.0.1:{port}", "1024"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        os.set_blocking(self.process.stdout.fileno(), False)
        self.seen = b""
        wait_until(self.answers, "smtp-sink listens")

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def messages(self):
        while True:
            chunk = self.process.stdout.read(1 << 20)
            if not chunk:
                break
            self.seen = (self.seen + chunk)[-4096:]
        found = re.findall(rb"mesg=\s*(\d+)", self.seen)
        return int(found[-1]) if found else 0

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def stage_programs(directory):
    """The programs where the unprivileged user may run them."""
    target = Path(directory) / "programs"
    target.mkdir()
    for name in NAMES:
        shutil.copy2(PROGRAMS / name, target / name)
    for name, program in LINKS.items():
        (target / name).symlink_to(program)
    return target


@contextlib.contextmanager
def temporary_directory():
    path = Path(tempfile.mkdtemp(prefix="martlet-test-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
