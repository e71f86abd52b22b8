"""Who runs as whom, and what each program cannot do: from inside, by the same function and table that it runs with.

The report is printed (pytest -s); it says of each attempt what each set of fences answered. U: users, groups and modes; L: Landlock;
S: seccomp. An attempt is refused when one of the fences that it is written with is there, and succeeds otherwise: so a fence that does
nothing is found, too.
"""
import contextlib
import ctypes
import errno
import os
import re
import shutil
import socket
import stat
import struct
import subprocess
from pathlib import Path

import pytest

from accounts import exists, gid, group_name, missing, needs_root, status, uid
from instance import DEADLINE, Instance, Sink, free_port, temporary_directory, wait_until

LAYERS = {"U": "none", "U+L": "landlock", "U+S": "seccomp", "U+L+S": "landlock, seccomp"}
NETWORK = ("smtpd", "smtp")
SPOOL = ("cleanup", "qmgr", "bounce", "pickup", "showq")
ALL = (*NETWORK, *SPOOL, "error", "discard")
# A role without the right to write files has it refused by seccomp, too.
READERS = ("smtpd", "smtp", "bounce", "error", "discard")


class RootInstance(Instance):
    """An instance that root starts, with the users of the suite."""

    def __init__(self, programs, root, settings=(), services=(), owner="martlet"):
        self.owner = owner
        super().__init__(programs, root, [f"mail_owner = {owner}", *settings], services)
        for path in (self.root, self.conf, self.mail, self.root / "spool", self.root / "data"):
            os.chown(path, 0, 0)
            path.chmod(0o755)
        self.mail.chmod(0o1777)
        os.chown(self.log_file, 0, 0)

    def run(self, program, *arguments, **options):
        return super().run(program, *arguments, **{"user": None, "group": None, "extra_groups": None, **options})

    def workers(self):
        """Process numbers by program."""
        master = (self.root / "spool/pid/master.pid").read_text().strip()
        children = subprocess.run(["pgrep", "-P", master], capture_output=True, text=True, check=True).stdout.split()
        found = {}
        for pid in children:
            # One may end meanwhile.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                found[Path(f"/proc/{pid}/comm").read_text().strip()] = int(pid)
        return found

    def exercise(self):
        """Mail through every program; their process numbers."""
        before = len(self.maildir("nobody"))
        for recipient in ("nobody@example.test", "x@far.test", "unknown@example.test"):
            result = self.run("sendmail", "-C", str(self.conf), "-f", "nobody@example.test", recipient, input="Subject: x\n\nx\n")
            assert result.returncode == 0, result.stderr
        with self.connect() as client:
            client.script(("EHLO c", "250"), ("MAIL FROM:<a@far.test>", "250"), ("RCPT TO:<nobody@example.test>", "250"),
                          ("DATA", "354"), ("Subject: x\r\n\r\nx\r\n.", "250"), ("QUIT", "221"))  # fmt: skip
        self.mailq()
        wait_until(lambda: len(self.maildir("nobody")) == before + 3, "two messages and a notice are in the mailbox")
        self.wait_for_log(r"to=<x@far.test>.*status=\w+")
        return self.workers()


@pytest.fixture
def launch_as_root(programs):
    with contextlib.ExitStack() as stack:

        def start(*settings, services=(), owner="martlet", begin=True):
            instance = RootInstance(programs, stack.enter_context(temporary_directory()), settings, services, owner)
            stack.callback(instance.stop)
            if begin:
                instance.start()
            return instance

        yield start


def groups(pid):
    return {group_name(int(number)) for number in status(pid)["Groups"].split()}


