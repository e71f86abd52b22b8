"""What strangers send: refused with the right reply, and the server lives on."""
import pytest

from instance import wait_until


@pytest.fixture
def instance(launch):
    return launch("message_size_limit = 20000", "smtpd_timeout = 5s")


def still_serves(instance):
    with instance.connect() as client:
        client.script(("EHLO x.test", "250"), ("QUIT", "221"))


@pytest.mark.parametrize(
    "steps",
    [
        [("DATA", "503 5.5.1")],
        [("EHLO x", "250"), ("RCPT TO:<a@b.test>", "503 5.5.1")],
        [("EHLO x", "250"), ("DATA", "503 5.5.1")],
        [("EHLO x", "250"), ("MAIL FROM:<a@b.test>", "250"), ("MAIL FROM:<a@b.test>", "503 5.5.1")],
        [("EHLO x", "250"), ("MAIL FROM:<a@b.test>", "250"), ("DATA", "5")],
        [("EHLO x", "250"), ("XYZZY", "50")],
        [("EHLO x", "250"), ("VRFY postmaster", "252")],
        [("EHLO x", "250"), ("MAIL FROM:<a@b.test> SIZE=999999999", "552 5.3.4")],
        [("EHLO x", "250"), ("MAIL FROM:<a b@c>", "5")],
        [("EHLO x", "250"), (b"MAIL FROM:<a\0b@c.test>\r\n", "5")],
        [("NOOP " + "x" * 5000, "5"), ("NOOP", "250")],
        [("HELP", "214"), ("RSET", "250"), ("NOOP", "250")],
    ],
)
def test_dialogues(instance, steps):
    with instance.connect() as client:
        client.script(*steps)
    still_serves(instance)


def test_too_much_data_is_refused_at_its_end(instance):
    with instance.connect() as client:
        client.script(("EHLO x", "250"), ("MAIL FROM:<a@b.test>", "250"), (f"RCPT TO:<{instance.user}@example.test>", "250"), ("DATA", "354"))
        client.send(b"x" * 70 + b"\r\n")
        for _ in range(400):
            client.send(b"x" * 70 + b"\r\n")
        assert client.say(".").startswith("552 5.3.4")
        assert client.say("NOOP").startswith("250")


def test_only_crlf_dot_crlf_ends_data(instance):
    with instance.connect() as client:
        client.script(("EHLO x", "250"), ("MAIL FROM:<a@b.test>", "250"), (f"RCPT TO:<{instance.user}@example.test>", "250"), ("DATA", "354"))
        client.send(b"Subject: smuggled\r\n\r\none\n.\nMAIL FROM:<evil@b.test>\r\n\n.\r\ntwo\r.\rthree\r\n")
        reply = client.say(".")
    if reply.startswith("250"):
        text = instance.wait_for_mail()[0]
        assert "MAIL FROM:<evil@b.test>" in text
    else:
        assert reply.startswith("5")
    assert "evil@b.test>, size" not in instance.log()
    still_serves(instance)


def test_a_client_that_vanishes_at_any_byte(instance):
    whole = f"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<{instance.user}@example.test>\r\nDATA\r\nSubject: x\r\n\r\nbody\r\n.\r\n".encode()
    for end in range(0, len(whole) - 3, 7):
        with instance.connect() as client:
            client.send(whole[:end])
    still_serves(instance)
    instance.wait_for_empty_queue()


def test_a_whole_session_in_one_packet(instance):
    with instance.connect() as client:
        client.send(
            f"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<{instance.user}@example.test>\r\nDATA\r\n".encode()
        )
        assert [client.reply()[:3] for _ in range(4)] == ["250", "250", "250", "354"]
        client.send("Subject: packed\r\n\r\nbody\r\n.\r\nQUIT\r\n")
        assert client.reply().startswith("250 2.0.0 Ok: queued as ")
        assert client.reply().startswith("221")
    instance.wait_for_mail()


def test_silence_ends_with_421(instance):
    with instance.connect() as client:
        assert client.reply().startswith("421 4.4.2")


def test_a_mail_loop_ends(instance):
    with instance.connect() as client:
        client.script(("EHLO x", "250"), ("MAIL FROM:<>", "250"), (f"RCPT TO:<{instance.user}@example.test>", "250"), ("DATA", "354"))
        client.send(b"Received: from a by b; Thu, 1 Jan 1970 00:00:00 +0000\r\n" * 60 + b"Subject: loop\r\n\r\nbody\r\n")
        assert client.say(".").startswith("554 5.4.0 Error: too many hops")


def test_a_list_of_50000_recipients(launch):
    instance = launch("smtpd_recipient_limit = 60000", "default_transport = discard:", "smtpd_recipient_overshoot_limit = 60000")
    with instance.connect() as client:
        client.script(("EHLO x", "250"), ("MAIL FROM:<a@b.test>", "250"))
        for start in range(0, 50000, 1000):
            client.send("".join(f"RCPT TO:<u{n}@remote.test>\r\n" for n in range(start, start + 1000)))
            assert all(client.reply().startswith("250") for _ in range(1000))
        client.script(("DATA", "354"), ("Subject: list\r\n\r\nbody\r\n.", "250"))
    wait_until(lambda: instance.log().count("status=sent") >= 50000, "50,000 deliveries", 120)
    instance.wait_for_empty_queue()
