#!/usr/bin/python3 -ES
"""A program for master to run: tells whoever connects what it was given, and behaves as `-o mode=...` says.

serve     accepts and answers; ends on SIGTERM or when master is gone
full      the same, and says that it is full after each client
bad       cannot start, and says why
crash     dies at the first client
stubborn  ignores SIGTERM
slow      takes a second to end
crumb     says in its breadcrumb that it is at message=..., client=..., helper=N, and dies of it (SIGSEGV)

table=type:/file  is reported as opened. A heartbeat is given each second.
"""
import json
import mmap
import os
import select
import signal
import socket
import struct
import sys
import time

if sys.argv[1:2] == ["--parameters"]:
    sys.exit(0)

options = dict(word.split("=", 1) for before, word in zip(sys.argv, sys.argv[1:]) if before == "-o")
mode = options.get("mode", "serve")
told = dict(word.split("=", 1) for word in os.environ["MARTLET_WORKER"].split())
lifeline = socket.socket(fileno=int(told["lifeline"]))
listeners = [socket.socket(fileno=int(number)) for number in told["listen"].split(",") if number]
inherited = sorted(int(number) for number in os.listdir("/proc/self/fd"))
pipe_end, waker = socket.socketpair()
signal.signal(signal.SIGTERM, signal.SIG_IGN if mode == "stubborn" else lambda *_: waker.send(b"T"))

if mode == "bad":
    lifeline.send(b"Xthe moon is in the wrong place")
    sys.exit(3)
def breadcrumb():
    text, client = options.get("message", "").encode(), socket.inet_aton(options["client"]) if "client" in options else b""
    page = mmap.mmap(int(told["crumb"]), 64)
    page[:64] = struct.pack("<BBBBI32s16sB7x", 1, 1, len(text), len(client), 7, text, client, int(options.get("helper", 0)))


def report(table):
    path = table.split(":", 1)[1]
    try:
        status = os.stat(path)
        marks = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    except FileNotFoundError:
        marks = (0, 0, 0, 0)
    word = "\t".join(["table", *map(str, marks), table, path]).encode()
    lifeline.send(b"W" + struct.pack("<H", len(word)) + word)


if "table" in options:
    report(options["table"])
lifeline.send(b"RS")
clients = []
heard = []
while True:
    ready, _, _ = select.select(listeners + [lifeline, pipe_end], [], [], 1)
    if not ready:
        lifeline.send(b"B")
    if pipe_end in ready:
        if mode == "slow":
            time.sleep(1)
        sys.exit(0)
    if lifeline in ready:
        words = lifeline.recv(4096)
        if not words:
            sys.exit(0)
        heard.append(words.decode())
    for listener in set(ready) & set(listeners):
        try:
            client, _ = listener.accept()
        except BlockingIOError:
            continue
        if mode == "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        if mode == "crumb":
            breadcrumb()
            os.kill(os.getpid(), signal.SIGSEGV)
        clients.append(client)
        answer = {"pid": os.getpid(), "uid": os.geteuid(), "arguments": sys.argv[1:], "told": told, "descriptors": inherited}
        answer["heard"] = "".join(heard)
        answer["environment"] = sorted(os.environ)
        if mode == "full":
            lifeline.send(b"F")
        client.sendall(json.dumps(answer).encode() + b"\n")