@needs_root
def test_who_runs_as_whom(launch_as_root):
    instance = launch_as_root("relayhost = [127.0.0.1]:1")
    workers = instance.exercise()
    expected = {name: ("martlet", "martlet", {"martlet"}) for name in SPOOL}
    expected["cleanup"] = ("martlet", "martlet-smtp", {"martlet", "martlet-smtp"})
    expected["smtpd"] = ("martlet-smtpd", "martlet-smtpd", {"martlet-smtpd", "martlet"})
    expected["smtp"] = ("martlet-smtp", "martlet-smtp", {"martlet-smtp", "martlet"})
    expected["local"] = ("root", "root", {"martlet-smtpd", "martlet-smtp"})
    assert set(workers) >= set(expected), instance.log()
    for name, (user, group, member) in expected.items():
        now = status(workers[name])
        print(f"{name:8} {now['Uid']}  {now['Gid']}  groups {now['Groups']}  eff {now['CapEff']} bnd {now['CapBnd']}"
              f"  nnp {now['NoNewPrivs']} seccomp {now['Seccomp']}")  # fmt: skip
        assert set(now["Uid"].split()) == {str(uid(user))} and set(now["Gid"].split()) == {str(gid(group))}, name
        assert groups(workers[name]) <= member and (name in SPOOL or groups(workers[name]) == member), name
        # Undumpable: /proc belongs to root.
        assert os.stat(f"/proc/{workers[name]}/mem").st_uid == 0
        if name == "local":
            # It may read, for content and :include: files; what it starts may be set-id.
            assert int(now["CapEff"], 16) == 1 << 2 and now["NoNewPrivs"] == "0"
        else:
            assert int(now["CapEff"], 16) == int(now["CapPrm"], 16) == int(now["CapBnd"], 16) == 0
            assert now["NoNewPrivs"] == "1" and now["Seccomp"] == "2"
    deliverer = wait_until(lambda: children(workers["local"]), "a deliverer runs")[0]
    assert set(status(deliverer)["Uid"].split()) == {str(uid("nobody"))}
    assert int(status(deliverer)["CapPrm"], 16) == 0
    assert os.stat(f"/proc/{deliverer}/mem").st_uid == 0


def children(pid):
    return subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()


@needs_root
def test_commands_of_users_inherit_no_fence(launch_as_root):
    """They may be set-id: procmail, sudo, the wrappers of mailing lists."""
    instance = launch_as_root(begin=False)
    program = instance.root / "id"
    shutil.copy2("/usr/bin/id", program)
    program.chmod(0o4755)
    (instance.conf / "aliases").write_text(f'command "|{program} >{instance.mail}/id; cat /proc/self/status >{instance.mail}/status"\n')
    instance.configure(["mail_owner = martlet", f"alias_maps = texthash:{instance.conf}/aliases"])
    instance.start()
    assert instance.run("sendmail", "-C", str(instance.conf), "command@example.test", input="Subject: x\n\nx\n").returncode == 0
    instance.wait_for_log("to=<command@example.test>.*status=sent")
    answer = (instance.mail / "id").read_text()
    assert answer.startswith(f"uid={uid('nobody')}(nobody)") and "euid=0(root)" in answer
    lines = (instance.mail / "status").read_text()
    assert re.search(r"NoNewPrivs:\s+0\n", lines) and re.search(r"Seccomp:\s+0\n", lines)
    assert re.search(r"CapPrm:\s+0+\n", lines) and re.search(r"CapBnd:\s+0*[1-9a-f]", lines)
    assert re.search(rf"Groups:\s+{gid('nobody')} *\n", lines), "a group of the delivery parent"


