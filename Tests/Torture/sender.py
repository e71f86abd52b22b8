"""Clients that hand messages over until each has been answered, and write down the answers."""
import asyncio
import threading
import time

PATIENCE = 30.0


class Trouble(Exception):
    """No answer, or one that says to come again."""


class Refused(Exception):
    """A 5xx: nothing that is sent here deserves one."""


class Answered:
    __slots__ = ("queue_id", "times_sent")

    def __init__(self, queue_id, times_sent):
        self.queue_id, self.times_sent = queue_id, times_sent


class Connection:
    @classmethod
    async def open(cls, port):
        made = cls()
        made.reader, made.writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), PATIENCE)
        await made.reply("220")
        await made.say("EHLO torture.test\r\n", "250")
        return made

    async def reply(self, expected):
        while True:
            line = await asyncio.wait_for(self.reader.readline(), PATIENCE)
            if not line:
                raise Trouble("connection lost")
            if line[3:4] != b"-":
                break
        text = line.decode().rstrip()
        if not text.startswith(expected):
            raise (Refused if text.startswith("5") else Trouble)(text)
        return text

    async def say(self, text, expected):
        self.writer.write(text.encode())
        return await self.reply(expected)

    async def send(self, message):
        await self.say(f"MAIL FROM:<{message.sender}>\r\n", "250")
        for start in range(0, len(message.recipients), 50):
            part = message.recipients[start : start + 50]
            self.writer.write("".join(f"RCPT TO:<{address}>\r\n" for address in part).encode())
            for _ in part:
                await self.reply("250")
        await self.say("DATA\r\n", "354")
        self.writer.write(message.smtp_content())
        message.sent += 1
        await asyncio.wait_for(self.writer.drain(), PATIENCE)
        return (await self.reply("250")).rsplit(" ", 1)[-1]

    async def quit(self):
        self.writer.write(b"QUIT\r\n")
        await self.reply("221")
        self.close()

    def close(self):
        self.writer.close()


class Sender:
    """`sessions` clients in a thread of their own. `paused`: hand over nothing new; what is in hand is brought to its answer."""

    def __init__(self, plan, port, sendmail, sessions, pause):
        self.plan, self.port, self.sendmail = plan, port, sendmail
        self.sessions, self.pause = sessions, pause
        self.next_number = 1
        self.answered = {}
        self.troubles = {}
        self.refused = []
        self.running = threading.Event()
        self.ended = False
        self.in_hand = 0
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run()), daemon=True)

    def start(self):
        self.running.set()
        self.thread.start()

    async def run(self):
        await asyncio.gather(*(self.client() for _ in range(self.sessions)))

    async def client(self):
        connection = None
        while not self.ended:
            if not self.running.is_set():
                if connection:
                    connection.close()
                    connection = None
                await asyncio.sleep(0.05)
                continue
            number = self.next_number
            self.next_number += 1
            self.in_hand += 1
            connection = await self.deliver(self.plan.message(number), connection)
            self.in_hand -= 1
            await asyncio.sleep(self.pause)

    async def deliver(self, message, connection):
        """Again and again until it is answered; the connection to go on with."""
        while True:
            try:
                if message.by == "sendmail":
                    queue_id = await self.submit(message)
                else:
                    if connection is None:
                        connection = await Connection.open(self.port)
                    queue_id = await connection.send(message)
                    if message.by == "single":
                        leaving, connection = connection, None
                        await self.leave(leaving)
                self.answered[message.number] = Answered(queue_id, message.sent)
                return connection
            except Refused as refusal:
                self.refused.append((message.number, str(refusal)))
                connection.close()
                return None
            except (Trouble, OSError, asyncio.TimeoutError, asyncio.IncompleteReadError) as trouble:
                text = f"{type(trouble).__name__} {str(trouble)[:60]}"
                self.troubles[text] = self.troubles.get(text, 0) + 1
                if connection:
                    connection.close()
                    connection = None
                await asyncio.sleep(0.1)

    async def leave(self, connection):
        try:
            await connection.quit()
        except (Trouble, OSError, asyncio.TimeoutError):
            connection.close()

    async def submit(self, message):
        process = await asyncio.create_subprocess_exec(
            *self.sendmail, "-i", "-f", message.sender, *message.recipients,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        message.sent += 1
        _, errors = await process.communicate(message.content().replace(b"\r\n", b"\n"))
        if process.returncode != 0:
            raise Trouble(f"sendmail {process.returncode}: {errors.decode()[-40:].strip()}")
        return None

    def drain(self, deadline):
        """Hands over nothing new; True when everything in hand has its answer."""
        self.running.clear()
        end = time.monotonic() + deadline
        while self.in_hand:
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True
