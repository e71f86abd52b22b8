"""postqueue, postsuper, postcat, qshape and martlet queue, as administrators and scripts use them."""
import contextlib
import json
import os
import pwd
import re
import shutil
import smtplib
import subprocess

import pytest

from instance import free_port, temporary_directory, unprivileged, wait_until

# A stranger, when we may become one.
STRANGER = {"user": pwd.getpwnam("daemon").pw_uid, "group": pwd.getpwnam("daemon").pw_gid, "extra_groups": []}


@pytest.fixture
def instance(launch):
    """Three deferred messages: two recipients, one of the same domain, one from the null sender."""
    instance = launch(f"relayhost = [127.0.0.1]:{free_port()}", "martlet_queue_undelete_time = 1h")
    fill(instance.port)
    instance.wait_for_deferred(3)
    return instance


def fill(port):
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("s@example.test", ["a@one.test", "b@two.test"], "Subject: first\r\n\r\n.body\r\n")
        client.sendmail("s@example.test", ["c@one.test"], "Subject: second\r\n\r\nbody\r\n")
        client.sendmail("", ["d@three.test"], "Subject: third\r\n\r\nbody\r\n")


def tool(instance, name, *arguments, **options):
    return instance.run(name, "-c", str(instance.conf), *arguments, **options)


def queue(instance):
    """The listing by recipient of the first."""
    result = tool(instance, "postqueue", "-j")
    assert result.returncode == 0, result.stderr
    return {entry["recipients"][0]["address"]: entry for entry in map(json.loads, result.stdout.splitlines())}


def queue_id(instance, recipient):
    return queue(instance)[recipient]["queue_id"]


def test_fresh_mail_is_listed_at_once(launch):
    instance = launch(f"relayhost = [127.0.0.1]:{free_port()}", "defer_transports = smtp")
    with smtplib.SMTP("127.0.0.1", instance.port) as client:
        for count in range(1, 6):
            client.sendmail("s@example.test", ["a@one.test"], "Subject: x\r\n\r\nbody\r\n")
            assert f" in {count} Request" in tool(instance, "postqueue", "-p").stdout


def test_postsuper_says_what_postfix_says(instance):
    one = queue_id(instance, "c@one.test")

    def super_(*arguments, expected, **options):
        result = tool(instance, "postsuper", *arguments, **options)
        assert (result.returncode, result.stdout, result.stderr) == (0, "", expected)

    super_("-h", one, expected=f"postsuper: {one}: placed on hold\npostsuper: Placed on hold: 1 message\n")
    super_("-h", one, expected="postsuper: Placed on hold: 0 messages\n")
    assert queue(instance)["c@one.test"]["queue_name"] == "hold"
    assert re.search(rf"^{one}! ", tool(instance, "postqueue", "-p").stdout, re.M)
    super_("-e", one, expected=f"postsuper: {one}: expired\npostsuper: Force-expired: 1 message\n")
    assert re.search(rf"^{one}!# ", tool(instance, "postqueue", "-p").stdout, re.M)
    assert queue(instance)["c@one.test"]["forced_expire"] is True
    super_("-d", one, "deferred", expected="postsuper: Deleted: 0 messages\n")
    super_("-d", "-", input=f"{one}\nNOSUCH\n", expected=f"postsuper: {one}: removed\npostsuper: Deleted: 1 message\n")
    super_("-d", "bad!id", expected="postsuper: warning: invalid mail queue id: bad!id\npostsuper: Deleted: 0 messages\n")
    super_("-h", "ALL", expected="postsuper: Placed on hold: 2 messages\n")
    super_("-H", "ALL", "hold", expected="postsuper: Released from hold: 2 messages\n")
    super_("-d", "ALL", expected="postsuper: Deleted: 2 messages\n")
    instance.wait_for_empty_queue()
    log = instance.log()
    assert f"{one}: placed on hold" in log and f"{one}: removed" in log and "Deleted: 2 messages" in log
    # A line for each message: three were deleted.
    assert len(re.findall(r"postfix/postsuper\[\d+\]: \w+: removed$", log, re.M)) == 3