@needs_root
def test_the_spool_is_for_whom_it_is(launch_as_root):
    instance = launch_as_root("relayhost = [127.0.0.1]:1")
    instance.exercise()
    spool = instance.root / "spool"
    expected = {
        "": ("root", "root", 0o755), "public": ("root", "root", 0o755), "private": ("root", "martlet", 0o710),
        "segments": ("martlet", "martlet-smtp", 0o710), "large": ("martlet", "martlet-smtp", 0o710),
        "journal": ("martlet", "martlet", 0o700), "index": ("martlet", "martlet", 0o700),
        "quarantine": ("martlet", "martlet", 0o700), "maildrop": ("martlet", "martlet", 0o700),
        "public/cleanup": ("martlet", "martlet-smtpd", 0o660), "public/qmgr": ("martlet", "martlet-smtp", 0o660),
        "public/pickup": ("martlet", "martlet", 0o666), "public/showq": ("martlet", "martlet", 0o666),
        "private/bounce": ("martlet", "martlet", 0o600), "private/smtp": ("martlet", "martlet", 0o600),
        "private/local": ("martlet", "martlet", 0o600),
    }  # fmt: skip
    for name, (user, group, mode) in expected.items():
        found = os.lstat(spool / name)
        assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (uid(user), gid(group), mode), name
    for directory, _, files in os.walk(spool):
        for name in files:
            path = Path(directory) / name
            found = os.lstat(path)
            assert not found.st_mode & (stat.S_ISUID | stat.S_ISGID), path
            if stat.S_ISREG(found.st_mode) and found.st_uid:
                # Nothing for mail_owner's group, nothing for the world; messages for smtp.
                readers = name.endswith(".seg") or path.parent.name == "large"
                assert stat.S_IMODE(found.st_mode) == (0o640 if readers else 0o600), path
                assert not readers or found.st_gid == gid("martlet-smtp"), path


@needs_root
def test_a_spool_without_readers_is_mended(launch_as_root):
    instance = launch_as_root("relayhost = [127.0.0.1]:1")
    sent = instance.run("sendmail", "-C", str(instance.conf), "x@far.test", input="Subject: x\n\nx\n")
    assert sent.returncode == 0
    instance.wait_for_log("status=deferred")
    instance.stop()
    spool = instance.root / "spool"
    outside = instance.root / "outside"
    outside.write_text("not the spool's")
    outside.chmod(0o600)
    for path in (spool / "segments", spool / "large", *(spool / "segments").iterdir()):
        os.chown(path, uid("martlet"), gid("martlet"))
        path.chmod(0o700 if path.is_dir() else 0o600)
    (spool / "segments/ffffffffffffffff.lnk").symlink_to(outside)
    os.link(outside, spool / "large/link")
    sink = Sink(free_port())
    with contextlib.closing(contextlib.ExitStack()) as stack:
        stack.callback(sink.stop)
        instance.configure([f"mail_owner = martlet", f"relayhost = [127.0.0.1]:{sink.port}"])
        instance.start()
        instance.martlet("flush")
        instance.wait_for_log("status=sent")
    found = outside.stat()
    assert (found.st_gid, stat.S_IMODE(found.st_mode)) == (0, 0o600), "a link out of the spool was followed"


class Ground:
    """Things to be tried on, beside a running instance."""

    def __init__(self, instance):
        self.workers = instance.workers()
        root, spool = instance.root, instance.root / "spool"
        self.open = root / "open"
        self.open.mkdir()
        self.open.chmod(0o777)
        (self.open / "readable").write_text("x")
        (self.open / "readable").chmod(0o644)
        key = instance.conf / "key.pem"
        key.write_text("secret")
        key.chmod(0o600)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.sockets = []
        for path, group, mode in ((spool / "private/auth", "martlet", 0o660), (root / "foreign", "root", 0o600)):
            server = socket.socket(socket.AF_UNIX)
            server.bind(str(path))
            server.listen()
            os.chown(path, 0, gid(group))
            path.chmod(mode)
            self.sockets.append(server)
        self.names = {
            "mailbox": instance.maildir("nobody")[0], "key": key, "main": instance.conf / "main.cf", "open": self.open,
            "spool": spool, "foreign": root / "foreign", "port": self.listener.getsockname()[1], "free": free_port(),
            "segment": sorted((spool / "segments").glob("*.seg"))[0], "journal": sorted((spool / "journal").glob("*"))[0],
            **self.workers,
        }  # fmt: skip

    def close(self):
        for server in (self.listener, *self.sockets):
            server.close()


