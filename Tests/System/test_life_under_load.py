"""Reload, upgrade, stop, hangs and crashes of real programs, with clients who notice every refused connection."""
import json
import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest

from instance import DEADLINE, Dialogue, wait_until

# Mail goes nowhere: the way in is what is looked at.
NOWHERE = ("default_transport = discard:", "relay_transport = discard:", "local_transport = discard:", "local_recipient_maps =")


def status(instance):
    return json.loads(instance.martlet("status", "--json").stdout)


def workers(instance, program):
    return [process["pid"] for service in status(instance)["services"] if service["program"] == program for process in service["processes"]]


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


class Load:
    """smtp-source with 20 sessions: it ends with an error at the first that is refused or broken."""

    def __init__(self, instance, messages):
        self.process = subprocess.Popen(
            ["smtp-source", "-s", "20", "-l", "4096", "-m", str(messages), "-f", "a@elsewhere.test", "-t", "b@away.test", f"127.0.0.1:{instance.port}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    @property
    def is_running(self):
        return self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def load():
    made = []

    def start(instance, messages):
        made.append(Load(instance, messages))
        return made[-1]

    yield start
    for one in made:
        one.kill()


def test_reloads_and_upgrades_under_load_fail_no_session(launch, load):
    instance = launch(*NOWHERE)
    # No session can fail without smtp-source noticing; it would end before the upgrades do.
    source = load(instance, 10_000_000)
    instance.wait_for_log("disconnect from", 200)
    master = status(instance)["pid"]
    for number in range(25):
        if number % 5 == 4:
            instance.martlet("upgrade")
        else:
            instance.martlet("reload")
        assert source.is_running, source.process.stdout.read()
    done = instance.log().count("disconnect from")
    wait_until(lambda: instance.log().count("disconnect from") > done + 200, "clients are served by the last generation")
    assert source.is_running, source.process.stdout.read()
    seen = status(instance)
    assert seen["pid"] == master and seen["upgrades"] == 5 and seen["generation"] == 26
    log = instance.log()
    assert log.count("reload -- version") == 20 and log.count("upgraded -- version") == 5
    assert not re.findall(r"postfix/master\S+ (?:warning|error|fatal): .*", log)
    # A bad configuration under the same load changes nothing, and says where it is wrong.
    good = (instance.conf / "main.cf").read_text()
    (instance.conf / "main.cf").write_text(good + "max_idle = banana\n")
    for command in ("reload", "upgrade"):
        result = instance.martlet(command, check=False)
        assert result.returncode != 0 and re.search(r"main.cf, line \d+: max_idle", result.stderr), result.stderr
    assert source.is_running and status(instance)["generation"] == 26
    (instance.conf / "main.cf").write_text(good)
    # And the end of it all is quick.
    began = time.monotonic()
    instance.martlet("stop")
    assert time.monotonic() - began < 5
    # What was answered is there: nothing was dropped on the way to the queue manager.
    source.kill()


def test_what_was_accepted_during_reloads_and_upgrades_arrives_once(launch, sink, load):
    server = sink()
    instance = launch(f"relayhost = [127.0.0.1]:{server.port}")
    source = load(instance, 3000)
    number = 0
    while source.is_running:
        instance.martlet("upgrade" if number % 4 == 3 else "reload")
        number += 1
    assert source.process.wait() == 0, source.process.stdout.read()
    assert number >= 2
    wait_until(lambda: server.messages() >= 3000, "all messages arrive", 120)
    instance.wait_for_empty_queue()
    assert server.messages() == 3000


def test_a_killed_master_is_started_again_over_what_it_left(launch, load):
    instance = launch(*NOWHERE)
    load(instance, 10_000_000)
    instance.wait_for_log("disconnect from", 100)
    old = status(instance)
    os.kill(old["pid"], signal.SIGKILL)
    wait_until(lambda: instance.martlet("status", check=False).returncode == 1, "master is dead")
    instance.start()
    assert status(instance)["pid"] != old["pid"]
    with Dialogue(instance.port) as client:
        client.script(("HELO c", "250"), ("MAIL FROM:<a@elsewhere.test>", "250"), ("RCPT TO:<b@away.test>", "250"), ("DATA", "354"))
        assert client.say("Subject: x\r\n\r\nx\r\n.").startswith("250")
    instance.wait_for_empty_queue()
    processes = [process["pid"] for service in old["services"] for process in service["processes"]]
    wait_until(lambda: all(map(is_gone, processes)), "the programs of the old one end")


def test_a_server_that_hangs_is_replaced(launch):
    instance = launch(*NOWHERE, "martlet_watchdog_time_limit = 4s")
    with Dialogue(instance.port):
        (hanging,) = workers(instance, "smtpd")
        os.kill(hanging, signal.SIGSTOP)
        instance.wait_for_log(f"process {hanging}: its event loop stands still for 4 s: killed")
    with Dialogue(instance.port) as client:
        client.script(("HELO c", "250"))
    assert workers(instance, "smtpd") != [hanging]


def test_a_long_sync_is_no_hang(launch):
    # The store's thread is elsewhere for longer than the limit; the loop turns.
    instance = launch(*NOWHERE, "martlet_watchdog_time_limit = 2s")
    (manager,) = workers(instance, "qmgr")
    threads = [int(name) for name in os.listdir(f"/proc/{manager}/task") if int(name) != manager]
    assert len(threads) >= 2
    # Stopping one thread is what ptrace does.
    tracer = subprocess.Popen(["strace", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:delay_enter=6s", "-f", "-p", str(manager)], stderr=subprocess.DEVNULL)
    try:
        assert instance.sendmail("b@away.test", text="Subject: x\n\nx\n").returncode == 0
        wait_until(lambda: "TracerPid:\t0\n" not in Path(f"/proc/{manager}/status").read_text(), "strace is there")
        assert instance.sendmail("b@away.test", text="Subject: x\n\nx\n").returncode == 0
        end = time.monotonic() + 8
        wait_until(lambda: time.monotonic() > end, "several limits pass")
        assert workers(instance, "qmgr") == [manager]
        assert "stands still" not in instance.log()
    finally:
        tracer.terminate()
        tracer.wait()


def breadcrumb(instance, process):
    """The file of a worker's breadcrumb, which master keeps open."""
    shared = re.search(r" (\d+) +/memfd:martlet-breadcrumb", Path(f"/proc/{process}/maps").read_text()).group(1)
    folder = Path(f"/proc/{status(instance)['pid']}/fd")
    (file,) = [entry for entry in folder.iterdir() if entry.exists() and str(entry.stat().st_ino) == shared and "memfd" in os.readlink(entry)]
    return file


def crash(instance, process, activity, message="", client="", helper=0):
    """Has a program die of what it is said to be at."""
    text, address = message.encode(), socket.inet_aton(client) if client else b""
    os.kill(process, signal.SIGSTOP)
    with open(breadcrumb(instance, process), "r+b", buffering=0) as file:
        file.write(struct.pack("<BBBBI32s16sB7x", 1, activity, len(text), len(address), 0, text, address, helper))
    os.kill(process, signal.SIGSEGV)
    os.kill(process, signal.SIGCONT)
    instance.wait_for_log(rf"pid {process} killed by signal 11")


def test_a_crash_is_logged_with_its_client(launch):
    instance = launch(*NOWHERE)
    with Dialogue(instance.port) as client:
        client.script(("HELO c", "250"), ("MAIL FROM:<a@elsewhere.test>", "250"))
        (process,) = workers(instance, "smtpd")
        assert [p["sessions"] for s in status(instance)["services"] for p in s["processes"] if p["pid"] == process] == [1]
        os.kill(process, signal.SIGSEGV)
    instance.wait_for_log(rf"smtpd pid {process} was last at: session, client \[127.0.0.1\]")


@pytest.mark.skipif(os.geteuid() != 0, reason="writes into another user's breadcrumb")
def test_a_client_that_crashed_the_server_twice_is_served_alone(launch):
    instance = launch(*NOWHERE)
    for _ in range(2):
        with Dialogue(instance.port):
            crash(instance, workers(instance, "smtpd")[0], 1, client="127.0.0.1")
    instance.wait_for_log(r"client \[127.0.0.1\] has crashed smtpd twice")
    with Dialogue(instance.port) as alone:
        alone.script(("HELO c", "250"))
    other = socket.create_connection(("127.0.0.1", instance.port), DEADLINE, source_address=("127.0.0.5", 0))
    assert other.recv(3) == b"220"
    client = Dialogue(instance.port, greet=False)
    assert client.reply().startswith("421 4.3.2")
    other.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="writes into another user's breadcrumb")
def test_a_message_that_crashed_programs_twice_is_put_on_hold(launch):
    instance = launch("relayhost = [127.0.0.1]:9", "minimal_backoff_time = 1000s")
    for name in ("one", "two"):
        instance.sendmail("-f", "a@elsewhere.test", "b@away.test", text=f"Subject: {name}\n\nx\n")
    instance.wait_for_deferred(2)
    first, second = sorted(set(re.findall(r"(\w+): to=<b@away.test>.*status=deferred", instance.log())))
    # In a delivery agent: the queue manager that runs is told.
    for _ in range(2):
        instance.martlet("queue", "list")
        crash(instance, workers(instance, "showq")[0], 4, message=first)
    instance.wait_for_log(f"{first}: placed on hold: it has crashed a program twice")
    # In the queue manager itself: the next one is told at its start.
    for _ in range(2):
        (manager,) = workers(instance, "qmgr")
        crash(instance, manager, 3, message=second)
        wait_until(lambda manager=manager: workers(instance, "qmgr") not in ([manager], []), "the next queue manager")
    instance.wait_for_log(f"{second}: placed on hold: it has crashed a program twice")

    def held():
        listing = instance.mailq()
        return f"{first}!" in listing and f"{second}!" in listing and listing

    try:
        wait_until(held, "both are shown on hold")
    except AssertionError:
        raise AssertionError(instance.mailq() + instance.log()[-6000:]) from None
    # It is in the journal: a restart releases nobody.
    instance.stop()
    instance.start()
    wait_until(held, "both are still on hold")


@pytest.mark.skipif(os.geteuid() != 0, reason="writes into another user's breadcrumb")
def test_crashes_in_the_index_have_it_rebuilt(launch):
    instance = launch("relayhost = [127.0.0.1]:9", "minimal_backoff_time = 1000s")
    instance.sendmail("-f", "a@elsewhere.test", "b@away.test", text="Subject: x\n\nx\n")
    instance.wait_for_deferred(1)
    before = (instance.root / "spool/index/data.mdb").stat().st_ino
    for _ in range(2):
        (manager,) = workers(instance, "qmgr")
        crash(instance, manager, 0, helper=7)
        wait_until(lambda manager=manager: workers(instance, "qmgr") not in ([manager], []), "the next queue manager")
    instance.wait_for_log("qmgr has crashed in the index twice: the next one builds it anew")
    instance.wait_for_log("the queue index was rebuilt")
    instance.wait_for_deferred(1)
    assert (instance.root / "spool/index/data.mdb").stat().st_ino != before
    assert not (instance.root / "spool/index/rebuild").exists()


def test_a_changed_table_is_noticed(launch):
    instance = launch(begin=False)
    table = instance.root / "transport"
    table.write_text("away.test discard:first\n")
    instance.configure([f"transport_maps = texthash:{table}"])
    instance.start()

    def relay():
        before = len(re.findall(r"relay=none", instance.log()))
        assert instance.sendmail("b@away.test", text="Subject: x\n\nx\n").returncode == 0
        wait_until(lambda: len(re.findall(r"relay=none", instance.log())) > before, "it is delivered")
        return re.findall(r"relay=none.*\((.*)\)", instance.log())[-1]

    assert relay() == "first"
    (instance.root / "new").write_text("away.test discard:second\n")
    os.rename(instance.root / "new", table)
    instance.wait_for_log(rf"table texthash:{table}\(0,lock\|fold_fix\|utf8_request\) has changed -- restarting")
    wait_until(lambda: relay() == "second", "the new table is asked")
    # Those who did not open it were left alone.
    generations = {service["program"]: {p["generation"] for p in service["processes"]} for service in status(instance)["services"]}
    assert generations["qmgr"] == {2} and generations["discard"] <= {1, 2}
    assert generations["pickup"] in (set(), {1}, {2})


def test_a_server_without_descriptors_pauses_and_goes_on(launch):
    instance = launch(*NOWHERE, begin=False)
    limit = (48, 48)
    instance.run("martlet", "-c", str(instance.conf), "start", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limit))
    with Dialogue(instance.port):
        (process,) = workers(instance, "smtpd")
    clients = [socket.create_connection(("127.0.0.1", instance.port), DEADLINE) for _ in range(80)]
    instance.wait_for_log("accept: .*; no new connection for 1 s")
    began = sum(map(int, Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[11:13]))
    instance.wait_for_log("no new connection for 1 s", 3)
    spent = sum(map(int, Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[11:13])) - began
    # Two seconds of waiting are not two seconds of trying.
    assert spent < 50, spent
    for client in clients:
        client.close()
    with Dialogue(instance.port) as client:
        client.script(("HELO c", "250"))
    assert workers(instance, "smtpd")[0] == process
