"""A full disk: refused with 452 before anything is lost, and taken again when there is space."""
import contextlib
import os
import smtplib
import subprocess

import pytest

from instance import wait_until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")


@contextlib.contextmanager
def small_disk(path, megabytes):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755,uid=65534,gid=65534", "tmpfs", path], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def accepts(instance):
    with smtplib.SMTP("127.0.0.1", instance.port) as client:
        try:
            client.sendmail("s@example.test", ["r@remote.test"], "Subject: y\r\n\r\nafter\r\n")
            return True
        except smtplib.SMTPException:
            return False


def test_full_and_well_again(launch):
    instance = launch("default_transport = discard:", "message_size_limit = 1000000", begin=False)
    spool = instance.root / "spool"
    with small_disk(spool, 192):
        instance.start()
        with instance.connect() as client:
            client.script(("EHLO x", "250"), ("QUIT", "221"))
        filler = spool / "filler"
        subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=1M"], capture_output=True)
        refused = None
        with smtplib.SMTP("127.0.0.1", instance.port) as client:
            for _ in range(400):
                try:
                    client.sendmail("s@example.test", ["r@remote.test"], "Subject: x\r\n\r\n" + "x" * 60 + "\r\n" * 300000)
                except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused) as error:
                    refused = error
                    break
        assert refused is not None, "a full disk refuses sooner or later"
        assert "452" in str(refused) or "451" in str(refused), refused
        filler.unlink()
        wait_until(lambda: accepts(instance), "mail is taken again")
        instance.wait_for_empty_queue()
        instance.stop()