def attempts(role, workers):
    """What a role tries: (attempt, fences that refuse it; "" must succeed). Names in braces are the ground's."""
    writes = "L" if role not in READERS else "LS"
    opens = "LS" if role in ("error", "discard") else "L"
    yield from [("thread", ""), ("become-root", "U"), ("code", "S")]
    if role not in ("bounce", "error", "discard"):
        yield from [("account nobody", ""), ("host localhost", ""), ("read /etc/hosts", "")]
    # Files that are nobody's business
    yield from [("read {mailbox}", "U"), ("write {mailbox}", "U"), ("read {key}", "U"), ("write {main}", "U"),
                ("read {open}/readable", opens), ("create {open}/new", writes), ("create {spool}/new", "U"),
                ("remove {spool}/public/pickup", "U"), ("serve {spool}/public/new", "U"), (f"serve {{open}}/{role}", "L" if role in NETWORK else "LS")]  # fmt: skip
    yield "run /bin/true", "LS"
    # Other programs
    for name, pid in workers.items():
        if name != role:
            yield from [(f"trace {{{name}}}", "U"), (f"memory {{{name}}}", "U")]
    yield "signal {qmgr}", "U" if role in NETWORK else "LS"
    yield "connect {foreign}", "U"
    # The network
    yield from [("bind-port 24", "U"), ("bind-port {free}", "L" if role in NETWORK else "LS"),
                ("datagram", "" if role in NETWORK else "S"),
                ("connect-port {port}", {"smtpd": "L", "smtp": ""}.get(role, "LS"))]  # fmt: skip
    # The suite's sockets, and the others' in private/
    allowed = {"smtpd": {"public/cleanup", "private/auth"}, "smtp": {"public/qmgr", "private/auth"}}
    if role in NETWORK:
        for path in ("public/cleanup", "public/qmgr", "private/smtp", "private/local", "private/bounce", "private/auth"):
            yield f"connect {{spool}}/{path}", "" if path in allowed[role] else "U"
    # The spool
    if role in NETWORK:
        yield from [("list {spool}/segments", "U"), ("read {journal}", "U"), ("read {spool}/index/data.mdb", "U"),
                    ("write {segment}", "U"), ("create {spool}/segments/new", "U"), ("list {spool}/private", "U"),
                    ("read {segment}", {"smtpd": "U", "smtp": ""}[role])]  # fmt: skip
    else:
        reads = {"cleanup", "qmgr", "bounce", "pickup"}
        yield "read {segment}", "" if role in reads else opens
        yield "write {segment}", "" if role in ("cleanup", "qmgr") else writes
        yield "create {spool}/segments/new", "" if role in ("cleanup", "qmgr") else writes
        yield "read {journal}", "" if role == "qmgr" else opens
        yield "read {spool}/index/data.mdb", "" if role in ("qmgr", "showq") else opens
        yield "create {spool}/maildrop/new", "" if role == "pickup" else writes


def attempts_of_local(workers):
    """The delivery parent: root who may read; its children become users, so it has no further fence."""
    yield from [("thread", ""), ("account nobody", ""), ("run /bin/true", ""), ("read {segment}", ""), ("write {segment}", "U"),
                ("write {mailbox}", "U"), ("create {spool}/segments/new", "U"), ("signal {qmgr}", "U"), ("bind-port 24", "U"),
                ("connect {spool}/public/cleanup", ""), ("connect {spool}/public/qmgr", ""),
                ("connect {spool}/private/bounce", "U")]  # fmt: skip
    for name in workers:
        if name != "local":
            yield from [(f"trace {{{name}}}", "U"), (f"memory {{{name}}}", "U")]


def tried(instance, role, layers, lines):
    """The answers to attempts, tried by the program itself."""
    result = subprocess.run(
        [str(instance.programs / role), "--try-role", "-n", role, "-c", str(instance.conf), "-o", f"martlet_sandbox={layers}",
         "-o", "martlet_sandbox_violation=deny", "--", *lines],
        capture_output=True, text=True, timeout=DEADLINE)  # fmt: skip
    assert result.returncode == 0, (role, result.stderr)
    answers = [line.split("\t")[0] for line in result.stdout.splitlines()]
    assert len(answers) == len(lines), (role, result.stdout, result.stderr)
    return answers


