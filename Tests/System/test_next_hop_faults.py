"""A next hop that refuses, hangs, or closes in the middle of any command: the mail stays, and goes out when the hop is well."""
import smtplib
import socket
import threading

import pytest

from instance import wait_until

STAGES = ["banner", "EHLO", "MAIL", "RCPT", "DATA", "content", "QUIT"]


class Scripted:
    """An SMTP server that misbehaves at one stage until it is mended, and keeps what it accepts."""

    def __init__(self, stage, fault):
        self.stage, self.fault = stage, fault
        self.accepted = []
        self.tries = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.session, args=(client,), daemon=True).start()

    def misbehaves(self, client, stage):
        """Carries out the fault of this stage; true when the session is over."""
        if stage != self.stage or self.fault is None:
            return False
        self.tries += 1
        if self.fault == "close":
            client.shutdown(socket.SHUT_RDWR)
            return True
        if self.fault == "hang":
            client.recv(1)
            return True
        client.sendall(self.fault.encode() + b"\r\n")
        return False

    def session(self, client):
        with client, client.makefile("rb") as lines:
            try:
                self.dialogue(client, lines)
            except (OSError, ValueError):
                pass

    def dialogue(self, client, lines):
        if self.misbehaves(client, "banner"):
            return
        client.sendall(b"220 hop.test ESMTP\r\n")
        refused = False
        for line in lines:
            verb = line.split()[0].decode().upper().replace("HELO", "EHLO")
            if verb in ("EHLO", "MAIL", "RSET"):
                refused = False
            if verb in ("RCPT", "DATA") and refused:
                client.sendall(b"503 5.5.1 after a refusal\r\n")
                continue
            if verb in STAGES and self.misbehaves(client, verb):
                return
            if verb in STAGES and verb == self.stage and self.fault:
                refused = True
                continue
            if verb == "EHLO":
                client.sendall(b"250-hop.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif verb == "DATA":
                client.sendall(b"354 go\r\n")
                content = []
                for part in lines:
                    if part == b".\r\n":
                        break
                    content.append(part)
                if self.misbehaves(client, "content"):
                    return
                if self.stage == "content" and self.fault:
                    continue
                self.accepted.append(b"".join(content))
                client.sendall(b"250 2.0.0 taken\r\n")
            elif verb == "QUIT":
                client.sendall(b"221 bye\r\n")
                return
            else:
                client.sendall(b"250 2.1.0 ok\r\n")

    def close(self):
        self.listener.close()


TIMEOUTS = [f"smtp_{name}_timeout = 2s" for name in "connect helo mail rcpt data_init data_xfer data_done quit rset".split()]


@pytest.mark.parametrize("fault", ["close", "hang", "421 4.3.2 going down", "451 4.3.0 later", "garbage"])
@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "QUIT"])
def test_a_fault_is_temporary(launch, stage, fault):
    hop = Scripted(stage, fault)
    instance = launch(f"relayhost = [127.0.0.1]:{hop.port}", *TIMEOUTS)
    with smtplib.SMTP("127.0.0.1", instance.port) as client:
        client.sendmail("s@example.test", ["r@remote.test"], "Subject: x\r\n\r\nbody\r\n")
    instance.wait_for_log("status=deferred")
    instance.wait_for_deferred()
    assert hop.accepted == [] and "status=bounced" not in instance.log() and "status=sent" not in instance.log()
    hop.fault = None
    instance.martlet("flush")
    wait_until(lambda: len(hop.accepted) == 1, "the message at the mended hop")
    instance.wait_for_empty_queue()
    assert b"\r\nSubject: x\r\n" in hop.accepted[0] and hop.accepted[0].endswith(b"\r\n\r\nbody\r\n")
    hop.close()


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "content"])
def test_a_refusal_is_reported(launch, stage):
    hop = Scripted(stage, "550 5.7.1 not here")
    instance = launch(f"relayhost = [127.0.0.1]:{hop.port}", *TIMEOUTS)
    with smtplib.SMTP("127.0.0.1", instance.port) as client:
        client.sendmail(f"{instance.user}@example.test", ["r@remote.test"], "Subject: x\r\n\r\nbody\r\n")
    report = instance.wait_for_mail()[0]
    assert "550 5.7.1 not here" in report.replace("\n    ", " ") and "Status: 5.7.1" in report
    instance.wait_for_log(r"status=bounced \(host 127\.0\.0\.1\[127\.0\.0\.1\] said: 550 5\.7\.1 not here \(in reply to ")
    instance.wait_for_empty_queue()
    hop.close()


def test_closing_at_quit_is_no_fault(launch):
    hop = Scripted("QUIT", "close")
    instance = launch(f"relayhost = [127.0.0.1]:{hop.port}", *TIMEOUTS)
    with smtplib.SMTP("127.0.0.1", instance.port) as client:
        client.sendmail("s@example.test", ["r@remote.test"], "Subject: x\r\n\r\nbody\r\n")
    instance.wait_for_empty_queue()
    assert len(hop.accepted) == 1
    hop.close()
