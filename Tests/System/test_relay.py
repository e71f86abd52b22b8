"""smtp-source → Martlet → smtp-sink: what is acknowledged arrives, all of it, once."""
import subprocess

import pytest

from instance import wait_until


def source(instance, count, *options):
    subprocess.run(
        ["smtp-source", "-s", "20", "-l", "4096", "-m", str(count), "-f", "s@example.test", "-t", "r@remote.example.test",
         *options, f"127.0.0.1:{instance.port}"],
        check=True, timeout=120, capture_output=True,
    )


@pytest.mark.parametrize("options", [(), ("-d",)], ids=["a connection each", "connections kept"])
def test_counts_are_equal(launch, sink, options):
    target = sink()
    instance = launch("relayhost = [127.0.0.1]:%d" % target.port)
    source(instance, 2000, *options)
    wait_until(lambda: target.messages() >= 2000, "2,000 messages at the sink", 60)
    instance.wait_for_empty_queue()
    assert target.messages() == 2000


def test_the_story_of_a_message_is_logged(launch, sink):
    target = sink()
    instance = launch("relayhost = [127.0.0.1]:%d" % target.port)
    source(instance, 1)
    queue_id = instance.wait_for_log(r"postfix/qmgr\[\d+\]: (\w+): removed")[0]
    story = [line.split("]: ", 1)[1] for line in instance.log().splitlines() if f" {queue_id}: " in line]
    expected = [
        "client=localhost[127.0.0.1]", "message-id=<", "from=<s@example.test>, size=", "to=<r@remote.example.test>, relay=127.0.0.1[127.0.0.1]:",
        "removed",
    ]
    assert len(story) == len(expected), story
    for line, part in zip(story, expected):
        assert part in line, (line, part)
    assert "status=sent (250 2.0.0 Ok)" in story[3] or "status=sent (250 " in story[3]


def test_two_hops_keep_large_content(launch, sink):
    target = sink()
    instance = launch("relayhost = [127.0.0.1]:%d" % target.port)
    subprocess.run(
        ["smtp-source", "-s", "4", "-l", "3000000", "-m", "8", "-f", "s@example.test", "-t", "r@remote.example.test",
         f"127.0.0.1:{instance.port}"],
        check=True, timeout=120, capture_output=True,
    )
    wait_until(lambda: target.messages() >= 8, "8 messages at the sink", 60)
    instance.wait_for_empty_queue()
