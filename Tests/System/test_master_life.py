"""master outlives itself and its workers: upgrades, hangs, crashes, changed tables, and what it answers when asked."""
import json
import os
import shutil
import signal
import socket
import subprocess
import time

import pytest

from fake_suite import QMGR, is_alive
from instance import DEADLINE, free_port, unprivileged, wait_until


def status(suite):
    result = suite.run("status", "--json", program="martlet")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_status_tells_what_runs(suite):
    suite = suite([QMGR, "x unix - - n - - other -o mode=bad", "y unix - - n - - echo"]).start()
    worker = suite.ask("private/y")["pid"]
    seen = status(suite)
    assert seen["pid"] == suite.pid and seen["upgrades"] == 0
    services = {service["name"]: service for service in seen["services"]}
    assert [process["pid"] for process in services["y"]["processes"]] == [worker]
    assert services["y"]["processes"][0]["state"] == "serving"
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(suite.root / "spool/private/x"))
        wait_until(lambda: {s["name"]: s for s in status(suite)["services"]}["x"]["bad_starts"] >= 2, "bad starts are counted")
    text = suite.run("status", program="martlet").stdout
    assert f"running: PID {suite.pid}" in text and str(worker) in text and "tried again in" in text
    suite.stop()
    assert suite.run("status", program="martlet").returncode == 1


def test_malformed_words_on_the_control_socket_harm_their_client_only(suite):
    suite = suite([QMGR]).start()
    path = str(suite.root / "spool/pid/control")
    words = [b"\0" * 12, b"TM\x5a\x01\xff\xff\xff\xff\0\0\0\0", b"TM\x5a\x01\x01\0\0\0\0\0\0\0\x09", b"TM\x5a\x01\x01\0\0\0\0\0\0\0\x01\x01", b"GET / HTTP/1.0\r\n\r\n"]
    for word in words:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(DEADLINE)
            client.connect(path)
            client.sendall(word)
            assert client.recv(100) == b""
    # Those who say nothing take no place for ever, and do not keep others out.
    silent = [socket.socket(socket.AF_UNIX) for _ in range(40)]
    for client in silent:
        client.setblocking(False)
        client.connect(path)
    assert suite.is_running()
    assert status(suite)["pid"] == suite.pid
    for client in silent:
        client.close()
    assert suite.log().count("malformed command on") == len(words)


@pytest.mark.skipif(os.geteuid() != 0, reason="other users are needed")
def test_strangers_may_not_ask_master(suite):
    suite = suite([QMGR]).start()
    result = subprocess.run(
        [str(suite.daemons / "martlet"), "-c", str(suite.conf), "reload"], capture_output=True, text=True, user="daemon", group="daemon", extra_groups=[]
    )  # fmt: skip
    assert result.returncode == 77, result.stderr
    assert "reload --" not in suite.log()


def test_reload_answers_with_what_is_wrong(suite):
    services = [QMGR, "x unix - - n - - other"]
    suite = suite(services).start()
    before = suite.ask("private/x")["pid"]
    suite.configure(services, ["max_idle = banana"])
    result = suite.run("reload", program="martlet")
    assert result.returncode != 0 and "main.cf, line 9: max_idle" in result.stderr
    # What only master can know: a socket that cannot be had.
    suite.configure([*services, "192.0.2.1:1 inet n - n - - echo"])
    result = suite.run("reload", program="martlet")
    assert result.returncode != 0 and "bind 192.0.2.1 port 1: " in result.stderr
    assert suite.ask("private/x")["pid"] == before
    suite.configure(services)
    assert suite.run("reload", program="martlet").returncode == 0
    assert suite.log().count("reload -- version") == 1


