"""master with small programs of its own: what they inherit, how they are replaced, how they end."""
import os
import signal
import socket
import subprocess
import time

import pytest

from fake_suite import QMGR, is_alive
from instance import DEADLINE, free_port, unprivileged, wait_until

def test_what_a_worker_is_given(suite):
    port = free_port()
    suite = suite([QMGR, f"127.0.0.1:{port} inet n - n - 40 echo -o a=b -o {{ c = d e }}", "x unix - - n - - other -v -- one two"]).start()
    answer = suite.ask(("127.0.0.1", port))
    assert answer["arguments"] == ["-n", f"127.0.0.1:{port}", "-t", "inet", "-c", str(suite.conf), "-o", "a=b", "-o", "c=d e"]
    assert answer["told"]["listen"] == "4" and answer["told"]["lifeline"] == "3"
    assert answer["told"]["limit"] and answer["told"]["idle"] == "1"
    # Standard input, output and error, lifeline, socket, breadcrumb, and the listing of the directory itself.
    assert answer["descriptors"] == [0, 1, 2, 3, 4, 5, 6]
    assert answer["told"]["crumb"] == "5" and answer["told"]["beat"] == "10"
    assert "MARTLET_WORKER" in answer["environment"] and "PATH" in answer["environment"]
    assert set(answer["environment"]) <= {"MARTLET_WORKER", "PATH", "LANG", "TZ", "LC_CTYPE", "PWD", "SHLVL", "_", "DISPLAY"}
    other = suite.ask("private/x")
    assert other["arguments"][-4:] == ["-v", "--", "one", "two"]
    # The queue manager is started with the suite, and is not asked to end when idle.
    assert "idle" not in suite.ask("public/qmgr")["told"]


def test_one_worker_serves_all_until_it_is_full(suite):
    port = free_port()
    suite = suite([QMGR, f"127.0.0.1:{port} inet n - n - 100 echo", "x unix - - n - 60 other -o mode=full"]).start()
    assert len({suite.ask(("127.0.0.1", port))["pid"] for _ in range(10)}) == 1
    # A unix service has one worker with the whole limit: when that is full, nobody is started.
    keep = []
    assert suite.ask("private/x", keep)["told"]["limit"] == "60"
    suite.wait_for_log('warning: service "x" (other) has reached its process limit "60"')


def test_a_full_worker_is_joined_by_another_within_the_limit(suite):
    port = free_port()
    suite = suite([QMGR, f"127.0.0.1:{port} inet n - n - 60 echo -o mode=full"]).start()
    keep, answers = [], []
    while sum(int(answer["told"]["limit"]) for answer in {a["pid"]: a for a in answers}.values()) < 60:
        answers.append(suite.ask(("127.0.0.1", port), keep))
    assert len({answer["pid"] for answer in answers}) >= 2
    suite.wait_for_log('has reached its process limit "60"')


def test_a_second_start_refuses(suite):
    suite = suite([QMGR]).start()
    for arguments in (["-w"], ["-d"]):
        second = suite.run(*arguments)
        assert second.returncode == 1
        assert f"already running: process {suite.pid}" in second.stderr
    assert suite.is_running()
    assert suite.run("start", program="martlet").returncode == 1
    suite.stop()
    assert not suite.is_running()
    suite.start()


def test_leases_are_never_given_twice(suite):
    suite = suite([QMGR, "x unix - - n - - other -o mode=crash", "y unix - - n - - echo"])
    seen = set()
    for _ in range(3):
        suite.start()
        for name in ("public/qmgr", "private/y"):
            lease = suite.ask(name)["told"]["lease"]
            assert lease not in seen
            seen.add(lease)
        suite.stop()


def test_a_worker_that_dies_is_replaced(suite):
    suite = suite([QMGR, "x unix - - n - - other"]).start()
    for name in ("private/x", "public/qmgr"):
        first = suite.ask(name)["pid"]
        os.kill(first, signal.SIGKILL)
        suite.wait_for_log(f"pid {first} killed by signal 9")
        assert suite.ask(name)["pid"] != first