@pytest.mark.parametrize(
    "name, arguments, status, text",
    [
        ("postsuper", ["-z"], 1, "postsuper: invalid option -- 'z'\npostsuper: fatal: usage: postsuper [-c config_dir]"),
        ("postsuper", ["-d", "ALL", "nosuch"], 1, "postsuper: fatal: invalid directory name: nosuch\n"),
        ("postsuper", [], 0, ""),
        ("postqueue", [], 69, "postqueue: fatal: usage: postqueue -f | postqueue -i queueid | postqueue -j | postqueue -p | postqueue -s site\n"),
        ("postqueue", ["-p", "-j"], 69, "postqueue: fatal: usage: "),
        ("postqueue", ["-i", "bad id"], 69, 'postqueue: fatal: Cannot flush queue ID - invalid name: "bad id"\n'),
        ("postqueue", ["-s", "bad domain"], 69, 'postqueue: fatal: Cannot flush mail queue - invalid destination: "bad domain"\n'),
        ("postqueue", ["-i", "nosuchid"], 0, ""),
        ("postcat", ["-q", "nosuch"], 1, "postcat: fatal: open queue file nosuch: No such file or directory\n"),
        ("postcat", ["-z"], 1, "postcat: invalid option -- 'z'\npostcat: fatal: usage: postcat [-b (body text)]"),
        ("postqueue", ["-i"], 69, "postqueue: option requires an argument -- 'i'\npostqueue: fatal: usage: "),
    ],
)
def test_bad_words_as_with_postfix(instance, name, arguments, status, text):
    result = tool(instance, name, *arguments)
    assert result.returncode == status and result.stderr.startswith(text), result.stderr
    if not text:
        assert result.stderr == ""


def test_postcat(instance):
    one = queue_id(instance, "a@one.test")
    whole = tool(instance, "postcat", "-q", one).stdout
    assert whole.startswith(f"*** ENVELOPE RECORDS deferred/{one} ***\nmessage_size:             ")
    assert "\nsender: s@example.test\n" in whole and "\nrecipient: a@one.test\n" in whole and "\nrecipient: b@two.test\n" in whole
    assert f"\n*** MESSAGE CONTENTS deferred/{one} ***\nReceived: " in whole
    assert whole.endswith(f"\n\n.body\n*** HEADER EXTRACTED deferred/{one} ***\n*** MESSAGE FILE END deferred/{one} ***\n")
    assert tool(instance, "postcat", "-qb", one).stdout == "\n.body\n"
    header = tool(instance, "postcat", "-qh", one).stdout
    assert header.startswith("Received: ") and "\nSubject: first\n" in header and not header.endswith("\n\n")
    assert tool(instance, "postcat", "-q", "-b", "-h", one).stdout == header + "\n.body\n"
    assert "*** MESSAGE CONTENTS" in tool(instance, "postcat", "-qe", one).stdout


def test_qshape(instance):
    lines = tool(instance, "qshape", "deferred").stdout.splitlines()
    assert lines[0].split() == ["T", "5", "10", "20", "40", "80", "160", "320", "640", "1280", "1280+"]
    assert [line.split()[:3] for line in lines[1:3]] == [["TOTAL", "4", "4"], ["one.test", "2", "2"]]
    assert all(len(line) == 80 for line in lines)


def test_requeued_mail_has_a_new_id_and_loses_nothing(instance):
    old = queue_id(instance, "a@one.test")
    assert tool(instance, "postsuper", "-r", old).stderr == f"postsuper: {old}: requeued\npostsuper: Requeued: 1 message\n"
    new = instance.wait_for_log(rf"pickup\[\d+\]: (\w+): uid=\d+ from=<s@example\.test> orig_id={old}")[0]
    wait_until(lambda: len(queue(instance)) == 3 and queue_id(instance, "a@one.test") == new, "the same mail under a new ID")
    text = tool(instance, "postcat", "-q", new).stdout
    assert "\nrecipient: b@two.test\n" in text and text.count("Received: ") == 2 and "\n\n.body\n" in text


