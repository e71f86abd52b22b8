"""The sendmail command as its callers use it."""
import pytest


@pytest.mark.parametrize(
    "arguments",
    [("-i", "{user}"), ("-t", "-i"), ("-i", "-f", "other@example.test", "{user}"), ("-FCronDaemon", "-i", "-B8BITMIME", "-oem", "{user}"), ("-oi", "-oem", "--", "{user}")],
    ids=["recipient", "-t", "-f", "cron", "mutt"],
)
def test_callers(launch, arguments):
    instance = launch()
    arguments = [part.format(user=instance.user) for part in arguments]
    result = instance.sendmail(*arguments, text=f"To: {instance.user}\nBcc: {instance.user}\nSubject: hello\n\n.\nbody\n")
    assert result.returncode == 0, result.stderr
    text = instance.wait_for_mail()[0]
    assert "Subject: hello\n" in text and "\nMessage-Id: <" in text and "\nDate: " in text and "\nFrom: " in text
    assert "Bcc:" not in text
    assert text.endswith("\n\n.\nbody\n")
    instance.wait_for_empty_queue()
    assert len(instance.maildir()) == 1


def test_exit_status(launch):
    instance = launch()
    assert instance.sendmail("-i", text="x\n").returncode == 64
    assert instance.sendmail("-t", text="Subject: nobody\n\nx\n").returncode == 64
    assert instance.sendmail("-j", "x", text="x\n").returncode == 64
    assert instance.run("sendmail", "-C", str(instance.conf), "-bp").stdout == "Mail queue is empty\n"


def test_bs_speaks_smtp(launch):
    instance = launch()
    dialogue = f"EHLO me\nMAIL FROM:<s@example.test>\nRCPT TO:<{instance.user}>\nDATA\nSubject: by bs\n\nbody\n.\nQUIT\n".replace("\n", "\r\n")
    result = instance.sendmail("-bs", text=dialogue)
    assert result.returncode == 0 and "\n221 2.0.0 Bye" in result.stdout.replace("\r", "")
    assert "Subject: by bs\n" in instance.wait_for_mail()[0]


def test_nothing_listens(launch):
    instance = launch(begin=False)
    result = instance.sendmail("-i", "x", text="x\n")
    assert result.returncode == 75 and result.stderr