def test_a_program_that_cannot_start_is_throttled_and_harms_nobody(suite):
    suite = suite([QMGR, "x unix - - n - - other -o mode=bad", "y unix - - n - - echo"]).start()
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(suite.root / "spool/private/x"))
    suite.wait_for_log("other: bad command startup -- throttling", 2)
    suite.wait_for_log("exit status 3", 2)
    assert suite.ask("private/y")["pid"]
    client.close()


def test_without_a_queue_manager_the_start_fails_and_says_why(suite):
    suite = suite([QMGR + " -o mode=bad"])
    result = suite.run("-w")
    assert result.returncode == 1
    assert result.stderr == "master: qmgr did not start: the moon is in the wrong place\n"
    assert not suite.is_running()
    assert "fatal: qmgr did not start: the moon is in the wrong place" in suite.log()


@pytest.mark.parametrize(
    ("services", "settings", "said"),
    [
        (["qmgr unix n - n"], [], "master.cf, line 1: "),
        ([QMGR, "x unix - - n - - nowhere"], [], "nowhere: No such file or directory"),
        ([QMGR], ["max_idle = banana"], "main.cf, line 9: max_idle"),
        ([QMGR], ["smtpd_milters = inet:localhost:1"], "smtpd_milters is not implemented"),
        ([QMGR, "192.0.2.1:1 inet n - n - - echo"], [], "bind 192.0.2.1 port 1: "),
        ([QMGR], ["maillog_file = /home/x"], "maillog_file_prefixes"),
        ([QMGR], ["queue_directory = spool"], "is no absolute path"),
        ([], [], "master.cf has no service"),
    ],
)
def test_a_bad_configuration_is_refused_with_its_place(suite, services, settings, said):
    result = suite(services, settings).run("-w")
    assert result.returncode == 1
    assert said in result.stderr


def test_reload_replaces_workers_without_dropping_a_session(suite):
    port = free_port()
    suite = suite([QMGR, f"127.0.0.1:{port} inet n - n - - echo -o mode=slow"]).start()
    keep = []
    old = suite.ask(("127.0.0.1", port), keep)
    manager = suite.ask("public/qmgr")
    suite.configure([QMGR, f"127.0.0.1:{port} inet n - n - - echo -o mode=serve", "new unix n - n - - other"])
    suite.reload()
    suite.wait_for_log("reload -- version")
    wait_until(lambda: not is_alive(old["pid"]), "the old worker ends")
    new = suite.ask(("127.0.0.1", port))
    assert new["pid"] != old["pid"]
    assert int(new["told"]["generation"]) == int(old["told"]["generation"]) + 1
    assert suite.ask("public/new")["pid"]
    assert suite.ask("public/qmgr")["pid"] != manager["pid"]
    assert "throttling" not in suite.log()


def test_reload_with_a_bad_configuration_leaves_the_old_serving(suite):
    port, other = free_port(), free_port()
    services = [QMGR, f"127.0.0.1:{port} inet n - n - - echo"]
    suite = suite(services).start()
    before = suite.ask(("127.0.0.1", port))
    suite.configure(services, ["max_idle = banana"])
    suite.reload()
    suite.wait_for_log("error: reload refused, the old configuration stays in force: ")
    assert "main.cf, line 9: max_idle" in suite.log()
    suite.configure([*services, "x unix - - n - - nowhere"])
    suite.reload()
    suite.wait_for_log("reload refused", 2)
    # All new sockets or none.
    suite.configure([*services, f"127.0.0.1:{other} inet n - n - - echo", "192.0.2.1:1 inet n - n - - echo"])
    suite.reload()
    suite.wait_for_log("reload refused", 3)
    with pytest.raises(ConnectionRefusedError):
        suite.ask(("127.0.0.1", other))
    assert suite.ask(("127.0.0.1", port))["pid"] == before["pid"]