def test_while_the_system_is_stopped(instance):
    instance.stop()
    result = tool(instance, "postqueue", "-p")
    assert result.returncode == 0 and "in 3 Requests." in result.stdout
    assert result.stderr.startswith("postqueue: warning: Mail system is down -- accessing queue directly")
    assert tool(instance, "postqueue", "-f").returncode == 69
    assert "Cannot flush mail queue - mail system is down" in tool(instance, "postqueue", "-f").stderr
    one = json.loads(tool(instance, "postqueue", "-j").stdout.splitlines()[0])["queue_id"]
    assert f"{one}: placed on hold" in tool(instance, "postsuper", "-h", one).stderr
    assert instance.martlet("queue", "count", "state=hold").stdout == "1\n"
    assert instance.martlet("queue", "delete", "sender=<>").stdout.endswith("1 message removed\n")
    assert instance.martlet("queue", "verify").stdout.endswith("everything agrees\n")
    instance.start()
    listing = instance.wait_for_deferred(2)
    assert re.search(rf"^{one}! ", listing, re.M)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_what_others_may(launch):
    instance = launch(f"relayhost = [127.0.0.1]:{free_port()}", "authorized_mailq_users = root", "authorized_flush_users = root")
    for arguments, verb in ((["-p"], "view"), (["-j"], "view"), (["-f"], "flush"), (["-i", "ABC"], "flush"), (["-s", "x.test"], "flush")):
        result = tool(instance, "postqueue", *arguments, **STRANGER)
        assert (result.returncode, result.stdout) == (69, "")
        assert f"is not allowed to {verb} the mail queue" in result.stderr
    assert tool(instance, "postqueue", "-p", user=0, group=0).stdout == "Mail queue is empty\n"
    result = tool(instance, "postsuper", "-d", "ALL", **STRANGER)
    assert (result.returncode, result.stderr) == (1, "postsuper: fatal: use of this command is reserved for the superuser\n")
    result = instance.run("martlet", "-c", str(instance.conf), "queue", "hold", "--all", **STRANGER)
    assert result.returncode == 77 and "only root and the owner of the mail system" in result.stderr
    assert tool(instance, "postcat", "-q", "ABC", **STRANGER).returncode == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_everybody_may_look_and_flush_by_default(instance):
    assert "in 3 Requests." in tool(instance, "postqueue", "-p", **STRANGER).stdout
    assert tool(instance, "postqueue", "-f", **STRANGER).returncode == 0


def test_filters(instance):
    def martlet(*words):
        return instance.martlet("queue", *words).stdout

    assert martlet("count") == "3\n" and martlet("count", "domain=one.test") == "2\n"
    assert martlet("count", "domain=one.test", "recipient=b@two.test") == "0\n"
    assert martlet("count", "reason~refused", "age<1h", "size>10", "state=deferred") == "3\n"
    assert martlet("count", "--json", "sender!=<>") == '{"count": 2}\n'
    assert martlet("hold", "domain=one.test", "--dry-run").endswith("2 messages would be placed on hold\n")
    assert martlet("count", "state=hold") == "0\n"
    result = json.loads(martlet("hold", "domain=one.test", "--json"))
    assert result["count"] == 2 and len(result["queue_ids"]) == 2
    assert martlet("count", "state=hold") == "2\n"
    assert martlet("release", "--all", "-q") == "2 messages released from hold\n"
    for words in (["delete"], ["delete", "--all", "domain=x"], ["delete", "age=1"], ["hold", "colour=red"], ["undelete"]):
        assert instance.martlet("queue", *words, check=False).returncode == 64


def test_deleted_mail_can_be_restored_and_purged(instance):
    one = queue_id(instance, "c@one.test")
    instance.martlet("queue", "delete", f"id={one}")
    assert "c@one.test" not in queue(instance)
    assert one in instance.martlet("queue", "list", "state=deleted").stdout
    instance.stop()
    instance.start()
    assert instance.martlet("queue", "undelete", "--all").stdout == f"{one}: restored\n1 message restored\n"
    instance.wait_for_deferred(3)
    instance.martlet("queue", "delete", f"id={one}", "--purge")
    assert instance.martlet("queue", "undelete", "--all").stdout == "0 messages restored\n"
    segments = b"".join(path.read_bytes() for path in (instance.root / "spool" / "segments").glob("*.seg"))
    assert b"Subject: second" not in segments and b"Subject: third" in segments
    assert instance.martlet("queue", "verify").stdout.endswith("everything agrees\n")


