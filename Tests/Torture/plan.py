"""What message number N is: who gets it, how large it is, how it is handed over. The same for the same seed."""
import hashlib
import random
from dataclasses import dataclass, field

HOME = "example.test"
# Next hops: one that works, one with moods, one that is slow.
RELAYS = ("steady.test", "moody.test", "slow.test")
LARGE = 1_200_000
LINE = b"The quick brown fox jumps over the lazy dog, and nobody has lost a letter of it.\r\n"


@dataclass
class Message:
    number: int
    sender: str
    recipients: list
    # (place, recipient) of each delivery that must come of it: "sink", "mailbox", or "bounce" for one that must fail.
    expected: set
    by: str  # kept, single (a connection for each), sendmail
    size: int
    body: bytes = field(repr=False, default=b"")

    def __post_init__(self):
        # How often its end was sent: whoever answered with silence may have it.
        self.sent = 0

    def content(self):
        digest = hashlib.sha256(self.body).hexdigest()[:16]
        head = (
            f"From: <{self.sender}>\r\nTo: undisclosed-recipients:;\r\nSubject: {self.number}\r\n"
            f"X-Torture: {self.number} {digest}\r\n\r\n"
        )
        return head.encode() + self.body

    def smtp_content(self):
        return self.content().replace(b"\r\n.", b"\r\n..") + b".\r\n"


class Plan:
    def __init__(self, seed, user):
        self.seed, self.user = seed, user

    def message(self, number):
        dice = random.Random(f"{self.seed}/{number}")
        user = self.user
        sender = f"{user}+b{number}@{HOME}"
        recipients, expected = [], set()

        def relay(domain=None):
            address = f"r{number}-{len(recipients)}@{domain or dice.choices(RELAYS, (6, 3, 1))[0]}"
            recipients.append(address)
            expected.add(("sink", address))

        def mailbox():
            address = f"{user}+m{number}-{len(recipients)}@{HOME}"
            recipients.append(address)
            expected.add(("mailbox", address))

        def fails(domain=None):
            address = f"bad{number}-{len(recipients)}@{domain or dice.choice((HOME, 'steady.test'))}"
            recipients.append(address)
            expected.add(("bounce", address))

        def team():
            recipients.append(f"team@{HOME}")
            expected.update({("sink", "team1@steady.test"), ("sink", "team2@moody.test"), ("mailbox", f"team@{HOME}")})

        kind = dice.choices(
            ("relay", "mailbox", "several", "fails", "mixed", "team", "crowd"), (45, 18, 12, 7, 6, 6, 1)
        )[0]
        if kind == "relay":
            relay()
        elif kind == "mailbox":
            mailbox()
        elif kind == "several":
            for _ in range(dice.randint(1, 4)):
                relay()
            mailbox()
        elif kind == "fails":
            fails()
        elif kind == "mixed":
            relay()
            fails()
            mailbox()
            fails()
        elif kind == "team":
            team()
        else:
            for _ in range(dice.randint(60, 150)):
                relay()
        size = LARGE if dice.random() < 0.015 else dice.choice((500, 2_000, 8_000, 40_000))
        by = dice.choices(("kept", "single", "sendmail"), (70, 26, 4))[0]
        body = (f"{number}\r\n.a line that begins with a dot\r\n").encode() + LINE * max(1, size // len(LINE))
        return Message(number, sender, recipients, expected, by, size, body)