def test_upgrade_keeps_process_sockets_and_children(suite):
    port = free_port()
    services = [QMGR, f"127.0.0.1:{port} inet n - n - - echo", "x unix - - n - - other -o mode=slow"]
    suite = suite(services).start()
    keep = []
    old = suite.ask(("127.0.0.1", port), keep)
    other, manager, master = suite.ask("private/x"), suite.ask("public/qmgr"), suite.pid
    for number in (1, 2):
        # A package replaces its files.
        for name in ("master", "echo"):
            shutil.copy2(suite.daemons / name, suite.daemons / "new")
            os.rename(suite.daemons / "new", suite.daemons / name)
        result = suite.run("upgrade", program="martlet")
        assert result.returncode == 0, result.stderr + suite.log()
        assert suite.pid == master and suite.is_running()
        assert status(suite)["upgrades"] == number
        suite.wait_for_log("upgraded -- version", number)
    for process in (old, other, manager):
        wait_until(lambda process=process: not is_alive(process["pid"]), "the old worker ends")
    new = suite.ask(("127.0.0.1", port))
    assert int(new["told"]["generation"]) > int(old["told"]["generation"])
    assert int(new["told"]["lease"]) > int(old["told"]["lease"])
    assert "MARTLET_HAND_OVER" not in new["environment"]
    assert new["descriptors"] == [0, 1, 2, 3, 4, 5, 6]
    # A child that dies is taken leave of, and replaced, by the new master.
    os.kill(new["pid"], signal.SIGKILL)
    suite.wait_for_log(f"pid {new['pid']} killed by signal 9")
    assert suite.ask(("127.0.0.1", port))["pid"] != new["pid"]
    suite.reload()
    suite.wait_for_log("reload -- version")
    assert "daemon started" in suite.log() and suite.log().count("daemon started") == 1
    suite.stop()
    assert not any(is_alive(one["pid"]) for one in (new,))


def test_upgrade_by_signal(suite):
    suite = suite([QMGR, "x unix - - n - - other"]).start()
    before = suite.ask("private/x")["pid"]
    os.kill(suite.pid, signal.SIGUSR2)
    suite.wait_for_log("upgraded -- version")
    wait_until(lambda: not is_alive(before), "the old worker ends")
    assert suite.ask("private/x")["pid"]


@pytest.mark.parametrize("successor", ["missing", "other", "silent", "configuration", "directory", "program"])
def test_an_upgrade_that_cannot_work_changes_nothing(suite, successor):
    services = [QMGR, "x unix - - n - - other"]
    suite = suite(services).start()
    before, master = suite.ask("private/x")["pid"], suite.pid
    program = suite.daemons / "master"
    if successor == "missing":
        program.unlink()
        said = "No such file or directory"
    elif successor == "other":
        program.unlink()
        program.write_text("#!/bin/sh\necho unknown option; exit 64\n")
        program.chmod(0o755)
        said = "unknown option"
    elif successor == "silent":
        program.unlink()
        program.write_text("#!/bin/sh\nexit 3\n")
        program.chmod(0o755)
        said = "cannot take over: it ended with status 3"
    elif successor == "configuration":
        suite.configure(services, ["max_idle = banana"])
        said = "main.cf, line 9: max_idle"
    elif successor == "directory":
        suite.configure(services, [f"queue_directory = {suite.root}/elsewhere"])
        said = "queue_directory and data_directory cannot change"
    else:
        (suite.daemons / "other").unlink()
        said = "other: No such file or directory"
    control = suite.daemons / "martlet"
    result = subprocess.run(
        [str(control), "-c", str(suite.conf), "upgrade"], capture_output=True, text=True, timeout=DEADLINE, **unprivileged()
    )  # fmt: skip
    if successor != "directory":
        assert result.returncode == 78 and said in result.stderr, result.stderr
        assert "error: upgrade refused, the running programs stay: " in suite.log() and said in suite.log()
    else:
        # The command itself looks elsewhere; the signal reaches master.
        os.kill(master, signal.SIGUSR2)
        suite.wait_for_log(said)
    assert suite.ask("private/x")["pid"] == before
    assert suite.pid == master and is_alive(master)


def test_a_worker_that_hangs_is_killed_and_replaced(suite):
    suite = suite([QMGR, "x unix - - n - - other", "y unix - - n - - echo"], ["martlet_watchdog_time_limit = 4s"]).start()
    hanging, well = suite.ask("private/x")["pid"], suite.ask("private/y")["pid"]
    os.kill(hanging, signal.SIGSTOP)
    suite.wait_for_log(f"process {hanging}: its event loop stands still for 4 s: killed")
    wait_until(lambda: not is_alive(hanging), "it is killed")
    assert suite.ask("private/x")["pid"] != hanging
    assert suite.ask("private/y")["pid"] == well
    # master itself was held up: nobody is judged by heartbeats that it did not read.
    os.kill(suite.pid, signal.SIGSTOP)
    end = time.monotonic() + 5
    wait_until(lambda: time.monotonic() > end, "master was held up for longer than the limit")
    os.kill(suite.pid, signal.SIGCONT)
    assert status(suite)["pid"] == suite.pid
    assert suite.ask("private/y")["pid"] == well
    assert suite.log().count("stands still") == 1