def test_a_reader_that_goes_away(instance):
    command = f"{instance.programs}/postqueue -c {instance.conf} -p | head -1"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30, **unprivileged())
    assert result.stdout.startswith("----Queue ID-----") and result.stderr == ""
    assert "cannot be listed" not in instance.log()


def test_verify_finds_damage_and_rebuild_mends_the_index(instance):
    assert instance.martlet("queue", "rebuild").stdout == "the index was rebuilt\n"
    assert "the queue index was rebuilt" in instance.log()
    wait_until(lambda: "3 Requests" in instance.mailq(), "all messages in the new index")
    result = json.loads(instance.martlet("queue", "verify", "--json").stdout)
    assert result["problems"] == [] and result["messages"] == 3
    instance.stop()
    segments = [path for path in (instance.root / "spool" / "segments").glob("*.seg") if b"Subject: second" in path.read_bytes()]
    data = bytearray(segments[0].read_bytes())
    data[data.index(b"Subject: second") + 9] ^= 1
    segments[0].write_bytes(data)
    result = instance.martlet("queue", "verify", check=False)
    assert result.returncode == 1 and "fails its checksum" in result.stdout, result.stdout
    (instance.root / "spool" / "index" / "data.mdb").unlink()
    assert instance.martlet("queue", "verify", check=False).returncode == 1
    assert instance.martlet("queue", "rebuild").returncode == 0


def test_messages_move_to_another_spool(instance, launch):
    instance.martlet("queue", "hold", "--all")
    old = queue(instance)
    exported = instance.run("martlet", "-c", str(instance.conf), "queue", "export", text=False).stdout
    assert exported.startswith(b"MARTLET-QUEUE 1\n") and exported.endswith(b"END 3\n")
    other = launch()

    def take(data):
        return other.run("martlet", "-c", str(other.conf), "queue", "import", input=data, text=False)

    for damaged in (exported[:-30], exported.replace(b"Subject: second", b"Subject: sECOND"), b"x" + exported, b""):
        assert take(damaged).returncode == 65
    other.martlet("queue", "delete", "--all")
    assert take(exported).stdout == b"3 taken, 0 were in the queue already, 0 refused\n"
    assert take(exported).stdout == b"0 taken, 3 were in the queue already, 0 refused\n"
    new = queue(other)
    assert {key: (entry["queue_id"], entry["arrival_time"], entry["queue_name"]) for key, entry in new.items()} == {
        key: (entry["queue_id"], entry["arrival_time"], "hold") for key, entry in old.items()
    }
    one = new["a@one.test"]["queue_id"]
    assert tool(other, "postcat", "-qbh", one).stdout == tool(instance, "postcat", "-qbh", one).stdout


# --- beside Postfix


@contextlib.contextmanager
def postfix(relay):
    """A private Postfix with the same settings."""
    with temporary_directory() as root:
        conf = root / "conf"
        port = free_port()
        for name in ("conf", "spool", "data"):
            (root / name).mkdir()
        shutil.chown(root / "data", "postfix")
        shutil.copy("/usr/share/postfix/master.cf.dist", conf / "master.cf")
        for name in ("postfix-files", "post-install", "postfix-script", "dynamicmaps.cf"):
            shutil.copy(f"/etc/postfix/{name}", conf / name)
        (conf / "main.cf").write_text(
            f"compatibility_level = 3.6\nqueue_directory = {root}/spool\ndata_directory = {root}/data\n"
            "myhostname = mx.example.test\nmydestination = example.test\nmynetworks = 127.0.0.0/8\ninet_interfaces = 127.0.0.1\n"
            f"inet_protocols = ipv4\nalias_maps =\nalias_database =\nrelayhost = [127.0.0.1]:{relay}\n"
            f"enable_long_queue_ids = yes\nmaillog_file = {root}/mail.log\nmaillog_file_prefixes = /tmp\n"
        )
        lines = [line for line in (conf / "master.cf").read_text().splitlines() if not re.match(r"smtp\s+inet", line)]
        (conf / "master.cf").write_text("\n".join(lines + [f"127.0.0.1:{port} inet n - n - - smtpd"]) + "\n")
        run = lambda *command, **options: subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
        run("postconf", "-c", conf, "-F", "*/*/chroot=n")
        started = run("postfix", "-c", conf, "start")
        assert started.returncode == 0, started.stderr
        try:
            yield port, lambda name, *arguments, **options: run(f"/usr/sbin/{name}", "-c", str(conf), *arguments, **options)
        finally:
            run("postfix", "-c", conf, "stop")


