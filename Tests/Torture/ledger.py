"""What arrived, compared with what was answered."""
import hashlib
import re
from collections import Counter

LINE = re.compile(r"(\d\d):(\d\d):(\d\d) \S+ postfix/\S+?\[(\d+)\]: ([0-9A-Za-z]{6,}): (.*)")
# Seconds from a delivery's log line to its report in the journal, at most: qmgr may be killed several times meanwhile.
REPORTING = 20
LOST = "unknown mail transport error"


class Tail:
    """The lines that were added to a file since the last look."""

    def __init__(self, path):
        self.path, self.position, self.rest = path, 0, b""

    def lines(self):
        try:
            with open(self.path, "rb") as file:
                file.seek(self.position)
                data = file.read()
        except FileNotFoundError:
            return []
        self.position += len(data)
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [line.decode(errors="replace") for line in lines]


class Ledger:
    def __init__(self, plan, sink_log, maildir, mail_log):
        self.plan = plan
        self.sink, self.maildir, self.log = Tail(sink_log), maildir, Tail(mail_log)
        self.arrived = Counter()  # (number, place, recipient)
        self.damaged = []
        self.complaints = []  # lines of the log that no run may have
        self.in_killed_hands = set()  # (number, recipient) that qmgr lost with an agent
        self.sent_by = {}  # (number, recipient) -> (second of the day, process) of those who said so
        self.killed_agents = {}  # process -> second of the day
        self.numbers = {}  # queue ID -> number
        self.pending = []  # log lines about IDs that are not known yet

    # --- looking

    def look(self, answered):
        for line in self.sink.lines():
            _, number, recipient, right = line.split()
            self.arrived[int(number), "sink", recipient] += 1
            if right != "True":
                self.damaged.append(f"message {number} at the sink")
        self.look_into_mailbox()
        for number, answer in answered.items():
            if answer.queue_id:
                self.numbers[answer.queue_id] = number
        self.look_into_log()

    def look_into_mailbox(self):
        new = self.maildir / "new"
        if not new.is_dir():
            return
        for path in new.iterdir():
            data = path.read_bytes()
            path.unlink()
            head, _, body = data.partition(b"\n\n")
            delivered = re.search(rb"^Delivered-To: (\S+)$", head, re.M).group(1).decode()
            match = re.search(rb"^X-Torture: (\d+) (\S+)$", data, re.M)
            if match is None:
                self.damaged.append(f"a message to {delivered} without its number")
                continue
            number = int(match.group(1))
            if head.find(b"Return-Path: <>") >= 0:
                failed = set(re.findall(rb"^Final-Recipient: rfc822; ?(\S+)$", data, re.M))
                for recipient in failed:
                    self.arrived[number, "bounce", recipient.decode()] += 1
                continue
            self.arrived[number, "mailbox", delivered] += 1
            if hashlib.sha256(body.replace(b"\n", b"\r\n")).hexdigest()[:16].encode() != match.group(2):
                self.damaged.append(f"message {number} in the mailbox")

    def look_into_log(self):
        for line in self.log.lines():
            if "panic:" in line or re.search(r"killed by signal (?!9\b)", line) or "Fatal error" in line:
                self.complaints.append(line)
            match = LINE.search(line)
            if not match:
                continue
            hour, minute, second, process, queue_id, text = match.groups()
            process = (int(hour) * 3600 + int(minute) * 60 + int(second), process)
            if child := re.search(r"\(forwarded as (\w+)\)|notification: (\w+)", text):
                self.pending.append((process, queue_id, "child", child.group(1) or child.group(2)))
            if recipient := re.match(r"to=<([^>]*)>", text):
                fate = "lost" if LOST in text else "sent" if "status=sent" in text else None
                if fate:
                    self.pending.append((process, queue_id, fate, recipient.group(1)))
        waiting = self.pending
        while True:
            rest = [entry for entry in waiting if not self.note(*entry)]
            if len(rest) == len(waiting):
                break
            waiting = rest
        self.pending = rest[-100_000:]

    def note(self, process, queue_id, what, subject):
        number = self.numbers.get(queue_id)
        if number is None and (own := re.match(rf"(?:r|bad|{re.escape(self.plan.user)}\+[mb])(\d+)\D", subject)):
            number = int(own.group(1))
            self.numbers[queue_id] = number
        if number is None:
            return False
        if what == "child":
            self.numbers[subject] = number
        elif what == "lost":
            self.in_killed_hands.add((number, subject))
        else:
            self.sent_by.setdefault((number, subject), set()).add(process)
        return True

    # --- judging

    def missing(self, answered):
        """(number, place, recipient) of everything that was answered and has not arrived."""
        found = []
        for number in answered:
            for place, recipient in self.plan.message(number).expected:
                if not self.arrived[number, place, recipient]:
                    found.append((number, place, recipient))
        return found

    def verdict(self, answered):
        lost = self.missing(answered)
        repeated, excused, resent, strange = [], [], 0, []
        for (number, place, recipient), count in self.arrived.items():
            if (place, recipient) not in self.plan.message(number).expected:
                strange.append((number, place, recipient))
            if count == 1:
                continue
            answer = answered.get(number)
            if answer is None or answer.times_sent > 1:
                resent += 1
            elif self.is_excused(number, place, recipient):
                excused.append((number, place, recipient))
            else:
                repeated.append((number, place, recipient, count))
        return Verdict(answered, self, lost, repeated, excused, resent, strange)

    def is_excused(self, number, place, recipient):
        name = f"{self.plan.user}+b{number}@example.test" if place == "bounce" else recipient
        if (number, name) in self.in_killed_hands:
            return True
        # qmgr was away, too, when the agent died, and never heard of it.
        return any(
            process in self.killed_agents and (self.killed_agents[process] - instant) % 86_400 <= REPORTING
            for instant, process in self.sent_by.get((number, name), ())
        )


class Verdict:
    def __init__(self, answered, ledger, lost, repeated, excused, resent, strange):
        self.ledger = ledger
        self.lost, self.repeated, self.strange, self.excused = lost, repeated, strange, excused
        self.lines = [
            f"messages answered          {len(answered)}",
            f"  of them sent once        {sum(answer.times_sent == 1 for answer in answered.values())}",
            f"deliveries counted         {sum(ledger.arrived.values())}",
            f"lost                       {len(lost)}",
            f"repeated                   {len(repeated)}",
            f"repeated after resending   {resent}  (the client had no answer)",
            f"repeated, in killed hands  {len(excused)}  (the agent died between delivery and report)",
            f"never meant                {len(strange)}",
            f"damaged                    {len(ledger.damaged)}",
            f"crashes                    {len(ledger.complaints)}",
        ]

    @property
    def is_good(self):
        return not (self.lost or self.repeated or self.strange or self.ledger.damaged or self.ledger.complaints)

    def text(self):
        lines = list(self.lines)
        for title, entries in (
            ("LOST", self.lost),
            ("REPEATED", self.repeated),
            ("in killed hands", self.excused),
            ("NEVER MEANT", self.strange),
            ("DAMAGED", self.ledger.damaged),
            ("CRASHED", self.ledger.complaints),
        ):
            lines += [f"{title}: {entry}" for entry in entries[:20]]
        return "\n".join(lines)
