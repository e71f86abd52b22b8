#!/usr/bin/python3
"""An SMTP server that writes down what it accepts, before it says so, and is otherwise as bad as it is told to be.

    sink.py LOG CONTROL PORT:MOOD...

LOG gets a line for each accepted recipient: `instant number recipient digest-is-right`. CONTROL is a file: with the word "calm" in it
every port works. Moods: steady; moody (4xx, hangs, closed connections); slow. Recipients that begin with `bad` are refused for good.
What is refused, hung upon or broken off is not accepted: no line is written, no 250 was said.
"""
import asyncio
import hashlib
import os
import random
import sys
import time

LOG = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
CONTROL = sys.argv[2]
dice = random.Random()
seen_control = (0.0, False)


def is_calm():
    global seen_control
    now = time.monotonic()
    if now - seen_control[0] > 0.2:
        try:
            with open(CONTROL) as file:
                seen_control = (now, "calm" in file.read())
        except OSError:
            seen_control = (now, False)
    return seen_control[1]


class Hangup(Exception):
    pass


class Session:
    def __init__(self, reader, writer, mood):
        self.reader, self.writer, self.mood = reader, writer, mood
        self.has_sender = False
        self.recipients = []

    def say(self, text):
        self.writer.write(text.encode() + b"\r\n")

    async def trouble(self):
        """At any step of the dialogue: None, or a reply that defers."""
        if self.mood == "slow" and not is_calm():
            await asyncio.sleep(dice.uniform(0.02, 0.2))
        if self.mood != "moody" or is_calm():
            return None
        roll = dice.random()
        if roll < 0.02:
            raise Hangup
        if roll < 0.03:
            await asyncio.sleep(dice.uniform(1, 4))
            raise Hangup
        return "451 4.3.2 not in the mood" if roll < 0.06 else None

    async def run(self):
        if (refusal := await self.trouble()) is not None:
            self.say("421 4.3.2 not now")
            return
        self.say("220 sink.test ESMTP")
        while line := await self.reader.readline():
            verb = line[:4].upper()
            if verb == b"QUIT":
                self.say("221 2.0.0 bye")
                return
            refusal = await self.trouble()
            if verb == b"EHLO":
                self.say("250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 100000000\r\n250 ENHANCEDSTATUSCODES")
            elif verb == b"MAIL":
                self.recipients, self.has_sender = [], not refusal
                self.say(refusal or "250 2.1.0 ok")
            elif verb == b"RCPT":
                address = line.split(b"<", 1)[1].split(b">", 1)[0].decode()
                if not self.has_sender:
                    self.say("503 5.5.1 who from")
                elif address.startswith("bad"):
                    self.say("550 5.1.1 bad by name")
                elif refusal:
                    self.say(refusal)
                else:
                    self.recipients.append(address)
                    self.say("250 2.1.5 ok")
            elif verb == b"DATA":
                if refusal or not self.recipients:
                    self.say(refusal or "554 5.5.1 no recipients")
                else:
                    self.say("354 go on")
                    await self.writer.drain()
                    await self.data()
            else:
                self.recipients, self.has_sender = [], False
                self.say("250 2.0.0 ok")
            await self.writer.drain()

    async def data(self):
        number, claimed, digest, in_header = None, None, hashlib.sha256(), True
        while True:
            line = await self.reader.readline()
            if not line:
                raise Hangup
            if line == b".\r\n":
                break
            if in_header:
                if line.startswith(b"X-Torture:"):
                    _, number, claimed = line.decode().split()
                in_header = line != b"\r\n"
            else:
                digest.update(line[1:] if line.startswith(b"..") else line)
        if refusal := await self.trouble():
            self.recipients, self.has_sender = [], False
            self.say(refusal)
            return
        right = digest.hexdigest()[:16] == claimed
        lines = "".join(f"{time.time():.6f} {number} {address} {right}\n" for address in self.recipients)
        os.write(LOG, lines.encode())
        self.recipients, self.has_sender = [], False
        self.say("250 2.0.0 written down")


def serve(mood):
    async def accepted(reader, writer):
        try:
            await Session(reader, writer, mood).run()
            await writer.drain()
        except (Hangup, ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    return accepted


async def main():
    for word in sys.argv[3:]:
        port, mood = word.split(":")
        await asyncio.start_server(serve(mood), "127.0.0.1", int(port), limit=1 << 20, backlog=1024)
    await asyncio.Event().wait()


asyncio.run(main())