def test_a_successor_that_cannot_start_leaves_the_old_worker(suite):
    suite = suite([QMGR, "x unix - - n - - other"]).start()
    before = suite.ask("private/x")["pid"]
    suite.configure([QMGR, "x unix - - n - - other -o mode=bad"])
    suite.reload()
    suite.wait_for_log("other: bad command startup -- throttling", 2)
    assert suite.ask("private/x")["pid"] == before
    suite.configure([QMGR, "x unix - - n - - other"])
    suite.reload()
    suite.wait_for_log("reload -- version", 2)
    wait_until(lambda: suite.ask("private/x")["pid"] != before, "a new worker")


def test_a_service_that_is_gone_after_reload_refuses(suite):
    port = free_port()
    suite = suite([QMGR, f"127.0.0.1:{port} inet n - n - - echo"]).start()
    old = suite.ask(("127.0.0.1", port))["pid"]
    suite.configure([QMGR])
    suite.reload()
    wait_until(lambda: not is_alive(old), "its worker ends")
    with pytest.raises(ConnectionRefusedError):
        suite.ask(("127.0.0.1", port))


def test_many_reloads_in_a_row(suite):
    suite = suite([QMGR, "x unix - - n - - other -o mode=slow"]).start()
    for _ in range(5):
        suite.ask("private/x")
        suite.reload()
    wait_until(lambda: int(suite.ask("private/x")["told"]["generation"]) >= 2, "a later generation")
    suite.stop()


def test_stop_ends_everybody_in_order_and_kills_who_does_not(suite):
    suite = suite(
        [QMGR, "cleanup unix n - n - 0 cleanup -o mode=slow", "x unix - - n - - other -o mode=stubborn"],
        ["martlet_stop_time_limit = 6s"],
    ).start()
    pids = [suite.ask(name)["pid"] for name in ("public/qmgr", "public/cleanup", "private/x")]
    began = time.monotonic()
    suite.stop()
    assert time.monotonic() - began < 10
    assert not any(is_alive(pid) for pid in pids)
    assert "terminating on signal 15" in suite.log()
    assert f"other pid {pids[2]} does not end: killed" in suite.log()
    assert "cleanup pid" not in suite.log()


def test_workers_end_when_master_is_gone(suite):
    suite = suite([QMGR, "x unix - - n - - other"]).start()
    pids = [suite.ask(name)["pid"] for name in ("public/qmgr", "private/x")]
    os.kill(suite.pid, signal.SIGKILL)
    wait_until(lambda: not any(is_alive(pid) for pid in pids), "the workers end")
    suite.start()


def test_words_to_the_service_manager(suite):
    suite = suite([QMGR])
    path = str(suite.root / "notify")
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(path)
    os.chmod(path, 0o666)
    manager.settimeout(DEADLINE)
    environment = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000", "PATH": os.environ["PATH"]}
    process = subprocess.Popen([str(suite.daemons / "master"), "-c", str(suite.conf), "-s"], env=environment, **unprivileged())

    def wait_for(word):
        while word not in (said := manager.recv(4096).decode()):
            pass
        return said

    try:
        assert f"MAINPID={process.pid}" in wait_for("READY=1")
        wait_for("WATCHDOG=1")
        process.send_signal(signal.SIGHUP)
        assert "MONOTONIC_USEC=" in wait_for("RELOADING=1")
        wait_for("READY=1")
        process.send_signal(signal.SIGTERM)
        wait_for("STOPPING=1")
        assert process.wait(DEADLINE) == 0
    finally:
        process.kill()
        process.wait()
        manager.close()


def test_directories_that_a_stranger_could_write_to_are_refused(suite):
    suite = suite([QMGR])
    (suite.root / "spool").chmod(0o777)
    result = suite.run("-w")
    assert result.returncode == 1
    assert "spool is writable for others than its owner" in result.stderr