@needs_root
def test_each_role_tries_what_it_must_not(launch_as_root):
    instance = launch_as_root("relayhost = [127.0.0.1]:1")
    instance.exercise()
    ground = Ground(instance)
    wrong = []
    print(f"\n{'role':8} {'attempt':34} {'refused by':10} " + "  ".join(f"{name:22}" for name in LAYERS))
    for role in (*ALL, "local"):
        rows = list(attempts_of_local(ground.workers) if role == "local" else attempts(role, ground.workers))
        lines = [attempt.format(**ground.names) for attempt, _ in rows]
        answers = {name: tried(instance, role, layers, lines) for name, layers in LAYERS.items()}
        for index, (attempt, fences) in enumerate(rows):
            said = {name: answers[name][index] for name in LAYERS}
            print(f"{role:8} {attempt:34} {fences or 'nothing':10} " + "  ".join(f"{said[name][:22]:22}" for name in LAYERS))
            for name in LAYERS:
                refused = any(fence in name for fence in fences)
                if refused == (said[name] == "ok"):
                    wrong.append(f"{role}: {attempt} with {name}: {said[name]}, to be {'refused' if refused else 'ok'}")
    ground.close()
    assert not wrong, "\n".join(wrong)


def as_user(user, group, code):
    """Runs Python code as somebody; what it prints."""
    result = subprocess.run(["python3", "-c", code], user=uid(user), group=gid(group), extra_groups=[], capture_output=True,
                            text=True, timeout=DEADLINE)  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


HANGS_UP = """
import socket
client = socket.socket(socket.AF_UNIX)
client.settimeout(20)
client.connect({path!r})
try:
    client.sendall({words!r})
    print("hangs up" if client.recv(1) == b"" else "answers")
except ConnectionError:
    print("hangs up")
"""


@needs_root
def test_servers_look_at_their_peers(launch_as_root):
    """Also where the mode of a socket would let one in."""
    instance = launch_as_root()
    spool = instance.root / "spool"
    for path, group in (("public/cleanup", "martlet-smtpd"), ("public/qmgr", "martlet-smtp")):
        code = HANGS_UP.format(path=str(spool / path), words=b"")
        assert as_user("nobody", group, code) == "hangs up", path
    instance.wait_for_log(f"a connection from process \\d+ of uid {uid('nobody')} is refused", count=2)
    # smtp may present reports to qmgr, and nothing else: kind 16 upwards are commands of tools.
    for kind in range(1, 32):
        frame = struct.pack("<HBBII", 0x4D54, kind, 1, 0, 0)
        code = HANGS_UP.format(path=str(spool / "public/qmgr"), words=frame)
        assert as_user("martlet-smtp", "martlet-smtp", code) == "hangs up", kind
    assert len(re.findall(f"process \\d+ of uid {uid('martlet-smtp')} may present reports only", instance.log())) >= 25
    assert "fatal" not in instance.log()


@needs_root
def test_missing_and_wrong_accounts_stop_the_start(launch_as_root):
    for settings, sentence in (
        (["martlet_smtpd_user = nosuch-user"], r"martlet_smtpd_user: there is no user \"nosuch-user\": make it \(useradd .*nosuch-user\)"),
        (["martlet_smtp_user = martlet-smtpd"], r"martlet_smtp_user: \"martlet-smtpd\" is martlet_smtpd_user, too"),
        (["martlet_smtp_user = root"], r"martlet_smtp_user: \"root\" is root"),
        (["mail_owner = martlet-smtp"], r"martlet_smtp_user: \"martlet-smtp\" is mail_owner, too"),
    ):
        instance = launch_as_root(*settings, begin=False)
        result = instance.martlet("start", check=False)
        assert result.returncode != 0
        assert re.search(sentence, result.stderr), result.stderr
        checked = instance.martlet("check", check=False)
        assert checked.returncode != 0 and re.search(sentence, checked.stderr), checked.stderr


@needs_root
def test_commands_of_nobody_in_particular_never_run_as_the_suite(launch_as_root):
    instance = launch_as_root("default_privs = martlet-smtp")
    instance.run("sendmail", "-C", str(instance.conf), "nobody@example.test", input="Subject: x\n\nx\n")
    instance.wait_for_log('default_privs: "martlet-smtp" is a user of the mail system')


