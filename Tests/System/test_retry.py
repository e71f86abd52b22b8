"""The next hop is away: the reason is shown, and the mail goes out when it is back."""
import smtplib

from instance import free_port, wait_until


def send(instance, recipient="r@remote.test", text="Subject: x\r\n\r\nbody\r\n"):
    with smtplib.SMTP("127.0.0.1", instance.port) as client:
        client.sendmail("s@example.test", [recipient], text)


def test_stopped_next_hop_is_shown_and_flushed(launch, sink):
    port = free_port()
    instance = launch(f"relayhost = [127.0.0.1]:{port}")
    send(instance)
    instance.wait_for_log(r"status=deferred \(connect to 127\.0\.0\.1\[127\.0\.0\.1\]:\d+: Connection refused\)")
    listing = instance.wait_for_deferred()
    assert "Connection refused)" in listing and "r@remote.test" in listing and "1 Request." in listing
    target = sink(port=port)
    instance.martlet("flush")
    wait_until(lambda: target.messages() == 1, "the message at the sink")
    instance.wait_for_empty_queue()


def test_deferred_mail_survives_a_restart_and_a_kill(launch, sink):
    port = free_port()
    instance = launch(f"relayhost = [127.0.0.1]:{port}")
    for _ in range(20):
        send(instance)
    instance.wait_for_log("status=deferred", 20)
    instance.stop()
    instance.start()
    instance.wait_for_deferred(20)
    target = sink(port=port)
    instance.martlet("flush")
    wait_until(lambda: target.messages() == 20, "all at the sink")
    instance.wait_for_empty_queue()


def test_too_old_is_returned(launch):
    port = free_port()
    instance = launch(
        f"relayhost = [127.0.0.1]:{port}", "maximal_queue_lifetime = 0", "minimal_backoff_time = 1s", "maximal_backoff_time = 1s",
        "queue_run_delay = 1s",
    )
    with smtplib.SMTP("127.0.0.1", instance.port) as client:
        client.sendmail(f"{instance.user}@example.test", ["r@remote.test"], "Subject: x\r\n\r\nbody\r\n")
    report = instance.wait_for_mail()[0]
    assert "r@remote.test" in report and "Connection refused" in report
    instance.wait_for_empty_queue()
