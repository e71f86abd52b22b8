"""Under load: reloads drop nobody, a stop is quick, and mail that comes faster than it goes costs no memory."""
import contextlib
import os
import subprocess
import time
from pathlib import Path

from instance import wait_until


@contextlib.contextmanager
def source(instance, *options):
    """smtp-source until the end of the block; it ends by itself, with a failure, at the first broken session."""
    process = subprocess.Popen(
        ["smtp-source", *options, "-f", "s@remote.test", "-t", "r@elsewhere.test", f"127.0.0.1:{instance.port}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def workers(instance):
    """{pid: program} of an instance."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if str(instance.conf) in words:
                    found[int(entry.name)] = os.path.basename(os.readlink(entry / "exe").removesuffix(" (deleted)"))
    return found


def resident(pid):
    """Anonymous memory of a process in KiB: file pages (program text, the index's map) come and go as the kernel likes."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    return 0


def test_twenty_reloads_break_no_session(launch, sink):
    # A session that is kept open gets 421 between two messages at a reload, which smtp-source takes for a failure.
    target = sink()
    instance = launch(f"relayhost = [127.0.0.1]:{target.port}")
    with source(instance, "-s", "20", "-m", "1000000", "-l", "2000") as client:
        wait_until(lambda: target.messages() > 50, "mail flows")
        for count in range(1, 21):
            instance.martlet("reload")
            instance.wait_for_log("reload -- version", count)
            before = target.messages()
            wait_until(lambda: target.messages() > before + 20 or client.poll() is not None, "mail flows on")
            assert client.poll() is None, client.stderr.read()
    assert "transport failure" not in instance.log()
    assert "throttling" not in instance.log()


def test_stop_is_quick_under_load(launch, sink):
    target = sink("-w", "1")
    instance = launch(f"relayhost = [127.0.0.1]:{target.port}")
    with source(instance, "-s", "20", "-m", "1000000", "-l", "20000"):
        wait_until(lambda: instance.log().count("queue active") > 200, "mail comes")
        began = time.monotonic()
        instance.martlet("stop")
        assert time.monotonic() - began < 5
        assert workers(instance) == {}
    assert "does not end" not in instance.log()
