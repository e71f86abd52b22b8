#!/usr/bin/python3
"""Kills every program of an instance again and again under load, and counts what arrived.

    torture.py [--seconds N] [--seed N] [--sessions N] [--keep]

Rounds alternate: in a gentle one only qmgr, master, bounce, pickup and showq are killed, and nothing that was sent once may arrive
twice; in a hard one everything is killed, and what a killed agent had in its hands may. After each round the queue is drained and the
ledger printed. Exit status: 0 when everything that was answered with 250 arrived, and arrived once; else 1.
"""
import argparse
import os
import random
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
os.environ.setdefault("MARTLET_PROGRAMS", str(HERE.parents[1] / ".build/debug"))
sys.path[:0] = [str(HERE), str(HERE.parent / "System")]

from instance import Instance, free_port, stage_programs, temporary_directory, user_name, wait_until  # noqa: E402
from ledger import Ledger  # noqa: E402
from plan import Plan  # noqa: E402
from sender import Sender  # noqa: E402
from violence import Violence, events  # noqa: E402

ROUND = 50.0
DRAIN = 120.0


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


class Torture:
    def __init__(self, root, options):
        self.root, self.options = root, options
        ports = {mood: free_port() for mood in ("steady", "moody", "slow")}
        self.control = root / "control"
        self.control.write_text("")
        self.sink_log = root / "sink.log"
        self.sink = subprocess.Popen(
            [sys.executable, str(HERE / "sink.py"), self.sink_log, self.control, *(f"{port}:{mood}" for mood, port in ports.items())]
        )
        user = user_name()
        maps = ", ".join(f"{mood}.test=smtp:[127.0.0.1]:{port}" for mood, port in ports.items())
        settings = [
            f"transport_maps = inline:{{ {maps} }}",
            f"alias_maps = inline:{{ {{ team = {user}, team1@steady.test, team2@moody.test }} }}",
            "local_recipient_maps =",
            "recipient_delimiter = +",
            "minimal_backoff_time = 1s",
            "maximal_backoff_time = 2s",
            "queue_run_delay = 1s",
            "transport_retry_time = 1s",
            "service_throttle_time = 1s",
            "smtp_tls_security_level = none",
        ]
        self.instance = Instance(stage_programs(root), root, settings)
        self.plan = Plan(options.seed, user)
        self.ledger = Ledger(self.plan, self.sink_log, self.instance.mail / user, self.instance.log_file)
        sendmail = [str(self.instance.programs / "sendmail"), "-C", str(self.instance.conf)]
        self.sender = Sender(self.plan, self.instance.port, sendmail, options.sessions, options.pause)
        self.violence = Violence(self.instance, say)

    def run(self):
        wait_until(self.sink_listens, "the sink listens")
        self.instance.start()
        self.sender.start()
        end = time.monotonic() + self.options.seconds
        modes = [self.options.mode] if self.options.mode else ["gentle", "hard"]
        orders = {mode: events(self.options.seed, mode) for mode in modes}
        length = min(ROUND, max(5.0, (self.options.seconds - 20) / len(modes)))
        number, good = 0, True
        while good and (number < len(modes) or time.monotonic() < end):
            good = self.round(number, modes[number % len(modes)], orders, length)
            number += 1
        return good

    def round(self, number, mode, orders, length):
        say(f"round {number + 1}, {mode}")
        self.control.write_text("")
        self.sender.running.set()
        end = time.monotonic() + length
        for pause, what in orders[mode]:
            time.sleep(pause)
            if time.monotonic() > end:
                break
            self.violence.do(what)
        self.ledger.killed_agents.update(self.violence.killed_agents)
        began = time.monotonic()
        is_drained = self.drain()
        self.ledger.look(self.sender.answered)
        verdict = self.ledger.verdict(self.sender.answered)
        for refusal in self.sender.refused[:20]:
            say(f"REFUSED: {refusal}")
        say(f"drained in {time.monotonic() - began:.1f} s" if is_drained else "NOT DRAINED: mail is left in the queue")
        print(verdict.text(), flush=True)
        return is_drained and verdict.is_good and not self.sender.refused

    def drain(self):
        """Calm: everything is answered, everything arrives, the queue is empty."""
        self.control.write_text("calm")
        self.violence.start()
        if not self.sender.drain(60):
            say("messages are not answered")
            return False
        end = time.monotonic() + DRAIN
        while time.monotonic() < end:
            self.ledger.look(self.sender.answered)
            missing = self.ledger.missing(self.sender.answered)
            queue = self.instance.martlet("queue", "list", check=False).stdout
            if not missing and "Mail queue is empty" in queue:
                # Whatever would come twice may be on its way.
                time.sleep(1)
                self.ledger.look(self.sender.answered)
                return True
            if missing and "Mail queue is empty" in queue:
                # Delivered within this look, or lost.
                self.ledger.look(self.sender.answered)
                if self.ledger.missing(self.sender.answered):
                    time.sleep(1)
                    self.ledger.look(self.sender.answered)
                    if self.ledger.missing(self.sender.answered) and "empty" in self.instance.martlet("queue", "list").stdout:
                        return True
            self.instance.martlet("flush", check=False)
            time.sleep(0.5)
        print(queue[-3000:])
        return False

    def sink_listens(self):
        port = int(self.sink.args[-1].split(":")[0])
        try:
            import socket

            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            return False

    def close(self):
        self.sender.ended = True
        self.instance.stop()
        self.violence.kill(set(self.violence.processes().values()))
        self.sink.kill()
        self.sink.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--sessions", type=int, default=12)
    parser.add_argument("--pause", type=float, default=0.05, help="seconds that a session rests after each message")
    parser.add_argument("--mode", choices=("gentle", "hard"))
    parser.add_argument("--keep", metavar="DIRECTORY", help="copy the log there")
    options = parser.parse_args()
    say(f"seed {options.seed}, {options.seconds:.0f} s")
    with temporary_directory() as root:
        torture = Torture(root, options)
        good = False
        try:
            good = torture.run()
        finally:
            torture.close()
            if options.keep or not good:
                keep = Path(options.keep or f"{root}.kept")
                keep.mkdir(parents=True, exist_ok=True)
                for path in (torture.instance.log_file, torture.sink_log):
                    if path.exists():
                        (keep / path.name).write_bytes(path.read_bytes())
                say(f"logs are in {keep}")
        troubles = sorted(torture.sender.troubles.items(), key=lambda entry: -entry[1])[:12]
        say("done to it: " + ", ".join(f"{what} {count}" for what, count in sorted(torture.violence.done.items())))
        for text, count in troubles:
            say(f"clients saw {count} times: {text}")
        say(f"{'GOOD' if good else 'BAD'}, seed {options.seed}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