def normal(text, names):
    """With names in the place of queue IDs, and without what must differ: times, sizes, places."""
    for name, identity in names.items():
        text = text.replace(identity.ljust(18), f"<{name}>".ljust(18)).replace(identity, f"<{name}>")
    text = re.sub(r"(?m)(!#|!|#|\*| )  *\d+ \w\w\w \w\w\w [ \d]\d \d\d:\d\d:\d\d ", r"\1 SIZE DATE ", text)
    # Some of Postfix's commands give the path by which they were called.
    text = text.replace("/usr/sbin/", "")
    text = re.sub(r'"(arrival_time|message_size)": \d+', r'"\1": N', text)
    return re.sub(r"-- \d+ Kbytes", "-- N Kbytes", text)


@pytest.mark.skipif(
    os.geteuid() != 0 or not os.path.exists("/usr/share/postfix/master.cf.dist"), reason="needs root and an installed Postfix"
)
def test_the_same_as_postfix(launch):
    relay = free_port()
    instance = launch(f"relayhost = [127.0.0.1]:{relay}")
    with postfix(relay) as (port, theirs):
        ours = lambda name, *arguments, **options: tool(instance, name, *arguments, **options)
        answers = {}
        for name, port, ask in (("theirs", port, theirs), ("ours", instance.port, ours)):
            with smtplib.SMTP("127.0.0.1", port) as client:
                client.sendmail("s@example.test", ["a@one.test", "b@two.test"], "Subject: x\r\n\r\nbody\r\n")
            wait_until(lambda: ask("postqueue", "-j").stdout.count("delay_reason") == 2, f"a deferred message ({name})")
            identity = json.loads(ask("postqueue", "-j").stdout)["queue_id"]
            names = {"one": identity}
            found = []
            for command, *arguments in (
                ["postqueue", "-p"], ["postqueue", "-j"], ["postsuper", "-h", identity], ["postqueue", "-p"], ["postqueue", "-j"],
                ["postsuper", "-h", identity], ["postsuper", "-e", identity], ["postqueue", "-p"],
                ["postsuper", "-h", "ALL"], ["postsuper", "-h", "ALL", "-H", "NOSUCH", "-e", "ALL", "-f", "NOSUCH", "hold"],
                ["postcat", "-qb", identity], ["postcat", "-q", "NOSUCH"], ["postqueue", "-i", "NOSUCH"], ["postsuper", "-d", "a b"],
                ["postsuper", "-d", identity, "-r", identity], ["postqueue", "-p"], ["postqueue", "-j"], ["postqueue", "-x"],
            ):
                result = ask(command, *arguments)
                found.append((command, tuple(arguments[:1]), result.returncode, normal(result.stdout, names), normal(result.stderr, names)))
            answers[name] = found
        for ours_, theirs_ in zip(answers["ours"], answers["theirs"]):
            assert ours_ == theirs_


@pytest.mark.skipif(not os.path.exists("/usr/sbin/postqueue") or os.geteuid() != 0, reason="needs root and an installed Postfix")
def test_postfixs_own_postqueue_reads_our_showq(instance):
    with temporary_directory() as conf:
        shutil.copy("/etc/postfix/master.cf", conf / "master.cf")
        (conf / "main.cf").write_text(
            f"compatibility_level = 3.6\nqueue_directory = {instance.root}/spool\ninet_protocols = ipv4\nenable_long_queue_ids = yes\n"
        )
        for option in ("-p", "-j"):
            theirs = subprocess.run(["/usr/sbin/postqueue", "-c", conf, option], capture_output=True, text=True, timeout=30)
            assert theirs.returncode == 0, theirs.stderr
            assert theirs.stdout == tool(instance, "postqueue", option).stdout
