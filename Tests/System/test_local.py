"""Mail for users of this host: accepted, delivered, read with other people's programs; refused or returned when it cannot be."""
import mailbox
import smtplib
import subprocess


def test_swaks_to_a_maildir_read_by_mutt(launch):
    instance = launch()
    subprocess.run(
        ["swaks", "--server", f"127.0.0.1:{instance.port}", "--from", "s@remote.test", "--to", f"{instance.user}@example.test",
         "--header", "Subject: for mutt"],
        check=True, capture_output=True, timeout=30,
    )
    text = instance.wait_for_mail()[0]
    assert text.startswith("Return-Path: <s@remote.test>\n")
    assert f"Delivered-To: {instance.user}@example.test\n" in text
    assert "\r" not in text
    folder = instance.mail / instance.user
    shown = subprocess.run(
        ["mutt", "-n", "-F", "/dev/null", "-R", "-f", str(folder), "-e", "set sort=date index_format='SUBJECT %s' wait_key=no",
         "-e", "push <quit>"],
        capture_output=True, timeout=30, text=True, env={"TERM": "dumb", "HOME": "/tmp", "PATH": "/usr/bin:/bin"},
    )
    box = mailbox.Maildir(str(folder), create=False)
    assert [message["Subject"] for message in box] == ["for mutt"], shown.stderr


def test_unknown_user_is_refused_at_rcpt(launch):
    instance = launch()
    with instance.connect() as client:
        client.script(
            ("EHLO client.test", "250"),
            ("MAIL FROM:<s@remote.test>", "250 2.1.0"),
            ("RCPT TO:<no-such-user@example.test>", "550 5.1.1 <no-such-user@example.test>: Recipient address rejected: User unknown in local recipient table"),
            ("RCPT TO:<x@elsewhere.test>", "2"),
            ("QUIT", "221"),
        )


def test_relay_is_closed_for_strangers(launch):
    instance = launch("mynetworks = 192.0.2.0/24")
    with instance.connect() as client:
        client.script(
            ("EHLO client.test", "250"),
            ("MAIL FROM:<s@remote.test>", "250"),
            ("RCPT TO:<x@elsewhere.test>", "454 4.7.1 <x@elsewhere.test>: Relay access denied"),
            ("RCPT TO:<x%elsewhere.test@example.test>", "454 4.7.1"),
            (f"RCPT TO:<{instance.user}@example.test>", "250"),
        )


def test_mbox_and_aliases(launch):
    instance = launch(begin=False)
    aliases = instance.conf / "aliases"
    aliases.write_text(f"postmaster: {instance.user}\nteam: {instance.user}, postmaster\n")
    (instance.conf / "main.cf").write_text(
        (instance.conf / "main.cf").read_text()
        + f"alias_maps = hash:{aliases}\nalias_database = hash:{aliases}\nmail_spool_directory = {instance.mail}\n"
    )
    assert instance.run("sendmail", "-C", str(instance.conf), "-bi").returncode == 0
    instance.start()
    with smtplib.SMTP("127.0.0.1", instance.port) as client:
        client.sendmail("s@remote.test", ["team@example.test"], "Subject: one\r\n\r\nFrom the start\r\nbody\r\n")
    instance.wait_for_log(r"status=sent \(delivered to mailbox\)")
    instance.wait_for_empty_queue()
    box = mailbox.mbox(str(instance.mail / instance.user))
    assert [message["Subject"] for message in box] == ["one"]
    assert ">From the start" in (instance.mail / instance.user).read_text()


def test_mail_that_fails_comes_back_to_its_sender(launch):
    instance = launch("local_recipient_maps =")
    with smtplib.SMTP("127.0.0.1", instance.port) as client:
        client.sendmail(f"{instance.user}@example.test", ["missing@example.test"], "Subject: lost\r\n\r\nbody\r\n")
    report = instance.wait_for_mail()[0]
    assert report.startswith("Return-Path: <>\n")
    assert "Content-Type: multipart/report; report-type=delivery-status" in report
    assert "Final-Recipient: rfc822; missing@example.test" in report
    assert "Action: failed" in report and "Status: 5.1.1" in report
    assert "Subject: lost" in report
    instance.wait_for_log(r"sender non-delivery notification: \w+")
    instance.wait_for_empty_queue()