def test_a_crash_is_logged_with_what_it_was_at_and_the_second_isolates(suite):
    crumb = "-o mode=crumb -o message=4ABCz1 -o client=192.0.2.7"
    port = free_port()
    suite = suite([QMGR, f"127.0.0.1:{port} inet n - n - - smtpd {crumb}"]).start()
    manager = suite.ask("public/qmgr")
    assert "hold" not in manager["told"]
    for number in (1, 2):
        assert suite.ask(("127.0.0.1", port)) is None
        suite.wait_for_log("was at: session, queue ID 4ABCz1, client [192.0.2.7]", number)
        assert ("is put on hold" in suite.log()) == (number == 2)
    suite.wait_for_log("message 4ABCz1 has crashed a program twice: it is put on hold")
    suite.wait_for_log("client [192.0.2.7] has crashed smtpd twice: it is served alone for an hour")
    # The queue manager that runs is told, and the next one at its start.
    wait_until(lambda: "hold 4ABCz1\n" in suite.ask("public/qmgr")["heard"], "qmgr hears of it")
    os.kill(manager["pid"], signal.SIGKILL)
    suite.wait_for_log(f"pid {manager['pid']} killed by signal 9")
    assert suite.ask("public/qmgr")["told"]["hold"] == "4ABCz1"
    suite.configure([QMGR, f"127.0.0.1:{port} inet n - n - - smtpd"])
    suite.reload()
    suite.wait_for_log("reload --")
    assert suite.ask(("127.0.0.1", port))["told"]["alone"] == "192.0.2.7"
    # It survives an upgrade.
    assert suite.run("upgrade", program="martlet").returncode == 0
    before = suite.ask("public/qmgr")["pid"]
    wait_until(lambda: suite.ask("public/qmgr")["pid"] != before or suite.ask("public/qmgr")["told"]["generation"] == "3", "a new qmgr")
    assert suite.ask("public/qmgr")["told"]["hold"] == "4ABCz1"


def test_two_crashes_in_the_index_have_it_rebuilt(suite):
    suite = suite(["qmgr unix n - n 300 1 qmgr -o mode=crumb -o helper=7"]).start()
    for number in (1, 2):
        assert suite.ask("public/qmgr") is None
        suite.wait_for_log("index on its second thread", number)
    suite.wait_for_log("qmgr has crashed in the index twice: the next one builds it anew")
    suite.configure([QMGR])
    suite.reload()
    suite.wait_for_log("reload --")


def test_a_changed_table_replaces_those_who_opened_it(suite):
    table, missing = "texthash:{root}/table", "texthash:{root}/missing"
    made = suite([QMGR])
    (made.root / "table").write_text("a b\n")
    services = [
        QMGR,
        f"x unix - - n - - other -o table={table.format(root=made.root)}",
        f"y unix - - n - - echo -o table={missing.format(root=made.root)}",
        "z unix - - n - - echo",
    ]
    made.configure(services)
    made.start()
    before = {name: made.ask(f"private/{name}")["pid"] for name in "xyz"}
    (made.root / "table.new").write_text("a c\n")
    os.rename(made.root / "table.new", made.root / "table")
    made.wait_for_log(f"table texthash:{made.root}/table(0,lock|fold_fix|utf8_request) has changed -- restarting")
    wait_until(lambda: not is_alive(before["x"]), "who opened it ends")
    assert made.ask("private/x")["pid"] != before["x"]
    assert made.ask("private/y")["pid"] == before["y"] and made.ask("private/z")["pid"] == before["z"]
    # At most every ten seconds; a file that comes into being is a change, too.
    began = time.monotonic()
    (made.root / "missing").write_text("a c\n")
    made.wait_for_log(f"table texthash:{made.root}/missing(0,lock|fold_fix|utf8_request) has changed -- restarting")
    assert time.monotonic() - began > 5
    wait_until(lambda: not is_alive(before["y"]), "who opened it ends")
    assert made.ask("private/z")["pid"] == before["z"]
    assert made.log().count("has changed -- restarting") == 2


def test_a_table_that_makes_its_service_fail_leaves_the_old_worker(suite):
    made = suite([QMGR])
    (made.root / "table").write_text("a b\n")
    service = f"x unix - - n - - other -o table=texthash:{made.root}/table"
    made.configure([QMGR, service])
    made.start()
    before = made.ask("private/x")["pid"]
    shutil.copy2(made.daemons / "other", made.daemons / "good")
    (made.daemons / "other").write_text("#!/bin/sh\nexit 1\n")
    (made.root / "table").write_text("a different one\n")
    made.wait_for_log("other: bad command startup -- throttling", 2)
    assert made.ask("private/x")["pid"] == before