@needs_root
@pytest.mark.skipif(not exists("postfix"), reason="there is no user postfix")
def test_mail_owner_may_be_postfix(launch_as_root):
    """As in a configuration that comes from Postfix; its group is that of the sockets that Dovecot makes."""
    sink = Sink(free_port())
    with contextlib.closing(contextlib.ExitStack()) as stack:
        stack.callback(sink.stop)
        instance = launch_as_root(f"relayhost = [127.0.0.1]:{sink.port}", owner="postfix")
        with socket.socket(socket.AF_UNIX) as auth:
            path = instance.root / "spool/private/auth"
            auth.bind(str(path))
            auth.listen()
            os.chown(path, uid("postfix"), gid("postfix"))
            path.chmod(0o660)
            for role in NETWORK:
                assert tried(instance, role, "landlock, seccomp", [f"connect {path}"]) == ["ok"], role
        instance.exercise()
        instance.wait_for_log("to=<x@far.test>.*status=sent")
        assert (instance.root / "spool/segments").stat().st_uid == uid("postfix")


@needs_root
def test_what_a_program_needs_goes_on_in_the_sandbox(launch_as_root):
    """A filter that kills for what is not in the table: none of the programs may end by it."""
    sink = Sink(free_port())
    with contextlib.closing(contextlib.ExitStack()) as stack:
        stack.callback(sink.stop)
        instance = launch_as_root(f"relayhost = [127.0.0.1]:{sink.port}", "smtp_host_lookup = native")
        instance.exercise()
        large = b"x" * 78 + b"\n"
        result = instance.run("sendmail", "-C", str(instance.conf), "large@far.test", input="\n" + (large * 40_000).decode())
        assert result.returncode == 0, result.stderr
        instance.wait_for_log("to=<large@far.test>.*status=sent")
        instance.martlet("reload")
        instance.exercise()
        instance.wait_for_empty_queue()
        instance.stop()
        assert not re.findall("killed by signal 31", instance.log())


def without(*calls):
    """For preexec_fn: a kernel that does not have these system calls, for the process and its children."""
    lines = [(0x20, 0, 0, 0)]  # load the call's number
    for number in calls:
        lines += [(0x15, 0, 1, number), (0x06, 0, 0, 0x50000 | errno.ENOSYS)]
    lines.append((0x06, 0, 0, 0x7FFF0000))
    filter = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(lines), ctypes.addressof(filter)))
    libc = ctypes.CDLL(None, use_errno=True)

    def install():
        if libc.prctl(22, 2, ctypes.byref(program)) != 0:
            raise OSError(ctypes.get_errno(), "PR_SET_SECCOMP")

    install.keeps = filter
    return install


SECCOMP = {"x86_64": 317, "aarch64": 277, "riscv64": 277}.get(os.uname().machine)
LANDLOCK = 444


@needs_root
@pytest.mark.parametrize("absent", [(LANDLOCK,), (SECCOMP,), (LANDLOCK, SECCOMP)], ids=["landlock", "seccomp", "both"])
def test_a_kernel_without_it(launch_as_root, absent):
    """Said once, and everything goes on."""
    instance = launch_as_root("relayhost = [127.0.0.1]:1", begin=False)
    started = instance.run("martlet", "-c", str(instance.conf), "start", preexec_fn=without(*absent))
    assert started.returncode == 0, started.stderr
    workers = instance.exercise()
    log = instance.log()
    assert log.count("this kernel has no Landlock") == (1 if LANDLOCK in absent else 0)
    assert log.count("this kernel has no seccomp") == (1 if SECCOMP in absent else 0)
    # The filter of this test counts, too.
    filters = {name: int(status(pid)["Seccomp_filters"]) for name, pid in workers.items()}
    assert filters["local"] == 1 and filters["smtpd"] == (1 if SECCOMP in absent else 3), filters
    assert status(workers["smtpd"])["NoNewPrivs"] == "1"
    assert set(status(workers["smtpd"])["Uid"].split()) == {str(uid("martlet-smtpd"))}


def test_why_these_are_skipped():
    """Says in the report of a run without root that roles were not tested."""
    if missing():
        pytest.skip(missing())