class ServiceManager:
    """What systemd does for a unit with FileDescriptorStoreMax: keeps the descriptors, and hands them to the next process."""

    def __init__(self, suite):
        self.suite = suite
        self.path = str(suite.root / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        os.chmod(self.path, 0o666)
        self.socket.settimeout(DEADLINE)
        self.store = {}
        self.process = None

    def start(self):
        names = list(self.store)
        environment = {"NOTIFY_SOCKET": self.path, "PATH": os.environ["PATH"]}
        if names:
            environment |= {"LISTEN_FDS": str(len(names)), "LISTEN_FDNAMES": ":".join(names)}
        kept = [self.store[name] for name in names]
        command = [str(self.suite.daemons / "master"), "-c", str(self.suite.conf), "-s"]
        # The shell becomes master, so that LISTEN_PID is its number; the descriptors begin at 3.
        shell = "".join(f"exec {3 + i}<&{100 + i} {100 + i}<&-; " for i in range(len(names)))
        shell = 'export LISTEN_PID=$$; ' + shell + 'exec "$@"'
        copies = []
        for i, descriptor in enumerate(kept):
            os.dup2(descriptor, 100 + i, inheritable=True)
            copies.append(100 + i)
        self.process = subprocess.Popen(["/bin/bash", "-c", shell, "sh", *command], env=environment, pass_fds=copies, **unprivileged())
        for descriptor in copies:
            os.close(descriptor)
        return self

    def wait_for(self, word):
        while True:
            data, descriptors, _, _ = socket.recv_fds(self.socket, 4096, 4)
            lines = dict(line.split("=", 1) for line in data.decode().splitlines())
            if "FDSTORE" in lines:
                if lines["FDNAME"] in self.store:
                    os.close(self.store[lines["FDNAME"]])
                self.store[lines["FDNAME"]] = descriptors[0]
            elif "FDSTOREREMOVE" in lines and lines["FDNAME"] in self.store:
                os.close(self.store.pop(lines["FDNAME"]))
            if word in data.decode():
                return

    def close(self):
        self.process.kill()
        self.process.wait()
        for descriptor in self.store.values():
            os.close(descriptor)
        self.socket.close()


def test_a_crash_of_master_refuses_nobody_where_sockets_are_kept(suite):
    port, gone = free_port(), free_port()
    services = [QMGR, f"127.0.0.1:{port} inet n - n - - echo"]
    suite = suite([*services, f"127.0.0.1:{gone} inet n - n - - echo"])
    manager = ServiceManager(suite).start()
    try:
        manager.wait_for("READY=1")
        assert set(manager.store) == {f"inet-7f000001-{port}", f"inet-7f000001-{gone}", "unix-public/qmgr"}
        old = suite.ask(("127.0.0.1", port))
        manager.process.kill()
        manager.process.wait()
        wait_until(lambda: not is_alive(old["pid"]), "the old worker ends")
        # Nobody runs, and nobody is refused.
        waiting = socket.create_connection(("127.0.0.1", port), DEADLINE)
        suite.configure(services)
        manager.start().wait_for("READY=1")
        answer = json.loads(waiting.makefile("rb").readline())
        assert answer["pid"] != old["pid"]
        waiting.close()
        assert suite.ask("public/qmgr")["pid"]
        # What the configuration does not want any more is closed, and forgotten.
        assert set(manager.store) == {f"inet-7f000001-{port}", "unix-public/qmgr"}
        with pytest.raises(ConnectionRefusedError):
            suite.ask(("127.0.0.1", gone))
    finally:
        manager.close()


def test_a_start_waits_for_the_programs_of_a_killed_master(suite):
    port = free_port()
    suite = suite([QMGR, f"127.0.0.1:{port} inet n - n - - echo -o mode=slow"]).start()
    orphan = suite.ask(("127.0.0.1", port))["pid"]
    os.kill(orphan, signal.SIGSTOP)
    os.kill(suite.pid, signal.SIGKILL)
    wait_until(lambda: not suite.is_running(), "master is dead")
    # It holds the socket, and does not end.
    result = suite.run("-w")
    assert result.returncode == 1
    assert "Address already in use; an earlier master's programs do not end: " in result.stderr and f"[{orphan}]" in result.stderr
    os.kill(orphan, signal.SIGCONT)
    suite.start()
    assert suite.ask(("127.0.0.1", port))["pid"] != orphan
